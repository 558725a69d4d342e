"""The theorems against the thing itself: real gradient descent at certified widths, and their probabilities.

Real descent at a certified width: `smooth.width`, `relu.width`, `du2019.gd` on tiny data chosen so that the
certified width fits in memory; no seed fails, though a share δ of them might. The inequality chains of the
proofs (Jacobian and kernel change by flips, Lemma L's majorant) are checked along real descent at widths far
below any certified one, with K(W(0)), flip counts and residual measured there instead of bounded a priori.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import erf
from scipy.stats import binom

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.theorems import Request, TheoremResult, assess

Array = np.ndarray[Any, np.dtype[np.float64]]


def relu(z: Array) -> Array:
    return np.maximum(z, 0.0)


def step_function(z: Array) -> Array:
    return (z > 0).astype(float)


def erf_slope(z: Array) -> Array:
    return 2 / math.sqrt(math.pi) * np.exp(-z * z)


class Network:
    """A two-layer network with its first layer trained, in float64."""

    def __init__(self, X: Array, m: int, alpha: float, smooth: bool, paired: bool, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.X, self.m, self.alpha = X, m, alpha
        self.value: Callable[[Array], Array] = erf if smooth else relu
        self.slope = erf_slope if smooth else step_function
        distinct = m // 2 if paired else m
        W = rng.standard_normal((distinct, X.shape[1]))
        self.W = np.vstack([W, W]) if paired else W
        self.a = np.repeat([1.0, -1.0], distinct) if paired else rng.choice([-1.0, 1.0], m)
        self.start = self.W.copy()

    def predict(self) -> Array:
        return self.alpha / math.sqrt(self.m) * self.value(self.X @ self.W.T) @ self.a

    def slopes(self) -> Array:
        return self.slope(self.X @ self.W.T)

    def kernel(self, left: Array | None = None, right: Array | None = None) -> Array:
        left = self.slopes() if left is None else left
        right = left if right is None else right
        return self.alpha**2 / self.m * (left @ right.T) * (self.X @ self.X.T)

    def descend(self, y: Array, eta: float) -> None:
        e = self.predict() - y
        gradient = self.alpha / math.sqrt(self.m) * self.a[:, None] * ((self.slopes() * e[:, None]).T @ self.X)
        self.W = self.W - eta * gradient

    def movement(self) -> float:
        return float(np.sqrt(((self.W - self.start) ** 2).sum(axis=1)).max())


def measured(X: Array, y: Array, smooth: bool) -> dict[str, Any]:
    """Float64 quantities with an outward margin of 1e-9: enough for a simulation, not a certificate."""
    G = X @ X.T
    q = np.diag(G)
    if smooth:
        K = G * (4 / math.pi) / np.sqrt(np.outer(1 + 2 * q, 1 + 2 * q) - 4 * G**2)
    else:
        rho = np.clip(G / np.sqrt(np.outer(q, q)), -1, 1)
        K = G * (math.pi - np.arccos(rho)) / (2 * math.pi)

    def around(value: float) -> Enclosure:
        return Enclosure(float(value) * (1 - 1e-9), float(value) * (1 + 1e-9))

    return {
        "n": len(X),
        "d": X.shape[1],
        "lambda_min": around(np.linalg.eigvalsh(K)[0]),
        "norm_x_squared": around(np.linalg.eigvalsh(G)[-1]),
        "norm_y": around(float(np.linalg.norm(y))),
        "gram_abs": around(np.linalg.eigvalsh(np.abs(G))[-1]),
        "q_x_squared": around(np.linalg.eigvalsh(G * G)[-1]),
        "unit_rows": Verdict.PROVED if np.allclose(q, 1) else Verdict.REFUTED,
        "definite": Verdict.PROVED,
    }


def failures(result: TheoremResult, X: Array, y: Array, smooth: bool, paired: bool, seeds: int, steps: int) -> int:
    """How many of the seeds leave the promised envelope (or ball) in ``steps`` steps."""
    c = result.constants
    m, eta, q = c["width"].lower, c["step_size"].lower, c["rate"].upper
    assert isinstance(m, int) and isinstance(eta, float) and isinstance(q, float)
    alpha = float(result.witness["values"]["alpha"])
    failed = 0
    for seed in range(seeds):
        net = Network(X, m, alpha, smooth, paired, seed)
        losses = []
        for _ in range(steps):
            losses.append(0.5 * float(((net.predict() - y) ** 2).sum()))
            net.descend(y, eta)
        envelope = losses[0] * q ** np.arange(steps)
        broken = np.any(np.array(losses) > envelope * (1 + 1e-9) + 1e-25)
        if "neuron_movement" in c:
            broken |= net.movement() > float(c["neuron_movement"].upper or 0)
        if "radius" in c:
            broken |= float(np.linalg.norm(net.W - net.start)) > float(c["radius"].upper or 0)
        failed += int(broken)
    return failed


TILTED = np.array([[1.0, 0.0, 0.2], [0.0, 1.5, -0.1], [-0.3, 0.2, 1.2]])


@pytest.mark.parametrize("init", ["paired", "independent"])
def test_smooth_descent_at_its_certified_width(init: str) -> None:
    y = np.array([0.2, -0.1, 0.15])
    result = assess("smooth.width", measured(TILTED, y, True), Request(delta=0.1, init=init, min_rate=0.25))
    assert result.verdict is Verdict.PROVED and result.constants["required_width"].lower < 30000
    assert failures(result, TILTED, y, True, init == "paired", 10, 80) == 0


@pytest.mark.parametrize("init", ["paired", "independent"])
def test_relu_descent_at_its_certified_width(init: str) -> None:
    X, y = (TILTED, np.array([0.05, -0.02, 0.03])) if init == "paired" else (np.eye(2), np.array([0.5, -1.0]))
    result = assess("relu.width", measured(X, y, False), Request(delta=0.1, init=init))
    assert result.verdict is Verdict.PROVED and result.constants["required_width"].lower < 50000
    assert failures(result, X, y, False, init == "paired", 6, 60) == 0


def test_du2019_descent_at_its_certified_width() -> None:
    X, y = np.array([[1.0]]), np.array([0.5])
    result = assess("du2019.gd", measured(X, y, False), Request(delta=0.9, init="independent"))
    assert result.verdict is Verdict.PROVED and result.constants["required_width"].lower < 2 * 10**6
    assert failures(result, X, y, False, False, 2, 12) == 0


def test_matrix_chernoff_bound_on_a_tiny_kernel() -> None:
    """P(λ_min(K(W(0))) ≤ (1−ε)λ0) against its bound, over 4000 draws for each N and ε."""
    X = TILTED
    for smooth, bound_slope in ((False, 1.0), (True, 2 / math.sqrt(math.pi))):
        data = measured(X, np.ones(3), smooth)
        least, top = data["lambda_min"].lower, data["norm_x_squared"].upper
        rng = np.random.default_rng(7)
        for trials, eps in ((20, 0.7), (60, 0.5), (200, 0.3)):
            Z = X @ rng.standard_normal((4000, trials, 3)).transpose(0, 2, 1)
            slopes = erf_slope(Z) if smooth else step_function(Z)
            kernels = slopes @ slopes.transpose(0, 2, 1) / trials * (X @ X.T)
            frequency = float(np.mean(np.linalg.eigvalsh(kernels)[:, 0] <= (1 - eps) * least))
            exponent = trials * least / (bound_slope**2 * top) * (eps + (1 - eps) * math.log(1 - eps))
            assert frequency <= 3 * math.exp(-exponent) + 4 * math.sqrt(0.25 / 4000)


def test_flip_counts_have_the_binomial_law_for_rows_of_any_length() -> None:
    """The margin is divided by the row's norm: else long rows would flip more often than counted."""
    X = np.array([[5.0, 0.0], [0.03, 0.04]])
    rng, r, trials = np.random.default_rng(3), 0.2, 50
    p = float(erf(r / math.sqrt(2)))
    margins = np.abs(rng.standard_normal((4000, trials, 2)) @ X.T) / np.linalg.norm(X, axis=1)
    counts = (margins <= r).sum(axis=1)
    for count in (6, 9, 12, 15):
        frequency = (counts > count).mean(axis=0)
        assert np.all(np.abs(frequency - binom.sf(count, trials, p)) < 5 * math.sqrt(0.25 / 4000))


