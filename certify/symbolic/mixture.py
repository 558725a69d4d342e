"""The logistic function and its relatives as mixtures of error functions, with a proved error.

``tanh z ≈ Σ w_j erf(b_j z)``: the logistic distribution is a scale mixture of normal ones [stefanski1991], and the
trapezoidal rule in the logarithm of the scale converges exponentially. Where the nodes come from does not matter:
the distance is bounded in ball arithmetic for the very floats used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import flint

from certify.arithmetic.balls import arb, precision, upper_float

_BITS = 128
_STEP = 1.0 / 9.0
_LEAST_WEIGHT = 1e-18
#: Cells of this half width cover ``[0, _REACH]``; Taylor's series has `_ORDER` terms, its remainder by Cauchy's bound.
_HALF = 0.125
_REACH = 24
_ORDER = 28


@dataclass(frozen=True)
class LogisticMixture:
    """``T(z) = Σ w_j erf(b_j z)``, ``w_j > 0``.

    Attributes
    ----------
    squares :
        ``b_j²``, exact.
    weights :
        ``w_j``, exact.
    value_error, slope_error, swish_error :
        Floats ≥ ``sup|tanh − T|``, ``sup|tanh' − T'|`` and ``sup|tanh + z tanh' − T − zT'|`` over the line.
    """

    squares: tuple[float, ...]
    weights: tuple[float, ...]
    value_error: float
    slope_error: float
    swish_error: float


def _kolmogorov(k: float) -> float:
    """The density of Kolmogorov's distribution at ``k`` (floats: only a proposal)."""
    if k > 0.9:
        return 8.0 * k * sum((-1.0) ** (j + 1) * j * j * math.exp(-2.0 * j * j * k * k) for j in range(1, 9))
    terms = ((2 * j - 1) ** 2 * math.pi**2 / 8.0 for j in range(1, 9))
    return math.sqrt(2.0 * math.pi) * sum(math.exp(-a / k**2) * (2.0 * a / k**4 - 1.0 / k**2) for a in terms)


@lru_cache(maxsize=1)
def logistic_mixture() -> LogisticMixture:
    """The mixture, its error proved. From the main thread (Arb); a fraction of a second.

    Notes
    -----
    ``E = tanh − T`` is odd and holomorphic for ``|Im z| < π/2``. On the disc of radius 1 around a real c,
    ``|tanh| ≤ max(1, tan 1) < 1.6`` and ``|erf(b(x+iy))| ≤ 1 + (2/√π)b|y|e^{b²y²}``; so ``|E| ≤ M`` there, its k-th
    Taylor coefficient at c is at most M, and what follows the N-th adds at most ``M h^N/(1 − h)`` to E,
    ``M N h^{N−1}/(1 − h)²`` to E' for ``|z − c| ≤ h < 1``. Beyond the cells: ``1 − tanh z ≤ 2e^{−2z}``,
    ``tanh' ≤ 4e^{−2z}``, ``erfc x ≤ e^{−x²}``; ``z e^{−2z}`` and ``z e^{−b²z²}`` decrease there, as ``2b²z² ≥ 1``.
    """
    squares, weights = [], []
    for j in range(-40, 30):
        k = math.exp(j * _STEP)
        weight = _kolmogorov(k) * k * _STEP
        if weight > _LEAST_WEIGHT:
            squares.append(0.5 / (k * k))
            weights.append(weight)
    with precision(_BITS):
        value, slope, swish = _tail(squares, weights)
        size = arb(1.6)
        for square, weight in zip(squares, weights, strict=True):
            size += arb(weight) * (1 + 2 / flint.arb.pi().sqrt() * arb(square).sqrt() * arb(square).exp())
        h = arb(_HALF)
        rest, rest_slope = size * h**_ORDER / (1 - h), size * _ORDER * h ** (_ORDER - 1) / (1 - h) ** 2
        former, flint.ctx.cap = flint.ctx.cap, _ORDER
        try:
            for cell in range(int(_REACH / (2 * _HALF))):
                centre = arb((2 * cell + 1) * _HALF)
                series = _difference(centre, squares, weights)
                steep = series.derivative()
                value = value.max(_size(series) + rest)
                slope = slope.max(_size(steep) + rest_slope)
                both = series + flint.arb_series([centre, 1]) * steep
                swish = swish.max(_size(both) + rest + (centre + h) * rest_slope)
        finally:
            flint.ctx.cap = former
        return LogisticMixture(
            tuple(squares), tuple(weights), upper_float(value), upper_float(slope), upper_float(swish)
        )


def _tail(squares: list[float], weights: list[float]) -> tuple[flint.arb, flint.arb, flint.arb]:
    """Bounds of the three differences for ``z ≥ _REACH``."""
    z = arb(_REACH)
    assert all(2 * square * _REACH**2 >= 1 for square in squares)
    value, slope = 2 * (-2 * z).exp(), 4 * (-2 * z).exp()
    total = arb(0)
    for square, weight in zip(squares, weights, strict=True):
        total += arb(weight)
        decay = (-arb(square) * z * z).exp()
        value += arb(weight) * decay
        slope += arb(weight) * 2 * arb(square).sqrt() / flint.arb.pi().sqrt() * decay
    value += abs(total - 1)
    return value.upper(), slope.upper(), (value + z * slope).upper()


def _difference(centre: flint.arb, squares: list[float], weights: list[float]) -> flint.arb_series:
    z = flint.arb_series([centre, 1])
    total = 1 - 2 / (1 + (2 * z).exp())
    for square, weight in zip(squares, weights, strict=True):
        total -= arb(weight) * (arb(square).sqrt() * z).erf()
    return total


def _size(series: flint.arb_series) -> flint.arb:
    """``Σ|a_k| h^k``."""
    total, power = arb(0), arb(1)
    for k in range(len(series)):
        total += abs(series[k]) * power
        power *= arb(_HALF)
    return total.upper()
