"""The ReLU kernel's integral operator on the uniform sphere: its eigenvalues in closed form, as procedures."""

from __future__ import annotations

import math
from typing import Any

import flint

from certify.arithmetic.balls import arb
from certify.symbolic.procedures import VerifiedProcedure, exact_integer

MOST_DEGREE = 2000


def multiplicity(d: int, degree: int) -> int:
    """Dimension of the spherical harmonics of that degree on the unit sphere of ``R^d``, ``d ≥ 2``."""
    if degree == 0:
        return 1
    return (2 * degree + d - 2) * math.comb(degree + d - 3, degree - 1) // degree


def step_coefficient(d: int, k: int) -> flint.arb:
    """``E[1{t > 0} P_k(t)]`` for a coordinate t of a uniform point, ``P_k(1) = 1``; exactly 0 for even ``k ≥ 2``.

    For odd k, by Rodrigues' formula (`proofs/sphere.md`), ``(Γ(d/2)/(√π 2^k Γ(k+(d−1)/2)))·(k−1)!·(−1)^i·C(ν, i)``,
    ``i = (k−1)/2``, ``ν = k + (d−3)/2``.
    """
    if k == 0:
        return arb(1) / 2
    if k % 2 == 0:
        return arb(0)
    i = (k - 1) // 2
    nu = arb(2 * k + d - 3) / 2
    log = (arb(d) / 2).lgamma() - (nu + 1).lgamma() - k * arb(2).log() + arb(k).lgamma()
    log += (nu + 1).lgamma() - arb(i + 1).lgamma() - (nu - i + 1).lgamma()
    sign = arb(-1 if i % 2 else 1)
    return sign * log.exp() / flint.arb.pi().sqrt()


def sphere_eigenvalue(d: int, k: int) -> flint.arb:
    """``λ_k`` of ``κ(t) = t(π − arccos t)/(2π)``; exactly 0 for odd ``k ≥ 3``."""
    if k == 0:
        return step_coefficient(d, 1) ** 2
    above, below = step_coefficient(d, k + 1) ** 2, step_coefficient(d, k - 1) ** 2
    return ((k + d - 2) * above + k * below) / (2 * k + d - 2)


class LeastSphereEigenvalue(VerifiedProcedure):
    """The least ``λ_k`` over the degrees that polynomials of degree ℓ use: 0, 1 and the even ones; 0 for odd ``ℓ ≥ 3``.

    Inputs: exact integers ``d ≥ 2``, ``0 ≤ ℓ ≤ MOST_DEGREE``; else the indeterminate ball.
    """

    nargs = (2,)

    @staticmethod
    def enclose(*arguments: flint.arb) -> flint.arb:
        """See the class."""
        d, degree = (exact_integer(argument) for argument in arguments)
        if d is None or degree is None or d < 2 or not 0 <= degree <= MOST_DEGREE:
            return flint.arb.nan()
        if degree % 2 and degree >= 3:
            return arb(0)
        least = sphere_eigenvalue(d, 0)
        for k in (k for k in range(1, degree + 1) if k == 1 or k % 2 == 0):
            least = least.min(sphere_eigenvalue(d, k))
        return least

    def formula(self, *arguments: str) -> str:
        """See `VerifiedProcedure.formula`."""
        d, degree = arguments
        return rf"\min_{{k \leq {degree}}} \lambda_k^{{({d})}}"

    def _sympystr(self, printer: Any) -> str:
        d, degree = (printer.doprint(a) for a in self.args)
        return f"min(lambda_k, k <= {degree}; d = {d})"
