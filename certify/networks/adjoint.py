"""The adjoint form of a network's second derivative on a ball, bounded by a small non-negative matrix.

`proofs/network.md`, section 5: with ``t_a = Dz_a[δ]`` for every activation a and ``β``, B the derivatives of the output
in values and pre-activations, ``D²(u·F)[δ,δ] = 2uδV·Dh + Σ_layers 2B·A(δW)Dh + Σ_a β_a·(φ''∘t_a²)``.
"""

from __future__ import annotations

import math

import numpy as np

from certify.arithmetic.exact import Floats
from certify.networks.ball import Ball
from certify.networks.graph import Activate, Fixed, Layer

#: A path's norms: at the centre, and how much larger on the ball.
Path = tuple[float, Floats]


class Paths:
    """Bounds of ``‖∂(node k)/∂(layer l)‖``: the value at the centre (a number) and its change on the ball (n,)."""

    def __init__(self, ball: Ball) -> None:
        self.ball = ball
        self.epsilon = {
            number: node.activation.curvature_bound * ball.slope_largest[node.source] * ball.radius
            for number, node in enumerate(ball.graph.nodes, 1)
            if isinstance(node, Activate)
        }

    def of(self, start: int) -> dict[int, Path]:
        """From layer ``start`` to every later node that depends on it."""
        ball, centre = self.ball, self.ball.centre
        zero = np.zeros_like(centre.lengths[0])
        found: dict[int, Path] = {start: (1.0, zero)}
        for number, node in enumerate(ball.graph.nodes, 1):
            if number <= start:
                continue
            if isinstance(node, Layer):
                if node.source in found:
                    found[number] = self._layer(number, node, found)
            elif isinstance(node, Activate):
                if node.source in found:
                    first, change = found[node.source]
                    top = centre.slope_largest[number]
                    found[number] = (top * first, self.epsilon[number] * (first + change) + top * change)
            elif isinstance(node, Fixed):
                if node.source in found:
                    first, change = found[node.source]
                    found[number] = (node.map.norm_bound * first, node.map.norm_bound * change)
            else:
                parts = [found[s] for s in (node.left, node.right) if s in found]
                if parts:
                    found[number] = (sum(p[0] for p in parts), sum((p[1] for p in parts), zero))
        return found

    def _layer(self, number: int, node: Layer, found: dict[int, Path]) -> Path:
        ball, centre = self.ball, self.ball.centre
        moved = math.sqrt(node.map.multiplicity) * ball.radius if node.trained_weights else 0.0
        here, change = found[node.source]
        source = ball.graph.nodes[node.source - 1] if node.source else None
        if isinstance(source, Activate):
            first, before = found[source.source]
            full = np.minimum(source.activation.slope_bound * (first + before), here + change)
            kept = node.norm * self.epsilon[node.source] * (first + before) + centre.through[number] * before
            return centre.through[number] * first, moved * full + kept
        return node.norm * here, moved * (here + change) + node.norm * change


def adjoint_changes(ball: Ball, paths: Paths) -> dict[int, Floats]:
    """Node → how much the norm of its adjoint can change on the ball (n,), output rows of unit weight."""
    graph, centre, R = ball.graph, ball.centre, ball.radius
    one = np.ones_like(centre.lengths[0])
    changes: dict[int, Floats] = {graph.output: (R if graph.trained_outer else 0.0) * one}

    def add(number: int, change: Floats) -> None:
        changes[number] = changes[number] + change if number in changes else change

    for number in range(len(graph.nodes), 0, -1):
        node = graph.nodes[number - 1]
        if number not in changes:
            continue
        change = changes[number]
        if isinstance(node, Layer):
            moved = math.sqrt(node.map.multiplicity) * R if node.trained_weights else 0.0
            add(node.source, node.norm * change + moved * (centre.adjoint[number] + change))
        elif isinstance(node, Activate):
            phi = node.activation
            by_entry = centre.adjoint_largest[number] * phi.curvature_bound * ball.slope[node.source] * R
            by_norm = centre.adjoint[number] * paths.epsilon[number]
            add(node.source, phi.slope_bound * change + np.minimum(by_entry, by_norm))
        elif isinstance(node, Fixed):
            add(node.source, node.map.norm_bound * change)
        else:
            add(node.left, change)
            add(node.right, change)
    return changes


def adjoint_curvature(ball: Ball) -> tuple[Floats, float]:
    """``≥ ‖D²(V h)‖`` on the ball, for every sample (n,) and for all together.

    ``λ_max(sym Q)`` of non-negative matrices Q whose unknowns are the norms of the layers' moves.
    """
    graph, centre = ball.graph, ball.centre
    paths = Paths(ball)
    changes = adjoint_changes(ball, paths)
    trained = [(k, layer) for k, layer in graph.layers() if layer.trained and k in changes]
    count, n = len(trained) + 1, len(centre.lengths[0])
    own = [ball.own(layer) for _, layer in trained]
    own_stack = [ball.own_stack(k, layer) for k, layer in trained]
    routes = [paths.of(k) for k, _ in trained]

    def reach(number: int) -> tuple[Floats, Floats]:
        """``‖D(node)‖`` by layers: every sample (n, L), all together (L,)."""
        each, stack = np.zeros((n, count)), np.zeros(count)
        for place, route in enumerate(routes):
            if number in route:
                size = route[number][0] + route[number][1]
                each[:, place], stack[place] = size * own[place], float(size.max()) * own_stack[place]
        return each, stack

    Q, together = np.zeros((n, count, count)), np.zeros((count, count))
    for number, node in enumerate(graph.nodes, 1):
        if isinstance(node, Activate) and number in changes and node.activation.curvature_bound > 0:
            weight = node.activation.curvature_bound * (centre.adjoint_largest[number] + changes[number])
            each, stack = reach(node.source)
            Q += weight[:, None, None] * each[:, :, None] * each[:, None, :]
            together += float(weight.max()) * np.outer(each.max(axis=0), stack)
    for place, (number, layer) in enumerate(trained):
        if layer.trained_weights:
            size = math.sqrt(layer.map.multiplicity) * (centre.adjoint[number] + changes[number])
            each, stack = reach(layer.source)
            Q[:, place, :] += 2.0 * size[:, None] * each
            together[place] += 2.0 * float(size.max()) * stack
    if graph.trained_outer:
        each, stack = reach(graph.output)
        Q[:, -1, :] += 2.0 * each
        together[-1] += 2.0 * stack
    return largest_root(Q), float(largest_root(together[None])[0])


def largest_root(Q: Floats) -> Floats:
    """``≥ λ_max((Q + Qᵀ)/2)`` for non-negative matrices (k, L, L), not yet enlarged for rounding.

    Collatz and Wielandt's quotient ``max_i (Ax)_i/x_i`` bounds it for any positive x; x is an approximate eigenvector.
    """
    A = (Q + Q.transpose(0, 2, 1)) / 2.0
    x = np.ones(A.shape[:2])
    for _ in range(40):
        y = np.einsum("nij,nj->ni", A, x)
        x = np.maximum(y / np.maximum(y.max(axis=1), 1e-300)[:, None], 1e-6)
    return np.asarray((np.einsum("nij,nj->ni", A, x) / x).max(axis=1))
