"""The LaTeX report: two booktabs tables ready to be included in a paper."""

from __future__ import annotations

from certify.certificates import Certificate
from certify.reports.illustration import Illustration
from certify.reports.numbers import UNKNOWN
from certify.reports.summary import summarise
from certify.reports.templating import environment


def render_latex(certificate: Certificate, illustration: Illustration | None = None) -> str:
    """Table floats of bounds and theorems (package booktabs, pdfLaTeX or later), all text escaped.

    ``illustration`` is accepted for symmetry: a paper's table shows verified numbers only.
    """
    summary = summarise(certificate)
    labels = list(dict.fromkeys(row.label for row in summary.theorems if row.label))
    probabilities = {row.probability for row in summary.theorems} - {UNKNOWN}
    shared = probabilities.pop() if len(probabilities) == 1 else None
    template = environment("tex").get_template("report.tex.j2")
    return template.render(s=summary, labels=labels, probability=shared)
