"""The HTML report: one file with its styles and figures inside, nothing fetched from anywhere."""

from __future__ import annotations

from markupsafe import Markup

from certify.certificates import Certificate
from certify.reports.figures import figures
from certify.reports.illustration import Illustration
from certify.reports.summary import summarise
from certify.reports.templating import environment


def render_html(certificate: Certificate, illustration: Illustration | None = None) -> str:
    """The report as a self-contained HTML page; all text escaped, figures as inline SVG."""
    drawn = [(figure, Markup(figure.svg)) for figure in figures(certificate, illustration)]
    return environment("html").get_template("report.html.j2").render(s=summarise(certificate), figures=drawn)
