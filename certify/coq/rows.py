"""The data as integers with one exponent a row, and their directions as integer vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.data.exact import integers


@dataclass(frozen=True)
class IntegerRows:
    """``x_i = z_i · 2^exponents[i]`` exactly.

    Attributes
    ----------
    rows :
        The integer vectors ``z_i``, each of length d, not all even.
    exponents :
        One a row.
    squares :
        ``|z_i|²``.
    """

    rows: list[list[int]]
    exponents: list[int]
    squares: list[int]

    @classmethod
    def from_data(cls, X: Floats) -> IntegerRows:
        """Take finite, non-zero rows ``X (n, d)`` apart."""
        pairs = [integers(row) for row in X]
        return cls([row for row, _ in pairs], [e for _, e in pairs], [sum(m * m for m in row) for row, _ in pairs])

    @property
    def magnitudes(self) -> list[int]:
        """``w_i`` with ``|x_i| · 2^-w_i`` in [¼·√2, 1): the same formula as ``make_item`` in ``Check.v``."""
        return [e + (q.bit_length() - 1) // 2 + 1 for e, q in zip(self.exponents, self.squares, strict=True)]

    def scaled_norms(self) -> Floats:
        """``|x_i| · 2^-w_i`` in float64, (n,), nearly correctly rounded."""
        scaled = []
        for square in self.squares:
            half = (square.bit_length() - 1) // 2 + 1
            up = 64 - half  # √(square 4^up) has 63 or 64 bits
            root = math.isqrt(square << 2 * up if up >= 0 else square >> -2 * up)
            scaled.append(math.ldexp(root, -64))
        return np.array(scaled)

    def directions(self, bits: int) -> list[list[int]]:
        """``x_i / |x_i|`` in units of ``2^-bits``, rounded to nearest."""
        result = []
        for row, square in zip(self.rows, self.squares, strict=True):
            # √square in units of 2^-guard, so that the quotient is right to far less than half a unit
            guard = max(0, bits + 16 - square.bit_length() // 2)
            length = math.isqrt(square << 2 * guard)
            result.append([((m << (bits + guard + 1)) + length) // (2 * length) for m in row])
        return result
