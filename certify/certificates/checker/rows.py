"""The data as the checker has them: plain float64 arrays, their hash, and the exact directions of the rows."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from certify.errors import InputError

Floats = NDArray[np.float64]
Integers = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PlainData:
    """Rows ``X (n, d)`` and targets ``y (n,)``, ``(n, q)`` or None; the floats are the rationals they store."""

    X: Floats
    y: Floats | None
    options: dict[str, Any] | None = None

    @classmethod
    def of(cls, data: Any) -> PlainData:
        """From ``(X, y)``, ``X`` alone, or an object with the attributes ``X`` and ``y`` (and ``options``).

        Raises
        ------
        InputError
            For arrays that are not finite float data of the right shape.
        """
        if isinstance(data, PlainData):
            return data
        if hasattr(data, "X") and hasattr(data, "y"):
            X, y, options = data.X, data.y, getattr(data, "options", None)
        else:
            X, y = data if isinstance(data, tuple) and len(data) == 2 else (data, None)
            options = None
        rows = _floats(X, "X")
        if rows.ndim != 2 or 0 in rows.shape:
            raise InputError(f"X has shape {rows.shape} where (n, d) is needed", "data", "pass one row per example")
        if not (rows != 0.0).any(axis=1).all():
            raise InputError("a row is all zero", "data", "a certificate never speaks of such data")
        targets = None if y is None else _floats(y, "y")
        if targets is not None and (targets.ndim not in (1, 2) or len(targets) != len(rows)):
            raise InputError(f"y has shape {targets.shape} for {len(rows)} rows", "data", "give one target a row")
        if targets is not None and targets.ndim == 2 and targets.shape[1] == 1:
            targets = targets[:, 0]
        return cls(rows, targets, None if options is None else dict(options))

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def d(self) -> int:
        """Number of columns."""
        return int(self.X.shape[1])

    @cached_property
    def sha256(self) -> str:
        """The hash of the format's specification, formed here a second time."""
        shape = "none" if self.y is None else " ".join(str(size) for size in self.y.shape)
        head = f"certify/data/1\nX {self.n} {self.d}\ny {shape}\n"
        digest = hashlib.sha256(head.encode("ascii"))
        digest.update(self.X.astype("<f8", order="C").tobytes(order="C"))
        if self.y is not None:
            digest.update(self.y.astype("<f8", order="C").tobytes(order="C"))
        return digest.hexdigest()

    @cached_property
    def integers(self) -> tuple[tuple[Integers, int], ...]:
        """Each row as ``(integers, k)`` with ``row = integers · 2^k`` exactly."""
        return tuple(_integers(row) for row in self.X.tolist())

    @cached_property
    def squares(self) -> tuple[Fraction, ...]:
        """``|x_i|²``, exact."""
        return tuple(Fraction(sum(v * v for v in row)) * Fraction(4) ** power for row, power in self.integers)

    @cached_property
    def norm_y_squared(self) -> Fraction:
        """``‖y‖²``, exact."""
        if self.y is None:
            raise ValueError("there are no targets")
        row, power = _integers(self.y.ravel().tolist())
        return Fraction(sum(v * v for v in row)) * Fraction(4) ** power

    def dot(self, i: int, j: int) -> Fraction:
        """``x_i·x_j``, exact."""
        (a, p), (b, q) = self.integers[i], self.integers[j]
        return Fraction(sum(v * w for v, w in zip(a, b, strict=True))) * Fraction(2) ** (p + q)

    @cached_property
    def lines(self) -> tuple[tuple[int, int], ...]:
        """``(line, sign)`` for each row: rows are multiples of one another exactly if their lines are equal."""
        known: dict[Integers, int] = {}
        found = []
        for row, _ in self.integers:
            divisor = math.gcd(*row)
            sign = 1 if next(v for v in row if v) > 0 else -1
            key = tuple(sign * v // divisor for v in row)
            found.append((known.setdefault(key, len(known)), sign))
        return tuple(found)

    def classes(self) -> tuple[list[list[int]], list[list[list[int]]]]:
        """Rows on one ray (two or more), and pairs of opposite rays, as a certificate lists them."""
        rays: dict[tuple[int, int], list[int]] = {}
        for i, ray in enumerate(self.lines):
            rays.setdefault(ray, []).append(i)
        parallel = [rows for rows in rays.values() if len(rows) > 1]
        opposite = [
            [rows, rays[line, -sign]]
            for (line, sign), rows in rays.items()
            if (line, -sign) in rays and rows[0] < rays[line, -sign][0]
        ]
        return parallel, opposite

    def null_dimension(self, rectifier: bool, normalized: bool) -> int:
        """Null vectors of the infinite-width kernel that coinciding directions give, by exact elimination.

        ReLU and leaky ReLU: ``n − rays + (lines with both rays) − rank(their directions)``, the kernel-dimension
        theorem. An odd or even activation: n less the number of rows up to sign (of lines, if they are normalised).
        """
        if rectifier:
            _, opposite = self.classes()
            rank = 0
            if opposite:
                rank = flint.fmpz_mat([list(self.integers[first[0]][0]) for first, _ in opposite]).rank()
            return self.n - len(set(self.lines)) + len(opposite) - int(rank)
        if normalized:
            return self.n - len({line for line, _ in self.lines})
        signed = {
            tuple(Fraction(sign * v) * Fraction(2) ** power for v in row)
            for (row, power), (_, sign) in zip(self.integers, self.lines, strict=True)
        }
        return self.n - len(signed)

    def opposite_excess(self, normalized: bool) -> int:
        """Pairs of opposite rows (of opposite rays, if they are normalised), each once, less the rank of their rows."""
        if normalized:
            rows = [self.integers[first[0]][0] for first, _ in self.classes()[1]]
        else:
            distinct = {tuple(row) for row in self.X.tolist()}
            opposite = (row for row in distinct if tuple(-v for v in row) in distinct)
            rows = [_integers(list(row))[0] for row in opposite if next(v for v in row if v) > 0]
        return len(rows) - int(flint.fmpz_mat([list(row) for row in rows]).rank()) if rows else 0

    def coinciding(self, rays: bool) -> int:
        """How many rows there are beyond the distinct rays, or the distinct rows."""
        return self.n - len(set(self.lines) if rays else {tuple(row) for row in self.X.tolist()})


def _floats(values: Any, name: str) -> Floats:
    given = np.asarray(values)
    if given.dtype.kind not in "fiub":
        raise InputError(f"{name} holds {given.dtype}, not numbers", "data", "pass float64 arrays")
    with np.errstate(over="ignore"):
        array = np.array(given, dtype=np.float64) + 0.0  # −0.0 and 0.0 are one real number
    if not np.isfinite(array).all():
        raise InputError(f"{name} has a NaN or an infinity", "data", "pass finite numbers")
    if not np.array_equal(array, given):
        raise InputError(f"{name} has a number that float64 does not represent", "data", "pass float64 arrays")
    return array


def _integers(values: list[float]) -> tuple[Integers, int]:
    ratios = [value.as_integer_ratio() for value in values]
    largest = max(bottom for _, bottom in ratios)
    whole = [top * (largest // bottom) for top, bottom in ratios]
    power = -(largest.bit_length() - 1)
    odd = math.gcd(*whole)
    if odd:
        spare = (odd & -odd).bit_length() - 1
        whole, power = [v >> spare for v in whole], power + spare
    return tuple(whole), power
