"""Sizes of the data's Gram matrix, against exact and independent values."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import fractions

from certify.arithmetic.workers import workers
from certify.kernels import UnitRows
from certify.kernels.data_gram import absolute_norm, norm_squared, quartic_bound


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**31), st.booleans())
def test_norms_against_float64(n: int, d: int, seed: int, normalized: bool) -> None:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) * 2.0 ** rng.integers(-3, 4, (n, 1))
    Z = X / np.linalg.norm(X, axis=1)[:, None] if normalized else X
    rows = UnitRows.from_data(X, normalized)
    with workers(1) as pool:
        square, absolute = norm_squared(X, rows, pool), absolute_norm(X, rows, pool)
    G = Z @ Z.T
    for box, value in ((square, np.linalg.norm(Z, 2) ** 2), (absolute, np.linalg.eigvalsh(np.abs(G))[-1])):
        assert box.lower is not None and box.upper is not None
        assert box.lower <= value * (1 + 1e-13) and value * (1 - 1e-13) <= box.upper
        assert box.upper - box.lower <= 1e-7 * box.upper


def test_orthogonal_integer_rows_give_the_exact_norm() -> None:
    X = np.array([[3.0, 4.0, 0.0], [-4.0, 3.0, 0.0], [0.0, 0.0, 2.0]])
    with workers(1) as pool:
        box = norm_squared(X, UnitRows.from_data(X, False), pool)
    assert box.lower is not None and box.upper is not None and box.lower <= 25.0 <= box.upper


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 30), st.integers(1, 5), st.integers(0, 2**31))
def test_quartic_bound_is_above_every_direction_and_below_the_plain_one(n: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = rng.integers(-9, 10, (n, d)).astype(float)
    X[~X.any(axis=1), 0] = 1.0
    with workers(1) as pool:
        found = quartic_bound(X, UnitRows.from_data(X, False), pool)
    assert found.q_x_squared.upper is not None and 0 <= found.s < 1 / d
    for v in [*X, *rng.integers(-9, 10, (30, d)).astype(float)]:
        if not v.any():
            continue
        exact = fractions(v)
        length = sum(a * a for a in exact)
        value = sum(sum(a * b for a, b in zip(fractions(x), exact, strict=True)) ** 4 for x in X) / length**2
        assert value <= Fraction(found.q_x_squared.upper)
    plain = np.linalg.eigvalsh((X @ X.T) ** 2)[-1]
    assert found.q_x_squared.upper <= plain * (1 + 1e-8)


@pytest.mark.parametrize("normalized", [True, False])
def test_one_row(normalized: bool) -> None:
    X = np.array([[3.0, 4.0]])
    rows = UnitRows.from_data(X, normalized)
    size = 1.0 if normalized else 25.0
    with workers(1) as pool:
        for box, value in (
            (norm_squared(X, rows, pool), size),
            (absolute_norm(X, rows, pool), size),
            (quartic_bound(X, rows, pool).q_x_squared, size**2),
        ):
            assert box.lower is not None and box.upper is not None and box.lower <= value <= box.upper
