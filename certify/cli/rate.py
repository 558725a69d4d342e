"""``certify theorem rate``: the worst case of a gradient step, with an exact proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from certify.cli.console import answer
from certify.cli.options import OUTPUT, Json
from certify.cli.targets import check_targets
from certify.errors import InputError

RATE_EXAMPLES = (
    "certify theorem rate --mu 0.2 --L 1 --step 1",
    "certify theorem rate --mu 0.01 --L 1 --ell 0.05 --step 1.9 -o rate.json",
    "certify theorem rate --check rate.json",
)
_NUMBER = "NUMBER"


def rate(
    mu: Annotated[str | None, typer.Option("--mu", metavar=_NUMBER, help="PL constant μ (decimal or p/q).")] = None,
    largest: Annotated[str | None, typer.Option("--L", metavar=_NUMBER, help="Largest curvature L.")] = None,
    step: Annotated[str | None, typer.Option("--step", metavar=_NUMBER, help="Step size η, below 2/L.")] = None,
    ell: Annotated[
        str | None, typer.Option("--ell", metavar=_NUMBER, help="Curvature is at least -ℓ (default: L).")
    ] = None,
    points: Annotated[
        int | None, typer.Option(min=0, max=4, help="Auxiliary points that the proof may use (default: 2).")
    ] = None,
    check: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check a stored certificate, by exact arithmetic alone.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The certificate (.json).", rich_help_panel=OUTPUT),
    ] = None,
    json: Json = False,
) -> None:
    """The factor by which a gradient step shrinks the loss under PL and curvature bounds, proved exactly.

    A semidefinite program (cvxpy) is searched; its dual, rounded to rationals, is the proof, and exact arithmetic
    decides. When PL and the bounds hold along the way: certify theorem show plsmooth.gd. Exit status 0 if proved.
    """
    from certify.certificates import canonical_text, write_atomically
    from certify.theorems.check import parse
    from certify.theorems.rate import POINTS, assess_rate, recheck

    if output is not None:
        check_targets([output], (".json",))
    named = {"mu": mu, "L": largest, "ell": ell, "eta": step}
    given = {name: parse(name, value) for name, value in named.items() if value is not None}
    if check is not None:
        if given or points is not None:
            raise InputError("a stored certificate has its own numbers", "--check", "give the file alone")
        result = recheck(_stored(check), str(check))
    else:
        options = {"mu": "--mu", "L": "--L", "eta": "--step"}
        if absent := [option for name, option in options.items() if name not in given]:
            raise InputError(f"no {', '.join(absent)}", "certify theorem rate", "give --mu, --L and --step")
        result = assess_rate(given, POINTS if points is None else points)
    entry = result.to_json()
    text = canonical_text(entry)
    if output is not None:
        write_atomically(output, text + "\n")
    if json:
        answer(text)
    else:
        from certify.cli.theorem import describe

        answer(describe(entry))
    raise typer.Exit(0 if entry["verdict"] == "proved" else 1)


def _stored(path: Path) -> Any:
    from certify.certificates import parse_strictly
    from certify.certificates.canonical import NotCanonical

    try:
        return parse_strictly(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(path)) from None
    except (UnicodeDecodeError, NotCanonical) as error:
        raise InputError(f"not JSON ({error})", str(path), "give a file of certify theorem rate") from None
