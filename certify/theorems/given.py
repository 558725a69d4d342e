"""Theorems about numbers given by name: no width is searched for, the hypotheses are decided as they stand."""

from __future__ import annotations

from collections.abc import Mapping

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.errors import InputError
from certify.symbolic.evaluate import evaluate
from certify.theorems.bibliography import cited
from certify.theorems.request import STANDARD_FRACTION
from certify.theorems.result import TheoremResult, relations
from certify.theorems.search.given import DEFAULTS, PROPOSALS, propose
from certify.theorems.statements import Theorem, constants, steps_to_fraction, verify
from certify.theorems.statements.evaluation import BITS, Number, environment
from certify.theorems.statements.model import Role
from certify.theorems.statements.witness import written

COUNTS = ("steps_to_floor",)
FACTS = {"arora2019.generalization": ("indicator",)}


def decide_given(theorem: Theorem, values: Mapping[str, Number], word: bool = True) -> TheoremResult:
    """Decide ``theorem`` at exact numbers for its quantities; free parameters that are missing are proposed.

    Parameters
    ----------
    values:
        Quantity name → number. All are needed but the activation's own, δ (1/20), α (1), and the free parameters of
        theorems that propose their own.
    word:
        Whether the numbers are the caller's word, which is then listed as assumed.

    Raises
    ------
    InputError
        One line with all names that are needed, when one is missing or unknown.
    """
    names = [q.name for q in theorem.quantities if q.role is not Role.ACTIVATION]
    free = set(theorem.names(Role.FREE)) if theorem.id in PROPOSALS else set()
    optional = [name for name in names if name in free or name in DEFAULTS]
    needed = [name for name in names if name not in optional]
    listing = f"needed: {', '.join(needed)}" + (f"; optional: {', '.join(optional)}" if optional else "")
    for name in values:
        if name not in names:
            raise InputError(f"unknown name '{name}'", theorem.id, listing)
    absent = [name for name in needed if name not in values]
    if absent:
        raise InputError(f"no value for {', '.join(absent)}", theorem.id, listing)
    _check_ranges(theorem, values)
    full = propose(theorem, {**{k: v for k, v in DEFAULTS.items() if k in names}, **values})
    _check_step(theorem, full, given=word and "eta" in values)
    checked = verify(theorem, full)
    proved = checked.verdict is Verdict.PROVED
    asserted = (f"the values given bound what they are named after: {', '.join(sorted(values))}",) if word else ()
    return TheoremResult(
        id=theorem.id,
        edition=theorem.edition,
        claim="the hypotheses hold at the numbers given",
        verdict=checked.verdict,
        kernel=theorem.activations[0],
        assumed=(
            *theorem.assumed,
            *(f"{condition.statement} (by the caller's word)" for condition in theorem.conditions),
            *asserted,
        ),
        hypotheses=relations(checked),
        constants=_constants(theorem, full) if proved else _facts(theorem, full),
        conclusion=theorem.conclusion if proved else None,
        witness={
            "variant": theorem.variant,
            "values": {k: written(v) for k, v in full.items() if k not in free},
            **({"parameters": {k: written(full[k]) for k in sorted(free) if k in full}} if free else {}),
        },
        would_decide=() if proved else tuple(dict.fromkeys(d.hypothesis.remedy for d in checked.failing())),
        reason=None if proved else "not proved: " + "; ".join(d.hypothesis.meaning for d in checked.failing()),
        label=theorem.label,
        source=cited(theorem.sources),
        fraction=float(STANDARD_FRACTION) if free else None,
    )


def _facts(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Enclosure]:
    """Constants that mean what they say whether or not the theorem speaks."""
    names = FACTS.get(theorem.id, ())
    return {name: value for name, value in constants(theorem, values).items() if name in names} if names else {}


def _constants(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Enclosure]:
    found = dict(constants(theorem, values))
    for name in COUNTS:
        if name in found:
            upper = found[name].upper
            found[name] = Enclosure.point(int(upper)) if upper is not None else found[name]
    if theorem.id in PROPOSALS and "steps_to_floor" not in found:
        steps = steps_to_fraction(theorem, values, STANDARD_FRACTION)
        if steps is not None:
            found["time_to_fraction" if theorem.largest_step is None else "steps_to_fraction"] = Enclosure.point(steps)
    return found


def _check_step(theorem: Theorem, values: Mapping[str, Number], given: bool) -> None:
    """One line for a step size that no other number could make admissible."""
    if not given or theorem.id not in PROPOSALS or theorem.largest_step is None:
        return
    with precision(BITS):
        largest = evaluate(theorem.largest_step, environment(theorem, values))
        if largest.is_finite() and arb(values["eta"]) > largest:
            raise InputError(
                f"the step size {float(values['eta']):g} is beyond what the theorem allows",
                "eta",
                f"at most {float(largest.mid()):.6g}",
            )


def _check_ranges(theorem: Theorem, values: Mapping[str, Number]) -> None:
    """One line for numbers that are outside what they are named after."""
    for name, value in values.items():
        if name == "delta" and not 0 < value < 1:
            raise InputError(f"delta is {value}, not between 0 and 1", name, "give a probability such as 0.05")
        if name == "batch":
            if value != int(value) or value < 1:
                raise InputError(f"the batch is {value}, not a positive integer", name, "give a positive integer")
            if theorem.variant == "subset" and "n" in values and value > values["n"]:
                raise InputError(f"a batch of {value} of {values['n']} samples", name, "give at most n")
        if theorem.id in PROPOSALS and value < 0:
            raise InputError(f"{value} is negative", name, "give a bound that is not")
        if name == "eta" and theorem.id in PROPOSALS and value == 0:
            raise InputError("the step size is 0", name, "give a positive number")
