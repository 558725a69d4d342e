"""What a reader hands on: exact numbers and unmapped targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from certify.data.exact import Float64Array
from certify.data.options import LoadOptions
from certify.errors import InputError

Target = Float64Array | tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """``X (n, d)`` and targets as they stand in the source: numbers, words, or None."""

    X: Float64Array
    y: Target | None
    name: str
    notes: tuple[str, ...] = ()


FileReader = Callable[[Path, LoadOptions], Table]


@contextmanager
def system_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about a file into one line."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError("no such file", str(path), "check the path") from error
    except IsADirectoryError as error:
        raise InputError("it is a directory", str(path), "name a file in it") from error
    except PermissionError as error:
        raise InputError("no permission to read it", str(path), "change its mode") from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", str(path)) from error


def require_file(path: Path) -> None:
    """Raise `InputError` unless ``path`` is a readable file with something in it."""
    with system_errors(path), path.open("rb") as file:
        if not file.read(1):
            raise InputError("the file is empty", str(path), "name a file with data")


def no_such_target(target: object, where: str, available: str) -> InputError:
    """The error for a target that names nothing."""
    return InputError(f"the target {target!r} names nothing", where, f"available: {available}")


def listed(names: list[str], most: int = 20) -> str:
    """Names for a one-line message, shortened when there are many."""
    shown = ", ".join(" ".join(name.split()) for name in names[:most])  # a name may hold a line feed
    return f"{shown}, … ({len(names)} in all)" if len(names) > most else shown


def column_index(target: str | int, d: int, names: list[str], where: str) -> int:
    """The column a target names: by its name first, then by its index from 0.

    Raises
    ------
    InputError
        If it names nothing, or more than one column.
    """
    if isinstance(target, str) and names.count(target) > 1:
        raise InputError(f"the target {target!r} names {names.count(target)} columns", where, "use the index")
    if isinstance(target, str) and target in names:
        return names.index(target)
    text = str(target).strip()
    if text.isascii() and text.isdigit() and int(text) < d:
        return int(text)
    raise no_such_target(target, where, f"{listed(names) + ', or ' if names else ''}columns 0 to {d - 1}")
