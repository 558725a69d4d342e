"""What claims about extreme eigenvalues have in common: their recorded vectors, shifts, and the condition number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.reading import members, number, vector
from certify.certificates.checker.report import NotCheckable, NotConfirmed, require

BITS = 256


def decided(verdict: Verdict, otherwise: str) -> None:
    """Raise unless proved, and say whether the contrary was proved."""
    if verdict is Verdict.REFUTED:
        raise NotConfirmed(f"{otherwise}: the contrary is proved")
    if verdict is not Verdict.PROVED:
        raise NotConfirmed(otherwise)


def recorded_vector(witness: Any, n: int, name: str) -> list[float]:
    """The vector of a witness. Raises `NotCheckable` where none is recorded, `NotConfirmed` where it is none."""
    if not isinstance(witness, Mapping) or witness.get("vector") is None:
        raise NotCheckable(f"no vector is recorded for {name}")
    return vector(witness["vector"], n, f"the vector of {name}")


def recorded_shift(witness: Any) -> flint.arb | None:
    """The shift of a witness in the matrix's own scale; None where there is none."""
    shift = witness.get("shift") if isinstance(witness, Mapping) else None
    if isinstance(shift, bool) or not isinstance(shift, int | float):
        return None
    power = witness.get("exponent", 0)
    usable = type(power) is int and abs(power) < 1 << 20
    return arb(number(shift, "shift")) * arb(2) ** power if usable else None


def plausible_shift(witness: Any, enclosure: Enclosure) -> None:
    """The recorded shift must be one from which the lower end can have come: above it, and below the upper end."""
    shift = recorded_shift(witness)
    if shift is None or enclosure.upper is None:
        return
    parts = [number(value, name) for name, value in members(witness.get("parts") or {}, "parts").items()]
    with precision(BITS):
        spread = sum((abs(arb(part)) for part in parts), arb(0)) * arb(2) ** int(witness.get("exponent", 0))
        require(bool(shift >= enclosure.lower_arb()), "the recorded shift is below the bound it is to give")
        top = enclosure.upper_arb() + 2 * spread
        require(bool(shift <= top), "the recorded shift is above what can be factorised")


def condition_end(bounds: Mapping[str, Enclosure], end: str) -> str:
    """An end of ``λ_max/λ_min`` from the ends of the two, which must have been confirmed."""
    condition = bounds["condition"]
    try:
        low, high = bounds["lambda_min"], bounds["lambda_max"]
        with precision(BITS):
            require(bool(low.lower_arb() > 0), "λ_min > 0 is not established")
            if end == "lower":
                reached = bool(high.lower_arb() / low.upper_arb() >= condition.lower_arb())
            else:
                reached = bool(high.upper_arb() / low.lower_arb() <= condition.upper_arb())
    except (KeyError, ValueError):
        raise NotConfirmed("the bounds of λ_min and λ_max it rests on are not there") from None
    require(reached, "the quotient of the ends is not inside")
    return "quotient of the ends of λ_max and λ_min"
