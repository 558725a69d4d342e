"""``sup |f|`` over the real line: interval branch-and-bound in the middle, the calculus at infinity outside."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import flint
import sympy

from certify.arithmetic.balls import arb, precision, upper_float
from certify.symbolic.activations import Z
from certify.symbolic.balls import BallFunction, compile_balls
from certify.symbolic.infinity import AtInfinity, NoTail, at_infinity

BITS = 192
TIGHT = 2.0**-34
MOST_CELLS = 20_000
REACHES = tuple(2**k for k in range(2, 13))
_NARROW = 2.0**-24


class Unbounded(Exception):
    """No bound was proved; the message says why, in words for a user."""


@dataclass(frozen=True)
class Supremum:
    """``lower ≤ sup|f| ≤ upper``, exact rationals (float64 numbers)."""

    lower: Fraction
    upper: Fraction


def supremum(f: sympy.Expr) -> Supremum:
    """Enclose ``sup |f|`` over the reals of an expression in `Z`.

    Notes
    -----
    For ``|z| ≥ T`` the bound is `at_infinity`'s, of ``f(z)`` and of ``f(−z)``. On ``[−T, T]`` the pieces are bounded
    by the least of: the value of the ball; ``|f(c)| + |f'(piece)|w/2``; ``|f(c)| + |f'(c)|w/2 + |f''(piece)|w²/8``
    (Taylor, c the centre, w the width). All pieces count, so it is a bound whenever it stops.

    Raises
    ------
    Unbounded
        When f is unbounded, or when no bound is proved.
    """
    with precision(BITS):
        functions = _derivatives(f)
        best = arb(0)
        outside = None
        for reach in REACHES:
            T = arb(reach)
            right, left = _tail(f, T), _tail(f.subs(Z, -Z), T)
            if right is None or left is None:
                continue
            outside = right.max(left)
            best = _sampled(functions[0], reach)
            if outside <= best * (1 + arb(TIGHT)):
                break
        if outside is None:
            raise Unbounded("is not proved to be bounded for large |z|")
        middle, best = _search(functions, reach, best, outside)
        low, high = best.lower(), outside.max(middle).upper()
        return Supremum(_exact_below(low), Fraction(upper_float(high)))


def require_finite(f: sympy.Expr) -> None:
    """Prove that f is defined and finite at every real number. Raises `Unbounded`.

    On bounded pieces a finite ball is the proof (no division by zero, no root or logarithm of a negative number);
    for large ``|z|`` a rule at infinity is.
    """
    with precision(BITS):
        for reach in REACHES:
            try:
                for side in (f, f.subs(Z, -Z)):
                    at_infinity(side, arb(reach))
                break
            except NoTail:
                continue
        else:
            raise Unbounded("is not proved to be defined for large |z|")
        function = compile_balls(f)
        stack = [(Fraction(-reach), Fraction(reach))]
        while stack:
            a, b = stack.pop()
            if not function(_piece(a, b)).is_finite():
                if b - a < _NARROW:
                    raise Unbounded(f"is not defined, or not finite, near z = {float((a + b) / 2):.6g}")
                stack += [(a, (a + b) / 2), ((a + b) / 2, b)]


def _derivatives(f: sympy.Expr) -> list[BallFunction]:
    return [compile_balls(sympy.diff(f, Z, order)) if order else compile_balls(f) for order in range(3)]


def _tail(f: sympy.Expr, T: flint.arb) -> flint.arb | None:
    try:
        behaviour: AtInfinity = at_infinity(f, T)
        if behaviour.grows():
            raise Unbounded("is unbounded: it grows without limit as |z| does")
        return behaviour.bounded().abs_upper()
    except NoTail:
        return None


def _sampled(f: BallFunction, reach: int) -> flint.arb:
    """A lower bound of the supremum from 257 points (±reach among them)."""
    best = arb(0)
    for k in range(-128, 129):
        value = abs(f(arb(Fraction(k * reach, 128))))
        if value.is_finite() and value.lower() > best:
            best = value.lower()
    return best


def _piece(a: Fraction, b: Fraction) -> flint.arb:
    return arb(a).union(arb(b))


def _search(
    functions: list[BallFunction], half: int, best: flint.arb, outside: flint.arb
) -> tuple[flint.arb, flint.arb]:
    """An upper bound on ``[−half, half]`` (or the bound outside, where that is larger) and a lower one."""
    f, slope, curvature = functions
    reach = Fraction(half)
    queue: list[tuple[float, int, Fraction, Fraction, flint.arb]] = []
    count = 0

    def offer(a: Fraction, b: Fraction) -> None:
        nonlocal best, count
        piece, centre, half = _piece(a, b), arb((a + b) / 2), arb((b - a) / 2)
        value = abs(f(centre))
        if value.is_finite() and value.lower() > best:
            best = value.lower()
        bounds = [abs(f(piece)), value + abs(slope(piece)) * half]
        bounds.append(value + abs(slope(centre)) * half + abs(curvature(piece)) * half * half / 2)
        finite = [bound.upper() for bound in bounds if bound.is_finite()]
        if not finite:
            if b - a < _NARROW:
                raise Unbounded(f"is not proved to be bounded near z = {float((a + b) / 2):.6g}")
            bound = flint.arb.pos_inf()
        else:
            bound = finite[0]
            for other in finite[1:]:
                bound = bound.min(other)
        count += 1
        heapq.heappush(queue, (-upper_float(bound), count, a, b, bound))

    step = max(reach / 64, Fraction(1, 4))
    edges = [-reach + step * k for k in range(int(2 * reach / step) + 1)]
    for a, b in pairwise(edges):
        offer(a, b)
    while True:
        _, _, a, b, bound = queue[0]
        if bound <= best * (1 + arb(TIGHT)) or bound <= outside:
            return bound, best
        if count > MOST_CELLS and bound.is_finite():
            return bound, best
        heapq.heappop(queue)
        offer(a, (a + b) / 2)
        offer((a + b) / 2, b)


def _exact_below(value: flint.arb) -> Fraction:
    low = -upper_float(-value)
    return Fraction(max(0.0, low))
