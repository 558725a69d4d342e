"""Enclosures of extreme eigenvalues against matrices whose spectrum is known exactly."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import assert_contains_lambda_min

from certify.arithmetic import tiles
from certify.arithmetic.balls import arb, precision
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import workers
from certify.spectrum import estimate, tilework
from certify.spectrum.bounds import lower_bound, rayleigh, upper_bound
from certify.spectrum.cholesky import factorise
from certify.spectrum.extremes import largest, smallest
from certify.spectrum.perron import perron_bound
from certify.spectrum.product import dense, multiply


def exact(matrix: NDArray[np.float64]) -> list[list[flint.arb]]:
    with precision(400):
        return [[arb(float(v)) for v in row] for row in matrix]


def planted(spectrum: list[int], seed: int) -> tuple[NDArray[np.float64], Fraction]:
    """An integer matrix ``c·QΛQᵀ`` with rational orthogonal Q (products of 3-4-5 rotations); no float QR.

    Returns the matrix and c: its eigenvalues are ``c·spectrum``, exactly.
    """
    n = len(spectrum)
    rng = np.random.default_rng(seed)
    Q = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    for _ in range(4):
        i, j = rng.choice(n, 2, replace=False)
        c, s = Fraction(3, 5), Fraction(4, 5)
        for row in Q:
            row[i], row[j] = c * row[i] + s * row[j], -s * row[i] + c * row[j]
    K = [[sum((Q[i][k] * spectrum[k] * Q[j][k] for k in range(n)), Fraction(0)) for j in range(n)] for i in range(n)]
    scale = 5**8
    integers = [[value * scale for value in row] for row in K]
    assert all(v.denominator == 1 and abs(v) < 2**53 for row in integers for v in row)
    return np.array([[float(v) for v in row] for row in integers]), Fraction(scale)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-20, 10**6), min_size=2, max_size=9), st.integers(0, 2**31))
def test_planted_rational_spectra_are_enclosed(spectrum: list[int], seed: int) -> None:
    matrix, scale = planted(spectrum, seed)
    A = SymmetricEnclosure.from_matrix(matrix)
    with workers(1) as pool:
        low, high = smallest(A, pool).enclosure, largest(A, pool).enclosure
    truth = scale * min(spectrum), scale * max(spectrum)
    assert low.lower is not None and Fraction(low.lower) <= truth[0] <= Fraction(low.upper or 0)
    assert high.upper is not None and Fraction(high.lower or 0) <= truth[1] <= Fraction(high.upper)
    size = max(abs(truth[0]), abs(truth[1]))
    assert low.upper is not None and Fraction(low.upper) - Fraction(low.lower) <= size / 10**9 + Fraction(1, 10**280)


@pytest.mark.parametrize("n", [3, 5, 7, 31])
def test_circulant_of_odd_points_on_the_circle(n: int) -> None:
    """n equally spaced points on the circle: a circulant with a closed-form spectrum, entered entrywise."""
    with precision(400):
        pi = flint.arb.pi()
        angles = [2 * pi * min(k, n - k) / n for k in range(n)]
        values = [t.cos() * (pi - t) / (2 * pi) for t in angles]
        eigenvalues = [sum(v * (2 * pi * j * k / n).cos() for k, v in enumerate(values)) for j in range(n)]
        first = np.array([float(v.mid()) for v in values])
        radius = np.array([float(abs(v - arb(m)).upper()) * 1.001 for v, m in zip(values, first, strict=True)])
    index = (np.arange(n)[:, None] - np.arange(n)[None, :]) % n
    A = SymmetricEnclosure.from_matrix(first[index], radius[index])
    with workers(1) as pool:
        low, high = smallest(A, pool).enclosure, largest(A, pool).enclosure
    assert low.lower is not None and low.upper is not None and high.lower is not None and high.upper is not None
    with precision(400):
        assert all(arb(low.lower) < e for e in eigenvalues) and any(arb(low.upper) > e for e in eigenvalues)
        assert all(arb(high.upper) > e for e in eigenvalues) and any(arb(high.lower) < e for e in eigenvalues)
        assert low.lower > 0 and low.upper - low.lower < 1e-10 * low.upper


@pytest.mark.parametrize("n", [130, 300, 701])
def test_blocked_paths_agree_with_exact_definiteness(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several panels, chunks and the float32 estimate, on tridiagonal matrices with a known spectrum."""
    monkeypatch.setattr(estimate, "DENSE", 100)
    monkeypatch.setattr(tiles, "INNER", 32)
    monkeypatch.setattr(tiles, "tile_size", lambda n: 96)
    matrix = 2.0 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    A = SymmetricEnclosure.from_matrix(matrix)
    with workers(2) as pool:
        low, high = smallest(A, pool).enclosure, largest(A, pool).enclosure
    with precision(300):
        truth = 2 - 2 * (flint.arb.pi() / (n + 1)).cos(), 2 + 2 * (flint.arb.pi() / (n + 1)).cos()
        assert low.lower is not None and arb(low.lower) < truth[0] < arb(low.upper or 0.0)
        assert high.upper is not None and arb(high.lower or 0.0) < truth[1] < arb(high.upper)
    assert low.upper is not None and low.upper - low.lower < 1e-12


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(0, 2**31), st.sampled_from([1.0, 1e-140, 1e140]))
def test_random_matrices_against_sylvester(n: int, seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((n, n)) * size
    matrix = half + half.T
    A = SymmetricEnclosure.from_matrix(matrix)
    with workers(1) as pool:
        low = smallest(A, pool).enclosure
    assert low.lower is not None
    with precision(400):
        assert_contains_lambda_min(exact(matrix), low.lower_arb(), low.upper_arb())


def test_radii_widen_the_enclosure_to_hold_every_member() -> None:
    rng = np.random.default_rng(5)
    half = rng.standard_normal((40, 40))
    matrix, radius = half @ half.T, np.full((40, 40), 1e-3)
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    with workers(1) as pool:
        box = smallest(SymmetricEnclosure.from_matrix(matrix, radius), pool).enclosure
    _, vectors = np.linalg.eigh(matrix)
    signs = np.sign(np.outer(vectors[:, 0], vectors[:, 0]))
    for extreme in (matrix - 1e-3 * signs, matrix + 1e-3 * signs):
        value = float(np.linalg.eigvalsh(extreme)[0])
        assert box.lower is not None and box.upper is not None and box.lower <= value <= box.upper


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_a_number_that_is_not_finite_never_passes(bad: float) -> None:
    """LAPACK's dpotrf returns info = 0 on a matrix with a NaN; the factorisation must not."""
    A = SymmetricEnclosure.from_matrix(np.eye(300))
    A.tiles.upper(0, 1)[3, 72] = bad
    with workers(1) as pool:
        assert factorise(A, np.ones(300), 1.0, pool) is None


def test_a_wrong_factor_is_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """LAPACK is not trusted: a factor that is off makes the bound weaker, never false."""
    true = tilework.factor_diagonal

    def sloppy(target):  # type: ignore[no-untyped-def]
        before = target.copy()
        factor, _ = true(target)
        factor *= 1 + 1e-3
        return factor, np.abs(np.tril(before - factor @ factor.T))

    matrix = np.diag(np.arange(1.0, 201.0)) + 0.1
    A = SymmetricEnclosure.from_matrix(matrix)
    with workers(1) as pool:
        honest = lower_bound(A, 1.0, pool)
        monkeypatch.setattr(tilework, "factor_diagonal", sloppy)
        found = lower_bound(A, 1.0, pool)
    assert honest is not None and found is not None
    assert found.bound < honest.bound - 1e-2 and found.bound < np.linalg.eigvalsh(matrix)[0]


def test_a_failed_factorisation_proves_nothing() -> None:
    A = SymmetricEnclosure.from_matrix(np.diag([1.0, -1.0]))
    with workers(1) as pool:
        assert lower_bound(A, 0.0, pool) is None
        assert upper_bound(A, 0.5, pool) is None


def test_products_stay_within_their_bound_and_read_only_the_upper_triangle() -> None:
    rng = np.random.default_rng(1)
    n = 530
    half = rng.standard_normal((n, n))
    matrix = np.triu(half) + np.triu(half, 1).T
    A = SymmetricEnclosure.from_matrix(matrix)
    for i, rows in enumerate(A.tiles.edges):
        for k in range(i + 1):
            A.tiles.put_lower(
                i, k, np.full((rows.stop - rows.start, A.tiles.edges[k].stop - A.tiles.edges[k].start), np.nan)
            )
    v = rng.standard_normal(n)
    assert np.allclose(multiply(A, v), matrix @ v, rtol=0, atol=1e-10)
    assert np.array_equal(dense(A), matrix)
    for k in (0, 255, 256, 529):
        true = sum((Fraction(float(a)) * Fraction(float(b)) for a, b in zip(matrix[k], v, strict=True)), Fraction(0))
        from certify.spectrum.product import product_error

        allowed = Fraction(product_error(n)) * sum(
            (abs(Fraction(float(a)) * Fraction(float(b))) for a, b in zip(matrix[k], v, strict=True)), Fraction(0)
        )
        assert abs(Fraction(float(multiply(A, v)[k])) - true) <= allowed


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(0, 2**31))
def test_rayleigh_quotient_encloses_the_rational_value(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((n, n))
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    v = rng.standard_normal(n) * 2.0 ** rng.integers(-30, 30)
    low, high = rayleigh(SymmetricEnclosure.from_matrix(matrix), v)
    x = [Fraction(float(a)) for a in v]
    M = [[Fraction(float(a)) for a in row] for row in matrix]
    value = sum(x[i] * M[i][j] * x[j] for i in range(n) for j in range(n)) / sum(a * a for a in x)
    assert Fraction(low) <= value <= Fraction(high)
    assert high - low <= 1e-12 * (1 + abs(low)) * n


def test_rayleigh_refuses_a_useless_vector() -> None:
    A = SymmetricEnclosure.from_matrix(np.eye(2))
    for v in (np.zeros(2), np.array([1.0, np.nan])):
        with pytest.raises(ValueError, match="Rayleigh"):
            rayleigh(A, v)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 20), st.integers(0, 2**31), st.booleans())
def test_perron_encloses_the_largest_eigenvalue(n: int, seed: int, blocks: bool) -> None:
    rng = np.random.default_rng(seed)
    half = rng.uniform(0, 1, (n, n))
    matrix = np.triu(half) + np.triu(half, 1).T
    if blocks:
        matrix[: n // 2, n // 2 :] = matrix[n // 2 :, : n // 2] = 0.0
    A = SymmetricEnclosure.from_matrix(matrix)
    box = perron_bound(A)
    with workers(1) as pool:
        other = largest(A, pool).enclosure
    assert box.lower is not None and box.upper is not None and other.lower is not None and other.upper is not None
    assert box.lower <= other.upper and other.lower <= box.upper


def test_the_number_of_threads_changes_nothing() -> None:
    rng = np.random.default_rng(9)
    half = rng.standard_normal((900, 950))
    matrix = half @ half.T
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    found = []
    for threads in (1, 2, 4):
        with workers(threads) as pool:
            found.append(smallest(SymmetricEnclosure.from_matrix(matrix), pool))
    assert found[0].enclosure == found[1].enclosure == found[2].enclosure
    assert all(np.array_equal(found[0].vector, other.vector) for other in found)
