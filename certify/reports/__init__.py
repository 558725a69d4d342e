"""Reports: what a certificate says, for people. Nothing here is part of a claim."""

from certify.reports.illustration import Illustration
from certify.reports.text import render_text, wants_colour
from certify.reports.writing import report_suffixes, write_report

__all__ = ["Illustration", "render_text", "report_suffixes", "wants_colour", "write_report"]
