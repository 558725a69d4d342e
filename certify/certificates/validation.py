"""The shipped JSON Schema and the one sentence that says where a document departs from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from certify.certificates.canonical import NotCanonical

_COUNTS = ("required_width", "every_width_from", "steps_to_fraction")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the format ``certify/1``, a fresh copy."""
    text = files("certify.certificates").joinpath("schema", "certify-1.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def _validator() -> Any:
    # Imported here: building a validator costs more than most commands that never read a certificate.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def check_document(document: Mapping[str, Any]) -> None:
    """Raise `NotCanonical`, with a one-line message, unless the plain JSON document obeys the schema.

    Beyond what JSON Schema can say: counts are integers (``2.0`` is an integer to JSON Schema), ends
    are in order, theorem ids do not repeat.
    """
    from jsonschema.exceptions import best_match

    try:
        error = best_match(_validator().iter_errors(document))
    except ValueError:  # the message of an error cannot hold an integer beyond Python's 4300 digits
        raise NotCanonical("a number is outside the range the schema allows") from None
    if error is not None:
        text = " ".join(error.message.split())
        raise NotCanonical(f"{_place(error.absolute_path)}{text if len(text) <= 160 else text[:157] + '...'}")
    _check_counts(document)
    _check_order(document["bounds"], "bounds")
    seen: set[str] = set()
    for index, theorem in enumerate(document["theorems"]):
        _check_order(theorem["constants"], f"theorems[{index}].constants")
        for number, hypothesis in enumerate(theorem["hypotheses"]):
            found = {k: v for k, v in hypothesis.items() if isinstance(v, Mapping) and k in _QUANTITIES}
            _check_order(found, f"theorems[{index}].hypotheses[{number}]")
        if theorem["id"] in seen:
            raise NotCanonical(f"theorems[{index}].id: {theorem['id']!r} occurs twice")
        seen.add(theorem["id"])


_QUANTITIES = ("interval", "bound", "margin")


def _place(path: Any) -> str:
    place = ""
    for step in path:
        name = step if isinstance(step, int) or step.isidentifier() else ascii(step)[:60]
        place += f"[{name}]" if name != step or isinstance(step, int) else f".{name}" if place else str(name)
    return f"{place}: " if place else ""


def _check_counts(document: Mapping[str, Any]) -> None:
    counts: list[tuple[str, Any]] = []
    if document["data"] is not None:
        counts += [(f"data.{name}", document["data"][name]) for name in ("n", "d")]
    for place, holder in [("", document["kernel"])] + [
        (f"theorems[{i}].", t.get("kernel")) for i, t in enumerate(document["theorems"])
    ]:
        if holder is not None:
            counts.append((f"{place}kernel.depth", holder["depth"]))
    for index, theorem in enumerate(document["theorems"]):
        counts.append((f"theorems[{index}].edition", theorem["edition"]))
        for name in _COUNTS:
            ends = theorem["constants"].get(name, {})
            counts += [(f"theorems[{index}].constants.{name}.{end}", value) for end, value in ends.items()]
    for place, value in counts:
        if isinstance(value, float):
            raise NotCanonical(f"{place}: {value!r} is a float, a count is an integer")


def _check_order(enclosures: Mapping[str, Any], place: str) -> None:
    for name, ends in enclosures.items():
        lower, upper = ends["lower"], ends["upper"]
        if lower is not None and upper is not None and lower > upper:
            raise NotCanonical(f"{place}.{name}: the lower end is greater than the upper end")
        if isinstance(ends.get("exponent", 0), float):
            raise NotCanonical(f"{place}.{name}.exponent: a float, an exponent is an integer")
