"""From a theorem and numbers to verdicts and constants: the trusted half of every theorem claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict, all_of
from certify.errors import InputError
from certify.symbolic.decide import Decision, decide, enclosed
from certify.symbolic.evaluate import MissingValue, Value, evaluate
from certify.symbolic.library import activation_of
from certify.theorems.statements.model import Hypothesis, Role, Theorem

Number = int | float | Fraction
Values = Mapping[str, Number]
BITS = 512


@dataclass(frozen=True)
class Decided:
    """A hypothesis with its decision; ``missing`` names the value that was wanting, if one was."""

    hypothesis: Hypothesis
    decision: Decision
    missing: str = ""


@dataclass(frozen=True)
class Verification:
    """What was established at given numbers."""

    theorem: Theorem
    decided: tuple[Decided, ...]
    verdict: Verdict

    def failing(self) -> tuple[Decided, ...]:
        """The hypotheses that are not proved."""
        return tuple(d for d in self.decided if d.decision.verdict is not Verdict.PROVED)


def environment(theorem: Theorem, values: Values) -> dict[str, Value]:
    """Exact numbers, definitions and the activation's constants, ready for the evaluator."""
    known: dict[str, Value] = {d.symbol.name: d.expression for d in theorem.definitions}
    if theorem.names(Role.ACTIVATION):
        activation = activation_of(theorem.activations[0])
        bounds = {"B1": activation.slope_bound, "B2": activation.curvature_bound}
        if activation.odd:  # B0 is asked for where predictions are centred: of an odd φ alone
            bounds["B0"] = activation.value_bound
        known.update({name: bound for name, bound in bounds.items() if bound is not None})
    # the activation's constants are its own: no witness may bring others
    names = {q.name for q in theorem.quantities if q.role is not Role.ACTIVATION}
    known.update({name: value for name, value in values.items() if name in names})
    return known


def verify(theorem: Theorem, values: Values, only: frozenset[str] | None = None) -> Verification:
    """Decide every hypothesis of ``theorem`` at ``values`` (exact numbers), rigorously.

    Parameters
    ----------
    values:
        Quantity name → exact number. A quantity that is absent leaves the hypotheses that mention it
        undecided, an optional one leaves them out.
    only:
        Ids of the hypotheses to decide (all when ``None``); the verdict is then about those.

    Raises
    ------
    InputError
        When a count is not a positive integer, or the width is odd where neurons come in pairs.
    """
    _check_counts(theorem, values)
    optional = {q.name for q in theorem.quantities if q.optional and q.name not in values}
    known = environment(theorem, values)
    decided = []
    for hypothesis in theorem.hypotheses:
        if only is not None and hypothesis.id not in only:
            continue
        if optional & {symbol.name for symbol in hypothesis.relation.free_symbols}:
            continue
        try:
            decided.append(Decided(hypothesis, decide(hypothesis.relation, known)))
        except MissingValue as missing:
            decided.append(Decided(hypothesis, Decision.unknown(), missing.name))
    return Verification(theorem, tuple(decided), all_of(d.decision.verdict for d in decided))


def constants(theorem: Theorem, values: Values) -> dict[str, Enclosure]:
    """Enclosures of the theorem's constants, of its ``rate`` q and of ``contraction`` = 1 − q at ``values``.

    They mean what the theorem says only where `verify` has proved its hypotheses.
    """
    known = environment(theorem, values)
    with precision(BITS):
        found = {c.name: enclosed(evaluate(c.expression, known)) for c in theorem.constants}
        rate = evaluate(theorem.rate, known)
        # 1 − q has a positive float64 lower end where q itself rounds to 1
        found["rate"], found["contraction"] = enclosed(rate), enclosed(1 - rate)
        if "delta" in theorem.names():
            found["probability"] = enclosed(1 - arb(values["delta"]))
    return found


def steps_to_fraction(theorem: Theorem, values: Values, fraction: Fraction) -> int | None:
    """A number of steps k with ``q^k ≤ fraction`` proved (``None`` if ``q < 1`` is not); the least but for
    the width of the enclosure.

    For gradient flow the result is a time, rounded up to an integer.
    """
    known = environment(theorem, values)
    with precision(BITS):
        rate = evaluate(theorem.rate, known)
        if not rate < 1:
            return None
        if not rate > 0:
            # q = 0 exactly: one step; the sign of a ball around 0 is not decided
            return 1 if rate == 0 else None
        needed = (arb(fraction).log() / rate.log()).upper().ceil().unique_fmpz()
        return None if needed is None else max(0, int(needed))


def _check_counts(theorem: Theorem, values: Values) -> None:
    for name, meaning in (("n", "the number of samples"), ("m", "the width")):
        if name not in values:
            continue
        count = values[name]
        if not 1 <= count < float("inf") or count != int(count):
            raise InputError(f"{meaning} is {count}, not a positive integer", name)
        if name == "m" and int(count) % theorem.unit:
            raise InputError(
                f"the width {int(count)} is odd, and neurons are paired",
                "m",
                "an even width or --init independent",
            )
