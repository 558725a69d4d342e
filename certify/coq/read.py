"""Read the data of a proof file back, so that its hash can be taken again."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np

from certify.data import Dataset
from certify.errors import InputError

_DEFINITION = re.compile(r"^Definition (data|targets) : list \(list \(Z \* Z\)\) :=(.*?)%(?:Z|sint63)\.$", re.M | re.S)
_COMMON = re.compile(r"\((\(?-?\d+\)?), \[([^\]]*)\]\)")
_PAIR = re.compile(r"\(\(?(-?\d+)\)?, \(?(-?\d+)\)?\)")
_INTEGER = re.compile(r"-?\d+")
_COMMENT = re.compile(r"\(\*.*?\*\)", re.S)


def embedded_dataset(path: str | Path) -> Dataset:
    """The data set that a proof file's theorem speaks of, targets included; its ``sha256`` is the data's.

    Raises
    ------
    InputError
        If the file is not a proof file of this project, or holds a number that is no float64.
    """
    text = _COMMENT.sub("", _read(Path(path)))
    found = dict(_DEFINITION.findall(text))
    if "data" not in found:
        raise InputError("no data in this file", str(path), "give a file written by certify prove")
    try:
        X = np.array(_matrix(found["data"]))
        y = np.array(_matrix(found["targets"])) if "targets" in found else None
    except (ValueError, OverflowError) as error:
        raise InputError(f"its data are damaged ({error})", str(path), "write the file anew") from None
    return Dataset(X, y, normalized="(gram " in text and "(normalized " in text, name=Path(path).name)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", str(path)) from None
    except UnicodeDecodeError:
        raise InputError("not a text file", str(path), "give a file written by certify prove") from None


def _matrix(body: str) -> list[list[float]]:
    if "snd row" in body:
        listing = body[body.index("[") :]
        return [
            [_number(int(m), int(_INTEGER.findall(e)[0])) for m in _INTEGER.findall(entries)]
            for e, entries in _COMMON.findall(listing)
        ]
    listing = body[body.index("[") + 1 : body.rindex("]")]
    return [[_number(int(m), int(e)) for m, e in _PAIR.findall(row)] for row in listing.split("]")[:-1]]


def _number(m: int, e: int) -> float:
    exact = Fraction(m) * Fraction(2) ** e
    value = float(exact)
    if Fraction(value) != exact:
        raise ValueError(f"{m}*2^{e} is no float64")
    return value
