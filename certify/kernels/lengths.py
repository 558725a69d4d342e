"""From ``E φ'φ'`` to the kernel: times the cosine and the lengths of the rows, with the error that brings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ival
import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, U
from certify.kernels.base import lengths
from certify.kernels.rows import UnitRows

_TINY = 1.0 + 2.0**-20


@dataclass(frozen=True)
class Lengths:
    """Ends of intervals around some lengths, (k,), and their largest relative width."""

    lower: Floats
    upper: Floats
    error: float

    @classmethod
    def of(cls, length: ival.Interval) -> Lengths:
        """From intervals; where one has no positive lower end the error is not a finite number."""
        low, high = np.asarray(length.lo), np.asarray(length.hi)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = float(((high - low) / low).max(initial=0.0)) * (1.0 + 8.0 * U)
        return cls(low, high, error)

    @property
    def squared(self) -> ival.Interval:
        """The squares."""
        return ival.sqr(ival.Interval(self.lower, self.upper))

    def rows(self, part: slice) -> Lengths:
        """Some of them."""
        return Lengths(self.lower[part], self.upper[part], self.error)


def enclose_lengths(rows: UnitRows) -> Lengths:
    """``|x_i|``, unscaled; to be called where ``|rows.exponent|`` is at most 1000."""
    return Lengths.of(lengths(rows)[0] * ival.Interval(math.ldexp(1.0, rows.exponent)))


def with_lengths(
    value: Floats, radius: Floats, rho: Floats, error: float, left: Lengths, right: Lengths
) -> tuple[Floats, Floats]:
    """Midpoints and radii of ``l_i r_j ρ_ij v_ij``; ``value`` and ``radius`` are overwritten.

    Parameters
    ----------
    value, radius : (h, w)
        v within its radius.
    rho : (h, w)
        Cosines right to ``error``.

    Notes
    -----
    ``|vρ − fl(v̂ρ̂)| ≤ radius·|ρ| + |v̂|(error + 1.1U)``.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        radius *= np.minimum(np.abs(rho) + error, 1.0)
        radius += np.abs(value) * ((error + 2.0 * U) * _TINY)
        value *= rho
    return times_lengths(value, radius, left, right)


def times_lengths(value: Floats, radius: Floats, left: Lengths, right: Lengths) -> tuple[Floats, Floats]:
    """Midpoints and radii of ``l_i r_j v_ij``; ``value`` and ``radius`` are overwritten.

    Notes
    -----
    The lower ends l̂, r̂ are right to their ``error`` relatively, and two more products are rounded:
    ``(radius + |v̂|s)·l̂r̂(1 + s)`` with ``s = left.error + right.error + 4U``. What is not finite gets an infinite
    radius.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        scale = left.lower[:, None] * right.lower[None, :]
        spread = left.error + right.error + 4.0 * U
        radius += np.abs(value) * spread
        radius *= scale
        radius *= (1.0 + spread) * _TINY
        radius += UNDERFLOW
        value *= scale
        bad = ~np.isfinite(radius) | ~np.isfinite(value)
        if bad.any():
            value[bad], radius[bad] = 0.0, np.inf
    return value, radius
