"""The same factor in integers of many digits, for matrices too nearly singular for float64. Untrusted too."""

from __future__ import annotations

import math
from operator import mul

import flint
import numpy as np
from scipy.linalg import LinAlgError, solve_triangular

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.exact import Floats
from certify.coq.factor import LOSS, Dyadic, Factor, scales
from certify.coq.rows import IntegerRows
from certify.kernels import ReluKernel

#: Binary digits of all numbers here; `Wide.v` stores numbers below ``2^122``.
_DIGITS = 170
_MOST_FACTOR_BITS = 120

Integers = list[list[int]]


def precise_factor(rows: IntegerRows, normalized: bool, loss: float = LOSS) -> Factor:
    """A claim within the relative ``loss``, its tolerance, and a factor with as many bits as they need.

    Raises
    ------
    LinAlgError
        If the numbers here have too few digits.
    """
    n = len(rows.rows)
    magnitudes = [0] * n if normalized else rows.magnitudes
    A = scaled_matrix(rows, normalized)
    estimate = _smallest(_cholesky(A), scales(magnitudes))
    sigma = Dyadic.below(estimate * (1.0 - loss), 2 * min(magnitudes))
    shifts = [_shifted(sigma, _DIGITS - 2 * w) for w in magnitudes]
    B = [[*row[:-1], row[-1] - shift] for row, shift in zip(A, shifts, strict=True)]
    delta = Dyadic.below(0.4 * _smallest(_cholesky(B), np.ones(n)) / n)
    bits = 12 - math.floor(math.log2(delta.times_power(0)))
    if bits > _MOST_FACTOR_BITS:
        raise LinAlgError("too nearly singular")
    tolerance = n * _shifted(delta, _DIGITS)
    lower = _cholesky([[*row[:-1], row[-1] - tolerance] for row in B])
    drop = _DIGITS - bits
    rounded = [[(v + (1 << (drop - 1))) >> drop for v in row] for row in lower]
    return Factor(sigma, delta, rounded, bits)


def scaled_matrix(rows: IntegerRows, normalized: bool) -> Integers:
    """The lower triangle of ``2^-(w_i + w_j) K_ij``, or of H∞, in units of ``2^-_DIGITS``."""
    kernel = ReluKernel()
    Z = flint.fmpz_mat(rows.rows)
    dots = Z * Z.transpose()
    result = []
    with precision(_DIGITS + 130):
        squares = [arb(q) for q in rows.squares]
        steps = [e - w for e, w in zip(rows.exponents, rows.magnitudes, strict=True)]
        for i, square in enumerate(squares):
            row = []
            for j in range(i + 1):
                value = square / 2 if i == j else kernel.entry(arb(int(dots[i, j])), square, squares[j])
                value = value / (square * squares[j]).sqrt() if normalized else value * arb(2) ** (steps[i] + steps[j])
                row.append(_nearest(value * arb(2) ** _DIGITS))
            result.append(row)
    return result


def _nearest(ball: flint.arb) -> int:
    mantissa, exponent = ball.mid().man_exp()
    m, e = int(mantissa), int(exponent)
    return m << e if e >= 0 else ((m >> (-e - 1)) + 1) >> 1


def _shifted(number: Dyadic, power: int) -> int:
    e = number.e + power
    return number.m << e if e >= 0 else number.m >> -e


def _cholesky(A: Integers) -> Integers:
    """Lower factor in units of ``2^-_DIGITS``, as A. Raises `LinAlgError` if A is not positive definite."""
    L: Integers = []
    for i, row in enumerate(A):
        current: list[int] = []
        for j in range(i):
            rest = (row[j] << _DIGITS) - sum(map(mul, current, L[j]))
            current.append(rest // L[j][j])
        square = (row[i] << _DIGITS) - sum(map(mul, current, current))
        if square <= 0:
            raise LinAlgError(f"not positive definite at row {i}")
        current.append(max(1, math.isqrt(square)))
        L.append(current)
    return L


def _smallest(L: Integers, scale: Floats) -> float:
    """λ_min of ``S⁻¹ L Lᵀ S⁻¹`` in float64."""
    C = np.zeros((len(L), len(L)))
    for i, row in enumerate(L):
        C[i, : i + 1] = [math.ldexp(v, -_DIGITS) for v in row]
    R = solve_triangular(C, np.diag(scale), lower=True)
    return float(np.linalg.norm(R, 2) ** -2)