def test_initial_relu_predictions_given_the_signs() -> None:
    """E‖F‖² and the high-probability bound, for unbalanced signs."""
    rng, m, n, draws = np.random.default_rng(5), 40, 3, 4000
    signs = np.where(np.arange(m) < 28, 1.0, -1.0)
    Z = rng.standard_normal((draws, m, 3)) @ TILTED.T
    F = np.einsum("r,krn->kn", signs, relu(Z)) / math.sqrt(m)
    trace = float((TILTED**2).sum())
    exact = trace * (0.5 - 1 / (2 * math.pi)) + signs.sum() ** 2 / m * trace / (2 * math.pi)
    squares = (F**2).sum(axis=1)
    assert abs(squares.mean() - exact) < 5 * squares.std() / math.sqrt(draws)
    top = math.sqrt(np.linalg.norm(TILTED, 2) ** 2)
    for failure in (0.2, 0.05):
        bound = math.sqrt(exact) + top * math.sqrt(2 * math.log(1 / failure))
        assert np.mean(np.sqrt(squares) >= bound) <= failure
    assert n == F.shape[1]


@pytest.mark.parametrize("seed", range(3))
def test_relu_inequalities_along_real_descent(seed: int) -> None:
    """Section 2 of relu-width.md with measured flips, at every step."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((5, 4)) * np.array([0.3, 1, 2, 0.7, 1.5])[:, None]
    y = 0.3 * rng.standard_normal(5)
    net = Network(X, 400, 1.0, False, True, seed)
    G, initial = X @ X.T, net.slopes()
    top = float(np.linalg.eigvalsh(G)[-1])
    eta = 1 / top
    margin = np.abs(X @ net.start.T) / np.linalg.norm(X, axis=1)[:, None]
    K0 = net.kernel(initial)
    least = float(np.linalg.eigvalsh(K0)[0])
    path = 0.0
    for _ in range(60):
        before, e = net.slopes(), net.predict() - y
        P = X @ net.W.T
        net.descend(y, eta)
        Q = X @ net.W.T
        path += eta * float(np.linalg.norm(e))
        r = math.sqrt(top / net.m) * path
        assert net.movement() <= r * (1 + 1e-12)
        moved = np.where(P == Q, before, (relu(Q) - relu(P)) / np.where(P == Q, 1.0, Q - P))
        flips = (margin <= r).sum(axis=1)
        for left, right in ((before, initial), (moved, initial), (moved, before)):
            change = left - right
            change[np.abs(change) < 1e-9] = 0.0
            assert np.all((change != 0).sum(axis=1) <= flips)
            norm = np.linalg.eigvalsh(net.kernel(change))[-1]
            assert norm <= flips.max() / net.m * top * (1 + 1e-9) + 1e-12
        perturbed = net.kernel(moved, before)
        bound = np.abs(G) * (flips[:, None] + flips[None, :]) / net.m
        assert np.all(np.abs(perturbed - K0) <= bound + 1e-7)
        eps = float(np.linalg.eigvalsh(bound)[-1])
        assert eps <= 2 * flips.max() / net.m * float(np.linalg.eigvalsh(np.abs(G))[-1]) * (1 + 1e-12)
        after = net.predict() - y
        assert np.allclose(after, e - eta * perturbed @ e, atol=1e-7)
        assert np.linalg.norm(after) <= (1 - eta * (least - eps)) * np.linalg.norm(e) * (1 + 1e-7)
        s = math.sqrt(flips.max() / net.m * top)
        sigma = math.sqrt(least)
        g = math.sqrt(float(e @ net.kernel(before) @ e))
        if s < sigma:
            descent = 0.5 * (math.sqrt(sigma**2 - s**2) - s) - 0.5 * s
            gamma = max(descent, sigma - 2 * s)
            if gamma > 0:
                assert np.linalg.norm(after) <= np.linalg.norm(e) - eta * g * gamma + 1e-7


@pytest.mark.parametrize("seed", range(4))
def test_kantorovich_from_the_weights_along_real_descent(seed: int) -> None:
    """The Proposition of smooth-width.md, λ_min(K(W(0))) measured, targets that make h just below ½."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((4, 5))
    net = Network(X, 300, 1.0, True, True, seed)
    G = X @ X.T
    sigma2 = float(np.linalg.eigvalsh(net.kernel())[0])
    beta = math.sqrt(8 / (math.pi * math.e)) * math.sqrt(float(np.linalg.eigvalsh(G * G)[-1]) / net.m)
    # the hardest direction: the least eigenvector
    direction = np.linalg.eigh(net.kernel())[1][:, 0]
    y = 0.499 * sigma2 / beta * direction
    start = float(np.linalg.norm(y))
    mu = sigma2 - 2 * beta * start
    radius = 2 * start / (math.sqrt(sigma2) + math.sqrt(mu))
    eta = math.pi / 4 / float(np.linalg.eigvalsh(G)[-1])
    path, last = 0.0, start
    for _ in range(200):
        before = net.W.copy()
        net.descend(y, eta)
        path += float(np.linalg.norm(net.W - before))
        now = float(np.linalg.norm(net.predict() - y))
        assert path <= radius
        assert now <= start - math.sqrt(sigma2) * path + beta * path**2 / 2 + 1e-12
        assert now <= (1 - eta * mu) * last + 1e-14
        assert np.linalg.eigvalsh(net.kernel())[0] >= mu * (1 - 1e-9)
        last = now


