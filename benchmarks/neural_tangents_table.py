"""Writes tests/data/neural_tangents.json: tangent kernels of deep networks by neural-tangents 0.6.5 in float64.

Not run by the tests, which read the table; it needs ``neural-tangents==0.6.5`` and ``jax==0.4.30``.
"""

from __future__ import annotations

import json
import sys

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

from neural_tangents import stax  # noqa: E402


def kernel(phi: str, depth: int, weight_std: float, bias_std: float, X: np.ndarray) -> np.ndarray:
    """``Θ`` of ``stax.serial(Dense, φ, …, Dense, φ, Dense(1))``, (n, n)."""
    activation = {"relu": stax.Relu(), "erf": stax.Erf()}[phi]
    layers = []
    for _ in range(depth):
        layers += [stax.Dense(512, W_std=weight_std, b_std=bias_std or None), activation]
    _, _, apply = stax.serial(*layers, stax.Dense(1, W_std=weight_std, b_std=bias_std or None))
    return np.asarray(apply(X, None, "ntk"))


def main() -> None:
    """Eight rows of five numbers, short decimals, so that the file holds exactly what was used."""
    X = np.round(np.random.default_rng(7).normal(size=(8, 5)) * np.array([[0.3], [1], [1], [2], [1], [5], [1], [1]]), 3)
    table = [
        {
            "phi": phi, "depth": depth, "weight_std": weight_std, "bias_std": bias_std,
            "ntk": kernel(phi, depth, weight_std, bias_std, X).tolist(),
        }
        for phi in ("relu", "erf")
        for depth in (1, 2, 5, 10)
        for weight_std, bias_std in ((1.0, 0.0), (1.5, 0.25), (1.0, 1.0))
    ]  # fmt: skip
    json.dump({"neural_tangents": "0.6.5", "jax": jax.__version__, "X": X.tolist(), "table": table}, sys.stdout)


if __name__ == "__main__":
    main()
