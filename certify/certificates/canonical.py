"""Canonical JSON: one text for one value, read back to the same bits, and nothing else accepted.

Members are sorted by code point and written without white space in UTF-8. A float is its shortest
decimal that reads back to the same bits and always shows a point or an exponent (``2.0``, ``1e-310``),
so that it stays a float; an integer is written exactly, whatever its size. NaN and infinities do
not exist in the format.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from numbers import Integral
from types import MappingProxyType
from typing import Any, NoReturn

import flint

MAX_DEPTH = 64
"""Deepest nesting of arrays and objects, at writing and at reading."""

# Python limits the conversion between int and decimal text to 4300 digits; FLINT does not, and is
# subquadratic. Below this size the built-in conversion is the faster one.
_BUILTIN_DIGITS = 4000

# A string (also an unterminated one, so that no suffix is scanned twice) or one bracket.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


class NotCanonical(ValueError):
    """A value the format cannot hold, or a text that is not the format; the message is one line."""


def integer_text(value: int) -> str:
    """The exact decimal digits of an integer of any size."""
    return str(value) if value.bit_length() < 3 * _BUILTIN_DIGITS else str(flint.fmpz(value))


def canonical_text(value: object) -> str:
    """The canonical JSON text of a value of mappings, sequences, strings, numbers, booleans, None.

    NumPy integers and float64 scalars are numbers here; anything else raises `NotCanonical`, as do
    NaN, infinities, lone surrogates, keys that are not strings and nesting beyond `MAX_DEPTH`.
    """
    parts: list[str] = []
    _write(value, parts, 0)
    return "".join(parts)


def _write(value: object, parts: list[str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH} levels")
    if value is None:
        parts.append("null")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif isinstance(value, str):
        parts.append(_string(value))
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise NotCanonical(f"{float(value)} is not a number of the format: write null")
        parts.append(float.__repr__(value))
    elif isinstance(value, Integral):
        parts.append(integer_text(int(value)))
    elif isinstance(value, Mapping):
        _write_object(value, parts, depth)
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        parts.append("[")
        for index, item in enumerate(value):
            if index:
                parts.append(",")
            _write(item, parts, depth + 1)
        parts.append("]")
    else:
        raise NotCanonical(f"a value of type {type(value).__name__} has no place in JSON")


def _write_object(value: Mapping[Any, Any], parts: list[str], depth: int) -> None:
    for key in value:
        if not isinstance(key, str):
            raise NotCanonical(f"the key {key!r} is not a string")
    parts.append("{")
    for index, key in enumerate(sorted(value)):
        if index:
            parts.append(",")
        parts.append(_string(key))
        parts.append(":")
        _write(value[key], parts, depth + 1)
    parts.append("}")


def _string(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical(f"the text {ascii(value)[:60]} is not valid Unicode") from None
    return json.dumps(str.__str__(value), ensure_ascii=False)


def parse_strictly(text: str) -> Any:
    """The value of a JSON text, refusing what two readers could understand differently.

    Refused, with `NotCanonical`: duplicate keys, NaN and Infinity, decimals outside float64's range
    (including non-zero ones that would read as 0), nesting beyond `MAX_DEPTH`.
    """
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_float,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise NotCanonical(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotCanonical(f"nested deeper than {MAX_DEPTH} levels")
        elif mark in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotCanonical(f"the key {ascii(key)[:60]} occurs twice in one object")
            seen.add(key)
    return members


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NotCanonical(f"the number {text[:40]} is outside float64's range")
    if value == 0.0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        raise NotCanonical(f"the number {text[:40]} is not 0 but would be read as 0")
    return value


def _integer(text: str) -> int:
    return int(text) if len(text) <= _BUILTIN_DIGITS else int(flint.fmpz(text))


def _no_constant(text: str) -> NoReturn:
    raise NotCanonical(f"{text} is not a number of the format")


def freeze(value: Any, depth: int = 0) -> Any:
    """An immutable copy of a JSON-able value: read-only mappings, tuples, plain Python scalars."""
    if depth > MAX_DEPTH:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item, depth + 1) for key, item in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return tuple(freeze(item, depth + 1) for item in value)
    raise NotCanonical(f"a value of type {type(value).__name__} has no place in JSON")


def thaw(value: Any) -> Any:
    """The plain dict-and-list copy of a value made by `freeze`."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [thaw(item) for item in value]
    return value
