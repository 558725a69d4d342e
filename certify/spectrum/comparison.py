"""A matrix with exact eigenvectors near an enclosed one: powers of it need no intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import add_up, div_up, gamma, mul_up, sum_up
from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers
from certify.spectrum.product import dense
from certify.spectrum.residual import eigen_residual, gram_defect


@dataclass(frozen=True)
class Comparison:
    """``K̂ = UΛUᵀ`` with ``‖K − K̂‖ ≤ distance`` for every matrix K of an enclosure; U orthogonal, Λ ≥ 0.

    Attributes
    ----------
    values : (n,)
        Λ, exact, ascending.
    coordinates : (n,)
        ``Uᵀe``, in norm right to ``error``.
    """

    values: Floats
    coordinates: Floats
    error: float
    distance: float


def comparison(A: SymmetricEnclosure, vector: Floats, norm: float, pool: Workers) -> Comparison:
    """Diagonalise the midpoints (untrusted) and bound what that costs.

    Parameters
    ----------
    A :
        The enclosure, with ``exponent`` 0.
    vector, norm :
        e, exact, and an upper bound of its norm.

    Notes
    -----
    ``V`` the computed vectors, ``‖VᵀV − I‖ ≤ g ≤ ½``, ``P = (VᵀV)^{1/2}``, ``U = VP⁻¹`` orthogonal; ``‖P − I‖ ≤ g`` and
    ``‖P⁻¹ − I‖ ≤ g``. With ``R = MV − VΛ``: ``MU − UΛ = RP⁻¹ + V(ΛP⁻¹ − P⁻¹Λ)``, so

        ‖M − UΛUᵀ‖ ≤ ‖R‖/√(1−g) + √(1+g)·g·(λ_max − λ_min).

    Negative entries of Λ are set to 0 at the cost of their size; ``‖Δ‖`` is added. ``‖Vᵀe − Uᵀe‖ ≤ g‖e‖``, and the
    product in floats errs by ``γ_n √n (1 + g)‖e‖`` in norm.

    Raises
    ------
    ValueError
        If the eigenvectors are not nearly orthonormal.
    """
    require_selftest()
    if A.exponent:
        raise ValueError("the matrix is scaled")
    values, V = eigh(dense(A), driver="evd", overwrite_a=True, check_finite=False)
    V = np.ascontiguousarray(V)
    g = gram_defect(V)
    if not (g < 0.5 and np.isfinite(values).all()):
        raise ValueError("the approximate eigenvectors are not orthonormal")
    R = eigen_residual(A, V, values, pool)
    residual = math.sqrt(sum_up((np.square(R.norms) * (1.0 + 2.0**-50)).tolist())) * (1.0 + 2.0**-50) + 2.0**-500
    root = math.nextafter(math.sqrt(math.nextafter(1.0 - g, 0.0)), 0.0)
    spread = math.nextafter(float(values[-1] - values[0]), math.inf)
    below = max(0.0, -float(values[0]))
    distance = add_up(div_up(residual, root), mul_up(1.0 + g, g, spread), below, A.norm_radius)
    n = A.n
    error = mul_up(add_up(g, mul_up(gamma(n + 2), math.sqrt(n) * (1.0 + 2.0**-50), 1.0 + g)), norm)
    return Comparison(np.maximum(values, 0.0), V.T @ vector, error, distance)
