"""Is the matrix positive definite? Bounds first, then exact arithmetic where they cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers
from certify.spectrum.bounds import rayleigh
from certify.spectrum.decomposition import all_eigenvalues
from certify.spectrum.extremes import Extreme
from certify.spectrum.functionals import (
    condition_number,
    log_determinant,
    log_determinant_by_factor,
    trace_of_inverse,
)
from certify.spectrum.obstruction import (
    MAX_EXACT,
    Direction,
    exact_direction,
    exact_null_dimension,
    negative_in_balls,
    positive_in_balls,
)

#: Up to this many rows all eigenvalues are enclosed: about a second.
ALL_EIGENVALUES = 1000


@dataclass
class Findings:
    """What is known of the matrix so far.

    Attributes
    ----------
    exact :
        What refutes definiteness by exact arithmetic, as a clause; None where nothing does.
    identical :
        Whether that is two identical rows.
    null_dimension :
        Dimension of the null space where it is known exactly.
    more :
        Bounds of functionals of the spectrum.
    """

    lambda_min: Enclosure
    lambda_max: Enclosure
    witness: dict[str, Any]
    method: str
    verdict: Verdict = Verdict.UNDECIDED
    reason: str = "λ_min > 0 could neither be proved nor refuted"
    exact: str | None = None
    identical: bool = False
    null_dimension: int | None = None
    more: dict[str, Enclosure] | None = None


def decide(values: Floats, A: SymmetricEnclosure, bottom: Extreme, top: Extreme, pool: Workers) -> Findings:
    """The verdict on ``(values + valuesᵀ)/2``, of which ``A`` is an enclosure with the extreme eigenvalues given.

    Algorithm
    ---------
    1. ``λ_min > 0`` by `smallest`: proved. 2. Two rows that refute it exactly, or a Rayleigh quotient below 0: refuted.
    3. Up to `MAX_EXACT` rows: rank by rational elimination, a negative direction in rational arithmetic, ball
    arithmetic. 4. Otherwise undecided.
    """
    witness = {"lambda_min": bottom.witness(), "lambda_max": top.witness()}
    found = Findings(bottom.enclosure, top.enclosure, witness, "Cholesky factor with bounded defect; Rayleigh quotient")
    low, high = bottom.enclosure.lower, bottom.enclosure.upper
    if low is not None and low > 0:
        found.verdict, found.reason = Verdict.PROVED, "λ_min > 0 is proved"
        return found
    direction = exact_direction(values)
    if direction is not None:
        _refute_exactly(found, direction)
    elif high is not None and high < 0:
        quotient = rayleigh(A, bottom.vector, pool)
        found.verdict, found.method = Verdict.REFUTED, "Rayleigh quotient of a vector, bounded rigorously"
        found.reason = "there is a verified negative direction: a vector whose quadratic form is negative"
        if quotient[1] < 0:
            sharp = Enclosure.scaled(*quotient, A.exponent).to_json()
            witness["direction"] = {"rows": None, "entries": bottom.vector.tolist(), "quotient": sharp}
    elif len(values) <= MAX_EXACT:
        _decide_exactly(values, found)
    return found


def _refute_exactly(found: Findings, direction: Direction) -> None:
    found.verdict, found.exact = Verdict.REFUTED, direction.why
    found.identical = direction.null and len(direction.rows) > 1
    found.reason = f"not positive definite, exactly: {direction.why}"
    found.method = "exact arithmetic on two rows"
    found.lambda_min = _at_most_zero(found.lambda_min)
    found.witness["direction"] = {
        "rows": list(direction.rows),
        "entries": list(direction.entries),
        "null_vector": direction.null,
    }


def _decide_exactly(values: Floats, found: Findings) -> None:
    """Rational elimination and ball arithmetic, where float64 cannot tell."""
    null = exact_null_dimension(values)
    if null:
        found.verdict, found.method, found.null_dimension = Verdict.REFUTED, "rank in rational arithmetic", null
        found.exact = f"the null space has dimension {null}"
        found.reason = f"the matrix is singular, exactly: its null space has dimension {null}"
        found.lambda_min = _at_most_zero(found.lambda_min)
        return
    x = negative_in_balls(values)
    if x is not None:
        found.verdict, found.method = Verdict.REFUTED, "quadratic form of a vector, in rational arithmetic"
        found.reason = "there is a verified negative direction: a vector whose quadratic form is negative"
        found.lambda_min = _at_most_zero(found.lambda_min)
        found.witness["direction"] = {"rows": None, "entries": x.tolist(), "null_vector": False}
        return
    positive = positive_in_balls(values)
    if positive is not None:
        found.verdict, found.method, found.lambda_min = Verdict.PROVED, "ball arithmetic (Arb)", positive
        found.reason = "λ_min > 0 is proved"


def functionals(A: SymmetricEnclosure, found: Findings, pool: Workers) -> dict[str, Enclosure]:
    """``log det``, the trace of the inverse and the condition number; tighter ends of the spectrum on the way."""
    more: dict[str, Enclosure] = {}
    if A.n <= ALL_EIGENVALUES:
        spectrum = all_eigenvalues(A, pool)
        if spectrum.lower[0] > 0:
            found.lambda_min = _tighter(found.lambda_min, spectrum.enclosure(0))
            found.lambda_max = _tighter(found.lambda_max, spectrum.enclosure(-1))
            more["log_det"], more["trace_inverse"] = log_determinant(spectrum), trace_of_inverse(spectrum)
    if "log_det" not in more:
        low = found.lambda_min.lower or 0.0
        scaled = np.ldexp(low, found.lambda_min.exponent - A.exponent) * (1 - 2.0**-50)
        more["log_det"] = log_determinant_by_factor(A, float(scaled), pool) if scaled > 0 else Enclosure(None, None)
    more["condition"] = condition_number(found.lambda_min, found.lambda_max)
    return more


def _at_most_zero(enclosure: Enclosure) -> Enclosure:
    if enclosure.upper is not None and enclosure.upper < 0:
        return enclosure
    low = enclosure.lower
    return Enclosure(min(low, 0.0) if low is not None else None, 0.0, enclosure.exponent)


def _tighter(first: Enclosure, second: Enclosure) -> Enclosure:
    """Both hold; their common part, where they are written alike."""
    if first.exponent != second.exponent or None in (first.lower, first.upper, second.lower, second.upper):
        return first
    return Enclosure(max(first.lower, second.lower), min(first.upper, second.upper), first.exponent)  # type: ignore[type-var]
