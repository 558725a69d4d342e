"""The jinja2 environments of the report templates: strict about names, escaping by format."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from certify.reports.symbols import LATEX

_POWER = re.compile(r"(?<![\w.])(-?[0-9][0-9.]*(?:\[[0-9]{2}, [0-9]{2}\])?)e(-?[0-9]+)\b")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#~])")


def html_number(text: str) -> Markup:
    """Escaped text with ``1.85e6`` typeset as a power of ten."""
    return Markup(
        _POWER.sub(r"\1&#8239;×&#8239;10<sup>\2</sup>", str(escape(text))).replace("<sup>-", "<sup>−")
    )


def markdown_text(text: str) -> str:
    """Text in which no character has a meaning in Markdown or HTML."""
    return _MARKDOWN.sub(r"\\\1", text.replace("&", "&amp;"))


def latex_text(text: str) -> str:
    """Text in which no character has a meaning in LaTeX; known symbols become commands."""
    return "".join(LATEX.get(character, character) for character in text)


def latex_number(text: str) -> str:
    """Escaped text with ``1.85e6`` typeset as a power of ten."""
    parts, position = [], 0
    for match in _POWER.finditer(text):
        parts.append(latex_text(text[position : match.start()]))
        parts.append(f"\\ensuremath{{{match.group(1).replace(', ', ',')}\\times10^{{{match.group(2)}}}}}")
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
