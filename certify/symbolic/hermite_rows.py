"""Hermite coefficients of ``f(rz)`` for many lengths r at once, by the trapezoidal rule with a proved error."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint
import sympy

from certify.arithmetic.balls import arb, precision
from certify.symbolic.balls import BallFunction, compile_balls
from certify.symbolic.hermite import BITS, ENOUGH, FIRST, MOST, PANEL_BITS, HermiteSeries, NotAnalytic

_HEIGHTS = tuple(Fraction(k, 8) for k in (48, 32, 24, 16, 12, 10, 8, 6, 4, 2, 1))
_HIGHEST = Fraction(1, 2)  # of the strip in z: beyond it the bounds of the polynomials grow
_REACH = 16
_CELLS = 6
_MOST_CELLS = 60_000
_MOST_NODES = 4096
_ACCURACY = 50  # natural logarithms
_ROWS_AT_ONCE = 32
_THETAS = tuple(Fraction(k, 100) for k in (50, 80, 90, 94, 96, 97, 98, 99))


def row_coefficients(f: sympy.Expr, bound: flint.arb, lengths: Sequence[float]) -> list[HermiteSeries]:
    """Expansions of ``z ↦ f(rz)`` for the exact lengths ``r > 0`` given; ``|f| ≤ bound`` on the line.

    As many terms as the longest needs for a tail of `ENOUGH` (relatively), but at most `MOST`.

    Notes
    -----
    See ``proofs/kernels.md``, Section 3. With nodes ``qh``, ``|q| ≤ K``, ``L = (K+½)h`` and F holomorphic on
    ``[−L, L] × [−a, a]``, real on the axis, ``|h Σ F(qh) − ∫_{−L}^L F| ≤ 2[(e^{2πa/h} − 1)^{−1}∫|F(x+ia)|dx +
    ½∫_0^a (|F(L+iy)| + |F(−L+iy)|)dy]``. Here ``F = f(rz)h_k(z)γ(z)``, ``|f| ≤ D`` for ``|Im| ≤ ra``, and ``|h_kγ|`` as
    in `certify.symbolic.hermite`.

    Raises
    ------
    NotAnalytic
        When no strip that is free of singularities is wide enough for the longest of the lengths.
    """
    function = compile_balls(f)
    longest = max(lengths)
    with precision(PANEL_BITS):
        height, size = _strip(function, Fraction(longest))
    h = _spacing(height, Fraction(longest), size)
    half = int(_REACH / h) + 1
    if half > _MOST_NODES:
        raise NotAnalytic
    with precision(BITS):
        nodes = [arb(h * q) for q in range(half + 1)]
        density = arb(h) / (2 * flint.arb.pi()).sqrt()
        weights = [density * (-z * z / 2).exp() for z in nodes]
    square, values = _values(function, longest, nodes, weights)
    outside = (arb(_REACH) / arb(2).sqrt()).erfc()
    columns: list[list[flint.arb]] = []
    with precision(BITS):
        rest = square
        before, now = [arb(0)] * len(nodes), [arb(1)] * len(nodes)
        for k in range(MOST + 1):
            column = [w * g for w, g in zip(weights, now, strict=True)]
            total = arb(0)
            for q, c in enumerate(column):
                total += c * values[q][k % 2]
            rest -= total * total
            columns.append([_rounded(c) for c in column])
            if k >= FIRST and rest.upper() <= square * arb(ENOUGH):
                break
            up, down = 1 / arb(k + 1).sqrt(), (arb(k) / (k + 1)).sqrt()
            before, now = now, [z * g * up - e * down for z, g, e in zip(nodes, now, before, strict=True)]
    found = []
    with precision(PANEL_BITS):
        tables = [flint.arb_mat(columns[parity::2]).transpose() for parity in (0, 1)]
    for start in range(0, len(lengths), _ROWS_AT_ONCE):
        part = lengths[start : start + _ROWS_AT_ONCE]
        with precision(PANEL_BITS):
            sampled = [_values(function, r, nodes, weights) for r in part]
            products = [
                (flint.arb_mat([[v[parity] for v in values] for _, values in sampled]) * tables[parity]).tolist()
                for parity in (0, 1)
            ]
            for place, (r, (square, _)) in enumerate(zip(part, sampled, strict=True)):
                slack = _error(height, Fraction(r), h, size, len(columns) - 1)
                slack += bound * outside.sqrt()
                around = (-slack.upper()).union(slack.upper())
                coefficients = [products[k % 2][place][k // 2] + around for k in range(len(columns))]
                slack = _error(height, Fraction(r), h, size * size, 0) + bound * bound * outside
                found.append(HermiteSeries(tuple(coefficients), square + (-slack.upper()).union(slack.upper())))
    return found


def _values(
    function: BallFunction, r: float, nodes: list[flint.arb], weights: list[flint.arb]
) -> tuple[flint.arb, list[tuple[flint.arb, flint.arb]]]:
    """The rule's value for ``E f²``, and ``f(rz) ± f(−rz)`` at the nodes (at 0: ``f(0)`` and 0)."""
    with precision(PANEL_BITS):
        length, square = arb(r), arb(0)
        pairs = []
        for q, (z, w) in enumerate(zip(nodes, weights, strict=True)):
            u = length * z
            right = function(u)
            if q == 0:
                pairs.append((right, arb(0)))
                square += w * right * right
                continue
            left = function(-u)
            pairs.append((right + left, right - left))
            square += w * (right * right + left * left)
        return square, pairs


