"""``certify check --coq``: what Coq's kernel says of a certificate's data or network, from nothing but the numbers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from certify.certificates import Certificate
    from certify.certificates.checker import ClaimCheck


def by_coq(document: Certificate, data: Any, weights: Path | None, keep: Path | None) -> ClaimCheck:
    """A proof file from the data (and weights) at hand, of the certificate's own hash, put before coqc."""
    from certify.certificates.checker import ClaimCheck, Status

    reason = _unspeakable(document, data, weights)
    if reason is not None:
        return ClaimCheck("coq", Status.NOT_CHECKABLE, reason)
    with tempfile.TemporaryDirectory(prefix="certify-check-") as folder:
        path = Path(folder) / "Proof.v"
        return _data(document, data, path, keep) if weights is None else _network(document, data, weights, path, keep)


def _unspeakable(document: Certificate, data: Any, weights: Path | None) -> str | None:
    """Why there is no proof file about this certificate, or None."""
    from certify.coq.network import COQ_ACTIVATIONS

    kernel, low = document.kernel or {}, document.bounds.get("lambda_min")
    if data is None:
        return "the data are needed (--data SOURCE)"
    if document.kind == "network":
        if weights is None:
            return "the network is needed (--weights MODEL)"
        network = document.to_json()["network"]
        first = kernel.get("depth") == 1 and network.get("trained") == "first" and network.get("outputs") == 1
        known = first and kernel.get("activation") in COQ_ACTIVATIONS
        return None if known else "the proof files speak of the first layer of two-layer tanh and softplus networks"
    if (
        document.kind != "dataset"
        or kernel.get("activation") != "relu"
        or kernel.get("depth") != 1
        or kernel.get("trained")
    ):
        return "the proof files speak of the ReLU kernel of a data set, and of networks"
    if kernel.get("bias") or low is None or low.lower is None or low.lower <= 0:
        return "the certificate has no positive bound of a kernel without bias"
    return None


def _data(document: Certificate, data: Any, path: Path, keep: Path | None) -> ClaimCheck:
    from certify.certificates.checker import ClaimCheck, Status
    from certify.coq import build_instance, check_with_retries, proof_text

    instance, outcome = check_with_retries(lambda loss: build_instance(data, loss=loss), proof_text, path, keep)
    if not outcome.accepted:
        return ClaimCheck("coq", Status.NOT_CONFIRMED, f"Coq rejects the proof: {outcome.reason}")
    sigma, low = instance.factor.sigma.times_power(0), document.bounds["lambda_min"]
    if low.upper is not None and sigma > low.upper:
        return ClaimCheck("coq", Status.NOT_CONFIRMED, f"Coq accepts a proof that λ_min ≥ {sigma:.17g}: contradiction")
    return _same_data(document, path) or ClaimCheck(
        "coq", Status.CONFIRMED, f"Coq accepts a proof that λ_min ≥ {sigma:.17g}, of the data with this hash"
    )


def _network(document: Certificate, data: Any, weights: Path, path: Path, keep: Path | None) -> ClaimCheck:
    from certify.certificates.checker import ClaimCheck, Status
    from certify.coq import NotCertified, build_network_instance, check_with_retries, network_text
    from certify.networks.files import Model, read_model

    model, name = read_model(weights), str((document.kernel or {}).get("activation"))
    if not isinstance(model, Model) or model.digest() != document.to_json()["network"].get("sha256"):
        return ClaimCheck("coq", Status.NOT_CONFIRMED, "the weights are not those of the certificate")
    try:
        instance, outcome = check_with_retries(
            lambda loss: build_network_instance(model, data, name, loss=loss), network_text, path, keep
        )
    except NotCertified as error:
        return ClaimCheck("coq", Status.NOT_CONFIRMED, f"no proof at these weights: {error}")
    if not outcome.accepted:
        return ClaimCheck("coq", Status.NOT_CONFIRMED, f"Coq rejects the proof: {outcome.reason}")
    eta = instance.eta.times_power(0)
    return _same_data(document, path) or ClaimCheck(
        "coq", Status.CONFIRMED, f"Coq accepts a proof that training converges from these weights, step size {eta:.6g}"
    )


def _same_data(document: Certificate, path: Path) -> ClaimCheck | None:
    """A refusal if the data in the proof file do not have the certificate's hash."""
    from certify.certificates.checker import ClaimCheck, Status
    from certify.coq import embedded_dataset

    recorded = None if document.data is None else document.data["sha256"]
    if embedded_dataset(path).sha256 == recorded:
        return None
    return ClaimCheck("coq", Status.NOT_CONFIRMED, "the theorem's data do not have the certificate's data.sha256")
