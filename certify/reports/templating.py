"""The jinja2 environments of the report templates: strict about names, escaping by format."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from certify.reports.symbols import LATEX

_POWER = re.compile(r"(?<![\w.])(-?[0-9][0-9.]*(?:\[[0-9]{2}, [0-9]{2}\])?)e(-?[0-9]+)\b")
_EXPONENT = re.compile(r"\^([\w]+)")
_INDEX = re.compile(r"([λKx])_(min|max|i|j|0)\b")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~])")


def html_number(text: str) -> Markup:
    """Escaped text with ``1.85e6`` typeset as a power of ten."""
    marked = _POWER.sub(_html_power, str(escape(text)))
    return Markup(_INDEX.sub(r"\1<sub>\2</sub>", _EXPONENT.sub(r"<sup>\1</sup>", marked)))


def _html_power(match: re.Match[str]) -> str:
    mantissa = "" if match.group(1) == "1" else f"{match.group(1)}&#8239;×&#8239;"
    return f"{mantissa}10<sup>{match.group(2).replace('-', '−')}</sup>"


def markdown_text(text: str) -> str:
    """Text in which no character has a meaning in Markdown or HTML."""
    return _MARKDOWN.sub(r"\\\1", text.replace("&", "&amp;"))


def latex_text(text: str) -> str:
    """Text in which no character has a meaning in LaTeX; known symbols become commands."""
    pieces = _INDEX.split(text)
    written = []
    for index in range(0, len(pieces), 3):
        written.append("".join(LATEX.get(character, character) for character in pieces[index]))
        if index + 2 < len(pieces):
            letter, suffix = (LATEX.get(pieces[index + 1], pieces[index + 1]), pieces[index + 2])
            written.append(rf"\ensuremath{{{letter}_{{\mathrm{{{suffix}}}}}}}")
    return "".join(written)


def latex_number(text: str) -> str:
    """Escaped text with ``1.85e6`` typeset as a power of ten."""
    parts, position = [], 0
    for match in _POWER.finditer(text):
        parts.append(latex_text(text[position : match.start()]))
        mantissa = "" if match.group(1) == "1" else match.group(1).replace(", ", ",") + r"\times"
        parts.append(f"\\ensuremath{{{mantissa} 10^{{{match.group(2)}}}}}")
        position = match.end()
    return "".join(parts) + latex_text(text[position:])


@cache
def environment(kind: str) -> Environment:
    """The jinja2 environment for ``html``, ``md`` or ``tex``; undefined names are errors."""
    shared = {"loader": PackageLoader("certify.reports", "templates"), "undefined": StrictUndefined}
    if kind == "html":
        env = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, **shared)  # type: ignore[arg-type]
        env.filters["number"] = html_number
        return env
    if kind == "tex":
        env = Environment(  # braces and percent signs belong to LaTeX
            autoescape=False, block_start_string="<%", block_end_string="%>", variable_start_string="<<",
            variable_end_string=">>", comment_start_string="<#", comment_end_string="#>", trim_blocks=True,
            lstrip_blocks=True,
            **shared,  # type: ignore[arg-type]
        )  # fmt: skip
        env.filters["text"], env.filters["number"] = latex_text, latex_number
        return env
    env = Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True, **shared)  # type: ignore[arg-type]
    env.filters["text"] = markdown_text
    return env
