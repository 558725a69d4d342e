"""Kernel enclosures against the textbook formula in ball arithmetic, and against symmetry."""

from __future__ import annotations

import math

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import exact_kernel

from certify.arithmetic import tiles
from certify.arithmetic.balls import arb, precision
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import workers
from certify.errors import InputError
from certify.kernels import UnitRows, build, build_gram, kernel_for
from certify.kernels.rows import NORM_ERROR

Floats = NDArray[np.float64]


def gram(X: Floats, activation: str, normalized: bool, threads: int = 1) -> SymmetricEnclosure:
    rows = UnitRows.from_data(X, normalized)
    with workers(threads) as pool:
        return build_gram(X, rows, kernel_for(activation), pool)


def assert_encloses(A: SymmetricEnclosure, K: list[list[flint.arb]]) -> float:
    """Every exact entry within the largest radius, every row's errors within its row sum; the largest error."""
    worst = 0.0
    with precision(500):
        scale = arb(2) ** A.exponent
        for i in range(A.n):
            total = arb(0)
            for j in range(A.n):
                middle = A.diagonal[i] if i == j else A.tiles.array[min(i, j), max(i, j)]
                error = abs(K[i][j] / scale - arb(float(middle)))
                assert not error.lower() > arb(A.max_radius), (i, j)  # the oracle's own ball is 2^-300 or less
                assert float(error.rad()) < 2.0**-150
                total += error
                worst = max(worst, float(error.upper()))
            assert not total.lower() > arb(float(A.row_radius[i])), i
    return worst


@st.composite
def data(draw: st.DrawFn) -> Floats:
    """Rows at random, nearly parallel, nearly antiparallel, and of very different lengths."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n, d = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    X = rng.standard_normal((n, d))
    X[np.abs(X).max(axis=1) == 0] = 1.0
    for k in range(1, n):
        separation = draw(st.sampled_from([None, 1e-1, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15]))
        if separation is not None:
            X[k] = draw(st.sampled_from([1, -1])) * X[0] + separation * rng.standard_normal(d)
    return X * 2.0 ** rng.integers(-8, 9, (n, 1))


@settings(max_examples=60, deadline=None)
@given(data(), st.sampled_from(["relu", "erf"]), st.booleans())
def test_entries_contain_the_exact_kernel(X: Floats, activation: str, normalized: bool) -> None:
    A = gram(X, activation, normalized)
    assert_encloses(A, exact_kernel(X, activation, normalized))


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_tiles_and_strips_fit_together(activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "tile_size", lambda n: 24)
    monkeypatch.setattr(build, "STRIP", 7)
    X = np.random.default_rng(3).standard_normal((61, 4))
    X[50] = X[3] * (1 + 1e-10)
    A = gram(X, activation, False, threads=2)
    worst = assert_encloses(A, exact_kernel(X, activation, False))
    assert worst > 0 and A.max_radius < 200 * 2.0**-53


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([1, 2, 3, 7, 50, 300]))
def test_cosines_and_lengths_stay_within_their_lemma(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((6, d)) * 10.0 ** rng.uniform(-3, 3, (6, d))
    X[1] = X[0] * (1 + 1e-8 * rng.standard_normal(d))
    X[2], X[3], X[4] = X[2] * 1e-300, X[3] * 1e290, rng.integers(1, 9, d) * 5e-324
    rows = UnitRows.from_data(X, False)
    cosines = rows.cosines(slice(0, 6), slice(0, 6))
    with precision(2500):
        vectors = [flint.arb_mat([[arb(float(v)) for v in x]]) for x in X]
        squares = [(v * v.transpose())[0, 0] for v in vectors]
        scale = arb(2) ** -rows.exponent
        for i in range(6):
            length = squares[i].sqrt() * scale
            assert abs(arb(float(rows.norm[i])) - length) <= length * NORM_ERROR + arb(2) ** -1070
            for j in range(6):
                truth = (vectors[i] * vectors[j].transpose())[0, 0] / (squares[i] * squares[j]).sqrt()
                assert abs(truth - arb(float(cosines[i, j]))) <= arb(rows.cosine_error)
    assert rows.cosine_error < 1.01 * 2.0**-53


def test_the_coarse_product_is_exact_in_any_order() -> None:
    rows = UnitRows.from_data(np.random.default_rng(0).standard_normal((40, 784)), True)
    order = np.random.default_rng(1).permutation(784)
    assert np.array_equal(rows.coarse @ rows.coarse.T, rows.coarse[:, order] @ rows.coarse[:, order].T)


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_permutation_and_signs_of_coordinates_change_no_true_entry(activation: str) -> None:
    rng = np.random.default_rng(8)
    X = rng.standard_normal((30, 5))
    signs, order, rows = rng.choice([-1.0, 1.0], 5), rng.permutation(5), rng.permutation(30)
    A = gram(X, activation, False)
    B = gram((X * signs)[:, order][rows], activation, False)
    for i in range(30):
        for j in range(i + 1, 30):
            p, q = sorted((rows[i], rows[j]))
            assert abs(B.tiles.array[i, j] - A.tiles.array[p, q]) <= A.max_radius + B.max_radius


def test_powers_of_two_only_move_the_exponent() -> None:
    X = np.random.default_rng(4).standard_normal((20, 3))
    A, B = gram(X, "relu", False), gram(X * 2.0**-400, "relu", False)
    upper = np.triu_indices(20, 1)
    assert np.array_equal(A.tiles.array[upper], B.tiles.array[upper]) and A.exponent - B.exponent == 800
    C = gram(X * 2.0 ** np.arange(-200, 200, 20)[:, None], "relu", True)
    assert np.array_equal(C.tiles.array[upper], gram(X, "relu", True).tiles.array[upper])


def test_orthogonal_and_simplex_rows_are_what_they_should_be() -> None:
    A = gram(np.diag([3.0, 5.0, 7.0]), "relu", True)
    assert np.array_equal(A.diagonal, [0.5, 0.5, 0.5]) and A.max_radius < 2.0**-50
    n = 6
    simplex = n * np.eye(n) - 1.0
    B = gram(simplex, "relu", True)
    expected = -(math.pi - math.acos(-1 / (n - 1))) / (n - 1) / (2 * math.pi)
    assert np.allclose(B.tiles.array[np.triu_indices(n, 1)], expected, rtol=0, atol=1e-15)


def test_erf_refuses_lengths_beyond_its_reach_in_one_line() -> None:
    with pytest.raises(InputError, match="normalise the rows") as caught:
        gram(np.eye(2) * 1e200, "erf", False)
    assert "\n" not in str(caught.value)
    assert gram(np.eye(2) * 1e200, "erf", True).n == 2


@pytest.mark.parametrize("budget", [0, 3])
def test_beyond_the_budget_of_critical_entries_the_radius_is_wider_and_sound(
    budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MOST_CRITICAL", budget)
    X = np.array([[1.0, 0.0], [1.0, 1e-9], [1.0, 2e-9], [1.0, 3e-9], [-1.0, 1e-9]])
    A = gram(X, "relu", True)
    assert_encloses(A, exact_kernel(X, "relu", True))
    assert A.max_radius > 1e-10
