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


def quadratic_form(A: SymmetricEnclosure, v: Floats, pool: Workers = SERIAL) -> tuple[float, float]:
    """Interval around ``vᵀAv`` for every matrix in ``A`` (its exponent left out), ``v (n,)`` exact.

    Notes
    -----
    ``w = fl(Mv)`` errs by at most ``product_error·|M||v|`` entrywise; ``vᵀw`` is an exact sum of `two_product` pairs,
    rounded once by ``fsum``. ``|vᵀΔv|`` is at most ``‖Δ‖ vᵀv``, at most ``max Δ (Σ|v|)²``, and at most ``Σ_i v_i² r_i``
    with the row sums ``r`` of ``Δ``, because ``2|v_i||v_j| ≤ v_i² + v_j²``.

    Raises
    ------
    ValueError
        If ``v`` is zero, not finite, or of immoderate length.
    """
    square = float(v @ v)
    if not (np.isfinite(v).all() and 2.0**-900 < square < 2.0**900):
        raise ValueError("a Rayleigh quotient needs a finite vector of moderate, positive length")
    inflate = 1.0 + gamma(2 * A.n + 64)
    modulus = np.abs(v)
    products = np.concatenate(two_product(v, multiply(A, v, pool)))
    spread = float(modulus @ multiply(A, modulus, pool, modulus=True)) * inflate
    one_norm = mul_up(float(modulus.sum()), inflate)
    error = add_up(
        mul_up(product_error(A.n), spread),
        min(
            mul_up(A.norm_radius, square, inflate),
            mul_up(A.max_radius, one_norm, one_norm),
            mul_up(float(np.square(v) @ A.row_radius), inflate),
        ),
        mul_up(UNDERFLOW, float(A.n), one_norm + 1.0),
    )
    return sum_down([*products, -error]), sum_up([*products, error])


def rayleigh(A: SymmetricEnclosure, v: Floats, pool: Workers = SERIAL) -> tuple[float, float]:
    """Interval around ``vᵀAv/vᵀv`` for every matrix in ``A``: no more than ``λ_max``, no less than ``λ_min``.

    Raises `ValueError` as `quadratic_form` does.
    """
    low, high = quadratic_form(A, v, pool)
    length = math.fsum(np.concatenate(two_product(v, v)))
    short, long = math.nextafter(length, 0.0), math.nextafter(length, math.inf)
    return (
        -div_up(-low, long if low > 0 else short),
        div_up(high, short if high > 0 else long),
    )
