"""The comparison system of ``spectral.width``: a search in floats, and the same path proved in balls."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import flint
import numpy as np
from scipy.optimize import brentq

from certify.arithmetic.balls import arb, lower_float, precision
from certify.arithmetic.exact import Floats
from certify.spectrum.comparison import Comparison

BITS = 96
RATIO = 1.05
"""Cut points: where eigenvalues have fallen by this factor (a choice)."""
GRID = 0.985
"""Ratio of neighbouring residuals of the path (a choice)."""
MOST_POINTS = 2500


@dataclass(frozen=True)
class Levels:
    """The spectrum of K̂ cut into levels; ``Q_j`` projects on what lies below cut j = 1..q.

    Attributes
    ----------
    bottoms : (q + 1,)
        Least eigenvalue of each level, descending; the last is ``λ_min(K̂)``.
    tops : (q,)
        Largest eigenvalue below cut j.
    tails : (q,)
        Upper bounds of ``‖Q_j y‖``.
    """

    bottoms: Floats
    tops: Floats
    tails: Floats


def levels(K: Comparison) -> Levels:
    """Cut the spectrum (ascending in ``K``) wherever it has fallen by `RATIO`."""
    values, squares = K.values[::-1], np.square(K.coordinates[::-1])
    cuts, reference = [], float(values[0])
    for i, value in enumerate(values.tolist()):
        if value * RATIO < reference:
            cuts.append(i)
            reference = value
    bottoms = [float(values[i - 1]) for i in cuts] + [float(values[-1])]
    sums = np.cumsum(squares[::-1])[::-1] * (1.0 + 4.0 * len(values) * 2.0**-53)
    tails = [math.nextafter(math.sqrt(float(sums[i])) * (1 + 2.0**-50) + K.error, math.inf) for i in cuts]
    return Levels(np.array(bottoms), values[cuts], np.array(tails))


@dataclass(frozen=True)
class Problem:
    """The numbers of one width: exact floats or rationals, each on its safe side.

    ``beta`` ≥ the Lipschitz constant, ``share`` ≥ ε̂, ``scale`` = α, ``half_step`` ≥ 2/c, ``size`` ≥ ‖y‖.
    """

    beta: float
    share: float
    scale: Fraction
    half_step: float
    size: float


@dataclass(frozen=True)
class Path:
    """Grid points ``(x, ρ, p)`` of a path; proved ones satisfy the inequalities of `prove`."""

    x: Floats
    rho: Floats
    p: Floats

    @property
    def end(self) -> tuple[float, float]:
        """``(x, ρ)`` where it ends."""
        return float(self.x[-1]), float(self.rho[-1])


def search(problem: Problem, spectrum: Levels) -> Path | None:
    """A path in floats (untrusted) that ends where Kantorovich's condition holds; None if there is none."""
    a = float(problem.scale)
    keep = (1 - problem.share) * a * a
    bottoms = keep * spectrum.bottoms
    top = a * np.sqrt(spectrum.tops)
    strong = top * math.sqrt(1 + problem.share)
    drift = top * problem.share / math.sqrt(1 - problem.share)
    beta, factor = problem.beta, problem.half_step
    sigma0 = math.sqrt(bottoms[-1])

    def slope(x: float, rho: float, p: Floats) -> float:
        # Σ_j b_j(π_j − π_{j+1}): the same number as by differences of b, without their cancellation
        shares = np.concatenate([[1.0], np.square(np.minimum(1.0, p / x)), [0.0]])
        square = float(bottoms @ (shares[:-1] - shares[1:]))
        return math.sqrt(max(square, bottoms[-1])) - beta * rho

    x, rho, p = problem.size, 0.0, np.minimum(spectrum.tails, problem.size)
    points = [(x, rho, p)]
    inflate = 1 + 2.0**-26
    while len(points) < MOST_POINTS:
        star = sigma0 - beta * rho
        if star <= 0:
            return None
        if 2 * beta * x * (1 + 1e-6) < star * star and slope(x, rho, p) >= star * factor * (1 + 1e-9):
            return Path(
                np.array([q[0] for q in points]), np.array([q[1] for q in points]), np.stack([q[2] for q in points])
            )
        lower = x * GRID
        s = slope(lower, rho, p)
        for _ in range(80):
            if s <= 0:
                return None
            further = rho + factor * (x - lower) / s * inflate
            grown = (
                p + (beta * further * (1 + strong / s) + drift * (1 + beta * further / s)) * (further - rho) * inflate
            )
            grown *= 1 + 2.0**-44
            after = slope(lower, further, grown)
            if abs(after - s) <= 1e-13 * s:
                break
            s = after
        x, rho, p = lower, further, grown
        points.append((x, rho, p))
    return None


