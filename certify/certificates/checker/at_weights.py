"""The entry of ``plstar.gd``: each number it uses derived again at the weights, each constant from the statement."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.bounds import Bounds
from certify.certificates.checker.constants import ConstantCheck, holds, is_count
from certify.certificates.checker.facts import Facts
from certify.certificates.checker.lipschitz import lipschitz_on_ball
from certify.certificates.checker.reading import count, members, number
from certify.certificates.checker.report import NotCheckable, NotConfirmed, require
from certify.certificates.checker.spectral import decided, recorded_shift
from certify.certificates.checker.tangent import Tangent
from certify.certificates.checker.theorem import EntryCheck, Point
from certify.certificates.document import TheoremEntry
from certify.symbolic.evaluate import evaluate
from certify.theorems.statements import AT_WEIGHTS, Theorem, constants
from certify.theorems.statements.evaluation import environment
from certify.theorems.statements.model import Role

BITS = 256
#: The variants that claim linear convergence.
LINEAR = ("linear", "long-step")
#: Facts about the weights, which are recorded whether or not the theorem speaks; the first three where σ0 > 0.
FACTS = ("h", "sigma_squared", "loss_threshold", "beta", "residual", "jacobian_norm_squared")
#: ``L' = c·½‖e‖²``, c from the number of samples.
LOSSES: dict[str, Callable[[int], Fraction]] = {
    "half-sum": lambda n: Fraction(1),
    "sum": lambda n: Fraction(2),
    "mean": lambda n: Fraction(2, n),
}


@dataclass(frozen=True)
class Quartic:
    """``λ ≥ λ_max(G∘G − s ggᵀ)`` with its free parameter, as a witness records them."""

    s: Fraction
    top: Enclosure

    @classmethod
    def read(cls, recorded: Any) -> Quartic:
        """From ``{"s", "lambda_max"}``. Raises `NotConfirmed`, or `NotCheckable` where nothing is recorded."""
        if recorded is None:
            raise NotCheckable("nothing is recorded for the bound of q_X²")
        found = members(recorded, "witness.quartic")
        s = number(found.get("s"), "s")
        require(isinstance(s, float) and s >= 0, "s is not in [0, 1/d)")
        top = Enclosure.from_json(dict(members(found.get("lambda_max"), "lambda_max")))
        require(top.upper is not None and top.upper > 0, "no positive bound of λ_max(G∘G − s ggᵀ) is recorded")
        return cls(Fraction(s), top)

    def bound(self, facts: Facts) -> flint.arb:
        """``λ(1 + s/(1 − sd)) ≥ q_X²``, λ verified. Raises `NotConfirmed`, `NotCheckable`."""
        require(self.s * facts.data.d < 1, "s is not in [0, 1/d)")
        s, bound = float(self.s), self.top.upper_arb()
        decided(facts.at_most(f"quartic {s!r}", facts.quartic(s), bound), "λ_max(G∘G − s ggᵀ) is not below its bound")
        with precision(BITS):
            return bound * arb(1 + self.s / (1 - self.s * facts.data.d))


class AtWeightsEntry(EntryCheck):
    """The checks of an entry about given weights.

    Parameters
    ----------
    tangent :
        The network at the weights the theorem is centred at.
    witness, shown :
        The document's witness and bounds.
    claim :
        The sentence the entry must claim.
    start_is_centre :
        Whether descent starts at these weights: then any distance ≥ 0 will do. Else the distance is another claim.
    """

    statements: ClassVar[Mapping[str, tuple[Theorem, ...]]] = AT_WEIGHTS
    variants: ClassVar[tuple[str, ...]] = LINEAR
    #: The number whose inverse bounds the step size.
    norm: ClassVar[str] = "jacobian_norm_squared"

    def __init__(
        self,
        entry: TheoremEntry,
        tangent: Tangent,
        request: Mapping[str, Any],
        witness: Mapping[str, Any],
        shown: Mapping[str, Enclosure],
        claim: str,
        start_is_centre: bool = True,
    ) -> None:
        super().__init__(
            entry, Bounds(Facts(None, False, False), witness, tangent.activation), request, tangent.activation
        )
        self.tangent, self.asked, self.recorded, self.shown = tangent, request, witness, shown
        self.claim, self.start_is_centre = claim, start_is_centre

    def variant(self, name: object) -> Theorem:
        """See `EntryCheck.variant`."""
        if self.entry.id not in self.statements:
            raise NotCheckable(f"this checker knows no theorem {self.entry.id!r} about given weights")
        for theorem in self.statements[self.entry.id]:
            if theorem.variant == name and name in self.variants:
                found = theorem.edition
                require(self.entry.edition == found, f"edition {self.entry.edition} is recorded, it is {found}")
                return theorem
        raise NotConfirmed(f"the theorem has no variant {str(name)[:40]!r} of linear convergence")

    def point(self, part: str | None = None, shift: int = 0) -> Point:
        """See `EntryCheck.point`; there is no part but the numbers shown."""
        require(part is None, "the theorem has no least width")
        theorem = self.variant(self.witness.get("variant"))
        values = self._numbers(self.witness.get("values"), "values")
        free = self._numbers(self.witness.get("parameters"), "parameters")
        needed = set(theorem.names(Role.DATA, Role.REQUEST))
        require(set(values) == needed, "the values are not those the theorem needs")
        require(set(free) == set(theorem.names(Role.FREE)), "the parameters are not those the theorem has")
        return Point(theorem, {**values, **free, "m": count(self.witness.get("width"), "width")})

    def _statement(self) -> str:
        entry = self.entry
        theorem, proved = self.point().theorem, entry.verdict is Verdict.PROVED
        missing = [text for text in theorem.assumed if text not in entry.assumed]
        require(not missing, f"an assumption of the theorem is not listed: {missing[:1]}")
        require(entry.conclusion == (theorem.conclusion if proved else None), "the conclusion is not the theorem's")
        if entry.document.get("label") is not None:
            require(entry.document["label"] == theorem.label, "the label is not the theorem's")
        require(entry.document.get("kernel") is None, "an entry about given weights has no kernel of its own")
        require(entry.claim == self.claim, "its claim is not the sentence of this kind")
        eta, asked = Fraction(self.point().values["eta"]), self.asked.get("step_size")
        if asked is not None:
            require(
                eta == Fraction(number(asked, "step_size")) * self._loss(), "the step size is not the one asked for"
            )
        return f"edition {theorem.edition}, variant {theorem.variant}, of the declarative statement"

    def _loss(self) -> Fraction:
        return LOSSES[str(self.asked.get("loss"))](self.tangent.size)

    def _values(self) -> str:
        values, tangent = self.point().values, self.tangent
        require(values["m"] == tangent.network.widths[-1], "the width is not the network's")
        sigma, ball = Fraction(values["sigma_squared"]), Fraction(values["ball"])
        distance = Fraction(values["distance"])
        require(sigma >= 0 and ball >= 0 and distance >= 0, "a number that cannot be negative is")
        decided(self.smallest_at_least(arb(sigma)), "σ_c² ≤ λ_min(K) is not reached")
        with precision(BITS):
            require(bool(arb(Fraction(values["residual"])) >= tangent.norm(BITS)), "‖e‖ is not below the number used")
            beta = self._lipschitz(ball + distance)
            own = arb(Fraction(values["beta"]))
            if not own >= beta:
                fails = NotConfirmed if tangent.trained == "first" else NotCheckable
                raise fails(f"β: the checker's own bound is {float(beta.mid()):.6g}, above the number used")
            near = (self._largest().sqrt() + own * arb(ball + distance)) ** 2
            bound, S = near, arb(Fraction(values["jacobian_norm_squared"]))
            if not near <= S and tangent.trained == "first":
                bound = tangent.norm_squared_everywhere(self.norm_x_squared())
            require(bool(bound <= S), "‖J‖² on the ball is not below the number used")
        return "the numbers used are on the proper side of what the checker derives from data and weights"

    def smallest_at_least(self, bound: flint.arb) -> Verdict:
        """Is ``λ_min(K) ≥ bound``? ``K = JJᵀ`` is semidefinite."""
        if bound <= 0:
            return Verdict.PROVED
        hint = recorded_shift(self.recorded.get("lambda_min"))
        verdict = self.tangent.kernel().at_least(bound, hint)
        if verdict is Verdict.UNDECIDED:
            raise NotCheckable("not checkable at this bound by the float route")
        return verdict

    def _largest(self) -> flint.arb:
        """A verified bound of ``λ_max(K)``: the recorded one."""
        bound = self._upper("lambda_max")
        decided(self.tangent.kernel().at_most(bound), "λ_max(K) is not below the bound recorded")
        return bound

    def norm_x_squared(self) -> flint.arb:
        """A verified bound of ``‖X‖²``: the recorded one."""
        facts, bound = self.tangent.rows, self._upper("norm_x_squared")
        decided(facts.at_most("gram", facts.gram(), bound), "‖X‖² is not below the bound recorded")
        return bound

    def _upper(self, name: str) -> flint.arb:
        if name not in self.shown or self.shown[name].upper is None:
            raise NotCheckable(f"no bound of {name} is recorded")
        return self.shown[name].upper_arb()

    def _lipschitz(self, radius: Fraction) -> flint.arb:
        if self.tangent.trained == "first":
            return self.tangent.lipschitz(Quartic.read(self.recorded.get("quartic")).bound(self.tangent.rows))
        return lipschitz_on_ball(self.tangent, arb(radius))

    # --- constants

    def _constant(self, name: str) -> str:
        enclosure, point = self.entry.constants[name], self.point()
        theorem, values = point.theorem, point.values
        known = {c.name: c.expression for c in theorem.constants}
        if name in FACTS and name in known:
            if name in FACTS[:3]:
                positive = self.point().verified(frozenset({"positive"}))
                require(not positive.failing(), "σ0 > 0 is not proved")
            return holds(enclosure, constants(theorem, values)[name])
        if name == "loss":
            with precision(BITS):
                square = self.tangent.norm(BITS) ** 2 / 2
                inside = [enclosure.lower is None or square >= enclosure.lower_arb()]
                inside.append(enclosure.upper is None or square <= enclosure.upper_arb())
            require(all(map(bool, inside)), "½‖e‖² is not inside")
            return "½‖e‖² at the weights"
        for loss, factor in LOSSES.items():
            c = factor(self.tangent.size) if name.endswith(f"_for_{loss}_loss") else None
            if c is not None and name == f"loss_threshold_for_{loss}_loss":
                with precision(BITS):
                    value = evaluate(known["loss_threshold"], environment(theorem, values))
                    return holds(enclosure, Enclosure.from_arb(value * arb(c)))
            if c is not None and name == f"step_size_for_{loss}_loss":
                with precision(BITS):
                    return holds(enclosure, Enclosure.from_arb(arb(Fraction(values["eta"]) / c)))
        require(not self.verified().failing(), "the theorem's hypotheses are not proved at the recorded numbers")
        if name == "largest_step_size":
            return self._largest_step(point, enclosure)
        if name == "steps_to_target_loss":
            return self._to_target(point, enclosure)
        return ConstantCheck(self).derive(name, enclosure)

    def _largest_step(self, point: Point, enclosure: Enclosure) -> str:
        """The largest float64 step that the hypotheses allow; for longer steps, the open end of the steps allowed."""
        theorem = point.theorem
        assert theorem.largest_step is not None
        with precision(BITS):
            end = evaluate(theorem.largest_step, environment(theorem, point.values))
            if theorem.variant == "long-step":
                return holds(enclosure, Enclosure.from_arb(end))
            step = enclosure.lower
            require(isinstance(step, float) and step == enclosure.upper and enclosure.exponent == 0, "it is no float64")
            assert isinstance(step, float)
            exact = 1 / Fraction(point.values[self.norm])
            least = Fraction(step) <= exact < Fraction(math.nextafter(step, math.inf))
            require(least, "it is not the largest float64 step that the hypothesis allows")
        return "the largest float64 that the hypothesis of the step size allows"

    def _to_target(self, point: Point, enclosure: Enclosure) -> str:
        """The least k with ``q^k·E0²/2 ≤ target``: true for k, not for k − 1."""
        target = Fraction(number(self.asked.get("target_loss"), "target_loss")) / self._loss()
        require(target > 0, "the loss asked for is not positive")
        shown = self.entry.constants["residual"].upper
        require(isinstance(shown, float) and shown >= 0, "no bound of the residual is recorded")
        assert isinstance(shown, float)
        self._constant("residual")
        share = target / (Fraction(shown) ** 2 / 2) if shown else Fraction(1)
        if share >= 1:
            require(is_count(enclosure, 0), "the loss is below it from the start")
            return "no step is needed"
        return ConstantCheck(self).steps(point, enclosure, share)
