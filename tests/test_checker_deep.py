"""Networks of which every parameter is trained: the checker's Lipschitz constant, and their certificates."""

from __future__ import annotations

import copy
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tampering import put, rehash

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.lipschitz import lipschitz_on_ball, spectral_norm
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.tangent import Tangent
from certify.certificates.checker.weights import PlainNetwork
from certify.data import Dataset
from certify.networks.files import Layer, Model
from certify.workflows.network import NetworkRequest, certify_network

Document = dict[str, Any]
ENTRY = "theorems/plstar.gd"


def open_claims(report: Any) -> list[Any]:
    return [claim for claim in report.claims if claim.status is not Status.CONFIRMED]


@cache
def deep(activation: str, shape: tuple[int, ...], biased: bool, miss: float) -> tuple[Model, Dataset]:
    """A deep network whose targets it nearly fits."""
    rng = np.random.default_rng(len(shape))
    sizes = (4, *shape)
    hidden = tuple(
        Layer(rng.standard_normal((b, a)) / a**0.5, rng.standard_normal(b) if biased else None)
        for a, b in pairwise(sizes)
    )
    model = Model(hidden, rng.standard_normal(shape[-1]), 0.5 if biased else None, None, activation, "model")
    X = rng.standard_normal((4, 4))
    tangent = Tangent(PlainData.of((X, np.zeros(4))), PlainNetwork.of(model), activation, "all", False)
    outputs = np.array([float(e.mid()) for e in tangent.at(128).residual])
    return model, Dataset(X, outputs + miss * rng.standard_normal(4))


@pytest.mark.parametrize(
    ("activation", "shape", "biased"),
    [("tanh", (9,), True), ("tanh", (9, 7), False), ("softplus", (8, 8), True), ("erf", (7, 6, 5), True),
     ("sigmoid", (12, 10), True)],
)  # fmt: skip
def test_deep_networks_are_derived_again(activation: str, shape: tuple[int, ...], biased: bool) -> None:
    model, data = deep(activation, shape, biased, 1e-7)
    document = certify_network(model, data, NetworkRequest(threads=1, train="all")).certificate.to_json()
    report = check_certificate(document, data, weights=model)
    assert open_claims(report) == []
    assert activation == "sigmoid" or document["verdict"] == "proved"
    values = f"{ENTRY}/witness/values"
    for change in (
        put(f"{values}/beta", lambda v: v * (1 - 1e-8)),
        put(f"{values}/jacobian_norm_squared", lambda v: v * (1 - 1e-8)),
        put(f"{ENTRY}/witness/parameters/ball", lambda v: 2 * v),
        put("network/trained", "first"),
    ):
        forged = copy.deepcopy(document)
        change(forged)
        assert check_certificate(rehash(forged), data, weights=model).status is not Status.CONFIRMED


def test_the_lipschitz_constant_holds_on_the_ball() -> None:
    """Against Jacobians by complex steps at pairs of weights in the ball, at most a few times larger than they show."""
    model, data = deep("tanh", (9, 7), True, 1e-7)
    arrays = {k: np.array(v) for k, v in {**model.arrays(), "c": np.array([model.offset])}.items()}
    sizes = {name: array.size for name, array in arrays.items()}
    start = np.concatenate([array.ravel() for array in arrays.values()])
    rng, radius = np.random.default_rng(0), 0.25

    def outputs(flat: Any) -> Any:
        parts = dict(zip(sizes, np.split(flat, np.cumsum(list(sizes.values()))[:-1]), strict=True))
        h = data.X
        for k in (1, 2):
            h = np.tanh(h @ parts[f"W{k}"].reshape(arrays[f"W{k}"].shape).T + parts[f"b{k}"])
        return h @ parts["v"] + parts["c"]

    def jacobian(w: Any) -> Any:
        steps = np.eye(len(w)) * 1e-30j
        return np.array([outputs(w + step).imag / 1e-30 for step in steps]).T

    seen = 0.0
    for _ in range(60):
        first, second = (rng.standard_normal(len(start)) for _ in range(2))
        u = start + radius * rng.random() * first / np.linalg.norm(first)
        v = u + 1e-3 * second / np.linalg.norm(second)
        seen = max(seen, np.linalg.norm(jacobian(u) - jacobian(v), 2) / np.linalg.norm(u - v))
    tangent = Tangent(PlainData.of(data), PlainNetwork.of(model), "tanh", "all", False)
    bound = float(lipschitz_on_ball(tangent, arb(radius)).mid())
    assert seen <= bound <= 200 * seen
    assert bound <= float(lipschitz_on_ball(tangent, arb(2 * radius)).mid())


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (7, 3), (30, 20)])
def test_spectral_norms_are_bounds_and_sharp(shape: tuple[int, int]) -> None:
    M = np.random.default_rng(shape[0]).standard_normal(shape)
    with precision(128):
        bound = spectral_norm([[arb(x) for x in row] for row in M.tolist()])
        u, s, v = np.linalg.svd(M)
        left, right = ([arb(x) for x in w.tolist()] for w in (u[:, 0], v[0]))
        form = sum((a * arb(float(M[i, j])) * b for i, a in enumerate(left) for j, b in enumerate(right)), arb(0))
        sizes = [sum((x * x for x in w), arb(0)).sqrt() for w in (left, right)]
        assert bool(bound >= form / (sizes[0] * sizes[1])) and float(bound.mid()) <= s[0] * (1 + 1e-12)
