"""A relation between expressions → verdict, with the enclosures of both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import flint
import sympy

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.symbolic.evaluate import Value, evaluate

FIRST_BITS, LAST_BITS = 256, 4096
LARGEST_EXPONENT = 1 << 50
"""Beyond ``2^±LARGEST_EXPONENT`` a ball is shown as tiny or unbounded: tails at huge widths get there."""


def enclosed(ball: flint.arb) -> Enclosure:
    """`Enclosure.from_arb`, coarsened outward where the binary exponent would be astronomical."""
    if not ball.is_finite():
        return Enclosure(None, None)
    size = ball.abs_upper()
    least, largest = (arb(2) ** (sign * LARGEST_EXPONENT) for sign in (-1, 1))
    if size > largest:
        return Enclosure(None, None)
    if size != 0 and size < least:
        low = arb(0) if ball >= 0 else -least
        high = arb(0) if ball <= 0 else least
        ball = low.union(high)
    return Enclosure.from_arb(ball)


@dataclass(frozen=True)
class Decision:
    """Verdict of a relation, enclosures of its two sides and of the margin.

    ``margin`` encloses ``rhs − lhs`` for ≤, <, = and ``lhs − rhs`` for ≥, >: non-negative when the
    relation holds (zero for an equation).
    """

    verdict: Verdict
    lhs: Enclosure
    rhs: Enclosure
    margin: Enclosure

    @classmethod
    def unknown(cls) -> Decision:
        """Undecided for want of a value."""
        nothing = Enclosure(None, None)
        return cls(Verdict.UNDECIDED, nothing, nothing, nothing)


def decide(relation: sympy.Rel, values: Mapping[str, Value]) -> Decision:
    """Decide ``relation`` with precision doubling from 256 to 4096 bits before saying undecided.

    Parameters
    ----------
    relation:
        ``Le``, ``Lt``, ``Ge``, ``Gt`` or ``Eq`` of two real expressions.
    values:
        As for `certify.symbolic.evaluate.evaluate`.

    Raises
    ------
    MissingValue
        When a symbol has no value.
    """
    bits = FIRST_BITS
    while True:
        with precision(bits):
            lhs, rhs = evaluate(relation.lhs, values), evaluate(relation.rhs, values)
            verdict = _compare(relation, lhs, rhs)
            if verdict is not Verdict.UNDECIDED or bits >= LAST_BITS:
                margin = lhs - rhs if isinstance(relation, sympy.Ge | sympy.Gt) else rhs - lhs
                ends = (enclosed(ball) for ball in (lhs, rhs, margin))
                return Decision(verdict, *ends)
        bits *= 2


def _compare(relation: sympy.Rel, lhs: flint.arb, rhs: flint.arb) -> Verdict:
    # Arb's comparisons are true only when they hold for every pair of points of the two balls
    if isinstance(relation, sympy.Le):
        holds, fails = lhs <= rhs, lhs > rhs
    elif isinstance(relation, sympy.Lt):
        holds, fails = lhs < rhs, lhs >= rhs
    elif isinstance(relation, sympy.Ge):
        holds, fails = lhs >= rhs, lhs < rhs
    elif isinstance(relation, sympy.Gt):
        holds, fails = lhs > rhs, lhs <= rhs
    elif isinstance(relation, sympy.Eq):
        holds, fails = lhs == rhs, not lhs.overlaps(rhs)
    else:
        raise TypeError(f"not a decidable relation: {relation}")
    if holds:
        return Verdict.PROVED
    return Verdict.REFUTED if fails else Verdict.UNDECIDED
