"""Rays against brute force in rational arithmetic, and the cases a tolerance would get wrong."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certify.data import Rays, find_rays, ratio
from certify.errors import InputError

LOADED_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def quotient(x: np.ndarray, z: np.ndarray) -> Fraction | None:
    """The c with ``z = c·x``, or None: by definition, with fractions."""
    a, b = [[Fraction(v) for v in row.tolist()] for row in (x, z)]
    pivot = next(k for k, v in enumerate(a) if v)
    c = b[pivot] / a[pivot]
    return c if c and all(v * c == w for v, w in zip(a, b, strict=True)) else None


def brute_force(X: np.ndarray) -> Rays:
    c = [[quotient(x, z) for z in X] for x in X]
    n = range(len(X))
    on_ray = [tuple(j for j in n if (q := c[i][j]) is not None and q > 0) for i in n]
    opposite = [tuple(j for j in n if (q := c[i][j]) is not None and q < 0) for i in n]
    equal = [tuple(j for j in n if c[i][j] == 1) for i in n]
    return Rays(
        first=tuple(rows[0] for rows in on_ray),
        parallel=tuple(rows for i, rows in enumerate(on_ray) if rows[0] == i and len(rows) > 1),
        identical=tuple(rows for i, rows in enumerate(equal) if rows[0] == i and len(rows) > 1),
        antiparallel=tuple(
            (on_ray[i], opposite[i]) for i in n if on_ray[i][0] == i and opposite[i] and opposite[i][0] > i
        ),
    )


def same(found: Rays, expected: Rays) -> bool:
    return (found.first, found.parallel, set(found.identical), found.antiparallel) == (
        expected.first,
        expected.parallel,
        set(expected.identical),
        expected.antiparallel,
    )


SCALES = st.sampled_from([1.0, 2.0, 3.0, -1.0, 5.0, -6.0, 2.0**-700, 2.0**1000, 2.0**-1074, 0.1])
ENTRIES = st.lists(st.integers(-2, 2), min_size=2, max_size=2).filter(any)


@settings(LOADED_MACHINE, max_examples=300)
@given(st.lists(st.tuples(ENTRIES, SCALES), min_size=1, max_size=12))
def test_against_brute_force(rows: list[tuple[list[int], float]]) -> None:
    X = np.array([[scale * entry for entry in entries] for entries, scale in rows])
    assert same(find_rays(X), brute_force(X))


@settings(LOADED_MACHINE, max_examples=100)
@given(st.lists(st.floats(-1, 1).filter(lambda x: abs(x) > 1e-300), min_size=1, max_size=2), st.integers(3, 50))
def test_rounded_multiples_are_decided_exactly(row: list[float], factor: int) -> None:
    X = np.array([row, [factor * x for x in row], [-factor * x for x in row]])
    assert same(find_rays(X), brute_force(X))


def test_a_rounded_triple_is_another_direction() -> None:
    x = np.array([1.0 + 2.0**-52, 1.0])  # 3·x needs 54 bits in its first entry
    assert find_rays(np.array([x, 3.0 * x])).first == (0, 1)
    x = np.array([1.0 + 2.0**-50, 1.0])  # here 3·x is exact
    assert find_rays(np.array([x, 3.0 * x])).first == (0, 0)


@pytest.mark.parametrize("base", [1.0, 1e300, 1e-300, 5e-310, 5e-324])
def test_one_unit_in_the_last_place_is_another_direction(base: float) -> None:
    X = np.array([[base, 2 * base], [math.nextafter(base, 1e308), 2 * base], [base, 2 * base]])
    found = find_rays(X)
    assert found.first == (0, 1, 0)
    assert found.identical == ((0, 2),)


def test_extreme_magnitudes() -> None:
    row = np.array([1e300, 1e-300, 0.0, -5e-324])
    X = np.array([row, 4.0 * row, -row, [1e300, 1e-300, 0.0, -1e-323]])
    found = find_rays(X)
    assert found.parallel == ((0, 1),)
    assert found.identical == ()
    assert found.antiparallel == (((0, 1), (2,)),)
    assert found.representatives == (0, 2, 3)
    assert ratio(X, 0, 1) == 4
    assert ratio(X, 1, 2) == Fraction(-1, 4)


def test_the_sign_of_zero_is_no_direction() -> None:
    assert find_rays(np.array([[0.0, 1.0], [-0.0, 2.0]])).parallel == ((0, 1),)


def test_blocks_of_rows_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    X = rng.integers(1, 4, (60, 2)).astype(float)
    whole = find_rays(X)
    monkeypatch.setattr("certify.data.rays._BLOCK_ENTRIES", 14)
    assert find_rays(X) == whole
    assert same(whole, brute_force(X))


def test_a_planted_pair_among_many_rows() -> None:
    rng = np.random.default_rng(2)
    X = np.round(rng.standard_normal((8000, 50)) * 2**40)  # integers: 5·x is exact
    X[7000], X[7500] = 5.0 * X[3], -7.0 * X[11]
    found = find_rays(X)
    assert found.parallel == ((3, 7000),)
    assert found.antiparallel == (((11,), (7500,)),)
    assert len(found.representatives) == 7999


def test_what_has_no_direction_is_refused() -> None:
    with pytest.raises(InputError, match=r"^row 1: the row is all zero; remove the row$"):
        find_rays(np.array([[1.0, 0.0], [0.0, -0.0]]))
    with pytest.raises(InputError, match=r"^row 0, column 1: NaN"):
        find_rays(np.array([[1.0, math.nan]]))
