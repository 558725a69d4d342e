"""``certify theorem``: what the theorems say, and whether their conditions hold for given numbers."""

from __future__ import annotations

from typing import Annotated

import typer

from certify.cli.options import examples

app = typer.Typer(
    help="What the theorems say, and whether their conditions hold.",
    epilog=examples("certify theorem list", "certify theorem show relu.width"),
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Identifier = Annotated[str, typer.Argument(metavar="ID", help="As 'certify theorem list' names it.")]
