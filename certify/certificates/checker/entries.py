"""Symmetric matrices of the data, entry by entry in ball arithmetic, from the exact rows.

Formulas of their own: the angle of two rows by the arccosine of their cosine; where the cosine is within
2^-20 of ±1, by the arctangent from the exact determinant ``|x|²|x'|² − (x·x')²``; and where two rows lie
on one line, the exact value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

import flint
import sympy

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker.rows import PlainData
from certify.errors import InputError
from certify.symbolic.library import LEAK, activation_of, scale_of

Ball = flint.arb
#: ``entry(c, a, b)`` from ``x·x'``, ``|x|²``, ``|x'|²``; lengths are 1 for normalised rows.
Entry = Callable[[Ball, Ball, Ball], Ball]

NEAR = Fraction(1) - Fraction(1, 1 << 20)
_ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Family:
    """A symmetric function of two rows.

    ``entry`` gives its value from balls. For the rectifiers it is None, and the value is
    ``x·x' (offset + weight (π − θ)/(2π))`` with ``θ`` the angle of the rows, taken with care near 0 and π. ``coincide``
    says which rows have parallel gradients if ``entry`` is given: equal ``rows``, those on one of the ``rays``, or
    those that are equal up to ``signs``.
    """

    name: str
    entry: Entry | None
    offset: Fraction = Fraction(0)
    weight: Fraction = Fraction(1)
    coincide: str = "signs"

    def on_diagonal(self, square: Ball) -> Ball:
        """The value at ``x = x'``, from ``|x|²``."""
        if self.entry is None:
            return square * arb(self.offset + self.weight / 2)
        return self.entry(square, square, square)


def erf_family(c: Fraction) -> Family:
    """``φ(z) = erf(cz)`` (Williams 1997, at the rows ``c x``)."""

    def entry(dot: Ball, a: Ball, b: Ball) -> Ball:
        q = arb(c * c)
        root = ((1 + 2 * q * a) * (1 + 2 * q * b) - 4 * q * q * dot * dot).sqrt()
        return 4 * q * dot / (flint.arb.pi() * root)

    return Family("the erf kernel K∞", entry)


def wave_family(c: Fraction, sign: int) -> Family:
    """``φ(z) = sin(cz)`` (sign 1) or ``cos(cz)`` (−1): ``c²x·x' E[cos u cos v]`` by the characteristic function."""

    def entry(dot: Ball, a: Ball, b: Ball) -> Ball:
        q = arb(c * c)
        envelope = (-q * (a + b) / 2).exp()
        return q * dot * envelope * ((q * dot).cosh() if sign > 0 else (q * dot).sinh())

    return Family("the sin kernel K∞" if sign > 0 else "the cos kernel K∞", entry)


RELU = Family("the ReLU kernel K∞", None)
ERF = erf_family(Fraction(1))
MODULUS = Family("|XXᵀ|", lambda c, a, b: abs(c))
GRAM = Family("XXᵀ", lambda c, a, b: c)

_SCALED = re.compile(r"(erf|sin|cos)\((?:[0-9]{1,6}(?:/[0-9]{1,6})?\*z|z(?:/[0-9]{1,6})?)\)", re.ASCII)
_HEADS = {"erf": sympy.erf, "sin": sympy.sin, "cos": sympy.cos}


@cache
def kernel_family(activation: str) -> Family | None:
    """The infinite-width kernel of an activation with a closed form; None for any other.

    ``erf``, ``sin`` and ``cos`` of ``c z`` with a rational ``c``, ReLU and the leaky ReLU ``max(z, az)``, for which
    ``E φ'φ' = a + (1−a)²(π − θ)/(2π)``.
    """
    if activation == "relu":
        return RELU
    if activation == "leaky_relu":
        slope = Fraction(int(LEAK.p), int(LEAK.q))
        return Family("the leaky ReLU kernel K∞", None, slope, (1 - slope) ** 2)
    if activation in _HEADS:
        head, c = activation, Fraction(1)
    elif _SCALED.fullmatch(activation):
        head = activation.partition("(")[0]
        try:
            scale = scale_of(activation_of(activation), _HEADS[head])
        except InputError:
            scale = None
        if scale is None:
            return None
        c = Fraction(int(scale.p), int(scale.q))
    else:
        return None
    return erf_family(c) if head == "erf" else wave_family(c, 1 if head == "sin" else -1)


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
        return self.family.on_diagonal(arb(1) if self.normalized else arb(square))

    def rows(self, bits: int) -> Iterator[list[Ball]]:
        """Row i of the lower triangle, entries ``0 … i``, as balls at ``bits``; keep the precision while iterating."""
        X = [[arb(v) for v in row] for row in self.data.X.tolist()]
        columns = flint.arb_mat(X).transpose()
        squares = [arb(square) for square in self.data.squares]
        lines, family, normalized, entry = self.data.lines, self.family, self.normalized, self.family.entry
        inverse = [1 / square.sqrt() for square in squares] if normalized or entry is None else []
        one, near, pi = arb(1), arb(NEAR), flint.arb.pi()
        offset, turn = arb(family.offset), arb(family.weight) / (2 * pi)
        for top in range(0, self.n, _ROWS_AT_ONCE):
            bottom = min(self.n, top + _ROWS_AT_ONCE)
            block = (flint.arb_mat(X[top:bottom]) * columns).tolist()
            for i, dots in zip(range(top, bottom), block, strict=True):
                row = []
                for j in range(i):
                    c = dots[j]
                    same = lines[i][0] == lines[j][0]
                    if entry is None:
                        rho = c * inverse[i] * inverse[j]
                        if same or not abs(rho) < near:
                            row.append(self._critical(i, j, bits))
                            continue
                        value = (rho if normalized else c) * (offset + (pi - rho.acos()) * turn)
                    elif normalized:
                        rho = one * (lines[i][1] * lines[j][1]) if same else c * inverse[i] * inverse[j]
                        value = entry(rho, one, one)
                    else:
                        value = entry(c, squares[i], squares[j])
                    row.append(value)
                square = one if normalized else squares[i]
                row.append(family.on_diagonal(square))
                yield row

    def _critical(self, i: int, j: int, bits: int) -> Ball:
        """A rectifier's entry of rows that are nearly or exactly on one line."""
        self.critical += 1
        data = self.data
        c, square = data.dot(i, j), data.squares[i] * data.squares[j]
        pi = flint.arb.pi()
        determinant = square - c * c
        factor = arb(c) / arb(square).sqrt() if self.normalized else arb(c)
        offset, weight = arb(self.family.offset), arb(self.family.weight)
        if determinant == 0:  # one line: the angle is 0 or π, and the cosine is exact
            factor = (arb(1) if c > 0 else arb(-1)) if self.normalized else arb(c)
            return factor * (offset + weight / 2) if c > 0 else factor * offset
        height = arb(determinant).sqrt()
        angle = (height / arb(c)).atan()
        return factor * (offset + weight * (pi - (angle if c > 0 else pi + angle)) / (2 * pi))

    def matrix(self, bits: int) -> flint.arb_mat:
        """The whole matrix at ``bits``."""
        with precision(bits):
            lower = list(self.rows(bits))
        full = [row + [lower[j][i] for j in range(i + 1, self.n)] for i, row in enumerate(lower)]
        return flint.arb_mat(full)
