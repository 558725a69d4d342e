"""The claims in ``bounds`` and ``definite``: each finite end derived again from data and witness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.facts import Facts, family_of
from certify.certificates.checker.null_vector import require_null_vector
from certify.certificates.checker.problem import Problem
from certify.certificates.checker.report import Collector, NotCheckable, NotConfirmed, require
from certify.certificates.checker.separation import separation_end
from certify.certificates.checker.spectral import (
    condition_end,
    decided,
    plausible_shift,
    recorded_shift,
    recorded_vector,
)


class Bounds:
    """Checks the bounds of one certificate; the parts of its witness are looked up by the bound's name."""

    def __init__(self, facts: Facts, witness: Mapping[str, Any] | None, activation: str) -> None:
        self.facts, self.witness, self.activation = facts, witness or {}, activation
        facts.offer(activation, self.witness.get("lambda_min"))

    def check(self, bounds: Mapping[str, Enclosure], collector: Collector) -> None:
        """One claim for every finite end of every bound."""
        for name, enclosure in bounds.items():
            for end in ("lower", "upper"):
                if getattr(enclosure, end) is not None:
                    rule = getattr(self, f"_{name}", None) if name in RULES else None

                    def derive(
                        rule: Callable[[Enclosure, str], str] | None = rule,
                        enclosure: Enclosure = enclosure,
                        end: str = end,
                        name: str = name,
                    ) -> str:
                        if rule is None:
                            raise NotCheckable(f"this checker knows no bound named {name!r}")
                        if name == "condition":
                            return self._condition(bounds, end)
                        return rule(enclosure, end)

                    collector.put(f"bounds.{name}.{end}", derive)

    def _condition(self, bounds: Mapping[str, Enclosure], end: str) -> str:
        """``λ_max/λ_min`` from the ends of the two, each derived first."""
        for name, rule in (("lambda_min", self._lambda_min), ("lambda_max", self._lambda_max)):
            if name in bounds:
                for side in ("lower", "upper"):
                    rule(bounds[name], side)
        return condition_end(bounds, end)

    # Each rule: the claim of one end of one bound. It returns what it rests on, or raises.

    def _lambda_min(self, enclosure: Enclosure, end: str) -> str:
        return self.smallest(self.activation, enclosure, end, self.witness)

    def smallest(self, activation: str, enclosure: Enclosure, end: str, methods: Mapping[str, Any] | None) -> str:
        """An end of ``λ_min(K∞)`` for any activation; ``methods`` is the witness of that kernel's spectrum."""
        witness = (methods or {}).get("lambda_min")
        facts, null = self.facts, self.facts.null_dimension(activation)
        facts.offer(activation, witness)
        if end == "lower":
            bound = enclosure.lower_arb()
            if bound <= 0:
                return "K∞ = E[JJᵀ] is positive semidefinite"
            decided(facts.smallest_at_least(activation, bound, recorded_shift(witness)), "K∞ − bound·I is not definite")
            if not set(METHODS_BEYOND) & set(methods or {}) and facts.isolated(activation) is None:
                plausible_shift(witness, enclosure)
            return "K∞ − bound·I is positive definite"
        bound = enclosure.upper_arb()
        if null and bound >= 0:
            return "λ_min = 0: an exact null vector from rows of one direction"
        if bound >= facts.least_diagonal(activation):
            return "the least diagonal entry"
        found = facts.kernel(activation).quotient(recorded_vector(witness, facts.data.n, "lambda_min"))
        if found <= bound:
            return "Rayleigh quotient of the recorded vector"
        isolated = facts.isolated(activation)
        if isolated is not None and isolated.quotient <= bound:
            return "Rayleigh quotient of the recorded vector, with entries in balls"
        if not set(METHODS_BEYOND) & set(methods or {}):
            raise NotConfirmed("the Rayleigh quotient of the recorded vector is not below it")
        # found by a method that leaves no vector of the matrix itself: then by inertia, where that can be had
        balls = facts.in_balls(activation)
        if balls is None:
            raise NotCheckable("the method that found it leaves no vector, and there are too many rows for balls")
        verdict = facts.at_least("inertia", balls, bound)
        require(verdict is Verdict.REFUTED, "K∞ − bound·I is not shown to be indefinite")
        return "K∞ − bound·I is not positive definite"

    def _lambda_max(self, enclosure: Enclosure, end: str) -> str:
        facts = self.facts
        return self._greatest(facts.kernel(self.activation), f"kernel {self.activation}", enclosure, end, "lambda_max")

    def _norm_x_squared(self, enclosure: Enclosure, end: str) -> str:
        return self._greatest(self.facts.gram(), "gram", enclosure, end, "norm_x_squared")

    def _greatest(self, problem: Problem, name: str, enclosure: Enclosure, end: str, witness: str) -> str:
        if end == "upper":
            bound = enclosure.upper_arb()
            hint = recorded_shift(self.witness.get(witness))
            decided(self.facts.at_most(name, problem, bound, hint), "bound·I less the matrix is not definite")
            return "bound·I less the matrix is positive definite"
        given = self.witness.get(witness)
        if given is None and witness in SEARCHED:
            recorded, whose = problem.search_largest(), "a vector the checker found"
        else:
            recorded, whose = recorded_vector(given, problem.n, witness), "the recorded vector"
        require(
            bool(problem.quotient(recorded) >= enclosure.lower_arb()), f"the Rayleigh quotient of {whose} is below it"
        )
        return f"Rayleigh quotient of {whose}"

    def _gram_abs(self, enclosure: Enclosure, end: str) -> str:
        return self._greatest(self.facts.modulus(), "modulus", enclosure, end, "gram_abs")

    def _trace_gram(self, enclosure: Enclosure, end: str) -> str:
        trace = self.facts.trace()
        claimed = rational(enclosure, end)
        require(claimed <= trace if end == "lower" else claimed >= trace, "the exact sum is not inside")
        return "exact sum"

    def _lambda_min_by_separation(self, enclosure: Enclosure, end: str) -> str:
        return separation_end(self.facts, self.activation, self.witness, enclosure, end)

    def _norm_y(self, enclosure: Enclosure, end: str) -> str:
        claimed = rational(enclosure, end)
        if self.facts.data.y is None:
            raise NotConfirmed("the data have no targets")
        square = self.facts.data.norm_y_squared
        if end == "lower":
            require(claimed <= 0 or claimed**2 <= square, "the exact sum of squares is smaller")
        else:
            require(claimed >= 0 and claimed**2 >= square, "the exact sum of squares is greater")
        return "exact sum of squares"

    def definite(self, document: Mapping[str, Any], bounds: Mapping[str, Enclosure]) -> str:
        """The member ``definite``: verdict, null dimension, coinciding rows."""
        verdict = Verdict(document["verdict"])
        parallel, opposite = self.facts.data.classes()
        for name, found in (("parallel_rows", parallel), ("antiparallel_rows", opposite)):
            if name in document:
                require(_plain(document[name]) == found, f"{name} are not those of the data")
        null = self.facts.null_dimension(self.activation)
        if document.get("null_dimension") is not None:
            recorded = document["null_dimension"]
            require(type(recorded) is int and recorded == null, f"the null space has dimension {null}")
        if document.get("null_vector") is not None:
            family = family_of(self.activation)
            require_null_vector(self.facts.data, document["null_vector"], family, self.facts.normalized)
        if verdict is Verdict.UNDECIDED:
            return "claims nothing beyond the rows, which are decided exactly"
        if verdict is Verdict.REFUTED:
            require(null > 0, "no null vector follows from rows of one direction")
            return f"{null} exact null vectors from rows of one direction"
        low = bounds.get("lambda_min")
        if low is None or low.lower is None or low.lower <= 0:
            raise NotCheckable("no positive lower bound of λ_min is recorded")
        decided(self.facts.smallest_at_least(self.activation, low.lower_arb()), "definiteness is not reached")
        return "K∞ less a positive multiple of I is positive definite"


#: Bounds whose vector a certificate need not record: the checker finds one by itself.
SEARCHED = ("norm_x_squared", "gram_abs")
#: Methods that sharpen λ_min beyond the direct one, by their name in the witness.
METHODS_BEYOND = ("differences", "congruence", "balls")
RULES = (
    "lambda_min", "lambda_max", "norm_x_squared", "gram_abs", "trace_gram", "norm_y", "condition",
    "lambda_min_by_separation",
)  # fmt: skip


def rational(enclosure: Enclosure, end: str) -> Fraction:
    """An end as the exact rational. Raises `NotCheckable` where its exponent is astronomical."""
    if abs(enclosure.exponent) > 100_000:
        raise NotCheckable("its exponent is beyond exact rationals")
    return Fraction(getattr(enclosure, end)) * Fraction(2) ** enclosure.exponent


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
