"""Theorems: statements as data, the search for their free parameters, and the answers they give."""

from certify.theorems.assess import THEOREMS, assess
from certify.theorems.check import check, needed
from certify.theorems.loss import Loss, loss_value_in, step_size_in
from certify.theorems.request import Request
from certify.theorems.result import HypothesisResult, TheoremResult
from certify.theorems.show import show

__all__ = [
    "THEOREMS",
    "HypothesisResult",
    "Loss",
    "Request",
    "TheoremResult",
    "assess",
    "check",
    "loss_value_in",
    "needed",
    "show",
    "step_size_in",
]
