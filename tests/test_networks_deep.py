"""Deep networks: enclosures against ball arithmetic, curvature against pairs on the ball, real descent."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from network_fixtures import EXACT, dot

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.networks import SMOOTH
from certify.networks.adjoint import adjoint_curvature
from certify.networks.ball import Ball
from certify.networks.centre import centre_of
from certify.networks.curvature import lipschitz
from certify.networks.files import Layer, Model
from certify.networks.propagate import graph_kernel, propagate
from certify.networks.rows import spectral_norm
from certify.spectrum.product import dense
from certify.workflows.network import NetworkRequest, certify_network, prepare_graph

Array = np.ndarray


def deep_model(
    widths: tuple[int, ...], d: int, seed: int, name: str, bias: bool = True, alpha: float | None = None
) -> Model:
    rng = np.random.default_rng(seed)
    sizes = (d, *widths)
    hidden = tuple(
        Layer(
            rng.standard_normal((sizes[k + 1], sizes[k])) / (sizes[k] ** 0.5 if k else 1.0),
            0.3 * rng.standard_normal(sizes[k + 1]) if bias else None,
        )
        for k in range(len(widths))
    )
    outer = rng.standard_normal(widths[-1]) / (1.0 if alpha else widths[-1] ** 0.5)
    return Model(hidden, outer, 0.2 if bias else None, alpha, name, "model")


def exact(model: Model, X: Array, y: Array) -> tuple[list[flint.arb], list[list[flint.arb]]]:
    """Residual and full tangent kernel as balls: Jacobian rows written out, one derivative at a time."""
    assert model.activation is not None
    value, slope = EXACT[model.activation]
    s = arb(1) if model.alpha is None else (arb(Fraction(model.alpha) ** 2 / len(model.outer))).sqrt()
    residuals, rows = [], []
    for x, target in zip(X, y, strict=True):
        hidden, slopes = [[arb(float(t)) for t in x]], []
        for layer in model.hidden:
            bias = np.zeros(len(layer.weights)) if layer.bias is None else layer.bias
            z = [
                dot([arb(float(t)) for t in w], hidden[-1]) + arb(float(b))
                for w, b in zip(layer.weights, bias, strict=True)
            ]
            hidden.append([value(t) for t in z])
            slopes.append([slope(t) for t in z])
        v = [arb(float(t)) for t in model.outer]
        residuals.append(s * dot(v, hidden[-1]) + arb(model.offset or 0.0) - arb(float(target)))
        row = [s * t for t in hidden[-1]] + ([arb(1)] if model.offset is not None else [])
        back = v
        for k in range(len(model.hidden) - 1, -1, -1):
            b = [p * q for p, q in zip(back, slopes[k], strict=True)]
            row += [s * p * q for p in b for q in hidden[k]]
            if model.hidden[k].bias is not None:
                row += [s * p for p in b]
            W = model.hidden[k].weights
            back = [dot([arb(float(W[r, j])) for r in range(len(b))], b) for j in range(W.shape[1])]
        rows.append(row)
    return residuals, [[dot(p, q) for q in rows] for p in rows]


@pytest.mark.parametrize(
    ("name", "widths", "bias", "alpha"),
    [
        ("tanh", (5, 4), True, None),
        ("erf", (4,), False, 2.0),
        ("softplus", (3, 4, 3), True, 1.0),
        ("sigmoid", (6, 2), False, None),
    ],
)
def test_residual_and_kernel_contain_the_truth(
    name: str, widths: tuple[int, ...], bias: bool, alpha: float | None
) -> None:
    model = deep_model(widths, 3, 8, name, bias, alpha)
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((4, 3)), rng.standard_normal(4)
    with workers(1) as pool:
        network, inputs = prepare_graph(model, Dataset(X, y), None, "all", pool)
    found = propagate(network, inputs.rows, inputs.columns)
    A = graph_kernel(network, found)
    middle = dense(A)
    with precision(300):
        residuals, K = exact(model, X, y)
        for known, error, truth in zip(found.residual[:, 0], found.residual_error[:, 0], residuals, strict=True):
            assert abs(arb(float(known)) - truth) <= arb(float(error))
        for i in range(4):
            errors = [abs(arb(float(middle[i, j])) - K[i][j]) for j in range(4)]
            assert sum(errors, arb(0)) <= arb(float(A.row_radius[i]))
    assert float(found.residual_error.max()) < 1e-12 and A.norm_radius < 1e-10


def flat_jacobian(model: Model, X: Array) -> Array:
    """The Jacobian (n, p) in plain floats."""
    smooth = SMOOTH[str(model.activation)]
    hidden, slopes = [X], []
    for layer in model.hidden:
        found = smooth.evaluate(hidden[-1] @ layer.weights.T + (0.0 if layer.bias is None else layer.bias))
        hidden.append(found.value)
        slopes.append(found.slope)
    s = 1.0 if model.alpha is None else model.alpha / len(model.outer) ** 0.5
    parts = [s * hidden[-1]] + ([np.ones((len(X), 1))] if model.offset is not None else [])
    back = np.broadcast_to(model.outer, hidden[-1].shape)
    for k in range(len(model.hidden) - 1, -1, -1):
        b = back * slopes[k]
        parts.append(s * (b[:, :, None] * hidden[k][:, None, :]).reshape(len(X), -1))
        if model.hidden[k].bias is not None:
            parts.append(s * b)
        back = b @ model.hidden[k].weights
    return np.concatenate(parts, axis=1)


def moved(model: Model, step: Array) -> Model:
    """The parameters moved by a flat step, in the order of `flat_jacobian`."""
    place = 0

    def take(shape: tuple[int, ...]) -> Array:
        nonlocal place
        size = int(np.prod(shape))
        part = step[place : place + size].reshape(shape)
        place += size
        return part

    outer = model.outer + take(model.outer.shape)
    offset = None if model.offset is None else model.offset + float(take((1,))[0])
    hidden: list[Layer] = []
    for layer in reversed(model.hidden):
        weights = layer.weights + take(layer.weights.shape)
        hidden.insert(0, Layer(weights, None if layer.bias is None else layer.bias + take(layer.bias.shape)))
    assert place == step.size
    return Model(tuple(hidden), outer, offset, model.alpha, model.activation, model.name)


@pytest.mark.parametrize("name", sorted(SMOOTH))
@pytest.mark.parametrize("widths", [(6,), (5, 4), (4, 4, 3)])
def test_no_pair_on_the_ball_beats_the_lipschitz_constant(name: str, widths: tuple[int, ...]) -> None:
    """Random pairs, and pairs along the gradient of one sample's steepest direction; ratios never above 1."""
    model = deep_model(widths, 3, len(widths), name)
    rng = np.random.default_rng(2)
    X = rng.standard_normal((4, 3))
    p = flat_jacobian(model, X).shape[1]
    with workers(1) as pool:
        network, _ = prepare_graph(model, Dataset(X, np.zeros(4)), None, "all", pool)
        centre = centre_of(network, propagate(network, X, np.zeros((4, 1))), pool)
    worst = 0.0
    for radius in (1e-3, 0.1, 1.0):
        beta = lipschitz(network, centre, radius)
        ball = Ball(network, centre, radius)
        each = np.minimum(ball.forward()[0], adjoint_curvature(ball)[0])
        for trial in range(60):
            start = rng.standard_normal(p) if trial % 2 else np.zeros(p)
            start *= rng.uniform(0, 1) * radius / max(np.linalg.norm(start), 1e-9)
            J = flat_jacobian(moved(model, start), X)
            step = rng.standard_normal(p) if trial % 3 else J[trial % 4] * rng.choice([-1.0, 1.0])
            length = rng.uniform(1e-4, 1.0) * (radius - np.linalg.norm(start))
            step *= max(length, 1e-9 * radius) / np.linalg.norm(step)
            difference = flat_jacobian(moved(model, start + step), X) - J
            size = np.linalg.norm(step)
            worst = max(worst, float(np.linalg.norm(difference, 2)) / size / beta)
            # the rounding of these float Jacobians, about 1e-15, is far below the slack of the bounds
            assert np.all(np.linalg.norm(difference, axis=1) <= each * size)
            assert np.linalg.norm(difference, 2) <= beta * size
    assert 0.005 < worst <= 1.0


