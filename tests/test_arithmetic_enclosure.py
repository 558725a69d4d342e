"""Enclosures contain what they say, at every magnitude; verdicts have no truth value."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.arithmetic.balls import arb, lower_float, precision, upper_float
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict, all_of, any_of


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**30), st.integers(-3000, 3000))
def test_from_arb_encloses_rationals_of_any_size(p: int, q: int, power: int) -> None:
    exact = Fraction(p, q) * Fraction(2) ** power
    with precision(256):
        box = Enclosure.from_arb(arb(exact))
    assert box.lower is not None and box.upper is not None
    scale = Fraction(2) ** box.exponent
    assert Fraction(box.lower) * scale <= exact <= Fraction(box.upper) * scale
    assert Fraction(box.upper) - Fraction(box.lower) <= abs(Fraction(box.upper)) / 2**51


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_json_and_arb_round_trip(a: float, b: float) -> None:
    box = Enclosure(min(a, b), max(a, b))
    assert Enclosure.from_json(box.to_json()) == box
    with precision(256):
        ball = box.to_arb()
        assert not ball.lower() > arb(min(a, b)) and not ball.upper() < arb(max(a, b))
        assert lower_float(arb(a)) == a == upper_float(arb(a))


def test_scaled_drops_the_exponent_only_where_that_is_exact() -> None:
    assert Enclosure.scaled(1.5, 3.0, 10) == Enclosure(1536.0, 3072.0)
    assert Enclosure.scaled(1.5, 3.0, 2000) == Enclosure(1.5, 3.0, 2000)
    assert Enclosure.scaled(0.0, 3.0, -1100) == Enclosure(0.0, 3.0, -1100)
    assert Enclosure.scaled(None, 3.0, 1) == Enclosure(None, 6.0)


def test_bad_enclosures_are_refused() -> None:
    for ends in ((2.0, 1.0), (float("nan"), 1.0), (0.0, float("inf"))):
        with pytest.raises(ValueError):
            Enclosure(*ends)
    assert Enclosure.from_arb(flint.arb.nan()) == Enclosure(None, None)


def test_verdicts_have_no_truth_value_and_combine() -> None:
    with pytest.raises(TypeError, match="truth value"):
        bool(Verdict.PROVED)
    proved, refuted, undecided = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED
    assert all_of([proved, undecided]) is undecided and all_of([undecided, refuted]) is refuted
    assert any_of([refuted, undecided]) is undecided and any_of([undecided, proved]) is proved
    assert all_of([]) is proved and any_of([]) is refuted
