"""``certify report``: a certificate as HTML, Markdown or LaTeX."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certify.cli.console import say
from certify.cli.options import OUTPUT, Quiet, examples
from certify.cli.targets import check_targets
from certify.errors import InputError

if TYPE_CHECKING:
    from certify.certificates import Certificate
    from certify.reports import Illustration

EPILOG = examples(
    "certify dataset wine --normalize -o wine.json",
    "certify report wine.json -o wine.html -o wine.tex",
    "certify report wine.json --data wine -o wine.html",
)

FORMATS = (".html", ".md", ".tex")


def report(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="A certificate (.json).")],
    output: Annotated[
        list[Path] | None,
        typer.Option("-o", "--output", metavar="FILE", help=".html, .md or .tex; repeatable.", rich_help_panel=OUTPUT),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Its data: adds all eigenvalues, unverified, to the figures."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write a certificate as a report. Without -o it is printed."""
    targets = check_targets(output, FORMATS)
    from certify.certificates import load_certificate
    from certify.reports import render_text, write_report

    document = load_certificate(certificate)
    illustration = None if data is None else _illustration(document, data)
    for path in targets:
        write_report(document, path, illustration)
        say(f"report: {path}", quiet=quiet)
    if not targets:
        print(render_text(document, illustration, stream=sys.stdout))


def _illustration(certificate: Certificate, source: str) -> Illustration:
    """All eigenvalues in float64, of the very data that the certificate speaks of."""
    from certify.data import LoadOptions, load
    from certify.workflows import DatasetResult

    if certificate.kind != "dataset" or certificate.data is None:
        raise InputError("only a certificate of a data set has data", "--data", "leave it out")
    data = load(source, LoadOptions.from_json(certificate.data["options"]))
    if data.sha256 != certificate.data["sha256"]:
        raise InputError("these are not the data of the certificate", f"--data {source}", "give the original source")
    return DatasetResult(certificate, data).illustration
