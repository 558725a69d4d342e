"""``certify run``: train a network, and prove that this very run converges from its initial weights."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from certify.cli.console import progress, say
from certify.cli.deliver import FORMATS, deliver
from certify.cli.network import Convention, Data, Step
from certify.cli.options import (
    QUESTION,
    Duplicates,
    Json,
    Labels,
    Output,
    Positive,
    Preprocess,
    Quiet,
    Target,
    Threads,
    XKey,
    YKey,
    examples,
)
from certify.cli.targets import check_targets

if TYPE_CHECKING:
    from certify.workflows.network import CertifiedNetwork
    from certify.workflows.run import RunRequest

WEIGHTS = ".npz"

EPILOG = examples(
    "certify run --data sphere:n=50,d=20,seed=0 --width 512 -o run.json -o run.npz",
    "certify check run.json --data sphere:n=50,d=20,seed=0 --weights run.npz",
    "certify run --data wine --preprocess standardize,bias,unit --width 2048 --steps 50000 -o run.html",
    "certify run --data sphere:n=20,d=20,seed=0 --width 2048 --sgd --batch 5",
)


def run(
    data: Data,
    target: Target = None,
    labels: Labels = "auto",
    positive: Positive = None,
    x_key: XKey = None,
    y_key: YKey = None,
    preprocess: Preprocess = "",
    duplicates: Duplicates = "keep",
    width: Annotated[int, typer.Option(metavar="M", help="Number of hidden neurons.", rich_help_panel=QUESTION)] = 512,
    activation: Annotated[
        Literal["tanh", "erf", "softplus", "sigmoid", "relu"],
        typer.Option(help="The network's activation.", rich_help_panel=QUESTION),
    ] = "tanh",
    depth: Annotated[
        int,
        typer.Option(metavar="2", help="Number of layers, the output layer among them.", rich_help_panel=QUESTION),
    ] = 2,
    init: Annotated[
        Literal["paired", "independent"],
        typer.Option(
            help="Weights in pairs, so that the output starts at 0, or all independent.", rich_help_panel=QUESTION
        ),
    ] = "paired",
    seed: Annotated[
        int, typer.Option(metavar="N", help="Seed of the initial weights' frozen stream.", rich_help_panel=QUESTION)
    ] = 0,
    alpha: Annotated[
        float, typer.Option(metavar="FLOAT", help="Scale of the network's output.", rich_help_panel=QUESTION)
    ] = 1.0,
    step_size: Step = None,
    steps: Annotated[
        int, typer.Option(min=1, metavar="N", help="Train at most N steps.", rich_help_panel=QUESTION)
    ] = 10_000,
    loss: Convention = "half-sum",
    fraction: Annotated[
        float,
        typer.Option(metavar="FLOAT", help="Count steps until the loss is this fraction.", rich_help_panel=QUESTION),
    ] = 1e-6,
    sgd: Annotated[
        bool,
        typer.Option(
            "--sgd", help="Certify mini-batch SGD from a step on, with a probability.", rich_help_panel=QUESTION
        ),
    ] = False,
    batch: Annotated[
        int | None,
        typer.Option(metavar="B", help="Size of the mini-batches of --sgd (default: n/10).", rich_help_panel=QUESTION),
    ] = None,
    sampling: Annotated[
        Literal["replacement", "subset"],
        typer.Option(help="Batches of --sgd: indices drawn with replacement, or subsets.", rich_help_panel=QUESTION),
    ] = "replacement",
    delta: Annotated[
        float, typer.Option(metavar="FLOAT", help="Failure probability of --sgd.", rich_help_panel=QUESTION)
    ] = 0.05,
    output: Output = None,
    json: Json = False,
    quiet: Quiet = False,
    threads: Threads = None,
) -> None:
    """Train a two-layer network by full-batch gradient descent, and certify that very run.

    Every step's rounding error is enclosed, so that the statement is about exact gradient descent from the initial
    weights: from a step on that is named it converges linearly to an exact zero of the loss. Nothing is left to
    probability. -o FILE.npz writes the final weights, which a check of the certificate needs.
    """
    targets = check_targets(output, (*FORMATS, WEIGHTS))
    from certify.data import LoadOptions, load
    from certify.errors import InputError
    from certify.workflows.run import RunRequest, certify_run

    if depth != 2:
        what = f"a run of {depth} layers: the first of 2 layers is trained"
        raise InputError(what, "--depth", "give the checkpoints of deeper networks to certify network")
    if batch is not None and not sgd:
        raise InputError("there are no batches in full-batch descent", "--batch", "add --sgd")
    options = LoadOptions(
        target=target,
        labels=labels,
        positive=positive,
        x_key=x_key,
        y_key=y_key,
        preprocess=LoadOptions.steps(preprocess),
        duplicates=duplicates,
    )
    source = load(data, options)
    request = RunRequest(
        width=width,
        activation=activation,
        init=init,
        seed=seed,
        alpha=alpha,
        step_size=step_size,
        steps=steps,
        loss=loss,
        fraction=fraction,
        batch=(batch or max(1, source.n // 10)) if sgd else None,
        sampling=sampling,
        delta=delta,
        threads=threads,
    )
    with progress(quiet) as callback:
        result = certify_run(source, request, callback)
    _save_weights(result, request, targets, quiet)
    deliver(result, [path for path in targets if path.suffix.lower() != WEIGHTS], json=json, quiet=quiet)


def _save_weights(result: CertifiedNetwork, request: RunRequest, targets: Sequence[Path], quiet: bool) -> None:
    """The network at the end of the run, for a check of the certificate and for `certify network`."""
    import numpy as np

    from certify.certificates.files import write_atomically

    for path in targets:
        if path.suffix.lower() == WEIGHTS:
            buffer = io.BytesIO()
            np.savez(
                buffer,
                W=result.weights["W"],
                a=result.weights["a"],
                alpha=np.array(request.alpha),
                activation=np.array(request.activation),
            )
            write_atomically(path, buffer.getvalue())
            say(f"written: {path}", quiet=quiet)
