"""The Markdown report (GitHub's tables)."""

from __future__ import annotations

from certify.certificates import Certificate
from certify.reports.illustration import Illustration
from certify.reports.summary import summarise
from certify.reports.templating import environment


def render_markdown(certificate: Certificate, illustration: Illustration | None = None) -> str:
    """The report as Markdown, all text escaped."""
    eigenvalues = illustration.eigenvalues if illustration is not None else None
    return environment("md").get_template("report.md.j2").render(s=summarise(certificate), eigenvalues=eigenvalues)
