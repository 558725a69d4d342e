"""The data in dimensionless float64 form: ratios are taken exactly, so no magnitude is lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from certify.theorems.statements.evaluation import Number


def log_of(value: Number) -> float:
    """Natural logarithm of a positive exact number of any size."""
    exact = Fraction(value)
    return math.log(exact.numerator) - math.log(exact.denominator)


def ratio(values: Mapping[str, Number], over: str, under: str) -> float:
    """``values[over]/values[under]`` as a float64."""
    return float(Fraction(values[over]) / Fraction(values[under]))


def log_scale(values: Mapping[str, Number]) -> float:
    """``ln(α√S)``: the unit of the network's outputs."""
    return log_of(values["alpha"]) + log_of(values["norm_x_squared"]) / 2


def log_add(a: float, b: float) -> float:
    """``ln(e^a + e^b)``."""
    high, low = max(a, b), min(a, b)
    return high + math.log1p(math.exp(low - high))
