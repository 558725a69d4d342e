"""An isolated eigenvalue from one vector: the error of a Rayleigh quotient is quadratic in the residual."""

from __future__ import annotations

import math

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import div_up, gamma, mul_up, sum_up
from certify.spectrum.residual import Residual


def rayleigh_quotients(Q: Floats, values: Floats, R: Residual) -> tuple[Floats, Floats]:
    """Centres and half widths (k,) of intervals around ``q_iᵀMq_i/q_iᵀq_i = values_i + q_iᵀr_i/q_iᵀq_i``.

    Parameters
    ----------
    Q : (n, k), columns of length about 1
    values : (k,)
    R : of ``MQ − Q diag(values)``

    Notes
    -----
    The dot product of n terms errs by ``γ_n‖q‖‖r̃‖``, and ``r̃`` by ``R.error``; ``qᵀq`` errs by ``γ_n`` relatively, so
    quotient and sum err by ``2γ_{n+4}`` of the small quotient and ``U`` of the centre.
    """
    n = len(Q)
    square = np.einsum("ik,ik->k", Q, Q)
    shift = np.einsum("ik,ik->k", Q, R.values) / square
    centre = values + shift
    length = np.sqrt(square) * (1.0 - gamma(n + 8))
    dot = (gamma(n + 4) * R.norms + R.error) / length * (1.0 + 2.0**-40)
    width = dot + 2.0 * gamma(n + 4) * np.abs(shift) + 2.0**-53 * np.abs(centre) + 2.0**-990
    return centre, width * (1.0 + 2.0**-40)


def isolated(theta: tuple[float, float], residual: float, below: float, above: float) -> tuple[float, float]:
    """Bounds of the only eigenvalue ``λ`` that is not ``≤ below`` or ``≥ above``.

    Parameters
    ----------
    theta :
        Interval around the Rayleigh quotient of a vector ``q``.
    residual :
        Upper bound of ``‖Mq − sq‖/‖q‖`` for some number ``s``.
    below, above :
        Bounds of the neighbours, infinite where there is none.

    Output
    ------
    ``(lower, upper)``, infinite where the quotient is not on the right side of the neighbour.

    Notes
    -----
    *Theorem ([temple1928], [kato1949]).* With ``θ`` the quotient and ``r`` the residual, ``θ − r²/(above − θ) ≤ λ ≤ θ
    + r²/(θ − below)``. Proof: no eigenvalue lies in ``(λ, above)``, so ``(M − λ)(M − above)`` is semidefinite. With
    ``ρ = ‖Mq − θq‖/‖q‖`` its quotient reads ``ρ² + (θ − λ)(θ − above) ≥ 0``; and ``ρ ≤ r``, as ``θ`` minimises over
    ``s``. The upper end is the same for ``−M``.

    [temple1928] G. Temple, Proc. R. Soc. A 119, 276-293; [kato1949] T. Kato, J. Phys. Soc. Japan 4, 334-339.
    """
    first, last = theta
    square = mul_up(residual, residual)
    low = math.nextafter(first - div_up(square, gap(above, last)), -math.inf) if last < above else -math.inf
    high = sum_up([last, div_up(square, gap(first, below))]) if below < first else math.inf
    return low, high


def gap(high: float, low: float) -> float:
    """Lower bound of ``high − low``, for ``high > low``; infinite where one of them is."""
    difference = high - low
    return difference if math.isinf(difference) else math.nextafter(difference, -math.inf)