def test_the_curvature_of_one_layer_is_known() -> None:
    """A single neuron ``v φ(w x)``: at v = 0, w = 0 the Hessian is ``[[0, x], [x, 0]]`` (φ'(0) = 1)."""
    model = Model((Layer(np.zeros((1, 1)), None),), np.array([0.0]), None, None, "tanh", "model")
    with workers(1) as pool:
        network, inputs = prepare_graph(model, Dataset(np.array([[3.0]]), np.zeros(1)), None, "all", pool)
        centre = centre_of(network, propagate(network, inputs.rows, inputs.columns), pool)
    beta = lipschitz(network, centre, 1e-9)
    assert 3.0 <= beta <= 3.0 * (1 + 1e-6)


def test_spectral_norms_are_upper_bounds_and_tight() -> None:
    rng = np.random.default_rng(0)
    with workers(1) as pool:
        for shape in ((3, 8), (8, 3), (40, 40), (1, 1)):
            W = rng.standard_normal(shape)
            truth = float(np.linalg.norm(W, 2))
            assert truth <= spectral_norm(W, pool) * (1 + 1e-15) <= truth * (1 + 1e-9)
        assert spectral_norm(np.zeros((2, 3)), pool) < 1e-100


@pytest.mark.parametrize("seed", range(6))
def test_descent_obeys_its_certificate(seed: int) -> None:
    """Newton steps lead to certified weights (nothing is claimed of them); descent from there keeps the envelope."""
    name, depth = sorted(SMOOTH)[seed % 4], 1 + seed % 3
    model = deep_model((24,) * depth, 4, seed, name)
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((3, 4)), 0.3 * rng.standard_normal(3)
    s = 1.0

    def residual(at: Model) -> Array:
        h = X
        for layer in at.hidden:
            h = SMOOTH[name].evaluate(h @ layer.weights.T + layer.bias).value
        return s * h @ at.outer + float(at.offset or 0.0) - y

    data = Dataset(X, y)
    request = NetworkRequest(train="all", threads=1)
    for _ in range(30):
        result = certify_network(model, data, request)
        if result.verdict is Verdict.PROVED:
            break
        J = flat_jacobian(model, X)
        model = moved(model, -0.5 * J.T @ np.linalg.solve(J @ J.T, residual(model)))
    assert result.verdict is Verdict.PROVED
    constants = result.theorem("plstar.gd").constants
    eta, mu, radius = constants["step_size"].lower, constants["mu"].lower, constants["radius"].upper
    first = constants["residual"].upper
    assert eta and mu and radius and first
    total, current = np.zeros(flat_jacobian(model, X).shape[1]), model
    for k in range(200):
        e = residual(current)
        if np.linalg.norm(e) > 1e-12:
            assert np.linalg.norm(e) <= first * (1 - eta * mu) ** k, k
        assert np.linalg.norm(total) <= radius
        step = -eta * flat_jacobian(current, X).T @ e
        total, current = total + step, moved(current, step)