def prove(problem: Problem, spectrum: Levels, path: Path) -> float | None:
    """The slope at the end (a lower bound) if the path satisfies the inequalities, else None.

    Specification
    -------------
    With ``σ(x,p)² = (1−ε̂)α²[b_0 − Σ_j (b_{j−1} − b_j)min(1, p_j/x)²]``, ``s = σ(x,p) − βρ``, ``t_j = α√top_j``: at
    every grid point i, ``s_{i+1} > 0``, ``ρ_{i+1} − ρ_i ≥ (2/c)(x_i − x_{i+1})/s_{i+1}`` and

        p_{j,i+1} − p_{j,i} ≥ [βρ_{i+1}(1 + √(1+ε̂) t_j/s_{i+1}) + (ε̂/√(1−ε̂)) t_j (1 + βρ_{i+1}/s_{i+1})](ρ_{i+1} − ρ_i);

    at the start ``x_0 ≥ ‖y‖``, ``ρ_0 = 0``, ``p_{j,0} ≥ min(‖Q_j y‖, ‖y‖)``; x does not increase. The grid's
    numbers are exact floats.
    """
    with precision(BITS):
        eps, beta, factor, a = arb(problem.share), arb(problem.beta), arb(problem.half_step), arb(problem.scale)
        if not eps < 1:
            return None
        keep = (1 - eps) * a * a
        b = [arb(v) for v in spectrum.bottoms.tolist()]
        drops = [keep * (high - low) for high, low in pairwise(b)]
        tops = [a * arb(v).sqrt() for v in spectrum.tops.tolist()]
        strong = [t * (1 + eps).sqrt() for t in tops]
        drift = [t * eps / (1 - eps).sqrt() for t in tops]
        size = arb(problem.size)
        if not (arb(float(path.x[0])) >= size and float(path.rho[0]) == 0.0):
            return None
        if not all(
            arb(p) >= arb(tail).min(size) for p, tail in zip(path.p[0].tolist(), spectrum.tails.tolist(), strict=True)
        ):
            return None

        def slope(x: flint.arb, rho: flint.arb, p: list[flint.arb]) -> flint.arb:
            square = keep * b[0]
            for drop, value in zip(drops, p, strict=True):
                square -= drop * (value / x).min(arb(1)) ** 2
            return square.sqrt() - beta * rho

        before = [arb(v) for v in path.p[0].tolist()]
        end = slope(arb(float(path.x[0])), arb(0), before)
        for i in range(1, len(path.x)):
            x, gap = arb(float(path.x[i])), arb(float(path.x[i - 1])) - arb(float(path.x[i]))
            rho, moved = arb(float(path.rho[i])), arb(float(path.rho[i])) - arb(float(path.rho[i - 1]))
            p = [arb(v) for v in path.p[i].tolist()]
            end = slope(x, rho, p)
            if not (x > 0 and gap >= 0 and end > 0 and moved * end >= factor * gap):
                return None
            first, second = beta * rho, 1 + beta * rho / end
            for new, old, t, d in zip(p, before, strong, drift, strict=True):
                if not new - old >= (first * (1 + t / end) + d * second) * moved:
                    return None
            before = p
        found = lower_float(end)
        return found if found > 0 else None


def two_sided_share(n: int, trials: float, delta: float) -> float | None:
    """ε with ``n e^{−N'ψ(ε)} + n e^{−N'ψ⁺(ε)} ≤ δ`` in floats, slightly enlarged."""

    def excess(e: float) -> float:
        if e < 1e-4:  # the difference would cancel
            low, high = e * e * (0.5 + e / 6), e * e * (0.5 - e / 6)
        else:
            low, high = e + (1 - e) * math.log1p(-e), (1 + e) * math.log1p(e) - e
        return n * (math.exp(-trials * low) + math.exp(-trials * high)) - delta

    if not excess(0.99) < 0:
        return None
    if excess(1e-12) < 0:
        return 1e-12
    return float(brentq(excess, 1e-12, 0.99, xtol=1e-14)) * (1 + 1e-10)
