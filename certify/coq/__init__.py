"""Proof files for Coq: generated from a data set, checked by coqc, read back."""

from certify.coq.attempts import check_with_retries
from certify.coq.instance import Instance, build_instance
from certify.coq.library import compiled, sources
from certify.coq.network import NetworkInstance, NotCertified, build_network_instance
from certify.coq.read import embedded_dataset
from certify.coq.run import CoqOutcome, run_coqc
from certify.coq.write import proof_text
from certify.coq.write_network import network_text

__all__ = [
    "CoqOutcome",
    "Instance",
    "NetworkInstance",
    "NotCertified",
    "build_instance",
    "build_network_instance",
    "check_with_retries",
    "compiled",
    "embedded_dataset",
    "network_text",
    "proof_text",
    "run_coqc",
    "sources",
]
