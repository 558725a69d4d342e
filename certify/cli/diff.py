"""``certify diff``: what changed between two certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from certify.cli.console import answer, answer_json
from certify.cli.options import Json, Quiet, examples

EPILOG = examples(
    "certify dataset wine --normalize -o before.json",
    "certify dataset wine --normalize -o after.json",
    "certify diff before.json after.json",
)


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A certificate (.json).")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another certificate (.json).")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what changed from certificate A to certificate B: data, request, bounds, widths, verdicts.

    Exit status 0 if the claims are the same, 1 if they differ, 2 if a file is malformed.
    """
    from certify.certificates import load_certificate
    from certify.certificates.checker import difference

    found = difference(load_certificate(before), load_certificate(after))
    if json:
        answer_json(found.to_json())
    elif not quiet:
        answer("\n".join(found.lines()) if found.changes else "the claims are the same")
    raise typer.Exit(0 if found.same else 1)
