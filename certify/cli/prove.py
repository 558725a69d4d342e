"""``certify prove``: a data set's bound as a Coq theorem."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from certify.cli.console import complain, say
from certify.cli.options import (
    OUTPUT,
    QUESTION,
    Duplicates,
    Labels,
    Normalize,
    Positive,
    Preprocess,
    Quiet,
    Source,
    Target,
    XKey,
    YKey,
    examples,
)
from certify.cli.targets import check_targets
from certify.errors import InputError

if TYPE_CHECKING:
    from certify.coq import Instance

EPILOG = examples(
    "certify prove wine --normalize -o Wine.v",
    "certify prove iris --duplicates drop -o Iris.v",
    "certify prove sphere:n=20,d=5,seed=0 --foundational -o Sphere.v",
)


def prove(
    source: Source,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The proof file (.v).", rich_help_panel=OUTPUT),
    ] = None,
    foundational: Annotated[
        bool,
        typer.Option(
            "--foundational",
            help="Assume nothing but Coq's real numbers: no machine arithmetic; slow, up to 200 rows.",
            rich_help_panel=QUESTION,
        ),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Have coqc check the file at once.", rich_help_panel=QUESTION)
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --check: leave what coqc makes here.", rich_help_panel=OUTPUT),
    ] = None,
    delta: Annotated[
        float,
        typer.Option(
            metavar="FLOAT",
            help="Failure probability in the required width that is stated for normalised rows with targets.",
            rich_help_panel=QUESTION,
        ),
    ] = 0.05,
    target: Target = None,
    labels: Labels = "auto",
    positive: Positive = None,
    x_key: XKey = None,
    y_key: YKey = None,
    preprocess: Preprocess = "",
    normalize: Normalize = False,
    duplicates: Duplicates = "keep",
    quiet: Quiet = False,
) -> None:
    """Write a Coq file whose theorem bounds the ReLU tangent kernel's smallest eigenvalue on a data set.

    coqc accepts the file if and only if the bound is proved: of what certify computed nothing is trusted.
    Exit status 0 if the file is written (with --check: and accepted), 1 if Coq rejects it.
    """
    if output is None:
        raise InputError("there is no file to write", "-o", "name one: -o Proof.v")
    if keep is not None and not check:
        raise InputError("nothing to keep without a check", "--keep", "add --check")
    check_targets([output], (".v",))
    from certify.certificates import write_atomically
    from certify.coq import build_instance, proof_text, run_coqc
    from certify.coq.library import coqc
    from certify.data import LoadOptions, load, require_memory

    if check:
        coqc()  # its absence is better known before the work than after it
    options = LoadOptions(
        target=target,
        labels=labels,
        positive=positive,
        x_key=x_key,
        y_key=y_key,
        preprocess=LoadOptions.steps(preprocess),
        normalize=normalize,
        duplicates=duplicates,
    )
    data = load(source, options)
    require_memory(data.n, data.d, data.name)
    instance = build_instance(data, foundational=foundational)
    write_atomically(output, proof_text(instance, delta))
    say(_describe(instance, output), quiet=quiet)
    if check:
        outcome = run_coqc(output, keep, say=None if quiet else say)
        if not outcome.accepted:
            complain(f"{output}: Coq rejects it: {outcome.reason}")
            raise typer.Exit(1)
        say(f"accepted by Coq: {outcome.seconds:.1f} s, {outcome.peak_bytes / 2**20:.0f} MiB", quiet=quiet)


def _describe(instance: Instance, output: Path) -> str:
    which = "H∞" if instance.data.normalized else "K∞"
    sigma = instance.factor.sigma.times_power(0)
    return f"written: {output}: λ_min({which}) ≥ {sigma:.17g}, {instance.data.n} rows; to be checked by coqc"
