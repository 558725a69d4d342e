"""What a kernel must say of itself: its entries as intervals, its diagonal, one entry in Arb, its null space."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import flint
import ival
import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import SMALLEST, UNDERFLOW, U
from certify.data.rays import Rays
from certify.kernels.rows import UnitRows


class EntryFunction(Protocol):
    """A symmetric function of two rows that depends on their cosine and their lengths alone.

    All members speak of its value times ``2^(−degree · rows.exponent)``, so that rows of any magnitude fit.

    Attributes
    ----------
    degree :
        Degree of homogeneity in the rows: multiplying all rows by ``c`` multiplies the values by ``c^degree``.
        0 where the function is not homogeneous.
    steep :
        Whether its slope in the cosine blows up towards ±1, so that `entry` is used there.
    """

    @property
    def degree(self) -> int:
        """See the class."""
        ...

    @property
    def steep(self) -> bool:
        """See the class."""
        ...

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """Intervals around the values on the tile ``i × j``, from intervals around the cosines."""
        ...

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """Midpoints and radii (h, w) from cosines (h, w) that are right to ``rows.cosine_error``.

        The quick form of `entries`; where the function is `steep` the cosines are at most ``CRITICAL``.
        `interval_strip` serves where there is no quicker one.
        """
        ...

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """Intervals around the diagonal, (n,)."""
        ...

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """One value, unscaled, from ``x·x'``, ``|x|²``, ``|x'|²`` as balls (lengths 1 for normalised rows)."""
        ...


@runtime_checkable
class NeedsLengths(Protocol):
    """An entry function that is prepared for the rows at hand, once and on the main thread (in Arb)."""

    def at_lengths(self, rows: UnitRows) -> EntryFunction:
        """The function for exactly these rows."""
        ...


class Kernel(EntryFunction, Protocol):
    """The infinite-width tangent kernel ``K∞(x, x') = x·x' E[φ'(w·x) φ'(w·x')]``, ``w ~ N(0, I)``."""

    @property
    def activation(self) -> str:
        """Name, or expression in z."""
        ...

    @property
    def formula(self) -> str:
        """An entry as LaTeX."""
        ...

    def null_dimension(self, X: Floats, rays: Rays, normalized: bool) -> int:
        """Dimension of the null space that is known exactly from coinciding directions."""
        ...


def lengths(rows: UnitRows) -> tuple[ival.Interval, ival.Interval]:
    """Intervals around ``|x_i|·2^-exponent`` and its square, (n,) each; exactly 1 if normalised.

    `UnitRows` guarantees ``1.6U`` relatively or ``2^-1070`` absolutely; ``2^-51`` and ``2^-1060`` are larger
    than that and than the rounding of the products here.
    """
    if rows.normalized:
        one = ival.Interval(rows.norm, rows.norm)
        return one, one
    slack = ival.Interval(1.0 - 2.0**-51, 1.0 + 2.0**-51)
    floor = ival.Interval(-(2.0**-1060), 2.0**-1060)
    return (
        ival.max(ival.Interval(rows.norm, rows.norm) * slack + floor, 0.0),
        ival.max(ival.Interval(rows.norm_squared, rows.norm_squared) * slack + floor, 0.0),
    )


def unscaled_squares(rows: UnitRows) -> ival.Interval:
    """Intervals around ``|x_i|²`` itself, (n,); to be called where ``|rows.exponent|`` is at most 500."""
    return lengths(rows)[1] * ival.Interval(math.ldexp(1.0, 2 * rows.exponent))


def interval_strip(
    function: EntryFunction, cosines: Floats, rows: UnitRows, i: slice, j: slice
) -> tuple[Floats, Floats]:
    """`EntryFunction.strip` by intervals: valid for every cosine, ±1 included.

    The interval around a cosine is intersected with [−1, 1], where every true cosine lies.
    """
    error = ival.Interval(-rows.cosine_error, rows.cosine_error)
    interval = ival.max(ival.min(ival.Interval(cosines, cosines) + error, 1.0), -1.0)
    return midpoints(function.entries(interval, rows, i, j))


Near = Callable[[Floats, float, UnitRows, slice, slice], tuple[Floats, Floats]]


def entries_near(near: Near, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
    """`EntryFunction.entries` by ``near``, which gives midpoints and radii for cosines right to one error."""
    middle, radius = midpoints(cosines)
    value, error = near(middle, float(radius.max(initial=0.0)), rows, i, j)
    return ival.Interval(value, value) + ival.Interval(-error, error)


def midpoints(interval: ival.Interval) -> tuple[Floats, Floats]:
    """Midpoint and radius: ``[lo, hi] ⊂ [m − r, m + r]``; a NaN or an infinite end gives ``r = inf`` or NaN.

    The two differences and the product are rounded once each, which ``1 + 4U`` and one smallest number cover.
    """
    low, high = np.asarray(interval.lo), np.asarray(interval.hi)
    middle = 0.5 * low + 0.5 * high
    radius: Floats = np.maximum(high - middle, middle - low)
    radius *= 1.0 + 4.0 * U
    radius += SMALLEST
    return middle, radius


def scaled_strip(values: Floats, error: float, left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Midpoints and radii of ``l_i r_j v_ij`` from values (h, w) right to ``error``; ``values`` is overwritten.

    ``left`` (h,) and ``right`` (w,) are lengths, or their squares, as `UnitRows` has them: right to a relative
    `NORM_ERROR` or an absolute ``2^-1070``, and at most ``2^20``.

    Notes
    -----
    ``fl(fl(lr)v) = l r v(1 + θ)`` with ``|θ| ≤ 2·1.6U + 2U``; so the error is at most
    ``fl(lr)(1 + 6U)(error + 5.3U|v|)``, and what underflows adds less than `UNDERFLOW`.
    """
    largest = float(np.abs(values).max(initial=0.0))
    scale = left[:, None] * right[None, :]
    values *= scale
    scale *= (error + 5.3 * U * largest) * (1.0 + 2.0**-40)
    scale += UNDERFLOW
    return values, scale
