"""Gradient descent in float64 with a bound of its distance from gradient descent in exact arithmetic.

`proofs/network.md`, section 3, has the lemmas: a step's rounding error δ, and the recursion for the distance d.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, U, chunked_dot_error, gamma
from certify.errors import InputError
from certify.networks.rows import row_norms
from certify.networks.scale import upward
from certify.networks.two_layer import Forward, Inputs, Sizes, TwoLayer, forward_block, norm_up, row_blocks

#: Up to this size ``λ_max(Xᵀ diag|e| X)`` is bounded by powers of the matrix, beyond by ``q_X‖e‖``.
_MOST_SQUARES = 160
UNCERTAIN = "the sign of a pre-activation is not certain"


@dataclass(frozen=True)
class Sharpness:
    """What is known of the data and of the network everywhere.

    Attributes
    ----------
    beta :
        Lipschitz constant of the Jacobian.
    q_x, norm_x :
        Upper bounds of ``q_X`` and ``‖X‖``.
    everywhere :
        Upper bound of ``‖J‖`` everywhere.
    """

    beta: float
    q_x: float
    norm_x: float
    everywhere: float


@dataclass(frozen=True)
class Anchor:
    """Weights ŵ_j at which ``‖J‖ ≤ norm`` was verified."""

    weights: Floats
    norm: float


class Descent:
    """Full-batch gradient descent of the first layer, shadowed.

    Parameters
    ----------
    network :
        With the initial weights, exact.
    step_size :
        η, exact; the float nearest to it is used, and its error counted.

    Attributes
    ----------
    step :
        Number k of steps done.
    weights : (m, d)
        ŵ_k.
    distance :
        Upper bound of ``‖w_k − ŵ_k‖``, w_k being exact gradient descent from the same start.
    """

    def __init__(self, network: TwoLayer, inputs: Inputs, step_size: Fraction, sharpness: Sharpness) -> None:
        self._network, self.inputs, self._sharp = network, inputs, sharpness
        if not 2.0**-300 <= step_size <= 2.0**300:
            raise InputError("the step size is immoderate", "--step-size", "between 1e-90 and 1e90")
        self.step_size, self._eta = step_size, float(step_size)
        self.step, self.distance = 0, 0.0
        self.weights = network.weights
        self._anchor: Anchor | None = None
        self._slopes = np.empty((inputs.n, network.width))
        self._residual = np.empty((inputs.n, network.outputs))
        self._found: Forward | None = None
        self._norm: float | None = None

    @property
    def network(self) -> TwoLayer:
        """The network at ŵ_k."""
        return self._network.at(self.weights)

    @property
    def here(self) -> Forward:
        """Slopes and residual at ŵ_k, valid until the next step."""
        if self._found is None:
            network, size = self.network, Sizes.of(self.network, self.inputs)
            slope_error = residual_error = 0.0
            margin = math.inf
            for rows in row_blocks(self.inputs.n, network.width):
                part = forward_block(network, self.inputs, rows, size)
                self._slopes[rows], self._residual[rows] = part.slopes, part.residual
                slope_error = max(slope_error, part.slope_error)
                residual_error, margin = max(residual_error, part.residual_error), min(margin, part.margin)
            self._found = Forward(self._slopes, slope_error, self._residual, residual_error, margin)
        return self._found

    def jacobian_norm(self) -> float:
        """Upper bound of ``‖J‖`` on ``B(ŵ_k, d_k)``: the global one, or the anchor's and β times the way from there."""
        if self._norm is None:
            self._norm = self._sharp.everywhere
            if self._anchor is not None and not self._network.activation.kinked:
                way = upward(norm_up(self.weights - self._anchor.weights) + self.distance)
                self._norm = min(self._norm, upward(self._anchor.norm + self._sharp.beta * way))
        return self._norm

    def anchor(self, norm: float) -> None:
        """Record that ``‖J(ŵ_k)‖ ≤ norm`` was verified."""
        self._anchor, self._norm = Anchor(self.weights, norm), None

    def obstacle(self) -> str | None:
        """Why the next step cannot be shadowed: ``ηΛ² ≤ 2`` fails on ``B(ŵ_k, d_k)``, or a sign is uncertain there."""
        if not upward(self._eta * self.jacobian_norm() ** 2) <= 2.0:
            return "η‖J‖² ≤ 2 is not proved"
        if self._network.activation.kinked and not self.here.margin > upward(self.inputs.longest * self.distance):
            return UNCERTAIN
        return None

    def shadowed(self) -> bool:
        """Can the next step be shadowed?"""
        return self.obstacle() is None

    def loss(self) -> float:
        """The loss ½‖e‖² of the float run, as a float."""
        return 0.5 * float(np.vdot(self.here.residual, self.here.residual))

    def residual_norm(self) -> float:
        """Upper bound of ``‖e(w_k)‖`` of the exact run."""
        return upward(self.here.norm + self.jacobian_norm() * self.distance)

    def advance(self) -> None:
        """One step. Requires `shadowed`."""
        found, network, inputs = self.here, self.network, self.inputs
        gradient = np.zeros_like(self.weights)
        blocks = row_blocks(inputs.n, network.width)
        for rows in blocks:
            terms = found.slopes[rows] * self._weights_of(found.residual[rows])
            gradient += terms.T @ inputs.rows[rows]
        low, high = network.scale.ends
        if network.outputs == 1:
            gradient *= ((self._eta * low) * network.outer[0])[:, None]
        else:
            gradient *= self._eta * low
        new = self.weights - gradient
        error = self._step_error(found, new, chunked_dot_error(inputs.n, blocks[0].stop), (high - low) / low)
        growth = upward(self._eta * self._curvature(found))
        self.distance = upward((1.0 + growth) * self.distance + error)
        self.weights, self.step, self._found, self._norm = new, self.step + 1, None, None

    def _weights_of(self, residual: Floats) -> Floats:
        """What multiplies the slopes: ``e_i·v_r``; for one output e_i alone, v_r following at the end."""
        return residual if self._network.outputs == 1 else residual @ self._network.outer

    def _step_error(self, found: Forward, new: Floats, rounding: float, scale_error: float) -> float:
        """δ_k: the distance of ``new`` from an exact step from the same weights."""
        network, sharp, root = self.network, self._sharp, self._network.outer_norm
        slope = network.activation.slope_bound
        size = found.norm
        terms = root * (slope + found.slope_error) * size  # ≥ ‖D̂∘(ÊV)‖_F
        several = 0.0 if network.outputs == 1 else gamma(network.outputs) * (slope + found.slope_error)
        inner = (
            root * found.slope_error * size * sharp.norm_x
            + root * slope * found.residual_norm_error * sharp.norm_x
            + U * terms * sharp.norm_x
            + several * network.outer_frobenius * size * sharp.norm_x
            + rounding * self.inputs.frobenius * terms
            + (scale_error + 4.2 * U) * self.inputs.frobenius * terms
        )
        outward = self._eta * network.scale.ends[1] * (1.0 + 2.0**-20)
        underflow = math.sqrt(float(new.size)) * (self.inputs.n + 4) * UNDERFLOW
        return upward(outward * (inner + underflow * (1.0 + root)) + U * norm_up(new) + underflow)

    def _curvature(self, found: Forward) -> float:
        """γ: upper bound of ``‖Σ e_i∇²F_i‖`` on ``B(ŵ_k, d_k)``."""
        network, sharp = self.network, self._sharp
        rest = sharp.q_x * (found.residual_norm_error + self.jacobian_norm() * self.distance)
        sizes = np.abs(found.residual[:, 0]) if network.outputs == 1 else row_norms(found.residual)
        weighted = min(weighted_norm(self.inputs.rows, sizes), upward(sharp.q_x * norm_up(found.residual)))
        outside = network.scale.ends[1] * network.outer_largest * network.activation.curvature_bound
        return upward(outside * (weighted + rest))


