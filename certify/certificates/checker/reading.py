"""Numbers and vectors of a witness, read with suspicion: what is not exactly a number is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from certify.certificates.checker.report import NotConfirmed

Number = int | float | Fraction

#: Integers beyond this many bits, or rationals with more digits, are no width and no parameter of ours.
MAX_BITS = 1 << 13
_RATIONAL = re.compile(r"-?[0-9]{1,2400}(/[0-9]{1,2400})?", re.ASCII)


def number(value: object, name: str) -> Number:
    """An int, a finite float, or the rational of a string ``"p/q"``.

    Raises
    ------
    NotConfirmed
        For anything else, booleans included.
    """
    if isinstance(value, bool):
        raise NotConfirmed(f"{name} is no number")
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise NotConfirmed(f"{name} has {value.bit_length()} bits, more than {MAX_BITS}")
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, str) and _RATIONAL.fullmatch(value):
        top, _, bottom = value.partition("/")
        if not bottom:
            return int(top)
        if int(bottom):
            return Fraction(int(top), int(bottom))
    raise NotConfirmed(f"{name} is no number")


def count(value: object, name: str) -> int:
    """A positive integer. Raises `NotConfirmed`."""
    found = number(value, name)
    if not isinstance(found, int) or found < 1:
        raise NotConfirmed(f"{name} is no positive integer")
    return found


def members(value: object, name: str) -> Mapping[str, Any]:
    """A JSON object. Raises `NotConfirmed`."""
    if not isinstance(value, Mapping):
        raise NotConfirmed(f"{name} is not recorded as an object")
    return value


def vector(value: object, length: int, name: str) -> list[float]:
    """A list of ``length`` finite floats, not all zero. Raises `NotConfirmed`."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise NotConfirmed(f"{name} is not recorded as a list")
    if len(value) != length:
        raise NotConfirmed(f"{name} has {len(value)} entries where {length} are needed")
    entries = []
    for entry in value:
        if isinstance(entry, bool) or not isinstance(entry, int | float) or not abs(entry) < 1e300:
            raise NotConfirmed(f"{name} has an entry that is no number of moderate size")
        entries.append(float(entry))
    if not any(entries):
        raise NotConfirmed(f"{name} is zero")
    return entries
