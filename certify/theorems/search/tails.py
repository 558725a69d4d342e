"""Float64 inversions of the two tail bounds. Nothing here is a claim: results are checked in Arb."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import log_ndtr

#: At great widths the least κ is closer to p than floats can tell; this much more costs nothing there.
_CLOSEST = 1e-13


def excess(x: float) -> float:
    """``(1+x)ln(1+x) − x``, by its series near 0 where the difference would cancel."""
    if abs(x) < 1e-2:
        total, power = 0.0, x
        for j in range(2, 12):
            power *= x
            total += (-1) ** j * power / (j * (j - 1))
        return total
    return (1 + x) * math.log1p(x) - x


def chernoff_share(exponent: float) -> float | None:
    """The ε in (0, 1) with ``ε + (1−ε)ln(1−ε) = exponent``; ``None`` when there is none."""
    if not 0 < exponent < 1:
        return None
    # between √(2τ) (as ψ(ε) ≥ ε²/2) and nothing
    high = min(math.sqrt(2 * exponent), 1 - 1e-16)
    low = math.sqrt(exponent)
    if excess(-high) < exponent:
        return None
    while excess(-low) > exponent:
        low /= 2
    return float(brentq(lambda e: excess(-e) - exponent, low, high, xtol=1e-300, rtol=1e-14))


def flip_fraction(trials: float, p: float, log_target: float, tail: str) -> float:
    """The κ at which ``P(Bin(N, p) > κN)`` is ``exp(log_target)`` (``≥ 1`` when there is none below 1).

    ``tail`` ``"chernoff"``: ``N·KL(κ‖p) = −log_target``. ``"exact"``: the Lugannani–Rice approximation
    in its modified-root form, accurate to a few percent of the tail at any N.
    """
    bernstein = math.sqrt(-2 * log_target / (p * trials)) + -2 * log_target / (3 * p * trials)
    top = min(bernstein * (1 + 1e-9), (1 / p - 1) * (1 - 1e-12))

    def gap(x: float) -> float:
        return log_upper_tail(trials, p, x, tail) - log_target

    if gap(top) > 0:
        return 1.0
    low = top
    while gap(low) < 0 and low > _CLOSEST:
        low /= 2
    x = _CLOSEST if low <= _CLOSEST else float(brentq(gap, low, top, xtol=1e-300, rtol=1e-13))
    return p * (1 + max(x, _CLOSEST))


def log_upper_tail(trials: float, p: float, x: float, tail: str) -> float:
    """Logarithm of ``P(Bin(N, p) > p(1+x)N)``: Chernoff's bound or an approximation."""
    y = p * x / (1 - p)
    exponent = trials * (p * excess(x) + (1 - p) * excess(-y))
    if tail == "chernoff" or exponent <= 0:
        return -exponent
    root = math.sqrt(2 * exponent)
    saddle = math.log1p(x) - math.log1p(-y)
    kappa = p * (1 + x)
    lattice = -math.expm1(-saddle) * math.sqrt(trials * kappa * (1 - kappa))
    if lattice <= 0:
        return -exponent
    return float(log_ndtr(-(root + math.log(lattice / root) / root)))
