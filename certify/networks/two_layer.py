"""A two-layer network whose first layer is trained, at its exact float weights: residual and slopes, enclosed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, U, chunked_dot_error, dot_error, gamma
from certify.errors import InputError
from certify.networks.activation import SmoothActivation
from certify.networks.scale import Scale, output_scale, upward

#: Pre-activations beyond this are refused: the lemmas assume that nothing overflows.
LARGEST = 2.0**100
#: Larger inputs and targets are refused for the same reason.
MODERATE = 2.0**120
#: Entries worked on at once, so that temporaries stay in cache.
_BLOCK = 1 << 15
_CHUNK = 256


@dataclass(frozen=True)
class TwoLayer:
    """``F_i(W) = s Σ_r v_r φ(w_r·x_i) + c`` in R^q; W is trained, V, s and c are not.

    Attributes
    ----------
    activation :
        φ.
    weights : (m, d)
        W, exact.
    outer : (q, m)
        V, exact, columns v_r.
    scale :
        s.
    offset : (q,)
        c, exact.
    """

    activation: SmoothActivation
    weights: Floats
    outer: Floats
    scale: Scale
    offset: Floats

    @property
    def width(self) -> int:
        """Number m of hidden neurons."""
        return int(self.outer.shape[1])

    @property
    def outputs(self) -> int:
        """Number q of outputs."""
        return len(self.outer)

    @cached_property
    def outer_norm(self) -> float:
        """Upper bound of ``‖V‖``."""
        return matrix_norm_up(self.outer)

    @cached_property
    def outer_frobenius(self) -> float:
        """Upper bound of ``‖V‖_F``."""
        return norm_up(self.outer)

    @cached_property
    def outer_largest(self) -> float:
        """Upper bound of ``max‖v_r‖``; exact for one output."""
        return float(np.abs(self.outer).max()) if self.outputs == 1 else longest_row(self.outer.T)

    def at(self, weights: Floats) -> TwoLayer:
        """The same network with other trained weights."""
        return replace(self, weights=weights)


@dataclass(frozen=True)
class Inputs:
    """The data as the network sees them: rows (a bias appended as a column of ones), targets, and their sizes.

    Attributes
    ----------
    rows : (n, d)
        X, exact.
    targets : (n,) or (n, q)
        y, exact.
    longest, frobenius :
        Upper bounds of ``max‖x_i‖`` and ``‖X‖_F``.
    """

    rows: Floats
    targets: Floats

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.rows)

    @property
    def columns(self) -> Floats:
        """The targets as (n, q)."""
        return self.targets.reshape(self.n, -1)

    @cached_property
    def longest(self) -> float:
        """Upper bound of ``max‖x_i‖``."""
        return longest_row(self.rows)

    @cached_property
    def frobenius(self) -> float:
        """Upper bound of ``‖X‖_F``."""
        return norm_up(self.rows)


@dataclass(frozen=True)
class Forward:
    """``|slopes − φ'(Z)| ≤ slope_error`` entrywise (n, m), ``|residual − e| ≤ residual_error`` entrywise (n, q).

    ``margin`` is a lower bound of the pre-activations' modulus where a sign matters (a piecewise linear φ), else inf.
    """

    slopes: Floats
    slope_error: float
    residual: Floats
    residual_error: float
    margin: float = math.inf

    @cached_property
    def norm(self) -> float:
        """Upper bound of ``‖e‖``."""
        return upward(norm_up(self.residual) + self.residual_norm_error)

    @cached_property
    def norm_below(self) -> float:
        """Lower bound of ``‖e‖``."""
        return max(0.0, math.nextafter(norm_down(self.residual) - self.residual_norm_error, 0.0))

    @property
    def residual_norm_error(self) -> float:
        """Upper bound of the norm of the residual's error."""
        return upward(self.residual_error * math.sqrt(self.residual.size))


def norm_up(array: Floats) -> float:
    """Upper bound of the Euclidean (Frobenius) norm of finite numbers."""
    return _norm(array, 1.0)


def norm_down(array: Floats) -> float:
    """Lower bound of the Euclidean (Frobenius) norm of finite numbers."""
    return _norm(array, -1.0)


