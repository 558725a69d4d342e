"""Theorems whose every number is given by name: no width is searched for, the hypotheses are decided as they stand."""

from __future__ import annotations

from collections.abc import Mapping

from certify.arithmetic.verdict import Verdict
from certify.errors import InputError
from certify.theorems.result import HypothesisResult, TheoremResult
from certify.theorems.statements import Theorem, constants, verify
from certify.theorems.statements.evaluation import Number
from certify.theorems.statements.model import Role
from certify.theorems.statements.witness import written


def decide_given(theorem: Theorem, values: Mapping[str, Number]) -> TheoremResult:
    """Decide ``theorem`` at exact numbers for all of its quantities but the activation's own.

    Raises
    ------
    InputError
        One line with all names that are needed, when one is missing or unknown.
    """
    names = [q.name for q in theorem.quantities if q.role is not Role.ACTIVATION]
    listing = f"needed: {', '.join(names)}"
    for name in values:
        if name not in names:
            raise InputError(f"unknown name '{name}'", theorem.id, listing)
    absent = [name for name in names if name not in values]
    if absent:
        raise InputError(f"no value for {', '.join(absent)}", theorem.id, listing)
    checked = verify(theorem, values)
    proved = checked.verdict is Verdict.PROVED
    return TheoremResult(
        id=theorem.id,
        edition=theorem.edition,
        claim="the hypotheses hold at the numbers given",
        verdict=checked.verdict,
        kernel=theorem.activations[0],
        assumed=(
            *theorem.assumed,
            *(f"{condition.statement} (by the caller's word)" for condition in theorem.conditions),
            f"the values given bound what they are named after: {', '.join(sorted(values))}",
        ),
        hypotheses=tuple(
            HypothesisResult(
                d.hypothesis.id,
                f"{d.hypothesis.relation} ({d.hypothesis.meaning})",
                d.decision.lhs,
                d.decision.rhs,
                d.decision.margin,
                d.decision.verdict,
            )
            for d in checked.decided
        ),
        constants=dict(constants(theorem, values)) if proved else {},
        conclusion=theorem.conclusion if proved else None,
        witness={"variant": theorem.variant, "values": {k: written(v) for k, v in values.items()}},
        would_decide=() if proved else tuple(dict.fromkeys(d.hypothesis.remedy for d in checked.failing())),
        reason=None if proved else "not proved: " + "; ".join(d.hypothesis.meaning for d in checked.failing()),
        label=theorem.label,
    )
