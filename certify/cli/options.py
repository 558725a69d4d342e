"""Options that commands share, each declared once, and the words of the help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

DATA = "Data"
QUESTION = "Question"
OUTPUT = "Output"
MACHINE = "Machine"


def examples(*lines: str) -> str:
    """The epilogue of a command's help: lines that run as they stand."""
    return "Examples:\n\n" + "\n\n".join(lines)


Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A file (.csv .tsv .npy .npz .svm .parquet), a bundled name (iris wine breast_cancer diabetes "
        "digits), or sphere:n=200,d=50,seed=0.",
        show_default=False,
    ),
]
Target = Annotated[
    str | None,
    typer.Option(metavar="COLUMN|FILE", help="The labels: a column of the source or a file.", rich_help_panel=DATA),
]
Labels = Annotated[
    Literal["auto", "pm1", "onehot", "regression"],
    typer.Option(
        help="How labels become targets: ±1 of two classes, a column of 0 and 1 for each, or the numbers.",
        rich_help_panel=DATA,
    ),
]
Positive = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS",
        help="The class that becomes +1, against the rest (default: the last).",
        rich_help_panel=DATA,
    ),
]
XKey = Annotated[
    str | None,
    typer.Option("--x-key", metavar="KEY", help="The array of inputs in an .npz.", rich_help_panel=DATA),
]
YKey = Annotated[
    str | None,
    typer.Option("--y-key", metavar="KEY", help="The array of labels in an .npz.", rich_help_panel=DATA),
]
Preprocess = Annotated[
    str,
    typer.Option(
        metavar="STEPS",
        help="standardize, bias, unit: joined by commas, left to right.",
        rich_help_panel=DATA,
    ),
]
Normalize = Annotated[
    bool, typer.Option("--normalize", help="Take x/|x| exactly, as real vectors.", rich_help_panel=DATA)
]
Duplicates = Annotated[
    Literal["keep", "drop"],
    typer.Option(help="Rows that make the kernel singular: keep them, or drop the later.", rich_help_panel=DATA),
]
Output = Annotated[
    list[Path] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write a certificate (.json) or a report (.html .md .tex); repeatable.",
        rich_help_panel=OUTPUT,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Put the document on stdout, and nothing else.", rich_help_panel=OUTPUT)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No text, no progress.", rich_help_panel=OUTPUT)]
Threads = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Threads (default: all processors).", rich_help_panel=MACHINE),
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="Memory to use, such as 2GiB; matrices that do not fit go to files.",
        rich_help_panel=MACHINE,
    ),
]
Scratch = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Where these files go (default: the temporary directory).", rich_help_panel=MACHINE
    ),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on with the interrupted run in --scratch.", rich_help_panel=MACHINE),
]
WorkerProcesses = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, metavar="N", help="Work in N Dask processes of this machine.", rich_help_panel=MACHINE
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Work on a Dask cluster, such as tcp://host:8786.", rich_help_panel=MACHINE),
]
