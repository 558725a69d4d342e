"""Several checkpoints of one training run: the first from which convergence is certified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from certify.arithmetic.verdict import Verdict
from certify.certificates.document import TheoremEntry
from certify.data import Dataset
from certify.errors import InputError
from certify.networks.files import read_model
from certify.workflows.network import CertifiedNetwork, NetworkRequest, Progress, certify_network


def certify_checkpoints(
    paths: Sequence[Path],
    data: Dataset,
    request: NetworkRequest | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> CertifiedNetwork:
    """The certificate of the first checkpoint, in the order given, that is certified; else that of the last.

    Several files are listed in the certificate's member ``checkpoints``, and ``say`` is called with a line for each.

    Raises
    ------
    InputError
        For a file that is no network, before anything is computed.
    """
    if not paths:
        raise InputError("no network is given", "MODEL", "give one file or more")
    models = [read_model(path) for path in paths]
    rows: list[dict[str, Any]] = []
    for path, model in zip(paths, models, strict=True):
        result = certify_network(model, data, request, progress)
        entry = result.certificate.theorems[0]
        constants = entry.constants if isinstance(entry, TheoremEntry) else {}
        h = constants["h"].upper if "h" in constants else None
        rows.append({"name": path.name, "verdict": str(result.verdict), "h": h})
        if len(paths) > 1:
            say(f"{path.name}: {result.verdict}: {result.certificate.reason}")
        if result.verdict is Verdict.PROVED:
            break
    if len(paths) == 1:
        return result
    certificate = replace(result.certificate, extra={**result.certificate.extra, "checkpoints": rows})
    return CertifiedNetwork(certificate, result.weights)
