"""The lemmas' bounds against exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import fractions

from certify.arithmetic.exact import sum_of_squares, two_product, two_sum
from certify.arithmetic.rounding import (
    SMALLEST,
    U,
    chunked_dot_error,
    div_down,
    div_up,
    dot_error,
    gamma,
    mul_up,
    sum_down,
    sum_up,
)

moderate = st.floats(-1e100, 1e100, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-100)
anything = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("k", [0, 1, 2, 7, 100, 8193, 10**6, 2**49])
def test_gamma_is_an_upper_bound_and_tight(k: int) -> None:
    exact = Fraction(k, 2**53) / (1 - Fraction(k, 2**53))
    assert exact <= Fraction(gamma(k)) <= exact * (1 + Fraction(1, 2**48))


@pytest.mark.parametrize("k", [-1, 2**50])
def test_gamma_refuses_what_it_cannot_bound(k: int) -> None:
    with pytest.raises(ValueError, match="number of roundings"):
        gamma(k)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(anything, anything), min_size=1, max_size=40), st.integers(0, 2**31))
def test_dot_products_of_any_order_stay_within_the_lemma(pairs: list[tuple[float, float]], seed: int) -> None:
    x = np.array([a for a, _ in pairs]) / 1e200
    y = np.array([b for _, b in pairs]) / 1e150
    exact = sum((a * b for a, b in zip(fractions(x), fractions(y), strict=True)), Fraction(0))
    size = sum((abs(a * b) for a, b in zip(fractions(x), fractions(y), strict=True)), Fraction(0))
    allowed = Fraction(dot_error(len(x))) * size + len(x) * Fraction(SMALLEST)
    order = np.random.default_rng(seed).permutation(len(x))
    total = 0.0
    for k in order:
        total += float(x[k]) * float(y[k])
    assert abs(Fraction(total) - exact) <= allowed
    assert abs(Fraction(float(x @ y)) - exact) <= allowed


def test_chunks_shorten_the_bound_only_where_they_shorten_the_sum() -> None:
    assert chunked_dot_error(1000, 1000) == dot_error(1000)
    assert chunked_dot_error(10, 1000) == dot_error(10)
    assert chunked_dot_error(1024, 128) == gamma(128 + 7)
    assert chunked_dot_error(1025, 128) == gamma(128 + 8)


@given(moderate, moderate)
def test_transformations_are_error_free(a: float, b: float) -> None:
    x, y = np.array([a]), np.array([b])
    s, t = two_sum(x, y)
    assert Fraction(float(s[0])) + Fraction(float(t[0])) == Fraction(a) + Fraction(b)
    small = np.array([a / 1e60]), np.array([b / 1e60])
    p, e = two_product(*small)
    exact = Fraction(float(small[0][0])) * Fraction(float(small[1][0]))
    assert abs(Fraction(float(p[0])) + Fraction(float(e[0])) - exact) <= (
        0 if abs(exact) > 1e-290 else Fraction(2) ** -1072
    )


@settings(max_examples=40)
@given(st.integers(1, 60), st.integers(0, 2**31))
def test_sum_of_squares_is_double_double(d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.uniform(-1, 1, (3, d)) * 2.0 ** rng.integers(-40, 1, (3, d))
    rows[:, 0] = rng.uniform(0.5, 1, 3)
    high, low = sum_of_squares(rows)
    for i in range(3):
        exact = sum((v * v for v in fractions(rows[i])), Fraction(0))
        got = Fraction(float(high[i])) + Fraction(float(low[i]))
        assert abs(got - exact) <= exact * (2 * d * d * Fraction(U) ** 2 + Fraction(d, 2**1060))


@given(st.lists(moderate, min_size=1, max_size=30))
def test_directed_sums_enclose(values: list[float]) -> None:
    exact = sum(map(Fraction, values), Fraction(0))
    assert Fraction(sum_down(values)) <= exact <= Fraction(sum_up(values))


@given(st.floats(1e-100, 1e100), st.floats(1e-100, 1e100))
def test_directed_products_and_quotients_enclose(a: float, b: float) -> None:
    assert Fraction(a) * Fraction(b) <= Fraction(mul_up(a, b))
    assert Fraction(div_down(a, b)) <= Fraction(a) / Fraction(b) <= Fraction(div_up(a, b))
