"""Certificates of ReLU networks checked: signs, action and the kernel's change derived again, forgeries refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from network_fixtures import two_layer
from tampering import assert_values_refused, put, rehash

from certify.arithmetic.balls import arb
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.relu import change_of_signs
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.tangent import Tangent
from certify.certificates.checker.weights import PlainNetwork
from certify.data import Dataset
from certify.networks.files import Model
from certify.theorems.at_weights import ReluAtWeights, assess_at_weights
from certify.workflows.network import NetworkRequest, certify_network

Document = dict[str, Any]
ID = "relu.gd"
ENTRY = f"theorems/{ID}"


@cache
def trained(miss: float = 0.01, width: int = 300) -> tuple[Model, Dataset]:
    """A network whose targets it nearly fits."""
    model, X, y = two_layer(5, 7, width, 3, "relu")
    layer = model.hidden[0]
    Z = X @ layer.weights.T + (0.0 if layer.bias is None else layer.bias)
    scale = 1.0 if model.alpha is None else model.alpha / np.sqrt(width)
    return model, Dataset(X, scale * np.maximum(Z, 0.0) @ model.outer + (model.offset or 0.0) + miss * y)


@cache
def genuine(miss: float = 0.01, width: int = 300, **asked: Any) -> Document:
    model, data = trained(miss, width)
    document: Document = certify_network(model, data, NetworkRequest(threads=1, **asked)).certificate.to_json()
    return document


def checked(document: Document, miss: float = 0.01, width: int = 300) -> Any:
    model, data = trained(miss, width)
    return check_certificate(document, data, weights=model)


@pytest.mark.parametrize(
    ("miss", "width", "asked", "verdict"),
    [
        (0.01, 300, {}, "proved"),
        (0.01, 300, {"loss": "mean", "target_loss": 1e-9, "step_size": 0.25}, "proved"),
        (1.0, 300, {}, "undecided"),
        (0.1, 1500, {"loss": "sum"}, "undecided"),
        (0.01, 3, {}, "undecided"),
    ],
)
def test_a_genuine_certificate_is_confirmed(miss: float, width: int, asked: dict[str, Any], verdict: str) -> None:
    document = genuine(miss, width, **asked)
    assert document["theorems"][0]["id"] == ID and document["verdict"] == verdict
    report = checked(document, miss, width)
    assert [claim for claim in report.claims if claim.status is not Status.CONFIRMED] == []
    if verdict == "proved":
        assert report.claim("verdict").because == ID


def test_many_rows_are_not_checkable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certify.certificates.checker.tangent.BALL_ROWS", 0)
    report = checked(genuine())
    assert report.claim(f"theorems.{ID}.values").status is Status.NOT_CHECKABLE
    assert not report.of(Status.NOT_CONFIRMED)


def forged(**changed: float) -> Document:
    """An entry in which everything follows from its numbers; the numbers are wrong."""
    document = copy.deepcopy(genuine())
    entry = document["theorems"][0]
    numbers = {**entry["witness"]["values"], "tau": entry["witness"]["parameters"]["tau"]}
    values = {k: float(Fraction(v)) if isinstance(v, str) else v for k, v in numbers.items()}
    for name, factor in changed.items():
        values[name] *= factor
    made = assess_at_weights(ReluAtWeights(**values), entry["claim"], width=300).to_json()
    assert made["verdict"] == "proved"
    document["theorems"][0] = {**made, "constants": {**made["constants"], "loss": entry["constants"]["loss"]}}
    return rehash(document)


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("sigma_squared", 1 + 1e-9),
        ("kernel_norm", 1 - 1e-9),
        ("residual", 1 - 1e-9),
        ("jacobian_norm_squared", 1 - 1e-9),
        ("action", 1 - 1e-6),
        ("kernel_change", 0.98),
        ("tau", 1.2),
    ],
)
def test_a_number_past_its_truth_is_refused(name: str, factor: float) -> None:
    report = checked(forged(**{name: factor}))
    assert_values_refused(report, ID)


def test_the_same_entry_with_its_own_numbers_is_confirmed() -> None:
    assert checked(forged()).status is Status.CONFIRMED


FORGERIES: dict[str, Callable[[Document], Any]] = {
    "distance": put(f"{ENTRY}/witness/values/distance", 0.5),
    "step size": put(f"{ENTRY}/constants/largest_step_size", lambda e: {k: v / 2 for k, v in e.items()}),
    "change": put(f"{ENTRY}/constants/kernel_change", lambda e: {k: v * 0.9 for k, v in e.items()}),
    "width": put(f"{ENTRY}/witness/width", 301),
    "hypotheses": put(f"{ENTRY}/hypotheses", lambda listed: listed[1:]),
    "variant": put(f"{ENTRY}/witness/variant", "linear"),
    "edition": put(f"{ENTRY}/edition", 2),
    "activation": put("kernel/activation", "tanh"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused(name: str) -> None:
    changed = copy.deepcopy(genuine())
    FORGERIES[name](changed)
    assert checked(rehash(changed)).status is Status.NOT_CONFIRMED


@pytest.mark.parametrize("seed", range(4))
def test_the_change_of_signs_against_all_patterns(seed: int) -> None:
    """Each entry's bound is the largest over all slopes in {0, 1}: attained, as the entry is affine in each slope."""
    rng = np.random.default_rng(seed)
    n, m, alpha = 3, 3, 1.5
    X, W, v = rng.standard_normal((n, 2)), rng.standard_normal((m, 2)), rng.standard_normal(m)
    tau, distance = Fraction(1, 4), Fraction(1, 8)
    tangent = Tangent(PlainData(X, np.zeros(n)), PlainNetwork(((W, None),), v, None, alpha), "relu", "first", False)
    found = change_of_signs(tangent, tau, distance)
    Z, G, s = X @ W.T, X @ X.T, alpha / np.sqrt(m)
    P = Z > 0
    reach = np.linalg.norm(X, axis=1)[:, None] * 0.125 + s * np.linalg.norm(G, axis=1)[:, None] * np.abs(v) * 0.25
    free = np.abs(Z) <= reach
    assert 0 < free.sum() < n * m
    assert found is not None
    for i, j in product(range(n), repeat=2):
        largest = 0.0
        for a, b in product(product((0, 1), repeat=m), repeat=2):
            mine, theirs = np.where(free[i], a, P[i]), np.where(free[j], b, P[j])
            change = float(np.sum(v * v * (mine * theirs - P[i] * P[j].astype(float))))
            largest = max(largest, s * s * abs(G[i, j] * change))
        assert float(found[i][j].mid()) == pytest.approx(largest, rel=1e-12, abs=1e-15)


def test_no_sign_changes_where_nothing_moves() -> None:
    X, W = np.eye(2), np.array([[1.0, -1.0], [2.0, 3.0]])
    tangent = Tangent(PlainData(X, np.zeros(2)), PlainNetwork(((W, None),), np.ones(2)), "relu", "first", False)
    assert change_of_signs(tangent, Fraction(0), Fraction(0)) is None
    on_the_edge = Tangent(
        PlainData(X, np.zeros(2)), PlainNetwork(((W * [[0.0, 1.0]], None),), np.ones(2)), "relu", "first", False
    )
    found = change_of_signs(on_the_edge, Fraction(0), Fraction(0))
    assert found is not None and found[0][0] == arb(2)
