"""The tangent kernel of a network at its weights, as an enclosure: layer by layer, no Jacobian in memory."""

from __future__ import annotations

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, U, chunked_dot_error
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.networks.scale import Scale, upward
from certify.networks.two_layer import Forward, Inputs, TwoLayer, longest_row

_CHUNK = 256
_ROUND = 1.0 + 2.0**-40


class Gram:
    """``A Aᵀ`` for rows of A (n, k) known up to an error: midpoints (n, n), radii as a matrix.

    Parameters
    ----------
    rows : (n, k)
        Â.
    row_error :
        Upper bound of ``‖a_i − â_i‖`` for every row.
    """

    def __init__(self, rows: Floats, row_error: float) -> None:
        n, k = rows.shape
        product = np.zeros((n, n))
        for start in range(0, k, _CHUNK):
            part = np.ascontiguousarray(rows[:, start : start + _CHUNK])
            product += part @ part.T
        self.middle = np.triu(product) + np.triu(product, 1).T
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows)) * (1.0 + 2.0**-24) + 2.0**-500
        self.radius = gram_radius(lengths, row_error, chunked_dot_error(k, _CHUNK), k)


def gram_radius(lengths: Floats, row_error: float, rounding: float, k: int) -> Floats:
    """Entrywise bound of the error of a computed ``ÂÂᵀ`` against ``AAᵀ``.

    Notes
    -----
    Rounding: at most ``rounding·|â_i|·|â_j| ≤ rounding·‖â_i‖‖â_j‖`` (Cauchy–Schwarz). Data:
    ``|a_i·a_j − â_i·â_j| ≤ ρ(‖â_i‖ + ‖â_j‖) + ρ²``, ρ = ``row_error``. Here ``lengths ≥ ‖â_i‖``.
    """
    radius = (rounding * lengths)[:, None] * lengths[None, :]
    radius += (row_error * lengths)[:, None]
    radius += (row_error * lengths)[None, :]
    radius += row_error * row_error + k * UNDERFLOW
    radius *= _ROUND
    return radius


def add_product(total: Floats, radius: Floats, left: Gram, right: Gram) -> None:
    """Add the entrywise product of two enclosed matrices to ``total ± radius``.

    Notes
    -----
    ``|LR − L̂R̂| ≤ |L̂|δR + |R̂|δL + δLδR``; the product and the addition are rounded once each.
    """
    product = left.middle * right.middle
    radius += (np.abs(left.middle) * right.radius + np.abs(right.middle) * left.radius) * _ROUND
    radius += left.radius * right.radius * _ROUND
    radius += (2.0 * U) * np.abs(product) + UNDERFLOW
    total += product
    radius += (2.0 * U) * np.abs(total)


def scaled(total: Floats, radius: Floats, scale: Scale) -> tuple[Floats, Floats]:
    """Middle and radius of ``s²·(total ± radius)``: s² is off by its two ends' distance, the product rounded once."""
    low, high = scale.squared_ends
    middle = total * low
    return middle, (radius * high + np.abs(middle) * ((high - low) / low + 2.0 * U) + UNDERFLOW) * _ROUND


def scaled_enclosure(total: Floats, radius: Floats, scale: Scale) -> SymmetricEnclosure:
    """``s²·(total ± radius)`` as an enclosure; see `scaled`."""
    return SymmetricEnclosure.from_matrix(*scaled(total, radius, scale))


def tangent_kernel(network: TwoLayer, inputs: Inputs, found: Forward) -> SymmetricEnclosure:
    """Enclose ``K = s² [(D∘v_a)(D∘v_b)ᵀ]∘(XXᵀ)``, ``D = φ'(Z)``, of the trained layer, (n·q, n·q), sample by sample.

    Notes
    -----
    The rows of ``D∘v_a`` are off by at most ``max‖v_a‖(slope_error + U·max|D̂|)``, X is exact.
    """
    n, q = inputs.n, network.outputs
    rows = (found.slopes[:, None, :] * network.outer[None, :, :]).reshape(n * q, -1)
    largest = float(np.abs(found.slopes).max(initial=0.0))
    longest = network.outer_norm if q == 1 else longest_row(network.outer)
    error = upward(longest * (found.slope_error + 1.01 * U * largest) + network.width * UNDERFLOW)
    total, radius = np.zeros((n * q, n * q)), np.zeros((n * q, n * q))
    data = Gram(inputs.rows, 0.0)
    if q > 1:
        data.middle, data.radius = (np.repeat(np.repeat(A, q, 0), q, 1) for A in (data.middle, data.radius))
    add_product(total, radius, Gram(rows, error), data)
    return scaled_enclosure(total, radius, network.scale)
