"""Certificates of kind ``kernel``: a matrix of floats, taken as the rationals they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from certify.arithmetic.balls import arb
from certify.certificates.checker.facts import BALL_ROWS, EXACT_ROWS, FALLBACK_ROWS, PATIENT_ROWS
from certify.certificates.checker.problem import BallProblem, FloatProblem, Problem
from certify.certificates.checker.report import NotCheckable
from certify.certificates.checker.rows import Floats
from certify.errors import InputError

Ball = flint.arb


class MatrixFacts:
    """An exact matrix ``A (n, n)``, or ``(A + Aᵀ)/2``, and the problems it poses; `NotCheckable` without one.

    Parameters
    ----------
    values:
        float64, finite and square, or None.
    symmetrized:
        Whether ``(A + Aᵀ)/2`` is meant.
    exact:
        Ball arithmetic up to 600 rows instead of 200; up to 2000 instead of 1000 where floats do not suffice.

    Raises
    ------
    InputError
        For values that are no square matrix of finite floats.
    """

    def __init__(self, values: Any, symmetrized: bool, exact: bool) -> None:
        self._values = None if values is None else _square(values)
        self.symmetrized, self.exact = symmetrized, exact
        self._problems: dict[tuple[str, bool], Problem] = {}

    @property
    def values(self) -> Floats:
        """The matrix as given. Raises `NotCheckable` if there is none."""
        if self._values is None:
            raise NotCheckable("the matrix is needed (--data MATRIX)")
        return self._values

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.values)

    @property
    def sha256(self) -> str:
        """The hash of the format's specification, formed here a second time."""
        digest = hashlib.sha256(f"certify/matrix/1\n{self.n}\n".encode("ascii"))
        digest.update(self.values.astype("<f8").tobytes(order="C"))
        return digest.hexdigest()

    @property
    def symmetric(self) -> bool:
        """Is the matrix symmetric as given?"""
        return bool(np.array_equal(self.values, self.values.T))

    @property
    def largest_entry(self) -> float:
        """``max|a_ij|`` of the matrix as given."""
        return float(np.abs(self.values).max())

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes taken."""
        return tuple(problem.route for problem in self._problems.values())

    @property
    def by_floats(self) -> bool:
        """Was any matrix taken by the float route?"""
        return any(isinstance(problem, FloatProblem) for problem in self._problems.values())

    def problem(self, what: str = "matrix", in_balls: bool = False) -> Problem:
        """``matrix``, its entrywise ``modulus``, or the matrix with entries rounded to ``float32``.

        ``in_balls`` asks for ball arithmetic up to 1000 rows (``exact``: 2000). Raises `NotCheckable` beyond.
        """
        if in_balls and self.n > (PATIENT_ROWS if self.exact else FALLBACK_ROWS):
            raise NotCheckable(f"{self.n} rows are too many for ball arithmetic")
        balls = in_balls or self.n <= (EXACT_ROWS if self.exact else BALL_ROWS)
        if (what, balls) not in self._problems:
            values, form = self._formed(what)
            label = {"matrix": "the matrix", "modulus": "|A|, entrywise", "float32": "the matrix in float32"}[what]
            n = self.n

            def rows(bits: int) -> Iterator[list[Ball]]:
                for i in range(n):
                    row, column = values[i, : i + 1].tolist(), values[: i + 1, i].tolist()
                    yield [form(a, b) for a, b in zip(row, column, strict=True)]

            if balls:
                problem: Problem = BallProblem(n, lambda bits: _full(list(rows(bits))), label)
            else:
                problem = FloatProblem(n, rows, arb(float(np.abs(values).max())), label)
            self._problems[what, balls] = problem
        return self._problems[what, balls]

    def _formed(self, what: str) -> tuple[Floats, Callable[[float, float], Ball]]:
        values = self.values
        if what == "float32":
            with np.errstate(over="ignore", under="ignore"):
                values = values.astype(np.float32).astype(np.float64)
            if not np.isfinite(values).all():
                raise NotCheckable("the matrix does not fit in float32")

        def mean(a: float, b: float) -> Ball:
            return (arb(a) + arb(b)) / 2 if self.symmetrized else arb(a)

        return values, (lambda a, b: abs(mean(a, b))) if what == "modulus" else mean

    def entry(self, i: int, j: int) -> Fraction:
        """An entry, exact."""
        if not self.symmetrized:
            return Fraction(float(self.values[i, j]))
        return (Fraction(float(self.values[i, j])) + Fraction(float(self.values[j, i]))) / 2

    def null_dimension(self) -> int:
        """Dimension of the null space, by elimination over the rationals; up to 600 rows."""
        if self.n > EXACT_ROWS:
            raise NotCheckable(f"{self.n} rows are too many for rational elimination")
        entries = [[self.entry(i, j) for j in range(self.n)] for i in range(self.n)]
        common = max(entry.denominator for row in entries for entry in row)  # all are powers of two
        return self.n - int(flint.fmpz_mat([[int(entry * common) for entry in row] for row in entries]).rank())

    def form(self, rows: list[int], entries: list[float]) -> Fraction:
        """``xᵀAx``, exact, for ``x`` with the given entries at the given rows."""
        x = [Fraction(value) for value in entries]
        terms = (a * b * self.entry(i, j) for i, a in zip(rows, x, strict=True) for j, b in zip(rows, x, strict=True))
        return sum(terms, Fraction(0))

    def annihilates(self, rows: list[int], entries: list[float]) -> bool:
        """Is ``Ax = 0``, exactly?"""
        x = [Fraction(value) for value in entries]
        images = (sum((self.entry(i, j) * a for j, a in zip(rows, x, strict=True)), Fraction(0)) for i in range(self.n))
        return not any(images)

    def identical_rows(self) -> list[list[int]]:
        """Groups of indices with equal rows and equal columns."""
        groups: dict[tuple[bytes, bytes], list[int]] = {}
        plain = self.values + 0.0
        for i in range(self.n):
            groups.setdefault((plain[i].tobytes(), np.ascontiguousarray(plain[:, i]).tobytes()), []).append(i)
        return [group for group in groups.values() if len(group) > 1]


def _full(lower: list[list[Ball]]) -> flint.arb_mat:
    n = len(lower)
    return flint.arb_mat([row + [lower[j][i] for j in range(i + 1, n)] for i, row in enumerate(lower)])


def _square(values: Any) -> Floats:
    given = np.asarray(getattr(values, "values", values))
    if given.dtype.kind not in "fiub" or given.ndim != 2 or given.shape[0] != given.shape[1] or not given.size:
        raise InputError(f"an array of {given.dtype}, shape {given.shape}, is no square matrix", "data", "pass (n, n)")
    array = np.array(given, dtype=np.float64)
    if not (np.isfinite(array).all() and np.array_equal(array, given)):
        raise InputError("an entry is not finite, or not a float64", "data", "pass finite float64 numbers")
    return array
