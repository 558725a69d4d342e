"""Printed numbers stay true: every rounding is compared with exact rational arithmetic."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from certify.arithmetic.enclosure import Enclosure
from certify.reports import numbers

finite = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True)
numeric = finite | st.integers(-(10**40), 10**40)
exponents = st.just(0) | st.integers(-3000, 3000)


def read(text: str) -> Fraction:
    """The exact value of a printed decimal, by the standard library's own parser."""
    return Fraction(text.replace("−", "-"))


def interval(text: str) -> tuple[Fraction, Fraction]:
    """The interval a printed enclosure stands for, read the way its description says."""
    shared = re.fullmatch(r"(-?[0-9.]+)\[([0-9]+), ([0-9]+)\](e-?[0-9]+)?", text)
    if shared:
        head, first, second, power = shared.groups(default="")
        return read(head + first + power), read(head + second + power)
    apart = re.fullmatch(r"\[([^,]+), ([^,]+)\]", text)
    if apart:
        return read(apart.group(1)), read(apart.group(2))
    return read(text), read(text)


@given(numeric, exponents, st.integers(1, 17))
@example(9.999999e22, 0, 3)
@example(0.001, 0, 1)
@example(5e-324, 0, 3)
@example(99999.5, 0, 5)
@example(-1.0, 1000, 2)
@settings(max_examples=300, deadline=None)
def test_decimals_are_rounded_to_the_side_asked_for_and_close(value: float | int, exponent: int, digits: int) -> None:
    exact = Fraction(value) * Fraction(2) ** exponent
    for form in (numbers.decimal, numbers.scientific):
        low = read(form(value, digits, up=False, exponent=exponent))
        high = read(form(value, digits, up=True, exponent=exponent))
        assert low <= exact <= high
        assert high - low <= abs(exact) * Fraction(10) ** (1 - digits)


@given(st.tuples(numeric, numeric), exponents)
@settings(max_examples=300, deadline=None)
def test_printed_enclosures_contain_the_enclosure(ends: tuple[float | int, float | int], exponent: int) -> None:
    bound = Enclosure(*sorted(ends), exponent=exponent)
    assert bound.lower is not None and bound.upper is not None
    low, high = interval(numbers.enclosure(bound))
    scale = Fraction(2) ** exponent
    assert low <= Fraction(bound.lower) * scale and Fraction(bound.upper) * scale <= high


@given(finite, st.integers(0, 10**6), exponents, st.integers(3, 17))
@example(3.502172395625311e16, 0, 480, 11)
@example(9.232963533198287e-234, 197, 0, 15)
@settings(max_examples=300, deadline=None)
def test_narrow_enclosures_are_printed_sharply(value: float, steps: int, exponent: int, digits: int) -> None:
    assume(1e-290 < abs(value) < 1e290)
    other = value * (1 + steps * 2**-50)
    bound = Enclosure(*sorted((value, other)), exponent=exponent)
    assert bound.lower is not None and bound.upper is not None
    text = numbers.enclosure(bound, digits)
    low, high = interval(text)
    scale = Fraction(2) ** exponent
    exact_low, exact_high = Fraction(bound.lower) * scale, Fraction(bound.upper) * scale
    assert low <= exact_low and exact_high <= high
    size = max(abs(exact_low), abs(exact_high))
    # The ends differ by a unit of the last figure or more, and each is printed at most one unit off;
    # where the digits asked for do not suffice for that, by units of the last of those.
    assert (high - low) <= (exact_high - exact_low) * 3 + 2 * size * Fraction(10) ** (1 - digits)


@given(numeric, numeric, exponents)
@settings(deadline=None)
def test_relative_width_is_not_understated(a: float | int, b: float | int, exponent: int) -> None:
    bound = Enclosure(*sorted((a, b)), exponent=exponent)
    text = numbers.relative_width(bound)
    assert bound.lower is not None and bound.upper is not None
    low, high = Fraction(bound.lower), Fraction(bound.upper)
    if low == high:
        assert text == "0"
    elif low <= 0 <= high:
        assert text == numbers.UNKNOWN
    else:
        exact = (high - low) / min(abs(low), abs(high))
        assert exact <= read(text) <= exact * Fraction(11, 10)


