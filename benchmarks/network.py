"""Certifying weights against computing their kernel in floats; a certified run against the same training in NumPy.

python benchmarks/network.py [--neural-tangents PYTHON] [--rows 1000] [--width 512] [--memory-rows 4000] [--repeat 3]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from certify.data import Dataset, load
from certify.networks.files import Layer, Model
from certify.workflows.network import NetworkRequest, certify_network
from certify.workflows.run import RunRequest, certify_run

ROOT = Path(__file__).resolve().parent.parent
D = 64
NEURAL_TANGENTS = """
import sys, time
import numpy as np, jax, jax.numpy as jnp, neural_tangents as nt
jax.config.update("jax_enable_x64", True)
stored = np.load(sys.argv[1]); X = jnp.asarray(stored["X"])
params = [(jnp.asarray(stored[f"W{k}"]), jnp.asarray(stored[f"b{k}"])) for k in (1, 2, 3)]
params.append((jnp.asarray(stored["v"])[None], jnp.zeros(1)))
def apply(p, x):
    for W, b in p[:-1]:
        x = jnp.tanh(x @ W.T + b)
    return x @ p[-1][0].T + p[-1][1]
method = getattr(nt.NtkImplementation, sys.argv[2])
kernel = jax.jit(nt.empirical_ntk_fn(apply, implementation=method, vmap_axes=0)).lower(X, None, params).compile()
start = time.perf_counter()
np.asarray(kernel(X, None, params))
print(time.perf_counter() - start)
"""
METHODS = ("STRUCTURED_DERIVATIVES", "NTK_VECTOR_PRODUCTS", "JACOBIAN_CONTRACTION")
PATIENCE = 90


def network(n: int, width: int) -> tuple[Model, Dataset]:
    """Three hidden layers, all trained, tanh; data and targets random."""
    rng = np.random.default_rng(0)
    sizes = (D, width, width, width)
    hidden = tuple(Layer(rng.standard_normal((b, a)) / a**0.5, np.zeros(b)) for a, b in pairwise(sizes))
    X = rng.standard_normal((n, D))
    return Model(hidden, rng.standard_normal(width) / width**0.5, 0.0, None, "tanh", "m"), Dataset(
        X, rng.standard_normal(n)
    )


def float_kernel(model: Model, X: np.ndarray) -> np.ndarray:
    """The tangent kernel by the same layer-wise products, in float64, with np.tanh."""
    H, S = [X], []
    for layer in model.hidden:
        H.append(np.tanh(H[-1] @ layer.weights.T + layer.bias))
        S.append(1 - H[-1] ** 2)
    K = H[-1] @ H[-1].T + 1
    B = model.outer * S[-1]
    for k in range(len(model.hidden) - 1, -1, -1):
        K += (H[k] @ H[k].T + 1) * (B @ B.T)
        if k:
            B = (B @ model.hidden[k].weights) * S[k - 1]
    return K


def median(task: Callable[[], object], repeat: int) -> float:
    """Median wall time of `repeat` runs, after one that is not counted."""
    task()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def plain_training(X: np.ndarray, y: np.ndarray, width: int, steps: int, eta: float) -> float:
    """Seconds of the same full-batch descent with np.tanh and no bookkeeping."""
    from certify.networks.initial import initial_weights

    W, a = initial_weights(width, X.shape[1], "paired", 0)
    s, start = width**-0.5, time.perf_counter()
    for _ in range(steps):
        value = np.tanh(X @ W.T)
        e = s * value @ a - y
        W = W - (eta * s) * a[:, None] * (((1 - value * value) * e[:, None]).T @ X)
    return time.perf_counter() - start


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--neural-tangents", metavar="PYTHON")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--memory-rows", type=int, default=4000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peak", type=int, help="certify one checkpoint of that many rows and print the peak memory")
    given = parser.parse_args()
    if given.peak:
        model, data = network(given.peak, given.width)
        start = time.perf_counter()
        certify_network(model, data, NetworkRequest(train="all"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{time.perf_counter() - start:.1f} s, {peak:.2f} GiB")
        return
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; medians of {given.repeat}")
    model, data = network(given.rows, given.width)
    plain = median(lambda: float_kernel(model, data.X), given.repeat)
    ours = median(lambda: certify_network(model, data, NetworkRequest(train="all")), given.repeat)
    eigen = median(lambda: np.linalg.eigvalsh(float_kernel(model, data.X)), given.repeat)
    print(f"checkpoint, n = {given.rows}, 3 × {given.width}, all parameters trained")
    print(f"| K in float64, the same formula | {plain:.3f} s | 1 |")
    print(f"| K in float64 and eigvalsh | {eigen:.3f} s | {eigen / plain:.1f} |")
    print(f"| certify network | {ours:.3f} s | {ours / plain:.1f} |")
    if given.neural_tangents:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "m.npz"
            arrays = model.arrays()
            np.savez(path, X=data.X, **arrays)
            for method in METHODS:
                command = [given.neural_tangents, "-c", NEURAL_TANGENTS, str(path), method]
                try:
                    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
                    seconds = float(run.stdout.split()[-1]) if run.returncode == 0 else None
                    shown = (
                        "out of memory or refused |" if seconds is None else f"{seconds:.3f} s | {seconds / plain:.1f}"
                    )
                except subprocess.TimeoutExpired:
                    shown = f"more than {PATIENCE} s | more than {PATIENCE / plain:.0f}"
                print(f"| neural-tangents, empirical, {method} (compiled) | {shown} |", flush=True)
    digits = load(str(ROOT / "tests" / "data" / "digits100.npz"))
    assert digits.y is not None
    for width in (2048, 8192):
        request = RunRequest(width=width, step_size=0.15)
        result = certify_run(digits, request)
        steps = int(result.certificate.extra["run"]["steps"])
        ours = median(lambda request=request: certify_run(digits, request), given.repeat)
        y = digits.y
        times = [plain_training(digits.X, y, width, steps, 0.15) for _ in range(given.repeat)]
        plain = statistics.median(times)
        print(
            f"run, digits100, m = {width}, {steps} steps, {result.verdict}: {ours:.2f} s, NumPy {plain:.2f} s, ", end=""
        )
        print(f"ratio {ours / plain:.2f}")
    command = [sys.executable, __file__, "--peak", str(given.memory_rows), "--width", str(given.width)]
    print(
        f"n = {given.memory_rows}: {subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()}"
    )


if __name__ == "__main__":
    main()
