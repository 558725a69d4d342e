"""What an interrupted run needs to go on: finished results, and how far the current step has come.

Files in a directory: ``journal``, to which every finished step adds a line, and for each part of the tiles the
progress of the step that writes there, replaced whole each time. All carry checksums; a last line that was cut off
is as good as not written.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

Result = TypeVar("Result")


def fingerprint(*parts: object) -> str:
    """A name for a step that depends on these words, numbers and arrays, to the bit."""
    total = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
        total.update(len(raw).to_bytes(8, "little") + raw)
    return total.hexdigest()


class Journal(Protocol):
    """Where finished steps are noted. Steps are deterministic, so what is noted is what would be computed."""

    def remember(self, name: str, compute: Callable[[], Result]) -> Result:
        """The result of the step ``name``, computed once: numbers, arrays, and dataclasses of this package."""
        ...

    def knows(self, name: str) -> bool:
        """Was ``name`` noted?"""
        ...

    def note(self, name: str) -> None:
        """Note that the step ``name`` ended without a result."""
        ...

    def progress(self, part: str, name: str, start: tuple[Any, ...]) -> tuple[Any, ...]:
        """How far the step ``name`` has come that writes to the ``part``; else ``start``, which is noted.

        To be called before the first tile is written, for that ends what an earlier step left there.
        """
        ...

    def reached(self, part: str, name: str, state: tuple[Any, ...]) -> None:
        """Note how far the step ``name`` has come: numbers and arrays."""
        ...


class _NothingKept:
    """The journal of a run in memory: there is nothing to go on from."""

    def remember(self, name: str, compute: Callable[[], Result]) -> Result:
        return compute()

    def knows(self, name: str) -> bool:
        return False

    def note(self, name: str) -> None:
        pass

    def progress(self, part: str, name: str, start: tuple[Any, ...]) -> tuple[Any, ...]:
        return start

    def reached(self, part: str, name: str, state: tuple[Any, ...]) -> None:
        pass


NOTHING_KEPT: Journal = _NothingKept()


class FileJournal:
    """`Journal` in a directory.

    Parameters
    ----------
    folder :
        An existing directory; what it holds of an earlier run is read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._noted: dict[str, Any] = {}
        self._read()

    def remember(self, name: str, compute: Callable[[], Result]) -> Result:
        """See `Journal.remember`."""
        if name in self._noted:
            known: Result = decode(self._noted[name])
            return known
        result = compute()
        with contextlib.suppress(TypeError):  # what cannot be kept is computed again
            self._add(name, encode(result))
        return result

    def knows(self, name: str) -> bool:
        """See `Journal.knows`."""
        return name in self._noted

    def note(self, name: str) -> None:
        """See `Journal.note`."""
        self._add(name, None)

    def progress(self, part: str, name: str, start: tuple[Any, ...]) -> tuple[Any, ...]:
        """See `Journal.progress`."""
        with contextlib.suppress(FileNotFoundError):
            entry = _entry((self._folder / part).read_bytes())
            if entry is not None and entry["name"] == name:
                return tuple(decode(entry["state"]))
        self.reached(part, name, start)
        return start

    def reached(self, part: str, name: str, state: tuple[Any, ...]) -> None:
        """See `Journal.reached`."""
        new = self._folder / f"{part}.new"
        new.write_bytes(_line({"name": name, "state": encode(list(state))}))
        os.replace(new, self._folder / part)

    def _add(self, name: str, value: Any) -> None:
        self._noted[name] = value
        with (self._folder / "journal").open("ab") as file:
            file.write(_line({"name": name, "value": value}))

    def _read(self) -> None:
        path = self._folder / "journal"
        if not path.exists():
            return
        end = 0
        for line in path.read_bytes().splitlines(keepends=True):
            entry = _entry(line)
            if entry is None:
                break
            self._noted[entry["name"]] = entry["value"]
            end += len(line)
        os.truncate(path, end)


def _line(entry: Mapping[str, Any]) -> bytes:
    text = json.dumps(entry).encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _entry(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n") or line[:8] != b"%08x" % zlib.crc32(line[9:-1]):
        return None
    entry: dict[str, Any] = json.loads(line[9:-1])
    return entry


def encode(value: Any) -> Any:
    """As JSON, to the bit: floats in hexadecimal, arrays as bytes, dataclasses by the names of their fields.

    Raises `TypeError` for anything else.
    """
    if isinstance(value, Enum):
        return {"enum": value.value, "of": _name(type(value))}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, np.ndarray):
        raw = base64.b85encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {"array": raw, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [encode(member) for member in value]}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(member)] for key, member in value.items()]}
    if is_dataclass(value) and not isinstance(value, type):
        return {"fields": {f.name: encode(getattr(value, f.name)) for f in fields(value)}, "of": _name(type(value))}
    raise TypeError(f"a journal cannot keep {type(value).__name__}")


def decode(document: Any) -> Any:
    """What `encode` was given."""
    if not isinstance(document, dict):
        return document
    if "float" in document:
        return float.fromhex(document["float"])
    if "array" in document:
        raw = base64.b85decode(document["array"])
        return np.frombuffer(raw, dtype=document["dtype"]).reshape(document["shape"]).copy()
    if "dict" in document:
        return {decode(key): decode(member) for key, member in document["dict"]}
    if "enum" in document:
        return _class(document["of"])(document["enum"])
    if "fields" in document:
        return _class(document["of"])(**{name: decode(member) for name, member in document["fields"].items()})
    ((name, members),) = document.items()
    decoded = [decode(member) for member in members]
    return decoded if name == "list" else tuple(decoded)


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str) -> type:
    """A dataclass or an enumeration of this package, and nothing else that a file might name."""
    module, _, qualified = name.partition(":")
    found = getattr(import_module(module), qualified) if module.startswith("certify.") else None
    if not isinstance(found, type) or not (is_dataclass(found) or issubclass(found, Enum)):
        raise TypeError(f"a journal cannot hold {name}")
    return found
