"""Why no smaller width: what fails at the next one below the certified width, with the same free parameters."""

from __future__ import annotations

from dataclasses import dataclass

from certify.certificates import TheoremEntry
from certify.errors import InputError
from certify.theorems.statements import VARIANTS, stored_values, verify

_BROKEN = (KeyError, TypeError, ValueError, ArithmeticError, InputError)


@dataclass(frozen=True)
class Below:
    """The next smaller admissible width, and the meanings of the hypotheses that are not proved there."""

    width: int
    fails: tuple[str, ...]


def below(entry: TheoremEntry, activation: str) -> Below | None:
    """From the entry's witness alone, decided anew; None where it records no least width, or nothing fails there.

    ``activation`` is that of the kernel the entry speaks of.
    """
    try:
        witness = entry.witness or {}
        recorded = witness["required_width"]
        (theorem,) = [t for t in VARIANTS[entry.id] if t.variant == recorded["variant"]]
        theorem = theorem.of(activation)
        values = stored_values(witness, "required_width")
        width = int(values["m"]) - theorem.unit
        if width < theorem.unit:
            return None
        failing = verify(theorem, {**values, "m": width}).failing()
    except _BROKEN:
        return None  # a report explains; it is the checker that judges witnesses
    return Below(width, tuple(d.hypothesis.meaning for d in failing)) if failing else None
