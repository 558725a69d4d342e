"""The constants of a theorem's entry: widths, rates and step counts, each a function of the witness."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.certificates.checker.reading import Number, number
from certify.certificates.checker.report import NotCheckable, require
from certify.symbolic.evaluate import evaluate
from certify.theorems.statements import constants
from certify.theorems.statements.evaluation import environment

if TYPE_CHECKING:
    from certify.certificates.checker.theorem import EntryCheck, Point

BITS = 512
#: Widths from which on every width is proved, and all widths: each with its own variant and parameters in the witness.
RANGES = ("every_width_from", "every_width_from_at_largest_step")
WIDTHS = ("required_width", *RANGES)
MILLIONTH = Fraction(1, 10**6)
#: L' = c·½‖e‖²: the step size of the same iteration is η/c.
LOSSES: dict[str, Callable[[int], Fraction]] = {"sum": lambda n: Fraction(2), "mean": lambda n: Fraction(2, n)}


class ConstantCheck:
    """Derives one constant of an entry again."""

    def __init__(self, entry: EntryCheck) -> None:
        self.entry = entry

    def derive(self, name: str, enclosure: Enclosure) -> str:
        """What the confirmation rests on; raises where there is none."""
        if name in WIDTHS:
            return self._least_width(name, enclosure)
        point = self.entry.point()
        require("m" in point.values, "no width is recorded for it")
        require(not self.entry.verified().failing(), "the theorem's hypotheses are not proved at the recorded numbers")
        if name == "width":
            require(is_count(enclosure, point.values["m"]), "it is not the width of the witness")
            return "the width of the witness"
        unit = "time" if point.theorem.largest_step is None else "steps"
        if name == f"{unit}_to_fraction":
            return self.steps(point, enclosure, self._fraction())
        if name == f"{unit}_to_millionth":
            return self.steps(point, enclosure, MILLIONTH)
        if name == "step_size" and point.theorem.largest_step is not None:
            return holds(enclosure, self._step(point, Fraction(1)))
        for loss, factor in LOSSES.items():
            if name == f"step_size_for_{loss}_loss":
                return holds(enclosure, self._step(point, 1 / factor(int(point.values["n"]))))
        found = constants(point.theorem, point.values)
        if name not in found:
            raise NotCheckable(f"the theorem has no constant {name[:40]!r} that this checker knows")
        return holds(enclosure, found[name])

    def _step(self, point: Point, multiple: Fraction) -> Enclosure:
        eta = point.values.get("eta")
        require(eta is not None, "no step size is recorded")
        with precision(256):
            # as it is written: a float64 is itself, another rational the tightest enclosure
            ball = arb(Fraction(eta) * multiple)  # type: ignore[arg-type]
            return Enclosure.from_arb(ball)

    def _least_width(self, part: str, enclosure: Enclosure) -> str:
        """Proved at the width, and not at the next smaller admissible one with the same parameters."""
        point = self.entry.point(part)
        width, theorem = int(point.values["m"]), point.theorem
        require(is_count(enclosure, width), "it is not the width of the witness")
        failing = self.entry.verified(part).failing()
        require(not failing, f"not proved there: {', '.join(d.hypothesis.id for d in failing)}")
        if part in RANGES:
            # the exact binomial tail rises and falls with the width; the other hypotheses are monotone in it
            exact = theorem.id == "relu.width" and not theorem.variant.endswith("/chernoff")
            require(not exact, "the exact tail proves no range of widths")
            if theorem.id not in ("du2019.flow", "du2019.gd", "smooth.width", "smooth.outputs", "relu.width"):
                raise NotCheckable("monotony in the width is not known for this theorem")
        if width > theorem.unit:
            quick = frozenset(h.id for h in theorem.hypotheses if h.id != "flips")
            if not self.entry.verified(part, -1, quick).failing():
                require(
                    bool(self.entry.verified(part, -1).failing()),
                    "the next smaller width is proved too: it is not the least",
                )
        rest = ", and from there on (the hypotheses are monotone in the width)" if part in RANGES else ""
        return f"proved at the width, not proved at the next smaller one with the same parameters{rest}"

    def _fraction(self) -> Fraction:
        recorded = number(self.entry.entry.document.get("fraction"), "fraction")
        asked = self.entry.request.get("fraction")
        require(
            asked is None or Fraction(recorded) == Fraction(number(asked, "fraction")), "another fraction was asked for"
        )
        # the standard share is the exact millionth, which float64 does not hold
        return MILLIONTH if recorded == 1e-6 else Fraction(recorded)

    def steps(self, point: Point, enclosure: Enclosure, fraction: Fraction) -> str:
        """The least k with ``q^k ≤ fraction``: true for k, not proved for k − 1."""
        require(0 < fraction < 1, "the fraction is not in (0, 1)")
        steps = enclosure.lower
        require(isinstance(steps, int) and steps >= 0 and is_count(enclosure, steps), "it is no count")
        assert isinstance(steps, int)
        require(steps.bit_length() < 1 << 14, "it is astronomically large")
        with precision(BITS):
            rate = evaluate(point.theorem.rate, environment(point.theorem, point.values))
            if rate == 0:
                require(steps == 1, "q = 0: one step suffices")
                return "q = 0"
            require(bool(rate > 0 and rate < 1), "0 < q < 1 is not proved")
            slope, level = rate.log(), arb(fraction).log()
            require(bool(steps * slope <= level), "q^k is not below the fraction")
            require(steps == 0 or not (steps - 1) * slope <= level, "one step less is enough: it is not the least")
        return "q^k ≤ fraction there, and not one step earlier"


def is_count(enclosure: Enclosure, value: Number) -> bool:
    """Is it this integer, and nothing else?"""
    integer = type(enclosure.lower) is int and type(enclosure.upper) is int
    return integer and enclosure.exponent == 0 and enclosure.lower == value == enclosure.upper


def holds(claimed: Enclosure, tight: Enclosure) -> str:
    """The reason for a confirmation where ``claimed`` contains ``tight``. Raises `NotConfirmed`."""
    from certify.certificates.checker.theorem import covers

    require(covers(claimed.to_json(), tight), "it does not hold the value derived from the witness")
    return "derived again from the witness"
