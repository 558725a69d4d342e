"""The three outcomes of a claim. A verdict has no truth value: nobody can mistake it for one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NoReturn


class Verdict(StrEnum):
    """``proved``, ``refuted`` or ``undecided``; ``bool(verdict)`` raises `TypeError`."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has no truth value: compare it with Verdict.PROVED")


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Verdict of a conjunction: refuted if one member is, proved if all are, else undecided."""
    seen = list(verdicts)
    if any(v is Verdict.REFUTED for v in seen):
        return Verdict.REFUTED
    return Verdict.PROVED if all(v is Verdict.PROVED for v in seen) else Verdict.UNDECIDED


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Verdict of a disjunction: proved if one member is, refuted if all are, else undecided."""
    seen = list(verdicts)
    if any(v is Verdict.PROVED for v in seen):
        return Verdict.PROVED
    return Verdict.REFUTED if all(v is Verdict.REFUTED for v in seen) else Verdict.UNDECIDED