@pytest.mark.parametrize("seed", range(6))
def test_power_iteration_at_the_centre_stays_below_and_near(seed: int) -> None:
    """The steepest change of the Jacobian, sought by alternating singular vectors; rows alike, and in general place."""
    rng = np.random.default_rng(seed)
    depth, name = 1 + seed % 3, sorted(SMOOTH)[seed % 4]
    model = deep_model((8,) * depth, 3, seed, name, True, [None, 2.0][seed % 2])
    X = 2.0 * rng.standard_normal((4, 3))
    if seed < 3:
        X = np.tile(X[:1], (4, 1))  # where summing over samples and taking them together differ most
    with workers(1) as pool:
        network, _ = prepare_graph(model, Dataset(X, np.zeros(4)), None, "all", pool)
        centre = centre_of(network, propagate(network, X, np.zeros((4, 1))), pool)
    beta = lipschitz(network, centre, 1e-6)
    best = 0.0
    for start in range(3):
        direction = rng.standard_normal(flat_jacobian(model, X).shape[1]) if start else flat_jacobian(model, X)[0]
        for _ in range(20):
            direction = 1e-5 * direction / np.linalg.norm(direction)
            change = (flat_jacobian(moved(model, direction), X) - flat_jacobian(moved(model, -direction), X)) / 2e-5
            _, values, vectors = np.linalg.svd(change, full_matrices=False)
            best, direction = max(best, float(values[0])), vectors[0]
    # the difference quotients, right to about 1e-9, are far below the slack
    assert 0.1 * beta < best < beta
