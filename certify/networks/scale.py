"""The exact real factor in front of a network's output, and the outward arithmetic of a few non-negative numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import flint

from certify.arithmetic.balls import WORKING_BITS, arb, lower_float, precision, upper_float
from certify.errors import InputError

_INFLATE = 1.0 + 2.0**-40


def upward(value: float) -> float:
    """An upper bound of an expression in non-negative floats whose float64 value is ``value``.

    Sums, products, quotients and roots only, fewer than 2^10 of them, none overflowing: the relative error is at
    most ``γ_1024 < 2^-42``. What underflows is covered by the last term, as all factors are below ``2^900``.
    """
    return value * _INFLATE + 2.0**-1000


@dataclass(frozen=True)
class Scale:
    """The factor ``s > 0`` of ``F = s Σ_r v_r φ(·)``, known through its exact square.

    Attributes
    ----------
    squared :
        ``s²`` as a rational: ``α²/m`` in NTK parametrisation, 1 in the standard one.
    """

    squared: Fraction

    def ball(self) -> flint.arb:
        """``s`` at the working precision."""
        return arb(self.squared).sqrt()

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Floats around ``s``, at most two units in the last place apart."""
        with precision(WORKING_BITS):
            return lower_float(self.ball()), upper_float(self.ball())

    @cached_property
    def squared_ends(self) -> tuple[float, float]:
        """Floats around ``s²``."""
        with precision(WORKING_BITS):
            return lower_float(arb(self.squared)), upper_float(arb(self.squared))


def output_scale(alpha: float | None, width: int) -> Scale:
    """``s = α/√m`` of the NTK parametrisation, or 1 where ``alpha`` is None.

    Raises
    ------
    InputError
        If α is outside [2^-100, 2^100], which the error bounds do not cover.
    """
    if alpha is None:
        return Scale(Fraction(1))
    if not 2.0**-100 <= alpha <= 2.0**100:
        raise InputError(f"the output scale is {alpha:.3g}", "alpha", "give a number between 1e-30 and 1e30")
    return Scale(Fraction(alpha) ** 2 / width)
