"""How long a data set will take and how much memory, before anything is computed."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.file_tiles import bytes_on_disk
from certify.arithmetic.tiles import tile_edges
from certify.arithmetic.workers import workers
from certify.data.matrix import matrix_bytes
from certify.data.memory import predicted_bytes
from certify.kernels import kernel_for
from certify.kernels.cost import USUAL, entry_seconds
from certify.theorems import THEOREMS
from certify.workflows.definiteness import ALL_EIGENVALUES
from certify.workflows.request import DatasetRequest

_PRODUCT_SIZE = 512
_DISK_SPEED = 1e9  # bytes a second, read and checked


@dataclass(frozen=True)
class Plan:
    """An estimate: ``seconds`` of wall-clock time, peak ``bytes`` of memory, seconds by stage, bytes of ``disk``."""

    seconds: float
    bytes: int
    stages: dict[str, float]
    disk: int = 0


def plan_dataset(n: int, d: int, request: DatasetRequest, normalized: bool = False) -> Plan:
    """Estimate the cost of `certify_dataset` on ``n`` rows of ``d``; measures this machine's BLAS for 0.1 s.

    Notes
    -----
    For the document's kernel: two float32 and two float64 factorisations of ``n³/3`` multiply–adds. A
    theorem on a smooth activation adds its own kernel (one end only) and two matrices of the data.
    """
    with workers(request.threads) as pool:
        speed = _product_speed() * (request.threads or _threads())
        del pool
    ids = request.theorems or (() if request.architecture else tuple(THEOREMS))
    smooth = any(name.startswith("smooth.") for name in ids)
    extra = smooth and request.document_activation == "relu"
    factorisations = 3.0 + (2.0 if extra else 0.0) + (1.0 if smooth else 0.0)
    matrices = 2.0 + (1.0 if extra else 0.0) + (2.0 if smooth else 0.0)
    kernel = kernel_for(request.document_activation) if request.architecture is None else request.architecture.kernel(d)
    entries = (matrices - 1.0) * USUAL + entry_seconds(kernel, n, normalized)
    stages = {
        "kernels": n * n / 2 * (entries + matrices * 6 * d / _product_speed()) / (request.threads or _threads()),
        "factorisations": factorisations * n**3 / 3 / speed * 2,
        "products": 120 * n * n * 8 / 8e9,
        "start": 1.5,
    }
    memory, disk = predicted_bytes(n, d), 0
    resources = request.resources
    if resources.on_disk and not resources.fits(n, d):
        # A factorisation reads each tile once for every later column of its row, a product reads every tile.
        traffic = (factorisations * len(tile_edges(n)) / 6 + 30 * matrices) * 8.0 * n * n
        missing = max(0.0, 1.0 - resources.allowed() / memory)
        stages["files"] = traffic * missing / _DISK_SPEED
        memory, disk = resources.allowed(), bytes_on_disk(n)
    return Plan(sum(stages.values()), memory, stages, disk)


def plan_kernel(n: int, threads: int | None = None) -> Plan:
    """Estimate the cost of `certify_kernel` on ``n`` rows.

    Notes
    -----
    Up to eight factorisations (estimates in float32, both ends, the second eigenvalue, ``log det``), and the search for
    obstructions among all pairs; up to 1000 rows all eigenvalues as well.
    """
    speed = _product_speed() * (threads or _threads())
    stages = {
        "factorisations": 8.0 * n**3 / 3 / speed * 2,
        "eigenvalues": 30.0 * n**3 / speed * 2 if n <= ALL_EIGENVALUES else 0.0,
        "products": 800 * n * n * 8 / 8e9,
        "pairs": 1e-7 * n * n,
        "start": 1.5,
    }
    return Plan(sum(stages.values()), matrix_bytes(n), stages)


def _threads() -> int:
    import os

    return len(os.sched_getaffinity(0))


def _product_speed() -> float:
    """Floating-point operations per second of one thread's matrix product."""
    a = np.full((_PRODUCT_SIZE, _PRODUCT_SIZE), 0.5)
    best = float("inf")
    for _ in range(4):
        start = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - start)
    return 2.0 * _PRODUCT_SIZE**3 / best