def _norm(array: Floats, direction: float) -> float:
    """The sum of squares is right to ``γ_N``; immoderate numbers are scaled by a power of two first.

    What underflows then (at most N terms of 2^-1074, while the largest square is above 2^-402) costs less than 2^-600.
    """
    if array.size == 0:
        return 0.0
    largest = max(float(array.max()), -float(array.min()))
    if largest == 0.0:
        return 0.0
    exponent = 0 if 2.0**-200 < largest < 2.0**200 else math.frexp(largest)[1]
    scaled = np.ldexp(array, -exponent).ravel() if exponent else array.ravel()
    square = float(scaled @ scaled) * (1.0 + direction * gamma(scaled.size + 8))
    return math.ldexp(math.sqrt(square) * (1.0 + direction * 2.0**-45), exponent)


def matrix_norm_up(matrix: Floats) -> float:
    """Upper bound of the spectral norm: Frobenius', or the root of the largest row sum of ``|A Aᵀ|``.

    An entry of the computed product is off by at most ``γ_k‖a_i‖‖a_j‖``, so a row sum by ``γ_k √q ‖A‖_F²``.
    """
    frobenius = norm_up(matrix)
    if len(matrix) == 1 or not 2.0**-200 < frobenius < 2.0**200:
        return frobenius
    sums = float(np.abs(matrix @ matrix.T).sum(axis=1).max())
    rounding = gamma(matrix.shape[1] + len(matrix) + 4) * math.sqrt(len(matrix)) * frobenius * frobenius
    return min(frobenius, upward(math.sqrt(sums + rounding)))


def longest_row(rows: Floats) -> float:
    """Upper bound of the largest Euclidean norm of a row (inf where squares overflow)."""
    d = rows.shape[1]
    squares = np.einsum("ij,ij->i", rows, rows)
    return upward(math.sqrt(float(squares.max(initial=0.0)) * (1.0 + gamma(d + 8)) + d * 2.0**-1020))


