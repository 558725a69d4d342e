"""A theorem's entry: statement, numbers, hypotheses, constants and verdict, from its declarative object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.bounds import Bounds
from certify.certificates.checker.constants import ConstantCheck
from certify.certificates.checker.facts import family_of
from certify.certificates.checker.reading import Number, count, members, number
from certify.certificates.checker.report import Collector, NotCheckable, NotConfirmed, Status, require
from certify.certificates.checker.spectral import decided
from certify.certificates.document import TheoremEntry
from certify.errors import InputError
from certify.theorems.statements import VARIANTS, Theorem, Verification, verify
from certify.theorems.statements.model import Role

BROKEN = (InputError, KeyError, ValueError, TypeError, ArithmeticError)
"""What the evaluation of a theorem raises on numbers that are not of its kind."""


@dataclass(frozen=True)
class Point:
    """A variant of a theorem at exact numbers, width included where there is one."""

    theorem: Theorem
    values: dict[str, Number]

    def verified(self, only: frozenset[str] | None = None) -> Verification:
        """Every hypothesis decided. Raises `NotConfirmed` for numbers the theorem does not admit."""
        try:
            return verify(self.theorem, self.values, only)
        except BROKEN as fault:
            raise NotConfirmed(f"the numbers are not the theorem's: {' '.join(str(fault).split())[:120]}") from None


class EntryCheck:
    """The checks of one entry; ``request`` is the document's, ``activation`` that of the document's kernel."""

    def __init__(self, entry: TheoremEntry, bounds: Bounds, request: Mapping[str, Any], activation: str) -> None:
        self.entry, self.bounds, self.request, self.document_activation = entry, bounds, request, activation
        self.name = f"theorems.{entry.id}"
        self._verified: dict[tuple[str | None, int, frozenset[str] | None], Verification] = {}

    def check(self, collector: Collector) -> Status:
        """All claims of the entry; the outcome of its verdict is returned."""
        statuses = {
            part: collector.put(f"{self.name}.{part}", getattr(self, f"_{part}"))
            for part in ("statement", "values", "hypotheses")
        }
        for constant, enclosure in self.entry.constants.items():
            if enclosure.lower is not None or enclosure.upper is not None:
                collector.put(f"{self.name}.constants.{constant}", lambda c=constant: self._constant(c))  # type: ignore[misc]
        return collector.put(f"{self.name}.verdict", lambda: self._verdict(statuses))

    # --- what is needed by several

    @property
    def witness(self) -> Mapping[str, Any]:
        """The witness. Raises `NotCheckable` where there is none."""
        if self.entry.witness is None:
            raise NotCheckable("no witness is recorded")
        return self.entry.witness

    @property
    def activation(self) -> str:
        """The activation the entry speaks of: its own kernel's, else the document's."""
        kernel = self.entry.document.get("kernel")
        return self.document_activation if kernel is None else str(kernel["activation"])

    def variant(self, name: object) -> Theorem:
        """The variant of the entry's theorem, edition and activation. Raises for one that does not exist."""
        if self.entry.id not in VARIANTS:
            raise NotCheckable(f"this checker knows no theorem {self.entry.id!r}")
        for theorem in VARIANTS[self.entry.id]:
            if theorem.variant == name:
                recorded, found = self.entry.edition, theorem.edition
                require(recorded == found, f"edition {recorded} is recorded, the statement has {found}")
                family_of(self.activation)  # only texts of known kernels are read as activations
                try:
                    return theorem.of(self.activation)
                except (InputError, ValueError):
                    raise NotConfirmed(f"the theorem does not speak of {self.activation[:40]!r}") from None
        raise NotConfirmed(f"the theorem has no variant {str(name)[:40]!r}")

    def point(self, part: str | None = None, shift: int = 0) -> Point:
        """The numbers of the hypotheses shown, or of ``required_width`` and the like, ``shift`` widths further."""
        recorded = self.witness if part is None else members(self.witness.get(part), f"witness.{part}")
        theorem = self.variant(self.witness.get("variant"))
        if part is not None:
            shown, theorem = theorem, self.variant(recorded.get("variant"))
            require(
                theorem.initialisation == shown.initialisation and set(theorem.assumed) <= set(self.entry.assumed),
                "the variant rests on another initialisation, or on more, than the entry says",
            )
        values = self._numbers(self.witness.get("values"), "values")
        allowed = {*theorem.names(Role.DATA, Role.REQUEST), "eta"} | self._data_names()
        require(set(values) <= allowed, "the values hold names that are not the theorem's data or request")
        if "width" not in recorded:
            require(part is None and not recorded.get("parameters"), "no width is recorded")
            return Point(theorem, values)
        free = self._numbers(recorded.get("parameters"), "parameters")
        require(set(free) <= set(theorem.names(Role.FREE)), "the parameters hold names that are not free")
        require(not set(free) & set(values), "a number is both given and free")
        width = count(recorded["width"], "width") + shift * theorem.unit
        return Point(theorem, {**values, **free, "m": width})

    def verified(self, part: str | None = None, shift: int = 0, only: frozenset[str] | None = None) -> Verification:
        """The hypotheses decided at `point`, once."""
        key = (part, shift, only)
        if key not in self._verified:
            self._verified[key] = self.point(part, shift).verified(only)
        return self._verified[key]

    def _data_names(self) -> set[str]:
        # values are recorded for the variant shown; another variant of the theorem may need fewer of them
        return {name for theorem in VARIANTS[self.entry.id] for name in theorem.names(Role.DATA)}

    def _numbers(self, recorded: object, what: str) -> dict[str, Number]:
        return {name: number(value, f"{what}.{name}") for name, value in members(recorded, what).items()}

    # --- the parts

    def _statement(self) -> str:
        """Identity and wording: edition, variant, kernel, assumptions, conclusion, claim."""
        entry, document = self.entry, self.entry.document
        theorem = self.variant(self.witness.get("variant"))
        kernel = document.get("kernel")
        if kernel is not None:
            plain_kernel(kernel)
            same = kernel["normalized"] is self.bounds.facts.normalized and kernel["depth"] == 1 and not kernel["bias"]
            require(same, "its kernel is not that of these rows")
        own = theorem.initialisation != self.request.get("init")
        alternatives = {variant.initialisation for variant in VARIANTS[entry.id]}
        require(not own or len(alternatives) == 1, "its initialisation is not the one asked for")
        missing = [text for text in theorem.assumed if text not in entry.assumed]
        require(not missing, f"an assumption of the theorem is not listed: {missing[:1]}")
        proved = entry.verdict is Verdict.PROVED
        require(entry.conclusion == (theorem.conclusion if proved else None), "the conclusion is not the theorem's")
        if document.get("label") is not None:
            require(document["label"] == theorem.label, "the label is not the theorem's")
        require(entry.claim == self._sentence(theorem), "its claim is not the sentence its numbers give")
        return f"edition {theorem.edition}, variant {theorem.variant}, of the declarative statement"

    def _sentence(self, theorem: Theorem) -> str:
        width = self.request.get("width")
        method = "gradient flow" if theorem.largest_step is None else "gradient descent"
        if width is not None:
            return f"{method} converges linearly at width {count(width, 'the width asked about')}"
        if "required_width" not in self.witness:
            return "a finite width suffices"
        best = members(self.witness["required_width"], "required_width")
        return f"a finite width suffices: m = {count(best.get('width'), 'required_width')}"

    def _values(self) -> str:
        """Each number that stands for something of the data is on its proper side; the request's are the request's."""
        facts, theorem = self.bounds.facts, self.variant(self.witness.get("variant"))
        values = self._numbers(self.witness.get("values"), "values")
        require("delta" in values and 0 < values["delta"] < 1, "δ is not in (0, 1)")
        for name in ("delta", "alpha", "min_rate"):
            asked = self.request.get(name)
            require(values.get(name) == asked, f"{name} is {values.get(name)}, and {asked} is asked for")
        for name, value in values.items():
            exact = Fraction(value)
            if name == "n":
                require(value == facts.data.n, f"n is {value}, the data have {facts.data.n} rows")
            elif name == "lambda0":
                facts.offer(theorem.activations[0], self._spectrum().get("lambda_min"))
                verdict = facts.smallest_at_least(theorem.activations[0], arb(exact))
                decided(verdict, "λ0 ≤ λ_min(K∞) is not reached")
            elif name == "norm_x_squared":
                decided(facts.at_most("gram", facts.gram(), arb(exact)), "‖X‖² is not below the number used")
            elif name == "gram_abs":
                decided(
                    facts.at_most("modulus", facts.modulus(), arb(exact)), "λ_max(|G|) is not below the number used"
                )
            elif name == "q_x_squared":
                self._quartic(exact)
            elif name == "trace_gram":
                require(exact >= facts.trace(), "the trace is greater than the number used")
            elif name == "norm_y":
                one = "outputs" in theorem.names() or (facts.data.y is not None and facts.data.y.ndim == 1)
                require(facts.data.y is not None and one, "the theorem speaks of one target a row")
                require(exact >= 0 and exact**2 >= facts.data.norm_y_squared, "‖y‖ is greater than the number used")
            elif name == "outputs":
                y = facts.data.y
                require(y is not None and value == (1 if y.ndim == 1 else y.shape[1]), "another number of targets")
            elif name in theorem.names(Role.DATA):
                raise NotCheckable(f"this checker has no rule for the quantity {name!r}")
        return "the numbers used are on the proper side of what the checker derives from the data"

    def _quartic(self, claimed: Fraction) -> None:
        """``q_X² ≤ λ(1 + s/(1 − sd))`` for ``λ ≥ λ_max(G∘G − s ggᵀ)``, ``0 ≤ s < 1/d``."""
        facts = self.bounds.facts
        recorded = members(self.witness.get("quartic"), "witness.quartic")
        s = number(recorded.get("s"), "s")
        top = Enclosure.from_json(dict(members(recorded.get("lambda_max"), "lambda_max")))
        exact = Fraction(s)
        require(isinstance(s, float) and exact >= 0 and exact * facts.data.d < 1, "s is not in [0, 1/d)")
        require(top.upper is not None and top.upper > 0, "no positive bound of λ_max(G∘G − s ggᵀ) is recorded")
        name, bound = f"quartic {s!r}", top.upper_arb()
        decided(facts.at_most(name, facts.quartic(float(s)), bound), "λ_max(G∘G − s ggᵀ) is not below its bound")
        with precision(256):
            needed = bound * arb(1 + exact / (1 - exact * facts.data.d))
            require(bool(needed <= arb(claimed)), "q_X² is not below the number used")

    def _hypotheses(self) -> str:
        """Each hypothesis: there, in the theorem's words, its enclosures and verdict those of a second evaluation."""
        point, listed = self.point(), self.entry.hypotheses
        conditions, found = point.theorem.conditions, self.verified()
        expected = [(c.id, c.statement) for c in conditions]
        expected += [(d.hypothesis.id, f"{d.hypothesis.relation} ({d.hypothesis.meaning})") for d in found.decided]
        recorded = [(h.get("id"), h["statement"]) for h in listed]
        require(recorded == expected, "the hypotheses listed are not those of the theorem")
        for condition, hypothesis in zip(conditions, listed, strict=False):
            self._condition(condition.source, Verdict(hypothesis["verdict"]))
        for hypothesis, own in zip(listed[len(conditions) :], found.decided, strict=True):
            verdict, decision = Verdict(hypothesis["verdict"]), own.decision
            same = verdict in (decision.verdict, Verdict.UNDECIDED)
            require(same, f"{own.hypothesis.id}: {verdict} is recorded, {decision.verdict} is found")
            for member, tight in (("interval", decision.lhs), ("bound", decision.rhs), ("margin", decision.margin)):
                holds = covers(hypothesis.get(member), tight)
                require(holds, f"{own.hypothesis.id}: the {member} recorded does not hold the value")
        return f"{len(listed)} hypotheses evaluated again in ball arithmetic at the recorded numbers"

    def _condition(self, source: str, verdict: Verdict) -> None:
        if verdict is Verdict.UNDECIDED:
            return
        if source != "unit_rows":
            raise NotCheckable(f"this checker has no rule for the condition {source!r}")
        require(
            self.bounds.facts.unit_rows() == (verdict is Verdict.PROVED), "unit rows: the exact lengths say otherwise"
        )

    def _spectrum(self) -> Mapping[str, Any]:
        """The witness of the theorem's kernel: its own, or the document's."""
        recorded = self.witness.get("spectrum")
        return recorded if isinstance(recorded, Mapping) else self.bounds.witness

    def _constant(self, name: str) -> str:
        enclosure, theorem = self.entry.constants[name], self.variant(self.witness.get("variant"))
        if name == "lambda_min":
            ends = [end for end in ("lower", "upper") if getattr(enclosure, end) is not None]
            reasons = [self.bounds.smallest(theorem.activations[0], enclosure, end, self._spectrum()) for end in ends]
            return "; ".join(dict.fromkeys(reasons))
        return ConstantCheck(self).derive(name, enclosure)

    def _verdict(self, statuses: Mapping[str, Status]) -> str:
        verdict = self.entry.verdict
        if verdict is Verdict.UNDECIDED:
            return "undecided: claims nothing"
        require(verdict is Verdict.PROVED, "a theorem's sufficient conditions refute nothing")
        for part, status in statuses.items():
            if status is Status.NOT_CHECKABLE:
                raise NotCheckable(f"its {part} are not checkable")
            require(status is Status.CONFIRMED, f"its {part} are not confirmed")
        point = self.point()
        require("m" in point.values, "no width is recorded")
        failing = self.verified().failing()
        require(not failing, f"not proved: {', '.join(d.hypothesis.id for d in failing)}")
        if any(Verdict(h["verdict"]) is not Verdict.PROVED for h in self.entry.hypotheses):
            raise NotConfirmed("a hypothesis is recorded as not proved")
        asked = self.request.get("width")
        require(asked is None or asked == point.values["m"], "the width asked about is not the one proved")
        return "every hypothesis is proved at the recorded numbers"


def plain_kernel(kernel: Mapping[str, Any]) -> None:
    """Raise `NotCheckable` for a kernel described by more than this checker reads: it may be another kernel."""
    unknown = set(kernel) - {"activation", "depth", "bias", "normalized"}
    if unknown:
        raise NotCheckable(f"this checker does not know the kernel's member {min(unknown)[:40]!r}")


def covers(recorded: Any, tight: Enclosure) -> bool:
    """Does a recorded quantity (enclosure, number or null) claim no more than ``tight`` shows?"""
    if recorded is None:
        return True
    ends = dict(recorded) if isinstance(recorded, Mapping) else {"lower": recorded, "upper": recorded}
    claimed = Enclosure.from_json(ends)
    if claimed.lower is not None and (tight.lower is None or not claimed.lower_arb() <= tight.lower_arb()):
        return False
    return claimed.upper is None or (tight.upper is not None and bool(claimed.upper_arb() >= tight.upper_arb()))
