"""Near-singular data: enclosures that must hold, and be tight, down to what ball arithmetic says."""

from __future__ import annotations

import math

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import assert_contains_lambda_min, exact_kernel, pivots

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.workers import workers
from certify.data import find_rays
from certify.kernels import UnitRows, build_gram, kernel_for
from certify.kernels.clusters import difference_pencil, spanning_forest
from certify.kernels.escalate import ball_gram
from certify.kernels.policy import is_tight, positive, pursue
from certify.spectrum.ball import is_definite, smallest_in_balls
from certify.spectrum.extremes import smallest
from certify.spectrum.pencil import smallest_of_pencil

Floats = NDArray[np.float64]


def pair_at(n: int, d: int, angle: float, seed: int = 3, pairs: int = 1) -> Floats:
    """Gaussian rows, the first ``pairs`` pairs at about the given angle."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    for k in range(pairs):
        x, p = X[2 * k], rng.standard_normal(d)
        p -= x * (p @ x) / (x @ x)
        X[2 * k + 1] = x * math.cos(angle) + p * np.linalg.norm(x) / np.linalg.norm(p) * math.sin(angle)
    return X


def pursued(X: Floats, normalized: bool, effort: str = "normal", activation: str = "relu"):  # type: ignore[no-untyped-def]
    rows, kernel = UnitRows.from_data(X, normalized), kernel_for(activation)
    with workers(1) as pool:
        direct = smallest(build_gram(X, rows, kernel, pool), pool).enclosure
        return pursue(X, rows, kernel, direct, pool, effort)


@st.composite
def clustered(draw: st.DrawFn) -> Floats:
    """Clusters of every depth: each row may lean on an earlier one, at any separation and length, or oppose it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n, d = draw(st.integers(2, 10)), draw(st.integers(2, 5))
    X = rng.standard_normal((n, d))
    for k in range(1, n):
        exponent = draw(st.sampled_from([None, -2, -5, -8, -11, -14, -15]))
        if exponent is not None:
            base = X[draw(st.integers(0, k - 1))]
            X[k] = (base + 10.0**exponent * rng.standard_normal(d)) * draw(st.sampled_from([1.0, 0.5, 3.0, -1.0]))
    return X


@settings(max_examples=60, deadline=None)
@given(clustered(), st.booleans())
def test_the_difference_basis_contains_the_truth_and_is_tight(X: Floats, normalized: bool) -> None:
    if kernel_for("relu").null_dimension(X, find_rays(X), normalized):
        return
    rows = UnitRows.from_data(X, normalized)
    with workers(1) as pool:
        pencil = difference_pencil(X, rows, pool)
        found = None if pencil is None else smallest_of_pencil(pencil, pool)
    if found is None:
        return
    box = Enclosure.scaled(found.lower, found.upper, 0 if normalized else 2 * rows.exponent)
    K = exact_kernel(X, "relu", normalized, bits=900)
    with precision(900):
        scale = arb(2) ** -200  # the oracle's own slack, far below any eigenvalue here
        assert all(p > 0 for p in pivots(K, box.lower_arb() - scale, 900))
        assert any(p < 0 for p in pivots(K, box.upper_arb() + scale, 900))


@pytest.mark.parametrize("angle", [1e-3, 1e-8, 1e-14])
@pytest.mark.parametrize("normalized", [True, False])
def test_a_single_pair_among_many_rows(angle: float, normalized: bool) -> None:
    state = pursued(pair_at(300, 20, angle), normalized)
    assert is_tight(state.enclosure)
    assert state.method == ("direct" if angle == 1e-3 else "differences")
    if normalized:
        # λ_min is at most that of the pair alone: ½ − h, about θ/(2π).
        assert state.enclosure.upper <= angle / (2 * math.pi) * 1.01
        assert state.enclosure.lower >= angle / (2 * math.pi) * 0.9


def test_many_pairs_are_proved_positive() -> None:
    state = pursued(pair_at(220, 30, 1e-9, pairs=80), True)
    assert is_tight(state.enclosure)