def test_the_jacobians_lipschitz_constant() -> None:
    """‖J(W) − J(W')‖ ≤ αB2 q_X/√m ‖W − W'‖, tried where it is tight: one neuron, one direction."""
    rng = np.random.default_rng(0)
    curvature = math.sqrt(8 / (math.pi * math.e))
    best = 0.0
    for _ in range(300):
        X = rng.standard_normal((4, 3))
        G = X @ X.T
        quartic = math.sqrt(float(np.linalg.eigvalsh(G * G)[-1]))
        W = rng.standard_normal((6, 3)) * rng.choice([0.1, 1.0, 3.0])
        change = rng.standard_normal((6, 3)) * rng.choice([1e-4, 0.1, 1.0, 10.0]) * (rng.random((6, 1)) < 0.4)
        D = erf_slope(X @ (W + change).T) - erf_slope(X @ W.T)
        # ‖ΔJ‖² is the norm of its Gram matrix, α = 1
        norm = math.sqrt(max(0.0, float(np.linalg.eigvalsh(D @ D.T / 6 * G)[-1])))
        bound = curvature * quartic / math.sqrt(6) * float(np.linalg.norm(change))
        assert norm <= bound * (1 + 1e-9) + 1e-12
        best = max(best, norm / bound if bound > 0 else 0.0)
    assert best > 0.5
