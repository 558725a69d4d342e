"""``certify theorem compare``: one data set, all theorems, the width each needs; the loss certain at given widths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.workers import workers
from certify.certificates import Certificate
from certify.data import Dataset
from certify.errors import InputError
from certify.networks.activation import SMOOTH
from certify.theorems import TheoremResult
from certify.workflows.dataset import _certificate, _theorem_entry, theorems_for
from certify.workflows.horizon import horizon
from certify.workflows.horizon_prior import PriorHorizon
from certify.workflows.measure import Measurements
from certify.workflows.request import DatasetRequest
from certify.workflows.resources import storage_for
from certify.workflows.spectral import spectral_entry

DEFAULT_SMOOTH = "softplus"
#: Beyond so many rows the kernel of `DEFAULT_SMOOTH` at infinite width is asked for by name only.
MOST_COMPARED = 1000


@dataclass(frozen=True)
class CompareRequest:
    """What is compared.

    Attributes
    ----------
    dataset :
        As for `certify_dataset`; its ``theorems`` and ``width`` are not used.
    widths :
        Widths, even, at which the loss after finite time is certified.
    seed :
        Seed of the weights drawn for these.

    Raises
    ------
    InputError
        One line naming the option.
    """

    dataset: DatasetRequest = field(default_factory=DatasetRequest)
    widths: tuple[int, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        for width in self.widths:
            if width < 2 or width % 2:
                raise InputError(f"{width} is not a positive even number", "--widths", "even widths: 1024,4096")
        if not 0 <= self.seed < 2**64:
            raise InputError(f"the seed is {self.seed}", "--seed", "an integer from 0 to 2^64 − 1")

    def horizons(self) -> tuple[str, ...]:
        """Activations whose finite-time loss is certified: the document's, and the other kind's for comparison."""
        own = self.dataset.document_activation
        if own == "relu":
            return ("relu", DEFAULT_SMOOTH)
        return (own,) if own in SMOOTH else (DEFAULT_SMOOTH,)

    def asks_prior(self, activation: str, n: int) -> bool:
        """Whether the loss before any weights are drawn is asked of it too: not where it is here for comparison only,
        and its kernel at infinite width, without a closed form, would take longest of all.
        """
        return n <= MOST_COMPARED or activation in ("relu", self.dataset.document_activation)


def compare(data: Dataset, request: CompareRequest | None = None) -> Certificate:
    """All theorems on one data set, as a certificate of kind ``dataset``.

    Entries of ``horizon.*`` speak of the networks that the seed draws, the greatest of the widths first of all.

    Raises
    ------
    InputError, ArithmeticRefused, MachineFault
        As `certify_dataset` and `horizon`.
    """
    request = request or CompareRequest()
    asked = replace(request.dataset, theorems=None, width=None)
    require_selftest()
    with workers(asked.threads) as pool, storage_for(data, asked.resources, asked.threads, asked.to_json()) as storage:
        measured = Measurements(data, pool, None, asked.effort, storage)
        spectrum = measured.spectrum(asked.document_activation, both_ends=True)
        entries = [_theorem_entry(name, measured, asked) for name in theorems_for(asked, data)]
        base = _certificate(data, asked, measured, spectrum, entries)
        extra: list[dict[str, Any]] = [spectral_entry(measured, asked)]
        for activation in request.horizons():
            if request.widths:
                results = {
                    width: horizon(measured, pool, activation, width, request.seed, request.dataset.alpha)
                    for width in sorted(request.widths)
                }
                extra.append(_horizon_entry(results, activation, request, data.normalized))
                if request.asks_prior(activation, data.n):
                    prior = _prior(measured, activation, request)
                    extra += [_horizon_entry(prior, activation, request, data.normalized)] if prior else []
    document = {**base.to_json(), "theorems": [*(entry.to_json() for entry in _entries(base)), *extra]}
    document["request"] = {**document["request"], "widths": list(request.widths), "seed": request.seed}
    return _rehashed(document)


def _prior(measured: Measurements, activation: str, request: CompareRequest) -> dict[int, TheoremResult]:
    """The loss that is certain with probability 1 − δ, before any weights are drawn.

    Empty where it is here for comparison only, and there is no kernel at infinite width for these rows.
    """
    try:
        problem = PriorHorizon(measured, activation, Fraction(request.dataset.alpha))
    except InputError:
        if activation == request.dataset.document_activation:
            raise
        return {}
    return {width: problem.at(width, Fraction(request.dataset.delta)) for width in sorted(request.widths)}


def _horizon_entry(
    results: Mapping[int, TheoremResult], activation: str, request: CompareRequest, normalized: bool
) -> dict[str, Any]:
    """The entry of the greatest width, with ``loss_factor_at_M`` for every width M asked about."""
    entry = results[max(results)].to_json()
    for width, result in results.items():
        factor = result.constants.get("loss_factor")
        if factor is not None:
            entry["constants"][f"loss_factor_at_{width}"] = factor.to_json()
    entry.pop("kernel", None)
    if activation != request.dataset.document_activation:
        entry["kernel"] = {"activation": activation, "depth": 1, "bias": False, "normalized": normalized}
    return entry


def _entries(certificate: Certificate) -> tuple[Any, ...]:
    return tuple(certificate.theorems)


def _rehashed(document: dict[str, Any]) -> Certificate:
    """The certificate of a document whose members have changed."""
    from certify.certificates.document import claims_sha256

    document["claims_sha256"] = claims_sha256(document)
    return Certificate.from_json(document)
