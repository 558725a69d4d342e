"""Independent oracles: the exact kernel and exact definiteness in ball arithmetic, by other formulas."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import flint
import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.balls import arb, precision

Matrix = list[list[flint.arb]]


def exact_kernel(X: NDArray[np.float64], activation: str, normalized: bool, bits: int = 400) -> Matrix:
    """K∞ entry by entry from the textbook formula (arccosine, determinant), at ``bits`` bits."""
    with precision(bits):
        rows = [flint.arb_mat([[arb(float(v)) for v in x]]) for x in X]
        squares = [(r * r.transpose())[0, 0] for r in rows]
        n = len(rows)
        K: Matrix = [[arb(0)] * n for _ in range(n)]
        for i in range(n):
            for j in range(i, n):
                dot, a, b = (rows[i] * rows[j].transpose())[0, 0], squares[i], squares[j]
                if normalized:
                    dot, a, b = arb(1) if i == j else dot / (a * b).sqrt(), arb(1), arb(1)
                if activation == "relu":
                    cosine = arb(1) if i == j else dot / (a * b).sqrt()
                    value = dot * (flint.arb.pi() - cosine.acos()) / (2 * flint.arb.pi())
                else:
                    value = 4 / flint.arb.pi() * dot / ((1 + 2 * a) * (1 + 2 * b) - 4 * dot * dot).sqrt()
                K[i][j] = K[j][i] = value
        return K


def pivots(matrix: Matrix, shift: flint.arb, bits: int = 400) -> list[flint.arb]:
    """Pivots of LDLᵀ of ``matrix − shift·I`` (Sylvester: their signs are the eigenvalues' signs)."""
    with precision(bits):
        work = [[entry - shift if i == j else entry for j, entry in enumerate(row)] for i, row in enumerate(matrix)]
        found = []
        for k in range(len(work)):
            pivot = work[k][k]
            found.append(pivot)
            for i in range(k + 1, len(work)):
                factor = work[i][k] / pivot
                for j in range(k + 1, len(work)):
                    work[i][j] = work[i][j] - factor * work[k][j]
        return found


def assert_contains_lambda_min(matrix: Matrix, lower: flint.arb, upper: flint.arb, bits: int = 400) -> None:
    """The smallest eigenvalue lies in [lower, upper], up to one part in 2^100 of the entries' size."""
    with precision(bits):
        tiny = arb(2) ** -100 * max(abs(row[i]).upper() for i, row in enumerate(matrix))
        below = pivots(matrix, lower - tiny, bits)
        assert all(p > 0 for p in below), f"{lower} is above the smallest eigenvalue (or undecided): {below}"
        assert any(p < 0 for p in pivots(matrix, upper + tiny, bits)), f"{upper} is below the smallest eigenvalue"


def fractions(values: NDArray[np.float64]) -> list[Fraction]:
    """The rationals that floats are."""
    return [Fraction(float(v)) for v in values.ravel()]


@contextmanager
def control_word(change: int) -> Iterator[None]:
    """Set bits of the SSE control register (x86-64, glibc) for this thread, and restore it."""
    libm = ctypes.CDLL(ctypes.util.find_library("m"))
    state = (ctypes.c_uint32 * 8)()
    libm.fegetenv(state)
    former = state[7]
    state[7] = former | change
    libm.fesetenv(state)
    try:
        yield
    finally:
        state[7] = former
        libm.fesetenv(state)
