"""A Lipschitz constant of a network's Jacobian on a ball of weights, the best of four bounds."""

from __future__ import annotations

import math

import numpy as np

from certify.networks.adjoint import adjoint_curvature
from certify.networks.ball import INFLATE, Ball
from certify.networks.centre import Centre
from certify.networks.graph import Graph
from certify.networks.scale import upward
from certify.networks.two_layer import norm_up


def lipschitz(graph: Graph, centre: Centre, radius: float) -> float:
    """A float β with ``‖J(w) − J(w')‖ ≤ β‖w − w'‖`` on ``B(centre, radius)``; inf where nothing is known.

    The least of the forward recursion and the adjoint form, each summed over samples or taken for all together.
    """
    if not any(layer.trained for _, layer in graph.layers()):
        return 0.0  # the output is linear in its own layer's parameters
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
        ball = Ball(graph, centre, radius)
        if not ball.inside_cell():
            return math.inf
        each, stack = ball.forward()
        each_adjoint, stack_adjoint = adjoint_curvature(ball)
        each = np.fmin(each, each_adjoint)
        candidates = [stack, stack_adjoint]
        if np.isfinite(each).all():
            candidates.append(norm_up(each))
    finite = [value for value in candidates if math.isfinite(value)]
    if not finite:
        return math.inf
    return upward(min(finite) * INFLATE * graph.scale.ends[1])
