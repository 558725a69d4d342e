"""Comma- and tab-separated text. A decimal cell is read to the nearest float64; that float is the datum.

The first line is a header if none of its filled cells is a number. If numbers and words mix, it is a
header only when the numbers are its own column positions (as data frames without names are
written), and it is data when the words stand in columns of words (class names). Otherwise the
word is an error: no line of data is lost by a guess.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from certify.data.exact import Float64Array, place
from certify.data.memory import require_memory
from certify.data.options import LoadOptions
from certify.data.sources.table import Table, Target, column_index, require_file, system_errors
from certify.errors import InputError

Line = tuple[int, list[str]]  # line number in the file, from 1, and its cells


def read_csv(path: Path, options: LoadOptions) -> Table:
    """Read comma-separated text; raises `InputError`."""
    return _read(path, options, ",")


def read_tsv(path: Path, options: LoadOptions) -> Table:
    """Read tab-separated text; raises `InputError`."""
    return _read(path, options, "\t")


def count_lines(path: Path) -> tuple[int, str]:
    """Number of lines that are not blank at first sight, and the first line, without reading cells."""
    with system_errors(path), path.open("rb") as file:
        first = file.readline(1 << 20)
        feeds, last = first.count(b"\n"), first
        while chunk := file.read(1 << 20):
            feeds, last = feeds + chunk.count(b"\n"), chunk
    return feeds + (not last.endswith(b"\n")), first.decode("utf-8", "replace")


def _read(path: Path, options: LoadOptions, delimiter: str) -> Table:
    require_file(path)
    count, first = count_lines(path)
    require_memory(max(1, count - 1), first.count(delimiter) + 1, str(path))
    lines = _lines(path, delimiter)
    if not lines:
        raise InputError("the file is empty", str(path), "name a file with data")
    header = _is_header(lines, str(path))
    names = [cell.strip() for cell in lines[0][1]] if header else []
    data = lines[1:] if header else lines
    if not data:
        raise InputError("there are no rows below the header", str(path), "add at least one row")
    width = len(lines[0][1])
    where = _Where(str(path), names, [number for number, _ in data])
    rows = [_sized(cells, width, where.at(i)) for i, (_, cells) in enumerate(data)]
    chosen = None if options.target is None else column_index(options.target, width, names, str(path))
    if width == (chosen is not None):
        raise InputError("there are no columns besides the target", str(path), "add a column")
    X = _numbers(rows, [j for j in range(width) if j != chosen], where)
    y = None if chosen is None else _target(rows, chosen, where)
    first_line = "the header" if header else "data"
    notes = ("decimal cells are read to the nearest float64", f"the first line is taken as {first_line}")
    return Table(X, y, path.name, notes)


def _lines(path: Path, delimiter: str) -> list[Line]:
    try:
        with system_errors(path), path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start} is not UTF-8", str(path), "save the file as UTF-8") from error
    except csv.Error as error:
        what = f"line {reader.line_num} is malformed ({error})"
        raise InputError(what, str(path), "mend the quoting") from error


class _Where:
    """Names a cell in a message: file, row from 0 with its line from 1, column."""

    def __init__(self, path: str, names: list[str], numbers: list[int]) -> None:
        self.path, self.names, self.numbers = path, names, numbers

    def at(self, row: int, column: int | None = None) -> str:
        name: int | str | None = column
        if column is not None and self.names and self.names[column]:
            name = self.names[column]
        return place(f"{self.path}, line {self.numbers[row]}", row, name)


def _number(cell: str) -> float | None:
    """The nearest float64, or None for a cell that is no number (``1_000`` is none)."""
    if "_" in cell or not cell.isascii():
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def _is_header(lines: list[Line], path: str) -> bool:
    cells = lines[0][1]
    filled = {j: cell for j, cell in enumerate(cells) if cell.strip()}
    words = [j for j, cell in filled.items() if _number(cell) is None]
    numbers = {j: cell.strip() for j, cell in filled.items() if j not in words}
    if not words or not numbers:
        return bool(words)
    start = 0 if cells[0].strip() else 1  # an unnamed first column holds the row labels
    if all(cell == str(j - start) for j, cell in numbers.items()):
        return True
    below = lines[1][1] if len(lines) > 1 else cells
    for j in words:
        if j < len(below) and _number(below[j]) is not None:
            where = place(f"{path}, line {lines[0][0]}", 0, j)
            raise InputError(f"the cell {_shown(cells[j])} is not a number", where, _separator_hint(cells[j]))
    return False


def _sized(cells: list[str], width: int, where: str) -> list[str]:
    if len(cells) != width:
        raise InputError(f"the row has {len(cells)} cells, the first line {width}", where, "mend the row")
    return cells


def _numbers(rows: list[list[str]], columns: list[int], where: _Where) -> Float64Array:
    X = np.empty((len(rows), len(columns)))
    for i, row in enumerate(rows):
        values = [_number(row[j]) for j in columns]
        for j, value in zip(columns, values, strict=True):
            if value is None or not math.isfinite(value):
                raise _bad_cell(row[j], value, where.at(i, j))
        X[i] = values
    return X


def _bad_cell(cell: str, value: float | None, where: str) -> InputError:
    if not cell.strip():
        return InputError("the cell is empty", where, "fill it or remove the row")
    if value is None:
        return InputError(f"the cell {_shown(cell)} is not a number", where, _separator_hint(cell))
    if math.isnan(value):
        return InputError("the cell is NaN", where, "fill it or remove the row")
    if "inf" in cell.lower():
        return InputError("the cell is an infinity", where, "fill it or remove the row")
    return InputError(f"the cell {_shown(cell)} is beyond the range of float64", where, "rescale the column")


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:40] + "…")


def _separator_hint(cell: str) -> str:
    for separator in (";", "\t", " ", ","):
        if all(_number(part) is not None for part in cell.split(separator)):
            return f"the separator seems to be {separator!r}: use ',' in .csv and a tab in .tsv"
    return "correct the cell, remove the column, or name it by --target if it is the target"


def _target(rows: list[list[str]], column: int, where: _Where) -> Target:
    cells = [row[column] for row in rows]
    values = [_number(cell) for cell in cells]
    words = all(value is None for value in values) and all(cell.strip() for cell in cells)
    if words:
        return tuple(cell.strip() for cell in cells)
    for i, (cell, value) in enumerate(zip(cells, values, strict=True)):
        if value is None or not math.isfinite(value):
            raise _bad_cell(cell, value, where.at(i, column))
    return np.array(values, dtype=np.float64)