@given(st.floats(0, 2) | st.floats(0.9, 1) | st.floats(3, 17).map(lambda x: 1 - 10**-x))
@settings(deadline=None)
def test_rates_and_probabilities_stay_true(value: float) -> None:
    rate = numbers.contraction(Enclosure(0.0, value))
    first, _, rest = rate.partition(" − ")
    if "not below" in rate:
        assert value >= 1
    else:
        assert Fraction(value) <= (read(first) - read(rest) if rest else read(first))
    first, _, rest = numbers.probability(Enclosure(value, 2.0)).partition(" − ")
    assert (read(first) - read(rest) if rest else read(first)) <= Fraction(value)


def test_the_familiar_probability_is_recognisable() -> None:
    assert numbers.probability(Enclosure.point(0.95)) == "0.95 − 5e-17"
    assert numbers.probability(Enclosure.point(0.5)) == "0.5"
    assert numbers.probability(Enclosure.point(0.9)) == "0.9"
    assert numbers.probability(Enclosure.point(1)) == "1"


@given(st.integers(0, 10**60))
def test_widths_are_never_understated(value: int) -> None:
    assert value <= read(numbers.width(value)) <= value * Fraction(101, 100)
    text = numbers.count(value)
    if value < 10**30:
        assert int(text.replace("\u202f", "")) == value
    else:
        assert read(text) >= value


@pytest.mark.parametrize("exponent", [-(2**60), -(10**12), -25_000, 25_000, 10**12, 2**60])
def test_exponents_beyond_exact_arithmetic_are_rounded_outward(exponent: int) -> None:
    """Checked against the first digits of exponent·log10(2), from 60 digits of log10(2) by mpmath."""
    from mpmath import floor, log10, mp, mpf

    with mp.workdps(90):
        for value in (0.75, -0.75, 3):
            logarithm = log10(mpf(abs(value))) + exponent * log10(mpf(2))
            power = int(floor(logarithm))
            mantissa = mpf(10) ** (logarithm - power) * (1 if value > 0 else -1)
            low, low_power = numbers.scaled_decimal(value, 6, False, exponent)
            high, high_power = numbers.scaled_decimal(value, 6, True, exponent)
            assert low_power == high_power == power - 5
            assert low <= mantissa * 10**5 <= high and high - low == 1


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Enclosure(0.012345671, 0.012345689), "0.0123456[71, 89]"),
        (Enclosure(-0.012345689, -0.012345671), "-0.0123456[89, 71]"),
        (Enclosure(0.99999, 1.00001), "[0.99999, 1.000011]"),
        (Enclosure(1.2999999, 1.3000001), "[1.29999989, 1.30000011]"),
        (Enclosure(2.0, 3.0), "[2, 3]"),
        (Enclosure(1.5e20, 1.6e20), "1.[50, 60]e20"),
        (Enclosure(0.5, 0.5), "0.5"),
        (Enclosure.point(1 - 2**-53), "0.999999999999999[88, 89]"),
        (Enclosure.point(10**20 - 1), "[9.9999999999999999e19, 1e20]"),
        (Enclosure(-1.0, 2.0), "[-1, 2]"),
        (Enclosure(0.0, 2.0), "[0, 2]"),
        (Enclosure(0, 0), "0"),
        (Enclosure(None, 2.0), "[—, 2]"),
        (Enclosure(1.0, None), "[1, —]"),
        (Enclosure(None, None), "—"),
        (None, "—"),
    ],
)
def test_forms(bound: Enclosure | None, text: str) -> None:
    assert numbers.enclosure(bound) == text


def test_width_and_count_forms() -> None:
    assert numbers.width(1_845_000) == "1.85e6"
    assert numbers.width(999_999) == "999999"
    assert numbers.width(19843211560034221877093412) == "1.99e25"
    assert numbers.count(1845000) == "1\u202f845\u202f000"
    assert numbers.count(10**6000) == "1e6000"
    assert numbers.scientific(123, 3, up=True) == "1.23e2"
