"""What `relu.gd` wants to know of a two-layer ReLU network at its weights, and the choice of its free action."""

from __future__ import annotations

import math

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.networks.flips import FlipTable, aligned_action
from certify.networks.lipschitz import jacobian_norm_squared
from certify.networks.scale import upward
from certify.networks.two_layer import Forward, Inputs, TwoLayer
from certify.theorems.at_weights import ReluAtWeights

_COARSE, _FINE = 40, 16
_TINY = 2.0**-600


def known_relu(
    network: TwoLayer,
    inputs: Inputs,
    found: Forward,
    kernel: SymmetricEnclosure,
    ends: tuple[float, float],
    norm_x_squared: Enclosure,
    distance: float,
) -> ReluAtWeights:
    """The theorem's numbers.

    Parameters
    ----------
    kernel, ends :
        The tangent kernel; a number ≤ λ_min, at least 0, and one ≥ λ_max.
    distance :
        How far the start may be from these weights.
    """
    bottom, top = ends
    S = jacobian_norm_squared(network, norm_x_squared)
    away = upward(math.sqrt(S) * distance)
    residual = upward(found.norm + away)
    if not bottom > 0.0:
        return ReluAtWeights(bottom, found.norm, S, top, _TINY, 0.0, 1.0, distance)
    table = FlipTable(network, inputs, found, distance)
    action = aligned_action(kernel, bottom, found.residual, upward(found.residual_norm_error + away), residual)
    action = max(action, _TINY)
    tau, change = _best_action(table, bottom, action)
    return ReluAtWeights(bottom, found.norm, S, top, action, change, tau, distance)


def _best_action(table: FlipTable, bottom: float, action: float) -> tuple[float, float]:
    """A τ for which the theorem speaks with a small change of the kernel, else that which comes nearest.

    ``τ(λ0 − ε(τ))`` is the largest ``Tλ0`` that is admitted.
    """

    def admitted(tau: float) -> float:
        return tau * (bottom - table.kernel_change(tau))

    grid = [action * 2.0 ** (k / 2.0 - 14.0) for k in range(_COARSE)]
    values = [admitted(tau) for tau in grid]
    best = max(range(_COARSE), key=values.__getitem__)
    tau = grid[best]
    if values[best] <= action * bottom:
        around = [tau * 2.0 ** ((k - _FINE / 2) / _FINE) for k in range(_FINE)]
        tau = max([tau, *around], key=admitted)
    if admitted(tau) > action * bottom:
        # anything that speaks will do: the one whose shares ε/λ0 and T/τ are smallest together
        span = math.log2(max(tau / action, 1.0)) + 2.0
        speaking = [action * 2.0 ** (span * k / _FINE) for k in range(1, _FINE + 1)] + [tau]
        shares = {t: table.kernel_change(t) / bottom + action / t for t in speaking if admitted(t) > action * bottom}
        tau = min(shares, key=shares.__getitem__)
    return tau, table.kernel_change(tau)
