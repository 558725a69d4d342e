"""``certify check``: a certificate's claims derived again, by code that shares nothing with what made it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from certify.cli.console import answer, answer_json
from certify.cli.options import OUTPUT, Json, Quiet, examples
from certify.errors import InputError

if TYPE_CHECKING:
    from certify.certificates import Certificate
    from certify.certificates.checker import CheckReport, Consistency

EPILOG = examples(
    "certify dataset wine --normalize -o wine.json",
    "certify check wine.json --data wine",
    "certify check wine.json --data wine --exact --json",
    "certify check wine.json --data wine --against wine.json",
)

SIGNS = {"confirmed": "✓", "not confirmed": "✗", "not checkable": "?"}


def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="A certificate (.json).")],
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="Its data, loaded with the recorded options. Without: claims about data are not checkable.",
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="MODEL", help="The network it speaks of; of a run, its final weights (-o FILE.npz)."),
    ] = None,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Ball arithmetic throughout up to 600 rows instead of 200; more patience beyond."),
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER", help="The same question's certificate from another machine: are they consistent?"
        ),
    ] = None,
    coq: Annotated[
        bool,
        typer.Option("--coq", help="Also have coqc check a proof: of λ_min (ReLU), or that a network trains."),
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --coq: leave the proof, and what coqc makes of it, here."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Every claim, not only those not confirmed.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Derive every claim of a certificate again, independently of the code that made it.

    Exit status 0 if every claim is confirmed, whatever the certificate's verdict is; 1 if one is not confirmed or not
    checkable, or OTHER contradicts it; 2 if the file is malformed.
    """
    from certify.certificates import load_certificate
    from certify.certificates.checker import check_certificate, compare_machines

    if keep is not None and not coq:
        raise InputError("nothing to keep without a proof", "--keep", "add --coq")
    document = load_certificate(certificate)
    other = None if against is None else load_certificate(against)
    loaded = None if data is None else _load(document, data)
    report = check_certificate(document, loaded, exact, None if weights is None else _network(document, weights))
    if coq:
        from certify.cli.by_coq import by_coq

        report = replace(report, claims=(*report.claims, by_coq(document, loaded, weights, keep)))
    consistency = None if other is None else compare_machines(document, other)
    if json:
        extra: dict[str, Any] = {} if consistency is None else {"against": consistency.to_json()}
        answer_json({**report.to_json(), **extra})
    elif not quiet:
        answer("\n".join(_lines(report, consistency, everything)))
    consistent = consistency is None or consistency.consistent
    raise typer.Exit(report.exit_status if consistent else 1)


def _load(document: Certificate, source: str) -> Any:
    """The data, by the options that the certificate records."""
    from certify.data import LoadOptions, load
    from certify.data.matrix import load_matrix

    if document.data is None:
        raise InputError("this certificate speaks of no data", "--data", "leave it out")
    options = document.data["options"]
    try:
        if document.kind == "kernel":
            return load_matrix(source, key=options.get("key"), symmetrize=bool(options.get("symmetrize"))).values
        return load(source, LoadOptions.from_json(options))
    except (TypeError, ValueError, AttributeError):
        raise InputError(
            "its loading options are not of this format", "data.options", "use the original file"
        ) from None


def _network(document: Certificate, path: Path) -> Any:
    from certify.networks.files import read_model

    if document.kind not in ("network", "run"):
        raise InputError("this certificate speaks of no weights", "--weights", "leave it out")
    return read_model(path)


def _lines(report: CheckReport, consistency: Consistency | None, everything: bool) -> list[str]:
    shown = [claim for claim in report.claims if everything or claim.status != "confirmed"]
    lines = [f"{SIGNS[claim.status]} {claim.claim}: {claim.status} ({claim.because})" for claim in shown]
    counts = {status: sum(claim.status == status for claim in report.claims) for status in SIGNS}
    lines += [f"route: {route}" for route in report.routes] if everything else []
    if consistency is not None:
        word = (
            "consistent" if consistency.consistent else "not consistent" if consistency.comparable else "not comparable"
        )
        lines.append(f"the two certificates are {word}")
        lines += [f"  {text}" for text in (*consistency.differences, *consistency.contradictions)]
    summary = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return [*lines, f"{summary}; the certificate's own verdict: {report.verdict}"]
