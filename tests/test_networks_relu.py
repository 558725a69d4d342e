"""ReLU: the change of the kernel against random sign patterns, certified descent, deep networks inside their cell."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.networks.activation import CERTIFIED
from certify.networks.ball import Ball
from certify.networks.centre import centre_of
from certify.networks.curvature import lipschitz
from certify.networks.files import Layer, Model
from certify.networks.flips import FlipTable, aligned_action
from certify.networks.kernel import tangent_kernel
from certify.networks.propagate import propagate
from certify.networks.two_layer import Inputs, forward, network_of
from certify.theorems.statements import GIVEN, reverify
from certify.workflows.network import NetworkRequest, certify_network, prepare_graph

Array = np.ndarray


def instance(n: int, d: int, m: int, q: int, seed: int) -> tuple[Array, Array, Array, Array]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, rng.standard_normal((n, q)), rng.standard_normal((m, d)), rng.standard_normal((q, m)) / m**0.5


def rows_of(slopes: Array, V: Array, X: Array) -> Array:
    return np.einsum("ir,ar,ij->iarj", slopes, V, X).reshape(len(X) * len(V), -1)


@pytest.mark.parametrize("q", [1, 3])
def test_no_pattern_changes_the_kernel_more_than_is_said(q: int) -> None:
    """Slopes anywhere in [0, 1] where signs may differ: random ones, all on, all off."""
    X, Y, W, V = instance(5, 3, 40, q, q)
    network, inputs = network_of(CERTIFIED["relu"], W, V, None), Inputs(X, Y)
    found = forward(network, inputs)
    D = found.slopes
    J = rows_of(D, V, X)
    rng = np.random.default_rng(0)
    nearest = 0.0
    for distance, action in ((0.0, 0.05), (0.0, 0.3), (0.05, 0.1), (0.3, 0.0)):
        table = FlipTable(network, inputs, found, distance)
        bound = table.kernel_change(action)
        lengths = np.linalg.norm(X, axis=1)[:, None] * distance
        reach = np.linalg.norm(X @ X.T, axis=1)[:, None] * np.linalg.norm(V, axis=0)[None, :] * action
        free = np.abs(X @ W.T) <= lengths + reach
        if not free.any():
            assert bound == 0.0
            continue
        for trial in range(60):
            if trial < 4:
                first, second = (np.where(free, float(bit), D) for bit in (trial % 2, trial // 2))
            elif trial % 2:
                first, second = (np.where(free, rng.random(D.shape), D) for _ in range(2))
            else:
                first = second = np.where(free, rng.integers(0, 2, D.shape), D)
            change = np.linalg.norm(rows_of(first, V, X) @ rows_of(second, V, X).T - J @ J.T, 2)
            assert change <= bound
            nearest = max(nearest, change / bound)
    assert nearest > 0.15
    assert FlipTable(network, inputs, found, 0.0).kernel_change(1e-9) == 0.0


def test_the_action_is_a_bound_and_uses_alignment() -> None:
    X, Y, W, V = instance(4, 6, 50, 1, 2)
    network = network_of(CERTIFIED["relu"], W, V, None)
    inputs = Inputs(X, Y)
    A = tangent_kernel(network, inputs, forward(network, inputs))
    D = (X @ W.T > 0).astype(float)
    K = rows_of(D, V, X) @ rows_of(D, V, X).T
    values, vectors = np.linalg.eigh(K)
    for e in (vectors[:, -1], vectors[:, 0], vectors.sum(axis=1)):
        bound = aligned_action(A, float(values[0]) * (1 - 1e-9), e, 0.0, float(np.linalg.norm(e)) * (1 + 1e-12))
        eta, total, current = 1.0 / values[-1], 0.0, e.copy()
        for _ in range(20000):
            total, current = total + eta * float(np.linalg.norm(current)), current - eta * K @ current
        assert total <= bound <= np.linalg.norm(e) / values[0] * (1 + 1e-6)
    assert aligned_action(A, float(values[0]), vectors[:, -1], 0.0, 1.0) < 0.9 / values[0]


def trained(seed: int, q: int, steps: int) -> tuple[Model, Dataset]:
    X, Y, W, V = instance(4, 6, 200, q, seed)
    V = np.sign(V) / 200**0.5
    eta = 0.5 / float(np.linalg.norm(X, 2)) ** 2
    for _ in range(steps):
        Z = X @ W.T
        e = np.maximum(Z, 0) @ V.T - Y
        W = W - eta * ((Z > 0) * (e @ V)).T @ X
    return Model((Layer(W, None),), V if q > 1 else V[0], None, None, "relu", "m"), Dataset(X, Y if q > 1 else Y[:, 0])


@pytest.mark.parametrize("seed", range(6))
def test_descent_obeys_its_certificate(seed: int) -> None:
    q = 1 + seed % 2
    for steps in (0, 100, 400, 1600):
        model, data = trained(seed, q, steps)
        result = certify_network(model, data, NetworkRequest(threads=1))
        if result.verdict is Verdict.PROVED:
            break
    assert result.verdict is Verdict.PROVED
    entry = result.theorem("relu.gd")
    assert reverify(GIVEN["relu.gd"], entry.witness).verdict is Verdict.PROVED
    constants = entry.constants
    eta, mu, first = constants["step_size"].lower, constants["mu"].lower, constants["residual"].upper
    radius = constants["radius"].upper
    assert eta and mu and first and radius and data.y is not None and constants["h"].upper < 0.5
    assert {"beta", "sigma_squared", "rate", "loss_threshold"} <= set(constants)
    W, V, Y = model.hidden[0].weights.copy(), model.matrix, data.y.reshape(4, -1)
    for k in range(300):
        Z = data.X @ W.T
        e = np.maximum(Z, 0) @ V.T - Y
        if np.linalg.norm(e) > 1e-13:
            assert np.linalg.norm(e) <= first * (1 - eta * mu) ** k
        assert np.linalg.norm(W - model.hidden[0].weights) <= radius
        W = W - eta * ((Z > 0) * (e @ V)).T @ data.X
    above = float(np.nextafter(constants["largest_step_size"].upper, 1))
    refused = certify_network(model, data, NetworkRequest(step_size=above, threads=1))
    assert refused.verdict is Verdict.UNDECIDED


def deep(seed: int, name: str = "relu") -> tuple[Model, Dataset]:
    rng = np.random.default_rng(seed)
    sizes = (4, 16, 16)
    hidden = tuple(
        Layer(rng.standard_normal((b, a)) / a**0.5, 0.3 * rng.standard_normal(b)) for a, b in pairwise(sizes)
    )
    v = rng.standard_normal(16) / 4
    return Model(hidden, v, 0.1, None, name, "m"), Dataset(rng.standard_normal((3, 4)), rng.standard_normal(3))


def outputs(model: Model, X: Array) -> Array:
    h = X
    for layer in model.hidden:
        h = np.maximum(h @ layer.weights.T + layer.bias, 0)
    return h @ model.outer + float(model.offset or 0.0)


def gradient_step(model: Model, X: Array, e: Array, eta: float) -> Model:
    H = [X]
    for layer in model.hidden:
        H.append(np.maximum(H[-1] @ layer.weights.T + layer.bias, 0))
    back, hidden = e[:, None] * model.outer, []
    for layer, before, after in zip(reversed(model.hidden), reversed(H[:-1]), reversed(H[1:]), strict=True):
        B = back * (after > 0)
        hidden.insert(0, Layer(layer.weights - eta * B.T @ before, layer.bias - eta * B.sum(axis=0)))
        back = B @ layer.weights
    return Model(
        tuple(hidden), model.outer - eta * H[-1].T @ e, float(model.offset or 0) - eta * e.sum(), None, "relu", "m"
    )


@pytest.mark.parametrize("seed", [0, 4])
def test_deep_networks_inside_their_cell(seed: int) -> None:
    """The cell holds what it promises, and descent from certified weights keeps to the envelope."""
    model, data = deep(seed)
    assert data.y is not None
    with workers(1) as pool:
        graph, inputs = prepare_graph(model, data, None, "all", pool)
        centre = centre_of(graph, propagate(graph, inputs.rows, inputs.columns), pool)
    assert lipschitz(graph, centre, 1e3) == np.inf
    radius = 1.0
    while not Ball(graph, centre, radius).inside_cell():
        radius /= 1.1
    rng = np.random.default_rng(0)
    signs = [np.maximum(data.X @ model.hidden[0].weights.T + model.hidden[0].bias, 0) > 0]
    for _ in range(100):
        move = rng.standard_normal(model.hidden[0].weights.shape)
        W = model.hidden[0].weights + radius * move / np.linalg.norm(move)
        assert np.array_equal(data.X @ W.T + model.hidden[0].bias > 0, signs[0])
    for _ in range(40):  # plain training, of which nothing is claimed
        for _ in range(50):
            model = gradient_step(model, data.X, outputs(model, data.X) - data.y, 0.02)
        result = certify_network(model, data, NetworkRequest(threads=1))
        if result.verdict is Verdict.PROVED:
            break
    assert result.verdict is Verdict.PROVED and result.bounds["residual"].upper > 1e-9
    constants = result.theorem("plstar.gd").constants
    eta, mu, first = constants["step_size"].lower, constants["mu"].lower, constants["residual"].upper
    assert eta and mu and first
    for k in range(100):
        e = outputs(model, data.X) - data.y
        if np.linalg.norm(e) > 1e-13:
            assert np.linalg.norm(e) <= first * (1 - eta * mu) ** k
        model = gradient_step(model, data.X, e, eta)


def test_a_sign_that_is_not_certain_is_no_cell() -> None:
    model = Model((Layer(np.array([[1.0, -1.0]]), None),), np.ones(1), None, None, "relu", "m")
    data = Dataset(np.array([[1.0, 1.0]]), np.ones(1))
    result = certify_network(model, data, NetworkRequest(train="all", threads=1))
    assert result.verdict is Verdict.UNDECIDED
    again = certify_network(model, data, NetworkRequest(train="first", threads=1))
    assert again.verdict is Verdict.UNDECIDED
