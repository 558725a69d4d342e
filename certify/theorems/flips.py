"""ReLU over a horizon: how far sign changes can drive descent from descent with the frozen kernel."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from certify.arithmetic.balls import arb, precision, upper_float
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import gamma
from certify.theorems.horizon import LinearisedPath

BITS = 96


@dataclass
class FlipBound:
    """``ε(r) ≥ (α²/m)λ_max([|G_ij|(k_i(r) + k_j(r))])`` on a grid of radii.

    Attributes
    ----------
    modulus : (n, n)
        Entries ≥ ``|G_ij|``.
    radii, flips :
        ``flips[i, l] ≥ k_i(radii[l])``, the number of neurons within ``radii[l]`` of sample i's hyperplane.
    scale :
        ``α²/m``.
    """

    modulus: Floats
    radii: Floats
    flips: Floats
    scale: Fraction
    known: dict[int, Fraction] = field(default_factory=dict)

    def at(self, index: int) -> Fraction:
        """ε at ``radii[index]``.

        Notes
        -----
        For a non-negative M and a positive v, ``λ_max(M) ≤ max_i (Mv)_i/v_i`` (Collatz and Wielandt). v comes from
        a power iteration; the sums of non-negative terms are right to ``γ_{n+4}`` relatively.
        """
        if index not in self.known:
            k, G = self.flips[:, index], self.modulus
            v = np.ones(len(k))
            for _ in range(30):
                v = G @ (k * v) + k * (G @ v) + 1e-3 * v
                v /= v.max(initial=1e-300)
            v = np.maximum(v, 1e-12)
            quotient = float(((G @ (k * v) + k * (G @ v)) / v).max()) * (1.0 + 4.0 * gamma(len(k) + 8)) + 2.0**-900
            self.known[index] = self.scale * Fraction(quotient)
        return self.known[index]


def deviation(path: LinearisedPath, flips: FlipBound, reach: Fraction) -> float | None:
    """A number ≥ ``‖e_k − ẽ_k‖``; None if flips are not bounded over the horizon.

    Parameters
    ----------
    reach :
        A number ≥ ``α‖X‖/√m``: a neuron moves at most ``reach·ηΣ‖e_j‖``.

    Notes
    -----
    `proofs/horizon.md`, section 3: over a block of b steps with ``E ≥ ηΣ‖ẽ_j‖``, ``h = ηb``, and any
    ``ε ≥ ε(reach·τ')``: ``dev' = (dev + εE)e^{hε}``, ``τ' = τ + E + h dev'``.
    """
    with precision(BITS):
        dev, tau, index = arb(0), arb(0), 0
        r = arb(reach)
        for steps, action in path.blocks:
            h, E = arb(path.eta) * steps, arb(action)
            while True:
                eps = arb(flips.at(index))
                if not eps * h < 20:
                    return None
                grown = (dev + eps * E) * (h * eps).exp()
                moved = tau + E + h * grown
                if r * moved <= arb(float(flips.radii[index])):
                    break
                index += 1
                if index == len(flips.radii):
                    return None
            dev, tau = grown.upper(), moved.upper()
        return upper_float(dev)
