"""Canonical JSON: bit-exact both ways, one text for one value, and nothing ambiguous accepted."""

from __future__ import annotations

import json
import math
import struct
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certify.certificates.canonical import (
    MAX_DEPTH,
    NotCanonical,
    canonical_text,
    freeze,
    parse_strictly,
    thaw,
)

finite = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True)
huge = st.integers(0, 20_000).flatmap(lambda bits: st.integers(-(2**bits), 2**bits))
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | finite | huge | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    """Equality of type and of bits: 2 is not 2.0, and 0.0 is not -0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return struct.pack("<d", a) == struct.pack("<d", b)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return bool(a == b)


@given(values)
@example(2.0)
@example(-0.0)
@example(5e-324)
@example(1.7976931348623157e308)
@example(10**5000)
@settings(max_examples=300, deadline=None)
def test_round_trip_is_exact(value: Any) -> None:
    written = canonical_text(value)
    written.encode("utf-8")
    assert same(parse_strictly(written), value)
    assert canonical_text(parse_strictly(written)) == written
    assert same(thaw(freeze(value)), value)


@given(st.dictionaries(text, finite | text, max_size=6))
def test_agrees_with_the_standard_library_where_that_is_canonical(value: dict[str, Any]) -> None:
    expected = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical_text(value) == expected


@given(st.dictionaries(text, st.integers(), max_size=6), st.randoms())
def test_order_of_members_does_not_matter(value: dict[str, int], random: Any) -> None:
    shuffled = list(value.items())
    random.shuffle(shuffled)
    assert canonical_text(dict(shuffled)) == canonical_text(value)


def test_a_float_that_is_whole_stays_a_float() -> None:
    assert canonical_text([2.0, 2, 1e16, 1e22]) == "[2.0,2,1e+16,1e+22]"


def test_numpy_scalars_are_numbers_and_arrays_are_not() -> None:
    assert canonical_text([np.float64(0.1), np.int64(7)]) == "[0.1,7]"
    for refused in (np.zeros(2), np.float32(0.1), np.bool_(True), {1, 2}, b"x", 1j, {1: 2}):
        with pytest.raises(NotCanonical):
            canonical_text(refused)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_writing_refuses_what_is_not_finite(value: float) -> None:
    with pytest.raises(NotCanonical, match="write null"):
        canonical_text({"a": [value]})


def test_writing_refuses_lone_surrogates_and_endless_nesting() -> None:
    with pytest.raises(NotCanonical, match="Unicode"):
        canonical_text("\ud800")
    endless: list[Any] = []
    endless.append(endless)
    for action in (canonical_text, freeze):
        with pytest.raises(NotCanonical, match="nested"):
            action(endless)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('{"a": 1, "a": 1}', "twice"),
        ('{"b": {"a": 1, "c": 2, "a": 3}}', "twice"),
        ('{"\\u0061": 1, "a": 2}', "twice"),
        ("[NaN]", "NaN"),
        ("[-Infinity]", "Infinity"),
        ("[Infinity]", "Infinity"),
        ("[1e999]", "range"),
        ("[-1.8e308]", "range"),
        ("[1e-400]", "read as 0"),
        ("[0.00001e-330]", "read as 0"),
        ("[1,]", "not JSON"),
        ("", "not JSON"),
        ('{"a": 1} x', "not JSON"),
        ("[01]", "not JSON"),
        ("{'a': 1}", "not JSON"),
        ('"open', "not JSON"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested"),
        ('{"a":' * 100_000, "nested"),
        ("\ufeff{}", "JSON"),
    ],
)
def test_reading_refuses_in_one_line(source: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parse_strictly(source)
    assert isinstance(caught.value, NotCanonical)
    assert "\n" not in str(caught.value)


def test_zero_may_be_written_as_zero() -> None:
    assert parse_strictly("[0.0, -0.0, 0e-999, 0.000]") == [0.0, 0.0, 0.0, 0.0]


def test_brackets_in_strings_are_not_nesting() -> None:
    assert parse_strictly(json.dumps("[{" * 500 + '\\"[')) == "[{" * 500 + '\\"['
    assert parse_strictly("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None


def test_hostile_quotes_take_linear_time() -> None:
    started = time.perf_counter()
    for hostile in ('\\"' * 500_000, '"' + "\\" * 1_000_001, '"' * 500_001):
        with pytest.raises(NotCanonical):
            parse_strictly(hostile)
    assert time.perf_counter() - started < 5
