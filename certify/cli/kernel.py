"""``certify kernel``: is a matrix positive definite? Is it the kernel or the floats?"""

from __future__ import annotations

from typing import Annotated

import typer

from certify.cli.console import answer_json, progress, say
from certify.cli.deliver import FORMATS, deliver
from certify.cli.options import DATA, MACHINE, Json, Output, Quiet, Threads, examples
from certify.cli.targets import check_targets

EPILOG = examples(
    "certify kernel K.npy",
    "certify kernel kernels.npz --key ntk -o K.json -o K.html",
    "certify kernel K.csv --symmetrize",
    "certify kernel K.mtx --dry-run",
)


def kernel(
    matrix: Annotated[
        str,
        typer.Argument(
            metavar="MATRIX", help="A square symmetric matrix of floats: .npy .npz .csv .mtx.", show_default=False
        ),
    ],
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The array in an .npz (default: its only one).", rich_help_panel=DATA),
    ] = None,
    symmetrize: Annotated[
        bool,
        typer.Option("--symmetrize", help="Certify (A + A^T)/2, exactly, and record it.", rich_help_panel=DATA),
    ] = False,
    output: Output = None,
    json: Json = False,
    quiet: Quiet = False,
    threads: Threads = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Estimate time and memory, compute nothing.", rich_help_panel=MACHINE),
    ] = False,
) -> None:
    """Decide whether a symmetric matrix is positive definite, with proof.

    Proved: it is. Refuted: a direction in which it is not is verified.
    Beside the ends of the spectrum the text names the rows that matter, and
    says whether the float type may be to blame: the kernel or the arithmetic?
    Exit status 0 if proved, 1 if not.
    """
    targets = check_targets(output, FORMATS)
    from certify.data.matrix import load_matrix
    from certify.workflows import certify_kernel, plan_kernel

    given = load_matrix(matrix, key=key, symmetrize=symmetrize)
    if dry_run:
        plan = plan_kernel(given.n, threads)
        if json:
            answer_json({"seconds": plan.seconds, "bytes": plan.bytes})
        size = f"about {plan.seconds:.2g} s and {plan.bytes / 2**20:.3g} MiB"
        say(f"{given.n} × {given.n}, {given.dtype}: {size}; nothing computed", quiet=quiet or json)
        return
    with progress(quiet) as callback:
        result = certify_kernel(given, threads=threads, progress=callback)
    deliver(result, targets, json=json, quiet=quiet)
