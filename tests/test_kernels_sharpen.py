"""λ_min to the last digit, against an eigenvalue isolated by inertia at 300 bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracles import exact_kernel, pivots

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.workers import workers
from certify.kernels import UnitRows, build_gram, kernel_for
from certify.kernels.sharpen import sharpen
from certify.spectrum.extremes import smallest
from certify.spectrum.partial import refine_smallest


@pytest.mark.parametrize(("activation", "normalized", "scale"), [
    ("relu", True, 1.0), ("relu", False, 1.0), ("relu", False, 2.0**-300), ("erf", False, 1.0), ("erf", True, 1.0),
])  # fmt: skip
def test_the_last_digit_is_right(activation: str, normalized: bool, scale: float) -> None:
    X = np.random.default_rng(3).standard_normal((24, 5)) * scale
    kernel = kernel_for(activation)
    with workers(1) as pool:
        A = build_gram(X, UnitRows.from_data(X, normalized), kernel, pool)
        refined = refine_smallest(A, smallest(A, pool), pool)
    assert refined is not None
    found = sharpen(X, kernel, normalized, refined)
    assert found is not None
    box = found.enclosure
    with precision(300):
        low, high = box.lower_arb(), box.upper_arb()
        assert (high - low) / high < arb(2) ** -51
        K = exact_kernel(X, activation, normalized, bits=300)
        # outside by a millionth of the width no eigenvalue is below the lower end, and one is below the upper end
        margin = (high - low) / 10**6
        assert sum(1 for p in pivots(K, low - margin, 300) if p < 0) == 0
        assert sum(1 for p in pivots(K, high + margin, 300) if p < 0) == 1


def test_without_a_second_eigenvalue_nothing_is_claimed() -> None:
    X = np.eye(6)
    with workers(1) as pool:
        A = build_gram(X, UnitRows.from_data(X, True), kernel_for("relu"), pool)
        assert sharpen(X, kernel_for("relu"), True, smallest(A, pool)) is None


def test_a_second_eigenvalue_that_may_lie_below_the_quotient_is_refused() -> None:
    """``second`` bounds the midpoints' eigenvalue: the matrix's may be lower by ``radius``."""
    X = np.random.default_rng(3).standard_normal((9, 4))
    with workers(1) as pool:
        A = build_gram(X, UnitRows.from_data(X, True), kernel_for("relu"), pool)
        found = refine_smallest(A, smallest(A, pool), pool)
    assert found is not None and found.enclosure.lower is not None
    assert sharpen(X, kernel_for("relu"), True, found) is not None
    gap = found.parts["second"] - found.enclosure.lower
    for wrong in ({"second": found.enclosure.lower / 2}, {"second": np.nan}, {"radius": gap}, {"radius": np.inf}):
        assert sharpen(X, kernel_for("relu"), True, replace(found, parts=found.parts | wrong)) is None
