"""Forwards and backwards through a graph: values, slopes, adjoints and residual, each row with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, U, gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.errors import InputError
from certify.networks.graph import Activate, Fixed, Graph, Layer
from certify.networks.kernel import Gram, add_product, scaled
from certify.networks.linear import Convolution
from certify.networks.rows import ROUND, Rows, row_norms
from certify.networks.two_layer import LARGEST, norm_up


@dataclass(frozen=True)
class Propagated:
    """What is known at the weights.

    Attributes
    ----------
    values :
        Node number → its value (n, size).
    slopes :
        Activation's node → φ' there (n, size).
    margins :
        Node of a piecewise linear activation → lower bounds of ``|z|``, negative where the sign is not certain.
    adjoints :
        Node → derivatives of the q components of ``V h`` in the node's value (n·q, size); sample by sample.
    residual, residual_error : (n, q)
        Entrywise.
    """

    values: dict[int, Rows]
    slopes: dict[int, Rows]
    margins: dict[int, Floats]
    adjoints: dict[int, Rows]
    residual: Floats
    residual_error: Floats


def propagate(graph: Graph, X: Floats, Y: Floats) -> Propagated:
    """Forward and backward; X (n, d), Y (n, q) exact.

    Notes
    -----
    Errors are carried as Euclidean norms of rows. A linear map multiplies them by its norm and adds its rounding; φ
    multiplies them by B1 and adds ``√m`` times its own bound; φ' likewise with B2 (a piecewise linear φ': 1 for each
    entry whose sign is not certain). In ``B = β ∘ φ'`` an error of φ' counts with ``max|β|``, one of β with B1.

    Raises
    ------
    InputError
        If numbers are so large that products might overflow.
    """
    values: dict[int, Rows] = {0: Rows.exact(X)}
    slopes: dict[int, Rows] = {}
    margins: dict[int, Floats] = {}
    for number, node in enumerate(graph.nodes, 1):
        if isinstance(node, Layer):
            found = _layer(node, values[node.source])
        elif isinstance(node, Activate):
            found, slopes[number] = _activate(node, values[node.source])
            if node.activation.kinked:
                z = values[node.source]
                margins[number] = np.abs(z.middle) - z.error[:, None] * ROUND
        elif isinstance(node, Fixed):
            found = node.map.apply(values[node.source])
        else:
            found = values[node.left].plus(values[node.right])
        if not (np.isfinite(found.middle).all() and float(np.abs(found.middle).max(initial=0.0)) <= LARGEST):
            raise InputError("the weights or data are too large for the error bounds", "network", "rescale them")
        values[number] = found
    residual, error = _residual(graph, values[graph.output], Y)
    return Propagated(values, slopes, margins, _backwards(graph, values, slopes), residual, error)


def _layer(node: Layer, before: Rows) -> Rows:
    z = node.map.apply(before, node.norm)
    if node.bias is None:
        return z
    middle = z.middle + np.repeat(node.bias, node.map.positions)
    return Rows(middle, (z.error + U * row_norms(middle)) * ROUND)


def _activate(node: Activate, z: Rows) -> tuple[Rows, Rows]:
    phi = node.activation
    found = phi.evaluate(z.middle)
    root = math.sqrt(z.middle.shape[1])
    value = Rows(found.value, (phi.slope_bound * z.error + root * found.value_error) * ROUND)
    if phi.kinked:
        uncertain = (np.abs(z.middle) <= (z.error * ROUND)[:, None]).sum(axis=1)
        return value, Rows(found.slope, np.sqrt(uncertain) * ROUND)
    return value, Rows(found.slope, (phi.curvature_bound * z.error + root * found.slope_error) * ROUND)


def _backwards(graph: Graph, values: dict[int, Rows], slopes: dict[int, Rows]) -> dict[int, Rows]:
    n, q = len(values[0].middle), graph.outputs
    adjoints: dict[int, Rows] = {graph.output: Rows.exact(np.tile(graph.outer, (n, 1)))}

    def add(number: int, rows: Rows) -> None:
        adjoints[number] = adjoints[number].plus(rows) if number in adjoints else rows

    for number in range(len(graph.nodes), 0, -1):
        node, back = graph.nodes[number - 1], adjoints.get(number)
        if back is None:
            continue
        if isinstance(node, Layer):
            if node.source > 0:
                add(node.source, node.map.transpose(back, node.norm))
        elif isinstance(node, Activate):
            add(node.source, _times_slope(back, slopes[number].repeated(q), node.activation.slope_bound))
        elif isinstance(node, Fixed):
            add(node.source, node.map.transpose(back))
        else:
            add(node.left, back)
            add(node.right, back)
    return adjoints


def _times_slope(back: Rows, slope: Rows, slope_bound: float) -> Rows:
    middle = back.middle * slope.middle
    largest_entry = np.abs(back.middle).max(axis=1)
    error = slope_bound * back.error + (largest_entry + back.error) * slope.error + 1.01 * U * row_norms(middle)
    return Rows(middle, (error + middle.shape[1] * UNDERFLOW) * ROUND)


def _residual(graph: Graph, last: Rows, Y: Floats) -> tuple[Floats, Floats]:
    low, high = graph.scale.ends
    output = low * (last.middle @ graph.outer.T)
    lengths = np.array([norm_up(row) for row in graph.outer])
    shifted = output + (np.zeros(graph.outputs) if graph.offset is None else graph.offset)
    residual = shifted - Y
    m = graph.outer.shape[1]
    inner = lengths[None, :] * (last.error + gamma(m + 2) * row_norms(last.middle))[:, None]
    error = (
        high * (inner + m * UNDERFLOW)
        + (high - low) / low * np.abs(output)
        + U * (np.abs(output) + np.abs(shifted) + np.abs(residual))
    )
    return residual, (error + UNDERFLOW) * ROUND


def graph_kernel(graph: Graph, found: Propagated) -> SymmetricEnclosure:
    """Enclose the tangent kernel (n·q, n·q) of the trained parameters, sample by sample.

    Notes
    -----
    ``K = s²[(hhᵀ)⊗I + Σ_layers (H Hᵀ + 1)⊗11ᵀ ∘ BBᵀ] + 11ᵀ⊗I``: the first term if V is trained, the 1 for biases, the
    last for c. A convolution's term is the Gram matrix of its weights' gradients, which are few.
    """
    n, q = len(found.residual), graph.outputs
    size = n * q
    total, radius = np.zeros((size, size)), np.zeros((size, size))
    for number, layer in graph.layers():
        adjoint = found.adjoints.get(number)
        if adjoint is None or not layer.trained:
            continue
        before = found.values[layer.source]
        if isinstance(layer.map, Convolution):
            if layer.trained_weights:
                _add(total, radius, _gram(layer.map.weight_gradients(before, adjoint, q)))
            if layer.moving_bias:
                _add(total, radius, _gram(layer.map.bias_gradients(adjoint)))
            continue
        right = _gram(adjoint)
        if not layer.trained_weights:
            _add(total, radius, right)
            continue
        left = _gram(before)
        if layer.moving_bias:
            left.middle += 1.0
            left.radius = (left.radius + U * np.abs(left.middle)) * ROUND
        if q > 1:
            left.middle, left.radius = (np.repeat(np.repeat(A, q, 0), q, 1) for A in (left.middle, left.radius))
        add_product(total, radius, left, right)
    same_output = np.arange(size)[:, None] % q == np.arange(size)[None, :] % q
    if graph.trained_outer:
        last = _gram(found.values[graph.output])
        if q > 1:
            last.middle, last.radius = (
                np.where(same_output, np.repeat(np.repeat(A, q, 0), q, 1), 0.0) for A in (last.middle, last.radius)
            )
        _add(total, radius, last)
    total, radius = scaled(total, radius, graph.scale)
    if graph.moving_offset:
        total += same_output
        radius = (radius + U * np.abs(total)) * ROUND
    return SymmetricEnclosure.from_matrix(total, radius)


def _add(total: Floats, radius: Floats, gram: Gram) -> None:
    total += gram.middle
    radius += gram.radius
    radius += U * np.abs(total)
    radius *= ROUND


def _gram(rows: Rows) -> Gram:
    return Gram(rows.middle, rows.largest_error)
