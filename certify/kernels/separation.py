"""How well separated the rows are: the sine of the least angle between two rows' lines, and the least length."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from certify.arithmetic.exact import Floats
from certify.kernels.base import lengths
from certify.kernels.rows import UnitRows

_STRIP_ENTRIES = 1 << 20  # bounds the temporaries
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
    """Measure the rows ``X (n, d)``; ``n²d`` operations.

    Notes
    -----
    Computed cosines are right to `UnitRows.cosine_error` = e. The pairs with ``|ρ̃| ≥ max|ρ̃| − 2e`` hold the largest
    ``|ρ|``; of these ``sin² = 1 − (x·x')²/(|x|²|x'|²)`` is formed exactly and rounded down. All others have
    ``|ρ| ≤ max|ρ̃| − e``, which is below ``|ρ|`` of the pair with the largest ``|ρ̃|``.
    """
    least = 1.0 if rows.normalized else _least_square(rows)
    if rows.n == 1:
        return Separation(1.0, least, None)
    top, pairs = _closest(rows)
    if len(pairs) > MOST_EXACT:
        bound = Fraction(top) + Fraction(rows.cosine_error)
        return Separation(max(0.0, _down(1 - bound * bound)), least, pairs[0])
    sines = [_sine_squared(X, i, j) for i, j in pairs]
    closest = min(range(len(pairs)), key=sines.__getitem__)
    return Separation(_down(sines[closest]), least, pairs[closest])


def _closest(rows: UnitRows) -> tuple[float, list[tuple[int, int]]]:
    """The largest ``|ρ̃|``, and the pairs within 2e of it; of more than `MOST_EXACT` pairs one more than these."""
    slack = 2.1 * rows.cosine_error
    top, known = -1.0, np.empty((0, 3))  # |ρ̃|, i, j
    for block in _blocks(rows.n):
        moduli = _moduli(rows, block)
        top = max(top, float(moduli.max(initial=-1.0)))
        i, j = np.nonzero(moduli >= max(top - slack, 0.0))
        found = np.column_stack([moduli[i, j], i + block.start, j + block.start])
        known = np.concatenate([known, found])
        known = known[known[:, 0] >= top - slack]
        # what is cut off is no closer than what is kept, so that as many as these remain if any of it still counted
        known = known[np.argsort(-known[:, 0], kind="stable")][: MOST_EXACT + 1]
    return top, [(int(i), int(j)) for _, i, j in known]


def _blocks(n: int) -> list[slice]:
    size = max(1, min(512, _STRIP_ENTRIES // n))
    return [slice(top, min(n, top + size)) for top in range(0, n, size)]


def _moduli(rows: UnitRows, block: slice) -> Floats:
    """``|ρ̃|`` of a strip from its first diagonal entry on, −1 on the diagonal and below."""
    found: Floats = rows.cosines(block, slice(block.start, rows.n))
    np.abs(found, out=found)
    height = len(found)
    found[:, :height][np.tril_indices(height)] = -1.0
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