def _rounded(value: flint.arb) -> flint.arb:
    with precision(PANEL_BITS + 32):
        return +value


def _strip(function: BallFunction, longest: Fraction) -> tuple[Fraction, flint.arb]:
    """A height b and a bound of ``|f|`` on ``|Re| ≤ (_REACH+1)·longest``, ``|Im| ≤ b``: the best of some."""
    best: tuple[float, Fraction, flint.arb] | None = None
    for height in _HEIGHTS:
        size = _on_rectangle(function, longest * (_REACH + 1), height)
        if size is None:
            continue
        spacing = float(_spacing(height, longest, size))
        if best is None or spacing > best[0]:
            best = spacing, height, size
        elif height * 4 < best[1]:
            break
    if best is None:
        raise NotAnalytic
    return best[1], best[2]


def _spacing(height: Fraction, longest: Fraction, size: flint.arb) -> Fraction:
    """A dyadic h at which the error is about ``e^−_ACCURACY`` for the longest row (any h is sound)."""
    a = float(min(_HIGHEST, height / longest))
    wanted = 6.28 * a / (_ACCURACY + max(0.0, float((1 + size).log().mid())) + a * MOST**0.5)
    return Fraction(int(wanted * 2**20), 2**20) if wanted > 2.0**-19 else Fraction(1, 2**20)


def _on_rectangle(function: BallFunction, half: Fraction, height: Fraction) -> flint.arb | None:
    """A bound of ``|f|`` on ``[−half, half] × [0, height]``; None where it is not finite, or the cells are too many."""
    side = height / _CELLS
    count = int(2 * half / side) + 1
    if count * _CELLS > _MOST_CELLS:
        side = 2 * half / (_MOST_CELLS // _CELLS)
        count = _MOST_CELLS // _CELLS
    top = arb(0)
    for b in range(_CELLS):
        y = arb(height * b / _CELLS).union(arb(height * (b + 1) / _CELLS))
        for a in range(count):
            x = arb(-half + side * a).union(arb(-half + side * (a + 1)))
            size = abs(flint.acb(function(flint.acb(x, y))))
            if not size.is_finite():
                return None
            top = top.max(size.upper())
    return top


def _error(height: Fraction, r: Fraction, h: Fraction, size: flint.arb, k: int) -> flint.arb:
    """A bound of the rule's error for ``f(rz)h_j(z)γ(z)``, every ``j ≤ k``, ``|f| ≤ size`` on the strip."""
    a = arb(min(_HIGHEST, height / r))
    theta = 1 - 1 / (1 + arb(k + 1).sqrt() / a)
    top = (
        _front(theta, a, k) * (2 * flint.arb.pi() * (1 + theta)).sqrt() / ((2 * flint.arb.pi() * a / arb(h)).exp() - 1)
    )
    ends = flint.arb.pos_inf()
    for share in _THETAS:
        theta = arb(share)
        ends = ends.min(_front(theta, a, k) * a * (-arb(_REACH * _REACH) / (2 * (1 + theta))).exp())
    return (2 * size * (top + ends)).upper()


def _front(theta: flint.arb, a: flint.arb, k: int) -> flint.arb:
    """``(2π)^{−½} θ^{−k/2} (1−θ²)^{−¼} e^{a²/(2(1−θ))}``."""
    front = (-(arb(k) / 2) * theta.log()).exp() / ((1 - theta * theta).sqrt().sqrt() * (2 * flint.arb.pi()).sqrt())
    return front * (a * a / (2 * (1 - theta))).exp()
