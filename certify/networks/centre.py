"""What bounds of a network's curvature need of its weights at the centre of a ball."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.workers import Workers
from certify.networks.graph import Activate, Graph, Layer
from certify.networks.propagate import Propagated
from certify.networks.rows import ROUND, Rows, spectral_norm
from certify.networks.scale import upward
from certify.networks.two_layer import norm_up


@dataclass(frozen=True)
class Centre:
    """What the recursions need of the weights at the centre; every entry is an upper bound.

    Attributes
    ----------
    lengths :
        Node → ``‖h‖`` for every sample (n,).
    adjoint, adjoint_largest :
        Node → norm of the q adjoints of every sample as a matrix, and the largest norm of its columns (n,).
    stack :
        Layer's node → norm of the matrix of all trained inputs: patches, and a column of ones for a trained bias.
    through :
        Layer's node → ``max_i ‖A diag φ'(z_i)‖`` where it reads an activation, else ``‖A‖``.
    rows :
        Layer's node → largest norm of a row of its weights.
    slope_largest :
        Activation's node → ``max φ'``.
    margins :
        Piecewise linear activation's node → lower bounds of ``min_j |z_j|`` (n,).
    """

    lengths: dict[int, Floats]
    adjoint: dict[int, Floats]
    adjoint_largest: dict[int, Floats]
    stack: dict[int, float]
    through: dict[int, float]
    rows: dict[int, float]
    slope_largest: dict[int, float]
    margins: dict[int, Floats]


def centre_of(graph: Graph, found: Propagated, pool: Workers) -> Centre:
    """Measure a network at its weights."""
    n, q = len(found.residual), graph.outputs
    adjoint, largest = {}, {}
    for number, rows in found.adjoints.items():
        adjoint[number], largest[number] = _matrix_norms(rows, n, q)
    slope_largest, tops = {}, {}
    for number, node in enumerate(graph.nodes, 1):
        if isinstance(node, Activate):
            slopes = found.slopes[number]
            # true slopes lie below the largest of the samples' plus the error, and never above B1
            top = np.minimum(slopes.middle.max(axis=0) + slopes.largest_error, node.activation.slope_bound) * ROUND
            tops[number], slope_largest[number] = top, float(top.max())
    stack, through, longest = {}, {}, {}
    for number, layer in graph.layers():
        longest[number] = max(norm_up(row) for row in layer.map.weights)
        # A diag φ' = (A diag top) diag(φ'/top), and the last factor has norm ≤ 1
        top = tops.get(layer.source)
        through[number] = layer.norm if top is None else min(layer.map.norm(pool, top), upward(layer.norm * top.max()))
        if layer.trained:
            stack[number] = _stack_norm(layer, found.values[layer.source], pool)
    lengths = {number: rows.lengths() for number, rows in found.values.items()}
    margins = {number: margin.min(axis=1) for number, margin in found.margins.items()}
    return Centre(lengths, adjoint, largest, stack, through, longest, slope_largest, margins)


def _stack_norm(layer: Layer, before: Rows, pool: Workers) -> float:
    patches = layer.map.patches(before.middle)
    parts = [patches] if layer.trained_weights else []
    if layer.moving_bias:
        parts.append(np.ones((len(patches), 1)))
    norm = spectral_norm(np.concatenate(parts, axis=1), pool)
    # the patches' errors together are at most √κ times those of the rows
    return upward(norm + math.sqrt(layer.map.multiplicity * len(before.middle)) * before.largest_error)


def _matrix_norms(rows: Rows, n: int, q: int) -> tuple[Floats, Floats]:
    """Norms of the (q, m) matrices of every sample: at most Frobenius', or the root of the Gram's largest row sum."""
    if q == 1:
        return rows.lengths(), (np.abs(rows.middle).max(axis=1) + rows.error) * ROUND
    A = rows.middle.reshape(n, q, -1)
    error = np.sqrt((rows.error.reshape(n, q) ** 2).sum(axis=1))
    gram = np.abs(A @ A.transpose(0, 2, 1)).sum(axis=2).max(axis=1)
    squares = np.einsum("iam,iam->im", A, A)
    frobenius = np.sqrt(squares.sum(axis=1))
    # an entry of the computed Gram is off by at most γ‖a‖‖b‖, a row sum by γ√q‖A‖_F²
    slack = 2.0**-28 * frobenius
    norm = np.minimum(frobenius, np.sqrt(gram + slack * frobenius)) + slack + 2.0**-400
    return (norm + error) * ROUND, (np.sqrt(squares.max(axis=1)) * (1.0 + 2.0**-28) + error) * ROUND
