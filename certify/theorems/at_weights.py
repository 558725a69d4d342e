"""One question to the theorem about weights at hand: does gradient descent from here converge, how fast?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from certify.arithmetic.balls import precision, upper_float
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.symbolic.evaluate import evaluate
from certify.theorems.bibliography import cited
from certify.theorems.request import STANDARD_FRACTION, Real
from certify.theorems.result import TheoremResult, relations
from certify.theorems.statements import AT_WEIGHTS, GIVEN, Theorem, Verification, constants, steps_to_fraction, verify
from certify.theorems.statements.evaluation import BITS, Number, environment
from certify.theorems.statements.model import Role
from certify.theorems.statements.witness import written

PLSTAR_GD = AT_WEIGHTS["plstar.gd"][0]
#: For steps beyond 1/S.
PLSTAR_LONG = AT_WEIGHTS["plstar.gd"][2]
RELU_GD = GIVEN["relu.gd"][0]
#: Constants that are facts about the weights, whether or not the theorem speaks: the first ones if ``σ0 > 0``.
_OF_SIGMA = ("h", "sigma_squared", "loss_threshold", "kernel_change")
_FACTS = ("beta", "residual", "jacobian_norm_squared")


@dataclass(frozen=True)
class AtWeights:
    """What is known at the centre: the theorem's quantities, as exact floats from their proper sides.

    ``ball`` is the R for which ``beta`` and ``jacobian_norm_squared`` hold on ``B(centre, distance + R)``.
    """

    sigma_squared: Real
    residual: Real
    beta: Real
    jacobian_norm_squared: Real
    ball: Real
    distance: Real = 0

    def values(self) -> dict[str, Number]:
        """Quantity name → number."""
        names = ("sigma_squared", "residual", "beta", "jacobian_norm_squared", "distance", "ball")
        return {name: getattr(self, name) for name in names}

    def theorem(self, step_size: Real | None) -> Theorem:
        """The statement that may speak at this step."""
        return variant_for(self, step_size)

    def largest_step(self) -> float:
        """The largest float64 step size that the leading variant admits."""
        return largest_step(self.jacobian_norm_squared)


@dataclass(frozen=True)
class ReluAtWeights:
    """What is known of a two-layer ReLU network: the quantities of `relu.gd`, as exact floats from their proper sides.

    ``kernel_change`` holds for the action ``tau``.
    """

    sigma_squared: Real
    residual: Real
    jacobian_norm_squared: Real
    kernel_norm: Real
    action: Real
    kernel_change: Real
    tau: Real
    distance: Real = 0

    def values(self) -> dict[str, Number]:
        """Quantity name → number."""
        return {q.name: getattr(self, q.name) for q in RELU_GD.quantities if q.name != "eta"}

    def theorem(self, step_size: Real | None) -> Theorem:
        """`relu.gd`, whatever the step."""
        return RELU_GD

    def largest_step(self) -> float:
        """The largest float64 step size that the theorem admits."""
        return largest_step(self.kernel_norm)


def largest_step(jacobian_norm_squared: Real) -> float:
    """The largest float64 η with ``η·S ≤ 1``, exactly."""
    bound = 1 / Fraction(jacobian_norm_squared)
    step = float(bound)
    return step if Fraction(step) <= bound else math.nextafter(step, 0.0)


def step_limit(known: AtWeights) -> Fraction:
    """``2/S``: at this step and beyond it no variant can speak."""
    return 2 / Fraction(known.jacobian_norm_squared)


def variant_for(known: AtWeights, step_size: Real | None) -> Theorem:
    """The variant that may speak at this step: ``linear`` up to 1/S, ``long-step`` beyond."""
    long = step_size is not None and Fraction(step_size) * Fraction(known.jacobian_norm_squared) > 1
    return PLSTAR_LONG if long else PLSTAR_GD


def radius_needed(known: AtWeights, step_size: Real | None = None) -> float | None:
    """A float ``≥ R*`` at these numbers, whatever ``ball`` is; None where Kantorovich's condition is not proved."""
    theorem = variant_for(known, step_size)
    values: dict[str, Number] = {**known.values(), **({} if step_size is None else {"eta": step_size})}
    only = frozenset({"positive", "kantorovich"} | ({"step-size"} if theorem is PLSTAR_LONG else set()))
    checked = verify(theorem, values, only)
    if checked.verdict is not Verdict.PROVED:
        return None
    (definition,) = [d for d in theorem.definitions if d.symbol.name == "R_star"]
    with precision(BITS):
        return upper_float(evaluate(definition.expression, environment(theorem, values)))


