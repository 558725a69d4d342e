"""Proof files for Coq: generated from a data set, checked by coqc, read back."""

from certify.coq.instance import Instance, build_instance
from certify.coq.library import compiled, sources
from certify.coq.read import embedded_dataset
from certify.coq.run import CoqOutcome, run_coqc
from certify.coq.write import proof_text

__all__ = [
    "CoqOutcome",
    "Instance",
    "build_instance",
    "compiled",
    "embedded_dataset",
    "proof_text",
    "run_coqc",
    "sources",
]