def test_a_long_chain_of_neighbours() -> None:
    """Forty points on an arc, 1e-7 apart: one cluster, a path as its tree."""
    angles = 1e-7 * np.arange(40)
    X = np.column_stack([np.cos(angles), np.sin(angles), np.full(40, 0.3)])
    rows = UnitRows.from_data(X, True)
    assert len(spanning_forest(rows).children) == 39
    state = pursued(X, True)
    assert positive(state.enclosure)
    with precision(900):
        assert_contains_lambda_min(
            exact_kernel(X, "relu", True, 900), state.enclosure.lower_arb(), state.enclosure.upper_arb(), 900
        )


def test_near_antiparallel_families_go_to_balls() -> None:
    rng = np.random.default_rng(1)
    directions = rng.standard_normal((4, 2))  # four lines in the plane: dependent when exactly antiparallel
    X = np.vstack([directions, -directions + 1e-13 * rng.standard_normal((4, 2))])
    assert not positive(pursued(X, True, "low").enclosure)
    state = pursued(X, True)
    assert positive(state.enclosure) and state.method == "balls" and is_tight(state.enclosure)
    K = exact_kernel(X, "relu", True, 900)
    with precision(900):
        assert_contains_lambda_min(K, state.enclosure.lower_arb(), state.enclosure.upper_arb(), 900)


def test_an_eigenvalue_beyond_any_float_structure() -> None:
    """Two rows at an angle of about 1e-102 among others."""
    X = np.random.default_rng(4).standard_normal((24, 6))
    X[1] = X[0]
    X[0, 0] = X[1, 0] = 1.0
    X[0, 1], X[1, 1] = 2.0**-340, 2.0**-341
    state = pursued(X, True)
    assert positive(state.enclosure) and 1e-104 < state.enclosure.upper < 1e-101
    assert is_tight(state.enclosure)


def test_erf_near_singular_pairs_go_to_balls() -> None:
    X = pair_at(20, 5, 1e-12)
    state = pursued(X, False, activation="erf")
    assert positive(state.enclosure) and state.method == "balls"
    K = exact_kernel(X, "erf", False, 900)
    with precision(900):
        assert_contains_lambda_min(K, state.enclosure.lower_arb(), state.enclosure.upper_arb(), 900)


def test_effort_is_a_budget_and_what_was_tried_is_reported() -> None:
    X = pair_at(30, 4, 1e-12)
    low, normal = pursued(X, True, "low"), pursued(X, True)
    assert [step["method"] for step in low.tried] == ["direct"]
    assert [step["method"] for step in normal.tried] == ["direct", "differences"]
    assert not is_tight(low.enclosure) and is_tight(normal.enclosure)
    assert normal.witness["differences"]["shift"] == normal.enclosure.lower


def test_definiteness_in_balls_claims_nothing_on_doubt() -> None:
    with precision(128):
        assert is_definite(flint.arb_mat([[2, 1], [1, 2]]))
        assert not is_definite(flint.arb_mat([[1, 1], [1, 1]]))
        assert not is_definite(flint.arb_mat([[1, 2], [2, 1]]))
        assert not is_definite(flint.arb_mat([[flint.arb(0.001, 0.01)]]))
    assert smallest_in_balls(lambda: flint.arb_mat([[1, 1], [1, 1]]), 64, 256) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 7), st.integers(0, 2**31))
def test_balls_agree_with_the_direct_enclosure(n: int, seed: int) -> None:
    X = np.random.default_rng(seed).standard_normal((n, 3))
    found = smallest_in_balls(lambda: ball_gram(X, False, kernel_for("relu")), 256, 1024)
    rows = UnitRows.from_data(X, False)
    with workers(1) as pool:
        direct = smallest(build_gram(X, rows, kernel_for("relu"), pool), pool).enclosure
    assert found is not None
    with precision(300):
        assert direct.lower_arb() <= found.upper and found.lower <= direct.upper_arb()
