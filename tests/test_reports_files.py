"""HTML, Markdown and LaTeX: complete, self-contained, escaped, reproducible."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from certificate_fixtures import DU, FLOW, RELU, SMOOTH, wine, wine_eigenvalues

from certify.arithmetic.enclosure import Enclosure
from certify.certificates import load_certificate, save_certificate
from certify.errors import InputError
from certify.reports import Illustration, report_suffixes, write_report
from certify.reports.html import render_html
from certify.reports.latex import render_latex
from certify.reports.markdown import render_markdown

VOID = {"meta", "br", "path", "use", "rect"}


class Page(HTMLParser):
    """Collects tags, ids, text and every attribute that could fetch something; checks nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append((tag, named))
        if named.get("id"):
            self.ids.append(str(named["id"]))
        self.links += [str(v) for k, v in attrs if k in ("href", "src", "xlink:href", "action", "data")]
        if tag != "meta":
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.stack or self.stack[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def html() -> str:
    return render_html(wine(), Illustration(wine_eigenvalues()))


def test_html_is_well_formed_and_fetches_nothing(html: str) -> None:
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", html)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "img", "object", "base"}


def test_html_has_the_three_figures_described_and_coloured_by_the_page(html: str) -> None:
    page = Page(html)
    drawings = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(drawings) == 3
    assert all(d.get("role") == "img" and len(d.get("aria-label") or "") > 40 for d in drawings)
    assert {"spectrum", "widths", "envelope"} <= set(page.ids)
    assert "unverified" in page.text and "178 eigenvalues" in page.text
    for figure in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        assert "var(--" in figure
        assert not re.search(r"#[0-9a-fA-F]{6}\b", re.sub(r'(href="|url\()#[^")]*', "", figure))
    spectrum = re.search(r'id="spectrum".*?</svg>', html, re.DOTALL)
    assert spectrum and "verified λₘᵢₙ" in spectrum.group() and "verified λₘₐₓ" in spectrum.group()
    marks = [a for t, a in Page(spectrum.group().split("<svg")[1].join(["<svg", ""])).tags if t == "use"]
    assert len(marks) >= 178
    assert "prefers-color-scheme: dark" in html and "@media print" in html


def test_html_says_everything(html: str) -> None:
    text = Page(html).text
    for part in (
        "K∞ is positive definite and at least one applicable theorem gives a finite width.",
        "0.00136700002[13, 51]",
        "1.99 × 1025",
        "19 843 211 560 034 221 877 093 412",
        "1 418 220 113 474 640",
        "reconstructed: constants from the paper's own proof",
        "no two rows are parallel",
        "union over n² entries",
        "BLAS evaluates the standard formula",
        "loss half-sum",
        "give a target with --target",
        wine().claims_sha256,
        "No finite width: du2019.flow.",
        "0.95 − 5 × 10−17",
    ):
        assert part in text.replace("\u202f", " "), part


def test_reports_are_reproducible_and_the_same_from_a_file(html: str, tmp_path: Path) -> None:
    assert render_html(wine(), Illustration(wine_eigenvalues())) == html
    save_certificate(wine(), tmp_path / "c.json")
    again = load_certificate(tmp_path / "c.json")
    assert render_latex(again) == render_latex(wine())
    assert re.findall(r"<tr.*", render_html(again)) == re.findall(r"<tr.*", render_html(wine()))


HOSTILE = "<script>alert(1)</script> & \"q\" 'a' | `c` *b* \\input{x} 100% $x$ _u_ #h ~ ^ {z} \x1b[31m"


def hostile() -> dict[str, Any]:
    entry = {**RELU, "claim": HOSTILE, "label": HOSTILE, "source": HOSTILE, "conclusion": HOSTILE}
    entry |= {
        "reason": HOSTILE,
        "would_decide": [HOSTILE],
        "assumed": [HOSTILE],
        "witness": {HOSTILE: HOSTILE},
    }
    entry["hypotheses"] = [{"statement": HOSTILE, "interval": None, "margin": None, "verdict": "undecided"}]
    entry["constants"] = {HOSTILE: {"lower": 1.0, "upper": 2.0}}
    data = {
        "sha256": "0" * 64,
        "n": 2,
        "d": 1,
        "name": HOSTILE,
        "notes": [HOSTILE],
        "options": {HOSTILE: HOSTILE},
    }
    return {
        "claim": HOSTILE, "reason": HOSTILE, "would_decide": [HOSTILE], "data": data, "theorems": [entry, DU],
        "assumed": [HOSTILE], "environment": {HOSTILE: HOSTILE}, "bounds": {HOSTILE: Enclosure(1.0, 2.0)},
    }  # fmt: skip


def test_hostile_text_is_escaped_everywhere() -> None:
    certificate = wine(**hostile())
    html = render_html(certificate)
    Page(html)
    assert "<script" not in html and "\x1b" not in html
    markdown = render_markdown(certificate)
    assert "<script" not in markdown.replace("\\<", "") and "\x1b" not in markdown
    table = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) in (4, 5, 8) for line in table)
    latex = render_latex(certificate)
    assert "\x1b" not in latex
    for line in latex.splitlines():
        if not line.startswith("%"):
            assert "\\input" not in line and not re.search(r"(?<!\\)[%#]", line), line
            assert line.replace("\\{", "").replace("\\}", "").count("{") == line.replace("\\{", "").replace(
                "\\}", ""
            ).count("}")


