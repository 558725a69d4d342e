"""The entry: one certificate, perhaps its data, every claim checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from threadpoolctl import threadpool_limits

from certify.certificates.checker.dataset import DatasetCheck
from certify.certificates.checker.kernel import KernelCheck
from certify.certificates.checker.report import CheckReport, Collector, NotCheckable, NotConfirmed
from certify.certificates.checker.rows import PlainData
from certify.certificates.document import Certificate
from certify.certificates.files import load_certificate

TRUSTED = "the processor, and the library Arb (FLINT), compute as specified"
BLAS = (
    "BLAS evaluates matrix products by the standard formula in some order, in IEEE binary64 round to nearest with "
    "gradual underflow"
)


def check_certificate(
    certificate: Certificate | Mapping[str, Any] | str | os.PathLike[str], data: Any = None, exact: bool = False
) -> CheckReport:
    """Derive every claim of a certificate again, independently of what made it.

    Parameters
    ----------
    certificate:
        A certificate, its plain JSON document, or the path of its file.
    data:
        The data it speaks of, as they are after loading: ``(X, y)`` (arrays of shapes (n, d) and (n,) or None), or
        an object with these attributes, such as `certify.Dataset`. For a certificate of kind ``kernel``: the matrix
        (n, n) as given. Without data, claims about data are not checkable.
    exact:
        Ball arithmetic throughout for matrices of up to 600 rows instead of 200.

    Returns
    -------
    CheckReport
        One `ClaimCheck` for each claim: ``confirmed``, ``not confirmed`` or ``not checkable``, with the reason.

    Raises
    ------
    InputError
        If the certificate is malformed (format, schema, hash), or the data are no finite arrays.
    """
    if isinstance(certificate, str | os.PathLike):
        certificate = load_certificate(certificate)
    elif isinstance(certificate, Mapping):
        certificate = Certificate.from_json(certificate)
    collector = Collector()
    routes: tuple[str, ...] = ()
    floats = False
    if certificate.kind in ("dataset", "kernel"):
        check: DatasetCheck | KernelCheck
        try:
            if certificate.kind == "dataset":
                check = DatasetCheck(certificate, None if data is None else PlainData.of(data), exact)
            else:
                check = KernelCheck(certificate, data, exact)
            with threadpool_limits(1, "blas"):  # many small calls: more threads would only wait for each other
                check.check(collector)
            routes, floats = check.facts.routes, check.facts.by_floats
        except NotConfirmed as stop:
            collector.put("document", _raiser(stop))
    else:
        unknown = f"this certify has no checker for certificates of kind {certificate.kind!r}"
        collector.put("verdict", _raiser(NotCheckable(unknown)))
    assumed = (TRUSTED, BLAS) if floats else (TRUSTED,)
    return CheckReport(
        certificate.kind, certificate.verdict, certificate.claims_sha256, tuple(collector.claims), routes, assumed
    )


def _raiser(stop: Exception) -> Any:
    def derive() -> str:
        raise stop

    return derive
