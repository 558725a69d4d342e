"""The contraction 1 − q: a positive number even where q rounds to 1, and how reports print it."""

import mpmath
import pytest

from certify.arithmetic.enclosure import Enclosure
from certify.reports.numbers import contraction
from certify.theorems import check

TINY = {"n": "149", "lambda0": "1e-9", "norm_x_squared": "78", "q_x_squared": "60", "norm_y": "12.2"}


def test_contraction_is_positive_where_the_rate_rounds_to_one():
    result = check("smooth.width", TINY)
    rate, gap = result.constants["rate"], result.constants["contraction"]
    assert rate.upper == 1.0
    assert gap.lower is not None and gap.lower > 0


def test_contraction_agrees_with_mpmath_at_fifty_digits():
    result = check("smooth.width", TINY)
    witness = result.witness["parameters"]
    with mpmath.workdps(80):
        m, eps, eta = (mpmath.mpf(v) for v in (result.witness["width"], witness["eps"], witness["eta"]))
        b2 = mpmath.sqrt(8 / (mpmath.pi * mpmath.e))
        sigma2 = (1 - eps) * mpmath.mpf("1e-9")
        mu = sigma2 - 2 * b2 * mpmath.sqrt(60 / m) * mpmath.mpf("12.2")
        expected = 1 - (1 - eta * mu) ** 2
        gap = result.constants["contraction"]
        low, high = (mpmath.mpf(end) * mpmath.mpf(2) ** gap.exponent for end in (gap.lower, gap.upper))
        assert low <= expected <= high
        assert high - low < low * mpmath.mpf("1e-14")


@pytest.mark.parametrize(
    ("rate", "gap", "text"),
    [
        (1.0, Enclosure(4.6e-33, 4.7e-33), "1 − 4.59e-33"),
        (1.0, Enclosure(0.75, 0.76, -2000), "1 − 6.53e-603"),
        (1.0, Enclosure(0.0, 1e-17), "1 (not below 1 in float64)"),
        (1.0, None, "1 (not below 1 in float64)"),
        (0.5, Enclosure(0.5, 0.5), "0.5"),
    ],
)
def test_contraction_is_printed_rounded_down(rate, gap, text):
    assert contraction(Enclosure(rate, rate), gap=gap) == text
