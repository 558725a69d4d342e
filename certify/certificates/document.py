"""The certificate: one immutable document, whatever the command that made it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates.canonical import NotCanonical, canonical_text, freeze, thaw
from certify.certificates.validation import check_document
from certify.errors import InputError

FORMAT = "certify/1"
_NOT_CLAIMS = ("created", "environment", "claims_sha256")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, eq=False)
class TheoremEntry:
    """One theorem's result, as the certificate holds it: typed access over the whole JSON entry.

    Attributes
    ----------
    id, edition, claim, verdict, conclusion:
        The members of these names; ``conclusion`` may be None.
    constants:
        Name to `Enclosure`. A constant without a finite value has ``None`` ends; one that the
        theorem does not have is absent: use ``constants.get(name)``.
    hypotheses, assumed, witness:
        As in the document, immutable.
    document:
        The whole entry, minor additions (``source``, ``label``, ``reason``...) included.
    """

    document: Mapping[str, Any]
    id: str = field(init=False)
    edition: int = field(init=False)
    claim: str = field(init=False)
    verdict: Verdict = field(init=False)
    conclusion: str | None = field(init=False)
    hypotheses: tuple[Mapping[str, Any], ...] = field(init=False)
    constants: Mapping[str, Enclosure] = field(init=False)
    assumed: tuple[str | Mapping[str, Any], ...] = field(init=False)
    witness: Mapping[str, Any] | None = field(init=False)

    def __post_init__(self) -> None:
        plain = {**self.document}
        plain["constants"] = {name: _ends(value) for name, value in (self.document.get("constants") or {}).items()}
        entry = freeze(plain)
        object.__setattr__(self, "document", entry)
        for name in ("id", "edition", "claim", "conclusion", "witness"):
            object.__setattr__(self, name, entry.get(name))
        for name in ("hypotheses", "assumed"):
            object.__setattr__(self, name, tuple(entry.get(name) or ()))
        object.__setattr__(self, "verdict", Verdict(entry["verdict"]))
        object.__setattr__(self, "constants", _enclosures(entry["constants"]))

    def to_json(self) -> dict[str, Any]:
        """The plain JSON entry."""
        entry: dict[str, Any] = thaw(self.document)
        return entry


@dataclass(frozen=True, eq=False)
class Certificate:
    """The document of the format ``certify/1``; its members are the document's members.

    A certificate that breaks the schema cannot be made: the constructor raises `NotCanonical` (a
    `ValueError`). Mappings are read-only and copied. ``theorems`` takes `TheoremEntry` objects or
    plain mappings; ``bounds`` takes `Enclosure` objects. Two certificates are equal when their
    canonical texts are.

    Attributes
    ----------
    kind:
        ``dataset``, ``run``, ``network`` or ``kernel``.
    claim, verdict, reason, would_decide:
        The question asked, its answer, why, and what would decide it when it is undecided.
    data, kernel, bounds, definite, theorems, witness, assumed, environment:
        See the format's specification.
    created:
        ISO 8601, UTC; now unless given.
    extra:
        Members the format does not know, kept (and hashed) as they were read.
    claims_sha256:
        SHA-256 of the canonical text without ``created``, ``environment`` and itself.
    """

    kind: str
    claim: str
    verdict: Verdict
    reason: str | None = None
    would_decide: Sequence[str] = ()
    data: Mapping[str, Any] | None = None
    kernel: Mapping[str, Any] | None = None
    bounds: Mapping[str, Enclosure] = field(default_factory=_nothing)
    definite: Mapping[str, Any] | None = None
    theorems: Sequence[TheoremEntry | Mapping[str, Any]] = ()
    witness: Mapping[str, Any] | None = None
    assumed: Sequence[str | Mapping[str, Any]] = ()
    environment: Mapping[str, Any] = field(default_factory=_nothing)
    created: str = field(default_factory=_now)
    format: str = FORMAT
    extra: Mapping[str, Any] = field(default_factory=_nothing)
    claims_sha256: str = field(init=False)

    def __post_init__(self) -> None:
        put: Callable[[str, Any], None] = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("verdict", Verdict(self.verdict))
        for name in (
            "would_decide",
            "assumed",
            "data",
            "kernel",
            "definite",
            "witness",
            "environment",
            "extra",
        ):
            put(name, freeze(getattr(self, name)))
        put("bounds", MappingProxyType({k: _enclosure(v) for k, v in self.bounds.items()}))
        put("theorems", tuple(t if isinstance(t, TheoremEntry) else TheoremEntry(t) for t in self.theorems))
        put("claims_sha256", "0" * 64)
        document = self.to_json()
        check_document(document)
        canonical_text(document["environment"])
        put("claims_sha256", claims_sha256(document))

    def theorem(self, identifier: str) -> TheoremEntry:
        """The entry with this id; `KeyError` names those there are."""
        for entry in self.theorems:
            if isinstance(entry, TheoremEntry) and entry.id == identifier:
                return entry
        known = ", ".join(e.id for e in self.theorems if isinstance(e, TheoremEntry)) or "none"
        raise KeyError(f"no theorem {identifier!r} in this certificate (it has: {known})")

    def to_json(self) -> dict[str, Any]:
        """The plain JSON document: dicts, lists, strings, ints, floats, booleans, None."""
        return {
            "format": self.format,
            "kind": self.kind,
            "created": self.created,
            "claim": self.claim,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "would_decide": thaw(self.would_decide),
            "data": thaw(self.data),
            "kernel": thaw(self.kernel),
            "bounds": {name: bound.to_json() for name, bound in self.bounds.items()},
            "definite": thaw(self.definite),
            "theorems": [t.to_json() for t in self.theorems if isinstance(t, TheoremEntry)],
            "witness": thaw(self.witness),
            "assumed": thaw(self.assumed),
            "environment": thaw(self.environment),
            "claims_sha256": self.claims_sha256,
            **thaw(self.extra),
        }

    def canonical(self) -> str:
        """The canonical JSON text of the whole document, without a final newline."""
        return canonical_text(self.to_json())

    @classmethod
    def from_json(cls, document: Mapping[str, Any], where: str = "certificate") -> Certificate:
        """The certificate of a plain JSON document, its schema and its hash verified.

        Raises
        ------
        InputError
            If the document is of another format or major version, breaks the schema, or does not
            have the hash it states; ``where`` names it in the message.
        """
        _check_format(document, where)
        try:
            plain = thaw(freeze(document))
            check_document(plain)
            known = {name: plain[name] for name in _MEMBERS}
            known["bounds"] = _enclosures(known["bounds"])
            extra = {k: v for k, v in plain.items() if k not in _MEMBERS and k != "claims_sha256"}
            certificate = cls(**known, extra=extra)
        except NotCanonical as error:
            raise InputError(f"not a valid certificate: {error}", where, "recreate it with certify") from None
        if certificate.claims_sha256 != document["claims_sha256"]:
            raise InputError(
                "its claims do not have the hash it states, so it was changed after it was made",
                where,
                "use the original file or recreate it",
            )
        return certificate

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.canonical() == other.canonical()

    def __hash__(self) -> int:
        return hash(self.claims_sha256)

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only mappings cannot be pickled; the document can.
        return Certificate.from_json, (self.to_json(),)


_MEMBERS = (
    "format", "kind", "created", "claim", "verdict", "reason", "would_decide", "data", "kernel", "bounds",
    "definite", "theorems", "witness", "assumed", "environment",
)  # fmt: skip


def claims_sha256(document: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the canonical text without ``created``, ``environment``, ``claims_sha256``."""
    claims = {name: value for name, value in document.items() if name not in _NOT_CLAIMS}
    return hashlib.sha256(canonical_text(claims).encode("utf-8")).hexdigest()


