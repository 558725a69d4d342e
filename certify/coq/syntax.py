"""Coq's notation for comments, numbers and exact data."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill

from certify.coq.factor import Dyadic
from certify.coq.rows import IntegerRows

#: Machine integers of Coq hold this range.
_WORD = 1 << 62


def comment(text: str) -> str:
    """A comment, wrapped."""
    return fill(text, 110, initial_indent="(* ", subsequent_indent="   ", break_long_words=False) + " *)"


def safe(name: str) -> str:
    """A user's name for something, fit for a comment: ASCII that opens and closes nothing."""
    return name.encode("ascii", "replace").decode().replace("(*", "( *").replace("*)", "* )").replace('"', "'")


def integer(value: int) -> str:
    """An integer as an argument."""
    return f"({value})" if value < 0 else str(value)


def dyadic(number: Dyadic) -> str:
    """The two arguments of ``dyadic``."""
    return f"{integer(number.m)} {integer(number.e)}"


def pair(number: Dyadic) -> str:
    """The pair (m, e) of a number."""
    return f"({number.m}, {number.e})%Z"


def bracket(entries: Iterable[str]) -> str:
    """A list on one line."""
    return "[" + "; ".join(entries) + "]"


def lines(rows: Iterable[str]) -> str:
    """A list with one entry a line."""
    return "[\n" + ";\n".join(rows) + "]"


def exact(name: str, data: IntegerRows, machine: bool) -> str:
    """The exact numbers as pairs (m, e); machine integers load thirty times faster than Coq's own."""
    kind = f"Definition {name} : list (list (Z * Z)) :="
    numbered = list(zip(data.rows, data.exponents, strict=True))
    if not machine:
        body = lines(bracket(f"({integer(m)}, {integer(e)})" for m in row) for row, e in numbered)
        return f"{kind} {body}%Z.\n"
    if all(-_WORD <= m < _WORD for row in data.rows for m in row):
        body = lines(f"({integer(e)}, {bracket(map(integer, row))})" for row, e in numbered)
        decode = "fun row => map (fun m => (Sint63.to_Z m, Sint63.to_Z (fst row))) (snd row)"
        return f"{kind}\n  map ({decode}) {body}%sint63.\n"
    body = lines(bracket(f"({integer(m)}, {integer(f)})" for m, f in (_odd(m, e) for m in row)) for row, e in numbered)
    return f"{kind}\n  map (map (fun p => (Sint63.to_Z (fst p), Sint63.to_Z (snd p)))) {body}%sint63.\n"


def _odd(m: int, e: int) -> tuple[int, int]:
    """The same number with an odd integer (at most 53 bits, as it is a float64)."""
    shift = (m & -m).bit_length() - 1 if m else 0
    return m >> shift, e + shift
