"""Shadowed descent: the float run stays within the proved distance of descent in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256

import flint
import numpy as np
import pytest
from network_fixtures import EXACT

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.errors import InputError
from certify.networks import SMOOTH
from certify.networks.descent import Descent, weighted_norm
from certify.networks.initial import initial_weights
from certify.networks.two_layer import Inputs, network_of
from certify.workflows.measure import Measurements
from certify.workflows.run import _sharpness


def matrix(array: np.ndarray) -> flint.arb_mat:
    return flint.arb_mat([[arb(float(v)) for v in row] for row in array])


def exact_step(
    W: flint.arb_mat, X: flint.arb_mat, y: np.ndarray, outer: np.ndarray, name: str, eta: Fraction, squared: Fraction
) -> flint.arb_mat:
    """One step of gradient descent in balls, by the formulas of the textbook."""
    value, slope = EXACT[name]
    s, n, m, d = arb(squared).sqrt(), X.nrows(), W.nrows(), X.ncols()
    Z = X * W.transpose()
    v = [arb(float(a)) for a in outer]
    e = [s * sum((v[r] * value(Z[i, r]) for r in range(m)), arb(0)) - arb(float(y[i])) for i in range(n)]
    H = flint.arb_mat([[slope(Z[i, r]) * e[i] * v[r] for i in range(n)] for r in range(m)])
    G = H * X
    return flint.arb_mat([[W[r, j] - arb(eta) * s * G[r, j] for j in range(d)] for r in range(m)])


def distance(A: flint.arb_mat, B: flint.arb_mat) -> flint.arb:
    difference = A - B
    entries = [difference[i, j] for i in range(A.nrows()) for j in range(A.ncols())]
    return sum((t * t for t in entries), arb(0)).sqrt()


@pytest.mark.parametrize(("name", "scaled"), [("tanh", 1.0), ("erf", 1.0), ("softplus", 3.0), ("sigmoid", 1.0)])
def test_the_exact_run_is_within_the_distance(name: str, scaled: float) -> None:
    rng = np.random.default_rng(4)
    n, d, m = 5, 3, 8
    X, y = rng.standard_normal((n, d)), rng.standard_normal(n)
    weights, outer = initial_weights(m, d, "independent", 11)
    outer = outer * rng.uniform(0.5, scaled, m)
    network = network_of(SMOOTH[name], weights, outer, 1.5)
    with workers(1) as pool:
        sharp = _sharpness(network, Measurements(Dataset(X, y), pool))
    eta = Fraction(1, 3) / Fraction(sharp.everywhere) ** 2
    descent = Descent(network, Inputs(X, y), eta, sharp)
    with precision(400):
        exact, rows = matrix(weights), matrix(X)
        for _ in range(30):
            before = matrix(descent.weights)
            assert descent.shadowed()
            former = descent.distance

            descent.advance()
            step = exact_step(before, rows, y, outer, name, eta, network.scale.squared)
            one = distance(matrix(descent.weights), step)
            assert one <= arb(descent.distance) - arb(former)  # δ_k alone, as the growth is at least 1
            exact = exact_step(exact, rows, y, outer, name, eta, network.scale.squared)
            true = distance(matrix(descent.weights), exact)
            assert true <= arb(descent.distance)
    assert 0 < descent.distance < 1e-9


def test_weighted_norm_is_an_upper_bound_and_near() -> None:
    rng = np.random.default_rng(0)
    for n, d in ((3, 9), (40, 5), (60, 60), (1, 1)):
        X, w = rng.standard_normal((n, d)), rng.random(n) * 10.0 ** rng.uniform(-6, 3)
        exact = float(np.linalg.eigvalsh(X.T @ (w[:, None] * X))[-1])
        bound = weighted_norm(X, w)
        assert exact * (1 - 1e-12) <= bound <= 1.35 * exact
    assert weighted_norm(np.eye(3), np.zeros(3)) < 1e-100


def test_initial_weights_are_frozen() -> None:
    """Test vectors: the stream is part of what a seed means."""
    weights, outer = initial_weights(6, 4, "paired", 0)
    assert np.array_equal(weights[:3], weights[3:]) and np.array_equal(outer[:3], -outer[3:])
    digest = sha256(weights.astype("<f8").tobytes() + outer.astype("<f8").tobytes()).hexdigest()
    assert digest == "38966df8114b3d4fc6bb6480b48112e38a84fdd17ebfc61b75057bc0b46529a2"
    more, _ = initial_weights(600, 40, "independent", 3)
    assert abs(float(more.mean())) < 0.03 and abs(float(more.std()) - 1) < 0.03
    for width, init, seed in ((5, "paired", 0), (0, "independent", 0), (4, "paired", -1), (4, "odd", 0)):
        with pytest.raises(InputError):
            initial_weights(width, 2, init, seed)