def _check_format(document: object, where: str) -> None:
    if not isinstance(document, Mapping) or not isinstance(document.get("format"), str):
        raise InputError("not a certificate: it has no 'format'", where, "give a file that certify wrote")
    name = document["format"]
    if name != FORMAT:
        shown = ascii(name)[:40]
        if name.startswith("certify/"):
            raise InputError(
                f"its format is {shown}, this certify reads {FORMAT!r}", where, "use the certify that made it"
            )
        raise InputError(f"its format {shown} is not a certificate's", where, "give a file that certify wrote")


def _ends(value: object) -> dict[str, Any]:
    if value is None:
        return {"lower": None, "upper": None}
    return value.to_json() if isinstance(value, Enclosure) else value  # type: ignore[return-value]


def _enclosure(value: object) -> Enclosure:
    if isinstance(value, Enclosure):
        return Enclosure(freeze(value.lower), freeze(value.upper), int(value.exponent))
    raise NotCanonical(f"a bound is an Enclosure, not a {type(value).__name__}")


def _enclosures(members: Mapping[str, Any]) -> Mapping[str, Enclosure]:
    try:
        return MappingProxyType({name: Enclosure.from_json(dict(ends)) for name, ends in members.items()})
    except (KeyError, TypeError, ValueError) as error:
        raise NotCanonical(f"not an enclosure: {' '.join(str(error).split())}") from None
