"""``certify dataset``: what a data set's tangent kernel proves about networks trained on it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from certify.cli.console import answer_json, progress, say
from certify.cli.deliver import FORMATS, deliver
from certify.cli.options import (
    MACHINE,
    QUESTION,
    Duplicates,
    Json,
    Labels,
    Memory,
    Normalize,
    Output,
    Positive,
    Preprocess,
    Quiet,
    Resume,
    Scheduler,
    Scratch,
    Source,
    Target,
    Threads,
    WorkerProcesses,
    XKey,
    YKey,
    examples,
)
from certify.cli.targets import check_targets

if TYPE_CHECKING:
    from certify.workflows import Plan

EPILOG = examples(
    "certify dataset wine --normalize",
    "certify dataset iris --duplicates drop --normalize --theorem du2019.gd",
    "certify dataset sphere:n=50,d=20,seed=0 --activation erf --json",
    'certify dataset wine --normalize --activation "log(1+exp(z))"',
    "certify dataset wine --normalize --width 1000000",
    "certify dataset wine --activation relu --depth 3 --bias-std 0.1",
    "certify dataset wine --normalize --activation erf --tune",
    "certify dataset digits --dry-run",
)


def dataset(
    source: Source,
    target: Target = None,
    labels: Labels = "auto",
    positive: Positive = None,
    x_key: XKey = None,
    y_key: YKey = None,
    preprocess: Preprocess = "",
    normalize: Normalize = False,
    duplicates: Duplicates = "keep",
    activation: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|EXPR",
            help="relu, leaky_relu, erf, tanh, sigmoid, softplus, gelu, silu, sin, cos, or an expression such as "
            '"log(1+exp(z))" (default: relu, or the theorem\'s).',
            rich_help_panel=QUESTION,
        ),
    ] = None,
    depth: Annotated[
        int,
        typer.Option(metavar="L", help="Hidden layers; above 1 all are trained (relu, erf).", rich_help_panel=QUESTION),
    ] = 1,
    tune: Annotated[
        bool,
        typer.Option(
            "--tune", help="Choose the activation's scale for the least width: erf, sin, cos.", rich_help_panel=QUESTION
        ),
    ] = False,
    train: Annotated[
        Literal["first", "all"] | None,
        typer.Option(
            help="The first of two layers (the width theorems' network), or all weights and biases: then the kernel "
            "of neural-tangents, and no width is claimed.",
            rich_help_panel=QUESTION,
        ),
    ] = None,
    weight_std: Annotated[
        float,
        typer.Option(metavar="FLOAT", help="Scale of the weights, with --train all.", rich_help_panel=QUESTION),
    ] = 1.0,
    bias_std: Annotated[
        float,
        typer.Option(metavar="FLOAT", help="Scale of the biases, with --train all.", rich_help_panel=QUESTION),
    ] = 0.0,
    delta: Annotated[
        float,
        typer.Option(metavar="FLOAT", help="Failure probability over the weights.", rich_help_panel=QUESTION),
    ] = 0.05,
    alpha: Annotated[
        float, typer.Option(metavar="FLOAT", help="Scale of the network's output.", rich_help_panel=QUESTION)
    ] = 1.0,
    init: Annotated[
        Literal["paired", "independent"],
        typer.Option(
            help="Weights in pairs, so that the output starts at 0, or all independent.",
            rich_help_panel=QUESTION,
        ),
    ] = "paired",
    theorem: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Ask this theorem only; repeatable.", rich_help_panel=QUESTION),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(metavar="M", help="Is linear convergence guaranteed at width M?", rich_help_panel=QUESTION),
    ] = None,
    min_rate: Annotated[
        float | None,
        typer.Option(
            metavar="FRACTION",
            help="Ask for a PL* constant of at least this fraction of the initial smallest eigenvalue.",
            rich_help_panel=QUESTION,
        ),
    ] = None,
    fraction: Annotated[
        float,
        typer.Option(metavar="FLOAT", help="Count steps until the loss is this fraction.", rich_help_panel=QUESTION),
    ] = 1e-6,
    loss: Annotated[
        Literal["half-sum", "sum", "mean"],
        typer.Option(help="Convention of the loss, for step sizes and loss values.", rich_help_panel=QUESTION),
    ] = "half-sum",
    output: Output = None,
    json: Json = False,
    quiet: Quiet = False,
    effort: Annotated[
        Literal["low", "normal", "high"],
        typer.Option(help="Budget of operations for nearly singular data.", rich_help_panel=MACHINE),
    ] = "normal",
    threads: Threads = None,
    memory: Memory = None,
    scratch: Scratch = None,
    resume: Resume = False,
    workers: WorkerProcesses = None,
    scheduler: Scheduler = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Estimate time and memory, compute nothing.", rich_help_panel=MACHINE),
    ] = False,
) -> None:
    """Bound the tangent kernel's smallest eigenvalue on a data set, and the widths that theory then needs.

    Proved means: the kernel's matrix is positive definite and at least one theorem gives a finite width
    (with --width M: at least one guarantees linear convergence at M). Exit status 0 if so, 1 if not.
    """
    targets = check_targets(output, FORMATS)
    from certify.data import LoadOptions, load
    from certify.data.memory import matrices_elsewhere
    from certify.workflows import DatasetRequest, Resources, certify_dataset, plan_dataset
    from certify.workflows.resources import bytes_of

    resources = Resources(None if memory is None else bytes_of(memory), scratch, resume, workers, scheduler)
    request = DatasetRequest(
        activation=activation,
        delta=delta,
        alpha=alpha,
        init=init,
        theorems=tuple(theorem) if theorem else None,
        width=width,
        min_rate=min_rate,
        loss=loss,
        fraction=fraction,
        depth=depth,
        train=train,
        weight_std=weight_std,
        bias_std=bias_std,
        effort=effort,
        threads=threads,
        resources=resources,
    )
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
    with matrices_elsewhere() if resources.on_disk or resources.distributed else nullcontext():
        data = load(source, options)
    if dry_run:
        plan = plan_dataset(data.n, data.d, request, data.normalized)
        if json:
            answer_json({"seconds": plan.seconds, "bytes": plan.bytes, "disk": plan.disk})
        say(describe_plan(plan, data.n, data.d), quiet=quiet or json)
        return
    if tune:
        from certify.workflows.tune import tune as tuned

        request, found = tuned(data, request)
        say(f"tuned: {found.activation}, {describe_tuned(found.plain, found.width)}", quiet=quiet)
    with progress(quiet) as callback:
        result = certify_dataset(data, request, callback)
    deliver(result, targets, json=json, quiet=quiet)


def describe_tuned(plain: int | None, width: int | None) -> str:
    """What the search expects of the scale; the certificate says what is proved."""
    expected = "no width" if width is None else f"a width of about {width:.3g}"
    return f"{expected} where scale 1 needs {'none that was found' if plain is None else f'{plain:.3g}'} (to be proved)"


def describe_plan(plan: Plan, n: int, d: int) -> str:
    """One line: size, time and memory that the computation will take."""
    disk = f", {plan.disk / 2**30:.3g} GiB of disk" if plan.disk else ""
    return f"{n} rows of {d}: about {plan.seconds:.2g} s and {plan.bytes / 2**20:.3g} MiB{disk}; nothing computed"
