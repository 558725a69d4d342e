"""What a kernel must say of itself: its entries as intervals, its diagonal, one entry in Arb, its null space."""

from __future__ import annotations

from typing import ClassVar, Protocol

import flint
import ival

from certify.arithmetic.exact import Floats
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

    degree: ClassVar[int]
    steep: ClassVar[bool]

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """Intervals around the values on the tile ``i × j``, from intervals around the cosines."""
        ...

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """Intervals around the diagonal, (n,)."""
        ...

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """One value, unscaled, from ``x·x'``, ``|x|²``, ``|x'|²`` as balls (lengths 1 for normalised rows)."""
        ...


class Kernel(EntryFunction, Protocol):
    """The infinite-width tangent kernel ``K∞(x, x') = x·x' E[φ'(w·x) φ'(w·x')]``, ``w ~ N(0, I)``."""

    activation: ClassVar[str]
    formula: ClassVar[str]

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
