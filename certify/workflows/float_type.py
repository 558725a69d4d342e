"""Is it the kernel or the arithmetic? What rounding entries to a float type can do to the eigenvalues."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from certify.arithmetic.balls import WORKING_BITS, arb, precision, upper_float
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers
from certify.reports import numbers
from certify.spectrum.perron import perron_bound

#: Bits of the significand, and the exponent of the smallest positive number.
_TYPES = {"float16": (11, -24), "float32": (24, -149), "float64": (53, -1074)}


@dataclass(frozen=True)
class RoundingCost:
    """``shift``: rounding every entry once to ``dtype`` moves no eigenvalue further; with an upper end only."""

    dtype: str
    shift: Enclosure

    def to_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {"dtype": self.dtype, "unit_roundoff": 2.0 ** -_TYPES[self.dtype][0], "moves": self.shift.to_json()}

    def roundings(self, distance: Enclosure) -> float | None:
        """Lower bound of how many of these roundings a change of an eigenvalue by ``distance ≥ 0`` takes."""
        if distance.lower is None or distance.lower <= 0 or not self.shift.upper:
            return None
        with precision(WORKING_BITS):
            ratio = distance.lower_arb() / self.shift.upper_arb()
            return math.nextafter(min(float(ratio.lower().mid()), 1e300), 0.0)


def modulus_norm(A: SymmetricEnclosure, pool: Workers) -> Enclosure:
    """An upper bound of ``λ_max(|M| + Δ)``, the largest eigenvalue of the entrywise modulus."""
    return perron_bound(A, pool)


def rounding_cost(n: int, norm: Enclosure, dtype: str) -> RoundingCost:
    """The cost of ``dtype`` for a matrix of ``n`` rows with ``λ_max(|A|) ≤ norm.upper``.

    Notes
    -----
    Rounding to nearest errs by at most ``u|a|``, or below the normal range by half the smallest positive number ``s``:
    ``|A − fl(A)| ≤ u|A| + s/2`` entrywise, so ``‖A − fl(A)‖₂ ≤ u λ_max(|A|) + ns/2`` (Perron), and no eigenvalue moves
    further (Weyl). An entry beyond the type's range is not covered.
    """
    bits, smallest = _TYPES[dtype]
    with precision(WORKING_BITS):
        bound = norm.upper_arb() * arb(2) ** -bits + arb(n) * arb(2) ** (smallest - 1)
        found = Enclosure.from_arb(bound)
        if found.exponent:
            return RoundingCost(dtype, Enclosure(0.0, found.upper, found.exponent))
        return RoundingCost(dtype, Enclosure(0.0, upper_float(bound)))


def reading(verdict: Verdict, lambda_min: Enclosure, cost: RoundingCost, identical: bool) -> str:
    """One sentence for the reader: how the verdict compares with the roundings of the type the matrix came in."""
    name = cost.dtype
    if verdict is Verdict.PROVED:
        times = cost.roundings(lambda_min)
        if times is not None and times > 1:
            return f"λ_min is more than {_count(times)} times what rounding the entries to {name} can move it by"
        return f"λ_min is positive, yet smaller than what rounding the entries to {name} can move it by"
    if identical:
        return (
            f"if the inputs behind the identical rows differ, {name} did not keep them apart: that is the arithmetic; "
            "if they are equal, every kernel has them and is singular"
        )
    times = cost.roundings(_negated(lambda_min))
    if verdict is Verdict.REFUTED and times is not None and times >= 1:
        return (
            f"rounding each entry once to {name} cannot explain it: λ_min is at least {_count(times)} times further "
            "below 0 than that can move it, so look at how the kernel is computed, or at the kernel"
        )
    return (
        f"the arithmetic may be all of it: rounding each entry once to {name} can move λ_min this far; compute the "
        "kernel in a wider type and certify again"
    )


def _negated(value: Enclosure) -> Enclosure:
    low, high = value.lower, value.upper
    return Enclosure(None if high is None else -high, None if low is None else -low, value.exponent)


def _count(times: float) -> str:
    """Rounded down to two digits, so that "at least" stays true."""
    return numbers.decimal(times, 2, up=False)
