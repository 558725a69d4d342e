"""Fully connected networks of any depth, all parameters trained: residual and tangent kernel, enclosed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, U, dot_error, gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers
from certify.errors import InputError
from certify.networks.activation import SmoothActivation
from certify.networks.kernel import Gram, add_product, scaled
from certify.networks.scale import Scale, upward
from certify.networks.two_layer import LARGEST, norm_up
from certify.spectrum.extremes import largest

_ROUND = 1.0 + 2.0**-40


@dataclass(frozen=True)
class Affine:
    """``z = Wh + b``: weights (out, in), bias (out,) or None, and an upper bound of the spectral norm of W."""

    weights: Floats
    bias: Floats | None
    norm: float


@dataclass(frozen=True)
class Deep:
    """``h_0 = x``, ``h_l = φ(W_l h_{l−1} + b_l)``, ``F = s v·h_L + c``; all W, v, and the b and c there are, trained.

    Attributes
    ----------
    offset :
        c, or None where there is none.
    """

    activation: SmoothActivation
    layers: tuple[Affine, ...]
    outer: Floats
    scale: Scale
    offset: float | None


@dataclass(frozen=True)
class Rows:
    """A matrix (n, k) whose every row is known up to an error of Euclidean norm ``error`` (n,)."""

    middle: Floats
    error: Floats

    def lengths(self) -> Floats:
        """Upper bounds of the rows' true norms (n,)."""
        return row_norms(self.middle) * _ROUND + self.error


@dataclass(frozen=True)
class DeepForward:
    """What is known at the weights.

    Attributes
    ----------
    hidden :
        ``H_0 = X, H_1, …, H_L``.
    slopes :
        ``φ'(Z_1), …, φ'(Z_L)``.
    adjoints :
        ``B_1, …, B_L``: derivatives of ``v·h_L`` in ``Z_1, …, Z_L``.
    backs :
        ``β_1, …, β_L``: derivatives of ``v·h_L`` in ``H_1, …, H_L``; ``B_l = β_l ∘ φ'(Z_l)``.
    residual, residual_error : (n,)
        Entrywise.
    """

    hidden: tuple[Rows, ...]
    slopes: tuple[Rows, ...]
    adjoints: tuple[Rows, ...]
    backs: tuple[Rows, ...]
    residual: Floats
    residual_error: Floats


def row_norms(array: Floats) -> Floats:
    """Upper bounds of the rows' Euclidean norms (n,)."""
    squares = np.einsum("ij,ij->i", array, array)
    k = array.shape[1]
    lengths: Floats = np.sqrt(squares * (1.0 + gamma(k + 8)) + k * 2.0**-1020) * _ROUND
    return lengths


def spectral_norm(matrix: Floats, pool: Workers) -> float:
    """Upper bound of ``‖W‖₂``: the largest eigenvalue of the smaller Gram matrix, or the Frobenius norm."""
    rows = np.ascontiguousarray(matrix if len(matrix) <= matrix.shape[1] else matrix.T)
    gram = Gram(rows, 0.0)
    top = largest(SymmetricEnclosure.from_matrix(gram.middle, gram.radius), pool).enclosure.upper
    frobenius = norm_up(matrix)
    return frobenius if top is None else min(frobenius, upward(math.sqrt(max(0.0, float(top)))))


