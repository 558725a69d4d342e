"""How far values move, how steep and how curved they are on a ball of weights: a recursion over a network's graph.

`proofs/network.md`, section 5. All numbers are non-negative floats; sums, products, quotients and roots, rounded to
nearest, are enlarged once at the end by `INFLATE`. Each quantity is bounded for every sample (an array (n,)) and for
the whole stack of samples (a number): the stack's norms are those of matrices, not sums over samples.
"""

from __future__ import annotations

import math

import numpy as np

from certify.arithmetic.exact import Floats
from certify.networks.centre import Centre
from certify.networks.graph import Activate, Fixed, Graph, Layer, Sum

#: Covers the rounding of every recursion here: fewer than 2^18 operations on one path, each at most ``U``.
INFLATE = 1.0 + 2.0**-30


class Ball:
    """The forward recursion on the ball of radius R around the centre.

    Attributes
    ----------
    values :
        Node → ``‖h‖`` (n,).
    slope, slope_largest :
        Node → ``‖Dh‖`` for every sample (n,), from the Euclidean to the Euclidean and to the maximum norm.
    slope_stack :
        Node → ``‖DH‖`` of all samples together, to the Frobenius norm.
    curved, curved_stack :
        Node → ``‖D²h‖`` likewise.
    """

    def __init__(self, graph: Graph, centre: Centre, radius: float) -> None:
        self.graph, self.centre, self.radius = graph, centre, radius
        zero = np.zeros_like(centre.lengths[0])
        self.values: dict[int, Floats] = {0: centre.lengths[0]}
        self.slope: dict[int, Floats] = {0: zero}
        self.slope_largest: dict[int, Floats] = {0: zero}
        self.slope_stack: dict[int, float] = {0: 0.0}
        self.curved: dict[int, Floats] = {0: zero}
        self.curved_stack: dict[int, float] = {0: 0.0}
        for number, node in enumerate(graph.nodes, 1):
            if isinstance(node, Layer):
                self._layer(number, node)
            elif isinstance(node, Activate):
                self._activate(number, node)
            elif isinstance(node, Fixed):
                s = node.source
                norm = node.map.norm_bound
                self.slope[number], self.slope_stack[number] = norm * self.slope[s], norm * self.slope_stack[s]
                self.curved[number], self.curved_stack[number] = norm * self.curved[s], norm * self.curved_stack[s]
                self.slope_largest[number] = np.minimum(self.slope_largest[s], self.slope[number])
            else:
                for kept in (self.slope, self.slope_largest, self.curved):
                    kept[number] = kept[node.left] + kept[node.right]
                for total in (self.slope_stack, self.curved_stack):
                    total[number] = total[node.left] + total[node.right]
            reach = centre.lengths[number] + self.slope[number] * radius
            if isinstance(node, Activate) and node.activation.value_bound is not None:
                m = found_size(graph, number)
                reach = np.minimum(reach, math.sqrt(m) * node.activation.value_bound)
            self.values[number] = reach

    def own(self, layer: Layer) -> Floats:
        """``‖A(δW)h + δb‖`` for unit (δW, δb), every sample (n,)."""
        kappa = layer.map.multiplicity if layer.trained_weights else 0
        bias = layer.map.positions if layer.moving_bias else 0
        return np.asarray(np.sqrt(kappa * self.values[layer.source] ** 2 + bias))

    def own_stack(self, number: int, layer: Layer) -> float:
        """The same for all samples together: the matrix of inputs moves by at most ``√κ R ‖DH‖``."""
        if not layer.trained:
            return 0.0
        moved = math.sqrt(layer.map.multiplicity) * self.radius * self.slope_stack[layer.source]
        return self.centre.stack[number] + (moved if layer.trained_weights else 0.0)

    def _layer(self, number: int, node: Layer) -> None:
        s, moving = node.source, float(node.trained_weights)
        root = math.sqrt(node.map.multiplicity) * moving
        omega, rows = node.norm + root * self.radius, self.centre.rows[number] + moving * self.radius
        own_largest = moving * self.values[s] ** 2 + float(node.moving_bias)
        self.slope[number] = np.sqrt(self.own(node) ** 2 + (omega * self.slope[s]) ** 2)
        self.slope_largest[number] = np.sqrt(own_largest + (rows * self.slope[s]) ** 2)
        self.slope_stack[number] = math.hypot(self.own_stack(number, node), omega * self.slope_stack[s])
        self.curved[number] = np.asarray(bilinear(omega * self.curved[s], root * self.slope[s]))
        self.curved_stack[number] = float(bilinear(omega * self.curved_stack[s], root * self.slope_stack[s]))

    def _activate(self, number: int, node: Activate) -> None:
        s, B1, B2 = node.source, node.activation.slope_bound, node.activation.curvature_bound
        self.slope[number], self.slope_stack[number] = B1 * self.slope[s], B1 * self.slope_stack[s]
        self.slope_largest[number] = B1 * self.slope_largest[s]
        self.curved[number] = B2 * self.slope[s] * self.slope_largest[s] + B1 * self.curved[s]
        top = float(self.slope_largest[s].max(initial=0.0))
        self.curved_stack[number] = B2 * self.slope_stack[s] * top + B1 * self.curved_stack[s]

    def inside_cell(self) -> bool:
        """Does no pre-activation of a piecewise linear activation reach 0 on the ball?"""
        for number, margin in self.centre.margins.items():
            node = self.graph.nodes[number - 1]
            assert isinstance(node, Activate)
            reach = self.slope_largest[node.source] * (self.radius * INFLATE) + 2.0**-900
            # what never moves cannot cross
            if not np.all((margin > reach) | (self.slope_largest[node.source] == 0.0)):
                return False
        return True

    def forward(self) -> tuple[Floats, float]:
        """``≥ ‖D²(V h)‖`` on the ball for every sample (n,), and for all together."""
        h, moving = self.graph.output, float(self.graph.trained_outer)
        omega = self.graph.outer_norm + moving * self.radius
        each = bilinear(omega * self.curved[h], moving * self.slope[h])
        return np.asarray(each), float(bilinear(omega * self.curved_stack[h], moving * self.slope_stack[h]))


def bilinear(c: Floats | float, d: Floats | float) -> Floats | float:
    """``max 2xyd + cy²`` on ``x² + y² = 1``: ``½(c + √(c² + 4d²))``."""
    return (c + np.sqrt(c * c + 4.0 * d * d)) / 2.0


def found_size(graph: Graph, number: int) -> int:
    """Entries of a node's value."""
    while number > 0:
        node = graph.nodes[number - 1]
        if isinstance(node, Layer | Fixed):
            return node.map.outputs
        number = node.left if isinstance(node, Sum) else node.source
    return graph.inputs
