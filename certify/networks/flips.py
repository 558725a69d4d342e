"""Which neurons of a two-layer ReLU network can change their sign while descent has a bounded action.

`proofs/network.md`, section 6. The kernel that counts is that of a recorded pattern of signs, which need not be the
true one: a pre-activation whose sign is not certain is one that may differ from the pattern. With ``τ ≥ ηΣ‖e_k‖`` the
pre-activation of neuron r on sample i moves by at most ``s‖v_r‖‖Xx_i‖τ``; beforehand by ``‖x_i‖t`` if the start is
within t of the weights at hand.
"""

from __future__ import annotations

import math

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.networks.kernel import Gram
from certify.networks.rows import ROUND, row_norms
from certify.networks.scale import upward
from certify.networks.two_layer import Forward, Inputs, Sizes, TwoLayer, norm_up, row_blocks
from certify.spectrum.product import dense


class FlipTable:
    """When pre-activations may come to lie on the other side of 0 than that of the recorded pattern of signs.

    Parameters
    ----------
    found :
        Its slopes are the pattern: the signs of the computed pre-activations.
    distance :
        t.

    Attributes
    ----------
    modulus : (n, n)
        Entries ``≥ |x_i·x_j|``.
    """

    def __init__(self, network: TwoLayer, inputs: Inputs, found: Forward, distance: float) -> None:
        gram = Gram(inputs.rows, 0.0)
        self.modulus = (np.abs(gram.middle) + gram.radius) * ROUND
        self._scale = network.scale.squared_ends[1]
        self._pattern = found.slopes
        sizes = row_norms(np.ascontiguousarray(network.outer.T))
        self._squares = sizes * sizes * ROUND
        reach = row_norms(self.modulus) * network.scale.ends[1] * ROUND
        before = row_norms(inputs.rows) * distance * ROUND + Sizes.of(network, inputs).preactivation_error
        self._actions = np.empty((inputs.n, network.width))
        for rows in row_blocks(inputs.n, network.width):
            Z = np.abs(inputs.rows[rows] @ network.weights.T) - before[rows, None]
            with np.errstate(divide="ignore", invalid="ignore"):
                actions = Z * (1.0 - 2.0**-40) / (reach[rows, None] * sizes[None, :])
            # a sign that is not certain counts from the start; one that nothing moves counts never, if it is certain
            self._actions[rows] = np.where(Z > 0.0, np.where(np.isnan(actions), np.inf, actions), -1.0)

    def kernel_change(self, action: float) -> float:
        """``ε ≥ ‖J̄J'ᵀ − K‖``, K the kernel of the pattern, for all slopes that differ from it where signs may differ.

        Notes
        -----
        The sum over neurons in entry (i, j) of the difference lies between minus `lower` and `upper`; the norm is at
        most that of the matrix of the larger moduli. For a non-negative M and a positive v, ``λ_max(M) ≤
        max_i (Mv)_i/v_i`` (Collatz and Wielandt). Sums of k non-negative terms are right to ``γ_{k+4}`` relatively.
        """
        flips = self._actions <= action
        used = flips.any(axis=0)
        if not used.any():
            return 0.0
        F = flips[:, used].astype(np.float64)
        on, squares = self._pattern[:, used], self._squares[used]
        down, kept = F * on, (1.0 - F) * on  # may switch off; stays on
        up = F - down
        rises, falls, both = (up * squares) @ kept.T, (down * squares) @ kept.T, (down * squares) @ down.T
        upper = rises + rises.T + ((F * squares) @ F.T - both)
        lower = falls + falls.T + both
        M = np.maximum(upper, lower) + 2.0**-40 * (upper + lower + 2.0 * both)
        M = self.modulus * np.maximum(M, 0.0)
        v = np.ones(len(M))
        for _ in range(30):
            v = M @ v + 1e-3 * v
            v /= v.max()
        v = np.maximum(v, 1e-12)
        quotient = float(((M @ v) / v).max()) * (1.0 + 4.0 * gamma(len(v) + 8))
        return upward(self._scale * quotient)


def aligned_action(K: SymmetricEnclosure, sigma_squared: float, residual: Floats, error: float, bound: float) -> float:
    """``≥ ηΣ‖(I − ηK)^k e‖`` for every K of the enclosure and every e within ``error`` of ``residual``, ``η‖K‖ ≤ 1``.

    Parameters
    ----------
    sigma_squared :
        A positive lower bound of ``λ_min(K)``.
    bound :
        ``≥ ‖e‖``.

    Notes
    -----
    ``(ηΣ‖(I − ηK)^k e‖)² ≤ eᵀK⁻¹e/λ_min`` (Cauchy–Schwarz with weights ``(1 − ηλ)^{±k}``), and for any x, with
    ``r = e − Kx``: ``eᵀK⁻¹e = x·e + x·r + rᵀK⁻¹r ≤ x·e + ‖x‖‖r‖ + ‖r‖²/λ``. The smaller of this and ``‖e‖/λ``.
    """
    simple = upward(bound / sigma_squared)
    M, e = dense(K), residual.ravel()
    try:
        x: Floats = np.asarray(np.linalg.solve(M, e), dtype=np.float64)
    except np.linalg.LinAlgError:
        return simple
    size, gam = norm_up(x), gamma(len(e) + 4)
    left = e - M @ x
    r = norm_up(left) + (gam * norm_up(M) + K.norm_radius) * size + gam * norm_up(e) + error
    product = float(x @ e) + gam * size * norm_up(e) + error * size
    if not (math.isfinite(product) and product > 0.0 and K.exponent == 0):
        return simple
    return min(simple, upward(math.sqrt((product + size * r + r * r / sigma_squared) / sigma_squared)))
