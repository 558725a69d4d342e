"""Have coqc check a proof, and try again with a wider tolerance where only the tolerance was too small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from certify.certificates import write_atomically
from certify.coq.factor import LOSS
from certify.coq.library import Say
from certify.coq.run import CoqOutcome, run_coqc

Instance = TypeVar("Instance")

#: How often a claim is lowered, and by which factor its loss grows each time.
RETRIES, GROWTH = 3, 8.0
#: How Coq complains that a computation came out false: anything else is no matter of tolerance.
_COMPUTED = 'The term "eq_refl" has type'


def check_with_retries(
    build: Callable[[float | None], Instance],
    text: Callable[[Instance], str],
    path: Path,
    keep: Path | None = None,
    *,
    say: Say | None = None,
    first: Instance | None = None,
) -> tuple[Instance, CoqOutcome]:
    """Write the proof file of an instance and run coqc on it, up to `RETRIES` times again.

    Parameters
    ----------
    build :
        An instance whose claim gives up this relative loss (None: the default one).
    text :
        Its proof file.
    path :
        Where it is written; afterwards the file is the one that coqc saw last.
    first :
        The instance to begin with, if it is there already.

    Returns
    -------
    tuple
        The last instance, and what Coq said of it.
    """
    instance = build(None) if first is None else first
    loss = LOSS
    for attempt in range(RETRIES + 1):
        write_atomically(path, text(instance))
        outcome = run_coqc(path, keep, say=say)
        if outcome.accepted or attempt == RETRIES or _COMPUTED not in str(outcome.reason):
            break
        loss *= GROWTH
        if say:
            say(f"Coq's intervals do not reach this tolerance; the claim is lowered by {loss:.1g} of itself")
        instance = build(loss)
    return instance, outcome
