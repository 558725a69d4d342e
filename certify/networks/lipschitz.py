"""How fast the Jacobian of a two-layer network can change, and how large it can be, anywhere."""

from __future__ import annotations

from fractions import Fraction

import flint

from certify.arithmetic.balls import WORKING_BITS, arb, precision, upper_float
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.networks.two_layer import TwoLayer
from certify.symbolic.evaluate import evaluate


def exact_square(values: Floats) -> Fraction:
    """``Σ v²`` exactly."""
    return sum((Fraction(v) ** 2 for v in values.ravel().tolist()), Fraction(0))


def jacobian_lipschitz(network: TwoLayer, q_x_squared: Enclosure) -> float:
    """A float ``β ≥ s·max‖v_r‖·B2·q_X``: ``‖J(W) − J(W')‖ ≤ β‖W − W'‖_F`` for all W, W' (`proofs/network.md`).

    Of a piecewise linear φ: 0, which holds as long as no pre-activation changes its sign.
    """
    if network.activation.kinked:
        return 0.0
    with precision(WORKING_BITS):
        curvature = evaluate(network.activation.symbolic.curvature_bound, {})
        return upper_float(
            network.scale.ball() * arb(network.outer_largest) * curvature * q_x_squared.upper_arb().sqrt()
        )


def jacobian_norm_squared(network: TwoLayer, norm_x_squared: Enclosure) -> float:
    """A float ``S ≥ s²B1²‖V‖²‖X‖² ≥ ‖J(W)‖²`` for all W."""
    with precision(WORKING_BITS):
        slope = evaluate(network.activation.symbolic.slope_bound, {})
        squares: flint.arb = arb(network.scale.squared) * (
            arb(exact_square(network.outer)) if network.outputs == 1 else arb(network.outer_norm) ** 2
        )
        return upper_float(squares * slope**2 * norm_x_squared.upper_arb())


def jacobian_norm_squared_on_ball(lambda_max: Enclosure, beta: float, radius: float) -> float:
    """A float ``≥ (√λ_max(K) + βR)² ≥ ‖J‖²`` on the ball of radius R around the weights with kernel K."""
    with precision(WORKING_BITS):
        return upper_float((lambda_max.upper_arb().sqrt() + arb(beta) * arb(radius)) ** 2)
