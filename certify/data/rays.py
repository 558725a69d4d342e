"""Which rows point in one direction: decided exactly, by integers, never by a tolerance.

A row of floats is an integer vector times a power of two. Entry k is ``m_k · 2^{e_k}`` with m_k odd;
with ``g = gcd(m)`` and ``e = min(e_k)`` over the non-zero entries, the primitive integer vector of
the row's ray has the entries ``(m_k / g) · 2^{e_k − e}``. Two rows are positive multiples of each
other exactly if these vectors are equal, that is, if the pairs ``(m_k / g, e_k − e)`` are. Those pairs
fit int64 whatever the magnitudes are, so all rows are decided by array operations; no candidates
are needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from certify.data.exact import Float64Array, odd_parts, place, require_finite
from certify.errors import InputError

_BLOCK_ENTRIES = 1 << 20  # bounds the temporaries; the result does not depend on it

Classes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Rays:
    """Exact structure of the directions of n rows. Row indices count from 0 and ascend.

    Attributes
    ----------
    first:
        ``first[i]`` is the earliest row on the ray of row i (positive multiples).
    parallel:
        Classes of two or more rows on one ray, by their first row; identical rows are in them too.
    identical:
        Classes of two or more equal rows.
    antiparallel:
        Pairs of classes: all rows on a ray, and all rows on the opposite ray.
    """

    first: tuple[int, ...] = field(repr=False)
    parallel: Classes
    identical: Classes
    antiparallel: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

    @property
    def representatives(self) -> tuple[int, ...]:
        """The first row of every ray."""
        return tuple(i for i, earliest in enumerate(self.first) if i == earliest)


def find_rays(X: Float64Array) -> Rays:
    """Find identical, parallel and antiparallel rows of ``X (n, d)``, float64.

    Raises
    ------
    InputError
        For an all-zero row, which has no direction, and for NaN and infinities.
    """
    require_finite(X, "")
    by_ray: dict[tuple[bytes, int], list[int]] = defaultdict(list)
    by_value: dict[Hashable, list[int]] = defaultdict(list)
    block = max(1, _BLOCK_ENTRIES // max(1, X.shape[1]))
    for start in range(0, X.shape[0], block):
        keys, signs, gcds, lowest = _primitive(X[start : start + block], start)
        scales = np.column_stack([gcds, lowest])
        for offset, (key, sign, scale) in enumerate(zip(keys, signs.tolist(), scales, strict=True)):
            by_ray[key, sign].append(start + offset)
            by_value[key, sign, scale.tobytes()].append(start + offset)  # ray and length: the row itself
    first = np.empty(X.shape[0], dtype=np.int64)
    for rows in by_ray.values():
        first[rows] = rows[0]
    opposite = (
        (tuple(rows), tuple(by_ray[key, -sign]))
        for (key, sign), rows in list(by_ray.items())
        if (key, -sign) in by_ray and rows[0] < by_ray[key, -sign][0]
    )
    parallel, identical = _classes(by_ray.values()), _classes(by_value.values())
    return Rays(tuple(first.tolist()), parallel, identical, tuple(opposite))


def ratio(X: Float64Array, i: int, j: int) -> Fraction:
    """The exact c with ``X[j] = c · X[i]``, for two rows of one line (as `find_rays` found them)."""
    pivot = int(np.argmax(X[i] != 0))
    return Fraction(float(X[j, pivot])) / Fraction(float(X[i, pivot]))


def _primitive(
    X: Float64Array, start: int
) -> tuple[list[bytes], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Bytes that name the line of each row, the sign on that line, and the length's gcd and exponent."""
    odd, exponent = odd_parts(X)
    nonzero = odd != 0
    lead = nonzero.argmax(axis=1)
    signs = np.sign(np.take_along_axis(odd, lead[:, None], axis=1))[:, 0]
    if not signs.all():
        row = start + int(np.argmin(signs != 0))
        raise InputError("the row is all zero", place("", row), "remove the row")
    gcds = np.gcd.reduce(odd, axis=1)
    lowest = np.where(nonzero, exponent, np.iinfo(np.int64).max).min(axis=1)
    direction = odd // (gcds * signs)[:, None]
    gaps = np.where(nonzero, exponent - lowest[:, None], 0).astype(np.int16)  # at most 2098
    keys = [d.tobytes() + g.tobytes() for d, g in zip(direction, gaps, strict=True)]
    return keys, signs, gcds, lowest


def _classes(groups: Iterable[list[int]]) -> Classes:
    return tuple(tuple(rows) for rows in groups if len(rows) > 1)
