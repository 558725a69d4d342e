"""The recorded null vector, against the gradients' sum in rational arithmetic and against the matrix in Arb."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.exact import Floats
from certify.data import find_rays
from certify.kernels import kernel_for
from certify.kernels.null_vector import NullVector, null_vector

CIRCLE = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-3.0, 0.0], [0.0, -0.5], [-2.0, -2.0], [1.0, 7.0]])


def gradient_sums(X: Floats, found: NullVector, weights: Floats) -> list[Fraction]:
    """``Σ a_i 1{w·x_i > 0} x_i`` for rational rows and w: zero for a null vector of the ReLU's kernel."""
    total = [Fraction(0)] * X.shape[1]
    w = [Fraction(float(v)) for v in weights]
    for i, a in zip(found.rows, found.coefficients, strict=True):
        x = [Fraction(float(v)) for v in X[i]]
        side = sum((p * q for p, q in zip(w, x, strict=True)), Fraction(0))
        assert side != 0
        if side > 0:
            total = [t + a * v for t, v in zip(total, x, strict=True)]
    return total


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("X", [CIRCLE, CIRCLE[[0, 1, 6, 2]].repeat(2, axis=0) * np.array([[1.0], [3.0]] * 4)])
def test_relu_gradients_cancel_exactly(X: Floats, normalized: bool) -> None:
    found = null_vector(X, find_rays(X), kernel_for("relu"), normalized)
    assert found is not None and any(found.coefficients)
    if not normalized or found.times_length:
        rng = np.random.default_rng(0)
        for _ in range(50):
            assert not any(gradient_sums(X, found, rng.standard_normal(2)))
    else:  # two rows of one ray
        first, second = X[list(found.rows)]
        assert np.linalg.matrix_rank([first, second]) == 1 and first @ second > 0 and sum(found.coefficients) == 0


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["relu", "leaky_relu", "erf", "sin", "cos", "softplus", "gelu"]),
    st.booleans(),
)
def test_the_matrix_annihilates_it(seed: int, activation: str, normalized: bool) -> None:
    """Coincidences of all kinds; there is a vector exactly if the dimension is positive."""
    rng = np.random.default_rng(seed)
    base = rng.integers(-3, 4, (6, 3)).astype(float)
    base = base[np.abs(base).sum(axis=1) > 0]
    X = base * rng.choice([1.0, -1.0, 2.0, -0.5], (len(base), 1))
    X = np.concatenate([X, -X[: rng.integers(0, 5)], base[: rng.integers(0, 3)]])
    kernel, rays = kernel_for(activation), find_rays(X)
    found = null_vector(X, rays, kernel, normalized)
    assert (found is not None) == (kernel.null_dimension(X, rays, normalized) > 0)
    if found is None:
        return
    with precision(200):
        rows = [[arb(float(v)) for v in row] for row in X]
        square = [sum((v * v for v in row), arb(0)) for row in rows]
        for i, row in enumerate(rows):
            total = arb(0)
            for j, a in zip(found.rows, found.coefficients, strict=True):
                dot = sum((p * q for p, q in zip(row, rows[j], strict=True)), arb(0))
                weight = arb(a.numerator) / a.denominator
                if normalized:
                    value = kernel.entry(dot / (square[i] * square[j]).sqrt(), arb(1), arb(1))
                    total += value * weight * (square[j].sqrt() if found.times_length else 1)
                else:
                    total += kernel.entry(dot, square[i], square[j]) * weight
            assert total.contains(0) and total.rad() < 1e-9, (i, total)
