"""The data set is exactly the numbers given, and its hash covers every bit of them and nothing else."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from dataclasses import FrozenInstanceError
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.data import Dataset, LoadOptions
from certify.errors import InputError

LOADED_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

X = np.array([[0.1, -2.0, 3.0], [1e-310, 0.0, 1e308]])
Y = np.array([1.0, -1.0])


class Wrapped:
    """Anything with ``__array__``, as data frames and tensors have it."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.array if dtype is None else self.array.astype(dtype)


@settings(LOADED_MACHINE)
@given(hnp.arrays(np.float32, (3, 2), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_float32_is_widened_exactly(rows: np.ndarray) -> None:
    rows[:, 0] = np.where((rows == 0).all(axis=1), np.float32(1e-45), rows[:, 0])
    data = Dataset(rows)
    assert data.X.dtype == np.float64
    for narrow, wide in zip(rows.ravel(), data.X.ravel(), strict=True):
        assert Fraction(*narrow.as_integer_ratio()) == Fraction(*wide.as_integer_ratio())
    assert data.sha256 == Dataset(rows.astype(np.float64)).sha256


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "uint64", "float16", ">f8", ">i4"])
def test_exact_types_are_accepted(dtype: str) -> None:
    assert Dataset(np.array([[1, 0], [1, 1]], dtype=dtype)).X.tolist() == [[1.0, 0.0], [1.0, 1.0]]


@pytest.mark.parametrize(
    "rows",
    [
        np.array([[1, 2**53 + 1]]),
        np.array([[1, 2**64 - 1]], dtype=np.uint64),
        np.array([[0, -(2**63) + 1]]),
        [[1, 2**53 + 1]],
        [[0.5, 2**53 + 1]],
        [[1, 2**63 + 1], [-1, 0]],
        Wrapped(np.array([[1, 2**53 + 1]])),
    ],
)
def test_an_integer_that_float64_rounds_is_refused(rows: Any) -> None:
    with pytest.raises(InputError, match=r"^array, row 0, column 1: float64 does not represent the integer|objects"):
        Dataset(rows)


