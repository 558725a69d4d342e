"""The data set: float64 numbers that are taken as the rationals they store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from certify.data.exact import Float64Array, place, require_finite, widen
from certify.data.options import LoadOptions
from certify.errors import InputError

HASH_TAG = "certify/data/1"


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Dataset:
    """Rows and targets, exact and read-only.

    Parameters
    ----------
    X:
        ``(n, d)``, anything with ``__array__`` or nested lists. Copied; float32 and integers are
        widened exactly. ``-0.0`` is stored as ``0.0``, the same real number, so the two hash alike.
    y:
        ``(n,)`` or ``(n, q)`` or None; ``(n, 1)`` is stored as ``(n,)``. The values are exact floats.
    normalized:
        The rows meant are the exact real ``x_i / |x_i|``. ``X`` itself is not changed.
    name:
        How messages and reports call it.
    options:
        Record of how it was loaded, JSON-able, re-appliable through `LoadOptions.from_json`. For
        arrays: the targets as they are.
    notes:
        One-line remarks for the report.

    Raises
    ------
    InputError
        No rows or columns, an all-zero row, NaN, an infinity, a number that float64 does not
        represent, X and y of different length, wrong dimensions.
    """

    X: Float64Array
    y: Float64Array | None
    normalized: bool
    name: str
    options: Mapping[str, Any]
    notes: tuple[str, ...]

    def __init__(
        self,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        normalized: bool = False,
        name: str = "array",
        options: Mapping[str, Any] | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        rows = _rows(X, name)
        targets = None if y is None else _targets(y, rows.shape[0], name)
        if options is None:
            options = LoadOptions(labels="regression", normalize=normalized).to_json()
        rows.setflags(write=False)
        if targets is not None:
            targets.setflags(write=False)
        members = (rows, targets, bool(normalized), name, json.loads(json.dumps(dict(options))), tuple(notes))
        for field, value in zip(("X", "y", "normalized", "name", "options", "notes"), members, strict=True):
            object.__setattr__(self, field, value)

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def d(self) -> int:
        """Number of columns of X."""
        return int(self.X.shape[1])

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the tag and shapes as text, then the bytes of X, then of y.

        The text is ``certify/data/1``, ``X n d`` and ``y none``, ``y n`` or ``y n q``, a line feed
        after each; the bytes are little-endian float64 in C order. ``normalized`` is not covered:
        it is an option, not a datum.
        """
        digest = hashlib.sha256()
        shape = "none" if self.y is None else " ".join(map(str, self.y.shape))
        digest.update(f"{HASH_TAG}\nX {self.n} {self.d}\ny {shape}\n".encode("ascii"))
        for array in (self.X, self.y):
            if array is not None:
                digest.update(np.ascontiguousarray(array, dtype="<f8").data)
        return digest.hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The member ``data`` of a certificate: ``sha256``, ``n``, ``d``, ``options``."""
        return {"sha256": self.sha256, "n": self.n, "d": self.d, "options": dict(self.options)}

    def __repr__(self) -> str:
        targets = "no targets" if self.y is None else f"y {self.y.shape}"
        return f"Dataset({self.name!r}, n={self.n}, d={self.d}, {targets}, normalized={self.normalized})"


def _rows(X: ArrayLike, name: str) -> Float64Array:
    rows = widen(X, name)
    if rows.ndim != 2:
        remedy = "use X.reshape(-1, 1) for a single column" if rows.ndim == 1 else "pass one row per example"
        raise InputError(f"X has shape {rows.shape} where (n, d) is needed", name, remedy)
    if rows.shape[0] == 0:
        raise InputError("there are no rows", name, "pass at least one row")
    if rows.shape[1] == 0:
        raise InputError("there are no columns besides the target", name, "pass at least one column")
    require_finite(rows, name)
    zero = ~rows.view(np.uint64).any(axis=1)  # as bits: 0.0 is the only zero left after `widen`
    if zero.any():
        where = place(name, int(np.argmax(zero)))
        raise InputError("the row is all zero", where, "remove the row or use --preprocess bias")
    return rows


def _targets(y: ArrayLike, n: int, name: str) -> Float64Array:
    where = f"{name}, target"
    targets = widen(y, where)
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets.reshape(-1)
    if targets.ndim not in (1, 2) or (targets.ndim == 2 and targets.shape[1] == 0):
        raise InputError(f"y has shape {targets.shape} where (n,) or (n, q) is needed", where)
    if targets.shape[0] != n:
        raise InputError(f"X has {n} rows but y has {targets.shape[0]}", where, "give one target a row")
    require_finite(targets, where)
    return targets
