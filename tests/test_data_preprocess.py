"""Every preprocessed entry is the float64 nearest to a real number, decided here by rational arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.data.exact import integers, odd_parts
from certify.data.preprocess import over_root, preprocess
from certify.errors import InputError

LOADED_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

DATA = Path(__file__).parent / "data"
FINITE = st.floats(allow_nan=False, allow_infinity=False)
MATRICES = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=FINITE)


def compare_with_quotient(bound: Fraction, numerator: Fraction, radicand: Fraction) -> int:
    """Sign of ``bound − numerator/√radicand``, exactly."""
    left = bound * abs(bound) * radicand
    right = numerator * abs(numerator)
    return (left > right) - (left < right)


def assert_nearest(value: float, numerator: Fraction, radicand: Fraction) -> None:
    """``value`` is the float64 nearest to ``numerator/√radicand``; at a tie its mantissa is even."""
    below, above = math.nextafter(value, -math.inf), math.nextafter(value, math.inf)
    low = (Fraction(below) + Fraction(value)) / 2
    high = (Fraction(value) + Fraction(above)) / 2
    sides = compare_with_quotient(low, numerator, radicand), compare_with_quotient(high, numerator, radicand)
    assert sides[0] <= 0 <= sides[1]
    if 0 in sides:
        assert Fraction(value) / Fraction(math.ulp(value)) % 2 == 0


@settings(LOADED_MACHINE)
@given(st.lists(st.integers(-(2**80), 2**80), min_size=1, max_size=4), st.integers(1, 2**170))
def test_quotient_by_root_is_nearest(numerators: list[int], radicand: int) -> None:
    for numerator, value in zip(numerators, over_root(numerators, radicand), strict=True):
        assert_nearest(value, Fraction(numerator), Fraction(radicand))


@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize("mantissa", [2**53 + 1, 2**53 + 3, 2**54 - 1])
def test_quotient_beside_a_midpoint_of_two_floats(mantissa: int, offset: int) -> None:
    # The quotient is mantissa/2^54, a midpoint, up to 2^-310: undecided at the first precision.
    numerator, radicand = mantissa << 100, (1 << (2 * 154)) + offset
    (value,) = over_root([numerator], radicand)
    assert_nearest(value, Fraction(numerator), Fraction(radicand))
    low = Fraction(mantissa - 1, 2**54)
    even_is_low = ((mantissa - 1) // 2) % 2 == 0
    down = offset > 0 or (offset == 0 and even_is_low)
    assert Fraction(value) == (low if down else low + Fraction(2, 2**54))


@settings(LOADED_MACHINE, max_examples=60)
@given(MATRICES)
def test_unit_entries_are_nearest(X: np.ndarray) -> None:
    X = X[(X != 0).any(axis=1)]
    for row, result in zip(X, preprocess(X, ("unit",)), strict=True):
        square = sum(Fraction(x) ** 2 for x in row.tolist())
        for x, value in zip(row.tolist(), result.tolist(), strict=True):
            assert_nearest(value, Fraction(x), square)


@settings(LOADED_MACHINE, max_examples=60)
@given(MATRICES)
def test_standardized_entries_are_nearest(X: np.ndarray) -> None:
    n = X.shape[0]
    result = preprocess(np.vstack([X, X]), ("standardize", "bias"))  # twice the rows: the same μ and σ
    for j in range(X.shape[1]):
        column = [Fraction(x) for x in X[:, j].tolist()]
        mean = sum(column) / n
        variance = sum((x - mean) ** 2 for x in column) / n
        for i, x in enumerate(column):
            if variance:
                assert_nearest(float(result[i, j]), x - mean, variance)
            else:
                assert result[i, j] == 0.0
            assert result[i, j] == result[i + n, j]
    assert (result[:, -1] == 1.0).all()


def test_known_values() -> None:
    assert preprocess(np.array([[3.0, 4.0], [3e-310, 4e-310]]), ("unit",)).tolist()[0] == [3 / 5, 4 / 5]
    X = np.array([[1.0, 7.0, 1e308], [3.0, 7.0, -1e308]])
    assert preprocess(X, ("standardize", "bias")).tolist() == [[-1.0, 0.0, 1.0, 1.0], [1.0, 0.0, -1.0, 1.0]]
    assert preprocess(np.array([[5e-324, 0.0]]), ("unit",)).tolist() == [[1.0, 0.0]]


def test_steps_apply_from_left_to_right() -> None:
    X = np.array([[3.0], [1.0]])
    assert preprocess(X, ("bias", "standardize")).tolist() == [[1.0, 0.0], [-1.0, 0.0]]
    assert preprocess(X, ("standardize", "bias")).tolist() == [[1.0, 1.0], [-1.0, 1.0]]
    assert preprocess(X, ()) is X


def test_rows_of_one_ray_become_identical() -> None:
    row = np.array([[3.0, 1.0, -7.0, 1e-5]])
    unit = preprocess(np.vstack([row, row * 2.0**40, row * 2.0**-900]), ("unit",))
    thrice = preprocess(np.array([[1.0, 5.0, -7.0], [3.0, 15.0, -21.0]]), ("unit",))
    assert (unit == unit[0]).all()
    assert (thrice == thrice[0]).all()


@pytest.mark.parametrize("name", ["iris", "wine"])
def test_agrees_with_ordinary_arithmetic_on_real_data(name: str) -> None:
    from sklearn import datasets

    X, _ = getattr(datasets, f"load_{name}")(return_X_y=True)
    _, first = np.unique(X, axis=0, return_index=True)
    stored = np.load(DATA / f"{name}.npz")["X"]
    prepared = preprocess(X[np.sort(first)], ("standardize", "bias", "unit"))
    np.testing.assert_allclose(prepared, stored, rtol=0, atol=1e-14)


def test_an_unknown_step_is_named() -> None:
    with pytest.raises(InputError, match=r"^--preprocess: unknown step 'whiten'; choose from standardize, bias, unit$"):
        preprocess(np.ones((1, 1)), ("whiten",))


def test_a_row_that_becomes_zero_is_named() -> None:
    X = np.array([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])
    with pytest.raises(InputError, match=r"^d\.csv, row 1: the row is all zero after --preprocess standardize;"):
        preprocess(X, ("standardize",), "d.csv")
    with pytest.raises(InputError, match=r"row 1: the row is all zero before the step 'unit'"):
        preprocess(X, ("standardize", "unit"), "d.csv")
    assert preprocess(X, ("standardize", "bias", "unit"))[1].tolist() == [0.0, 0.0, 1.0]


@settings(LOADED_MACHINE)
@given(hnp.arrays(np.float64, 6, elements=FINITE))
def test_floats_as_integers(vector: np.ndarray) -> None:
    values, power = integers(vector)
    assert [Fraction(v) * Fraction(2) ** power for v in values] == [Fraction(x) for x in vector.tolist()]
    odd, exponent = odd_parts(vector)
    for x, m, e in zip(vector.tolist(), odd.tolist(), exponent.tolist(), strict=True):
        assert Fraction(x) == m * Fraction(2) ** e
        assert m % 2 == 1 if m else e == 0
