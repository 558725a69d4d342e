"""Rows on the ray of an earlier row: kept, or dropped where their targets allow it.

A ReLU network without bias has ``F(c·x) = c·F(x)`` for c > 0. So of two rows ``x`` and ``c·x`` the later
one says nothing new if its target is exactly c times the earlier one's; otherwise no network fits
both. When the rows meant are the normalised ones, ``x`` and ``c·x`` are one row, and the targets must
be equal. Whether rows lie on one ray, and whether targets agree, is decided by rational arithmetic.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from certify.data.exact import Float64Array
from certify.data.rays import find_rays, ratio
from certify.errors import InputError


def rows_to_drop(X: Float64Array, y: Float64Array | None, *, normalized: bool, where: str) -> tuple[int, ...]:
    """Rows of ``X (n, d)`` that lie on the ray of an earlier row, ascending.

    Raises
    ------
    InputError
        When such a row's target conflicts with the earlier one's; it names both rows.
    """
    first = find_rays(X).first
    dropped = tuple(j for j, i in enumerate(first) if i != j)
    if y is not None:
        for j in dropped:
            i = first[j]
            factor = Fraction(1) if normalized else ratio(X, i, j)
            if not _agree(y[i], y[j], factor):
                remedy = "correct a target or use --duplicates keep"
                raise InputError(_conflict(X, y, i, j, factor), where, remedy)
    return dropped


def _agree(earlier: np.float64 | Float64Array, later: np.float64 | Float64Array, factor: Fraction) -> bool:
    pairs = zip(np.ravel(earlier).tolist(), np.ravel(later).tolist(), strict=True)
    return all(Fraction(b) == factor * Fraction(a) for a, b in pairs)


def _conflict(X: Float64Array, y: Float64Array, i: int, j: int, factor: Fraction) -> str:
    relation = "are equal" if bool((X[i] == X[j]).all()) else "lie on one ray"
    must = "equal" if factor == 1 else "in the rows' ratio"
    return f"rows {i} and {j} {relation} but their targets {_text(y[i])} and {_text(y[j])} are not {must}"


def _text(value: np.float64 | Float64Array) -> str:
    return str(np.asarray(value).tolist())