def test_large_integers_that_float64_represents_are_exact() -> None:
    rows = np.array([[2**53, 2**53 + 2], [-(2**63), 2**62 + 2**10]])
    assert [int(x) for x in Dataset(rows).X.ravel()] == rows.ravel().tolist()
    assert Dataset([[0.5, 2**63]]).X.tolist() == [[0.5, 2.0**63]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.array([[1 + 0j]]), "dtype complex128 has no exact float64 form"),
        (np.array([[1]], dtype=object), "Python objects"),
        ([[2**70]], "Python objects"),
        (np.array([["1"]]), "no exact float64 form"),
        (np.array([["2020-01-01"]], dtype="M8[D]"), "no exact float64 form"),
        ([[1.0, 2.0], [3.0]], "not a rectangular array"),
        (np.ma.masked_array([[1.0, 2.0]], mask=[[True, False]]), "masked"),
        ([1.0, 2.0], r"X has shape \(2,\)"),
        (np.ones((1, 1, 1)), r"X has shape \(1, 1, 1\)"),
        (np.ones((0, 2)), "there are no rows"),
        (np.ones((2, 0)), "there are no columns"),
        ([[1.0], [math.nan]], "^array, row 1, column 0: NaN"),
        ([[1.0, -math.inf]], "^array, row 0, column 1: an infinity"),
        ([[1.0, 0.0], [0.0, -0.0]], "^array, row 1: the row is all zero"),
    ],
)
def test_rows_that_are_no_data_are_refused(rows: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Dataset(rows)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long double is float64 here")
def test_long_double_is_refused() -> None:
    with pytest.raises(InputError, match="no exact float64 form"):
        Dataset(np.ones((1, 1), dtype=np.longdouble))


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([1.0], r"^array, target: X has 2 rows but y has 1"),
        (3.0, r"y has shape \(\)"),
        (np.ones((2, 0)), r"y has shape \(2, 0\)"),
        (np.ones((2, 1, 1)), r"y has shape \(2, 1, 1\)"),
        ([1.0, math.nan], "^array, target, row 1: NaN"),
        (np.array([[1.0, 2.0], [math.inf, 2.0]]), "^array, target, row 1, column 0: an infinity"),
        (["a", "b"], "target: dtype .* has no exact float64 form"),
    ],
)
def test_targets_that_are_none_are_refused(targets: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Dataset(X, targets)


def test_shapes_of_targets() -> None:
    assert Dataset(X).y is None
    for targets, shape in ((Y, (2,)), (Y[:, None], (2,)), (np.ones((2, 3)), (2, 3))):
        y = Dataset(X, targets).y
        assert y is not None
        assert y.shape == shape


def test_the_data_is_a_read_only_copy() -> None:
    rows, targets = X.copy(), Y.copy()
    data = Dataset(rows, targets)
    rows[0, 0], targets[0] = 5.0, 5.0
    assert data.X[0, 0] == 0.1
    assert data.y is not None
    assert data.y[0] == 1.0
    for array in (data.X, data.y):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7.0
    with pytest.raises(FrozenInstanceError):
        data.X = rows  # type: ignore[misc]


def test_order_and_kind_of_container_do_not_matter() -> None:
    hashes = {
        Dataset(form, Y).sha256
        for form in (
            X,
            np.asfortranarray(X),
            X.tolist(),
            Wrapped(X),
            X.astype(">f8"),
            np.repeat(X, 2, axis=0)[::2],
        )
    }
    assert len(hashes) == 1
    assert Dataset(np.asfortranarray(X)).X.flags.c_contiguous


def test_the_hash_is_the_documented_one() -> None:
    text = b"certify/data/1\nX 2 3\ny 2\n"
    numbers = struct.pack("<8d", *X.ravel(), *Y)
    assert Dataset(X, Y).sha256 == hashlib.sha256(text + numbers).hexdigest()
    text = b"certify/data/1\nX 2 3\ny none\n"
    assert Dataset(X).sha256 == hashlib.sha256(text + struct.pack("<6d", *X.ravel())).hexdigest()
    text = b"certify/data/1\nX 2 3\ny 2 2\n"
    numbers = struct.pack("<10d", *X.ravel(), 1, 2, 3, 4)
    assert Dataset(X, [[1, 2], [3, 4]]).sha256 == hashlib.sha256(text + numbers).hexdigest()


def test_the_hash_sees_every_bit_and_shape() -> None:
    reference = Dataset(X, Y)
    hashes = {reference.sha256, Dataset(X).sha256, Dataset(X.reshape(3, 2)[:, ::-1] + 1).sha256}
    for index in np.ndindex(X.shape):
        changed = X.copy()
        changed[index] = math.nextafter(X[index], -math.inf)
        hashes.add(Dataset(changed, Y).sha256)
    hashes.add(Dataset(X, np.nextafter(Y, 2)).sha256)
    hashes.add(Dataset(X, np.stack([Y, Y], axis=1)).sha256)
    assert len(hashes) == 3 + X.size + 2
    assert Dataset(np.arange(1, 7).reshape(2, 3)).sha256 != Dataset(np.arange(1, 7).reshape(3, 2)).sha256


def test_negative_zero_is_zero() -> None:
    data = Dataset([[-0.0, 1.0]], [-0.0])
    assert data.sha256 == Dataset([[0.0, 1.0]], [0.0]).sha256
    assert math.copysign(1.0, data.X[0, 0]) == 1.0


def test_options_notes_and_record() -> None:
    data = Dataset(X, Y, normalized=True, name="mine", notes=("a remark",))
    assert (data.n, data.d, data.name, data.notes, data.normalized) == (2, 3, "mine", ("a remark",), True)
    assert LoadOptions.from_json(data.options) == LoadOptions(labels="regression", normalize=True)
    assert json.loads(json.dumps(data.to_json())) == {
        "sha256": data.sha256,
        "n": 2,
        "d": 3,
        "options": dict(data.options),
    }
    assert data.sha256 == Dataset(X, Y).sha256
    given_options = {"labels": "pm1", "dropped_rows": [3]}
    assert LoadOptions.from_json(Dataset(X, options=given_options).options).labels == "pm1"


def test_options_round_trip_and_refusals() -> None:
    options = LoadOptions("age", "A", "b", "pm1", "yes", True, LoadOptions.steps("standardize, unit"), "drop")
    assert options.preprocess == ("standardize", "unit")
    assert LoadOptions.from_json(json.loads(json.dumps(options.to_json()))) == options
    assert LoadOptions.steps("") == ()
    for wrong, message in (
        ({"labels": "hot"}, "^--labels: .*choose from auto"),
        ({"labels": "x"}, "^--labels: unknown choice 'x'"),
        ({"duplicates": "x"}, "^--duplicates: unknown choice 'x'; choose from keep, drop"),
        ({"preprocess": ["x"]}, "^--preprocess: unknown step 'x'"),
        ({"surprise": 1}, "unknown loading option 'surprise'"),
    ):
        with pytest.raises(InputError, match=message):
            LoadOptions.from_json(wrong)
