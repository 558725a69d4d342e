"""Theorems: statements as data, the search for their free parameters, and the answers they give.

The public names are loaded at first use: who reads the statements alone (the independent checker) shall not
bring the search in.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOME = {
    "THEOREMS": "assess",
    "HypothesisResult": "result",
    "Loss": "loss",
    "Request": "request",
    "TheoremResult": "result",
    "assess": "assess",
    "check": "check",
    "loss_value_in": "loss",
    "needed": "check",
    "show": "show",
    "step_size_in": "loss",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'certify.theorems' has no attribute {name!r}")
    home = f"certify.theorems.{_HOME[name]}"
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """The import system binds a submodule to its package; ``check`` shall be the function whoever came first."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
