"""Several outputs, two layers: enclosures against balls, the Lipschitz constant, shadowed descent, the command."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import Command, one_line
from network_fixtures import EXACT, dot

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.networks import SMOOTH
from certify.networks.descent import Descent
from certify.networks.files import Layer, Model, read_model
from certify.networks.initial import initial_weights
from certify.networks.kernel import tangent_kernel
from certify.networks.lipschitz import jacobian_lipschitz, jacobian_norm_squared
from certify.networks.two_layer import Inputs, forward, matrix_norm_up, network_of
from certify.spectrum.product import dense
from certify.workflows.measure import Measurements
from certify.workflows.network import NetworkRequest, certify_network
from certify.workflows.run import RunRequest, _sharpness, certify_run

Array = np.ndarray


def instance(n: int, d: int, m: int, q: int, seed: int) -> tuple[Array, Array, Array, Array]:
    rng = np.random.default_rng(seed)
    return (
        rng.standard_normal((n, d)),
        rng.standard_normal((n, q)),
        rng.standard_normal((m, d)),
        rng.standard_normal((q, m)),
    )


@pytest.mark.parametrize(("name", "m"), [("tanh", 7), ("softplus", 300)])
def test_residual_and_kernel_contain_the_truth(name: str, m: int) -> None:
    X, Y, W, V = instance(3, 4, m, 2, 0)
    c = np.array([0.5, -1.0])
    network, inputs = network_of(SMOOTH[name], W, V, 1.5, c), Inputs(X, Y)
    found = forward(network, inputs)
    A = tangent_kernel(network, inputs, found)
    middle = dense(A)
    value, slope = EXACT[name]
    with precision(200):
        s2 = arb(Fraction(9, 4) / m)
        z = [[dot([arb(float(t)) for t in x], [arb(float(t)) for t in w]) for w in W] for x in X]
        v = [[arb(float(t)) for t in row] for row in V]
        G = [[dot([arb(float(t)) for t in x], [arb(float(t)) for t in w]) for w in X] for x in X]
        D = [[slope(t) for t in row] for row in z]
        for i in range(3):
            for a in range(2):
                truth = s2.sqrt() * dot(v[a], [value(t) for t in z[i]]) + arb(float(c[a])) - arb(float(Y[i, a]))
                assert abs(arb(float(found.residual[i, a])) - truth) <= arb(found.residual_error)
                errors = []
                for j in range(3):
                    for b in range(2):
                        left = [p * r for p, r in zip(D[i], v[a], strict=True)]
                        right = [p * r for p, r in zip(D[j], v[b], strict=True)]
                        exact = s2 * G[i][j] * dot(left, right)
                        errors.append(abs(arb(float(middle[2 * i + a, 2 * j + b])) - exact))
                assert sum(errors, arb(0)) <= arb(float(A.row_radius[2 * i + a]))
    assert found.residual_error < 1e-11 and A.norm_radius < 1e-9


def full_jacobian(name: str, W: Array, V: Array, X: Array, s: float) -> Array:
    D = SMOOTH[name].evaluate(X @ W.T).slope
    return s * np.einsum("ir,ar,ij->iarj", D, V, X).reshape(len(X) * len(V), -1)


def test_lipschitz_constant_and_norm_hold_for_all_pairs() -> None:
    X, Y, W, V = instance(5, 3, 6, 3, 1)
    network = network_of(SMOOTH["tanh"], W, V, None)
    with workers(1) as pool:
        measured = Measurements(Dataset(X, Y[:, 0]), pool)
        beta = jacobian_lipschitz(network, measured.quartic.q_x_squared)
        S = jacobian_norm_squared(network, measured.norm_x_squared)
    rng = np.random.default_rng(2)
    worst = 0.0
    for trial in range(300):
        scale = 10.0 ** rng.uniform(-3, 1)
        first = rng.standard_normal(W.shape) * rng.uniform(0, 2)
        if trial % 2:  # one neuron, along a row: where the bound is nearest
            step = np.zeros_like(W)
            step[np.linalg.norm(V, axis=0).argmax()] = X[np.linalg.norm(X, axis=1).argmax()]
            first = step * rng.uniform(-1, 1)
        else:
            step = rng.standard_normal(W.shape)
        step *= scale / np.linalg.norm(step)
        J, moved = full_jacobian("tanh", first, V, X, 1.0), full_jacobian("tanh", first + step, V, X, 1.0)
        ratio = float(np.linalg.norm(moved - J, 2) / scale)
        worst = max(worst, ratio / beta)
        assert ratio <= beta and np.linalg.norm(J, 2) ** 2 <= S
    assert worst > 0.3


def test_the_exact_run_is_within_the_distance() -> None:
    X, Y, W, V = instance(4, 3, 5, 2, 3)
    network = network_of(SMOOTH["tanh"], W, V, 1.0)
    with workers(1) as pool:
        sharp = _sharpness(network, Measurements(Dataset(X, Y), pool))
    eta = Fraction(1, 3) / Fraction(sharp.everywhere) ** 2
    descent = Descent(network, Inputs(X, Y), eta, sharp)
    value, slope = EXACT["tanh"]
    with precision(300):
        s = arb(Fraction(1, 5)).sqrt()
        w = [[arb(float(t)) for t in row] for row in W]
        x = [[arb(float(t)) for t in row] for row in X]
        v = [[arb(float(t)) for t in column] for column in V.T]
        for _ in range(12):
            assert descent.shadowed()
            descent.advance()
            z = [[dot(p, r) for r in w] for p in x]
            e = [
                [s * dot([v[r][a] for r in range(5)], [value(t) for t in z[i]]) - arb(float(Y[i, a])) for a in (0, 1)]
                for i in range(4)
            ]
            w = [
                [
                    w[r][j] - arb(eta) * s * sum((slope(z[i][r]) * dot(e[i], v[r]) * x[i][j] for i in range(4)), arb(0))
                    for j in range(3)
                ]
                for r in range(5)
            ]
            off = [(w[r][j] - arb(float(descent.weights[r, j]))) ** 2 for r in range(5) for j in range(3)]
            assert sum(off, arb(0)).sqrt() <= arb(descent.distance)
    assert 0 < descent.distance < 1e-10


def test_norms_of_output_weights_are_upper_bounds() -> None:
    rng = np.random.default_rng(0)
    for q, m in ((1, 5), (3, 400), (10, 12)):
        V = np.sign(rng.standard_normal((q, m)))
        truth = float(np.linalg.norm(V, 2))
        assert truth <= matrix_norm_up(V) * (1 + 1e-14) <= 2.0 * truth
    first, signs = initial_weights(6, 3, "paired", 5, 4)
    again, one = initial_weights(6, 3, "paired", 5)
    assert signs.shape == (4, 6) and np.array_equal(first, again) and np.array_equal(signs[0], one)


def classes() -> Dataset:
    rng = np.random.default_rng(7)
    X = rng.standard_normal((6, 8)) / 8**0.5
    return Dataset(X, np.eye(3)[rng.permutation(6) % 3])


def test_a_run_with_several_outputs_is_certified_and_goes_on_as_certified() -> None:
    data = classes()
    result = certify_run(data, RunRequest(width=600, seed=1, threads=1))
    assert result.verdict is Verdict.PROVED
    constants = result.theorem("plstar.gd").constants
    eta, mu, loss = constants["step_size"].lower, constants["mu"].lower, constants["residual"].upper
    W, V, s = result.weights["W"], result.weights["a"], 1 / 600**0.5
    assert V.shape == (3, 600) and eta and mu and loss and data.y is not None
    model = Model((Layer(W, None),), V, None, 1.0, "tanh")
    again = certify_network(model, data, NetworkRequest(step_size=eta))
    assert again.verdict is Verdict.PROVED
    for train in ("all", "last"):
        full = certify_network(model, data, NetworkRequest(train=train))
        assert full.bounds["lambda_min"].upper is not None
    for k in range(150):
        found = SMOOTH["tanh"].evaluate(data.X @ W.T)
        e = s * found.value @ V.T - data.y
        if np.vdot(e, e) > 1e-22:
            assert np.linalg.norm(e) <= loss * (1 - eta * mu) ** k
        W = W - eta * s * ((found.slope * (e @ V)).T @ data.X)


def test_the_output_layer_alone_is_a_linear_model() -> None:
    """β = 0: descent is certified from any loss, and h = 0."""
    data = classes()
    rng = np.random.default_rng(0)
    model = Model((Layer(rng.standard_normal((40, 8)), None),), np.zeros((3, 40)), None, None, "tanh", "m")
    result = certify_network(model, data, NetworkRequest(train="last"))
    assert result.verdict is Verdict.PROVED
    constants = result.theorem("plstar.gd").constants
    assert constants["h"].upper == 0.0 and constants["beta"].upper == 0.0
    K = SMOOTH["tanh"].evaluate(data.X @ model.hidden[0].weights.T).value
    bottom = float(np.linalg.eigvalsh(K @ K.T)[0])
    assert abs(constants["mu"].lower - bottom) <= 1e-9 * bottom


def test_the_command_with_classes(certify_here: Command, tmp_path: Path) -> None:
    data = classes()
    assert data.y is not None
    np.savez(tmp_path / "d.npz", X=data.X, y=data.y.argmax(axis=1).astype(float))
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "m.npz", W=rng.standard_normal((50, 8)), a=np.zeros((3, 50)), c=np.zeros(3), activation="tanh")
    assert read_model(tmp_path / "m.npz").outputs == 3
    run = certify_here("network", "m.npz", "--data", "d.npz", "--labels", "onehot", "--train", "last", "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["network"]["outputs"] == 3 and found["network"]["trained"] == "last"
    run = certify_here("network", "m.npz", "--data", "d.npz", "--train", "last")
    assert run.returncode == 2 and "3 outputs" in one_line(run.stderr) and "--labels" in run.stderr
    run = certify_here("network", "m.npz", "--data", "d.npz", "--labels", "onehot", "--train", "W1,zz")
    assert run.returncode == 2 and "'zz'" in one_line(run.stderr)
