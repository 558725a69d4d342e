"""A symmetric matrix from anywhere: read exactly, its asymmetry named, its float type remembered."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import two_sum
from certify.arithmetic.rounding import SMALLEST, gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import ArrayTiles
from certify.data.exact import Float64Array, one_line, widen
from certify.data.memory import memory_limits
from certify.data.options import LoadOptions
from certify.data.sources.binary import DAMAGE, read_array, read_member
from certify.data.sources.table import listed, require_file, system_errors
from certify.data.sources.text import count_lines, read_csv
from certify.errors import InputError

SUFFIXES = (".npy", ".npz", ".csv", ".mtx")
_TAG = "certify/matrix/1"
_ROWS_AT_ONCE = 512


@dataclass(frozen=True, eq=False)
class Matrix:
    """An exact square matrix of floats, symmetric or to be symmetrised.

    Attributes
    ----------
    values : (n, n)
        float64, read-only; the numbers as they were given.
    dtype :
        The float type they came in: ``float32``, ``float64``, ...
    symmetrized :
        Whether ``(A + Aᵀ)/2`` is meant, and not ``values`` itself.
    """

    values: Float64Array
    dtype: str
    name: str
    symmetrized: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.values)

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the text ``certify/matrix/1``, line feed, ``n``, line feed, and the bytes.

        The bytes are little-endian float64 in C order, of the matrix as given.
        """
        digest = hashlib.sha256(f"{_TAG}\n{self.n}\n".encode("ascii"))
        digest.update(np.ascontiguousarray(self.values, dtype="<f8").data)
        return digest.hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The member ``data`` of a certificate."""
        options = {"symmetrize": self.symmetrized, "dtype": self.dtype, **self.options}
        return {"sha256": self.sha256, "n": self.n, "d": self.n, "options": options, "name": self.name}

    def enclosure(self) -> SymmetricEnclosure:
        """The matrix times a power of two that brings its largest entry into [½, 1), as an enclosure.

        Notes
        -----
        The scaling is exact but for entries that become subnormal, off by at most half of `SMALLEST`. Under
        ``symmetrized``, ``a + aᵀ = s + t`` exactly (`two_sum`), so ``(a + aᵀ)/2`` lies within ``|t|/2`` of ``s/2``;
        halves are exact but for subnormal ones, again off by at most half of `SMALLEST`.
        """
        exponent = int(np.frexp(np.abs(self.values).max())[1])
        middle = np.empty_like(self.values)
        row_radius, largest = np.zeros(self.n), 0.0
        for start in range(0, self.n, _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            middle[rows], radius = self._scaled_rows(rows, exponent)
            row_radius[rows] = radius.sum(axis=1) * (1 + gamma(self.n + 1))
            largest = max(largest, float(radius.max()))
        diagonal = np.diagonal(middle).copy()
        return SymmetricEnclosure(ArrayTiles(middle), diagonal, row_radius, largest, exponent)

    def _scaled_rows(self, rows: slice, exponent: int) -> tuple[Float64Array, Float64Array]:
        """Midpoints and radii of some rows."""
        own, mirrored = self.values[rows], self.values[:, rows].T
        with np.errstate(under="ignore", over="ignore"):
            middle = np.ldexp(own, -exponent)
            radius = np.where(np.ldexp(middle, exponent) == own, 0.0, SMALLEST)
            if self.symmetrized:
                other = np.ldexp(mirrored, -exponent)
                radius = np.maximum(radius, np.where(np.ldexp(other, exponent) == mirrored, 0.0, SMALLEST))
                s, t = two_sum(middle, other)
                middle = s / 2
                halved = (t != 0) | (middle * 2 != s)
                radius = np.where(halved | (radius > 0), np.abs(t) / 2 + radius + 4 * SMALLEST, 0.0)
                radius = np.where(radius > 0, np.nextafter(radius, np.inf), 0.0)
        return middle, radius


def matrix_from(value: Any, *, symmetrize: bool = False, name: str = "array") -> Matrix:
    """A `Matrix` from anything with ``__array__``: NumPy, JAX, a detached PyTorch tensor, nested lists.

    Raises
    ------
    InputError
        One line for a matrix that is not square, empty, of a type float64 does not hold, with a NaN, an infinity, or,
        without ``symmetrize``, asymmetric: the entry with the largest difference is named.
    """
    dense = _dense(value, name)
    values = widen(dense, name)
    kind = "float64" if isinstance(dense, list | tuple) else str(np.asarray(dense).dtype)
    return _checked(values, kind, name, symmetrize, {})


def load_matrix(path: str | Path, *, key: str | None = None, symmetrize: bool = False) -> Matrix:
    """The matrix in a ``.npy``, ``.npz`` (array ``key``, or its only one), ``.csv`` or ``.mtx`` file.

    Raises
    ------
    InputError
        One line with the file and what is wrong; pickled objects are refused, never loaded.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError("not a known matrix format", str(path) or "''", f"accepted: {', '.join(SUFFIXES)}")
    if key is not None and suffix != ".npz":
        raise InputError("only an .npz has keys", str(path), "leave out --key")
    require_file(file)
    options = {} if key is None else {"key": key}
    array = {".npy": _npy, ".npz": lambda p: _npz(p, key), ".csv": _csv, ".mtx": _mtx}[suffix](file)
    return _checked(widen(array, str(path)), str(array.dtype), file.name, symmetrize, options, str(path))


