"""``certify network``: does gradient descent from the weights of this network converge, and how fast?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from certify.cli.console import progress, say
from certify.cli.deliver import FORMATS, deliver
from certify.cli.options import (
    DATA,
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
    "certify network model.npz --data data.npz",
    "certify network model.npz --data wine --preprocess standardize,bias,unit --loss mean --step-size 0.5",
    "certify network model.safetensors --data data.npz --activation tanh -o network.json",
    "certify network checkpoint-*.safetensors --data data.npz --activation tanh --train all",
)

Data = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="SOURCE",
        help="A file (.csv .tsv .npy .npz .svm .parquet), a bundled name (iris wine breast_cancer diabetes "
        "digits), or sphere:n=200,d=50,seed=0.",
        rich_help_panel=DATA,
        show_default=False,
    ),
]
Convention = Annotated[
    Literal["half-sum", "sum", "mean"],
    typer.Option(help="The loss that step sizes and loss values speak of.", rich_help_panel=QUESTION),
]
Step = Annotated[
    float | None,
    typer.Option(metavar="FLOAT", help="Step size (default: the largest admissible one).", rich_help_panel=QUESTION),
]


def network(
    model: Annotated[
        list[Path],
        typer.Argument(
            metavar="MODEL...",
            help="Weights: .npz, .safetensors or .onnx. Of several the first that is certified.",
            show_default=False,
        ),
    ],
    data: Data,
    target: Target = None,
    labels: Labels = "auto",
    positive: Positive = None,
    x_key: XKey = None,
    y_key: YKey = None,
    preprocess: Preprocess = "",
    duplicates: Duplicates = "keep",
    activation: Annotated[
        Literal["tanh", "erf", "softplus", "sigmoid", "relu"] | None,
        typer.Option(help="The activation, where the file does not name it.", rich_help_panel=QUESTION),
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(
            metavar="all|first|last|NAMES",
            help="Which parameters are trained, names with commas between (default: first for two layers, else all).",
            rich_help_panel=QUESTION,
        ),
    ] = None,
    step_size: Step = None,
    loss: Convention = "half-sum",
    fraction: Annotated[
        float,
        typer.Option(metavar="FLOAT", help="Count steps until the loss is this fraction.", rich_help_panel=QUESTION),
    ] = 1e-6,
    target_loss: Annotated[
        float | None,
        typer.Option(metavar="FLOAT", help="Count steps until the loss is this.", rich_help_panel=QUESTION),
    ] = None,
    nonconvex: Annotated[
        bool,
        typer.Option("--nonconvex", help="Also exhibit that the loss is not convex.", rich_help_panel=QUESTION),
    ] = False,
    floor: Annotated[
        bool,
        typer.Option(
            "--floor", help="Ask for the loss that descent reaches linearly, not for zero.", rich_help_panel=QUESTION
        ),
    ] = False,
    output: Output = None,
    json: Json = False,
    quiet: Quiet = False,
    threads: Threads = None,
) -> None:
    """Prove that gradient descent from a network's weights converges linearly to zero loss on a data set.

    Not proved means: the certificate names the hypothesis that fails, and the loss below which it would hold.
    """
    targets = check_targets(output, FORMATS)
    from certify.data import LoadOptions, load
    from certify.workflows.checkpoints import certify_checkpoints
    from certify.workflows.network import NetworkRequest

    request = NetworkRequest(
        activation=activation,
        train=train,
        step_size=step_size,
        loss=loss,
        fraction=fraction,
        target_loss=target_loss,
        threads=threads,
        nonconvex=nonconvex,
        floor=floor,
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
        result = certify_checkpoints(model, source, request, callback, lambda line: say(line, quiet=quiet))
    deliver(result, targets, json=json, quiet=quiet)