def deep_forward(network: Deep, X: Floats, y: Floats) -> DeepForward:
    """Forward and backward through all layers.

    Notes
    -----
    Errors are carried as Euclidean norms of rows. A product ``fl(HWᵀ)`` of rows known to η is off, in norm, by at most
    ``‖W‖η + γ‖W‖_F‖ĥ‖`` (``|fl − exact| ≤ γ|ĥ||W|`` entrywise, Cauchy–Schwarz) and adding b by ``U`` of the sum. φ
    multiplies an error by B1 and adds ``√m`` times its own bound; φ' likewise with B2. In ``B_{l−1} = β ∘ φ'`` with
    ``β = B_lW_l`` an error of φ' counts with ``max|β|``, one of β with B1.

    Raises
    ------
    InputError
        If numbers are so large that products might overflow.
    """
    phi = network.activation
    hidden = [Rows(X, np.zeros(len(X)))]
    slopes: list[Rows] = []
    for layer in network.layers:
        z = _affine(hidden[-1], layer)
        if not (np.isfinite(z.middle).all() and float(np.abs(z.middle).max()) <= LARGEST):
            raise InputError("the weights or data are too large for the error bounds", "network", "rescale them")
        found = phi.evaluate(z.middle)
        root = math.sqrt(len(layer.weights))
        hidden.append(Rows(found.value, (phi.slope_bound * z.error + root * found.value_error) * _ROUND))
        slopes.append(Rows(found.slope, (phi.curvature_bound * z.error + root * found.slope_error) * _ROUND))
    backs = [Rows(np.broadcast_to(network.outer, hidden[-1].middle.shape), np.zeros(len(X)))]
    adjoints: list[Rows] = []
    for number in range(len(network.layers), 0, -1):
        adjoints.append(_times_slope(backs[-1], slopes[number - 1], phi.slope_bound))
        if number > 1:
            layer = network.layers[number - 1]
            product = adjoints[-1].middle @ layer.weights
            backs.append(Rows(product, _product_error(adjoints[-1], layer)))
    residual, error = _residual(network, hidden[-1], y)
    return DeepForward(tuple(hidden), tuple(slopes), tuple(reversed(adjoints)), tuple(reversed(backs)), residual, error)


def _product_error(rows: Rows, layer: Affine) -> Floats:
    length = max(layer.weights.shape)
    rounding = dot_error(length) * norm_up(layer.weights) * row_norms(rows.middle)
    error: Floats = (layer.norm * rows.error + rounding + length * UNDERFLOW) * _ROUND
    return error


def _affine(rows: Rows, layer: Affine) -> Rows:
    z = rows.middle @ layer.weights.T
    error = _product_error(rows, layer)
    if layer.bias is not None:
        z += layer.bias
        error = (error + U * row_norms(z)) * _ROUND
    return Rows(z, error)


def _times_slope(back: Rows, slope: Rows, slope_bound: float) -> Rows:
    middle = back.middle * slope.middle
    largest_entry = np.abs(back.middle).max(axis=1)
    error = slope_bound * back.error + (largest_entry + back.error) * slope.error + 1.01 * U * row_norms(middle)
    return Rows(middle, (error + middle.shape[1] * UNDERFLOW) * _ROUND)


def _residual(network: Deep, last: Rows, y: Floats) -> tuple[Floats, Floats]:
    low, high = network.scale.ends
    total = last.middle @ network.outer
    length = norm_up(network.outer)
    output = low * total
    offset = network.offset or 0.0
    shifted = output + offset
    residual = shifted - y
    inner = length * last.error + gamma(len(network.outer) + 2) * length * row_norms(last.middle)
    error = (
        high * inner + (high - low) / low * np.abs(output) + U * (np.abs(output) + np.abs(shifted) + np.abs(residual))
    )
    return residual, (error + len(network.outer) * UNDERFLOW) * _ROUND


def deep_kernel(network: Deep, found: DeepForward) -> SymmetricEnclosure:
    """Enclose ``K = s²[H_LH_Lᵀ + Σ_l (H_{l−1}H_{l−1}ᵀ + 1)∘(B_lB_lᵀ)] + 1``: the 1 where there are biases."""
    n = len(found.residual)
    total, radius = np.zeros((n, n)), np.zeros((n, n))
    for layer, before, adjoint in zip(network.layers, found.hidden, found.adjoints, strict=False):
        left = _gram(before)
        if layer.bias is not None:
            left.middle += 1.0
            left.radius = (left.radius + U * np.abs(left.middle)) * _ROUND
        add_product(total, radius, left, _gram(adjoint))
    last = _gram(found.hidden[-1])
    total += last.middle
    radius = (radius + last.radius + U * np.abs(total)) * _ROUND
    total, radius = scaled(total, radius, network.scale)
    if network.offset is not None:
        total += 1.0
        radius = (radius + U * np.abs(total)) * _ROUND
    return SymmetricEnclosure.from_matrix(total, radius)


def _gram(rows: Rows) -> Gram:
    return Gram(rows.middle, float(rows.error.max(initial=0.0)))
