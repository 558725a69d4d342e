"""The tangent kernel of a two-layer network at drawn weights of any width, neurons passing through in chunks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, U, dot_error, gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.kernels.rows import UnitRows
from certify.networks.activation import SMOOTH
from certify.networks.initial import initial_weights
from certify.networks.kernel import Gram, add_product, gram_radius, scaled
from certify.networks.scale import Scale, upward
from certify.networks.two_layer import longest_row

CHUNK = 256
_NEURONS = 4096
RADII = 192
"""Radii at which flips are counted: a geometric grid from 2^-30 to 2^6."""


@dataclass(frozen=True)
class DrawnKernel:
    """``K0 = (α²/N)(ΦΦᵀ)∘G`` over the N distinct neurons of a paired network, and what else their weights tell.

    Attributes
    ----------
    kernel :
        The enclosure.
    radii, flips :
        ReLU: ``flips[i, l]`` is at least the number of the m neurons with ``|w_r·x_i| ≤ radii[l]·‖x_i‖``.
    """

    kernel: SymmetricEnclosure
    radii: Floats
    flips: Floats


def rows_of(X: Floats, unit: UnitRows) -> tuple[Floats, float]:
    """The rows as floats, and a bound of the Euclidean error of each: 0, or that of normalised rows.

    `UnitRows.near` is right to ``U(|z| + 2^-26)`` entrywise, so to ``U(1 + 2^-26 √d)(1 + 2^-10)`` as a row.
    """
    if not unit.normalized:
        return X, 0.0
    return unit.near, U * (1.0 + 2.0**-26 * math.sqrt(unit.d)) * (1.0 + 2.0**-10)


def drawn_kernel(activation: str, X: Floats, unit: UnitRows, width: int, seed: int, alpha: Fraction) -> DrawnKernel:
    """Draw a paired network (`initial_weights`) and enclose its kernel.

    Parameters
    ----------
    activation :
        ``relu``, or one of `SMOOTH`.
    X, unit :
        The exact data and its `UnitRows`.

    Notes
    -----
    A pre-activation of the rows as floats is off by ``γ_d‖w‖‖x̂‖`` (`dot_error`), and by ``‖w‖·row_error`` from that
    of the exact rows. ReLU: a slope is 0 or 1 where ``|z|`` exceeds that; the others count as errors of size 1.
    Flips are counted with margins enlarged by it, relatively to ``‖x_i‖`` enlarged by `UnitRows`' error.
    """
    weights = initial_weights(width, X.shape[1], "paired", seed)[0][: width // 2]
    rows, row_error = rows_of(X, unit)
    n, N = len(rows), len(weights)
    longest = longest_row(rows)
    heaviest = longest_row(weights)
    error = upward(dot_error(rows.shape[1]) * heaviest * longest + heaviest * row_error + rows.shape[1] * UNDERFLOW)
    relu = activation == "relu"
    radii = np.geomspace(2.0**-30, 2.0**6, RADII)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows)) * (1.0 + gamma(rows.shape[1] + 8)) + row_error
    limits = radii[None, :] * lengths[:, None] * (1.0 + 2.0**-40) + error
    flips = np.zeros((n, RADII))
    product, squares = np.zeros((n, n)), np.zeros(n)
    uncertain = np.zeros(n)
    slope_error = 0.0
    for start in range(0, N, _NEURONS):
        Z = rows @ weights[start : start + _NEURONS].T
        if relu:
            slopes = (Z > 0).astype(np.float64)
            size = np.abs(Z)
            uncertain += (size <= error).sum(axis=1)
            for i in range(n):
                flips[i] += 2.0 * np.searchsorted(np.sort(size[i]), limits[i], side="right")
        else:
            found = SMOOTH[activation].evaluate(Z)
            slopes = found.slope
            slope_error = max(slope_error, upward(found.slope_error + SMOOTH[activation].curvature_bound * error))
        for first in range(0, slopes.shape[1], CHUNK):
            part = np.ascontiguousarray(slopes[:, first : first + CHUNK])
            product += part @ part.T
        squares += np.einsum("ij,ij->i", slopes, slopes)
    off = math.sqrt(float(uncertain.max())) if relu else upward(slope_error * math.sqrt(N))
    pieces = -(-N // CHUNK) + -(-N // _NEURONS)
    rounding = gamma(CHUNK + pieces)
    sizes = np.sqrt(squares) * (1.0 + 2.0**-20) + 2.0**-500
    inner = _Middle(np.triu(product) + np.triu(product, 1).T, gram_radius(sizes, off * (1.0 + 2.0**-40), rounding, N))
    total, radius = np.zeros((n, n)), np.zeros((n, n))
    add_product(total, radius, inner, Gram(rows, row_error))  # type: ignore[arg-type]
    kernel = SymmetricEnclosure.from_matrix(*scaled(total, radius, Scale(alpha**2 / N)))
    return DrawnKernel(kernel, radii, flips)


@dataclass(frozen=True)
class _Middle:
    """An enclosed matrix, as `add_product` takes it."""

    middle: Floats
    radius: Floats
