"""``certify run --sgd``: the theorem's numbers against random weights on the ball, simulated SGD, the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Command, one_line

from certify.arithmetic.verdict import Verdict
from certify.data import Dataset
from certify.errors import InputError
from certify.networks import SMOOTH
from certify.theorems.statements import GIVEN, reverify
from certify.workflows.run import RunRequest, certify_run

Array = np.ndarray
LEADING = {"h", "sigma_squared", "beta", "residual", "radius", "mu", "step_size", "rate", "loss_threshold"}


def small() -> Dataset:
    rng = np.random.default_rng(5)
    X = rng.standard_normal((6, 8)) / 8**0.5
    return Dataset(X, rng.choice([-1.0, 1.0], 6))


def forward(W: Array, a: Array, X: Array) -> tuple[Array, Array]:
    found = SMOOTH["tanh"].evaluate(X @ W.T)
    return found.value @ a / len(a) ** 0.5, found.slope


@pytest.mark.parametrize("sampling", ["replacement", "subset"])
def test_sgd_from_certified_weights(sampling: str) -> None:
    data = small()
    assert data.y is not None
    X, y, n, b = data.X, data.y, 6, 2
    result = certify_run(data, RunRequest(width=400, batch=b, sampling=sampling, threads=1))
    assert result.verdict is Verdict.PROVED
    entry = result.theorem("plstar.sgd")
    assert reverify(GIVEN["plstar.sgd"], entry.witness).verdict is Verdict.PROVED
    constants, values = entry.constants, entry.witness["values"]
    radius, eta = float(constants["radius"].upper), float(constants["step_size"].lower)
    assert isinstance(constants["first_certified_step"].upper, int) and constants["probability"].lower == 0.95
    assert set(constants) >= LEADING and constants["h"].upper <= 0.5
    assert constants["loss_threshold"].upper >= 0.5 * float(values["residual"]) ** 2
    W, a = result.weights["W"], result.weights["a"]
    F, D = forward(W, a, X)
    assert float(values["residual"]) >= np.linalg.norm(F - y)
    rng = np.random.default_rng(0)
    for _ in range(20):  # anywhere on the ball
        move = rng.standard_normal(W.shape)
        _, D = forward(W + move * radius * rng.uniform() / np.linalg.norm(move), a, X)
        K = (D @ D.T) * (X @ X.T) / 400
        assert np.linalg.eigvalsh(K)[-1] <= float(values["jacobian_norm_squared"])
        assert K.diagonal().max() <= float(values["gradient_norm_squared"])
        assert np.linalg.eigvalsh(K)[0] >= float(constants["mu"].lower)
    first = 0.5 * float(np.sum((F - y) ** 2))
    ends = []
    for _ in range(30):
        w, farthest = W.copy(), 0.0
        for _ in range(300):
            chosen = rng.choice(n, b, replace=sampling == "replacement")
            F, D = forward(w, a, X[chosen])
            w = w - eta * n / b / 20 * a[:, None] * ((D * (F - y[chosen])[:, None]).T @ X[chosen])
            farthest = max(farthest, float(np.linalg.norm(w - W)))
        ends.append(0.5 * float(np.sum((forward(w, a, X)[0] - y) ** 2)))
        assert farthest <= radius  # of 30 runs, 1.5 may leave; the bound is far from sharp
    # E L(300) ≤ Q^300 L(0) but for the runs that leave; 30 runs, so their mean is near the expectation
    assert np.mean(ends) <= constants["rate"].upper ** 300 * first * 1.5


def test_the_step_size_is_judged() -> None:
    data = small()
    wild = certify_run(data, RunRequest(width=400, batch=2, steps=300, step_size=3.0, threads=1))
    assert wild.verdict is Verdict.UNDECIDED and wild.certificate.reason
    for bad in ({"batch": 7}, {"batch": 0}, {"delta": 1.0, "batch": 2}, {"activation": "relu", "batch": 2}):
        with pytest.raises(InputError):
            certify_run(data, RunRequest(width=40, **bad))


def test_the_command(certify_here: Command, tmp_path: Path) -> None:
    data = small()
    np.savez(tmp_path / "d.npz", X=data.X, y=data.y)
    base = ("run", "--data", "d.npz", "--width", "400")
    run = certify_here(*base, "--sgd", "--batch", "3", "--delta", "0.1", "--json", "-o", "r.html", "-o", "r.md")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["theorems"][0]["id"] == "plstar.sgd" and "mini-batch SGD" in found["claim"]
    assert found["request"]["batch"] == 3 and "plstar.sgd" in (tmp_path / "r.md").read_text(encoding="utf-8")
    run = certify_here(*base, "--batch", "3")
    assert run.returncode == 2 and "--sgd" in one_line(run.stderr)