def assess_at_weights(
    known: AtWeights | ReluAtWeights,
    claim: str,
    step_size: Real | None = None,
    fraction: Real | None = None,
    target_loss: Fraction | None = None,
    width: int = 1,
) -> TheoremResult:
    """Evaluate `plstar.gd`: variant ``linear``, or ``long-step`` where the step is beyond 1/S; or `relu.gd`.

    Parameters
    ----------
    step_size :
        For the loss ½‖e‖², exact; None proposes the largest admissible one.
    fraction :
        Share of the loss at the start whose step count is wanted (10^-6 when None).
    target_loss :
        A value of ½‖e‖² whose step count is wanted.
    width :
        Recorded in the witness.
    """
    eta: Real = known.largest_step() if step_size is None else step_size
    values = {**known.values(), "eta": eta}
    theorem = known.theorem(eta)
    checked = verify(theorem, values)
    proved = checked.verdict is Verdict.PROVED
    found = constants(theorem, values)
    if not proved:
        positive = any(d.hypothesis.id == "positive" and d.decision.verdict is Verdict.PROVED for d in checked.decided)
        # the ε of `relu.gd`, and so its β, is known only for a positive λ0
        facts = _FACTS[1:] if theorem is RELU_GD else _FACTS
        found = {name: found[name] for name in ((*_OF_SIGMA, *_FACTS) if positive else facts) if name in found}
    share = STANDARD_FRACTION if fraction is None else Fraction(fraction)
    if proved:
        found["step_size"] = Enclosure.point(eta) if isinstance(eta, float) else _rational(Fraction(eta))
        found["largest_step_size"] = (
            _largest(theorem, values) if theorem is PLSTAR_LONG else Enclosure.point(known.largest_step())
        )
        wanted = {"steps_to_fraction": share}
        if target_loss is not None:
            initial = Fraction(known_residual(found)) ** 2 / 2
            wanted["steps_to_target_loss"] = min(Fraction(1), target_loss / initial) if initial else Fraction(1)
        for name, part in wanted.items():
            steps = steps_to_fraction(theorem, values, part)
            if steps is not None:
                found[name] = Enclosure.point(steps)
    reason, would_decide = _why_not(checked)
    return TheoremResult(
        id=theorem.id,
        edition=theorem.edition,
        claim=claim,
        verdict=Verdict.PROVED if proved else Verdict.UNDECIDED,
        kernel="",
        assumed=theorem.assumed,
        hypotheses=relations(checked),
        constants=found,
        conclusion=theorem.conclusion if proved else None,
        witness=_witness(theorem, values, width),
        would_decide=would_decide,
        reason=reason,
        label=theorem.label,
        source=cited(theorem.sources),
        fraction=float(share),
    )


def known_residual(found: Mapping[str, Enclosure]) -> float:
    """The upper end of the bound of ``‖e(0)‖``."""
    upper = found["residual"].upper
    assert isinstance(upper, float)
    return upper


def _rational(value: Fraction) -> Enclosure:
    if Fraction(float(value)) == value:
        return Enclosure.point(float(value))
    near = float(value)
    low = near if Fraction(near) <= value else math.nextafter(near, -math.inf)
    return Enclosure(low, math.nextafter(low, math.inf))


def _largest(theorem: Theorem, values: Mapping[str, Number]) -> Enclosure:
    """The open end of the admissible step sizes."""
    assert theorem.largest_step is not None
    with precision(BITS):
        return Enclosure.from_arb(evaluate(theorem.largest_step, environment(theorem, values)))


def _witness(theorem: Theorem, values: Mapping[str, Number], width: int) -> dict[str, Any]:
    known = {name: written(value) for name, value in values.items()}
    parameters = {name: known.pop(name) for name in sorted(theorem.names(Role.FREE))}
    return {"variant": theorem.variant, "values": known, "parameters": parameters, "width": width}


def _why_not(checked: Verification) -> tuple[str | None, tuple[str, ...]]:
    failing = checked.failing()
    if not failing:
        return None, ()
    # where h ≤ ½ fails there is no R*, and the ball is not the fault
    faults = [d for d in failing if d.hypothesis.id != "ball"] or list(failing)
    reason = "not proved: " + "; ".join(d.hypothesis.meaning for d in faults)
    return reason, tuple(dict.fromkeys(d.hypothesis.remedy for d in faults))
