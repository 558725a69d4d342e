"""Kernels without a closed form: ``K∞_ij = x_i·x_j Σ_k a_k(|x_i|)a_k(|x_j|)ρ^k``.

``a_k(ℓ)`` are the Hermite coefficients of ``φ'(ℓ·)``, by one trapezoidal rule over the whole interval, whose error is a
contour integral: no panels, no mixtures, nothing of the search's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import flint
import sympy

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker.entries import Ball, Entries, Family
from certify.certificates.checker.report import NotCheckable
from certify.symbolic.activations import Z
from certify.symbolic.balls import BallFunction, compile_balls
from certify.symbolic.evaluate import evaluate
from certify.symbolic.library import activation_of

MOST_TERMS = 512
#: Rows of more lengths than this take too long: an expansion is a fraction of a second.
MOST_LENGTHS = 40
_REACH = 20
_BITS = 512
_MOST_NODES, _MOST_CELLS = 2500, 20_000
#: What is left out, relatively to ``E φ'²``.
_ENOUGH = Fraction(1, 1 << 80)
#: Half heights of strips, in φ's own argument, that are tried; the tallest without a singularity is taken.
_STRIPS = tuple(Fraction(n, 20) for n in (60, 40, 28, 20, 14, 10, 6, 4, 2, 1))
_STEEPEST = Fraction(1 << 30)


@dataclass(frozen=True)
class Expansion:
    """``f(x) = φ'(ℓx) = Σ a_k h_k(x)`` in ``L²(N(0, 1))``: the first coefficients, ``E f²``, ``Σ_{k>N} a_k²``."""

    coefficients: tuple[Ball, ...]
    square: Ball
    rest: Ball


@dataclass(frozen=True)
class SeriesFamily(Family):
    """The kernel of a smooth activation, by expansions; ``even``: whether φ is known to be even but for a constant."""

    activation: str = ""
    even: bool = False

    def on_diagonal(self, square: Ball) -> Ball:
        """``|x|² E φ'(|x|g)²``; ``|x|²`` is exact up to the working precision."""
        if square.rad() != 0:  # the row's length is no ball's midpoint; this much is known of any
            return square * arb(0).union(_slope(self.activation) ** 2)
        if square == 0:
            return arb(0)
        mantissa, power = square.man_exp()
        return square * expansion(self.activation, Fraction(int(mantissa)) * Fraction(2) ** int(power)).square


@lru_cache(maxsize=64)
def series_family(activation: str) -> SeriesFamily | None:
    """The family of an analytic activation; None for one that is not smooth. Raises `InputError` for none at all."""
    found = activation_of(activation)
    if found.curvature_bound is None:
        return None
    f = sympy.diff(found.expression, Z)
    odd, even = (sympy.simplify((f + s * f.subs(Z, -Z)).rewrite(sympy.exp)) == 0 for s in (-1, 1))
    coincide = "signs" if odd or even else "rows"
    name = f"the {found.name} kernel K∞"
    return SeriesFamily(name, _no_entry, coincide=coincide, activation=activation, even=bool(even))


def _no_entry(dot: Ball, a: Ball, b: Ball) -> Ball:
    raise NotCheckable("this kernel is known by expansions only")


