"""Claims that certificates of several kinds make in the same words: their data, and what the search takes on trust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from certify.certificates.checker.facts import NO_DATA
from certify.certificates.checker.report import NotCheckable, NotConfirmed, require
from certify.certificates.checker.rows import PlainData
from certify.certificates.document import Certificate

#: What the search takes on trust; a certificate that does not say so is incomplete.
ASSUMED = (
    "BLAS evaluates matrix products by the standard formula in some order (no Strassen, no emulated float64)",
    "the processor, the compiler's code and the libraries ival and Arb (FLINT) compute as specified",
)


def same_data(certificate: Certificate, data: PlainData | None) -> bool:
    """Are these the data that the certificate speaks of, by their hash?"""
    return data is not None and certificate.data is not None and data.sha256 == certificate.data["sha256"]


def data_claim(certificate: Certificate, data: PlainData | None) -> str:
    """Hash, shape and loading options."""
    recorded = certificate.data
    if recorded is None:
        raise NotConfirmed("no data are recorded")
    if data is None:
        raise NotCheckable(NO_DATA)
    require(same_data(certificate, data), "these data have another hash")
    require((recorded["n"], recorded["d"]) == (data.n, data.d), "n and d are not those of the data")
    if data.options is not None:
        require(_thawed(recorded["options"]) == data.options, "the options are not those they were loaded with")
    return "SHA-256 of shapes and bytes, formed again"


def assumed_claim(certificate: Certificate) -> str:
    """The assumptions of the search are listed."""
    missing = [text for text in ASSUMED if text not in certificate.assumed]
    require(not missing, f"an assumption of the search is not listed: {missing[:1]}")
    return "the search's assumptions are listed"


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thawed(item) for key, item in value.items()}
    return [_thawed(item) for item in value] if isinstance(value, tuple | list) else value
