"""The residual of descent with a frozen kernel, mode by mode, from clusters of eigenvalues and projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure

BITS = 256


@dataclass(frozen=True)
class Mode:
    """``count`` eigenvalues in ``eigenvalue``; ``projection``: the norm of the targets' part in their eigenspace."""

    eigenvalue: Enclosure
    projection: Enclosure
    count: int


def residual(modes: Sequence[Mode], eta: Fraction, steps: int) -> Enclosure:
    """Enclose ``(Σ_i (1 − ηλ_i)^{2k}(v_i·y)²)^{1/2}``, by `proofs/arora2019.md`.

    Raises
    ------
    ValueError
        If ``ηλ ≤ 1`` is not proved for every eigenvalue.
    """
    with precision(BITS):
        low, high = arb(0), arb(0)
        step = arb(eta)
        for mode in modes:
            top, bottom = step * mode.eigenvalue.upper_arb(), step * mode.eigenvalue.lower_arb().max(arb(0))
            if not top <= 1:
                raise ValueError("the step is larger than 1/λ_max")
            low += _power(1 - top, 2 * steps) * mode.projection.lower_arb() ** 2
            high += _power(1 - bottom, 2 * steps) * mode.projection.upper_arb() ** 2
        return Enclosure.from_ends(low.max(arb(0)).sqrt().lower(), high.sqrt().upper())


def _power(base: flint.arb, exponent: int) -> flint.arb:
    """``base^exponent`` of a ball in [0, 1]; of one that touches 0, the hull with 0."""
    if exponent == 0:
        return arb(1)
    if base > 0:
        return (base.log() * exponent).exp()
    return arb(0).union((base.upper().max(arb(0))) ** exponent)