class SeriesEntries(Entries):
    """The matrix of a `SeriesFamily`."""

    family: SeriesFamily

    def rows(self, bits: int) -> Iterator[list[Ball]]:
        """See `Entries.rows`."""
        data, name = self.data, self.family.activation
        squares = [Fraction(1)] * self.n if self.normalized else list(data.squares)
        kinds = {square: k for k, square in enumerate(dict.fromkeys(squares))}
        if len(kinds) > MOST_LENGTHS:
            raise NotCheckable(f"rows of {len(kinds)} lengths are too many for expansions")
        table = [expansion(name, square) for square in kinds]
        polynomials: dict[tuple[int, int], tuple[flint.arb_poly, int, Ball]] = {}
        columns = flint.arb_mat([[arb(v) for v in row] for row in data.X.tolist()]).transpose()
        inverse = [1 / arb(square).sqrt() for square in data.squares]
        for i in range(self.n):
            dots = (flint.arb_mat([[arb(v) for v in data.X[i].tolist()]]) * columns).tolist()[0]
            row = []
            for j in range(i + 1):
                a, b = kinds[squares[i]], kinds[squares[j]]
                same = data.lines[i][0] == data.lines[j][0]
                sign = data.lines[i][1] * data.lines[j][1]
                rho = arb(sign) if same else dots[j] * inverse[i] * inverse[j]
                if same and sign > 0 and a == b:
                    value = table[a].square
                else:
                    if (a, b) not in polynomials:
                        if len(polynomials) > 4096:
                            polynomials.clear()
                        polynomials[a, b] = _product(table[a], table[b])
                    polynomial, terms, rest = polynomials[a, b]
                    left_out = rest * abs(rho) ** terms
                    value = polynomial(rho) + (-left_out).union(left_out)
                row.append((rho if self.normalized else dots[j]) * value)
            yield row

    @property
    def largest_diagonal(self) -> Ball:
        """A bound of it: ``max|x_i|² sup φ'²``."""
        with precision(128):
            longest = arb(1) if self.normalized else arb(max(self.data.squares))
            return longest * _slope(self.family.activation) ** 2


def _product(a: Expansion, b: Expansion) -> tuple[flint.arb_poly, int, Ball]:
    """``Σ a_kb_kρ^k`` as far as both are known, and a bound of what is left out (Cauchy and Schwarz)."""
    pairs = list(zip(a.coefficients, b.coefficients, strict=False))
    rests = []
    for one in (a, b):
        more = sum((x * x for x in one.coefficients[len(pairs) :]), one.rest)
        rests.append(more.abs_upper())
    return flint.arb_poly([x * y for x, y in pairs]), len(pairs), (rests[0] * rests[1]).sqrt()


def _slope(activation: str) -> Ball:
    return evaluate(activation_of(activation).slope_bound, {})


