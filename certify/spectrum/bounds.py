"""Rigorous bounds of extreme eigenvalues: Cholesky on one side, a Rayleigh quotient on the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats, two_product
from certify.arithmetic.rounding import (
    UNDERFLOW,
    add_up,
    div_up,
    gamma,
    mul_up,
    sum_down,
    sum_up,
)
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers
from certify.spectrum.cholesky import Factorisation, Progress, factorise
from certify.spectrum.product import SERIAL, multiply, product_error


@dataclass(frozen=True)
class ShiftBound:
    """``bound`` holds for the eigenvalue; ``shift`` is what was factorised, ``factor`` its certificate."""

    bound: float
    shift: float
    factor: Factorisation


def lower_bound(
    A: SymmetricEnclosure, shift: float, pool: Workers, progress: Progress | None = None
) -> ShiftBound | None:
    """A lower bound of ``λ_min`` of every matrix in ``A``, near ``shift``; None where Cholesky fails.

    Notes
    -----
    With ``g_i = fl(a_i − shift)`` the factorised matrix is ``M − diag(a_i − g_i)``, exactly. Hence
    ``λ_min(M) ≥ min_i(a_i − g_i) − ‖E‖`` and, by Weyl, ``λ_min ≥`` that ``− ‖Δ‖`` for every matrix in ``A``.
    """
    diagonal = A.diagonal - shift
    factor = factorise(A, diagonal, 1.0, pool, progress)
    if factor is None:
        return None
    exact_shift = float(np.nextafter(A.diagonal - diagonal, -np.inf).min())
    return ShiftBound(sum_down([exact_shift, -factor.defect, -A.norm_radius]), shift, factor)


def upper_bound(
    A: SymmetricEnclosure, shift: float, pool: Workers, progress: Progress | None = None
) -> ShiftBound | None:
    """An upper bound of ``λ_max``, near ``shift``: `lower_bound` for ``shift·I − M``."""
    diagonal = shift - A.diagonal
    factor = factorise(A, diagonal, -1.0, pool, progress)
    if factor is None:
        return None
    exact_shift = float(np.nextafter(A.diagonal + diagonal, np.inf).max())
    return ShiftBound(sum_up([exact_shift, factor.defect, A.norm_radius]), shift, factor)


def rayleigh(A: SymmetricEnclosure, v: Floats, pool: Workers = SERIAL) -> tuple[float, float]:
    """Interval around ``vᵀAv/vᵀv`` for every matrix in ``A``: no more than ``λ_max``, no less than ``λ_min``.

    Notes
    -----
    ``w = fl(Mv)`` errs by at most ``product_error·|M||v|`` entrywise; ``vᵀw`` and ``vᵀv`` are exact sums of
    `two_product` pairs, rounded once by ``fsum``; ``|vᵀΔv| ≤ min(‖Δ‖ vᵀv, max Δ (Σ|v|)²)``.

    Raises
    ------
    ValueError
        If ``v`` (n,) is zero or not finite.
    """
    length = math.fsum(np.concatenate(two_product(v, v)))
    if not (np.isfinite(v).all() and 2.0**-900 < length < 2.0**900):
        raise ValueError("a Rayleigh quotient needs a finite vector of moderate, positive length")
    modulus = np.abs(v)
    products = np.concatenate(two_product(v, multiply(A, v, pool)))
    spread = float(modulus @ multiply(A, modulus, pool, modulus=True)) * (1.0 + 2 * gamma(2 * A.n + 64))
    one_norm = mul_up(float(modulus.sum()), 1.0 + gamma(A.n))
    error = add_up(
        mul_up(product_error(A.n), spread),
        min(mul_up(A.norm_radius, length, 1.0 + 2.0**-50), mul_up(A.max_radius, one_norm, one_norm)),
        mul_up(UNDERFLOW, float(A.n), one_norm + 1.0),
    )
    low, high = sum_down([*products, -error]), sum_up([*products, error])
    short, long = math.nextafter(length, 0.0), math.nextafter(length, math.inf)
    return (
        -div_up(-low, long if low > 0 else short),
        div_up(high, short if high > 0 else long),
    )
