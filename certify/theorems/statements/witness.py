"""Numbers as a certificate stores them, and the way back from a stored witness to a verification."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from certify.theorems.statements.evaluation import Number, Verification, verify
from certify.theorems.statements.model import Theorem


def written(value: Number) -> int | float | str:
    """A number as the witness stores it: ints and floats as they are, other rationals as ``"p/q"``."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
    return value


def read(value: int | float | str) -> Number:
    """Inverse of `written`. Raises `ValueError` for a string that is no rational."""
    return Fraction(value) if isinstance(value, str) else value


def stored_values(witness: Mapping[str, Any], part: str | None = None) -> dict[str, Number]:
    """The exact numbers of a witness, free parameters and width included.

    ``part`` is ``None`` for the hypotheses shown, ``"required_width"`` or ``"every_width_from"``.
    """
    chosen = witness if part is None else witness[part]
    values = {name: read(value) for name, value in {**witness["values"], **chosen["parameters"]}.items()}
    return {**values, "m": chosen["width"]}


def reverify(variants: tuple[Theorem, ...], witness: Mapping[str, Any], part: str | None = None) -> Verification:
    """Decide the hypotheses again at the numbers of a witness: nothing else of the result is used.

    Raises
    ------
    KeyError
        When the witness lacks a member, or names no variant of the theorem.
    """
    name = witness["variant"] if part is None else witness[part]["variant"]
    known = {theorem.variant: theorem for theorem in variants}
    return verify(known[name], stored_values(witness, part))
