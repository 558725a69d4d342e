"""``exp(−x)`` over arrays with a proved error: the elementary function that the activations are made of.

The algorithm is a table of ``2^(−j/64)`` and a polynomial of degree 5. Every operation is one IEEE operation of NumPy
(no library's ``exp``), so the bound is a lemma and the result is the same on every machine.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U

#: ``|exp_minus(x) − e^−x| ≤ RELATIVE·e^−x + ABSOLUTE`` for every finite ``x ≥ 0``.
RELATIVE = 4.0 * U
ABSOLUTE = 2.0**-1000
#: Arguments are cut off here: ``e^−700 < 2^-1009``.
_LARGEST = 700.0
_BLOCK = 1 << 14
_BITS = 256


def _table() -> NDArray[np.int64]:
    """The bits of ``2^(−j/64)``, each right to one ulp: six integer square roots of ``2^(64·_BITS − j)``."""
    entries = []
    for j in range(64):
        root = 1 << (64 * _BITS - j)
        for _ in range(6):
            root = isqrt(root)
        entries.append(float(Fraction(root, 1 << _BITS)))
    return np.array(entries).view(np.int64)


_TABLE = _table()
#: ``64/ln 2``, rounded to nearest, and ``ln 2/64`` as a head of 35 bits and a tail rounded to nearest.
_SCALE = 92.33248261689366
_HEAD = float.fromhex("0x1.62e42fef8p-7")
#: Adding this to a number in [0, 2^50] rounds it to an integer, to nearest.
_MAGIC = 1.5 * 2.0**52
_TAIL = float.fromhex("0x1.1cf79abc9e3b4p-42")


def exp_minus(x: Floats) -> Floats:
    """``e^−x`` for an array of finite numbers ``x ≥ 0``, any shape.

    Notes
    -----
    Lemma. The error is at most ``4U·e^−x + 2^-1000``. For ``x ≤ 700`` let k be ``fl(x·_SCALE)`` rounded to an integer,
    below ``2^17``. ``k·_HEAD`` is exact (35 + 17 bits), ``x − k·_HEAD`` is rounded once, ``k·_TAIL`` and the last
    difference once each, and ``_HEAD + _TAIL`` differs from ``ln 2/64`` by less than ``2^-88·ln 2/64``: so
    ``r̂ = x − k ln2/64 + ρ``, ``|r̂| ≤ 0.0055``, ``|ρ| ≤ 0.0111U + 2^-23·U ≤ 0.02U``. The polynomial's truncation is
    below ``0.0055^6/720·1.01 < 0.36U``. In Horner's form ``1 − r̂·h``, ``h = 1 − r̂(…)`` is right to ``1.02U``, so
    ``r̂h`` to ``0.012U``, and the last difference costs ``1.006U``. Relatively to ``e^−r ≥ 0.994`` that is at most
    ``(0.36 + 1.02 + 0.03)U/0.994 < 1.5U``; the table has ``1.01U``, the product ``U``; scaling by ``2^−e`` is exact,
    the result being above ``2^-1011``. Together below ``3.6U``. For ``x > 700`` both numbers lie in
    ``[0, 2^-1009]``.
    """
    flat = np.ascontiguousarray(x, dtype=np.float64).reshape(-1)
    out = np.empty_like(flat)
    size = min(_BLOCK, max(flat.size, 1))
    scratch, entries = np.empty(size), np.empty(size, dtype=np.int64)
    for start in range(0, flat.size, size):
        piece = flat[start : start + size]
        n = piece.size
        _block(piece, out[start : start + n], scratch[:n], entries[:n])
    return out.reshape(np.shape(x))


def _block(x: Floats, s: Floats, work: Floats, entries: NDArray[np.int64]) -> None:
    """Write ``e^−x`` into ``s``; the other arrays are scratch."""
    np.minimum(x, _LARGEST, out=s)
    np.multiply(s, _SCALE, out=work)
    work += _MAGIC  # rounds to an integer, which now stands in the low bits
    shifts = work.view(np.int64) >> 6
    shifts <<= 52
    np.bitwise_and(work.view(np.int64), 63, out=entries)
    np.take(_TABLE, entries, out=entries, mode="clip")
    entries -= shifts
    work -= _MAGIC
    tail = work * _TAIL
    work *= _HEAD
    np.subtract(work, s, out=s)
    s += tail  # s = −r̂
    np.multiply(s, 1.0 / 120.0, out=work)
    for coefficient in (1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0):
        work += coefficient
        work *= s
    work += 1.0
    np.multiply(work, entries.view(np.float64), out=s)
