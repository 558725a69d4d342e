"""What is needed of the path at infinite width for `horizon.prior.*`: weight, energy and mass over blocks of steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import flint
import numpy as np

from certify.arithmetic.balls import arb, precision, upper_float
from certify.spectrum.comparison import Comparison
from certify.theorems.horizon import BITS, edges_of


@dataclass(frozen=True)
class Spread:
    """Upper bounds of W, U and M of `proofs/horizon-prior.md` for descent with K∞ at output scale 1."""

    weight: float
    energy: float
    mass: float


def spread_of(K: Comparison, norm: float, eta: Fraction, steps: int) -> Spread:
    """Bound W, U, M over ``steps`` of size ``eta``, ``‖y‖ ≤ norm``; the c_b are chosen near their best.

    Notes
    -----
    With the errors ``δ_j = error + jηε‖y‖`` of `certify.theorems.horizon.linearised`: ``‖ê_j‖`` is within ``δ_j`` of
    the comparison matrix's, so ``U_b ≤ ((n_a + δ_a)² − max(0, n_b − δ_b)²)/(2 − η‖K∞‖)``, ``(ηΣ_{j∈b}‖ê_j‖²)^{1/2}`` at
    most that of the comparison matrix plus ``√(η|b|) δ_b``. W, U and M are bounds for whatever c_b > 0.

    Raises
    ------
    ValueError
        When ``η‖K∞‖ ≤ 1`` is not proved.
    """
    with precision(BITS):
        step, size, eps, off = arb(eta), arb(norm), arb(K.distance), arb(K.error)
        top = arb(float(K.values[-1])) + eps
        if not step * top <= 1:
            raise ValueError("the step is larger than 1/‖K∞‖")
        squares = [arb(c) * arb(c) for c in K.coordinates.tolist()]
        v = [step * arb(value) for value in K.values.tolist()]
        logs = [(-x).log1p() if x < 1 else None for x in v]

        def decays(j: int) -> list[flint.arb]:
            if j == 0:
                return [arb(1)] * len(v)
            return [arb(0) if log is None else (2 * log * j).exp() for log in logs]

        def length(powers: list[flint.arb]) -> flint.arb:
            total = arb(0)
            for c, q in zip(squares, powers, strict=True):
                total += c * q
            return total.upper().max(arb(0)).sqrt()

        weight, energy, mass = arb(0), arb(0), arb(0)
        before = decays(0)
        for a, b in pairwise(edges_of(steps)):
            after = decays(b)
            first, last = off + step * a * eps * size, off + step * b * eps * size
            low = (length(after) - last).lower()
            drop = (length(before) + first) ** 2 - (low**2 if low > 0 else arb(0))
            block_energy = drop.upper() / (2 - step * top)
            total = arb(0)
            for c, x, p, q in zip(squares, v, before, after, strict=True):
                total += c * ((p - q) / (x * (2 - x)) if x > 0 else arb(b - a))
            span = step * (b - a)
            block_mass = ((step * total).upper().max(arb(0)).sqrt() + span.sqrt() * last) ** 2
            chosen = arb(max(math.sqrt(max(float(block_energy), 0.0) / float(span)), 1e-9 * norm))
            weight += span * chosen
            energy += block_energy / chosen
            mass += block_mass / chosen
            before = after
        return Spread(upper_float(weight), upper_float(energy), upper_float(mass))


def guess_spread(K: Comparison, eta: float, steps: int) -> Spread:
    """Float64 values of the same, for the search."""
    edges = np.array(edges_of(steps))
    v = np.clip(eta * K.values, 0, 1 - 1e-15)
    powers = np.exp(2 * edges[:, None] * np.log1p(-v)[None, :]) * np.square(K.coordinates)[None, :]
    totals, spans = powers.sum(axis=1), eta * np.diff(edges)
    energy = np.maximum(-np.diff(totals), 0) / (2 - eta * K.values[-1])
    flat = v < 1e-12  # there the geometric sum is the number of its terms
    sums = -np.diff(powers, axis=0) / np.where(flat, 1.0, v * (2 - v))[None, :]
    mass = eta * np.where(flat[None, :], np.diff(edges)[:, None] * powers[:-1], sums).sum(axis=1)
    chosen = np.maximum(np.sqrt(energy / spans), 1e-9 * math.sqrt(totals[0]))
    return Spread(float((spans * chosen).sum()), float((energy / chosen).sum()), float((mass / chosen).sum()))


def needed_spread(trials: float, top: float, energy: float, mass: float, budget: float) -> float:
    """The t with ``2exp(−Nt²/(2(Λ U + Λ√M t/3))) = budget``, in floats, slightly enlarged."""
    level = math.log(2 / budget)
    half = level * top * math.sqrt(mass) / (3 * trials)
    return (half + math.sqrt(half * half + 2 * level * top * energy / trials)) * (1 + 1e-10)
