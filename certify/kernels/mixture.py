"""tanh, sigmoid, softplus, SiLU and GELU for rows of any length: mixtures of functions with closed-form kernels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import flint
import ival
import numpy as np

from certify.arithmetic.balls import arb
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import SMALLEST, U, sum_up
from certify.data.rays import Rays
from certify.kernels.arcsine import ARCSINE_ERROR, arcsine
from certify.kernels.base import entries_near
from certify.kernels.degeneracy import complementary_null_dimension, equal_null_dimension, odd_null_dimension
from certify.kernels.lengths import Lengths, with_lengths
from certify.kernels.rows import UnitRows
from certify.kernels.scaled import enclose, scaled_squares
from certify.symbolic.complement import slopes_add_up

_CELLS = 8192  # entries worked on at once: their temporaries stay in cache
_PI = ival.acos(ival.Interval(-1.0))
_TINY = 1.0 + 2.0**-16
#: ``1 − t²`` must be this many times its error: then first-order bounds hold with `_TINY`.
_CLEAR = 2.0**21


@dataclass(frozen=True)
class MixtureKernel:
    """The kernel of ``φ' = f·c·g(cz)`` with g a mixture, up to ``error``.

    ``bump``: ``g ≈ Σ w_j e^{−β_j z²}``; ``step``: ``½ + ½Σ w_j erf(√β_j z)``; ``swish``: ``½ + ½Σ w_j s(√β_j z)``,
    ``s(y) = erf y + (2/√π) y e^{−y²}``.

    Attributes
    ----------
    c, factor :
        ``c`` and ``|f|``, exact.
    squares, weights :
        ``β_j`` and ``w_j > 0``.
    error :
        A float ≥ the supremum of the difference.
    bound :
        A float ≥ ``sup|g|``.
    symmetric :
        Whether φ is odd or even, but for a constant.

    Notes
    -----
    For ``u, v`` of variances ``r², s²`` and correlation ρ let ``B = 2βr²/(1+2βr²)``, ``C = 2γs²/(1+2γs²)``,
    ``t = ρ√(BC)``, ``Q = (1−B)(1−C)``. Then (``proofs/kernels.md``)

        E e^{−βu²−γv²} = √Q/√(1−t²),   E erf(√βu)erf(√γv) = (2/π) arcsin t,
        E s(√βu)s(√γv) = (2/π)[arcsin t + t((2−B−C) + Q/(1−t²))/√(1−t²)].
    """

    activation: str
    kind: str
    c: Fraction
    squares: tuple[float, ...]
    weights: tuple[float, ...]
    error: float
    bound: float
    symmetric: bool
    factor: Fraction = Fraction(1)

    degree = 0
    steep = False
    formula = r"\langle x_i, x_j\rangle\;\mathrm{E}\,\varphi'(w\cdot x_i)\varphi'(w\cdot x_j)"

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`."""
        return entries_near(self._near, cosines, rows, i, j)

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """In floats, with the error bounds of ``proofs/kernels.md``."""
        return self._near(cosines, rows.cosine_error, rows, i, j)

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """Intervals; ``1 − BC = (1−B) + B(1−C)`` does not cancel."""
        squared = scaled_squares(rows, self.c, self.activation)
        parts = [_shares(squared * (2.0 * beta)) for beta in self.squares]
        total = ival.Interval(np.zeros(rows.n))
        for (B, b), w in zip(parts, self.weights, strict=True):
            for (C, c), v in zip(parts, self.weights, strict=True):
                rest = b + B * c
                if self.kind == "bump":
                    term = ival.sqrt(b * c / rest)
                else:
                    t = ival.sqrt(B * C)
                    term = ival.atan(t / ival.sqrt(rest))
                    if self.kind == "swish":
                        term = term + t * ((b + c) + b * c / rest) / ival.sqrt(rest)
                total = total + term * (ival.Interval(w) * v)
        if self.kind != "bump":
            total = total / (_PI * 2.0) + 0.25
        slack = self._slack(np.full(rows.n, self.bound))
        return (total + ival.Interval(-slack, slack)) * squared * enclose(self.factor**2)

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """The formulas, and the mixture's error around them: right to about ``2·error·|x||x'|``."""
        scale = arb(self.c * self.c)
        q, pi = dot * dot / (first * second), flint.arb.pi()
        if not q < 1:
            q = q.min(arb(1))
        rho = (first * second).sqrt()
        rho = dot / rho
        left, right = ([arb(2 * b) * scale * x for b in self.squares] for x in (first, second))
        total = arb(0)
        for a, w in zip(left, self.weights, strict=True):
            for b, v in zip(right, self.weights, strict=True):
                volume = (1 + a) * (1 + b)
                rest = 1 - q * (a * b / volume)
                root = rest.sqrt()
                if self.kind == "bump":
                    total += arb(w) * arb(v) / (volume.sqrt() * root)
                    continue
                t = rho * (a * b / volume).sqrt()
                term = (t / root).atan()
                if self.kind == "swish":
                    term += t / root * (1 / (1 + a) + 1 / (1 + b) + 1 / (volume * rest))
                total += arb(w) * arb(v) * term
        if self.kind != "bump":
            total = total / (2 * pi) + arb(1) / 4
        slack = arb(float(self._slack(np.array([self.bound]))[0]))
        return dot * scale * arb(self.factor**2) * (total + (-slack).union(slack))

    def null_dimension(self, X: Floats, rays: Rays, normalized: bool) -> int:
        """From rows equal up to sign where φ is odd or even, or ``φ'(z) + φ'(−z)`` constant; else from equal rows."""
        if self.symmetric:
            return odd_null_dimension(X, rays, normalized)
        if slopes_add_up(self.activation):
            return complementary_null_dimension(X, rays, normalized)
        return equal_null_dimension(X, rays, normalized)

    def refines(self, normalized: bool) -> bool:
        """Whether `entry` is right to far more digits than float64 has: where the mixture is exact."""
        return self.error == 0.0

    def _slack(self, sizes: Floats) -> Floats:
        """``2·error·size + error²``, rounded up: the mixture's error in ``E g g`` where ``E|g| ≤ size``."""
        bound: Floats = (2.0 * self.error * sizes + self.error * self.error) * (1.0 + 2.0**-40) + SMALLEST
        return bound

    def _near(self, cosines: Floats, error: float, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """Values and radii from cosines right to ``error``, the rows a few at a time."""
        squared = scaled_squares(rows, self.c, self.activation)
        left, right = (_Side.of(squared[part], self) for part in (i, j))
        value, radius = np.empty_like(cosines), np.empty_like(cosines)
        step = max(1, _CELLS // max(1, cosines.shape[1]))
        for top in range(0, len(cosines), step):
            part = slice(top, top + step)
            value[part], radius[part] = self._block(cosines[part], error, left.rows(part), right)
        return value, radius

    def _block(self, rho: Floats, error: float, left: _Side, right: _Side) -> tuple[Floats, Floats]:
        """See ``proofs/kernels.md``, Section 2, for every bound."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            form = _bump if self.kind == "bump" else _step if self.kind == "step" else _swish
            value, radius = form(self, rho, error, left, right)
            if self.kind == "bump":
                sizes = 0.5 * left.sizes[:, None] + 0.5 * right.sizes[None, :]
                radius += self._slack(sizes * _TINY + self.error)
            else:
                radius += self._slack(np.array(self.bound))
        return with_lengths(value, radius, rho, error, left.lengths, right.lengths)


@dataclass(frozen=True)
class _Side:
    """Some rows' tables, (k, m) for m components: ``√B`` below and ``B`` below within `spread`, ``1−B`` and √ of it.

    ``outer`` are ``√(1−B)`` times the weight (bumps), relatively right to `relative`, as is ``rest``, ``1−B``.
    ``sizes`` and ``spikes``, (k,), bound the sums of ``w√(1−B)`` and of ``w(1−B)^{−¼}`` up to roundings.
    """

    roots: Floats
    shares: Floats
    rest: Floats
    outer: Floats
    sizes: Floats
    spikes: Floats
    lengths: Lengths
    spread: float
    relative: float

    @classmethod
    def of(cls, squared: ival.Interval, kernel: MixtureKernel) -> _Side:
        B, b = _shares(squared[:, None] * (2.0 * np.array(kernel.squares))[None, :])
        roots, outer = ival.sqrt(B), ival.sqrt(b) * np.array(kernel.weights)[None, :]
        spread = max(float((x.hi - x.lo).max(initial=0.0)) for x in (roots, B)) * (1.0 + 4.0 * U)
        relative = max(float(((x.hi - x.lo) / x.lo).max(initial=0.0)) for x in (outer, b)) * (1.0 + 8.0 * U)
        sizes = outer.hi.sum(axis=1)
        with np.errstate(divide="ignore"):
            spikes = (np.array(kernel.weights)[None, :] / np.sqrt(np.sqrt(b.lo))).sum(axis=1)
        lengths = Lengths.of(ival.sqrt(squared) * enclose(kernel.factor))
        return cls(roots.lo, B.lo, b.lo, outer.lo, sizes, spikes, lengths, spread, relative)

    def rows(self, part: slice) -> _Side:
        """Some of the rows."""
        tables = {name: getattr(self, name)[part] for name in ("roots", "shares", "rest", "outer", "sizes", "spikes")}
        return replace(self, **tables, lengths=self.lengths.rows(part))


def _shares(a: ival.Interval) -> tuple[ival.Interval, ival.Interval]:
    """``B = a/(1+a)`` and ``1 − B``."""
    return ival.recip(ival.recip(a) + 1.0), ival.recip(a + 1.0)


def _pairwise(terms: Iterable[Floats]) -> tuple[Floats, int]:
    """The sum, and how many additions a term meets at most.

    A block of ``2^l`` terms has met l additions; of K blocks of levels ``l_0 < … < l_{K−1} = L`` the p-th meets at most
    ``K − p`` more, and ``l_p ≤ L − (K − 1 − p)``: together at most ``L + 1``, the bit length of the count.
    """
    stack: list[tuple[int, Floats]] = []
    count = 0
    for term in terms:
        level, count = 0, count + 1
        while stack and stack[-1][0] == level:
            term += stack.pop()[1]
            level += 1
        stack.append((level, term))
    total = stack.pop()[1]
    for _, term in reversed(stack):
        total += term
    return total, count.bit_length()


Result = tuple[Floats, Floats]


def _bump(kernel: MixtureKernel, rho: Floats, error: float, left: _Side, right: _Side) -> Result:
    """``Σ√Q/√(1−t²)``; its slope in ``1 − t²`` is summed as well."""
    squared = np.square(rho)
    defect = (2.01 * error + 1.01 * (left.spread + right.spread) + 4.1 * U) * _TINY
    steep = np.zeros_like(rho)
    depth = 0

    def inner(k: int, heavy: Floats) -> Iterable[Floats]:
        for m in range(len(kernel.weights)):
            x = left.shares[:, k, None] * right.shares[None, :, m]
            x *= squared
            np.subtract(1.0, x, out=x)
            if float(x.min(initial=1.0)) < _CLEAR * defect:
                x[x < _CLEAR * defect] = np.nan
            term = np.sqrt(x)
            np.divide(right.outer[None, :, m], term, out=term)
            np.divide(term, x, out=x)
            heavy += x
            yield term

    def rows_of() -> Iterable[Floats]:
        nonlocal depth
        for k in range(len(kernel.weights)):
            heavy = np.zeros_like(rho)
            total, depth = _pairwise(inner(k, heavy))
            total *= left.outer[:, k, None]
            heavy *= left.outer[:, k, None]
            steep.__iadd__(heavy)
            yield total

    value, more = _pairwise(rows_of())
    relative = (left.relative + right.relative + (depth + more + 6) * U) * _TINY
    return value, (value * relative + steep * (0.5 * defect)) * _TINY


def _angle_terms(kernel: MixtureKernel, rho: Floats, left: _Side, right: _Side, swish: bool) -> tuple[Floats, int]:
    scratch = np.empty_like(rho)

    def inner(k: int) -> Iterable[Floats]:
        along = rho * left.roots[:, k, None]
        for m, weight in enumerate(kernel.weights):
            t = along * right.roots[None, :, m]
            term = arcsine(t, np.empty_like(rho), scratch)
            if swish:
                x = np.square(t, out=scratch)
                np.subtract(1.0, x, out=x)
                more = left.rest[:, k, None] * right.rest[None, :, m]
                more /= x
                more += left.rest[:, k, None]
                more += right.rest[None, :, m]
                np.sqrt(x, out=x)
                more /= x
                more *= t
                term += more
            term *= weight
            yield term

    depth = 0

    def rows_of() -> Iterable[Floats]:
        nonlocal depth
        for k, weight in enumerate(kernel.weights):
            total, depth = _pairwise(inner(k))
            total *= weight
            yield total

    value, more = _pairwise(rows_of())
    return value, depth + more


def _angles(kernel: MixtureKernel, rho: Floats, error: float, left: _Side, right: _Side, swish: bool) -> Result:
    """``¼ + (1/2π) Σ w_j w_l F(t)``, with F's slope bounded by ``7/√(1−t²)`` (1 without the swish)."""
    value, depth = _angle_terms(kernel, rho, left, right, swish)
    defect = (error + 1.01 * (left.spread + right.spread) + 2.1 * U) * _TINY
    least = np.square(np.abs(rho) * (left.roots.max(axis=1)[:, None] * right.roots.max(axis=1)[None, :]))
    np.subtract(1.0, least, out=least)
    least -= 2.1 * defect + 8.0 * U
    least[~(least > _CLEAR * defect)] = np.nan
    np.sqrt(least, out=least)
    largest = 4.7 if swish else 1.6
    flat = ARCSINE_ERROR + (27.0 * U + 9.0 * max(left.relative, right.relative) if swish else 0.0)
    mass = sum_up(kernel.weights)
    first = ((7.0 * defect + 6.0 * U) if swish else defect) * _TINY
    # Σ w w'/√x, from the least x of all components, or from √x ≥ ((1−B)(1−C))^¼
    spikes = left.spikes[:, None] * right.spikes[None, :]
    radius = np.minimum(first / least, spikes * (first / (mass * mass) * _TINY))
    radius += flat + largest * (depth + 6) * U
    radius *= (mass * mass) * (0.5 / math.pi) * _TINY
    value *= 0.5 / math.pi
    value += 0.25
    radius += 4.0 * U * largest
    return value, radius


_step, _swish = partial(_angles, swish=False), partial(_angles, swish=True)
