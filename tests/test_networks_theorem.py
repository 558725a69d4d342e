"""The theorem about weights at hand: sharp at h = ½, exact about the step size, true of real descent."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from network_fixtures import train, two_layer

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.data import Dataset
from certify.networks import SMOOTH
from certify.theorems import check, show
from certify.theorems.at_weights import AtWeights, assess_at_weights, largest_step, radius_needed
from certify.theorems.statements import AT_WEIGHTS, reverify, verify
from certify.workflows.network import NetworkRequest, certify_network

LINEAR, BOUNDARY, LONG = AT_WEIGHTS["plstar.gd"]


def scalar(e0: float, beta: float = 1.0, sigma: float = 1.0) -> AtWeights:
    """``F(w) = σw − βw²/2`` on [−R, R], R = σ/β: there ``|F'| ≤ 2σ``."""
    return AtWeights(sigma**2, e0, beta, 4 * sigma**2, sigma / beta)


def test_sharp_at_one_half() -> None:
    half = scalar(0.5)
    at_half = {**half.values(), "eta": 0.25}
    assert verify(BOUNDARY, at_half).verdict is Verdict.PROVED
    assert verify(LINEAR, at_half).verdict is Verdict.REFUTED
    above = {**at_half, "residual": math.nextafter(0.5, 1.0)}
    assert verify(BOUNDARY, above).verdict is not Verdict.PROVED
    assert [d.hypothesis.id for d in verify(BOUNDARY, above).decided if d.decision.verdict is Verdict.REFUTED] == [
        "kantorovich"
    ]
    below = {**at_half, "residual": math.nextafter(0.5, 0.0)}
    assert verify(LINEAR, below).verdict is Verdict.PROVED
    # above one half the scalar example has no solution at all: σw − βw²/2 ≤ σ²/(2β) = ½ < y


@pytest.mark.parametrize("e0", [0.1, 0.4, 0.499])
def test_the_scalar_example_obeys(e0: float) -> None:
    """Exact descent in balls: inside the ball, under the envelope, towards the nearest solution R*."""
    result = assess_at_weights(scalar(e0), "claim")
    assert result.verdict is Verdict.PROVED
    step, mu = result.constants["step_size"].lower, result.constants["mu"].lower
    radius = result.constants["radius"].upper
    assert step == 0.25 and mu is not None and radius is not None
    with precision(3000):
        w, e = arb(0), -arb(e0)
        for _ in range(200):
            w = w - arb(step) * (1 - w) * e
            moved = w - w * w / 2 - arb(e0)
            assert abs(moved) <= (1 - arb(step) * arb(mu)) * abs(e)
            e = moved
            assert w <= arb(radius)
        exact = 1 - (1 - 2 * arb(e0)).sqrt()
        assert arb(result.constants["radius"].lower or 0) <= exact <= arb(radius)


@pytest.mark.parametrize("square", [3.0, 1.0, 14.367662828300001, 5e-3, 1e7 + 0.125])
def test_the_largest_step_is_the_largest(square: float) -> None:
    step = largest_step(square)
    above = math.nextafter(step, math.inf)
    assert Fraction(step) * Fraction(square) <= 1 < Fraction(above) * Fraction(square)
    known = AtWeights(1.0, 0.1, 1.0, square, 2.0)
    assert assess_at_weights(known, "claim", step_size=step).verdict is Verdict.PROVED
    refused = verify(LINEAR, {**known.values(), "eta": above})
    assert [d.hypothesis.id for d in refused.failing()] == ["step-size"]
    # beyond it the other variant speaks, up to its own limit
    longer = assess_at_weights(known, "claim", step_size=above)
    assert longer.witness["variant"] == "long-step" and (square < 1 or longer.verdict is Verdict.PROVED)
    too_long = assess_at_weights(known, "claim", step_size=2.0 / square)
    assert too_long.verdict is Verdict.UNDECIDED and too_long.conclusion is None
    assert "mu" not in too_long.constants and "rate" not in too_long.constants


def test_a_smaller_ball_than_the_path_is_refused() -> None:
    known = AtWeights(1.0, 0.4, 1.0, 2.0, 10.0)
    radius = radius_needed(known)
    assert radius is not None
    exact = AtWeights(1.0, 0.4, 1.0, 2.0, radius)
    short = AtWeights(1.0, 0.4, 1.0, 2.0, math.nextafter(radius, 0.0))
    assert assess_at_weights(exact, "claim").verdict is Verdict.PROVED
    assert assess_at_weights(short, "claim").verdict is Verdict.UNDECIDED
    assert radius_needed(AtWeights(1.0, 0.6, 1.0, 2.0, 10.0)) is None


