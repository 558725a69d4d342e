"""ReLU: ``K∞_ij = x_i·x_j (π − arccos ρ_ij)/(2π)``."""

from __future__ import annotations

from typing import ClassVar

import flint
import ival
import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import mul_up
from certify.data.rays import Rays
from certify.kernels.arcsine import ROUNDING, relu_profile
from certify.kernels.base import lengths, scaled_strip
from certify.kernels.degeneracy import relu_null_dimension
from certify.kernels.rows import UnitRows

_ONE_OVER_PI = ival.recip(ival.acos(ival.Interval(-1.0)))


class ReluKernel:
    """First-layer tangent kernel of ``Σ a_r max(w_r·x, 0)/√m`` at infinite width [du2019, eq. (5)].

    Notes
    -----
    ``E[1{w·x ≥ 0} 1{w·x' ≥ 0}] = (π − θ)/(2π)``, ``θ`` the angle of the rows [cho2009]. With
    ``arcsin ρ = π/2 − arccos ρ`` the entry is ``|x||x'| ρ (½ + arcsin(ρ)/π)/2``.
    """

    activation: ClassVar[str] = "relu"
    degree: ClassVar[int] = 2
    steep: ClassVar[bool] = True
    formula: ClassVar[str] = r"\langle x_i, x_j\rangle\,(\pi - \arccos\rho_{ij})/(2\pi)"

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`."""
        unit = cosines * (ival.asin(cosines) * _ONE_OVER_PI + 0.5) * 0.5
        if rows.normalized:
            return unit
        length, _ = lengths(rows)
        return unit * length[i][:, None] * length[j][None, :]

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """By the proved arcsine of `certify.kernels.arcsine`, a fifth of the interval's time."""
        flat, slope, _ = relu_profile(np.ascontiguousarray(cosines).ravel())
        values = flat.reshape(cosines.shape)
        error = mul_up(slope, rows.cosine_error) + ROUNDING * (1.0 + 2.0**-40)
        if rows.normalized:
            return values, np.full(values.shape, error)
        return scaled_strip(values, error, rows.norm[i], rows.norm[j])

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``|x_i|²/2``, exactly ½ for normalised rows."""
        return lengths(rows)[1] * 0.5

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """``x·x' (π − θ)/(2π)``, with ``θ`` from its tangent: accurate where the rows nearly coincide."""
        pi = flint.arb.pi()
        return dot * (pi - angle(dot, first, second)) / (2 * pi)

    def null_dimension(self, X: Floats, rays: Rays, normalized: bool) -> int:
        """By the kernel-dimension theorem, exact whatever the lengths of the rows."""
        return relu_null_dimension(X, rays)


def angle(dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
    """The angle in ``[0, π]`` of two vectors from ``x·x'``, ``|x|²``, ``|x'|²``.

    ``sin²θ |x|²|x'|² = |x|²|x'|² − (x·x')²`` is formed first; where the ball touches 0 the angle is
    enclosed between 0 (or π) and the arctangent of its upper end, so nothing is decided by rounding.
    """
    squared = first * second - dot * dot
    height = squared.sqrt() if squared > 0 else flint.arb(0).union(squared.abs_upper().sqrt())
    pi = flint.arb.pi()
    if dot > 0:
        return (height / dot).atan()
    if dot < 0:
        return pi + (height / dot).atan()
    if height > 0:
        return pi / 2 - (dot / height).atan()
    return flint.arb(0).union(pi)
