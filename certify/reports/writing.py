"""A report file by the ending of its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from certify.certificates import Certificate, write_atomically
from certify.errors import InputError
from certify.reports.html import render_html
from certify.reports.illustration import Illustration
from certify.reports.latex import render_latex
from certify.reports.markdown import render_markdown

_FORMATS: Mapping[str, Callable[[Certificate, Illustration | None], str]] = {
    ".html": render_html,
    ".md": render_markdown,
    ".tex": render_latex,
}


def report_suffixes() -> tuple[str, ...]:
    """The file endings `write_report` knows."""
    return tuple(_FORMATS)


def write_report(
    certificate: Certificate, path: str | os.PathLike[str], illustration: Illustration | None = None
) -> None:
    """Write the report whose format the path's ending names, atomically.

    Raises
    ------
    InputError
        If the ending is unknown (the message lists those there are) or the file cannot be written.
    """
    render = _FORMATS.get(Path(path).suffix.lower())
    if render is None:
        raise InputError(
            f"no report format has the ending {Path(path).suffix!r}", str(path), f"use {', '.join(_FORMATS)}"
        )
    write_atomically(path, render(certificate, illustration))
