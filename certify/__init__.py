"""Rigorous bounds for neural tangent kernels, the widths they imply, and certificates of both.

The public names are loaded at first use, so that ``import certify`` and ``certify --help`` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from certify.certificates import load_certificate
    from certify.certificates.checker import check_certificate
    from certify.data import Dataset
    from certify.workflows import DatasetRequest, certify_dataset, certify_kernel, certify_network, certify_run
    from certify.workflows.monitor import monitor

__version__ = "0.1.0"
__all__ = [
    "Dataset",
    "DatasetRequest",
    "__version__",
    "certify_dataset",
    "certify_kernel",
    "certify_network",
    "certify_run",
    "check_certificate",
    "load_certificate",
    "monitor",
]

_HOME = {
    "Dataset": "certify.data",
    "check_certificate": "certify.certificates.checker",
    "DatasetRequest": "certify.workflows",
    "certify_dataset": "certify.workflows",
    "certify_kernel": "certify.workflows",
    "certify_network": "certify.workflows",
    "certify_run": "certify.workflows",
    "load_certificate": "certify.certificates",
    "monitor": "certify.workflows.monitor",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'certify' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
