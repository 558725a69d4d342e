"""What the checker says: one line a claim, and the exit status they make together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from certify.arithmetic.verdict import Verdict
from certify.errors import InputError


class Status(StrEnum):
    """Outcome of one claim's check."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not confirmed"
    NOT_CHECKABLE = "not checkable"


class NotCheckable(Exception):
    """A claim cannot be derived again for want of something; the text says of what."""


class NotConfirmed(Exception):
    """The checker's own derivation does not reach the claim; the text says where it stops."""


@dataclass(frozen=True)
class ClaimCheck:
    """One claim: its place in the document, the outcome, and what the outcome rests on."""

    claim: str
    status: Status
    because: str

    def to_json(self) -> dict[str, str]:
        """The three members."""
        return {"claim": self.claim, "status": str(self.status), "because": self.because}


@dataclass(frozen=True)
class CheckReport:
    """Every claim of one certificate, checked.

    Attributes
    ----------
    kind, verdict, claims_sha256:
        Of the certificate.
    claims:
        In the order of the document.
    routes:
        The methods used, each with its lemma.
    assumed:
        What these methods take on trust.
    """

    kind: str
    verdict: Verdict
    claims_sha256: str
    claims: tuple[ClaimCheck, ...]
    routes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    def of(self, status: Status) -> tuple[ClaimCheck, ...]:
        """The claims with this outcome."""
        return tuple(claim for claim in self.claims if claim.status is status)

    @property
    def status(self) -> Status:
        """``confirmed`` only if every claim is."""
        if self.of(Status.NOT_CONFIRMED):
            return Status.NOT_CONFIRMED
        return Status.NOT_CHECKABLE if self.of(Status.NOT_CHECKABLE) else Status.CONFIRMED

    @property
    def exit_status(self) -> int:
        """0 if every claim is confirmed, whatever the certificate's own verdict is; else 1."""
        return 0 if self.status is Status.CONFIRMED else 1

    def claim(self, name: str) -> ClaimCheck:
        """The claim of that name. Raises `KeyError`."""
        for found in self.claims:
            if found.claim == name:
                return found
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """A plain JSON document."""
        return {
            "format": "certify-check/1",
            "status": str(self.status),
            "certificate": {
                "kind": self.kind,
                "verdict": str(self.verdict),
                "claims_sha256": self.claims_sha256,
            },
            "routes": list(self.routes),
            "assumed": list(self.assumed),
            "claims": [claim.to_json() for claim in self.claims],
        }


@dataclass
class Collector:
    """Gathers outcomes; turns a derivation that stops into the status it means."""

    claims: list[ClaimCheck] = field(default_factory=list)

    def put(self, claim: str, derive: Callable[[], str]) -> Status:
        """Run ``derive``, which returns what the confirmation rests on or raises why there is none."""
        try:
            because, status = derive(), Status.CONFIRMED
        except NotConfirmed as stop:
            because, status = str(stop), Status.NOT_CONFIRMED
        except NotCheckable as stop:
            because, status = str(stop), Status.NOT_CHECKABLE
        except (ArithmeticError, AttributeError, InputError, LookupError, TypeError, ValueError) as fault:
            # the document is a stranger's: a member of another shape than the format's confirms nothing
            reason = " ".join(str(fault).split())[:80]
            because, status = f"what is recorded has not the form of the format ({reason})", Status.NOT_CONFIRMED
        self.claims.append(ClaimCheck(claim, status, because))
        return status


def require(holds: bool, otherwise: str) -> None:
    """Raise `NotConfirmed` unless ``holds``."""
    if not holds:
        raise NotConfirmed(otherwise)
