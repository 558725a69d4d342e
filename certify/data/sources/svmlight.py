"""svmlight / libsvm text, through scikit-learn's reader. The labels are in the file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from certify.data.exact import one_line, require_finite, widen
from certify.data.memory import require_memory
from certify.data.options import LoadOptions
from certify.data.sources.table import Table, no_such_target, require_file, system_errors
from certify.errors import InputError


def read_svm(path: Path, options: LoadOptions) -> Table:
    """Read a dense matrix and its labels. Raises `InputError`."""
    if options.target is not None:
        raise no_such_target(options.target, str(path), "only the file's own labels, without --target")
    require_file(path)
    with system_errors(path):
        lines = [line for line in path.read_bytes().splitlines() if line.partition(b"#")[0].strip()]
    if not lines:
        raise InputError("there are no rows", str(path), "add at least one row")
    require_memory(len(lines), 0, str(path))
    try:
        X, y = _parse(lines)
    except (ValueError, IndexError, OverflowError) as error:
        row, reason = _first_fault(lines, error)
        where, remedy = f"{path}, row {row}", "write 'label index:value ...'"
        raise InputError(f"malformed svmlight ({reason})", where, remedy) from error
    require_memory(X.shape[0], X.shape[1], str(path))
    rows, labels = widen(X.toarray(), str(path)), widen(y, f"{path}, target")
    require_finite(rows, str(path))
    require_finite(labels, f"{path}, target")
    numbering = "indices count from 1 unless the file has an index 0"
    notes = ("decimal cells are read to the nearest float64", numbering)
    return Table(rows, labels, path.name, notes)


def _parse(lines: list[bytes]) -> tuple[Any, Any]:
    from sklearn.datasets import load_svmlight_file  # imported late: it is slow

    X, y = load_svmlight_file(BytesIO(b"\n".join(lines) + b"\n"), dtype="float64")
    return X, y


def _first_fault(lines: list[bytes], error: Exception) -> tuple[int, str]:
    """The first row that the reader refuses, by bisection, and why."""
    good, bad = 0, len(lines)  # the first `good` lines parse, the first `bad` do not
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            _parse(lines[:middle])
            good = middle
        except (ValueError, IndexError, OverflowError) as fault:
            bad, error = middle, fault
    return bad - 1, one_line(error)
