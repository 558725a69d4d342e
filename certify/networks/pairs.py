"""Arrays of unevaluated pairs ``high + low``, and matrix products that are exact because their factors are short.

Lemmas. *Slices*: with ``t = e − bits``, ``e`` such that ``|A| ≤ 2^e``, ``(A + 1.5·2^(52+t)) − 1.5·2^(52+t)`` is A
rounded to a multiple of ``2^t``, and what is left is exact. *Products*: if the entries of two matrices are multiples of
``2^s`` and ``2^t`` of modulus at most ``2^(s+b)`` and ``2^(t+c)``, and ``b + c + ⌈log2 K⌉ ≤ 53``, K being the inner
dimension, then every partial sum of the product is a multiple of ``2^(s+t)`` below ``2^53`` of them: BLAS computes it
exactly, in any order. *Sums*: adding k numbers by `two_sum` and the errors in float leaves a pair within ``γ_k² Σ|t|``
of the sum [ogita2005, Proposition 4.5, before its last rounding].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from certify.arithmetic.balls import arb
from certify.arithmetic.exact import Floats, two_product, two_sum

#: Bounds ``γ_k²`` for sums of up to 100 terms (``100²·2^-106 < 2^-92``), and the error of a product of two pairs
#: relatively to its factors.
RELATIVE = 2.0**-92


@dataclass(frozen=True)
class Slices:
    """``A = Σ parts + rest``: part k is a multiple of ``2^(exponent − (k+1)·bits)`` of at most ``bits`` bits.

    Attributes
    ----------
    largest :
        ``≥ max|part|`` for each part, then ``≥ max|rest|``.
    """

    parts: tuple[Floats, ...]
    rest: Floats
    largest: tuple[float, ...]


def exponent_of(array: Floats) -> int:
    """The least e with ``max|A| ≤ 2^e`` or one above it; −1000 for 0."""
    top = float(np.abs(array).max(initial=0.0))
    return math.frexp(top)[1] if top > 0.0 else -1000


def sliced(array: Floats, bits: int, count: int, low: Floats | None = None) -> Slices:
    """Cut ``array`` (``+ low``, which joins once two parts are off, rounded once) into ``count`` parts and a rest.

    ``bits ≤ 50``, so that the sum with the anchor stays in one binade; ``|low| ≤ 2^-53 |array|``.
    """
    e = exponent_of(array)
    parts, rest, largest = [], array, []
    for k in range(count):
        if k == 2 and low is not None:
            rest = rest + low
        anchor = math.ldexp(1.5, 52 + e - (k + 1) * bits)
        part = (rest + anchor) - anchor
        parts.append(part)
        largest.append(math.ldexp(1.0, e - k * bits))
        rest = rest - part
    return Slices(tuple(parts), rest, (*largest, float(np.abs(rest).max(initial=0.0))))


def bits_for(inner: int) -> int:
    """Bits of both factors of an exact product over ``inner`` terms."""
    return (53 - max(1, inner - 1).bit_length()) // 2


def total(terms: Sequence[Floats]) -> tuple[Floats, Floats]:
    """``Σ terms`` as a pair with ``high = fl(high + low)``; off by at most ``RELATIVE·Σ|terms|``."""
    high, low = terms[0], np.zeros_like(terms[0])
    for term in terms[1:]:
        high, error = two_sum(high, term)
        low = low + error
    return two_sum(high, low)


def scaled(pair: tuple[Floats, Floats], factor: tuple[float, float]) -> tuple[Floats, Floats]:
    """The product of a pair with a pair of numbers; off by at most ``RELATIVE`` times the product of the moduli."""
    product, error = two_product(pair[0], np.full_like(pair[0], factor[0]))
    return two_sum(product, error + (pair[0] * factor[1] + pair[1] * factor[0]))


def number_pair(value: Fraction | flint.arb) -> tuple[float, float]:
    """A number as a pair, right to ``2^-104`` relatively. Arb is used: from the main thread, at 128 bits or more."""
    ball = arb(value) if isinstance(value, Fraction) else value
    high = float(ball.mid())
    return high, float((ball - arb(high)).mid())
