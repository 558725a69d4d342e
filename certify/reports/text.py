"""The report for the terminal: rich tables, or plain ASCII where there is no terminal."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import textwrap
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from certify.certificates import Certificate
from certify.reports.illustration import Illustration
from certify.reports.summary import Summary, TheoremRow, summarise
from certify.reports.symbols import ASCII

_COLOURS = {"proved": "bold green", "refuted": "bold red", "undecided": "bold yellow"}


_RULED = box.Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_RULED_ASCII = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


def wants_colour(stream: TextIO) -> bool:
    """Whether this stream is a terminal, can show the report's characters, and NO_COLOR is not set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
    return bool(getattr(stream, "isatty", lambda: False)()) and encoding == "utf8"


def render_text(
    certificate: Certificate,
    illustration: Illustration | None = None,
    *,
    stream: TextIO | None = None,
    colour: bool | None = None,
    width: int | None = None,
) -> str:
    """The report to print on ``stream`` (default: stderr), without a final newline.

    On a terminal: Unicode, colours and its width (at most 100 columns). Elsewhere, or when NO_COLOR is
    set: ASCII only, 80 columns. ``colour`` and ``width`` override what the stream says.
    """
    target = sys.stderr if stream is None else stream
    colour = wants_colour(target) if colour is None else colour
    width = min(shutil.get_terminal_size().columns, 100) if colour and width is None else width or 80
    summary = summarise(certificate)
    console = Console(
        file=io.StringIO(),
        width=max(width, 60),
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    page = _Page(console, colour)
    page.headline(summary)
    page.facts(summary, illustration)
    page.bounds(summary)
    page.theorems(summary)
    page.closing(summary)
    assert isinstance(console.file, io.StringIO)
    lines = "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
    return re.sub("\n{3,}", "\n\n", lines).strip("\n")


class _Page:
    """Writes the parts of one report; text is made ASCII on the way unless the page is in colour."""

    def __init__(self, console: Console, colour: bool) -> None:
        self.console, self.colour = console, colour

    def text(self, text: str, style: str = "") -> Text:
        if not self.colour:
            for character, spelt in ASCII.items():
                text = text.replace(character, spelt)
            text = text.encode("ascii", "backslashreplace").decode("ascii")
        return Text(text, style=style)

    def line(self, text: str, style: str = "", indent: str = "", first: str | None = None) -> None:
        shown = self.text(text).plain
        start = self.text(indent if first is None else first).plain
        rest = " " * len(start) if first is not None else indent
        for row in textwrap.wrap(
            shown, self.console.width, initial_indent=start, subsequent_indent=rest, break_on_hyphens=False
        ):
            self.console.print(Text(row, style=style), soft_wrap=True)

    def table(self, *columns: tuple[str, str]) -> Table:
        table = Table(
            box=_RULED if self.colour else _RULED_ASCII,
            padding=(0, 1, 0, 0),
            pad_edge=False,
            header_style="bold",
        )
        for title, side in columns:
            table.add_column(
                self.text(title),
                justify="right" if side.endswith("right") else "left",
                overflow="fold",
                no_wrap=not side.startswith("fold"),
            )
        return table

    def headline(self, summary: Summary) -> None:
        self.line(summary.headline, _COLOURS[summary.verdict])
        if summary.reason:
            self.line(summary.reason, indent="  ")
        for item in summary.would_decide:
            self.line(item, first="  would decide: ")
        self.console.print()

    def facts(self, summary: Summary, illustration: Illustration | None) -> None:
        facts = [
            ("data", summary.data),
            ("loaded with", summary.options),
            ("asked", summary.question),
            ("kernel", summary.kernel),
            ("positive definite", summary.definite and _with(summary.definite, summary.method)),
        ]
        if illustration is not None and illustration.eigenvalues is not None:
            values = illustration.eigenvalues
            facts.append(("unverified", f"float64 eigenvalues from {values[0]:.6g} to {values[-1]:.6g}"))
        facts += [("note", note) for note in summary.notes]
        for name, value in facts:
            if value:
                self.line(value, first=f"{name + ':':<19}")

    def bounds(self, summary: Summary) -> None:
        if not summary.bounds:
            return
        table = self.table(("verified bound", "left"), ("contained in", "fold"), ("rel. width", "right"))
        for row in summary.bounds:
            table.add_row(self.text(row.symbol), self.text(row.interval), self.text(row.relative_width))
        self.console.print()
        self.console.print(table)

    def theorems(self, summary: Summary) -> None:
        if not summary.theorems:
            return
        steps = summary.steps_title.replace(" to ", "\nto ")
        table = self.table(
            ("theorem", "left"), ("verdict", "left"), ("width", "right"), ("step size", "fold right"),
            ("rate q", "fold right"), ("probability", "fold right"), (steps, "fold right"),
        )  # fmt: skip
        for row in summary.theorems:
            star = "*" if row.flow else ""
            cells = (
                row.width,
                row.step_size,
                _tight(row.rate) + star,
                _tight(row.probability),
                row.steps + star,
            )
            table.add_row(
                self.text(row.id),
                self.text(row.verdict, _COLOURS[row.verdict] if self.colour else ""),
                *(self.text(cell) for cell in cells),
            )
        self.console.print()
        self.console.print(table)
        self.line(f"Step sizes: loss {summary.loss}. Widths and steps suffice. L(k) ≤ q^k L(0).")
        if any(row.flow for row in summary.theorems):
            self.line("* gradient flow: q is per unit of time, and time stands for steps.")
        for row in summary.theorems:
            self._theorem(row)
            if summary.kind in ("network", "run"):
                self._constants(row)
        if summary.comparison:
            self.console.print()
            self.line(summary.comparison)
            for row in summary.theorems:
                if row.why and row.required_width is not None:
                    self.line(row.why, first=f"  {row.id}: ")

    def _theorem(self, row: TheoremRow) -> None:
        details = []
        if row.label:
            details.append(row.label)
        if row.kernel:
            details.append(f"kernel: {row.kernel}")
        if row.exact_width is not None:
            details.append(f"least width {row.exact_width}")
        if row.every_width_from is not None:
            details.append(f"every width from {row.every_width_from}")
        if row.below is not None:
            details.append(row.below)
        if row.reason:
            details.append(row.reason)
        if row.verdict != "proved":
            details += [f"hypothesis {h.verdict}: {h.statement}" for h in row.hypotheses if h.verdict != "proved"]
        if details:
            self.line("; ".join(details), first=f"  {row.id}: ")
        for item in row.would_decide:
            self.line(item, first="    would decide: ")

    def _constants(self, row: TheoremRow) -> None:
        """Theorems about weights at hand: their constants are the answer."""
        table = self.table((f"{row.id}: constant", "fold"), ("contained in", "fold"))
        for name, value in row.constants:
            table.add_row(self.text(name), self.text(value))
        self.console.print()
        self.console.print(table)

    def closing(self, summary: Summary) -> None:
        who: dict[str, list[str]] = {sentence: [] for sentence in summary.assumed}
        for row in summary.theorems:
            for sentence in row.assumed:
                if sentence not in summary.assumed:
                    who.setdefault(sentence, []).append(row.id)
        if who:
            self.console.print()
            self.line("Assumed, not proved:")
        for sentence, ids in who.items():
            self.line(f"{', '.join(ids)}: {sentence}" if ids else sentence, first="  - ")
        self.console.print()
        self.line(f"claims_sha256 {summary.claims_sha256}")


def _with(text: str, remark: str | None) -> str:
    return f"{text} ({remark})" if remark else text


def _tight(text: str) -> str:
    return text.replace(" − ", "−")
