"""erf: ``K∞_ij = x_i·x_j (4/π) / √((1 + 2|x_i|²)(1 + 2|x_j|²) − 4(x_i·x_j)²)``."""

from __future__ import annotations

import math
from typing import ClassVar

import flint
import ival

from certify.arithmetic.exact import Floats
from certify.data.rays import Rays
from certify.errors import InputError
from certify.kernels.base import interval_strip, lengths
from certify.kernels.degeneracy import odd_null_dimension
from certify.kernels.rows import UnitRows

_FOUR_OVER_PI = 4.0 / ival.acos(ival.Interval(-1.0, -1.0))


class ErfKernel:
    """First-layer tangent kernel for ``φ = erf`` [williams1997].

    Notes
    -----
    ``E[φ'(u)φ'(v)] = (4/π) E[e^{−u²−v²}] = (4/π) det(I + 2C)^{−1/2}`` for ``(u, v) ~ N(0, C)``. Divided by
    the lengths: ``K = (4/π) ρ / √(4(1 − ρ)(1 + ρ) + 2/|x|² + 2/|x'|² + 1/(|x|²|x'|²))``, a sum of
    non-negative terms, so nothing cancels where rows are long and nearly parallel.
    """

    activation: ClassVar[str] = "erf"
    degree: ClassVar[int] = 0
    steep: ClassVar[bool] = True
    formula: ClassVar[str] = (
        r"\frac{4}{\pi}\,\frac{\langle x_i, x_j\rangle}"
        r"{\sqrt{(1+2\|x_i\|^2)(1+2\|x_j\|^2)-4\langle x_i, x_j\rangle^2}}"
    )

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`. Raises `InputError` for rows longer than 2^400 or all shorter than 2^-400."""
        inverse = _inverse_squares(rows)
        a, b = inverse[i][:, None], inverse[j][None, :]
        sine = (1.0 - cosines) * (1.0 + cosines) * 4.0
        return cosines * _FOUR_OVER_PI / ival.sqrt(sine + a * 2.0 + b * 2.0 + a * b)

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """By intervals."""
        return interval_strip(self, cosines, rows, i, j)

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``(4/π)/√(1/|x|² (1/|x|² + 4))``."""
        inverse = _inverse_squares(rows)
        return _FOUR_OVER_PI / ival.sqrt(inverse * (inverse + 4.0))

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """The formula of the module's first line."""
        return 4 * dot / flint.arb.pi() / ((1 + 2 * first) * (1 + 2 * second) - 4 * dot * dot).sqrt()

    def null_dimension(self, X: Floats, rays: Rays, normalized: bool) -> int:
        """φ is odd: rows with ``x_i = ±x_j`` (unit rows: on one line) give null vectors."""
        return odd_null_dimension(X, rays, normalized)


def _inverse_squares(rows: UnitRows) -> ival.Interval:
    """Intervals around ``1/|x_i|²`` (n,)."""
    if abs(rows.exponent) > 400:
        raise InputError(
            f"the longest row is about 2^{rows.exponent} long and erf is not scale-free",
            "kernel erf",
            "normalise the rows (--normalize) or rescale the data",
        )
    return ival.Interval(math.ldexp(1.0, -2 * rows.exponent)) / lengths(rows)[1]
