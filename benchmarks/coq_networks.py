"""coqc's time and memory on proof files of trained networks, end to end from the weights."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from certify.coq import NotCertified, build_network_instance, compiled, network_text, run_coqc
from certify.coq.library import NETWORK_MODULES
from certify.data import Dataset
from certify.networks.files import Layer, Model

CASES = (
    ("tanh", 10, 4, 32, True), ("tanh", 30, 20, 64, True), ("softplus", 30, 20, 64, True),
    ("tanh", 30, 20, 64, False), ("softplus", 30, 20, 64, False), ("tanh", 100, 40, 512, False),
)  # fmt: skip


def trained(activation: str, n: int, d: int, m: int) -> tuple[Model, Dataset]:
    """Gaussian rows of length about 1, targets ±0.3, alternate output signs; trained until the theorem speaks."""
    rng = np.random.default_rng(0)
    X, W = rng.standard_normal((n, d)) / d**0.5, rng.standard_normal((m, d))
    y, v = 0.3 * rng.choice([-1.0, 1.0], n), np.resize([1.0, -1.0], m)
    while True:
        model = Model((Layer(W, None),), v, None, 1.0, activation, "network")
        try:
            build_network_instance(model, Dataset(X, y))
            return model, Dataset(X, y)
        except NotCertified:
            for _ in range(400):
                Z = X @ W.T
                value, slope = (np.tanh(Z), 1 - np.tanh(Z) ** 2) if activation == "tanh" else softplus(Z)
                e = value @ v / m**0.5 - y
                W = W - 0.2 * v[:, None] / m**0.5 * ((slope * e[:, None]).T @ X)


def softplus(Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.logaddexp(0.0, Z), 1.0 / (1.0 + np.exp(-Z))


def main() -> None:
    """Print the table."""
    compiled(lambda line: print(line, file=sys.stderr), NETWORK_MODULES)
    print("| network | samples × inputs | neurons | arithmetic | accepted | coqc, CPU | peak | generator | file | h |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for activation, n, d, m, foundational in CASES:
        model, data = trained(activation, n, d, m)
        start = time.process_time()
        instance = build_network_instance(model, data, foundational=foundational)
        text = network_text(instance)
        generator = time.process_time() - start
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "Proof.v"
            path.write_text(text, encoding="ascii")
            outcome = run_coqc(path)
        h = instance.beta.times_power(0) * instance.residual.times_power(0) / instance.kernel.sigma.times_power(0)
        print(
            f"| {activation} | {n} × {d} | {m} | {'Foundational' if foundational else 'Machine'} "
            f"| {'yes' if outcome.accepted else 'NO'} | {outcome.seconds:.1f} s | {outcome.peak_bytes / 2**20:.0f} MiB "
            f"| {generator:.1f} s | {len(text) / 1e6:.2f} MB | {h:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
