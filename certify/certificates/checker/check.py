"""The entry: one certificate, perhaps its data, every claim checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from certify.certificates.checker.dataset import DatasetCheck
from certify.certificates.checker.kernel import KernelCheck
from certify.certificates.checker.network import WeightsCheck
from certify.certificates.checker.report import CheckReport, Collector, NotCheckable, NotConfirmed
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.run import RunCheck
from certify.certificates.checker.weights import PlainNetwork
from certify.certificates.document import Certificate
from certify.certificates.files import load_certificate

TRUSTED = "the processor, and the library Arb (FLINT), compute as specified"
BLAS = (
    "BLAS evaluates matrix products by the standard formula in some order, in IEEE binary64 round to nearest with "
    "gradual underflow"
)


def check_certificate(
    certificate: Certificate | Mapping[str, Any] | str | os.PathLike[str],
    data: Any = None,
    exact: bool = False,
    weights: Any = None,
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
        Ball arithmetic throughout for matrices of up to 600 rows instead of 200, and more patience beyond.
    weights:
        For the kinds ``network`` and ``run``: the network, as `certify.networks.files.read_model` gives it, or a
        mapping of arrays ``W1, b1, W2, …, v, c, alpha`` (``W, b, a``); of a run, its final weights.

    Returns
    -------
    CheckReport
        One `ClaimCheck` for each claim: ``confirmed``, ``not confirmed`` or ``not checkable``, with the reason.

    Raises
    ------
    InputError
        If the certificate is malformed (format, schema, hash), or data or weights are no finite arrays.
    """
    if isinstance(certificate, str | os.PathLike):
        certificate = load_certificate(certificate)
    elif isinstance(certificate, Mapping):
        certificate = Certificate.from_json(certificate)
    collector = Collector()
    routes: tuple[str, ...] = ()
    floats = False
    try:
        check = _check_of(certificate, data, exact, weights)
        with threadpool_limits(1, "blas"):  # many small calls: more threads would only wait for each other
            check.check(collector)
        routes, floats = check.routes, check.by_floats
    except (NotConfirmed, NotCheckable, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as stop:
        collector.put("document", _raiser(stop))  # a member of another shape than the format's confirms nothing
    assumed = (TRUSTED, BLAS) if floats else (TRUSTED,)
    return CheckReport(
        certificate.kind, certificate.verdict, certificate.claims_sha256, tuple(collector.claims), routes, assumed
    )


class _Check(Protocol):
    """What the check of each kind offers."""

    @property
    def routes(self) -> tuple[str, ...]: ...

    @property
    def by_floats(self) -> bool: ...

    def check(self, collector: Collector) -> None: ...


def _check_of(certificate: Certificate, data: Any, exact: bool, weights: Any) -> _Check:
    if certificate.kind == "kernel":
        return KernelCheck(certificate, data, exact)
    plain = None if data is None else PlainData.of(data)
    if certificate.kind == "dataset":
        return DatasetCheck(certificate, plain, exact)
    network = None if weights is None else PlainNetwork.of(weights)
    if certificate.kind == "network":
        return WeightsCheck(certificate, plain, network, exact)
    if certificate.kind == "run":
        return RunCheck(certificate, plain, network, exact)
    raise NotCheckable(f"this certify has no checker for certificates of kind {certificate.kind!r}")


def _raiser(stop: Exception) -> Any:
    def derive() -> str:
        raise stop

    return derive
