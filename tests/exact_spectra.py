"""Matrices whose eigenvalues are known exactly, and Sylvester's law as an oracle for the others."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
from numpy.typing import NDArray
from oracles import pivots

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.spectrum.decomposition import Eigenvalues

Floats = NDArray[np.float64]
Rationals = list[list[Fraction]]


def cayley(n: int, rng: np.random.Generator) -> Rationals:
    """A rational orthogonal matrix ``(I − S)(I + S)⁻¹``, S skew with small integers."""
    half = np.triu(rng.integers(-1, 2, (n, n)), 1)
    S = (half - half.T).tolist()
    eye = [[int(i == j) for j in range(n)] for i in range(n)]
    plus = flint.fmpq_mat([[flint.fmpq(eye[i][j] + S[i][j]) for j in range(n)] for i in range(n)])
    minus = flint.fmpq_mat([[flint.fmpq(eye[i][j] - S[i][j]) for j in range(n)] for i in range(n)])
    Q = minus * plus.inv()
    return [[Fraction(int(Q[i, j].p), int(Q[i, j].q)) for j in range(n)] for i in range(n)]


def planted(spectrum: list[Fraction], Q: Rationals) -> tuple[SymmetricEnclosure, Rationals]:
    """``QΛQᵀ`` exactly, and its enclosure by the nearest floats and the radii that their rounding takes."""
    n = len(spectrum)
    A = [[sum((Q[i][k] * spectrum[k] * Q[j][k] for k in range(n)), Fraction(0)) for j in range(n)] for i in range(n)]
    middle = np.array([[float(v) for v in row] for row in A])
    errors = [[abs(Fraction(middle[i, j]) - A[i][j]) for j in range(n)] for i in range(n)]
    radius = np.array([[np.nextafter(float(e), np.inf) if e else 0.0 for e in row] for row in errors])
    return SymmetricEnclosure.from_matrix(middle, radius if radius.any() else None), A


def symmetric(matrix: Floats) -> Floats:
    return np.triu(matrix) + np.triu(matrix, 1).T


def exact(matrix: Floats) -> list[list[flint.arb]]:
    return [[arb(float(v)) for v in row] for row in matrix]


def assert_counts(matrix: Floats, found: Eigenvalues, bits: int = 300) -> None:
    """Sylvester: at most i eigenvalues lie below ``lower[i]``, at least i + 1 below ``upper[i]``; by exact pivots.

    An end that is an eigenvalue makes a pivot 0; it is then moved outward by 2^-100 of the size of the entries.
    """
    with precision(bits):
        M = exact(matrix)
        tiny = arb(2) ** -100 * arb(float(np.abs(matrix).max()) + 1e-300)
        for i in range(found.count):
            below = pivots(M, arb(float(found.lower[i])) - tiny, bits)
            above = pivots(M, arb(float(found.upper[i])) + tiny, bits)
            assert all(p > 0 or p < 0 for p in (*below, *above)), "the oracle could not decide"
            assert sum(bool(p < 0) for p in below) <= i < sum(bool(p < 0) for p in above)


def second_difference(n: int) -> tuple[SymmetricEnclosure, list[flint.arb]]:
    """The tridiagonal matrix (−1, 2, −1), whose eigenvalues are ``2 − 2 cos(kπ/(n + 1))``."""
    matrix = 2.0 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    with precision(300):
        truth = [2 - 2 * (flint.arb.pi() * k / (n + 1)).cos() for k in range(1, n + 1)]
    return SymmetricEnclosure.from_matrix(matrix), truth


def contains(low: float, value: flint.arb, high: float) -> bool:
    with precision(300):
        return bool(arb(float(low)) < value) and bool(value < arb(float(high)))
