"""Exact passage of numbers into float64, and of float64 into integers: nothing is rounded here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.errors import InputError

Float64Array = NDArray[np.float64]
_LARGEST_SAFE_INTEGER = 2**53


def widen(value: Any, where: str) -> Float64Array:
    """The same numbers as a new C-ordered float64 array; refused if a single one would change.

    Parameters
    ----------
    value:
        Numbers of any shape: nested lists, or anything with ``__array__`` (what that returns is
        the datum). bool, float16, float32 and integers that float64 represents are exact in
        float64. ``-0.0`` becomes ``0.0``, which is the same real number.
    where:
        Name used in error messages.

    Raises
    ------
    InputError
        For long double, complex, object, text or masked values, ragged lists, and integers that
        float64 does not represent. NaN and infinities pass: see `require_finite`.
    """
    if np.ma.isMaskedArray(value) and np.ma.getmaskarray(value).any():
        raise InputError("the array has masked entries", where, "fill or remove them")
    if hasattr(value, "toarray") and not hasattr(value, "__array__"):
        raise InputError("the matrix is sparse", where, "pass its .toarray()")
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"not a rectangular array of numbers ({one_line(error)})", where) from error
    _require_number_type(array.dtype, where)
    if isinstance(value, list | tuple):  # numpy may have rounded integers on the way to float64
        _require_representable(np.asarray(value, dtype=object), where)
    elif array.dtype.kind in "iu":
        _require_representable(array, where)
    exact = np.array(array, dtype=np.float64, order="C", copy=True)
    exact.view(np.uint64)[exact.view(np.uint64) == 2**63] = 0
    return exact


def _require_number_type(dtype: np.dtype[Any], where: str) -> None:
    if dtype.kind == "O":
        raise InputError("the array holds Python objects, not numbers", where, "convert it to float64")
    if dtype.kind not in "fiub" or dtype.itemsize > 8:
        raise InputError(f"dtype {dtype} has no exact float64 form", where, "convert it to float64")


def _require_representable(array: NDArray[Any], where: str) -> None:
    """Integers beyond 2^53 are compared, one by one, with what float64 makes of them."""
    if array.dtype.kind == "O":
        suspects = [index for index, item in np.ndenumerate(array) if _is_large_integer(item)]
    else:
        large = (array > _LARGEST_SAFE_INTEGER) | (array < -_LARGEST_SAFE_INTEGER)
        suspects = [tuple(int(i) for i in index) for index in np.argwhere(large)]
    for index in suspects:
        integer = int(array[index])
        if int(float(integer)) != integer:
            raise InputError(
                f"float64 does not represent the integer {integer}", place(where, *index), "round it yourself"
            )


def _is_large_integer(item: object) -> bool:
    return isinstance(item, int | np.integer) and abs(int(item)) > _LARGEST_SAFE_INTEGER


def require_finite(array: Float64Array, where: str) -> None:
    """Raise `InputError` at the first NaN or infinity, naming its row and column."""
    bad = ~np.isfinite(array)
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        what = "NaN" if np.isnan(array[index]) else "an infinity"
        raise InputError(f"{what} among the numbers", place(where, *index), "remove the row or fill the cell")


def place(where: str, row: int | None = None, column: int | str | None = None) -> str:
    """``"data.csv, row 3, column 'age'"``: rows and columns are counted from 0."""
    parts = [where] if where else []
    if row is not None:
        parts.append(f"row {row}")
    if column is not None:
        parts.append(f"column {column!r}")
    return ", ".join(parts)


def odd_parts(array: Float64Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Integers ``m`` (odd, or 0) and ``e`` with ``array == m · 2^e`` exactly; ``e`` is 0 where ``m`` is.

    The bits are taken apart as integers, so subnormal numbers are exact in any processor mode.
    """
    bits = np.ascontiguousarray(array, dtype=np.float64).view(np.int64)
    biased = (bits >> 52) & 0x7FF
    fraction = bits & ((1 << 52) - 1)
    magnitude = np.where(biased == 0, fraction, fraction | (1 << 52))
    lowest = magnitude & -magnitude  # a power of two ≤ 2^52, hence exact in float64; 0 for a zero
    zeros = np.frexp(lowest.astype(np.float64))[1].astype(np.int64) - 1
    nonzero = magnitude != 0
    odd = np.where(nonzero, magnitude // np.where(nonzero, lowest, 1), 0)
    exponent = np.where(nonzero, np.maximum(biased, 1) - 1075 + zeros, 0)
    return np.where(bits < 0, -odd, odd), exponent


def integers(vector: Float64Array) -> tuple[list[int], int]:
    """Python integers ``a`` and an exponent ``k`` with ``vector == a · 2^k`` exactly (k = 0 for zeros)."""
    odd, exponent = odd_parts(vector)
    nonzero = odd != 0
    common = int(exponent[nonzero].min()) if nonzero.any() else 0
    shifts = np.where(nonzero, exponent - common, 0)
    return [m << s for m, s in zip(odd.tolist(), shifts.tolist(), strict=True)], common


def one_line(error: Exception) -> str:
    """What another library says, fit for a message of one line."""
    return " ".join(str(error).split())[:160]
