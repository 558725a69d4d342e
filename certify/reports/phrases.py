"""A certificate's texts and values as single printable lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from certify.reports import numbers

_LONG = 12


def clean(text: object) -> str:
    """One line of text: white space collapsed, control and formatting characters made visible."""
    line = " ".join(str(text).split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def optional(text: object) -> str | None:
    """The text as one line, or None where there is none."""
    return clean(text) if text else None


def sentences(assumed: Iterable[str | Mapping[str, Any]]) -> tuple[str, ...]:
    """The assumptions as lines, with their source in brackets."""
    lines = []
    for item in assumed:
        if isinstance(item, str):
            lines.append(clean(item))
        else:
            source = f" ({clean(item['source'])})" if item.get("source") else ""
            lines.append(clean(item.get("statement", "")) + source)
    return tuple(lines)


def settings(options: Mapping[str, Any] | None) -> str | None:
    """Options in one line; those that were left unset are not mentioned."""
    chosen = {name: value for name, value in (options or {}).items() if value is not None and value != ()}
    return compact(chosen) if chosen else None


def compact(value: object) -> str:
    """A value in one line; long arrays are named by their length, the certificate has them in full."""
    if isinstance(value, Mapping):
        return ", ".join(f"{clean(k)}: {compact(v)}" for k, v in value.items())
    if isinstance(value, (tuple, list)):
        if len(value) > _LONG:
            return f"[{len(value)} items, in the certificate]"
        return "[" + ", ".join(compact(v) for v in value) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return numbers.count(value)
    if isinstance(value, float):
        return float.__repr__(value).replace("e-0", "e-").replace("e+", "e")
    text = clean(value)
    return text if len(text) <= 160 else f"{text[:60]}… ({len(text)} characters, in the certificate)"
