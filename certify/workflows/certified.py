"""What every workflow returns: a certificate, to be read, saved and reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates import Certificate, save_certificate
from certify.certificates.document import TheoremEntry
from certify.reports import Illustration, write_report


@dataclass(frozen=True)
class Certified:
    """A certificate; each workflow adds what it was made from."""

    certificate: Certificate

    @property
    def verdict(self) -> Verdict:
        """Answer to the question asked; it has no truth value."""
        return self.certificate.verdict

    @property
    def bounds(self) -> Mapping[str, Enclosure]:
        """Verified numbers by name: ``lambda_min``, ``lambda_max``, ..."""
        return self.certificate.bounds

    def theorem(self, name: str) -> TheoremEntry:
        """The result of one theorem. Raises `KeyError` if it was not asked."""
        return self.certificate.theorem(name)

    def save(self, path: str | Path) -> None:
        """Write the certificate (.json), atomically."""
        save_certificate(self.certificate, Path(path))

    @cached_property
    def illustration(self) -> Illustration:
        """What a report may show beside the certificate, unverified; nothing unless a workflow has something."""
        return Illustration()

    def report(self, path: str | Path) -> None:
        """Write a report (.html, .md or .tex), atomically."""
        write_report(self.certificate, Path(path), self.illustration)
