"""Symmetric matrices of the data, entry by entry in ball arithmetic, from the exact rows.

Formulas of their own: the angle of two rows by the arccosine of their cosine; where the cosine is within
2^-20 of ±1, by the arctangent from the exact determinant ``|x|²|x'|² − (x·x')²``; and where two rows lie
on one line, the exact value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import flint

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker.rows import PlainData

Ball = flint.arb
#: ``entry(c, a, b)`` from ``x·x'``, ``|x|²``, ``|x'|²``; lengths are 1 for normalised rows.
Entry = Callable[[Ball, Ball, Ball], Ball]

NEAR = Fraction(1) - Fraction(1, 1 << 20)
_ROWS_AT_ONCE = 128


@dataclass(frozen=True)
class Family:
    """A symmetric function of two rows: its name, its value from balls, and whether ±1 needs care.

    ``on_line(c, sign)`` is the exact value for rows on one line, ``sign`` ±1; None where ``entry`` is exact there.
    """

    name: str
    entry: Entry
    steep: bool = False


def _relu(c: Ball, a: Ball, b: Ball) -> Ball:
    pi = flint.arb.pi()
    return c * (pi - (c / (a * b).sqrt()).acos()) / (2 * pi)


def _erf(c: Ball, a: Ball, b: Ball) -> Ball:
    return 4 * c / (flint.arb.pi() * ((1 + 2 * a) * (1 + 2 * b) - 4 * c * c).sqrt())


RELU = Family("the ReLU kernel K∞", _relu, steep=True)
ERF = Family("the erf kernel K∞", _erf)
MODULUS = Family("|XXᵀ|", lambda c, a, b: abs(c))
GRAM = Family("XXᵀ", lambda c, a, b: c)
KERNELS = {"relu": RELU, "erf": ERF}


def quartic(s: float) -> Family:
    """``(x·x')² − s |x|²|x'|²``."""
    return Family(f"G∘G − s ggᵀ at s = {s!r}", lambda c, a, b: c * c - arb(s) * a * b)


class Entries:
    """The matrix ``[f(x_i, x_j)]`` of a `Family` on the data, rows normalised or not."""

    def __init__(self, data: PlainData, family: Family, normalized: bool) -> None:
        self.data, self.family, self.normalized = data, family, normalized
        self.n = data.n
        self.critical = 0

    @cached_property
    def largest_diagonal(self) -> Ball:
        """The largest diagonal entry, at 128 bits."""
        with precision(128):
            best = arb(0)
            for square in set(self.data.squares):
                best = best.max(self._diagonal(square))
            return best

    def _diagonal(self, square: Fraction) -> Ball:
        a = arb(1) if self.normalized else arb(square)
        return a / 2 if self.family.steep else self.family.entry(a, a, a)

    def rows(self, bits: int) -> Iterator[list[Ball]]:
        """Row i of the lower triangle, entries ``0 … i``, as balls at ``bits``; keep the precision while iterating."""
        X = [[arb(v) for v in row] for row in self.data.X.tolist()]
        columns = flint.arb_mat(X).transpose()
        squares = [arb(square) for square in self.data.squares]
        inverse = [1 / square.sqrt() for square in squares] if self.normalized or self.family.steep else []
        one, half, near = arb(1), arb(1) / 2, arb(NEAR)
        pi = flint.arb.pi()
        turn = 1 / (2 * pi)
        lines, family, normalized = self.data.lines, self.family, self.normalized
        for top in range(0, self.n, _ROWS_AT_ONCE):
            bottom = min(self.n, top + _ROWS_AT_ONCE)
            block = (flint.arb_mat(X[top:bottom]) * columns).tolist()
            for i, dots in zip(range(top, bottom), block, strict=True):
                row = []
                for j in range(i):
                    c = dots[j]
                    same = lines[i][0] == lines[j][0]
                    if family.steep:
                        rho = c * inverse[i] * inverse[j]
                        if same or not abs(rho) < near:
                            row.append(self._critical(i, j, bits))
                            continue
                        value = (rho if normalized else c) * (pi - rho.acos()) * turn
                    elif normalized:
                        rho = one * (lines[i][1] * lines[j][1]) if same else c * inverse[i] * inverse[j]
                        value = family.entry(rho, one, one)
                    else:
                        value = family.entry(c, squares[i], squares[j])
                    row.append(value)
                square = one if normalized else squares[i]
                row.append(square * half if family.steep else family.entry(square, square, square))
                yield row

    def _critical(self, i: int, j: int, bits: int) -> Ball:
        """A ReLU entry of rows that are nearly or exactly on one line."""
        self.critical += 1
        data = self.data
        c, square = data.dot(i, j), data.squares[i] * data.squares[j]
        pi = flint.arb.pi()
        determinant = square - c * c
        factor = arb(c) / arb(square).sqrt() if self.normalized else arb(c)
        if determinant == 0:  # one line: the angle is 0 or π, and the rows' length is exact
            if c < 0:
                return arb(0)
            return arb(1) / 2 if self.normalized else arb(c) / 2
        height = arb(determinant).sqrt()
        angle = (height / arb(c)).atan()
        return factor * (pi - (angle if c > 0 else pi + angle)) / (2 * pi)

    def matrix(self, bits: int) -> flint.arb_mat:
        """The whole matrix at ``bits``."""
        with precision(bits):
            lower = list(self.rows(bits))
        full = [row + [lower[j][i] for j in range(i + 1, self.n)] for i, row in enumerate(lower)]
        return flint.arb_mat(full)