def row_blocks(n: int, m: int) -> list[slice]:
    """The rows worked on at once for arrays (n, m): they depend on the sizes alone."""
    height = max(1, min(n, max(32, _BLOCK // max(m, 1))))
    return [slice(start, min(start + height, n)) for start in range(0, n, height)]


def require_moderate(inputs: Inputs) -> None:
    """Raise `InputError` for data whose products might overflow, or underflow beyond what the error bounds cover."""
    size = max(float(np.abs(inputs.rows).max(initial=0.0)), float(np.abs(inputs.targets).max(initial=0.0)))
    if not size <= MODERATE:
        raise InputError(f"the data hold numbers as large as {size:.1e}", "data", "rescale them")


def forward(network: TwoLayer, inputs: Inputs) -> Forward:
    """Slopes and residual of the whole data set.

    Raises
    ------
    InputError
        If a pre-activation is so large that products might overflow.
    """
    slopes = np.empty((inputs.n, network.width))
    residual = np.empty((inputs.n, network.outputs))
    slope_error = residual_error = 0.0
    margin = math.inf
    size = Sizes.of(network, inputs)
    for rows in row_blocks(inputs.n, network.width):
        part = forward_block(network, inputs, rows, size)
        slopes[rows], residual[rows] = part.slopes, part.residual
        slope_error, residual_error = max(slope_error, part.slope_error), max(residual_error, part.residual_error)
        margin = min(margin, part.margin)
    return Forward(slopes, slope_error, residual, residual_error, margin)


@dataclass(frozen=True)
class Sizes:
    """What the error bounds need of the weights: ``preactivation_error ≥ |fl(w_r·x_i) − w_r·x_i|`` for all r, i."""

    preactivation_error: float

    @classmethod
    def of(cls, network: TwoLayer, inputs: Inputs) -> Sizes:
        """Measure the longest row of W. Raises `InputError` where pre-activations are immoderate."""
        longest = longest_row(network.weights)
        d = inputs.rows.shape[1]
        largest = longest * inputs.longest
        if not (largest <= LARGEST and longest <= LARGEST and network.outer_largest <= LARGEST):
            raise InputError("weights or data are too large for the error bounds", "network", "rescale them")
        require_moderate(inputs)
        return cls(upward(dot_error(d) * largest + d * UNDERFLOW))


def forward_block(network: TwoLayer, inputs: Inputs, rows: slice, size: Sizes) -> Forward:
    """`forward` for some rows.

    Notes
    -----
    With ``Ẑ = fl(XWᵀ)`` off by at most ζ, values are off by ``value_error + B1 ζ`` and slopes by
    ``slope_error + B2 ζ``. For one output the sum ``Σ_r v_r φ_r`` is formed as a binary tree of depth ``⌈log2 m⌉``
    after one product each, so its rounding error is at most ``γ_{1+⌈log2 m⌉} Σ|v_rφ_r| ≤ γ √m ‖(v_rφ_r)_r‖``; for
    several in chunks, with at most ``γ ‖v‖‖φ‖``. Multiplying by the float s (off by ``s⁺ − s⁻``), adding c and
    subtracting y cost ``U`` each of the result.
    """
    m = network.width
    phi = network.activation
    z = inputs.rows[rows] @ network.weights.T
    found = phi.evaluate(z)
    value_error = upward(found.value_error + phi.slope_bound * size.preactivation_error)
    slope_error = upward(found.slope_error + phi.curvature_bound * size.preactivation_error)
    margin = math.inf
    if phi.kinked:
        # the slopes are those of the recorded pattern of signs; whoever needs the true ones looks at the margin
        margin = (float(np.abs(z).min()) - size.preactivation_error) * (1.0 - 2.0**-40)
        slope_error = 0.0
    sums, rounding = _weighted_sums(network, found.value)
    low, high = network.scale.ends
    output = low * sums
    residual = (output + network.offset) - inputs.columns[rows]
    largest = float(np.abs(output).max(initial=0.0))
    tail = max(largest + float(np.abs(network.offset).max()), float(np.abs(residual).max(initial=0.0)))
    longest = network.outer_norm if network.outputs == 1 else longest_row(network.outer)
    error = upward(
        high * (rounding + value_error * math.sqrt(m) * longest)
        + (high - low) / low * largest
        + U * (largest + 2.0 * tail) * (1.0 + 2.0**-20)
        + UNDERFLOW
    )
    return Forward(found.slope, slope_error, residual, error, margin)


def _weighted_sums(network: TwoLayer, values: Floats) -> tuple[Floats, float]:
    """``Σ_r v_rφ_r`` for every row (n, q), and a bound of the rounding error; one output overwrites ``values``."""
    m = network.width
    if network.outputs == 1:
        values *= network.outer[0]
        length = longest_row(values)  # ≥ max_i ‖(v_rφ_r)_r‖, so that Σ_r|v_rφ_r| ≤ √m·length
        depth = tree_sum(values)
        return values[:, :1], upward(gamma(depth + 2) * math.sqrt(m) * length + m * UNDERFLOW)
    sums = np.zeros((len(values), network.outputs))
    for start in range(0, m, _CHUNK):
        sums += values[:, start : start + _CHUNK] @ network.outer[:, start : start + _CHUNK].T
    rounding = chunked_dot_error(m, _CHUNK) * longest_row(values) * longest_row(network.outer)
    return sums, upward(rounding + m * UNDERFLOW)


def tree_sum(terms: Floats) -> int:
    """Sum the rows of ``terms`` (overwritten) into column 0 by halving; the depth of the tree."""
    width, depth = terms.shape[1], 0
    while width > 1:
        half = (width + 1) // 2
        terms[:, : width - half] += terms[:, half:width]
        width, depth = half, depth + 1
    return depth


def network_of(
    activation: SmoothActivation,
    weights: Floats,
    outer: Floats,
    alpha: float | None,
    offset: Floats | float = 0.0,
) -> TwoLayer:
    """NTK parametrisation ``s = α/√m`` where ``alpha`` is given, else the standard one; outer (m,) or (q, m).

    Raises
    ------
    InputError
        If the scale is so small or large that the error bounds might not cover it.
    """
    matrix = np.atleast_2d(outer)
    shift = np.broadcast_to(np.asarray(offset, dtype=np.float64), (len(matrix),))
    return TwoLayer(activation, weights, matrix, output_scale(alpha, matrix.shape[1]), shift)