@lru_cache(maxsize=1024)
def expansion(activation: str, square: Fraction) -> Expansion:
    """The expansion of ``x ↦ φ'(ℓx)``, ``ℓ² = square``.

    Notes
    -----
    Let F be analytic on the rectangle of corners ``±L ± iw``, ``L = (M + ½)h``. The residues of
    ``F(z)/(1 − e^{−2πiz/h})`` at the nodes ``jh``, ``|j| ≤ M``, are ``hF(jh)/2πi``. From the integral over the contour
    take ``∫F`` over its lower half; on its sides the exponential is negative, so that

        |h ΣF(jh) − ∫_{−L}^{L}F| ≤ (∫|F(x+iw)|dx + ∫|F(x−iw)|dx)/(e^{2πw/h} − 1) + 2w·max|F(±L + iy)|.

    Here ``F = f h_k γ`` (or ``f²γ``); ``|f| ≤ D`` on the rectangle by complex balls, which also prove f analytic there.
    Mehler's formula at ``z, z̄``: ``r^k|h_k(x+iy)|² ≤ (1−r²)^{−1/2} exp(rx²/(1+r) + ry²/(1−r))`` for ``0 < r < 1``, so

        |h_kγ| ≤ (2π)^{−1/2} r^{−k/2} (1−r²)^{−1/4} exp(−x²/(2(1+r)) + y²/(2(1−r))),

    and ``∫exp(−x²/(2(1+r)))dx ≤ √(4π)``. Outside ``[−L, L]``, Cauchy and Schwarz: ``B1·erfc(L/√2)^{1/2}``, for f² ``B1²
    erfc(L/√2)``.

    Raises
    ------
    NotCheckable
        Where no strip around the real axis is proved to be free of singularities.
    """
    with precision(_BITS):
        slope = compile_balls(sympy.diff(activation_of(activation).expression, Z))
        length = arb(square).sqrt()
        bound = _slope(activation)
        f: BallFunction = lambda x: slope(length * x)  # noqa: E731
        half, top = _strip(f, square)
        w = arb(half)
        wanted = 2 * flint.arb.pi() * w / (80 + w * arb(MOST_TERMS).sqrt() + (1 + top).log())
        h = max(Fraction(int(float(wanted.mid()) * 4096), 4096), Fraction(1, 4096))
        count = int(Fraction(_REACH) / h) + 1
        if count > _MOST_NODES:
            raise NotCheckable("the rows are too long for expansions of this activation")
        L = arb((count + Fraction(1, 2)) * h)
        thin = 1 / ((2 * flint.arb.pi() * w / arb(h)).exp() - 1)
        outside = (L / arb(2).sqrt()).erfc()
        root = (2 * flint.arb.pi()).sqrt()
        nodes, even, odd = [], [], []
        square_sum = arb(0)
        for j in range(count + 1):
            x = arb(j * h)
            weight = (-x * x / 2).exp() * arb(h) / root
            right, left = f(x), f(-x)
            if j == 0:
                weight = weight / 2
            nodes.append(x)
            even.append((right + left) * weight)
            odd.append((right - left) * weight)
            square_sum += (right * right + left * left) * weight
        rectangle = top * top / root * (w * w / 2).exp()
        error = rectangle * (2 * root * thin + 2 * w * (-L * L / 2).exp()) + bound * bound * outside
        total = square_sum + _around_zero(error)
        coefficients: list[Ball] = []
        before, now = [arb(0)] * len(nodes), [arb(1)] * len(nodes)
        rest = total
        for k in range(MOST_TERMS):
            parts = even if k % 2 == 0 else odd
            value = sum((p * q for p, q in zip(parts, now, strict=True)), arb(0))
            r = 1 - 1 / (1 + arb(k + 1).sqrt() / w)
            front = top * (-(arb(k) / 2) * r.log() + w * w / (2 * (1 - r))).exp() / ((1 - r * r).sqrt().sqrt() * root)
            error = front * (2 * (4 * flint.arb.pi()).sqrt() * thin + 2 * w * (-L * L / (2 * (1 + r))).exp())
            a = value + _around_zero(error + bound * outside.sqrt())
            coefficients.append(a)
            rest -= a * a
            if k % 8 == 7 and rest.upper() <= total * arb(_ENOUGH):
                break
            up, down = 1 / arb(k + 1).sqrt(), (arb(k) / (k + 1)).sqrt()
            before, now = now, [x * p * up - q * down for x, p, q in zip(nodes, now, before, strict=True)]
        return Expansion(tuple(coefficients), total, rest.upper().max(arb(0)))


def _strip(f: BallFunction, square: Fraction) -> tuple[Fraction, Ball]:
    """A half height w and a bound of ``|f|`` on the rectangle of half width beyond `_REACH` and half height w."""
    length = Fraction(float(square)) if square else Fraction(0)
    size = Fraction(float(length) ** 0.5) if length else Fraction(1)
    for own in _STRIPS:
        half = min(own / size if size else Fraction(3), Fraction(3))
        half = Fraction(int(half * 4096) or 1, 4096)
        top = _largest(f, half)
        if top is not None and top < arb(_STEEPEST):
            return half, top
    raise NotCheckable("no strip around the real axis is proved to be free of the activation's singularities")


def _largest(f: BallFunction, half: Fraction) -> Ball | None:
    wide, cells = Fraction(_REACH + 1), 8
    columns = 2 * int(wide / min(half, Fraction(1, 4))) + 1
    if columns > _MOST_CELLS // cells:
        return None
    top = arb(0)
    with precision(64):
        for a in range(columns):
            x = arb(-wide + 2 * wide * a / columns).union(arb(-wide + 2 * wide * (a + 1) / columns))
            for b in range(cells):
                y = arb(half * b / cells).union(arb(half * (b + 1) / cells))
                size = abs(flint.acb(f(flint.acb(x, y))))
                if not size.is_finite():
                    return None
                top = top.max(size.upper())
    return top


def _around_zero(size: Ball) -> Ball:
    top = size.abs_upper()
    return (-top).union(top)
