"""Output files are checked before the computation: a mistyped name must not cost its result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from certify.errors import InputError


def check_targets(paths: Sequence[Path] | None, extensions: Sequence[str]) -> tuple[Path, ...]:
    """The targets, each of a known format and in a directory that can be written.

    Raises
    ------
    InputError
        For an extension not among ``extensions``, a file named twice, a directory that is missing
        or not writable.
    """
    known = ", ".join(extensions)
    seen: set[Path] = set()
    for path in paths or ():
        if path.suffix.lower() not in extensions:
            fault = f"the extension {path.suffix!r} names no format" if path.suffix else "no extension, so no format"
            raise InputError(fault, f"-o {path}", f"use one of {known}")
        parent = path.parent
        if not parent.is_dir():
            raise InputError(f"the directory '{parent}' does not exist", f"-o {path}", "make it, or name another")
        if path.is_dir():
            raise InputError("this is a directory", f"-o {path}", "name a file")
        if not os.access(parent, os.W_OK | os.X_OK):
            raise InputError(f"the directory '{parent}' cannot be written", f"-o {path}", "name another")
        place = path.resolve()
        if place in seen:
            raise InputError("named twice", f"-o {path}", "name each file once")
        seen.add(place)
    return tuple(paths or ())
