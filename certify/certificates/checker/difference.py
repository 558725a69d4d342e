"""What changed between two certificates, in the words of somebody who watches a data set over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certify.arithmetic.enclosure import Enclosure
from certify.certificates.canonical import canonical_text, integer_text, thaw
from certify.certificates.document import Certificate, TheoremEntry


@dataclass(frozen=True)
class Change:
    """One place of the documents with its two values; None where a certificate does not have it."""

    place: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Difference:
    """The changes in claims, data first. ``same`` if there are none: the claims are then equal to the bit."""

    changes: tuple[Change, ...]

    @property
    def same(self) -> bool:
        """Are the claims the same?"""
        return not self.changes

    def to_json(self) -> dict[str, Any]:
        """A plain JSON document."""
        return {
            "same": self.same,
            "changes": [
                {"place": c.place, "before": _printable(c.before), "after": _printable(c.after)} for c in self.changes
            ],
        }

    def lines(self) -> list[str]:
        """One line a change, for people."""
        return [f"{c.place}: {_shown(c.before)} → {_shown(c.after)}" for c in self.changes]


def difference(before: Certificate, after: Certificate) -> Difference:
    """What changed from one certificate to another; ``created`` and ``environment`` are no claims.

    Witnesses are compared last and as a whole: they change whenever a bound does.
    """
    if before.claims_sha256 == after.claims_sha256:
        return Difference(())
    changes: list[Change] = []

    def compare(place: str, old: Any, new: Any) -> None:
        old, new = _json(old), _json(new)
        if canonical_text(old) != canonical_text(new):  # 2 and 2.0 are different values of the format
            changes.append(Change(place, old, new))

    for name in ("kind", "claim", "verdict"):
        compare(name, getattr(before, name), getattr(after, name))
    for name in ("data", "kernel"):
        _members(name, getattr(before, name) or {}, getattr(after, name) or {}, compare)
    for name in ("request", "network"):
        _members(name, _extra(before, name), _extra(after, name), compare)
    compare("run.steps", *(_extra(certificate, "run").get("steps") for certificate in (before, after)))
    _members("bounds", before.bounds, after.bounds, compare)
    _members("definite", before.definite or {}, after.definite or {}, compare)
    old, new = _entries(before), _entries(after)
    for identifier in dict.fromkeys([*old, *new]):
        place = f"theorems.{identifier}"
        if identifier not in old or identifier not in new:
            compare(place, _verdict(old.get(identifier)), _verdict(new.get(identifier)))
            continue
        first, second = old[identifier], new[identifier]
        for name in ("edition", "verdict", "claim"):
            compare(f"{place}.{name}", getattr(first, name), getattr(second, name))
        _members(f"{place}.constants", first.constants, second.constants, compare)
        _members(place, _rest(first), _rest(second), compare)
    compare("assumed", before.assumed, after.assumed)
    if _json(before.witness) != _json(after.witness) or _witnesses(old) != _witnesses(new):
        changes.append(Change("witness", "recorded", "recorded differently"))
    if not changes:
        changes.append(Change("document", before.claims_sha256, after.claims_sha256))
    return Difference(tuple(changes))


def _extra(certificate: Certificate, name: str) -> Mapping[str, Any]:
    found = certificate.extra.get(name)
    return found if isinstance(found, Mapping) else {}


def _entries(certificate: Certificate) -> dict[str, TheoremEntry]:
    return {entry.id: entry for entry in certificate.theorems if isinstance(entry, TheoremEntry)}


def _verdict(entry: TheoremEntry | None) -> Any:
    return None if entry is None else str(entry.verdict)


def _witnesses(entries: Mapping[str, TheoremEntry]) -> list[Any]:
    return [_json(entry.witness) for entry in entries.values()]


def _rest(entry: TheoremEntry) -> dict[str, Any]:
    elsewhere = ("edition", "verdict", "claim", "constants", "witness")
    return {name: value for name, value in entry.to_json().items() if name not in elsewhere}


def _members(place: str, old: Mapping[str, Any], new: Mapping[str, Any], compare: Any) -> None:
    for name in dict.fromkeys([*old, *new]):
        compare(f"{place}.{name}", old.get(name), new.get(name))


def _json(value: Any) -> Any:
    if isinstance(value, Enclosure):
        return value.to_json()
    value = thaw(value)
    return str(value) if isinstance(value, str) else value


def _printable(value: Any) -> Any:
    """The value, integers that Python's JSON writer refuses as their digits."""
    if isinstance(value, dict):
        return {key: _printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return integer_text(value) if isinstance(value, int) and value.bit_length() > 12_000 else value


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    if isinstance(value, dict) and {"lower", "upper"} <= set(value):
        low, high = (_shown(value[end]) for end in ("lower", "upper"))
        scale = f"·2^{value['exponent']}" if value.get("exponent") else ""
        return f"{low}{scale}" if low == high else f"[{low}, {high}]{scale}"
    if isinstance(value, int) and not isinstance(value, bool):
        return integer_text(value)
    text = value if isinstance(value, str) else canonical_text(value)
    text = " ".join(text.split())
    return text if len(text) <= 100 else f"{text[:97]}..."
