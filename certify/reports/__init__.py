"""Reports: what a certificate says, for people. Nothing here is part of a claim."""

from certify.reports.illustration import Illustration
from certify.reports.text import render_text
from certify.reports.writing import write_report

__all__ = ["Illustration", "render_text", "write_report"]
