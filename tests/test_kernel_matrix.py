"""Which matrices ``certify kernel`` takes, as what, and what it refuses."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import pivots

import certify
from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.data.matrix import matrix_from
from certify.errors import InputError
from certify.workflows.kernel import certify_kernel

Floats = NDArray[np.float64]


def test_asymmetry_is_named_with_its_place_and_size() -> None:
    matrix = np.eye(5)
    matrix[3, 1], matrix[0, 4] = 1e-7, 1e-9
    with pytest.raises(InputError, match=r"entries \(1, 3\) and \(3, 1\) differ by 1e-07.*2 pairs.*--symmetrize"):
        certify_kernel(matrix)
    result = certify_kernel(matrix, symmetrize=True)
    assert result.certificate.data is not None and result.certificate.data["options"]["symmetrize"] is True
    assert "(1, 3): by 1e-07" in result.certificate.data["notes"][0] and result.verdict is Verdict.PROVED


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 5), st.integers(0, 2**31), st.sampled_from([1.0, 2.0**-1060, 2.0**1000]))
def test_the_symmetrised_matrix_is_enclosed_exactly(n: int, seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, n)) * 10.0 ** rng.integers(-12, 3, (n, n)) * scale
    A = matrix_from(values, symmetrize=True).enclosure()
    power = Fraction(2) ** A.exponent
    for i in range(n):
        off = Fraction(0)
        for j in range(n):
            middle = A.diagonal[i] if i == j else A.tiles.upper(0, 0)[min(i, j), max(i, j)]
            truth = (Fraction(values[i, j]) + Fraction(values[j, i])) / 2
            off += abs(truth - Fraction(float(middle)) * power)
        assert off <= Fraction(float(A.row_radius[i])) * power
        assert A.row_radius[i] <= 1e-15
    result = certify_kernel(values, symmetrize=True, threads=1)
    expected = [[(Fraction(values[i, j]) + Fraction(values[j, i])) / 2 for j in range(n)] for i in range(n)]
    if result.verdict is Verdict.PROVED:
        with precision(400):
            assert all(p > 0 for p in pivots([[arb(v) for v in row] for row in expected], arb(0), 400))


class Lazy:
    """A linear operator in the manner of GPyTorch: dense on demand."""

    def to_dense(self) -> Floats:
        return np.eye(3) * 2.0


class Tensor:
    """In the manner of PyTorch: asks to be detached."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Floats:
        raise RuntimeError("call detach() first")

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Floats:
        return np.eye(2)


def test_objects_of_other_libraries() -> None:
    from sklearn.gaussian_process.kernels import RBF

    X = np.random.default_rng(0).standard_normal((8, 3))
    assert certify_kernel(RBF()(X)).verdict is Verdict.PROVED
    assert certify_kernel(Lazy()).verdict is certify_kernel(Tensor()).verdict is Verdict.PROVED
    assert certify_kernel([[2, 1], [1, 2]]).verdict is Verdict.PROVED
    assert certify.certify_kernel is certify_kernel


BAD = [
    (np.ones((2, 3)), r"not square \(2 × 3\)"),
    (np.ones(4), r"not square \(4\)"),
    (np.ones((0, 0)), "empty"),
    (np.array([[1.0, np.nan], [np.nan, 1.0]]), r"entry \(0, 1\) is NaN"),
    (np.array([[1.0, 0.0], [0.0, np.inf]]), r"entry \(1, 1\) is infinite"),
    (np.array([[1, None], [None, 1]], dtype=object), "Python objects"),
    (np.eye(2) * 1j, "complex"),
    (np.eye(2, dtype=np.longdouble), "no exact float64 form"),
    ([[1.0, 2.0], [3.0]], "not a rectangular array"),
    (3, "int is no array"),
]


@pytest.mark.parametrize(("value", "message"), BAD)
def test_what_is_no_symmetric_matrix_of_floats_is_refused(value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        certify_kernel(value)
    assert "\n" not in str(caught.value)
