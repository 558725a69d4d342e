"""What is needed of ``ẽ_k = (I − ηK0)^k e0`` over a horizon ``T = kη``: its norm, its action, its potential."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import flint
import numpy as np

from certify.arithmetic.balls import arb, precision, upper_float
from certify.arithmetic.exact import Floats
from certify.spectrum.comparison import Comparison

BITS = 128
BLOCKS = 48
"""Blocks of steps, geometric in time, over which norms are summed by Cauchy–Schwarz."""


@dataclass(frozen=True)
class LinearisedPath:
    """Upper bounds for descent with the kernel frozen at ``K0`` over ``steps`` of size ``eta``.

    Attributes
    ----------
    terminal :
        ``≥ ‖ẽ_k‖``.
    potential :
        ``≥ ‖K0^{−1/2}(I − (I−ηK0)^k)e0‖``, the distance that the linearised weights move.
    blocks :
        Pairs (steps, ``≥ ηΣ‖ẽ_j‖`` over these steps), in order.
    kernel_norm :
        ``≥ ‖K0‖``.
    """

    eta: Fraction
    steps: int
    terminal: float
    potential: float
    blocks: tuple[tuple[int, float], ...]
    kernel_norm: float

    @property
    def action(self) -> Fraction:
        """``≥ ηΣ_{j<k}‖ẽ_j‖``."""
        return sum((Fraction(b) for _, b in self.blocks), Fraction(0))


def linearised(K: Comparison, norm: float, eta: Fraction, steps: int) -> LinearisedPath:
    """Bound the linearised path of ``e0``, ``‖e0‖ ≤ norm``.

    Notes
    -----
    With ``0 ⪯ ηK0, ηK̂ ⪯ I`` and ``ε = distance``: ``‖(I−ηK0)^j − (I−ηK̂)^j‖ ≤ jηε``. So ``‖ẽ_j‖ ≤ ‖ê_j‖ + jηε‖e0‖``.
    For ``s = ηΣ_{j<k}ẽ_j``: ``‖s − ŝ‖ ≤ ½T²ε‖e0‖``, and the potential is at most
    ``(ŝᵀK̂ŝ + ε‖ŝ‖²)^{1/2} + ‖K0‖^{1/2}‖s − ŝ‖``, ``‖ŝ‖ ≤ T‖e0‖``. In U's coordinates all are sums over eigenvalues; an
    error of the coordinates costs itself (``‖ê_j‖``), ``√T`` times itself (potential). Over a block of b steps
    ``ηΣ‖ê_j‖ ≤ (ηb · ηΣ‖ê_j‖²)^{1/2}``, with ``Σ_{j=a}^{a+b−1}q^{2j} = (q^{2a} − q^{2(a+b)})/(1−q²)``. Details:
    ``proofs/horizon.md``, section 4.

    Raises
    ------
    ValueError
        When ``η‖K0‖ ≤ 1`` is not proved.
    """
    with precision(BITS):
        step, size, eps, off = arb(eta), arb(norm), arb(K.distance), arb(K.error)
        top = arb(float(K.values[-1])) + eps
        if not step * top <= 1:
            raise ValueError("the step is larger than 1/‖K0‖")
        squares = [arb(c) * arb(c) for c in K.coordinates.tolist()]
        values = [arb(v) for v in K.values.tolist()]
        logs = [(-(step * v)).log1p() if step * v < 1 else None for v in values]
        T = step * steps

        def power(i: int, j: int) -> flint.arb:
            log = logs[i]
            if j == 0:
                return arb(1)
            return arb(0) if log is None else (log * j).exp()

        n = len(values)
        last = [power(i, steps) for i in range(n)]
        terminal = _root(sum((squares[i] * last[i] ** 2 for i in range(n)), arb(0))) + off + T * eps * size
        sums = [(1 - last[i]) / values[i] if values[i] > 0 else T for i in range(n)]
        energy = _root(sum((values[i] * sums[i] ** 2 * squares[i] for i in range(n)), arb(0))) + T.sqrt() * off
        potential = (energy**2 + eps * (T * size) ** 2).sqrt() + top.sqrt() * T * T * eps * size / 2
        blocks = []
        edges = edges_of(steps)
        previous = [arb(1)] * n
        for a, b in pairwise(edges):
            following = [power(i, b) for i in range(n)]
            total = arb(0)
            for i in range(n):
                v = step * values[i]
                total += squares[i] * ((previous[i] ** 2 - following[i] ** 2) / (v * (2 - v)) if v > 0 else arb(b - a))
            count = step * (b - a)
            blocks.append(
                (b - a, upper_float(count.sqrt() * _root(step * total) + count * (off + step * b * eps * size)))
            )
            previous = following
        return LinearisedPath(
            eta, steps, upper_float(terminal), upper_float(potential), tuple(blocks), upper_float(top)
        )


def _root(square: flint.arb) -> flint.arb:
    top = square.upper()
    return top.sqrt() if top > 0 else arb(0)


def edges_of(steps: int) -> list[int]:
    """0, …, steps in at most `BLOCKS` pieces that grow geometrically."""
    inner = np.unique(np.rint(np.geomspace(max(1, steps / 4000), steps, BLOCKS)).astype(np.int64)).tolist()
    return [0, *(k for k in inner if 0 < k < steps), steps]


def guess(K: Comparison, eta: float, steps: float) -> tuple[float, float, float]:
    """Float64 values of terminal, potential and action, for the search."""
    rate = np.log1p(-np.minimum(eta * K.values, 1 - 1e-15))
    c2: Floats = np.square(K.coordinates)
    decay = np.exp(steps * rate)
    terminal = float(np.sqrt((decay**2 * c2).sum()))
    potential = float(np.sqrt((np.square(1 - decay) * c2 / np.maximum(K.values, 1e-300)).sum()))
    times = np.concatenate([[0.0], np.geomspace(steps / 4000, steps, BLOCKS)])
    norms = np.sqrt((np.exp(2 * times[:, None] * rate[None, :]) * c2).sum(axis=1))
    action = float(eta * np.sum(np.diff(times) * (norms[1:] + norms[:-1]) / 2))
    return terminal, potential, action
