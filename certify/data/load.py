"""From a source's name to a `Dataset`: read, map the targets, preprocess, drop duplicates."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from certify.data.dataset import Dataset
from certify.data.duplicates import rows_to_drop
from certify.data.exact import Float64Array, place
from certify.data.labels import fitted_targets
from certify.data.options import LoadOptions
from certify.data.preprocess import preprocess
from certify.data.sources.binary import read_npy, read_npz
from certify.data.sources.bundled import BUNDLED, read_bundled
from certify.data.sources.parquet import read_parquet
from certify.data.sources.sphere import PREFIX, read_sphere
from certify.data.sources.svmlight import read_svm
from certify.data.sources.table import FileReader, Table, listed
from certify.data.sources.text import read_csv, read_tsv
from certify.errors import InputError

READERS: dict[str, FileReader] = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".npy": read_npy,
    ".npz": read_npz,
    ".svm": read_svm,
    ".parquet": read_parquet,
}


def load(source: str, options: LoadOptions | None = None) -> Dataset:
    """The data set that ``source`` names.

    Parameters
    ----------
    source:
        A file (``.csv .tsv .npy .npz .svm .parquet``), a bundled name (``iris wine breast_cancer diabetes
        digits``) or a frozen random stream (``sphere:n=200,d=50,seed=0``).
    options:
        Applied in this order: target, labels, preprocess (with every row present), duplicates.

    Raises
    ------
    InputError
        One line with file, row (from 0) and column, for anything that keeps the source from being
        an exact data set; also when the n × n matrices cannot fit in memory.
    """
    options = LoadOptions() if options is None else options
    table = _read(source, options)
    _require_shape(table)
    notes = table.notes
    y = None
    if table.y is not None:
        _require_equal_length(table)
        y, remarks = fitted_targets(table.y, options, table.name)
        notes += remarks
    elif options.positive is not None or options.labels == "pm1":
        raise InputError("there is no target to find classes in", table.name, "name it by --target")
    X = preprocess(table.X, options.preprocess, table.name)
    record = options.to_json()
    if options.duplicates == "drop":
        _require_rays(X, table.name)
        dropped = rows_to_drop(X, y, normalized=options.normalize, where=table.name)
        X = np.delete(X, dropped, axis=0)
        y = None if y is None else np.delete(y, dropped, axis=0)
        record["dropped_rows"] = list(dropped)
        notes += (f"duplicates: {len(dropped)} rows on the ray of an earlier row dropped{_rows(dropped)}",)
    return Dataset(X, y, normalized=options.normalize, name=table.name, options=record, notes=notes)


def _read(source: str, options: LoadOptions) -> Table:
    suffix = Path(source).suffix.lower()
    if suffix != ".npz" and (options.x_key or options.y_key):
        raise InputError("only an .npz has keys", source, "leave out --x-key and --y-key")
    if source in BUNDLED:
        return read_bundled(source, options)
    if source.startswith(PREFIX):
        return read_sphere(source, options)
    if suffix in READERS:
        return READERS[suffix](Path(source), options)
    what = "it is a directory" if source and Path(source).is_dir() else "not a known source"
    accepted = f"{' '.join(READERS)}, {' '.join(BUNDLED)}, or {PREFIX}n=200,d=50,seed=0"
    raise InputError(what, source or "''", f"accepted: {accepted}")


def _require_equal_length(table: Table) -> None:
    where = f"{table.name}, target"
    n, shape = table.X.shape[0], np.shape(table.y) if table.y is not None else ()
    if len(shape) not in (1, 2) or 0 in shape[1:]:
        raise InputError(f"y has shape {shape} where (n,) or (n, q) is needed", where, "reshape it")
    if n != shape[0]:
        raise InputError(f"X has {n} rows but y has {shape[0]}", where, "give one target a row")


def _require_shape(table: Table) -> None:
    """The same errors as `Dataset`'s, before preprocessing could hide them."""
    for count, what in zip(table.X.shape, ("rows", "columns besides the target"), strict=True):
        if count == 0:
            raise InputError(f"there are no {what}", table.name, "name a source with data")


def _require_rays(X: Float64Array, where: str) -> None:
    zero = ~(X != 0).any(axis=1)
    if zero.any():
        what, remedy = "the row is all zero", "remove the row or use --preprocess bias"
        raise InputError(what, place(where, int(np.argmax(zero))), remedy)


def _rows(dropped: tuple[int, ...]) -> str:
    return f" ({listed([str(row) for row in dropped])})" if dropped else ""
