"""The end of a command that makes a certificate: files, text or JSON, and the exit status."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from certify.cli.console import answer_certificate, say

if TYPE_CHECKING:
    from certify.certificates import Certificate

FORMATS = (".json", ".html", ".md", ".tex")


class Certified(Protocol):
    """What a workflow returns."""

    @property
    def certificate(self) -> Certificate:
        """The document."""
        ...

    def save(self, path: str | Path) -> None:
        """Write the certificate."""
        ...

    def report(self, path: str | Path) -> None:
        """Write a report."""
        ...


def deliver(result: Certified, targets: Sequence[Path], *, json: bool, quiet: bool) -> None:
    """Write the files, say the result, and leave with its exit status (raises `typer.Exit`)."""
    for path in targets:
        if path.suffix.lower() == ".json":
            result.save(path)
        else:
            result.report(path)
    if json:
        answer_certificate(result.certificate)
    elif not quiet:
        from certify.reports import render_text

        say(render_text(result.certificate))
    for path in targets:
        say(f"written: {path}", quiet=quiet)
    raise typer.Exit(0 if result.certificate.verdict == "proved" else 1)
