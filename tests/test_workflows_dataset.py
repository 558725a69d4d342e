"""The main job end to end: truths nobody can argue with, and runs that must stay under their envelope."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import assert_contains_lambda_min, exact_kernel

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.data import Dataset, load
from certify.errors import InputError
from certify.workflows import DatasetRequest, certify_dataset, plan_dataset

Floats = NDArray[np.float64]
KERNEL_ONLY = {"theorems": ("relu.width",), "threads": 1}


def run(X: Floats, y: Floats | None = None, normalized: bool = False, **request: object):  # type: ignore[no-untyped-def]
    data = Dataset(X, y, normalized=normalized)
    return certify_dataset(data, DatasetRequest(**{**KERNEL_ONLY, **request}))  # type: ignore[arg-type]


def assert_near(box: Enclosure, value: float, width: float = 1e-12) -> None:
    """Contains ``value`` (up to its own rounding) and is narrow."""
    assert box.lower is not None and box.upper is not None
    assert box.lower <= value * (1 + 1e-15) and value * (1 - 1e-15) <= box.upper
    assert box.upper - box.lower <= width * max(1.0, abs(value))


def test_orthogonal_rows_have_one_half() -> None:
    result = run(np.array([[3.0, 4.0, 0.0], [-4.0, 3.0, 0.0], [0.0, 0.0, 7.0]]), normalized=True)
    box = result.bounds["lambda_min"]
    assert box.lower <= 0.5 <= box.upper and box.upper - box.lower < 1e-14
    assert result.certificate.definite["verdict"] == "proved"


def test_simplex_rows_have_their_closed_form() -> None:
    n = 7
    result = run(n * np.eye(n) - 1.0, normalized=True)
    c = -1 / (n - 1)
    h = c * (np.pi - np.arccos(c)) / (2 * np.pi)
    assert_near(result.bounds["lambda_min"], min(0.5 - h, 0.5 + (n - 1) * h))
    assert_near(result.bounds["lambda_max"], max(0.5 - h, 0.5 + (n - 1) * h))


def test_one_row() -> None:
    result = run(np.array([[3.0, 4.0]]), np.array([2.0]))
    assert_near(result.bounds["lambda_min"], 12.5, 1e-13)
    assert_near(result.bounds["norm_x_squared"], 25.0, 1e-13)
    assert result.bounds["norm_y"] == Enclosure(2.0, 2.0)
    assert result.verdict == Verdict.PROVED


def test_four_points_on_the_circle_are_definite_and_eight_are_not() -> None:
    four = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    result = run(four, np.ones(4), normalized=True)
    assert result.certificate.definite["verdict"] == "proved"
    assert (
        "antiparallel" in result.certificate.definite["reason"] and "Du et al." in result.certificate.definite["reason"]
    )
    eight = np.vstack([four, [[3.0, 4.0], [-4.0, 3.0], [-3.0, -4.0], [4.0, -3.0]]])
    result = run(eight, np.ones(8), normalized=True)
    assert result.verdict == Verdict.REFUTED and result.bounds["lambda_min"] == Enclosure(0.0, 0.0)
    assert result.certificate.definite["null_dimension"] == 2


def test_coinciding_rows_are_refuted_with_their_numbers() -> None:
    X = np.random.default_rng(0).standard_normal((5, 3))
    X[3] = 2 * X[1]
    result = run(X, np.ones(5))
    assert result.verdict == Verdict.REFUTED
    assert result.certificate.definite["parallel_rows"] == ((1, 3),) or result.certificate.to_json()["definite"][
        "parallel_rows"
    ] == [[1, 3]]
    assert result.theorem("relu.width").verdict == Verdict.UNDECIDED


@settings(max_examples=25, deadline=None)
@given(
    st.integers(2, 8),
    st.integers(1, 5),
    st.integers(0, 2**31),
    st.sampled_from([None, 1e-3, 1e-6, 1e-9, 1e-12]),
    st.sampled_from(["relu", "erf"]),
    st.booleans(),
)
def test_lambda_min_contains_the_truth_or_is_undecided(
    n: int, d: int, seed: int, separation: float | None, activation: str, normalized: bool
) -> None:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) + 0.01
    if separation is not None:
        X[1] = X[0] + separation * rng.standard_normal(d)
    result = run(X, normalized=normalized, activation=activation, theorems=None)
    box = result.bounds["lambda_min"]
    verdict = Verdict(result.certificate.definite["verdict"])
    if verdict is Verdict.REFUTED:
        assert result.certificate.definite["null_dimension"] > 0 and d == 1
        return
    assert (verdict is Verdict.PROVED) == (box.lower > 0)
    with precision(400):
        assert_contains_lambda_min(exact_kernel(X, activation, normalized), box.lower_arb(), box.upper_arb())


def test_rows_of_every_magnitude() -> None:
    X = np.array([[1e-310, 0.0, 0.0], [1e308, 1e308, 0.0], [1.0, 0.0, 1.0]])
    result = run(X, np.ones(3))
    box = result.bounds["lambda_min"]
    assert box.exponent != 0 and result.certificate.definite["verdict"] == "proved"
    with precision(6000):
        least = arb(1e-310) ** 2 / 2
        assert 0 < box.lower_arb() < least and box.upper_arb() <= least * (1 + arb(2) ** -50)


def test_invariances() -> None:
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((12, 4)), rng.standard_normal(12)
    base = run(X, y).bounds["lambda_min"]
    order, signs = rng.permutation(12), rng.choice([-1.0, 1.0], 4)
    moved = run((X * signs)[order][:, rng.permutation(4)], y[order]).bounds["lambda_min"]
    assert moved.lower <= base.upper and base.lower <= moved.upper
    doubled = run(X * 4, y).bounds["lambda_min"]
    assert (doubled.lower, doubled.upper) == (16 * base.lower, 16 * base.upper)
    single = X.astype(np.float32)
    assert run(single, y).certificate.claims_sha256 == run(single.astype(np.float64), y).certificate.claims_sha256


def test_claims_do_not_depend_on_threads() -> None:
    data = load("sphere:n=900,d=12,seed=3")
    hashes = {
        certify_dataset(data, DatasetRequest(threads=threads, theorems=("relu.width",))).certificate.claims_sha256
        for threads in (1, 2, 4)
    }
    assert len(hashes) == 1


@pytest.mark.parametrize(("activation", "theorem"), [("relu", "relu.width"), ("erf", "smooth.width")])
def test_gradient_descent_at_a_certified_width_stays_under_its_envelope(activation: str, theorem: str) -> None:
    """Orthonormal rows, where the certified width is within reach: real networks, all seeds, every step."""
    n = 4
    X, y = np.eye(n), np.array([1.0, -1.0, 1.0, 1.0])
    entry = run(X, y, normalized=True, activation=activation, theorems=(theorem,)).theorem(theorem)
    assert entry.verdict == Verdict.PROVED
    m = entry.constants["required_width"].upper
    eta, q = entry.constants["step_size"].lower, entry.constants["rate"].upper
    assert isinstance(m, int) and m < 200_000 and q < 1
    for seed in range(4):
        losses = train(X, y, m, eta, activation, seed, steps=60)
        envelope = losses[0] * q ** np.arange(len(losses))
        assert np.all(losses <= envelope), (seed, m)
        assert abs(losses[0] - 0.5 * float(y @ y)) < 1e-12 and losses[-1] < 1e-12 * losses[0]


def train(X: Floats, y: Floats, m: int, eta: float, activation: str, seed: int, steps: int) -> Floats:
    """Losses of gradient descent on the paired two-layer network, by its textbook gradient."""
    from scipy.special import erf

    rng = np.random.default_rng(seed)
    half = rng.standard_normal((m // 2, X.shape[1]))
    W = np.vstack([half, half])
    a = np.concatenate([np.ones(m // 2), -np.ones(m // 2)])
    losses = []
    for _ in range(steps):
        Z = X @ W.T
        if activation == "relu":
            value, slope = np.maximum(Z, 0), (Z > 0).astype(float)
        else:
            value, slope = erf(Z), 2 / np.sqrt(np.pi) * np.exp(-(Z**2))
        e = value @ a / np.sqrt(m) - y
        losses.append(0.5 * float(e @ e))
        W = W - eta * ((slope * a).T * e) @ X / np.sqrt(m)
    return np.array(losses)


def test_without_targets_the_spectrum_is_still_certified() -> None:
    result = run(np.random.default_rng(1).standard_normal((6, 3)))
    assert result.bounds["lambda_min"].lower > 0 and result.verdict == Verdict.UNDECIDED
    assert any("--target" in remedy for remedy in result.certificate.would_decide)


def test_width_question_is_about_that_width() -> None:
    X, y = np.eye(4), np.ones(4)
    least = run(X, y, normalized=True).theorem("relu.width").constants["required_width"].upper
    enough = run(X, y, normalized=True, width=2 * least)
    assert enough.verdict == Verdict.PROVED and str(2 * least) in enough.certificate.claim
    short = run(X, y, normalized=True, width=20)
    assert short.verdict == Verdict.UNDECIDED and short.certificate.would_decide


def test_theorems_of_another_activation_carry_their_own_kernel() -> None:
    result = run(np.eye(3) * 2, np.ones(3), theorems=None)
    entry = result.theorem("smooth.width")
    assert entry.document["kernel"]["activation"] == "erf" and "lambda_min" in entry.constants
    assert "kernel" not in result.theorem("relu.width").document
    assert run(np.eye(3), np.ones(3), theorems=("smooth.width",)).certificate.kernel["activation"] == "erf"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"delta": 0.0}, "--delta"),
        ({"delta": 1.0}, "--delta"),
        ({"alpha": -1.0}, "--alpha"),
        ({"width": 3}, "odd"),
        ({"width": 0}, "--width"),
        ({"init": "zero"}, "--init"),
        ({"loss": "max"}, "--loss"),
        ({"activation": "exp(z)"}, "--activation"),
        ({"theorems": ("nothing",)}, "--theorem"),
        ({"theorems": ("relu.width",), "activation": "erf"}, "--activation relu"),
        ({"min_rate": 1.5}, "--min-rate"),
        ({"threads": 0}, "--threads"),
    ],
)
def test_bad_requests_are_one_line(request_: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        DatasetRequest(**request_)  # type: ignore[arg-type]
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_plans_grow_with_the_data() -> None:
    small, large = plan_dataset(100, 10, DatasetRequest()), plan_dataset(4000, 10, DatasetRequest())
    assert 0 < small.seconds < large.seconds and large.bytes >= 8 * 4000**2
    assert abs(sum(large.stages.values()) - large.seconds) < 1e-9


def test_progress_is_reported() -> None:
    seen = []
    certify_dataset(load("sphere:n=30,d=5,seed=1"), DatasetRequest(threads=1), lambda *step: seen.append(step))
    assert {stage for stage, _, _ in seen} >= {"kernel", "factorisation"}
    assert all(0 < done <= total for _, done, total in seen)
