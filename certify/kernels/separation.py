"""How well separated the rows are: the sine of the least angle between two rows' lines, and the least length."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from certify.arithmetic.exact import Floats
from certify.kernels.base import lengths
from certify.kernels.rows import UnitRows

_STRIP_ENTRIES = 1 << 22  # bounds the temporaries
MOST_EXACT = 2000
"""Pairs whose angle is formed exactly; where more are as close, all are bounded at once."""


@dataclass(frozen=True)
class Separation:
    """Attributes
    ----------
    sine_squared :
        A float ``≤ sin²`` of the angle between the lines of any two rows; 1 for a single row.
    least_norm_squared :
        A float ``≤ |x_i|²`` for every row (1 for normalised rows).
    rows :
        The pair that is closest, ascending; None for a single row.
    """

    sine_squared: float
    least_norm_squared: float
    rows: tuple[int, int] | None


def separation(X: Floats, rows: UnitRows) -> Separation:
    """Measure the rows ``X (n, d)``; two passes of ``n²d`` operations.

    Notes
    -----
    Computed cosines are right to `UnitRows.cosine_error` = e. The pairs with ``|ρ̃| ≥ max|ρ̃| − 2e`` hold the largest
    ``|ρ|``; of these ``sin² = 1 − (x·x')²/(|x|²|x'|²)`` is formed exactly and rounded down. All others have
    ``|ρ| ≤ max|ρ̃| − e``, which is below ``|ρ|`` of the pair with the largest ``|ρ̃|``.
    """
    least = 1.0 if rows.normalized else _least_square(rows)
    if rows.n == 1:
        return Separation(1.0, least, None)
    error = rows.cosine_error
    top = max((float(_moduli(rows, block).max()) for block in _blocks(rows.n)), default=0.0)
    pairs: list[tuple[int, int]] = []
    for block in _blocks(rows.n):
        i, j = np.nonzero(_moduli(rows, block) >= top - 2.1 * error)
        pairs += [(int(a) + block.start, int(b)) for a, b in zip(i, j, strict=True) if int(a) + block.start < int(b)]
        if len(pairs) > MOST_EXACT:
            bound = Fraction(top) + Fraction(error)
            return Separation(max(0.0, _down(1 - bound * bound)), least, pairs[0])
    sines = [_sine_squared(X, i, j) for i, j in pairs]
    closest = min(range(len(pairs)), key=sines.__getitem__)
    return Separation(_down(sines[closest]), least, pairs[closest])


def _blocks(n: int) -> list[slice]:
    size = max(1, min(512, _STRIP_ENTRIES // n))
    return [slice(top, min(n, top + size)) for top in range(0, n, size)]


def _moduli(rows: UnitRows, block: slice) -> Floats:
    """``|ρ̃|`` of a strip, −1 on the diagonal and below."""
    found: Floats = np.abs(rows.cosines(block, slice(0, rows.n)))
    found[np.arange(rows.n)[None, :] <= np.arange(block.start, block.stop)[:, None]] = -1.0
    return found


def _sine_squared(X: Floats, i: int, j: int) -> Fraction:
    a, b = ([Fraction(v) for v in X[k].tolist()] for k in (i, j))
    dot = sum((v * w for v, w in zip(a, b, strict=True)), Fraction(0))
    return 1 - dot * dot / (sum(v * v for v in a) * sum(w * w for w in b))


def _least_square(rows: UnitRows) -> float:
    low = Fraction(float(lengths(rows)[1].lo.min())) * Fraction(4) ** rows.exponent
    return max(0.0, _down(low))


def _down(value: Fraction) -> float:
    """The largest float not above a rational number (of float64's range)."""
    try:
        near = float(value)
    except OverflowError:
        return math.ldexp(1.0, 1023)
    return near if Fraction(near) <= value else math.nextafter(near, -math.inf)
