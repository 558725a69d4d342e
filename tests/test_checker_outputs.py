"""Certificates of two-layer networks with several outputs checked, and forgeries refused."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache
from typing import Any

import flint
import numpy as np
import pytest
from tampering import put, rehash

from certify.arithmetic.balls import arb
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.tangent import Tangent
from certify.certificates.checker.weights import PlainNetwork
from certify.data import Dataset
from certify.networks.files import Layer, Model
from certify.workflows.network import NetworkRequest, certify_network

Document = dict[str, Any]
PHI = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0.0)}


@cache
def trained(activation: str, miss: float = 0.005, biased: bool = True) -> tuple[Model, Dataset]:
    """Three outputs, nearly fitted."""
    rng = np.random.default_rng(5)
    n, d, m, q = 4, 6, 400, 3
    X, W, V = rng.standard_normal((n, d)), rng.standard_normal((m, d)), rng.standard_normal((q, m))
    X /= np.linalg.norm(X, axis=1)[:, None]
    b, c = (rng.standard_normal(m), np.array([0.5, -1.0, 2.0])) if biased else (None, None)
    F = PHI[activation](X @ W.T + (0.0 if b is None else b)) @ V.T / np.sqrt(m) + (0.0 if c is None else c)
    y = F + miss * rng.standard_normal((n, q))
    return Model((Layer(W, b),), V, c, 1.0, activation), Dataset(X, y)


@cache
def genuine(activation: str, miss: float = 0.005, biased: bool = True, **asked: Any) -> Document:
    model, data = trained(activation, miss, biased)
    document: Document = certify_network(model, data, NetworkRequest(threads=1, **asked)).certificate.to_json()
    return document


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize(
    ("miss", "biased", "asked"),
    [
        (0.005, True, {"loss": "mean", "target_loss": 1e-9}),
        (0.005, False, {"step_size": 0.05, "loss": "sum"}),
        (1.0, True, {}),
    ],
)
def test_a_genuine_certificate_is_confirmed(activation: str, miss: float, biased: bool, asked: dict[str, Any]) -> None:
    document = genuine(activation, miss, biased, **asked)
    model, data = trained(activation, miss, biased)
    assert document["verdict"] == ("proved" if miss < 0.1 else "undecided")
    report = check_certificate(document, data, weights=model)
    assert [claim for claim in report.claims if claim.status is not Status.CONFIRMED] == []
    if biased:
        arrays = {**model.arrays(), "c": model.offset, "alpha": np.array(1.0)}
        assert check_certificate(document, data, weights=arrays).status is Status.CONFIRMED


def test_a_genuine_floor_is_confirmed() -> None:
    model, data = trained("tanh", 0.3)
    report = check_certificate(genuine("tanh", 0.3, floor=True), data, weights=model)
    assert [claim for claim in report.claims if claim.status is not Status.CONFIRMED] == []


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_bounds_moved_inward_and_other_networks_are_refused(activation: str) -> None:
    document, (model, data) = genuine(activation), trained(activation)
    for name, end in (("lambda_min", "lower"), ("lambda_max", "upper"), ("residual", "upper"), ("loss", "lower")):
        forged = copy.deepcopy(document)
        moved = forged["bounds"][name][end] * (1 + 1e-6 if end == "lower" else 1 - 1e-6)
        forged["bounds"][name] = {"lower": None, "upper": None, end: moved}
        report = check_certificate(rehash(forged), data, weights=model)
        assert report.claim(f"bounds.{name}.{end}").status is Status.NOT_CONFIRMED
    forged = copy.deepcopy(document)
    forged["network"]["outputs"] = 1
    assert check_certificate(rehash(forged), data, weights=model).claim("weights").status is Status.NOT_CONFIRMED
    entry = document["theorems"][0]["id"]
    for value, factor in (("sigma_squared", 1 + 1e-6), ("residual", 1 - 1e-6)):
        forged = copy.deepcopy(document)
        put(f"theorems/{entry}/witness/values/{value}", lambda x, f=factor: x * f)(forged)
        report = check_certificate(rehash(forged), data, weights=model)
        assert report.claim(f"theorems.{entry}.values").status is Status.NOT_CONFIRMED
    assert model.offset is not None
    for other in (replace(model, outer=model.outer[::-1].copy()), replace(model, offset=np.array([0.5, 2.0, -1.0]))):
        report = check_certificate(document, data, weights=other)
        assert report.claim("weights").status is Status.NOT_CONFIRMED


@pytest.mark.parametrize("biased", [True, False])
def test_kernel_and_residual_against_a_jacobian_by_hand(biased: bool) -> None:
    model, data = trained("tanh", 0.005, biased)
    network = PlainNetwork.of(model)
    tangent = Tangent(PlainData.of(data), network, "tanh", "first", False)
    W, b = model.hidden[0].weights, model.hidden[0].bias
    X = data.X if b is None else np.column_stack([data.X, np.ones(data.n)])
    Z = X @ (W if b is None else np.column_stack([W, b])).T
    J = np.einsum("kr,ir,ij->ikrj", model.outer, 1 - np.tanh(Z) ** 2, X).reshape(12, -1) / 20.0
    F = np.tanh(Z) @ model.outer.T / 20.0 + (0.0 if model.offset is None else model.offset)
    assert [float(e.mid()) for e in tangent.at(128).residual] == pytest.approx((F - data.y).ravel(), abs=1e-13)
    found = tangent.kernel().midpoints()
    assert found == pytest.approx(J @ J.T, abs=1e-12)
    assert float(tangent.diagonal(7).mid()) == pytest.approx(float((J[7] ** 2).sum()))


def test_the_constants_of_several_outputs() -> None:
    """``max‖v_r‖`` and ``‖V‖`` where both are known: orthogonal rows of V."""
    V = np.array([[3.0, 0.0, 4.0], [0.0, 2.0, 0.0]])
    network = PlainNetwork(((np.eye(3), None),), V, None, None)
    tangent = Tangent(PlainData(np.eye(3), np.zeros((3, 2))), network, "tanh", "first", False)
    B2 = tangent.curvature()
    assert float((tangent.lipschitz(arb(4)) / B2).mid()) == pytest.approx(8.0, rel=1e-15)
    S = tangent.norm_squared_everywhere(flint.arb(2))
    assert bool(S >= 50) and bool(arb(50) * (1 + arb(2) ** -40) >= S)
