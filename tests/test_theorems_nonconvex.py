"""Not convex near a solution: derivatives against differences, the bound at 50 digits, and points that show it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import pytest
from conftest import Command, one_line
from network_fixtures import train, two_layer

from certify.arithmetic.verdict import Verdict
from certify.data import Dataset
from certify.networks.bending import Directions, along
from certify.networks.two_layer import Inputs, TwoLayer
from certify.theorems import check
from certify.workflows.network import NetworkRequest, certify_network, prepare

VALUES = {
    "sigma_squared": 1, "beta": "1/100", "radius": "1/10", "curvature": "1/20", "tangent": "1/1000000000",
    "hessian_norm": "1/10", "hessian_lipschitz": "1/10",
}  # fmt: skip


@cache
def trained(name: str, steps: int):
    model, X, y = two_layer(6, 4, 60, 1, name)
    y = 0.3 * y
    Z = np.column_stack([X, np.ones(6)])
    return train(model, X, y, steps, 0.5 / np.linalg.norm(Z, 2) ** 2), X, y


def parts(name: str, steps: int) -> tuple[TwoLayer, Inputs]:
    model, X, y = trained(name, steps)
    return prepare(model, Dataset(X, y), None)


def predict(network: TwoLayer, inputs: Inputs, W: np.ndarray) -> np.ndarray:
    value = network.activation.evaluate(inputs.rows @ W.T).value
    return network.scale.ends[0] * value @ network.outer[0] + network.offset[0]


def second_difference(network: TwoLayer, inputs: Inputs, W: np.ndarray, U: np.ndarray, h: float = 1e-4) -> np.ndarray:
    return sum(c * predict(network, inputs, W + k * h * U) for k, c in ((1, 1), (0, -2), (-1, 1))) / h**2


@pytest.mark.parametrize("name", ["tanh", "erf", "softplus", "sigmoid"])
def test_the_derivatives_are_those_of_the_network(name: str) -> None:
    network, inputs = parts(name, 50)
    U = np.random.default_rng(3).standard_normal(network.weights.shape)
    found, W, h = along(network, inputs, U), network.weights, 1e-5
    slope = (predict(network, inputs, W + h * U) - predict(network, inputs, W - h * U)) / (2 * h)
    bend, e = second_difference(network, inputs, W, U), predict(network, inputs, W) - inputs.columns[:, 0]
    for balls, values, size in ((found.tangent, slope, 1e-8), (found.bending, bend, 1e-5), (found.residual, e, 1e-13)):
        assert np.abs(np.array([float(b.mid()) for b in balls]) - values).max() < size * max(1.0, np.abs(values).max())
        assert all(b.rad() < 1e-25 for b in balls)
    curvature = (slope @ slope + e @ bend) / (U * U).sum()
    assert float(found.loss_curvature().mid()) == pytest.approx(curvature, rel=1e-4)


@pytest.mark.parametrize("name", ["tanh", "softplus"])
def test_points_near_the_solution_show_it(name: str) -> None:
    """Along δ with Jδ = −v from a trained network: the loss bends down along u at every distance tried."""
    network, inputs = parts(name, 40_000)
    search, W = Directions(network, inputs), network.weights
    U = search.of_sample(search.samples(1)[0])
    U /= np.linalg.norm(U)
    v = second_difference(network, inputs, W, U, 1e-3)
    J = (search.slopes[:, :, None] * inputs.rows[:, None, :]).reshape(inputs.n, -1)
    step = -np.linalg.lstsq(J, v, rcond=None)[0].reshape(W.shape)
    for distance in (3e-2, 1e-2, 3e-3, 1e-3):
        at = W + distance * step
        e = predict(network, inputs, at) - inputs.columns[:, 0]
        slope = (predict(network, inputs, at + 1e-5 * U) - predict(network, inputs, at - 1e-5 * U)) / 2e-5
        assert slope @ slope + e @ second_difference(network, inputs, at, U, 1e-3) < 0


def test_proved_near_a_solution_and_only_there() -> None:
    for steps, verdict in ((0, Verdict.UNDECIDED), (20_000, Verdict.PROVED)):
        model, X, y = trained("tanh", steps)
        result = certify_network(model, Dataset(X, y), NetworkRequest(threads=1, nonconvex=True))
        entry = result.theorem("nonconvex.local")
        assert entry.verdict is verdict
        assert entry.constants["loss_curvature"].upper < 0
        if verdict is Verdict.PROVED:
            assert result.theorem("plstar.gd").verdict is Verdict.PROVED
            assert entry.constants["margin"].lower > 0
            assert (
                entry.document["witness"]["values"]["radius"] == result.theorem("plstar.gd").constants["radius"].upper
            )
        else:
            assert "no solution" in entry.document["reason"] and entry.conclusion is None
        assert result.certificate.verdict is result.theorem("plstar.gd").verdict
    plain = certify_network(model, Dataset(X, y), NetworkRequest(threads=1)).certificate
    assert [e.id for e in plain.theorems] == ["plstar.gd"] and "nonconvex" not in plain.extra["request"]


def test_the_bound_agrees_with_mpmath_and_turns_where_it_says() -> None:
    found = check("nonconvex.local", VALUES)
    assert found.verdict is Verdict.PROVED and any("caller's word" in text for text in found.assumed)
    with mpmath.workdps(50):
        sigma = 1 - mpmath.mpf("0.001")
        tau = (mpmath.mpf(10) ** -9 + mpmath.mpf("0.001")) / sigma
        lost = mpmath.mpf("0.01") + (2 * tau + tau**2) / 10
        for name, exact in {"tilt": tau, "margin": mpmath.mpf("0.05") - lost}.items():
            assert found.constants[name].lower <= exact <= found.constants[name].upper
    edge = float(lost)
    assert check("nonconvex.local", {**VALUES, "curvature": edge * (1 + 1e-12)}).verdict is Verdict.PROVED
    assert check("nonconvex.local", {**VALUES, "curvature": edge * (1 - 1e-12)}).verdict is not Verdict.PROVED
    # twice the model: σ, β, κ, t, h, g double, and nothing else
    twice = {k: v if k == "radius" else f"{4 if k == 'sigma_squared' else 2}/1" for k, v in VALUES.items()}
    twice |= {k: mpmath_fraction(VALUES[k]) for k in VALUES if k not in ("radius", "sigma_squared")}
    assert check("nonconvex.local", twice).constants["tilt"] == found.constants["tilt"]


def mpmath_fraction(value: object) -> str:
    top, _, bottom = str(value).partition("/")
    return f"{2 * int(top)}/{bottom or 1}"


def test_from_the_shell(certify_here: Command, tmp_path: Path) -> None:
    model, X, y = trained("tanh", 20_000)
    layer = model.hidden[0]
    arrays = {"W": layer.weights, "b": layer.bias, "a": model.outer, "c": np.array(0.25), "alpha": np.array(1.0)}
    np.savez(tmp_path / "net.npz", activation="tanh", **arrays)
    np.savez(tmp_path / "data.npz", X=X, y=y)
    run = certify_here(
        "network", "net.npz", "--data", "data.npz", "--labels", "regression", "--nonconvex", "--json", "--threads", "1"
    )
    entries = {e["id"]: e for e in json.loads(run.stdout)["theorems"]}
    assert run.returncode == 0 and entries["nonconvex.local"]["verdict"] == "proved"
    deep = certify_here(
        "network", "net.npz", "--data", "data.npz", "--labels", "regression", "--nonconvex", "--train", "all"
    )
    assert deep.returncode == 2 and "--nonconvex" in one_line(deep.stderr)