def matrix_bytes(n: int) -> int:
    """Bytes that certifying a matrix of ``n`` rows is predicted to need: given and working matrix, temporaries."""
    return 30 * n * n + 10**7


def require_square(shape: tuple[int, ...], where: str) -> None:
    """Refuse a shape that is not (n, n) with n ≥ 1, and one whose job cannot fit in memory."""
    if len(shape) != 2 or shape[0] != shape[1]:
        text = " × ".join(map(str, shape)) or "a single number"
        raise InputError(f"the matrix is not square ({text})", where, "pass a square kernel matrix")
    if shape[0] == 0:
        raise InputError("the matrix is empty", where, "pass at least one row")
    _require_memory(shape[0], where)


def _require_memory(n: int, where: str) -> None:
    bounds = memory_limits()
    name = min(bounds, key=lambda key: bounds[key], default="")
    if name and matrix_bytes(n) > bounds[name]:
        need, limit = matrix_bytes(n) / 1e9, bounds[name] / 1e9
        what = f"a matrix of {n} rows needs about {need:,.1f} GB of memory but {name} allows {limit:,.1f} GB"
        raise InputError(what, where, "use fewer rows or a larger machine")


def _dense(value: Any, where: str) -> Any:
    """What lazily evaluated matrices (linear operators of GPyTorch, sparse ones) hold, as far as they say so."""
    for method in ("to_dense", "toarray"):
        if not hasattr(value, "__array__") and callable(getattr(value, method, None)):
            value = getattr(value, method)()
    detach = getattr(value, "detach", None)
    if callable(detach):
        value = detach().cpu()
    if not hasattr(value, "__array__") and not isinstance(value, list | tuple):
        raise InputError(f"a {type(value).__name__} is no array", where, "pass an object with __array__")
    return value


def _checked(
    values: Float64Array, dtype: str, name: str, symmetrize: bool, options: dict[str, Any], where: str = ""
) -> Matrix:
    where = where or name
    require_square(values.shape, where)
    bad = ~np.isfinite(values)
    if bad.any():
        i, j = (int(k) for k in np.argwhere(bad)[0])
        what = "NaN" if np.isnan(values[i, j]) else "infinite"
        raise InputError(f"the entry ({i}, {j}) is {what}", where, "compute the kernel again without it")
    difference, i, j, pairs = _asymmetry(values)
    notes: tuple[str, ...] = ()
    if pairs and not symmetrize:
        raise InputError(
            f"entries ({i}, {j}) and ({j}, {i}) differ by {difference:.3g}, the most of {pairs} pairs that differ",
            where,
            "--symmetrize certifies (A + A^T)/2",
        )
    if symmetrize:
        notes = (
            (f"(A + Aᵀ)/2 is certified; A differs from Aᵀ at {pairs} pairs, most at ({i}, {j}): by {difference:.3g}",)
            if pairs
            else ("--symmetrize changed nothing: the matrix is symmetric as given",)
        )
    if not values.any():
        notes += ("every entry is 0",)
    values.setflags(write=False)
    return Matrix(values, dtype, name, symmetrize and pairs > 0, options, notes)


def _asymmetry(values: Float64Array) -> tuple[float, int, int, int]:
    """The largest ``|a_ij − a_ji|`` (rounded), its place, and the number of pairs that differ."""
    largest, place, pairs = 0.0, (0, 0), 0
    with np.errstate(over="ignore"):
        for start in range(0, len(values), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            gap = np.abs(values[rows, start:] - values[start:, rows].T)
            pairs += int(np.count_nonzero(np.triu(gap)))
            i, j = np.unravel_index(int(np.argmax(gap)), gap.shape)
            if gap[i, j] > largest:
                largest, place = float(gap[i, j]), (int(i) + start, int(j) + start)
    return largest, *place, pairs


def _npy(path: Path) -> NDArray[Any]:
    with system_errors(path), path.open("rb") as file:
        return read_array(file, str(path), require_square)


def _npz(path: Path, key: str | None) -> NDArray[Any]:
    try:
        with system_errors(path), zipfile.ZipFile(path) as archive:
            keys = [name.removesuffix(".npy") for name in archive.namelist()]
            if {"indices", "indptr", "shape"} <= set(keys):
                raise InputError("a sparse matrix is stored", str(path), "save its .toarray() by numpy.savez")
            if key is None and len(keys) != 1:
                raise InputError(f"it holds {len(keys)} arrays", str(path), f"choose by --key from: {listed(keys)}")
            if key is not None and key not in keys:
                raise InputError(f"there is no array {key!r}", str(path), f"choose by --key from: {listed(keys)}")
            return read_member(archive, key or keys[0], path, require_square)
    except DAMAGE as error:
        raise InputError("not a complete npz archive (truncated?)", str(path), "write the file again") from error


def _csv(path: Path) -> NDArray[Any]:
    _, first = count_lines(path)
    _require_memory(first.count(",") + 1, str(path))
    return read_csv(path, LoadOptions()).X


def _mtx(path: Path) -> NDArray[Any]:
    from scipy.io import mminfo, mmread

    with system_errors(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            rows, columns, _, _, kind, _ = mminfo(path)
            if kind not in ("real", "integer", "double"):
                raise InputError(f"its entries are {kind}", str(path), "write real numbers")
            require_square((rows, columns), str(path))
            found = mmread(path)
        except (ValueError, OverflowError, TypeError) as error:
            what = f"not a readable Matrix Market file ({one_line(error)})"
            raise InputError(what, str(path), "write it again") from error
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found)
