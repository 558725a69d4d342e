"""What the command says and where: people on stderr, machines on stdout, progress on a terminal."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from certify.certificates import Certificate

#: Called as ``progress(stage, done, total)``.
Progress = Callable[[str, int, int], None]


def complain(text: str) -> None:
    """Write one line to stderr, whatever line breaks the text has."""
    print(f"certify: {' '.join(text.split())}", file=sys.stderr)


def say(text: str, *, quiet: bool = False) -> None:
    """Write text for people to stderr, unless ``quiet``."""
    if not quiet:
        print(text, file=sys.stderr)


def answer(text: str) -> None:
    """Write what was asked for to stdout."""
    print(text)


def answer_certificate(certificate: Certificate) -> None:
    """Write a certificate to stdout, to the byte as a file of it: its hash must survive a redirection."""
    sys.stdout.flush()
    sys.stdout.buffer.write(certificate.canonical().encode("utf-8") + b"\n")
    sys.stdout.flush()


def answer_json(document: Mapping[str, Any] | list[Any]) -> None:
    """Write one JSON document to stdout, ASCII only so that no encoding can damage it."""
    print(json.dumps(document, indent=2, allow_nan=False))


@contextmanager
def progress(quiet: bool) -> Iterator[Progress | None]:
    """A callback that draws stages and the time to go on stderr, or ``None`` when nobody looks at it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TextColumn("to go"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}
        ended: set[str] = set()
        lock = threading.Lock()  # workers report too

        def update(stage: str, done: int, total: int) -> None:
            with lock:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage, total=total)
                elif stage in ended and done < total:  # it begins anew, for another kernel
                    ended.discard(stage)
                    bars.reset(tasks[stage], total=total)
                if done >= total:
                    ended.add(stage)
                bars.update(tasks[stage], completed=done, total=total)

        yield update