def test_distance_weakens_every_number() -> None:
    """Weights moved from the centre: the old certificate, read at distance t, loses σ0 and gains residual."""
    near = assess_at_weights(AtWeights(1.0, 0.3, 1.0, 2.0, 5.0), "claim").constants
    far = assess_at_weights(AtWeights(1.0, 0.3, 1.0, 2.0, 5.0, 0.01), "claim").constants
    assert far["h"].lower > near["h"].upper and far["mu"].upper < near["mu"].lower  # type: ignore[operator]
    radius = near["radius"].upper
    assert radius is not None
    lost = assess_at_weights(AtWeights(1.0, 0.3, 1.0, 2.0, 5.0, float(radius)), "claim")
    assert lost.verdict is Verdict.UNDECIDED
    # beyond σ_c/β the square of σ0 is positive again, and means nothing
    beyond = assess_at_weights(AtWeights(1.0, 0.3, 1.0, 2.0, 5.0, 3.0), "claim")
    assert beyond.verdict is Verdict.UNDECIDED
    assert set(beyond.constants) == {"beta", "residual", "jacobian_norm_squared"}


def test_witness_check_and_show() -> None:
    result = assess_at_weights(scalar(0.3), "claim", width=7)
    assert reverify(AT_WEIGHTS["plstar.gd"], result.witness).verdict is Verdict.PROVED
    values = {"sigma_squared": "1", "residual": "0.3", "beta": "1", "jacobian_norm_squared": "4"}
    checked = check("plstar.gd", values)
    assert checked.verdict is Verdict.PROVED and any("what they are named after" in text for text in checked.assumed)
    assert check("plstar.gd", {**values, "residual": "0.51"}).verdict is Verdict.UNDECIDED
    for format in ("text", "markdown", "latex"):
        assert "sigma" in show("plstar.gd", format)


@pytest.mark.parametrize("seed", range(20))
def test_descent_obeys_its_certificate(seed: int) -> None:
    """A small network is trained until certified, then on: loss under the envelope, iterates in the ball."""
    name = sorted(SMOOTH)[seed % 4]
    model, X, y = two_layer(4, 6, 160, seed, name, spread=0.7)
    y = 0.3 * y
    data = Dataset(X, y)
    step = 0.3 / float(np.linalg.norm(np.column_stack([X, np.ones(len(X))]), 2)) ** 2
    for _ in range(40):
        result = certify_network(model, data, NetworkRequest(threads=1))
        if result.verdict is Verdict.PROVED:
            break
        model = train(model, X, y, 400, step * (16 if name == "sigmoid" else 1))
    assert result.verdict is Verdict.PROVED
    constants = result.theorem("plstar.gd").constants
    eta, mu, radius = constants["step_size"].lower, constants["mu"].lower, constants["radius"].upper
    loss = constants["loss"].upper
    assert eta and mu and radius and loss
    start = np.column_stack([result.weights["W1"], result.weights["b1"]])
    Z, s = np.column_stack([X, np.ones(4)]), 1 / math.sqrt(160)
    W, smooth = start.copy(), SMOOTH[name]
    for k in range(300):
        found = smooth.evaluate(Z @ W.T)
        e = s * found.value @ model.outer + 0.25 - y
        if k and 0.5 * e @ e > 1e-22:
            assert 0.5 * e @ e <= loss * (1 - eta * mu) ** (2 * k), k
        assert np.linalg.norm(W - start) <= radius
        W = W - eta * s * model.outer[:, None] * ((found.slope * e[:, None]).T @ Z)
    threshold = constants["loss_threshold"].lower
    assert threshold is not None and loss <= threshold


@pytest.mark.parametrize("share", [1.2, 1.6, 1.9])
def test_longer_steps_from_weights_at_hand(share: float) -> None:
    """Steps up to nearly 2/S from a trained network: the other variant speaks, and descent stays under its envelope."""
    model, X, y = two_layer(5, 4, 80, 7, "tanh", spread=0.7)
    y = 0.3 * y
    Z, s = np.column_stack([X, np.ones(5)]), 1 / math.sqrt(80)
    model = train(model, X, y, 3000, 0.5 / float(np.linalg.norm(Z, 2)) ** 2)
    data = Dataset(X, y)
    largest = (
        certify_network(model, data, NetworkRequest(threads=1)).theorem("plstar.gd").constants["largest_step_size"]
    )
    eta = share * float(largest.upper or 0)
    result = certify_network(model, data, NetworkRequest(threads=1, step_size=eta))
    entry = result.theorem("plstar.gd")
    assert result.verdict is Verdict.PROVED and entry.document["witness"]["variant"] == "long-step"
    rate, radius, loss = (entry.constants[name].upper for name in ("rate", "radius", "loss"))
    assert rate is not None and radius is not None and loss is not None
    W = start = np.column_stack([model.hidden[0].weights, model.hidden[0].bias])
    for k in range(200):
        found = SMOOTH["tanh"].evaluate(Z @ W.T)
        e = s * found.value @ model.outer + 0.25 - y
        if k and 0.5 * e @ e > 1e-22:
            assert 0.5 * e @ e <= loss * rate**k, k
        assert np.linalg.norm(W - start) <= radius
        W = W - eta * s * model.outer[:, None] * ((found.slope * e[:, None]).T @ Z)
    beyond = certify_network(model, data, NetworkRequest(threads=1, step_size=eta * 2.1 / share))
    assert beyond.verdict is Verdict.UNDECIDED and beyond.certificate.would_decide[0] == "a smaller step size"
