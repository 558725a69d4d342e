"""``certify run``: train a network, and prove that this very run converges from its initial weights."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from certify.cli.console import progress
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

EPILOG = examples(
    "certify run --data sphere:n=50,d=20,seed=0 --width 512",
    "certify run --data wine --preprocess standardize,bias,unit --width 2048 --steps 50000 -o run.html",
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
    output: Output = None,
    json: Json = False,
    quiet: Quiet = False,
    threads: Threads = None,
) -> None:
    """Train a two-layer network by full-batch gradient descent, and certify that very run.

    Every step's rounding error is enclosed, so that the statement is about exact gradient descent from the initial
    weights: from a step on that is named it converges linearly to an exact zero of the loss. Nothing is left to
    probability.
    """
    targets = check_targets(output, FORMATS)
    from certify.data import LoadOptions, load
    from certify.workflows.run import RunRequest, certify_run

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
        threads=threads,
    )
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
    with progress(quiet) as callback:
        result = certify_run(source, request, callback)
    deliver(result, targets, json=json, quiet=quiet)
