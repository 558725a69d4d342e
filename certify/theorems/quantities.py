"""From measured enclosures to the exact numbers a theorem is stated with: each from its proper side."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.theorems.statements.evaluation import Number
from certify.theorems.statements.model import Quantity, Role, Side, Theorem

Measured = Mapping[str, Enclosure | Verdict | int]

REMEDIES = {
    "norm_y": "the targets (--target COLUMN|FILE)",
    "lambda_min": "a lower bound of the kernel's smallest eigenvalue",
    "norm_x_squared": "an upper bound of λ_max(XXᵀ)",
    "gram_abs": "an upper bound of λ_max(|XXᵀ|)",
    "q_x_squared": "an upper bound of q_X²",
    "trace_gram": "an upper bound of tr(XXᵀ)",
    "n": "the number of samples",
    "outputs": "the targets (--target COLUMN|FILE)",
}


def numbers(theorem: Theorem, measured: Measured) -> dict[str, Number]:
    """Exact value of every data quantity of ``theorem`` that has been measured.

    λ_min enters by its lower end, norms by their upper ends, counts as they are. ``trace_gram`` may be
    absent: it is n for rows of norm 1, and never above ``min(n, d)·‖X‖²`` (XXᵀ has that many positive
    eigenvalues at most).
    """
    values: dict[str, Number] = {}
    for quantity in theorem.quantities:
        if quantity.role is not Role.DATA:
            continue
        value = _value(quantity, measured)
        if value is not None:
            values[quantity.name] = value
    if "trace_gram" in theorem.names() and "trace_gram" not in values:
        trace = _trace(measured)
        if trace is not None:
            values["trace_gram"] = trace
    return values


def missing(theorem: Theorem, values: Mapping[str, Number]) -> list[Quantity]:
    """The data quantities without a value."""
    return [q for q in theorem.quantities if q.role is Role.DATA and q.name not in values]


def remedy(quantity: Quantity) -> str:
    """What would supply the quantity."""
    return REMEDIES.get(quantity.source, quantity.meaning)


def exact_end(value: Enclosure | int, side: Side) -> Number | None:
    """The end of an enclosure on ``side``, as an exact number; ``None`` when unknown (or not exact)."""
    if not isinstance(value, Enclosure):
        return int(value)
    if side is Side.EXACT:
        return value.lower if value.lower == value.upper and value.exponent == 0 else None
    end = value.lower if side is Side.LOWER else value.upper
    if end is None or value.exponent == 0:
        return end
    return Fraction(end) * Fraction(2) ** value.exponent


def _value(quantity: Quantity, measured: Measured) -> Number | None:
    value = measured.get(quantity.source)
    if value is None or isinstance(value, Verdict):
        return None
    end = exact_end(value, quantity.side)
    if quantity.side is Side.EXACT and end is not None:
        return int(end)
    return end


def _trace(measured: Measured) -> Number | None:
    n, d, norm = measured.get("n"), measured.get("d"), measured.get("norm_x_squared")
    rows = None if n is None or isinstance(n, Verdict) else exact_end(n, Side.EXACT)
    if rows is not None and measured.get("unit_rows") is Verdict.PROVED:
        return rows
    columns = None if d is None or isinstance(d, Verdict) else exact_end(d, Side.EXACT)
    top = None if norm is None or isinstance(norm, Verdict) else exact_end(norm, Side.UPPER)
    if rows is None or top is None:
        return None
    return Fraction(top) * int(rows if columns is None else min(rows, columns))
