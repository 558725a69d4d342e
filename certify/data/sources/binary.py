"""NumPy's ``.npy`` and ``.npz``. Headers are read first; pickled objects are refused, never loaded."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from certify.data.exact import Float64Array, one_line, require_finite, widen
from certify.data.memory import require_memory
from certify.data.options import LoadOptions
from certify.data.sources.table import (
    Table,
    Target,
    column_index,
    listed,
    no_such_target,
    require_file,
    system_errors,
)
from certify.errors import InputError

#: Called with a shape and where it was found; raises `InputError` where it does not suit.
Fits = Callable[[tuple[int, ...], str], None]

#: What damaged files raise.
DAMAGE = (ValueError, EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_REFUSED = {
    "O": "dtype object is stored as a pickle, which is never loaded",
    "V": "a structured dtype holds no matrix",
}


def read_npy(path: Path, options: LoadOptions) -> Table:
    """Read ``X``; the target is one of its columns or another ``.npy`` file. Raises `InputError`."""
    require_file(path)
    with system_errors(path), path.open("rb") as file:
        X = _matrix(read_array(file, str(path), _rows_fit), str(path))
    if options.target is None:
        return Table(X, None, path.name)
    if isinstance(options.target, str) and options.target.endswith(".npy"):
        other = Path(options.target)
        if not other.exists():
            raise no_such_target(options.target, str(path), f"columns 0 to {X.shape[1] - 1}, or a .npy file")
        require_file(other)
        with system_errors(other), other.open("rb") as file:
            return Table(X, _target(read_array(file, str(other)), str(other)), path.name)
    return _split(X, options.target, path, [])


def read_npz(path: Path, options: LoadOptions) -> Table:
    """Read ``X`` and, where there is one, ``y``. A target is a key or a column of X. Raises `InputError`."""
    require_file(path)
    try:
        with system_errors(path), zipfile.ZipFile(path) as archive:
            keys = [name.removesuffix(".npy") for name in archive.namelist()]
            x_key = _key(options.x_key or "X", "--x-key", keys, path)
            X = _matrix(read_member(archive, x_key, path, _rows_fit), f"{path}, array {x_key!r}")
            y_key = _target_key(options, keys, path)
            if y_key is None:
                if options.target is not None:
                    return _split(X, options.target, path, keys)
                return Table(X, None, path.name)
            return Table(X, _target(read_member(archive, y_key, path), f"{path}, array {y_key!r}"), path.name)
    except DAMAGE as error:
        what = "not a complete npz archive (truncated?)"
        raise InputError(what, str(path), "write the file again") from error


def _target_key(options: LoadOptions, keys: list[str], path: Path) -> str | None:
    if options.target is not None:
        return options.target if isinstance(options.target, str) and options.target in keys else None
    if options.y_key is not None:
        return _key(options.y_key, "--y-key", keys, path)
    return "y" if "y" in keys else None


def _key(key: str, option: str, keys: list[str], path: Path) -> str:
    if key not in keys:
        remedy = f"choose by {option} from: {listed(keys) or 'none'}"
        raise InputError(f"there is no array {key!r}", str(path), remedy)
    return key


def read_member(archive: zipfile.ZipFile, key: str, path: Path, fits: Fits | None = None) -> NDArray[Any]:
    """An array of the archive; see `read_array`."""
    name = f"{key}.npy" if f"{key}.npy" in archive.namelist() else key
    where = f"{path}, array {key!r}"
    try:
        with archive.open(name) as file:
            return read_array(file, where, fits)
    except DAMAGE as error:
        raise InputError(f"the array cannot be read ({one_line(error)})", where, "write the file again") from error


def read_array(file: IO[bytes], where: str, fits: Fits | None = None) -> NDArray[Any]:
    """The array, after its header was found harmless and ``fits(shape, where)`` did not object. Raises `InputError`."""
    remedy = "use numpy.save(..., allow_pickle=False)"
    try:
        version = np.lib.format.read_magic(file)
        read = _HEADERS.get(version)
        shape, fortran, dtype = read(file) if read else ((), False, np.dtype("O"))
    except Exception as error:  # damaged bytes reach Python's tokenizer there: any fault is damage
        raise InputError("no npy header (pickled or damaged: refused)", where, remedy) from error
    if read is None:
        raise InputError(f"npy version {version} is not read", where, remedy)
    kind = "O" if dtype.hasobject else dtype.kind
    if kind in _REFUSED:
        raise InputError(_REFUSED[kind], where, "save a plain float64 array")
    if any(length < 0 for length in shape):
        raise InputError(f"the header claims the shape {shape}", where, "write it again")
    if fits is not None:
        fits(shape, where)
    data = _exactly(file, math.prod(shape) * dtype.itemsize, where)
    return np.ndarray(shape, dtype, data, order="F" if fortran else "C")


def _rows_fit(shape: tuple[int, ...], where: str) -> None:
    if len(shape) == 2:
        require_memory(shape[0], shape[1], where)


def _exactly(file: IO[bytes], size: int, where: str) -> bytes:
    """Read ``size`` bytes in pieces: what a damaged header claims is never allocated at once."""
    pieces, missing = [], size
    while missing and (piece := file.read(min(missing, 1 << 24))):
        pieces.append(piece)
        missing -= len(piece)
    if missing:
        what = f"the file is truncated: {missing} of {size} bytes are missing"
        raise InputError(what, where, "write it again")
    return b"".join(pieces)


def _matrix(array: NDArray[Any], where: str) -> Float64Array:
    X = widen(array, where)
    if X.ndim != 2:
        raise InputError(f"X has shape {X.shape} where (n, d) is needed", where, "reshape it")
    require_finite(X, where)
    return X


def _target(array: NDArray[Any], where: str) -> Target:
    if array.dtype.kind == "U":
        return tuple(str(word) for word in np.ravel(array))
    y = widen(array, where)
    require_finite(y, where)
    return y


def _split(X: Float64Array, target: str | int, path: Path, keys: list[str]) -> Table:
    if not keys:
        column = column_index(target, X.shape[1], [], str(path))
    else:
        try:
            column = column_index(target, X.shape[1], [], str(path))
        except InputError as error:
            choices = f"arrays {listed(keys)}, or columns 0 to {X.shape[1] - 1} of X"
            raise no_such_target(target, str(path), choices) from error
    return Table(np.delete(X, column, axis=1), X[:, column].copy(), path.name)
