"""Finite horizon: simulated descent stays under the certified loss; the numbers against mpmath and NumPy."""

import math
from fractions import Fraction

import numpy as np
import pytest

from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import workers
from certify.data import LoadOptions, load
from certify.errors import InputError
from certify.kernels.rows import UnitRows
from certify.networks.drawn import drawn_kernel
from certify.networks.initial import initial_weights
from certify.spectrum.comparison import comparison
from certify.spectrum.product import dense
from certify.theorems.horizon import linearised
from certify.workflows.horizon import horizon
from certify.workflows.measure import Measurements

SLOPES = {
    "softplus": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0).astype(float),
}
VALUES = {"softplus": lambda z: np.logaddexp(0, z), "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}


def simulated(X, y, activation, m, seed, eta, steps):
    """Float descent of the paired network; ratios L(k)/L(0) after every step."""
    W, a = initial_weights(m, X.shape[1], "paired", seed)
    losses = []
    for _ in range(steps + 1):
        Z = X @ W.T
        e = VALUES[activation](Z) @ a / math.sqrt(m) - y
        losses.append(e @ e)
        W = W - eta / math.sqrt(m) * (SLOPES[activation](Z) * a * e[:, None]).T @ X
    return np.array(losses) / losses[0]


@pytest.mark.parametrize("activation", ["softplus", "tanh", "relu"])
@pytest.mark.parametrize("seed", range(7))
def test_descent_stays_under_the_certified_loss(activation, seed):
    data = load(f"sphere:n=12,d=4,seed={seed}", LoadOptions())
    m = (32, 256, 2048)[seed % 3]
    with workers(1) as pool:
        result = horizon(Measurements(data, pool), pool, activation, m, seed, 1.0)
    assert result.verdict == "proved"
    steps, eta = int(result.constants["steps"].upper), result.constants["step_size"].lower
    loss = simulated(data.X, data.y, activation, m, seed, eta, steps)
    assert loss[-1] <= result.constants["loss_factor"].upper
    # and the deviation from the frozen kernel is bounded as said
    assert loss[-1] ** 0.5 <= result.constants["linearised_factor"].upper ** 0.5 + (
        result.constants["deviation"].upper / np.linalg.norm(data.y)
    )


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("activation", ["softplus", "tanh", "relu"])
def test_kernel_of_drawn_weights(activation, normalized):
    X = np.random.default_rng(3).normal(size=(9, 5))
    unit = UnitRows.from_data(X, normalized)
    found = drawn_kernel(activation, X, unit, 3000, 5, Fraction(3, 2))
    rows = X / np.linalg.norm(X, axis=1, keepdims=True) if normalized else X
    W = initial_weights(3000, 5, "paired", 5)[0]
    S = SLOPES[activation]((rows.astype(np.longdouble) @ W.T.astype(np.longdouble)).astype(np.longdouble))
    exact = (S @ S.T) * (rows @ rows.T) * 2.25 / 3000
    assert np.abs(dense(found.kernel) - exact).max() <= found.kernel.max_radius + 1e-13
    assert found.kernel.max_radius < 1e-10
    if activation == "relu":
        margins = np.abs(rows @ W.T) / np.linalg.norm(rows, axis=1, keepdims=True)
        for place in (100, 150, 180):
            counts = (margins <= found.radii[place]).sum(axis=1)
            assert (found.flips[:, place] >= counts).all() and (found.flips[:, place] <= counts + 2).all()


def test_linearised_path_agrees_with_powers():
    rng = np.random.default_rng(0)
    B = rng.normal(size=(6, 4))
    K, e = B @ B.T / 10, rng.normal(size=6)
    K = (K + K.T) / 2
    with workers(1) as pool:
        near = comparison(SymmetricEnclosure.from_matrix(K), e, float(np.linalg.norm(e)) * (1 + 1e-12), pool)
    eta, steps = Fraction(1, 64), 300
    path = linearised(near, float(np.linalg.norm(e)) * (1 + 1e-12), eta, steps)
    v, total, potential = e.copy(), 0.0, np.zeros(6)
    for _ in range(steps):
        total += float(eta) * np.linalg.norm(v)
        potential += float(eta) * v
        v = v - float(eta) * (K @ v)
    assert 0 <= path.terminal - np.linalg.norm(v) <= 1e-9
    assert 0 <= path.potential - math.sqrt(potential @ K @ potential) <= 1e-5
    assert 0 <= float(path.action) - total <= 2e-2 * total
    assert near.distance < 1e-12


def test_longer_widths_certify_smaller_losses():
    data = load("sphere:n=12,d=4,seed=1", LoadOptions())
    with workers(1) as pool:
        measured = Measurements(data, pool)
        factors = [horizon(measured, pool, "tanh", m, 0, 1.0).constants["loss_factor"].upper for m in (64, 4096, 65536)]
    assert factors[0] > factors[1] > factors[2]


def test_calibration_on_digits():
    data = load("tests/data/digits300.npz", LoadOptions())
    with workers(2) as pool:
        measured = Measurements(data, pool)
        assert horizon(measured, pool, "softplus", 1024, 0, 1.0).constants["loss_factor"].upper <= 0.55


def test_refusals_are_one_line():
    data = load("sphere:n=5,d=3,seed=1", LoadOptions())
    with workers(1) as pool:
        for activation, m in (("gelu", 64), ("tanh", 63)):
            with pytest.raises(InputError) as caught:
                horizon(Measurements(data, pool), pool, activation, m, 0, 1.0)
            assert "\n" not in str(caught.value)
