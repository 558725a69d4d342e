"""Proof files for Coq: generated from a data set, checked by coqc, read back."""

from certify.coq.instance import Instance, build_instance
from certify.coq.write import proof_text

__all__ = ["Instance", "build_instance", "proof_text"]
