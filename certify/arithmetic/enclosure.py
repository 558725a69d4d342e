"""A closed interval that provably contains an exact real number: the unit every bound is stated in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from certify.arithmetic.balls import arb, lower_float, precision, upper_float


@dataclass(frozen=True)
class Enclosure:
    """``lower · 2^exponent ≤ value ≤ upper · 2^exponent``.

    An end is a float64, an int (counts: any size, then ``exponent`` is 0), or ``None`` where
    nothing finite is known. The class holds data and converts it; arithmetic is done in Arb.
    """

    lower: float | int | None
    upper: float | int | None
    exponent: int = 0

    def __post_init__(self) -> None:
        for end in (self.lower, self.upper):
            if isinstance(end, float) and not math.isfinite(end):
                raise ValueError(f"the end {end} is not finite: write None for an unknown end")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"empty enclosure [{self.lower}, {self.upper}]")

    @classmethod
    def point(cls, value: float | int) -> Enclosure:
        """The exact number ``value``."""
        return cls(value, value)

    @classmethod
    def scaled(cls, lower: float | None, upper: float | None, exponent: int) -> Enclosure:
        """``[lower, upper]·2^exponent`` as plain float64 ends where that is exact, else with an exponent."""
        ends = [end for end in (lower, upper) if end]
        if exponent and all(-960 < math.frexp(end)[1] + exponent < 1020 for end in ends):
            low, high = (None if end is None else math.ldexp(end, exponent) for end in (lower, upper))
            return cls(low, high)
        return cls(lower, upper, exponent)

    @classmethod
    def from_arb(cls, ball: flint.arb) -> Enclosure:
        """The tightest float64 interval around an Arb ball; a non-finite ball gives ``None`` ends.

        Values outside float64's range are returned with an ``exponent``.
        """
        return cls.from_ends(ball, ball)

    @classmethod
    def from_ends(cls, low: flint.arb, high: flint.arb) -> Enclosure:
        """The tightest float64 interval around ``[low, high]``, ends given as balls (see `from_arb`).

        A ball that is the hull of two ends keeps only 30 bits of its radius; this keeps both ends sharp.
        """
        if not (low.is_finite() and high.is_finite()):
            return cls(None, None)
        sizes = (low.abs_upper(), high.abs_upper())
        size = sizes[0] if sizes[0] > sizes[1] else sizes[1]
        if size > 0 and not (arb(2) ** -960 < size < arb(2) ** 1020):
            _, power = size.man_exp()
            shift = int(power) + int(size.bits())
            scale = arb(2) ** (-shift)
            return cls(lower_float(low * scale), upper_float(high * scale), shift)
        return cls(lower_float(low), upper_float(high))

    def intersect(self, other: Enclosure) -> Enclosure:
        """Another enclosure of the same number: the higher lower end with the smaller upper end.

        Compared and returned exactly. Raises `ValueError` when the two have no number in common, as then one of them
        is not an enclosure.
        """
        lows = [box for box in (self, other) if box.lower is not None]
        highs = [box for box in (self, other) if box.upper is not None]
        low = max(lows, key=lambda box: _exact(box.lower, box.exponent), default=None)
        high = min(highs, key=lambda box: _exact(box.upper, box.exponent), default=None)
        if low is None or high is None or low.exponent == high.exponent:
            exponent = (low or high or self).exponent
            return Enclosure(low.lower if low else None, high.upper if high else None, exponent)
        with precision(256):
            if low.lower_arb() > high.upper_arb():
                raise ValueError(f"{self} and {other} have no number in common")
            return Enclosure.from_ends(low.lower_arb(), high.upper_arb())

    def to_arb(self) -> flint.arb:
        """The Arb ball that is the hull of the two ends, outward at the working precision.

        Raises
        ------
        ValueError
            If an end is unknown.
        """
        if self.lower is None or self.upper is None:
            raise ValueError("an enclosure with an unknown end has no ball")
        return arb(self.lower).union(arb(self.upper)) * arb(2) ** self.exponent

    def lower_arb(self) -> flint.arb:
        """The exact lower end. Raises `ValueError` when it is unknown."""
        if self.lower is None:
            raise ValueError("the lower end is unknown")
        return arb(self.lower) * arb(2) ** self.exponent

    def upper_arb(self) -> flint.arb:
        """The exact upper end. Raises `ValueError` when it is unknown."""
        if self.upper is None:
            raise ValueError("the upper end is unknown")
        return arb(self.upper) * arb(2) ** self.exponent

    def to_json(self) -> dict[str, Any]:
        """``{"lower", "upper"}``, with ``"exponent"`` only where it is not 0."""
        document: dict[str, Any] = {"lower": self.lower, "upper": self.upper}
        return {**document, "exponent": self.exponent} if self.exponent else document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Enclosure:
        """Inverse of `to_json`."""
        return cls(document["lower"], document["upper"], document.get("exponent", 0))


def _exact(end: float | int | None, exponent: int) -> Fraction:
    return Fraction(end or 0) * Fraction(2) ** exponent
