"""The answer of one theorem: verdict, hypotheses, constants, and the witness that re-proves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.theorems.statements.evaluation import Decided, Verification
from certify.theorems.statements.model import Condition


@dataclass(frozen=True)
class HypothesisResult:
    """One hypothesis at the numbers of the witness.

    ``interval`` encloses the left side, ``bound`` the right side, ``margin`` their difference, which is
    non-negative when the hypothesis holds. They are ``None`` for a hypothesis that is not a relation
    between numbers (unit rows) or lacks a value.
    """

    id: str
    statement: str
    interval: Enclosure | None
    bound: Enclosure | None
    margin: Enclosure | None
    verdict: Verdict

    @classmethod
    def of_condition(cls, condition: Condition, verdict: Verdict) -> HypothesisResult:
        """A condition that is no relation between numbers."""
        return cls(condition.id, condition.statement, None, None, None, verdict)

    @classmethod
    def of_relation(cls, decided: Decided) -> HypothesisResult:
        """A relation as it was decided."""
        hypothesis, decision = decided.hypothesis, decided.decision
        statement = f"{hypothesis.relation} ({hypothesis.meaning})"
        return cls(hypothesis.id, statement, decision.lhs, decision.rhs, decision.margin, decision.verdict)

    def to_json(self) -> dict[str, Any]:
        """The member of the certificate's ``hypotheses``."""
        return {
            "id": self.id,
            "statement": self.statement,
            "interval": None if self.interval is None else self.interval.to_json(),
            "bound": None if self.bound is None else self.bound.to_json(),
            "margin": None if self.margin is None else self.margin.to_json(),
            "verdict": str(self.verdict),
        }


def relations(checked: Verification) -> tuple[HypothesisResult, ...]:
    """All relations that were decided, in the theorem's order."""
    return tuple(map(HypothesisResult.of_relation, checked.decided))


@dataclass(frozen=True)
class TheoremResult:
    """What a theorem says about the data; ``constants`` hold only what is proved.

    ``witness`` has the exact numbers everything can be re-proved from: ``variant``, ``values`` (data and
    request), ``parameters`` (of the hypotheses shown) and, where a width was found, ``required_width`` and
    ``every_width_from`` (and ``every_width_from_at_largest_step``, where the least width is bought with
    a smaller step), each with its own variant and parameters. Numbers are ints, floats (exact), or
    strings of rationals. ``kernel`` is the activation whose kernel it speaks of. ``steps_to_fraction`` (flow:
    ``time_to_fraction``) is meant for the share ``fraction`` of the initial loss.
    """

    id: str
    edition: int
    claim: str
    verdict: Verdict
    kernel: str
    assumed: tuple[str, ...]
    hypotheses: tuple[HypothesisResult, ...]
    constants: dict[str, Enclosure] = field(default_factory=dict)
    conclusion: str | None = None
    witness: dict[str, Any] = field(default_factory=dict)
    would_decide: tuple[str, ...] = ()
    reason: str | None = None
    label: str | None = None
    source: str | None = None
    fraction: float | str | None = None

    def constant(self, name: str) -> Enclosure | None:
        """The enclosure of a constant, ``None`` if it was not established."""
        return self.constants.get(name)

    def to_json(self, kernel: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The member of the certificate's ``theorems``; ``kernel`` describes its kernel where the document's
        is another one.
        """
        own_kernel = {} if kernel is None else {"kernel": dict(kernel)}
        return {
            "id": self.id,
            "edition": self.edition,
            "claim": self.claim,
            "verdict": str(self.verdict),
            "reason": self.reason,
            "would_decide": list(self.would_decide),
            "label": self.label,
            "source": self.source,
            **own_kernel,
            "fraction": self.fraction,
            "assumed": list(self.assumed),
            "hypotheses": [h.to_json() for h in self.hypotheses],
            "constants": {name: value.to_json() for name, value in self.constants.items()},
            "conclusion": self.conclusion,
            "witness": self.witness,
        }
