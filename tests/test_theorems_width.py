"""Least widths far beyond what floats resolve: nearly singular data still get their integer."""

from __future__ import annotations

import pytest

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.theorems import Request, assess


def width_at(lambda_min: float) -> int:
    measured = {
        "n": 1000,
        "d": 50,
        "unit_rows": Verdict.PROVED,
        "definite": Verdict.PROVED,
        "lambda_min": Enclosure(lambda_min, lambda_min * 1.01),
        "norm_x_squared": Enclosure(29.0, 29.5),
        "norm_y": Enclosure(31.0, 32.0),
        "gram_abs": Enclosure(110.0, 115.0),
    }
    result = assess("relu.width", measured, Request())
    assert result.verdict == Verdict.PROVED
    width = result.constants["required_width"].upper
    assert isinstance(width, int)
    return width


@pytest.mark.parametrize("small", [1e-9, 1e-15, 1e-40])
def test_the_width_follows_the_fourth_power_down_to_tiny_eigenvalues(small: float) -> None:
    """The leading order is λ0⁻⁴; at great widths the tails cost nothing, so the ratio is that power."""
    ratio = width_at(small) / width_at(1e-6) * (small / 1e-6) ** 4
    assert 0.999 < ratio < 1.001
