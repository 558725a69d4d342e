"""Parquet, where pyarrow is installed (the extra ``parquet``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from certify.data.exact import Float64Array, one_line, place, require_finite, widen
from certify.data.memory import require_memory
from certify.data.options import LoadOptions
from certify.data.sources.table import Table, Target, column_index, require_file
from certify.errors import InputError

# The kinds of which pyarrow's own errors are.
_DAMAGE = (OSError, ValueError, NotImplementedError, TypeError, KeyError, IndexError)


def read_parquet(path: Path, options: LoadOptions) -> Table:
    """Read numeric columns, and a target of numbers or words. Raises `InputError`."""
    require_file(path)
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise InputError("reading it needs pyarrow", str(path), "install certify-ntk[parquet]") from error
    try:
        file = parquet.ParquetFile(path)
        n, names = file.metadata.num_rows, list(file.schema_arrow.names)
        require_memory(n, len(names), str(path))
        columns = file.read().columns
    except _DAMAGE as error:
        raise InputError(f"not a readable parquet file ({one_line(error)})", str(path)) from error
    chosen = None if options.target is None else column_index(options.target, len(names), names, str(path))
    features = [j for j in range(len(names)) if j != chosen]
    if not features or n == 0:
        missing = "columns besides the target" if n else "rows"
        raise InputError(f"there are no {missing}", str(path), "name a file with data")
    X = np.column_stack([_numbers(columns[j], place(str(path), None, names[j])) for j in features])
    y = None if chosen is None else _target(columns[chosen], place(str(path), None, names[chosen]))
    return Table(X, y, path.name)


def _numbers(column: Any, where: str) -> Float64Array:
    if column.null_count:
        row = column.is_null().to_pylist().index(True)
        raise InputError("the cell is empty", f"{where}, row {row}", "fill it or remove the row")
    values = widen(column.to_numpy(), where)
    require_finite(values, where)
    return values


def _target(column: Any, where: str) -> Target:
    words = column.to_pylist()
    if all(isinstance(word, str) for word in words):
        return tuple(words)
    return _numbers(column, where)
