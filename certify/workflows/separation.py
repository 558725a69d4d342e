"""λ_min bounded below from the separation of the rows alone: closed form, beside the computed bound."""

from __future__ import annotations

from typing import Any

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.theorems.given import decide_given
from certify.theorems.result import TheoremResult
from certify.theorems.statements import GIVEN
from certify.workflows.measure import Measurements

ID = "lambda_min.separation"
BOUND = "lambda_min_by_separation"
"""Its name in a certificate's ``bounds``; the numbers it rests on are ``witness.separation``."""


def by_separation(measured: Measurements, activation: str) -> TheoremResult | None:
    """The theorem at this data set's numbers; None for an activation it does not speak of."""
    for theorem in GIVEN[ID]:
        if theorem.variant == activation:
            found = measured.separation
            values = {
                "n": measured.data.n,
                "sine_squared": found.sine_squared,
                "least_norm_squared": found.least_norm_squared,
            }
            return decide_given(theorem, values, word=False)
    return None


def separation_bound(measured: Measurements, activation: str) -> tuple[dict[str, Enclosure], dict[str, Any]]:
    """Members for a certificate's ``bounds`` and ``witness``; empty where there is no positive bound."""
    result = by_separation(measured, activation)
    if result is None or result.verdict is not Verdict.PROVED:
        return {}, {}
    bound = result.constants["lambda_min_bound"]
    if bound.exponent:  # beyond float64: a smooth kernel on close rows; true, and of no use
        return {}, {}
    rows = measured.separation.rows
    numbers = {**result.witness["values"], **result.witness["parameters"]}
    return (
        {BOUND: Enclosure(bound.lower, None)},
        {"separation": {**numbers, "rows": None if rows is None else list(rows)}},
    )