def weighted_norm(rows: Floats, weights: Floats) -> float:
    """Upper bound of ``λ_max(Xᵀ diag(w) X)``, X (n, d), ``w ≥ 0`` (n,); inf where that would be dear.

    Notes
    -----
    With ``A = diag(√w)X`` the smaller of ``AᵀA`` and ``AAᵀ`` is M; its rounding error has norm at most
    ``(γ + 4U)‖A‖_F²``. ``P = M/t`` with ``‖P‖_F ≤ 1`` is squared three times, each time with an error of Frobenius norm
    at most γ beyond twice the former one: in all at most ``12γ`` against ``P⁸``. And ``λ_max(P) ≤ ‖P⁸‖_F^{1/8}``.
    """
    n, d = rows.shape
    size, length = min(n, d), max(n, d)
    if size > _MOST_SQUARES:
        return math.inf
    A = np.sqrt(weights)[:, None] * rows
    M = A.T @ A if d <= n else A @ A.T
    M = 0.5 * (M + M.T)
    frobenius = norm_up(A)
    rounding = upward((gamma(length) + 8.0 * U) * frobenius * frobenius + size * UNDERFLOW)
    top = norm_up(M) * (1.0 + 2.0**-30)
    if top <= 2.0**-400:
        return upward(top + rounding)
    power = M / top
    for _ in range(3):
        power = power @ power
    eighth = upward(norm_up(power) + 12.0 * gamma(size + 2) + 12.0 * size * UNDERFLOW)
    return upward(top * math.sqrt(math.sqrt(math.sqrt(eighth))) + rounding)
