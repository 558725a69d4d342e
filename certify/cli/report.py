"""``certify report``: a certificate as HTML, Markdown or LaTeX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certify.cli.console import say
from certify.cli.options import OUTPUT, Quiet, examples
from certify.cli.targets import check_targets

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
        typer.Option(
            "-o", "--output", metavar="FILE", help=".html, .md or .tex; repeatable.", rich_help_panel=OUTPUT
        ),
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
    for path in targets:
        write_report(document, path)
        say(f"report: {path}", quiet=quiet)
    if not targets:
        print(render_text(document))
