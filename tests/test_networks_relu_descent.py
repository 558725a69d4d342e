"""ReLU runs in pairs of floats: error-free slices and products, the distance from exact descent, certified runs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.errors import InputError
from certify.networks.activation import CERTIFIED
from certify.networks.initial import initial_weights
from certify.networks.pairs import RELATIVE, bits_for, number_pair, scaled, sliced, total
from certify.networks.relu_descent import ReluDescent
from certify.networks.two_layer import Inputs, network_of
from certify.workflows.measure import Measurements
from certify.workflows.run import RunRequest, _sharpness, certify_run

Array = np.ndarray


def fractions(array: Array) -> Array:
    return np.array([Fraction(float(v)) for v in array.ravel()], dtype=object).reshape(array.shape)


@pytest.mark.parametrize("bits", [3, 23, 48])
def test_slices_are_exact_and_short(bits: int) -> None:
    rng = np.random.default_rng(bits)
    A = rng.standard_normal((7, 9)) * 10.0 ** rng.uniform(-12, 3, (7, 9))
    A[0, 0], A[1, 1] = 0.0, np.abs(A).max() * 2
    cut = sliced(A, bits, 3)
    assert np.array_equal(sum(map(fractions, cut.parts)) + fractions(cut.rest), fractions(A))
    top = Fraction(cut.largest[0])
    for k, part in enumerate(cut.parts):
        unit = top / 2 ** ((k + 1) * bits)
        assert all((v / unit).denominator == 1 and abs(v / unit) <= 2**bits for v in fractions(part).ravel())
        assert np.abs(part).max() <= cut.largest[k]
    assert np.abs(cut.rest).max() <= min(cut.largest[3], cut.largest[0] / 2.0 ** (3 * bits))
    assert not sliced(np.zeros((2, 2)), bits, 2).rest.any()


@pytest.mark.parametrize("inner", [1, 2, 64, 65, 1000])
def test_products_of_slices_are_exact(inner: int) -> None:
    """At the edge: factors all of the largest size, and random ones."""
    rng = np.random.default_rng(inner)
    bits = bits_for(inner)
    for A, B in (
        (np.ones((3, inner)), -np.ones((4, inner))),
        (rng.uniform(-1, 1, (3, inner)), rng.uniform(-1, 1, (4, inner))),
    ):
        first, second = sliced(A, bits, 2), sliced(B, bits, 2)
        for p in first.parts:
            for q in second.parts:
                assert np.array_equal(fractions(p @ q.T), fractions(p).dot(fractions(q).T))


def test_sums_and_products_of_pairs() -> None:
    rng = np.random.default_rng(0)
    terms = [rng.standard_normal(50) * 10.0 ** rng.uniform(-20, 0) for _ in range(12)]
    terms += [-sum(terms) + 1e-25]
    high, low = total(terms)
    exact, size = sum(map(fractions, terms)), sum(fractions(np.abs(t)) for t in terms)
    assert all(abs(h + w - e) <= Fraction(RELATIVE) * s for h, w, e, s in zip(
        fractions(high), fractions(low), exact, size, strict=True
    ))  # fmt: skip
    assert np.array_equal(high, high + low)
    with precision(128):
        factor = number_pair(arb(2).sqrt())
    ours = scaled((high, low), factor)
    truth = (fractions(high) + fractions(low)) * (Fraction(factor[0]) + Fraction(factor[1]))
    assert all(
        abs(h + w - t) <= Fraction(RELATIVE) * abs(t)
        for h, w, t in zip(fractions(ours[0]), fractions(ours[1]), truth, strict=True)
    )
    assert abs((Fraction(factor[0]) + Fraction(factor[1])) ** 2 - 2) < Fraction(2) ** -100


@pytest.mark.parametrize(("q", "order"), [(1, 3), (2, 3), (1, 5)])
def test_the_exact_run_is_within_the_distance(q: int, order: int) -> None:
    rng = np.random.default_rng(0)
    n, d, m = 5, 3, 8
    X, Y = rng.standard_normal((n, d)), rng.standard_normal((n, q))
    W, a = initial_weights(m, d, "independent", 3, q)
    network = network_of(CERTIFIED["relu"], W, a, 1.5)
    with workers(1) as pool:
        sharp = _sharpness(network, Measurements(Dataset(X, Y), pool))
    eta = Fraction(1, 3) / Fraction(sharp.everywhere) ** 2
    descent, V = ReluDescent(network, Inputs(X, Y), eta, sharp, order), network.outer
    with precision(400):
        zero, s = arb(0), network.scale.ball()
        x, w = ([[arb(float(t)) for t in row] for row in A] for A in (X, W))
        for _ in range(25):
            assert descent.shadowed()
            claimed = descent.residual_norm()
            descent.advance()
            z = [[sum((p * t for p, t in zip(xi, wr, strict=True)), zero) for wr in w] for xi in x]
            e = [
                [
                    s * sum((arb(float(V[b, r])) * z[i][r] for r in range(m) if z[i][r] > 0), zero)
                    - arb(float(Y[i, b]))
                    for b in range(q)
                ]
                for i in range(n)
            ]
            w = [
                [
                    w[r][j]
                    - arb(eta)
                    * s
                    * sum(
                        (e[i][b] * arb(float(V[b, r])) * x[i][j] for i in range(n) for b in range(q) if z[i][r] > 0),
                        zero,
                    )
                    for j in range(d)
                ]
                for r in range(m)
            ]
            for low, bound in ((descent._low, descent._gap), (0.0 * descent._low, descent.distance)):
                off = [
                    (w[r][j] - arb(float(descent.weights[r, j])) - arb(float(low[r, j]))) ** 2
                    for r in range(m)
                    for j in range(d)
                ]
                assert sum(off, zero).sqrt() <= arb(bound)
            norm = sum((t * t for row in e for t in row), zero).sqrt()
            assert norm <= arb(claimed)
    assert descent._gap < 1e-18 and descent.distance < 1e-14


def test_a_run_is_certified_and_goes_on_as_certified() -> None:
    rng = np.random.default_rng(5)
    X = rng.standard_normal((4, 8)) / 8**0.5
    data = Dataset(X, rng.choice([-1.0, 1.0], 4))
    result = certify_run(data, RunRequest(width=200, activation="relu", seed=1, threads=1))
    assert result.verdict is Verdict.PROVED
    constants = result.theorem("relu.gd").constants
    eta, mu, first = constants["step_size"].lower, constants["mu"].lower, constants["residual"].upper
    assert eta and mu and first and data.y is not None and isinstance(constants["first_certified_step"].upper, int)
    assert 0 < constants["distance"].upper < 1e-12
    W, a, s = result.weights["W"], result.weights["a"], 1 / 200**0.5
    for k in range(200):
        Z = X @ W.T
        e = s * np.maximum(Z, 0) @ a - data.y
        if np.linalg.norm(e) > 1e-11:
            assert np.linalg.norm(e) <= first * (1 - eta * mu) ** k
        W = W - eta * s * a[:, None] * (((Z > 0) * e[:, None]).T @ X)


def test_signs_that_are_not_certain_stop_the_run() -> None:
    """Row 2 is orthogonal to every direction in which neurons move, and starts at 0 exactly."""
    weights = np.array([[1.0, 0.0], [2.0, 0.0]])
    network = network_of(CERTIFIED["relu"], weights, np.array([1.0, -1.0]), 1.0)
    X, Y = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.5], [0.0]])
    with workers(1) as pool:
        sharp = _sharpness(network, Measurements(Dataset(X, Y), pool))
    descent = ReluDescent(network, Inputs(X, Y), Fraction(1, 10), sharp)
    assert "sign" in str(descent.obstacle())
    with pytest.raises(InputError, match="±1"):
        ReluDescent(network_of(CERTIFIED["relu"], weights, np.ones(2) / 2, 1.0), Inputs(X, Y), Fraction(1), sharp)
