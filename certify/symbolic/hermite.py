"""Hermite coefficients of a bounded analytic function under the Gaussian measure, enclosed by quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint
import sympy

from certify.arithmetic.balls import arb, precision
from certify.symbolic.balls import BallFunction, compile_balls

BITS = 448  # the recurrence of the polynomials amplifies radii
PANEL_BITS = 96
REACH = 16
_NODES = 28
_HALVES = (Fraction(1, 2), Fraction(1, 4), Fraction(1, 8))
#: Sums of the half axes of the Bernstein ellipses tried, in units of half a panel.
_ELLIPSES = tuple(Fraction(k, 4) for k in (48, 36, 28, 20, 16, 12, 9))
_CELLS = 6
FIRST, MOST = 64, 512
ENOUGH = 2.0**-58


class NotAnalytic(Exception):
    """No ellipse around the real axis is proved to be free of singularities."""


@dataclass(frozen=True)
class HermiteSeries:
    """``f = Σ a_k h_k`` in ``L²(N(0,1))``, ``h_k`` the normalised Hermite polynomials.

    Attributes
    ----------
    coefficients :
        Balls around ``a_0, …, a_N``.
    square :
        A ball around ``E f(g)² = Σ_k a_k²``.
    """

    coefficients: tuple[flint.arb, ...]
    square: flint.arb

    @property
    def tail(self) -> flint.arb:
        """An upper bound of ``Σ_{k>N} a_k²``."""
        rest = self.square
        for a in self.coefficients:
            rest -= a * a
        return rest.upper()


def hermite_series(f: sympy.Expr, bound: flint.arb) -> HermiteSeries:
    """Enclose the expansion of ``f`` in `Z`, ``|f| ≤ bound`` on the real line.

    As many terms as leave a tail of `ENOUGH` (relatively), but at most `MOST`.

    Notes
    -----
    ``a_k = ∫ f h_k γ``, γ the Gaussian density. Outside ``[−L, L]``, L = `REACH`, Cauchy–Schwarz gives at most
    ``bound·(E h_k²)^{1/2} P(|g| > L)^{1/2} = bound·erfc(L/√2)^{1/2}``, and ``bound²·erfc(L/√2)`` for ``E f²``. Inside,
    every panel ``[c − w, c + w]`` gets Gauss and Legendre's rule of n nodes, whose error for an F that is holomorphic
    with ``|F| ≤ M`` on the Bernstein ellipse of foci ``c ± w`` and half axes ``w(ρ ± 1/ρ)/2`` is at most
    ``8wM ρ^{−2n}/(1 − 1/ρ)``: the rule and the integral (both of total weight 2w) agree on the Chebyshev series up
    to degree 2n − 1, and its k-th coefficient is at most ``2Mρ^{−k}`` (Bernstein). There ``|f| ≤ D`` from complex
    balls that cover the ellipse (f is real on the axis: half of it is enough; finite balls are the proof of
    holomorphy). By Mehler's formula at ``z, z̄``, for any ``0 < r < 1``,

        r^k |h_k(x+iy)|² ≤ Σ_j r^j |h_j(x+iy)|² = (1 − r²)^{−1/2} exp(r x²/(1+r) + r y²/(1−r)),

    so that ``|h_k γ| ≤ (2π)^{−1/2} r^{−k/2} (1−r²)^{−1/4} exp(−x²/(2(1+r)) + y²/(2(1−r)))`` — the exponents being
    ``r/(2(1+r)) − ½`` and ``r/(2(1−r)) + ½``. The choice of r, ρ and w affects the width of the result, not its truth.

    Raises
    ------
    NotAnalytic
        When no ellipse is proved to be free of singularities.
    """
    function = compile_balls(f)
    with precision(PANEL_BITS):
        panels = _panels(function)
    with precision(BITS):
        rule = [_legendre(k) for k in range(_NODES)]
        points = [(arb(c) + arb(panels.half) * x, arb(panels.half) * w) for c in panels.centres for x, w in rule]
        weighted = []
        square = arb(0)
        density = 1 / (2 * flint.arb.pi()).sqrt()
        for z, w in points:
            value, gauss = function(z), (-z * z / 2).exp() * density * w
            weighted.append(value * gauss)
            square += value * value * gauss
        outside = (arb(REACH) / arb(2).sqrt()).erfc()
        error = bound * bound * outside + panels.error(0, squared=True)
        square += _around_zero(error)
        found: list[flint.arb] = []
        before, now = [arb(0)] * len(points), [arb(1)] * len(points)
        rest = square
        for k in range(MOST + 1):
            total = arb(0)
            for h, v in zip(now, weighted, strict=True):
                total += h * v
            total += _around_zero(bound * outside.sqrt() + panels.error(k))
            found.append(total)
            rest -= total * total
            if k >= FIRST and rest.upper() <= square * arb(ENOUGH):
                break
            up, down = 1 / arb(k + 1).sqrt(), (arb(k) / (k + 1)).sqrt()
            before, now = now, [z * h * up - g * down for (z, _), h, g in zip(points, now, before, strict=True)]
        return HermiteSeries(tuple(found), square)


def _around_zero(size: flint.arb) -> flint.arb:
    top = size.abs_upper()
    return (-top).union(top)


def _legendre(k: int) -> tuple[flint.arb, flint.arb]:
    node, weight = flint.arb.legendre_p_root(_NODES, k, weight=True)
    return node, weight


@dataclass(frozen=True)
class _Panels:
    """Panels ``c ± half``, the ellipse's ``rho``, and for each panel a bound of ``|f|`` on its ellipse."""

    half: Fraction
    rho: Fraction
    centres: tuple[Fraction, ...]
    bounds: tuple[flint.arb, ...]

    def error(self, k: int, squared: bool = False) -> flint.arb:
        """A bound of the quadrature error of all panels for ``f h_k γ`` (``f² γ`` if ``squared``)."""
        w, rho = arb(self.half), arb(self.rho)
        high = w * (rho - 1 / rho) / 2
        wide = w * (rho + 1 / rho) / 2
        r = 1 - 1 / (1 + arb(k + 1).sqrt() / high) if k else arb(1) / 2
        if squared:
            k = 0
        front = (-(arb(k) / 2) * r.log()).exp() / ((1 - r * r).sqrt().sqrt() * (2 * flint.arb.pi()).sqrt())
        front *= (high * high / (2 * (1 - r))).exp()
        total = arb(0)
        for c, bound in zip(self.centres, self.bounds, strict=True):
            near = abs(arb(c)) - wide
            decay = (-near * near / (2 * (1 + r))).exp() if near > 0 else arb(1)
            total += (bound * bound if squared else bound) * decay
        return total * front * 8 * w * rho ** (-2 * _NODES) / (1 - 1 / rho)


