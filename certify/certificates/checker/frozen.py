"""Initial weights from a seed: the format's frozen stream, written a second time, number by number.

SplitMix64 words; pairs of uniform numbers by Marsaglia's polar method; the logarithm by a fixed series. Every operation
is one of integers or one IEEE operation, so that the numbers are the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from certify.certificates.checker.report import NotCheckable, require
from certify.certificates.checker.rows import Floats

MOST_NUMBERS = 5_000_000
_MASK = (1 << 64) - 1


def word(seed: int, k: int) -> int:
    """Word k of the stream of a seed."""
    z = (seed + (k + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def logarithm(s: float) -> float:
    """``ln s`` on (0, 1): ``k ln 2 + 2f Σ_{i<11} f^{2i}/(2i+1)`` by Horner's rule."""
    m, k = math.frexp(s)
    low = m < 0.7071067811865476
    if low:
        m *= 2.0
    f = (m - 1.0) / (m + 1.0)
    total = 1.0 / 21.0
    for i in range(9, -1, -1):
        total = total * (f * f) + 1.0 / (2 * i + 1)
    return (float(k) - float(low)) * 0.6931471805599453 + 2.0 * f * total


def gaussians(seed: int) -> Iterator[float]:
    """The Gaussian numbers of a stream, without end."""
    k = 0
    while True:
        u, v = ((word(seed, k + i) >> 11) * 2.0**-52 - 1.0 for i in (0, 1))
        k += 2
        s = u * u + v * v
        if 0.0 < s < 1.0:
            factor = math.sqrt(-2.0 * logarithm(s) / s)
            yield u * factor
            yield v * factor


def initial_weights(width: int, d: int, init: str, seed: int) -> tuple[Floats, Floats]:
    """Weights (m, d) and output signs (m,); see the specification of ``certify run``.

    Raises
    ------
    NotConfirmed
        For an odd width where neurons come in pairs, a seed out of range.
    NotCheckable
        Beyond `MOST_NUMBERS`.
    """
    require(0 <= seed < 1 << 64, "the seed is out of range")
    require(width >= 1 and (init != "paired" or width % 2 == 0), "the width is none of this initialisation")
    if width * d > MOST_NUMBERS:
        raise NotCheckable(f"{width * d} initial weights are too many")
    drawn = width // 2 if init == "paired" else width
    stream = gaussians(word(seed, 2))
    rows = np.array([[next(stream) for _ in range(d)] for _ in range(drawn)])
    start = word(seed, 3)
    signs = np.array([1.0 if word(start, k) >> 63 else -1.0 for k in range(drawn)])
    if init == "independent":
        return rows, signs
    return np.vstack([rows, rows]), np.concatenate([signs, -signs])
