"""The arcsine kernel's constants, proved in ball arithmetic over the whole range, and attacked by samples."""

from __future__ import annotations

import flint
import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic.balls import precision
from certify.arithmetic.rounding import SMALLEST, U
from certify.kernels.arcsine import QUOTIENT_ERROR, ROUNDING, P, Q, quotient, relu_profile

PIECES = 400


def ball(low: fmpq, high: fmpq) -> arb:
    return arb(mid=arb((low + high) / 2), rad=arb((high - low) / 2))


def horner_error(coefficients: tuple[float, ...], t: arb, trailing_product: bool) -> tuple[arb, arb]:
    """Value on the ball t, and a bound of the rounding error of the float Horner scheme in `quotient`."""
    u = arb(U) * (1 + arb(2) ** -40)
    value, error = arb(coefficients[-1]) * t, abs(arb(coefficients[-1]) * t) * u
    for k, c in enumerate(reversed(coefficients[:-1])):
        value = value + arb(c)
        error = error + (abs(value) + error) * u
        if k < len(coefficients) - 2 or trailing_product:
            value = value * t
            error = error * t + (abs(value) + error * t) * u
    return value, error


def test_quotient_error_is_proved_on_all_of_the_range() -> None:
    """sup over t in [0, 1/4]: approximation error (Taylor series with its tail) plus a running rounding bound."""
    with precision(160):
        terms, coefficients, c = 60, [], fmpq(1)
        for k in range(terms):
            coefficients.append(arb(c / (2 * k + 1)))
            c = c * fmpq(2 * k + 1, 2 * k + 2)
        tail = arb(fmpq(1, 4)) ** terms / (2 * terms + 1) * fmpq(4, 3)
        series = flint.arb_poly(coefficients)
        numerator = flint.arb_poly([0, *[arb(v) for v in P]])
        denominator = flint.arb_poly([arb(v) for v in Q])
        gap = series * denominator - denominator - numerator  # (asin(√t)/√t − 1 − tP/Q)·Q, without the tail
        slope = gap.derivative()
        worst, size = arb(0), arb(0)
        for i in range(PIECES):
            t = ball(fmpq(i, 4 * PIECES), fmpq(i + 1, 4 * PIECES))
            middle = arb(fmpq(2 * i + 1, 8 * PIECES))
            _, top_error = horner_error(P, t, trailing_product=True)
            bottom, bottom_error = horner_error(Q, t, trailing_product=False)
            least = bottom.abs_lower() - bottom_error.abs_upper()
            w = abs(numerator(t)) / bottom.abs_lower()
            approximation = (abs(gap(middle)) + abs(slope(t)) * arb(fmpq(1, 8 * PIECES)) + tail * abs(bottom)) / least
            rounding = (top_error + w * bottom_error) / least
            total = approximation + rounding + (w + rounding) * arb(U) * (1 + arb(2) ** -40)
            worst = worst.max(total.abs_upper())
            size = size.max(w.abs_upper())
        assert worst < arb(QUOTIENT_ERROR), worst / arb(U)
        assert size < arb("0.0474")
        assert abs(series.derivative()(arb(mid=arb(fmpq(1, 8)), rad=arb(fmpq(1, 8))))) < arb("0.24")


def truth(x: float) -> arb:
    exact = arb(x)
    return exact * (arb(1) / 2 + exact.asin() / arb.pi()) / 2


@settings(max_examples=300, deadline=None)
@given(st.floats(-1 + 2.0**-13, 1 - 2.0**-13))
def test_profile_is_right_to_its_bound(x: float) -> None:
    h, slope, largest = relu_profile(np.array([x]))
    with precision(200):
        assert abs(truth(x) - arb(float(h[0]))) <= arb(ROUNDING) + arb(SMALLEST)
        step = 2.0**-40
        derivative = abs(truth(x + step) - truth(x - step)) / (arb(x + step) - arb(x - step))
        assert derivative <= arb(slope)
    assert largest == abs(h[0])


@pytest.mark.parametrize("around", [0.0, 0.5, -0.5, 1 - 2.0**-13, -1 + 2.0**-13, 0.25, -0.75])
def test_profile_near_the_branches(around: float) -> None:
    steps = around + 2.0**-52 * np.arange(-400, 401) * max(abs(around), 2.0**-30)
    x = steps[np.abs(steps) <= 1 - 2.0**-13]
    h, _, _ = relu_profile(x)
    with precision(200):
        for value, got in zip(x, h, strict=True):
            assert abs(truth(float(value)) - arb(float(got))) <= arb(ROUNDING)


def test_small_arguments_are_within_the_finer_bound() -> None:
    x = np.random.default_rng(0).uniform(-0.5, 0.5, 4000)
    h, slope, _ = relu_profile(x)
    assert slope == 0.4253
    with precision(200):
        assert all(abs(truth(float(v)) - arb(float(got))) <= arb(0.5 * U) for v, got in zip(x, h, strict=True))


def test_out_of_range_entries_raise_nothing_and_leave_the_others_alone() -> None:
    h, _, _ = relu_profile(np.array([0.25, 1.0 + 2.0**-52, -1.0, np.nan]))
    alone, _, _ = relu_profile(np.array([0.25]))
    assert h[0] == alone[0]


def test_quotient_at_the_ends() -> None:
    t = np.array([0.0, 0.25])
    w = quotient(t.copy(), np.empty(2), np.empty(2))
    assert w[0] == 0.0 and abs(w[1] - (np.pi / 6 / 0.5 - 1)) < 4 * U