def _panels(function: BallFunction) -> _Panels:
    """The panels and ellipse with the least error among those proved to be free of singularities."""
    best: tuple[float, _Panels] | None = None
    for half in _HALVES:
        count = int(REACH / half)
        centres = tuple(-REACH + half * (2 * k + 1) for k in range(count))
        for rho in _ELLIPSES:
            bounds = []
            for c in centres:
                bound = _on_ellipse(function, c, half, rho)
                if bound is None:
                    break
                bounds.append(bound)
            else:
                panels = _Panels(half, rho, centres, tuple(bounds))
                error = float(panels.error(100).log().mid())
                if best is None or error < best[0]:
                    best = error, panels
                if error < -70:
                    return panels
                break
    if best is None:
        raise NotAnalytic
    return best[1]


def _on_ellipse(function: BallFunction, centre: Fraction, half: Fraction, rho: Fraction) -> flint.arb | None:
    """A bound of ``|f|`` on the upper half of the ellipse's rectangle; None where it is not finite."""
    wide, high = half * (rho + 1 / rho) / 2, half * (rho - 1 / rho) / 2
    top = arb(0)
    for a in range(_CELLS):
        x = arb(centre - wide + 2 * wide * a / _CELLS).union(arb(centre - wide + 2 * wide * (a + 1) / _CELLS))
        for b in range(_CELLS):
            y = arb(high * b / _CELLS).union(arb(high * (b + 1) / _CELLS))
            size = abs(flint.acb(function(flint.acb(x, y))))
            if not size.is_finite():
                return None
            top = top.max(size.upper())
    return top
