"""All eigenvalues and a few of them, against spectra that are known exactly."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from exact_spectra import assert_counts, cayley, contains, exact, planted, second_difference, symmetric
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import pivots

from certify.arithmetic import tiles
from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import workers
from certify.spectrum import decomposition, partial, residual
from certify.spectrum.decomposition import all_eigenvalues, enclose_eigenvalues
from certify.spectrum.deflation import fence_above, fence_below, lift
from certify.spectrum.extremes import largest, smallest
from certify.spectrum.functionals import (
    log_determinant,
)
from certify.spectrum.kato_temple import isolated
from certify.spectrum.partial import largest_eigenvalues, refine_largest, refine_smallest, smallest_eigenvalues
from certify.spectrum.product import dense
from certify.spectrum.residual import gram_defect, multiply_accurately
from certify.spectrum.subspace import eigenspace

values = st.lists(st.fractions(-50, 1000, max_denominator=8), min_size=1, max_size=7)


@settings(max_examples=60, deadline=None)
@given(values, st.integers(0, 2**31), st.booleans())
def test_planted_rational_spectra_in_order(spectrum: list[Fraction], seed: int, repeated: bool) -> None:
    if repeated:
        spectrum = [*spectrum, spectrum[0], spectrum[0]]
    A, _ = planted(spectrum, cayley(len(spectrum), np.random.default_rng(seed)))
    with workers(1) as pool:
        found = all_eigenvalues(A, pool)
    size = max(abs(v) for v in spectrum) + Fraction(1, 10**130)
    for value, low, high in zip(sorted(spectrum), found.lower, found.upper, strict=True):
        assert Fraction(low) <= value <= Fraction(high)
        assert Fraction(high) - Fraction(low) <= size / 10**12


def test_random_matrices_against_sylvester() -> None:
    """Thousands of small cases: Gaussian, graded, nearly dependent, low rank, at three scales."""
    rng = np.random.default_rng(7)
    with workers(1) as pool:
        for case in range(3000):
            n = int(rng.integers(2, 6))
            half = rng.standard_normal((n, n))
            kind = case % 4
            if kind == 1:
                half *= 10.0 ** -rng.uniform(0, 12, n)[:, None]
            elif kind == 2:
                half[1] = half[0] * (1 + 10.0 ** -rng.uniform(4, 15))
            elif kind == 3:
                half[:, 1:] = 0.0
            matrix = symmetric(half @ half.T if kind else half) * [1.0, 1e-100, 1e100][case % 3]
            assert_counts(matrix, all_eigenvalues(SymmetricEnclosure.from_matrix(matrix), pool))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 6), st.integers(0, 2**31), st.floats(0, 1e-2), st.sampled_from(["vectors", "values", "both"]))
def test_a_wrong_eigendecomposition_never_gives_a_wrong_enclosure(n: int, seed: int, off: float, what: str) -> None:
    rng = np.random.default_rng(seed)
    matrix = symmetric(rng.standard_normal((n, n)))
    eigenvalues, vectors = np.linalg.eigh(matrix)
    if what != "vectors":
        eigenvalues = eigenvalues + off * rng.standard_normal(n)
    if what != "values":
        vectors = vectors + off * rng.standard_normal((n, n))
    with workers(1) as pool:
        found = enclose_eigenvalues(SymmetricEnclosure.from_matrix(matrix), eigenvalues, vectors, pool)
    assert_counts(matrix, found)


def test_swapped_and_repeated_vectors_are_refused_or_harmless() -> None:
    matrix = np.diag([1.0, 2.0, 3.0])
    A = SymmetricEnclosure.from_matrix(matrix)
    with workers(1) as pool:
        found = enclose_eigenvalues(A, np.array([1.0, 2.0, 3.0]), np.eye(3)[:, ::-1], pool)
        assert_counts(matrix, found)
        with pytest.raises(ValueError, match="orthonormal"):
            enclose_eigenvalues(A, np.array([1.0, 1.0, 2.0]), np.eye(3)[:, [0, 0, 1]], pool)
        with pytest.raises(ValueError, match="orthonormal"):
            enclose_eigenvalues(A, np.array([1.0, np.nan, 2.0]), np.eye(3), pool)


def test_clusters_are_enclosed_and_separated() -> None:
    rng = np.random.default_rng(3)
    spectrum = [Fraction(1), Fraction(1), Fraction(1) + Fraction(1, 2**50), Fraction(4), Fraction(9), Fraction(9)]
    A, _ = planted(spectrum, cayley(6, rng))
    with workers(1) as pool:
        found = all_eigenvalues(A, pool)
    assert [(c.start, c.stop) for c in found.clusters] == [(0, 3), (3, 4), (4, 6)]
    assert np.all(found.upper - found.lower < 1e-13)


def test_members_of_an_enclosure_are_all_covered() -> None:
    rng = np.random.default_rng(11)
    n = 12
    matrix = symmetric(rng.standard_normal((n, n)))
    radius = np.abs(symmetric(rng.standard_normal((n, n)))) * 1e-4
    with workers(1) as pool:
        found = all_eigenvalues(SymmetricEnclosure.from_matrix(matrix, radius), pool)
    for _ in range(200):
        member = matrix + radius * symmetric(np.sign(rng.standard_normal((n, n))))
        truth = np.linalg.eigvalsh(member)
        assert np.all(found.lower - 1e-13 <= truth) and np.all(truth <= found.upper + 1e-13)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 3), st.integers(0, 2**31), st.sampled_from([0, 30, 300]))
def test_accurate_products_stay_within_their_bound(n: int, k: int, seed: int, spread: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = symmetric(rng.standard_normal((n, n)) * 2.0 ** rng.integers(-spread, spread + 1, (n, n)))
    V = rng.standard_normal((n, k)) * 2.0 ** rng.integers(-spread, spread + 1, (n, k))
    with workers(1) as pool:
        product = multiply_accurately(SymmetricEnclosure.from_matrix(matrix), V, pool)
    size = float(np.abs(matrix).max())
    for i in range(n):
        for j in range(k):
            truth = sum((Fraction(matrix[i, s]) * Fraction(V[s, j]) for s in range(n)), Fraction(0))
            off = abs(Fraction(product.high[i, j]) + Fraction(product.low[i, j]) - truth)
            assert off <= Fraction(product.error[j])
    assert np.all(product.error <= 2.0**-80 * n * n * size * np.abs(V).max(axis=0) + 2.0**-999)


def test_accurate_products_across_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "INNER", 16)
    monkeypatch.setattr(tiles, "tile_size", lambda n: 32)
    rng = np.random.default_rng(0)
    n = 70
    matrix = symmetric(rng.standard_normal((n, n)))
    V = rng.standard_normal((n, 2))
    A = SymmetricEnclosure.from_matrix(matrix)
    with workers(2) as pool:
        product = multiply_accurately(A, V, pool)
    for i in (0, 31, 32, 69):
        truth = sum((Fraction(matrix[i, s]) * Fraction(V[s, 1]) for s in range(n)), Fraction(0))
        assert abs(Fraction(product.high[i, 1]) + Fraction(product.low[i, 1]) - truth) <= Fraction(product.error[1])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**31), st.floats(1e-17, 0.1))
def test_the_defect_bounds_the_exact_one(n: int, seed: int, off: float) -> None:
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0] + off * rng.standard_normal((n, n))
    bound = gram_defect(Q)
    with precision(300):
        columns = flint.arb_mat(exact(Q))
        G = columns.transpose() * columns
        for sign in (1, -1):  # defect·I ± (QᵀQ − I) is positive definite
            shifted = [[arb(sign) * (G[i, j] - int(i == j)) for j in range(n)] for i in range(n)]
            assert all(p > 0 for p in pivots(shifted, -arb(bound), 300))


def test_kato_and_temple_on_two_rows() -> None:
    """``(cos t, sin t)`` for ``diag(1, 3)``: quotient ``1 + 2 sin²t``, residual ``2 sin t cos t``; 1 is enclosed."""
    for t in (1e-6, 1e-3, 0.3):
        theta, r = 1 + 2 * np.sin(t) ** 2, 2 * np.sin(t) * np.cos(t)
        low, high = isolated((theta, theta), r * (1 + 1e-15), -np.inf, 3.0)
        assert low <= 1.0 <= high and high - low <= 4.0 * t * t
        low, high = isolated((theta, theta), r, -np.inf, 1.0)  # the quotient is not below the fence
        assert low == -np.inf and high >= theta


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(0, 2**31), st.sampled_from([1, -1]))
def test_a_fence_bounds_the_next_eigenvalue(n: int, seed: int, end: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, n))
    matrix = symmetric(rng.standard_normal((n, n)))
    eigenvalues, vectors = np.linalg.eigh(matrix)
    A = SymmetricEnclosure.from_matrix(matrix)
    with workers(1) as pool:
        if end > 0:
            fence = fence_above(A, vectors[:, :k], eigenvalues[:k], pool)
        else:
            fence = fence_below(A, vectors[:, n - k :], eigenvalues[n - k :], pool)
    if fence is None:
        assert np.ptp(eigenvalues[[k - 1, k] if end > 0 else [n - k - 1, n - k]]) < 1e-6
        return
    with precision(300):
        below = sum(bool(p < 0) for p in pivots(exact(matrix), arb(fence.bound), 300))
    assert below <= k if end > 0 else below >= n - k
    assert fence.bound > eigenvalues[k - 1] if end > 0 else fence.bound < eigenvalues[n - k]


def test_a_lifted_matrix_is_enclosed_exactly() -> None:
    rng = np.random.default_rng(2)
    n, weight = 9, 3.7
    matrix = symmetric(rng.standard_normal((n, n)) * 10.0 ** rng.integers(-8, 8, (n, n)))
    V = rng.standard_normal((n, 3))
    with workers(1) as pool:
        lifted = lift(SymmetricEnclosure.from_matrix(matrix), V, weight, pool)
    middle = dense(lifted)
    for i in range(n):
        total = Fraction(0)
        for j in range(n):
            terms = [Fraction(V[i, s]) * Fraction(V[j, s]) for s in range(3)]
            truth = Fraction(matrix[i, j]) + Fraction(weight) * sum(terms, Fraction(0))
            total += abs(Fraction(middle[i, j]) - truth)
        assert total <= Fraction(lifted.row_radius[i])


def test_all_eigenvalues_of_a_known_matrix_are_tight() -> None:
    A, truth = second_difference(400)
    with workers(2) as pool:
        found = all_eigenvalues(A, pool)
    assert all(contains(a, t, b) for a, t, b in zip(found.lower, truth, found.upper, strict=True))
    assert np.max((found.upper - found.lower) / found.lower) < 1e-13
    assert [found.smallest(2)[1], found.largest(1)[0]] == [found.enclosure(1), found.enclosure(399)]


@pytest.mark.parametrize("n", [40, 900])
def test_the_smallest_is_refined_to_the_last_digits(n: int) -> None:
    rng = np.random.default_rng(n)
    half = rng.standard_normal((n, 2 * n))
    matrix = symmetric(half @ half.T / (2 * n))
    A = SymmetricEnclosure.from_matrix(matrix)
    with workers(2) as pool:
        first = smallest(A, pool)
        found = refine_smallest(A, first, pool)
        everything = all_eigenvalues(A, pool)
    assert found is not None and first.enclosure.lower is not None
    low, high = found.enclosure.lower, found.enclosure.upper
    assert low is not None and high is not None and high - low <= 1e-14 * low
    assert first.enclosure.lower <= low <= everything.upper[0] and everything.lower[0] <= high
    assert everything.lower[1] <= everything.upper[1] and found.parts["second"] <= everything.upper[1]


def test_refinement_of_known_extreme_eigenvalues() -> None:
    A, truth = second_difference(300)
    with workers(1) as pool:
        bottom, top = refine_smallest(A, smallest(A, pool), pool), refine_largest(A, largest(A, pool), pool)
    for found, value in ((bottom, truth[0]), (top, truth[-1])):
        assert found is not None
        low, high = found.enclosure.lower, found.enclosure.upper
        assert low is not None and high is not None and contains(low, value, high) and high - low < 1e-12 * low


def test_an_isolated_eigenvalue_is_not_invented() -> None:
    """A double smallest eigenvalue: no fence can be found between the two."""
    A, _ = planted([Fraction(1), Fraction(1), Fraction(5)], cayley(3, np.random.default_rng(1)))
    with workers(1) as pool:
        found = refine_smallest(A, smallest(A, pool), pool)
    assert found is None or (found.enclosure.lower or 0.0) <= 1.0 <= (found.enclosure.upper or 0.0)


def test_few_eigenvalues_of_a_matrix_too_large_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial, "MAX_DENSE", 50)
    A, truth = second_difference(150)
    with workers(2) as pool:
        low, high = smallest_eigenvalues(A, 3, pool), largest_eigenvalues(A, 3, pool)
        with pytest.raises(ValueError, match="asked for"):
            smallest_eigenvalues(A, 150, pool)
    assert low is not None and high is not None and low.count == high.count == 3
    for found, exact_values in ((low, truth[:3]), (high, truth[-3:])):
        assert all(contains(a, t, b) for a, t, b in zip(found.lower, exact_values, found.upper, strict=True))
        assert np.all(found.upper - found.lower < 1e-12)
    assert eigenspace(low, slice(0, 3)).sine < 1e-6 and log_determinant(low) == Enclosure(None, None)


def test_all_eigenvalues_refuses_what_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decomposition, "MAX_DENSE", 3)
    with workers(1) as pool, pytest.raises(ValueError, match="too many"):
        all_eigenvalues(SymmetricEnclosure.from_matrix(np.eye(4)), pool)


@pytest.mark.parametrize("seed", range(6))
def test_many_small_tiles_and_pieces(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The paths of large matrices on small ones: several tiles, several pieces in each, all against Sylvester."""
    monkeypatch.setattr(tiles, "INNER", 4)
    monkeypatch.setattr(tiles, "tile_size", lambda n: 8)
    monkeypatch.setattr(residual, "LONGEST", 3)
    monkeypatch.setattr(partial, "MAX_DENSE", 5)
    rng = np.random.default_rng(seed)
    n = int(rng.integers(17, 24))
    half = rng.standard_normal((n, n + 3)) * 10.0 ** -rng.uniform(0, 3, n)[:, None]
    matrix = symmetric(half @ half.T)
    A = SymmetricEnclosure.from_matrix(matrix)
    with workers(2) as pool:
        assert_counts(matrix, all_eigenvalues(A, pool))
        low = smallest_eigenvalues(A, 2, pool)
        refined = refine_smallest(A, smallest(A, pool), pool)
    if low is not None:
        assert_counts(matrix, low)
    assert refined is not None and refined.enclosure.lower is not None and refined.enclosure.upper is not None
    with precision(300):
        assert all(p > 0 for p in pivots(exact(matrix), arb(refined.enclosure.lower), 300))
        assert any(p < 0 for p in pivots(exact(matrix), arb(refined.enclosure.upper), 300))
