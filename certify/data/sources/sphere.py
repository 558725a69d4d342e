"""``sphere:n=200,d=50,seed=0``: random unit rows and signs, the same bits on every machine, for ever.

The stream is frozen here, because generators of libraries change. All of it is 64-bit integer
arithmetic and single IEEE operations (+, −, ×, /, √) in the order written, so it has one result.

1. Words: SplitMix64 (Steele, Lea, Flood 2014, with Vigna's constants). Word k = 0, 1, ... of seed s is
   ``mix(s + (k+1)·0x9E3779B97F4A7C15 mod 2^64)``. Stream t of seed s has as its seed word t of seed s;
   stream 0 makes the rows, stream 1 the signs.
2. Pairs: words 2k and 2k+1 give ``u, v = (word >> 11)·2^-52 − 1``. With ``s = u·u + v·v``, the pair is
   kept if ``0 < s < 1``, and becomes ``u·f, v·f``, ``f = √(−2·ln(s)/s)`` (Marsaglia's polar method; ``ln`` is
   `logarithm`, whose error, near 1e-16, only shifts the distribution by as much).
3. The numbers fill the rows from left to right, top to bottom; so the first rows do not depend on n.
4. Each row is divided by its exact norm, each entry rounded once (`certify.data.preprocess`, step ``unit``).
5. Target i is +1 if the highest bit of word i of stream 1 is set, else −1.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from certify.data.exact import Float64Array
from certify.data.memory import require_memory
from certify.data.options import LoadOptions
from certify.data.preprocess import unit_rows
from certify.data.sources.table import Table, no_such_target
from certify.errors import InputError

PREFIX = "sphere:"
_FORM = "write sphere:n=200,d=50,seed=0 with n, d ≥ 1 and 0 ≤ seed < 2^64"
_GAMMA = 0x9E3779B97F4A7C15
_LN2 = 0.6931471805599453
_ROOT_HALF = 0.7071067811865476
_TERMS = 11


def read_sphere(source: str, options: LoadOptions) -> Table:
    """Make the rows and signs that ``source`` names.

    Raises
    ------
    InputError
        For a malformed name, a target, or more rows than fit in memory.
    """
    n, d, seed = parse_sphere(source)
    name = f"{PREFIX}n={n},d={d},seed={seed}"
    if options.target is not None:
        raise no_such_target(options.target, name, "only the stream's own signs, without --target")
    require_memory(n, d, name)
    rows = gaussians(n * d, _stream(seed, 0)).reshape(n, d)
    return Table(unit_rows(rows), signs(n, _stream(seed, 1)), name)


def parse_sphere(source: str) -> tuple[int, int, int]:
    """``n, d, seed`` of a name; the seed is 0 when not given. Raises `InputError`."""
    parts = source.removeprefix(PREFIX).split(",")
    found = [re.fullmatch(r"\s*(n|d|seed)\s*=\s*([0-9]{1,20})\s*", part) for part in parts]
    values = {match[1]: int(match[2]) for match in found if match}
    complete = all(found) and len(values) == len(parts) and values.keys() >= {"n", "d"}
    if not complete or values["n"] < 1 or values["d"] < 1 or values.get("seed", 0) >= 2**64:
        raise InputError("the name of the stream is malformed", source, _FORM)
    return values["n"], values["d"], values.get("seed", 0)


def words(seed: int, start: int, count: int) -> NDArray[np.uint64]:
    """Words ``start`` to ``start + count − 1`` of SplitMix64."""
    index = np.arange(start + 1, start + count + 1, dtype=np.uint64)
    z = np.uint64(seed) + index * np.uint64(_GAMMA)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def gaussians(count: int, seed: int) -> Float64Array:
    """The first ``count`` Gaussian numbers of a stream."""
    pieces: list[Float64Array] = []
    have = start = 0
    while have < count:
        size = 2 * (((count - have) * 2) // 3 + 16)
        unit = (words(seed, start, size) >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0
        start += size
        u, v = unit[0::2], unit[1::2]
        s = u * u + v * v
        kept = (s > 0) & (s < 1)
        u, v, s = u[kept], v[kept], s[kept]
        factor = np.sqrt(-2.0 * logarithm(s) / s)
        pieces.append(np.stack([u * factor, v * factor], axis=1).ravel())
        have += pieces[-1].size
    return np.concatenate(pieces)[:count]


def logarithm(s: Float64Array) -> Float64Array:
    """Natural logarithm on (0, 1) by a fixed sequence of IEEE operations.

    ``s = m·2^k`` with m in [√½, √2), ``f = (m−1)/(m+1)``, ``ln s = k·ln 2 + 2f·Σ_{i<11} f^{2i}/(2i+1)``, the
    sum by Horner's rule; the first term left out is below 1e-18.
    """
    m, k = np.frexp(s)
    low = m < _ROOT_HALF
    m = np.where(low, 2.0 * m, m)
    exponent = k.astype(np.float64) - low.astype(np.float64)
    f = (m - 1.0) / (m + 1.0)
    square = f * f
    total = np.full_like(f, 1.0 / (2 * _TERMS - 1))
    for i in reversed(range(_TERMS - 1)):
        total = total * square + 1.0 / (2 * i + 1)
    return np.asarray(exponent * _LN2 + 2.0 * f * total, dtype=np.float64)


def signs(count: int, seed: int) -> Float64Array:
    """The first ``count`` signs of a stream, ±1."""
    return np.where(words(seed, 0, count) >> np.uint64(63) == 1, 1.0, -1.0)


def _stream(seed: int, number: int) -> int:
    return int(words(seed, number, 1)[0])
