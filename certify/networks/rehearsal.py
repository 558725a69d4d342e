"""A rehearsal in plain floats, believed by nobody: it proposes the step size that the certified run then uses."""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import eigh

from certify.arithmetic.exact import Floats
from certify.networks.two_layer import Inputs, TwoLayer

_MARGIN = 0.99


def propose_step(network: TwoLayer, inputs: Inputs, beta: float, most: int) -> float:
    """A step size a little below ``1/S`` at the weights where the run is likely to be certified, four digits.

    At those weights ``βR* ≤ σ0``, so ``S = (‖J‖ + βR*)² ≤ (√λ_max + √λ_min)²``.
    """
    gram, s = inputs.rows @ inputs.rows.T, network.scale.ends[0]
    weights = network.weights
    bottom, top = _ends(network, inputs, weights, gram)
    if not top > 0:  # every slope underflows: nothing will be certified, whatever the step
        return 1.0
    if network.activation.kinked:  # ηλ_max ≤ 1 is asked for at the end, ηS ≤ 2 on the way
        S = (network.scale.ends[1] * network.outer_norm) ** 2 * float(eigh(gram, eigvals_only=True)[-1])
        return _four_digits(min(0.95 / top, 1.9 / S))
    eta = 0.9 / (math.sqrt(top) + math.sqrt(bottom)) ** 2
    goal = bottom / (2.0 * beta) if beta > 0 else math.inf
    for _ in range(most):
        found = network.activation.evaluate(inputs.rows @ weights.T)
        residual = s * (found.value @ network.outer.T) + network.offset - inputs.columns
        if not np.linalg.norm(residual) > goal:
            break
        weights = weights - (eta * s) * ((found.slope * (residual @ network.outer)).T @ inputs.rows)
    bottom, later = _ends(network, inputs, weights, gram)
    if not 0 < later < math.inf:
        return _four_digits(eta)
    # the first steps need η‖J‖² ≤ 2 where the run starts
    return _four_digits(min(_MARGIN / (math.sqrt(later) + math.sqrt(bottom)) ** 2, 1.9 / top))


def _ends(network: TwoLayer, inputs: Inputs, weights: Floats, gram: Floats) -> tuple[float, float]:
    q = network.outputs
    slopes = network.activation.evaluate(inputs.rows @ weights.T).slope[:, None, :] * network.outer
    rows = slopes.reshape(len(gram) * q, -1)
    if not np.isfinite(rows).all():
        return 0.0, math.inf
    whole = np.repeat(np.repeat(gram, q, 0), q, 1)
    values = eigh(network.scale.squared_ends[0] * (rows @ rows.T) * whole, eigvals_only=True)
    return max(float(values[0]), 0.0), float(values[-1])


def _four_digits(value: float) -> float:
    """``value`` rounded down to four significant decimal digits: the last bits of a rehearsal mean nothing."""
    power = math.floor(math.log10(value)) - 3
    return float(f"{math.floor(value / 10.0**power)}e{power}")
