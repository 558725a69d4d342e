"""Tails of two power series with positive coefficients, as procedures: of the arcsine's and of ``(1 − x²)^{−1/2}``."""

from __future__ import annotations

from typing import Any

import flint

from certify.arithmetic.balls import arb
from certify.symbolic.procedures import VerifiedProcedure, exact_integer

SUMMED = 2000
"""Terms that are summed one by one; the rest is bounded."""


def central(j: int) -> flint.arb:
    """``C(2j, j)/4^j = Γ(j + ½)/(√π Γ(j + 1))``, for any ``j ≥ 0``."""
    return ((arb(2 * j + 1) / 2).lgamma() - arb(j + 1).lgamma()).exp() / flint.arb.pi().sqrt()


class ArcsineTail(VerifiedProcedure):
    """``ArcsineTail(J, t) = Σ_{j≥J} a_j t^{2j+2}``, the tail of ``t·arcsin t``; ``a_j = C(2j,j)/(4^j(2j+1))``.

    Inputs: J an exact integer ≥ 0, t a ball in [0, 1]. Output: an enclosure; the indeterminate ball for other inputs.

    Lemma. For ``t < 1``, ``a_{j+1} ≤ a_j``, so the terms from v on sum up to at most ``v/(1 − t²)``. For ``t = 1`` and
    ``J ≤ SUMMED`` the tail is ``π/2`` less the first J terms. For ``t = 1`` and ``J ≥ 1``, by
    ``1/√(π(j+½)) ≤ C(2j,j)/4^j ≤ 1/√(πj)`` and comparison with integrals, it is in
    ``[1/√(π(J+½)), 1/√(πJ) + 1/(2√π J^{3/2})]``.
    """

    nargs = (2,)

    @staticmethod
    def enclose(*arguments: flint.arb) -> flint.arb:
        """See the class."""
        index, t = exact_integer(arguments[0]), arguments[1]
        if index is None or index < 0 or not t >= 0:
            return flint.arb.nan()
        if t == 1:
            return _arcsine_tail_at_one(index)
        if not t < 1:
            return flint.arb.nan()
        return _sum(index, t, central(index) / (2 * index + 1) * t**2, lambda j: arb(2 * j + 1) / (2 * j + 3))

    def formula(self, *arguments: str) -> str:
        """See `VerifiedProcedure.formula`."""
        index, t = arguments
        return rf"\sum_{{j \geq {index}}} \binom{{2j}}{{j}} \frac{{\left({t}\right)^{{2j+2}}}}{{4^j (2j+1)}}"

    def _sympystr(self, printer: Any) -> str:
        index, t = (printer.doprint(a) for a in self.args)
        return f"sum(binomial(2j, j)/(4^j (2j+1)) ({t})^(2j+2), j >= {index})"


class InverseRootTail(VerifiedProcedure):
    """``InverseRootTail(J, x) = Σ_{j≥J} C(2j,j) 4^{−j} x^{2j}``, the tail of ``(1 − x²)^{−1/2}``.

    Inputs: J an exact integer ≥ 0, x a ball in [0, 1). Output: an enclosure; the indeterminate ball for other inputs.

    Lemma. ``C(2j,j)/4^j`` falls with j, so the terms from v on sum up to at most ``v/(1 − x²)``.
    """

    nargs = (2,)

    @staticmethod
    def enclose(*arguments: flint.arb) -> flint.arb:
        """See the class."""
        index, x = exact_integer(arguments[0]), arguments[1]
        if index is None or index < 0 or not (x >= 0 and x < 1):
            return flint.arb.nan()
        return _sum(index, x, central(index), lambda j: arb(1))

    def formula(self, *arguments: str) -> str:
        """See `VerifiedProcedure.formula`."""
        index, x = arguments
        return rf"\sum_{{j \geq {index}}} \binom{{2j}}{{j}} \left(\frac{{{x}}}{{2}}\right)^{{2j}}"

    def _sympystr(self, printer: Any) -> str:
        index, x = (printer.doprint(a) for a in self.args)
        return f"sum(binomial(2j, j) ({x}/2)^(2j), j >= {index})"


def _sum(index: int, t: flint.arb, first: flint.arb, ratio: Any) -> flint.arb:
    """``Σ_{j≥J} v_j t^{2j}``, ``v_J = first``, ``v_{j+1}/v_j = ratio(j)(2j+1)/(2j+2)``: terms, then the remainder."""
    square = t * t
    if not square > 0:
        return first if index == 0 else arb(0)
    value = first * (square.log() * index).exp() if index else first
    total = arb(0)
    for j in range(index, index + SUMMED):
        total += value
        value *= square * (2 * j + 1) / (2 * j + 2) * ratio(j)
        if value < total * arb(2) ** -flint.ctx.prec:
            break
    return total + arb(0).union(value.upper() / (1 - square).lower())


def _arcsine_tail_at_one(index: int) -> flint.arb:
    pi = flint.arb.pi()
    if index <= SUMMED:
        value, total = arb(1), pi / 2
        for j in range(index):
            total -= value
            value *= arb((2 * j + 1) ** 2) / ((2 * j + 2) * (2 * j + 3))
        return total
    low = 1 / (pi * (arb(2 * index + 1) / 2)).sqrt()
    high = 1 / (pi * index).sqrt() * (1 + 1 / (2 * arb(index)))
    return low.union(high)
