"""Finite networks: proved elementary functions, and enclosures that contain the exact residual and kernel."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from network_fixtures import EXACT, exact_forward, two_layer
from oracles import assert_contains_lambda_min

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.networks import SMOOTH
from certify.networks.exponential import ABSOLUTE, RELATIVE, exp_minus
from certify.networks.files import Model
from certify.networks.kernel import tangent_kernel
from certify.networks.lipschitz import jacobian_lipschitz, jacobian_norm_squared
from certify.networks.two_layer import forward
from certify.spectrum.extremes import smallest
from certify.spectrum.product import dense
from certify.symbolic.activations import NETWORK_ACTIVATIONS, Z
from certify.symbolic.evaluate import evaluate
from certify.workflows.measure import Measurements
from certify.workflows.network import prepare


def arguments() -> np.ndarray:
    rng = np.random.default_rng(7)
    steps = np.arange(1500) * (np.log(2) / 128)  # where the reduced argument is largest and where it is 0
    return np.concatenate(
        [rng.uniform(0, 1, 1500), rng.uniform(0, 700, 1500), steps, [0.0, 5e-324, 1e-300, 699.99, 700.0, 701.0, 1e308]]
    )


def test_the_exponential_is_within_its_bound() -> None:
    x = arguments()
    with precision(160):
        for point, value in zip(x.tolist(), exp_minus(x).tolist(), strict=True):
            exact = (-arb(point)).exp()
            assert abs(arb(value) - exact) <= arb(RELATIVE) * exact + arb(ABSOLUTE), point


@pytest.mark.parametrize("name", sorted(SMOOTH))
def test_activations_are_within_their_bounds(name: str) -> None:
    rng = np.random.default_rng(3)
    scales = (1e-9, 0.3, 1.0, 4.0, 30.0)
    z = np.concatenate(
        [*(scale * rng.standard_normal(300) for scale in scales), [0.0, -0.0, 1e-320, -(2.0**60), 2.0**60]]
    )
    found = SMOOTH[name].evaluate(z)
    value, slope = EXACT[name]
    with precision(300):
        for point, phi, derivative in zip(z.tolist(), found.value.tolist(), found.slope.tolist(), strict=True):
            t = arb(point)
            if abs(point) < 1e6:  # beyond, the oracle's formulas overflow Arb's exponents for nothing
                assert abs(arb(phi) - value(t)) <= arb(found.value_error), point
                assert abs(arb(derivative) - slope(t)) <= arb(found.slope_error), point
    assert found.slope_error < 2e-15
    if name != "softplus":
        assert found.value_error < 1e-15


@pytest.mark.parametrize("name", sorted(NETWORK_ACTIVATIONS))
def test_suprema_of_slope_and_curvature(name: str) -> None:
    """B1, B2 against balls over small pieces of [−9, 9], outside which all derivatives are smaller."""
    symbolic = NETWORK_ACTIVATIONS[name]
    with precision(100):
        for function, bound in (
            (symbolic.derivative, symbolic.slope_bound),
            (sympy.diff(symbolic.expression, Z, 2), symbolic.curvature_bound),
        ):
            exact, top = evaluate(bound, {}), arb(0)
            for i in range(1800):
                piece = arb(-9 + i / 100).union(arb(-9 + (i + 1) / 100))
                top = top.max(abs(evaluate(function, {"z": piece})))
            assert top < exact * arb(1.15)
            best = float(np.max(np.abs(sympy.lambdify(Z, function, ["scipy", "numpy"])(np.linspace(-9, 9, 20001)))))
            assert float(exact) * 0.999 < best <= float(exact) * (1 + 1e-12)


@pytest.mark.parametrize("name", sorted(SMOOTH))
@pytest.mark.parametrize(("n", "d", "m", "alpha"), [(4, 3, 6, 1.0), (5, 2, 300, None), (3, 7, 1, 0.3)])
def test_residual_and_kernel_contain_the_truth(name: str, n: int, d: int, m: int, alpha: float | None) -> None:
    model, X, y = two_layer(n, d, m, n + m, name)
    outer = np.random.default_rng(1).standard_normal(m)
    model = Model(model.hidden, outer, model.offset, alpha, name, "model")
    e, K = exact_forward(model, X, y)
    network, inputs = prepare(model, Dataset(X, y), None)
    found = forward(network, inputs)
    A = tangent_kernel(network, inputs, found)
    middle = dense(A)
    with precision(300):
        for known, exact in zip(found.residual[:, 0].tolist(), e, strict=True):
            assert abs(arb(known) - exact) <= arb(found.residual_error)
        square = sum((v * v for v in e), arb(0))
        assert arb(found.norm_below) ** 2 <= square <= arb(found.norm) ** 2
        for i in range(n):
            errors = [abs(arb(float(middle[i, j])) - K[i][j]) for j in range(n)]
            assert sum(errors, arb(0)) <= arb(float(A.row_radius[i]))
            assert all(error <= arb(A.max_radius) for error in errors)
    assert A.norm_radius < 1e-11 * max(1.0, float(np.abs(middle).max()))
    with workers(1) as pool:
        bottom = smallest(A, pool).enclosure
    assert bottom.lower is not None and bottom.upper is not None
    assert_contains_lambda_min(K, arb(bottom.lower), arb(bottom.upper))


def jacobian(name: str, W: np.ndarray, X: np.ndarray, outer: np.ndarray, s: float) -> np.ndarray:
    slopes = SMOOTH[name].evaluate(X @ W.T).slope * outer
    return s * (slopes[:, :, None] * X[:, None, :]).reshape(len(X), -1)


@pytest.mark.parametrize("name", sorted(SMOOTH))
def test_no_pair_of_weights_beats_the_lipschitz_constant(name: str) -> None:
    """Random pairs near and far, and pairs that move all neurons along the worst direction of the data."""
    model, X, y = two_layer(7, 4, 12, 5, name)
    model = Model(model.hidden, np.random.default_rng(2).uniform(-2, 2, 12), None, None, name, "model")
    network, inputs = prepare(model, Dataset(X, y), None)
    with workers(1) as pool:
        measured = Measurements(Dataset(inputs.rows), pool)
        beta = jacobian_lipschitz(network, measured.quartic.q_x_squared)
        square = jacobian_norm_squared(network, measured.norm_x_squared)
    rng = np.random.default_rng(0)
    worst = 0.0
    for trial in range(300):
        W = network.weights * rng.choice([0.0, 0.3, 1.0, 3.0])
        step = rng.standard_normal(W.shape)
        if trial % 2:  # rank one, on the neuron with the largest output weight, along a direction of the data
            row = inputs.rows[trial % len(X)]
            step = np.zeros(W.shape)
            step[int(np.argmax(np.abs(network.outer)))] = row
        step *= 10.0 ** rng.uniform(-3, 1) / np.linalg.norm(step)
        J, moved = (jacobian(name, w, inputs.rows, network.outer, 1.0) for w in (W, W + step))
        worst = max(worst, float(np.linalg.norm(J - moved, 2) / np.linalg.norm(step)) / beta)
        assert np.linalg.norm(J, 2) ** 2 <= square
    assert 0.05 < worst <= 1.0


def test_suspiciously_large_weights_are_refused() -> None:
    from certify.errors import InputError

    model, X, y = two_layer(3, 2, 4, 0)
    big = Model((type(model.hidden[0])(model.hidden[0].weights * 1e200, None),), model.outer, None, 1.0, "tanh")
    network, inputs = prepare(big, Dataset(X, y), None)
    with pytest.raises(InputError, match="too large"):
        forward(network, inputs)
