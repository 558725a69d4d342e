"""``certify network --floor``: the loss that descent reaches linearly, where zero is not certified."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Command

from certify.arithmetic.verdict import Verdict
from certify.data import Dataset
from certify.networks import SMOOTH
from certify.networks.files import Layer, Model
from certify.networks.initial import initial_weights
from certify.theorems.statements import GIVEN, reverify
from certify.workflows.network import NetworkRequest, certify_network


def weights(width: int, alpha: float) -> tuple[Model, Dataset]:
    """Rows 0 and 1 nearly equal, with targets that differ a little: λ_min is about 0."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((5, 6)) / 6**0.5
    X[1] = X[0] + 1e-7
    y = np.array([1.0, 1.001, -1.0, 1.0, -1.0])
    W, a = initial_weights(width, 6, "paired", 1)
    return Model((Layer(W, None),), a, None, alpha, "tanh", "m"), Dataset(X, y)


@pytest.mark.parametrize("alpha", [100.0, 1000.0])
def test_descent_obeys_the_floor(alpha: float) -> None:
    model, data = weights(300, alpha)
    plain = certify_network(model, data, NetworkRequest(threads=1))
    assert plain.verdict is Verdict.UNDECIDED
    result = certify_network(model, data, NetworkRequest(threads=1, floor=True))
    assert result.verdict is Verdict.PROVED and "below" in str(result.certificate.reason)
    entry = result.theorem("plstar.epsilon")
    leading = {"h", "sigma_squared", "beta", "residual", "radius", "mu", "step_size", "rate", "loss_threshold"}
    assert set(result.certificate.theorems[0].constants) >= leading and entry is result.certificate.theorems[0]
    assert reverify(GIVEN["plstar.epsilon"], entry.witness).verdict is Verdict.PROVED
    constants = entry.constants
    eta, rate = constants["step_size"].lower, constants["rate"].upper
    floor, steps, radius = (constants[k].upper for k in ("loss_floor", "steps_to_floor", "radius"))
    assert eta and rate and floor and steps and radius and data.y is not None
    assert floor < 0.2 * 0.5 * float(data.y @ data.y) and isinstance(steps, int) and steps < 10**6
    W, a, s = model.hidden[0].weights.copy(), model.outer, alpha / 300**0.5
    first = None
    for k in range(min(steps, 4000) + 1):
        found = SMOOTH["tanh"].evaluate(data.X @ W.T)
        e = s * found.value @ a - data.y
        loss = 0.5 * float(e @ e)
        first = loss if first is None else first
        if loss < floor:
            break
        assert loss <= first * rate**k * (1 + 1e-9)
        assert np.linalg.norm(W - model.hidden[0].weights) <= radius
        W = W - eta * s * a[:, None] * ((found.slope * e[:, None]).T @ data.X)
    assert loss < floor and k <= steps


def test_deep_networks_and_the_command(certify_here: Command, tmp_path: Path) -> None:
    model, data = weights(40, 1.0)
    assert data.y is not None
    W2, v = np.eye(40), np.concatenate([np.ones(20), -np.ones(20)]) / 40**0.5
    np.savez(tmp_path / "m.npz", W1=model.hidden[0].weights, W2=W2, v=v, activation="tanh")
    H = np.tanh(np.tanh(data.X @ model.hidden[0].weights.T) @ W2.T) @ v
    np.savez(tmp_path / "d.npz", X=data.X, y=H + 1e-5 * np.array([1.0, -1.0, 1.0, 1.0, -1.0]))
    run = certify_here("network", "m.npz", "--data", "d.npz", "--floor", "--json", "--labels", "regression")
    found = json.loads(run.stdout)
    assert run.returncode == 0 and found["verdict"] == "proved"
    assert found["theorems"][0]["id"] == "plstar.epsilon" and "floor" in found["claim"]
    constants = found["theorems"][0]["constants"]
    assert constants["loss_floor"]["upper"] < 0.9 * found["bounds"]["loss"]["lower"]
    plain = json.loads(certify_here("network", "m.npz", "--data", "d.npz", "--json", "--labels", "regression").stdout)
    assert plain["verdict"] == "undecided" and "floor" not in plain["request"]