def test_latex_tables_have_the_columns_they_declare() -> None:
    latex = render_latex(wine())
    other = {**SMOOTH, "constants": {"probability": {"lower": 0.5, "upper": 0.5}}}
    pattern = r"\\begin\{tabular\}\{([lrc]+)\}(.*?)\\end\{tabular\}"
    tables = re.findall(pattern, latex + render_latex(wine(theorems=[RELU, other])), re.DOTALL)
    assert [columns for columns, _ in tables] == ["llr", "llrrrr", "llr", "llrrrrr"]
    assert "probability at least 0.95" in latex
    for columns, body in tables:
        rows = [row for row in body.split("\n") if row.rstrip().endswith(r"\\")]
        assert all(len(re.findall(r"(?<!\\)&", row)) == len(columns) - 1 for row in rows)
        assert body.count(r"\toprule") == body.count(r"\midrule") == body.count(r"\bottomrule") == 1
    assert r"\ensuremath{1.99\times 10^{25}}" in latex and r"\texttt{relu.width}" in latex
    assert all(ord(c) < 128 for c in latex if c != "ó"), sorted({c for c in latex if ord(c) > 127})


def test_markdown_tables() -> None:
    markdown = render_markdown(wine(), Illustration(wine_eigenvalues()))
    assert "| smooth.width | proved | 7.59e8 |" in markdown
    assert "**unverified** 178 float64 eigenvalues" in markdown
    assert "\n\n\n" not in markdown


def test_missing_constants_and_figures_are_no_fault() -> None:
    for theorems in ([], [FLOW], [{**RELU, "constants": {}}], [{**SMOOTH, "constants": {"rate": None}}]):
        certificate = wine(theorems=theorems, bounds={}, data=None, kernel=None, witness=None, definite=None)
        page = Page(render_html(certificate))
        assert not [tag for tag, _ in page.tags if tag == "svg"]
        render_markdown(certificate)
        render_latex(certificate)


def test_extreme_numbers_can_be_drawn() -> None:
    entry = {**RELU, "constants": {
        "required_width": {"lower": 10**400, "upper": 10**400},
        "rate": {"lower": 0.0, "upper": 1.0},
        "step_size": {"lower": 0.5, "upper": 0.5},
    }}  # fmt: skip
    fast = {
        **SMOOTH,
        "constants": {"rate": {"lower": 0.1, "upper": 0.2}, "step_size": {"lower": 0.5, "upper": 1}},
    }
    bounds = {"lambda_min": Enclosure(-1e-18, 1e-18), "lambda_max": Enclosure(0.5, 0.5, 2000)}
    values = wine_eigenvalues()
    values[:3] = [-1e-19, 0.0, 1e-300]
    html = render_html(wine(theorems=[entry, fast], bounds=bounds), Illustration(values))
    text = Page(html).text
    assert "2 of the unverified values are not positive" in text
    assert "Not drawn, because its lower end is not positive: lambda_min" in text


@pytest.mark.parametrize("suffix", report_suffixes())
def test_write_report_by_the_ending(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"report{suffix.upper()}"
    write_report(wine(), path, Illustration(wine_eigenvalues()))
    assert wine().claims_sha256 in path.read_text("utf-8")
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_ending_lists_the_known(tmp_path: Path) -> None:
    for name in ("report.pdf", "report"):
        with pytest.raises(InputError, match=r"use \.html, \.md, \.tex"):
            write_report(wine(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
