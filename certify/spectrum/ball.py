"""Definiteness and the smallest eigenvalue in ball arithmetic: slow, and right to any number of digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flint

from certify.arithmetic.balls import arb, precision

_SHARES = (1e-12, 1e-9, 1e-6, 1e-3, 0.5)
_MOST_STEPS = 100


@dataclass(frozen=True)
class BallBound:
    """``lower < λ_min ≤ upper``, proved at ``bits`` of precision; balls, their ends to be read outward."""

    lower: flint.arb
    upper: flint.arb
    bits: int


def is_definite(matrix: flint.arb_mat) -> bool:
    """True only if every symmetric matrix in the ball matrix is positive definite.

    Algorithm
    ---------
    Recursive Schur complements: ``[[A, B], [Bᵀ, C]]`` is positive definite exactly if ``A`` and ``C − BᵀA⁻¹B`` are
    [horn2013, Theorem 7.7.7]; ``A⁻¹B`` by Arb's certified solver. False proves nothing.
    """
    n = matrix.nrows()
    if n == 1:
        return bool(matrix[0, 0] > 0)
    half, table = n // 2, matrix.tolist()
    corner = flint.arb_mat([row[:half] for row in table[:half]])
    if not is_definite(corner):
        return False
    side = flint.arb_mat([row[half:] for row in table[:half]])
    rest = flint.arb_mat([row[half:] for row in table[half:]])
    try:
        return is_definite(rest - side.transpose() * corner.solve(side))
    except ZeroDivisionError:
        return False


def smallest_in_balls(gram: Callable[[], flint.arb_mat], bits: int, most_bits: int) -> BallBound | None:
    """Enclose the smallest eigenvalue of a positive definite matrix; None where ``most_bits`` do not suffice.

    Parameters
    ----------
    gram :
        Gives the matrix as balls at the working precision.
    bits, most_bits :
        Precision to begin with and to end with; doubled in between.

    Algorithm
    ---------
    Inverse iteration on the midpoints gives a vector, whose exact Rayleigh quotient is the upper end; then
    `is_definite` of the matrix less ``(1 − share)`` of it, for growing shares. About ``3 log₂(1/λ) + 64`` bits are
    needed.
    """
    while bits <= most_bits:
        with precision(bits):
            found = _at_precision(gram(), bits)
        if found is not None:
            return found
        bits *= 2
    return None


def _at_precision(matrix: flint.arb_mat, bits: int) -> BallBound | None:
    n = matrix.nrows()
    middle = matrix.mid()
    try:
        inverse = middle.inv().mid()
    except (ZeroDivisionError, ValueError):
        return None
    v = flint.arb_mat([[arb(1 + (7 * k) % 11)] for k in range(n)])
    upper = arb(0)
    for _ in range(_MOST_STEPS):
        v = (inverse * v).mid()
        length = (v.transpose() * v)[0, 0]
        if not length > 0:
            return None
        v = (v * length.rsqrt()).mid()
        before, upper = upper, ((v.transpose() * (matrix * v))[0, 0] / (v.transpose() * v)[0, 0]).upper()
        if not (upper.is_finite() and upper > 0):
            return None
        if before > 0 and abs(before / upper - 1) < _SHARES[0]:
            break
    for share in _SHARES:
        lower = (upper * (1 - arb(share))).lower()
        shifted = matrix - flint.arb_mat(n, n, [lower if i == j else 0 for i in range(n) for j in range(n)])
        if is_definite(shifted):
            return BallBound(lower, upper, bits)
    return None
