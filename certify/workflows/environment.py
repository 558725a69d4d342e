"""Where a certificate was made: versions, BLAS, processor. Recorded beside the claims, never part of them."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from certify.arithmetic.workers import blas_libraries

LIBRARIES = ("certify-ntk", "numpy", "scipy", "python-flint", "crival", "sympy", "scikit-learn")


def describe_environment() -> dict[str, Any]:
    """Versions of the libraries (None where not installed), the BLAS libraries in use, processor, system."""
    blas = [
        {key: library.get(key) for key in ("internal_api", "version", "architecture")} for library in blas_libraries()
    ]
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "libraries": {name: _version(name) for name in LIBRARIES},
        "blas": blas,
        "processor": _processor(),
        "processors": len(os.sched_getaffinity(0)),
    }


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
