"""Several outputs: the width at 50 digits, drawn kernels and Jacobians under their bounds, networks as certified."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import mpmath
import numpy as np
import pytest
from conftest import Command, one_line
from scipy.special import erf

from certify.arithmetic.verdict import Verdict
from certify.theorems import check

VALUES = {
    "n": 100, "outputs": 3, "lambda0": "1/25", "norm_x_squared": 14, "q_x_squared": 7, "norm_y": 10, "delta": "1/20",
}  # fmt: skip
#: Two orthogonal unit rows, two outputs; erf: K∞ = (4/π)/√5 · I.
X = np.eye(2)
LAMBDA = 4 / math.pi / math.sqrt(5)
TINY = {"n": 2, "outputs": 2, "lambda0": LAMBDA * (1 - 1e-12), "norm_x_squared": 1, "q_x_squared": 1}


def failure(m: int, eps: mpmath.mpf) -> mpmath.mpf:
    N, q, n, lam, S = mpmath.mpf(m) / 2, 3, 100, mpmath.mpf(1) / 25, 14
    rate = eps + (1 - eps) * mpmath.log(1 - eps)
    chernoff = n * q * mpmath.exp(-N * lam / (q * 4 / mpmath.pi * S) * rate)
    return chernoff + q * mpmath.exp(-N / q * (2 * mpmath.log(2) - 1))


def test_the_width_agrees_with_mpmath() -> None:
    found = check("smooth.outputs", VALUES)
    assert found.verdict is Verdict.PROVED
    m, eps = found.constants["required_width"].upper, mpmath.mpf(found.witness["parameters"]["eps"])
    with mpmath.workdps(50):
        b2 = mpmath.sqrt(8 / (mpmath.pi * mpmath.e))

        def mu(width: int) -> mpmath.mpf:
            return (1 - eps) / 25 - 2 * b2 * mpmath.sqrt(mpmath.mpf(21) / width) * 10

        assert mu(m) > 0 and failure(m, eps) <= mpmath.mpf(1) / 20
        assert not (mu(m - 2) > 0 and failure(m - 2, eps) <= mpmath.mpf(1) / 20)
        assert found.constants["mu"].lower <= mu(m) <= found.constants["mu"].upper
        step = 1 / (2 * 4 / mpmath.pi * 14)
        assert found.constants["step_size"].upper == pytest.approx(float(step), rel=1e-14)


def test_one_output_is_the_scalar_theorem_and_more_cost_more() -> None:
    scalar = {name: value for name, value in VALUES.items() if name != "outputs"}
    one = check("smooth.outputs", {**VALUES, "outputs": 1}).constants["required_width"].upper
    assert one == check("smooth.width", scalar).constants["required_width"].upper
    widths = [check("smooth.outputs", {**VALUES, "outputs": q}).constants["required_width"].upper for q in (1, 2, 4, 8)]
    assert all(2 * small <= large <= 3 * small for small, large in pairwise(widths))
    doubled = {**VALUES, "alpha": 2, "norm_y": 20}  # twice all functions: the same network
    assert (
        check("smooth.outputs", doubled).constants["required_width"]
        == check("smooth.outputs", VALUES).constants["required_width"]
    )


def draw(random: np.random.Generator, m: int) -> tuple[np.ndarray, np.ndarray]:
    half, signs = random.standard_normal((m // 2, 2)), random.choice([-1.0, 1.0], (m // 2, 2))
    return np.concatenate([half, half]), np.concatenate([signs, -signs])


def jacobian(W: np.ndarray, A: np.ndarray) -> np.ndarray:
    """(n q, m d), rows ordered by sample, then output."""
    slope = 2 / math.sqrt(math.pi) * np.exp(-np.square(X @ W.T))
    blocks = np.einsum("ir,rk,id->ikrd", slope, A, X) / math.sqrt(len(W))
    return blocks.reshape(4, -1)


def outputs(W: np.ndarray, A: np.ndarray) -> np.ndarray:
    return erf(X @ W.T) @ A / math.sqrt(len(W))


def test_the_jacobian_is_that_of_the_network() -> None:
    W, A = draw(np.random.default_rng(0), 12)
    numeric = np.empty((4, W.size))
    for k in range(W.size):
        move = np.zeros(W.size)
        move[k] = 1e-6
        up, down = (outputs(W + s * move.reshape(W.shape), A) for s in (1, -1))
        numeric[:, k] = ((up - down) / 2e-6).ravel()
    assert np.abs(numeric - jacobian(W, A)).max() < 1e-9


def test_ten_thousand_drawn_kernels() -> None:
    """At a width where the theorem allows a failure of ½: λ_min(K0) and the signs obey far more often than that."""
    eps, draws = 0.5, 10_000
    rate = eps + (1 - eps) * math.log(1 - eps)
    kernel, signs = LAMBDA / (2 * 4 / math.pi) * rate / 2, (2 * math.log(2) - 1) / 4
    m = next(m for m in range(2, 10**5, 2) if 4 * math.exp(-m * kernel) + 2 * math.exp(-m * signs) <= 0.5)
    random, bad = np.random.default_rng(1), 0
    for _ in range(draws):
        W, A = draw(random, m)
        J = jacobian(W, A)
        low = np.linalg.eigvalsh(J @ J.T)[0] <= (1 - eps) * LAMBDA
        bad += bool(low or np.linalg.eigvalsh(A.T @ A / m)[-1] >= 2)
    assert bad / draws <= 0.5


@pytest.mark.parametrize("seed", range(20))
def test_bounds_of_the_jacobian(seed: int) -> None:
    random, m = np.random.default_rng(seed), 40
    W, A = draw(random, m)
    beta = math.sqrt(8 / (math.pi * math.e)) * math.sqrt(2 / m)
    top = 2 * 4 / math.pi * max(1.0, np.linalg.eigvalsh(A.T @ A / m)[-1] / 2)
    for scale in (1e-3, 0.3, 3.0):
        moved = W + scale * random.standard_normal(W.shape) * random.choice([0.0, 1.0], (m, 1), p=[0.9, 0.1])
        change = np.linalg.norm(jacobian(moved, A) - jacobian(W, A), 2)
        assert change <= beta * np.linalg.norm(moved - W) + 1e-15
        assert np.linalg.norm(jacobian(moved, A), 2) ** 2 <= top


@pytest.mark.parametrize("seed", range(20))
def test_descent_obeys_its_certificate(seed: int) -> None:
    """At the certified width, from drawn weights: under (1 − ημ)^{2k} and inside the ball (δ = 10⁻³: none may fail)."""
    random = np.random.default_rng(seed)
    Y = 0.2 * random.standard_normal((2, 2))
    size = float(np.linalg.norm(Y)) * (1 + 1e-14)
    found = check("smooth.outputs", {**TINY, "norm_y": size, "delta": "1/1000", "min_rate": "1/4"})
    assert found.verdict is Verdict.PROVED
    eta, rate, radius = (found.constants[name].upper for name in ("step_size", "rate", "radius"))
    m = found.constants["width"].upper
    assert rate < 0.95
    W, A = draw(random, m)
    start = W.copy()
    for k in range(200):
        e = outputs(W, A) - Y
        if k and (e * e).sum() > 1e-24:
            assert (e * e).sum() <= rate**k * size**2, k
        assert np.linalg.norm(W - start) <= radius
        W = W - eta * (jacobian(W, A).T @ e.ravel()).reshape(W.shape)


def test_from_the_shell(certify_here: Command, tmp_path: Path) -> None:
    """Three classes as one-hot columns: a width for erf, which the checker confirms."""
    np.savez(tmp_path / "three.npz", X=3 * np.eye(6), y=np.array([0, 1, 2, 0, 1, 2]))
    run = certify_here(
        "dataset", "three.npz", "--labels", "onehot", "--activation", "erf", "-o", "c.json", "--json", "--threads", "1"
    )
    document = json.loads(run.stdout)
    assert run.returncode == 0 and document["verdict"] == "proved"
    entry = next(e for e in document["theorems"] if e["id"] == "smooth.outputs")
    assert entry["witness"]["values"]["outputs"] == 3 and entry["verdict"] == "proved"
    assert document["bounds"]["norm_y"]["upper"] == pytest.approx(math.sqrt(6), rel=1e-15)
    assert all(e["verdict"] == "undecided" for e in document["theorems"] if e["id"] != "smooth.outputs")
    checked = certify_here("check", "c.json", "--data", "three.npz")
    assert checked.returncode == 0 and "confirmed" in checked.stdout
    scalar = certify_here("dataset", "three.npz", "--labels", "regression", "--json", "--threads", "1")
    assert "smooth.outputs" not in {e["id"] for e in json.loads(scalar.stdout)["theorems"]}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({**VALUES, "outputs": "1/2"}, "positive integer"),
        ({**VALUES, "delta": 0}, "between 0 and 1"),
        ({**VALUES, "m": 7}, "odd"),
        ({**VALUES, "eta": 1}, "beyond what the theorem allows"),
    ],
)
def test_mistakes_are_one_line(certify_here: Command, values: dict[str, object], says: str) -> None:
    words = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    run = certify_here("theorem", "check", "smooth.outputs", *words)
    assert run.returncode == 2 and says in one_line(run.stderr), run.stderr
