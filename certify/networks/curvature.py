"""Lipschitz constants of a deep network's Jacobian on a ball: two recursions over the layers.

`proofs/network.md`, section 5. All numbers are non-negative floats, a row for each sample; sums, products, quotients
and roots, rounded to nearest, are enlarged once at the end (`upward`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.workers import Workers
from certify.networks.deep import Deep, DeepForward, spectral_norm
from certify.networks.scale import upward
from certify.networks.two_layer import longest_row, norm_up


@dataclass(frozen=True)
class Centre:
    """What the recursions need of the weights at the centre; every entry is an upper bound.

    Attributes
    ----------
    hidden : L+1 arrays (n,)
        ``‖h_l‖``.
    adjoint, back : L arrays (n,)
        ``‖b_l‖`` and ``‖β_l‖``.
    back_largest : L arrays (n,)
        ``‖β_l‖_∞``.
    norms, row_norms : L numbers
        ``‖W_l‖`` and the largest norm of a row of ``W_l``.
    through : L numbers
        ``max_i ‖W_l diag φ'(z_{l−1})‖`` over the samples (entry 0 is not used).
    slope_largest : L numbers
        ``max φ'(z_l)``.
    outer : float
        ``‖v‖``.
    """

    hidden: tuple[Floats, ...]
    adjoint: tuple[Floats, ...]
    back: tuple[Floats, ...]
    back_largest: tuple[Floats, ...]
    norms: tuple[float, ...]
    row_norms: tuple[float, ...]
    through: tuple[float, ...]
    slope_largest: tuple[float, ...]
    outer: float


def centre_of(network: Deep, found: DeepForward, pool: Workers) -> Centre:
    """Measure a network at its weights."""
    phi = network.activation
    through, largest = [0.0], []
    for number, slopes in enumerate(found.slopes):
        # true slopes lie below the largest of the samples' plus the error, and never above B1
        top = np.minimum(slopes.middle.max(axis=0) + float(slopes.error.max()), phi.slope_bound) * (1.0 + 2.0**-40)
        largest.append(float(top.max()))
        if number + 1 < len(network.layers):
            # W diag φ' = (W diag top) diag(φ'/top), and the last factor has norm ≤ 1
            weighted = network.layers[number + 1].weights * top
            through.append(upward(spectral_norm(weighted, pool) * (1.0 + 2.0**-50)))
    return Centre(
        tuple(rows.lengths() for rows in found.hidden),
        tuple(rows.lengths() for rows in found.adjoints),
        tuple(rows.lengths() for rows in found.backs),
        tuple((np.abs(rows.middle).max(axis=1) + rows.error) * (1.0 + 2.0**-40) for rows in found.backs),
        tuple(layer.norm for layer in network.layers),
        tuple(longest_row(layer.weights) for layer in network.layers),
        tuple(through),
        tuple(largest),
        norm_up(network.outer),
    )


class BallBounds:
    """The forward recursion on the ball of radius R around the centre, sample by sample.

    Attributes
    ----------
    values : L+1 arrays (n,)
        ``a_l ≥ ‖h_l‖``.
    hidden_slope : L+1 arrays (n,)
        ``d_l ≥ ‖Dh_l‖``.
    inner_slope, inner_slope_largest : L arrays (n,)
        ``d(z_l) ≥ ‖Dz_l‖`` and the same from the Euclidean to the maximum norm.
    hidden_curvature : array (n,)
        ``c_L ≥ ‖D²h_L‖``.
    """

    def __init__(self, network: Deep, centre: Centre, radius: float) -> None:
        B1, B2 = network.activation.slope_bound, network.activation.curvature_bound
        value_bound = network.activation.value_bound
        a, zero = centre.hidden[0], np.zeros_like(centre.hidden[0])
        d, c = zero, zero
        self.values, self.hidden_slope = [a], [d]
        self.inner_slope: list[Floats] = []
        self.inner_slope_largest: list[Floats] = []
        for number, layer in enumerate(network.layers):
            bias = 0.0 if layer.bias is None else 1.0
            omega, rows = centre.norms[number] + radius, centre.row_norms[number] + radius
            inner = np.sqrt(a * a + bias + (omega * d) ** 2)
            inner_largest = np.sqrt(a * a + bias + (rows * d) ** 2)
            curved = (omega * c + np.sqrt((omega * c) ** 2 + 4.0 * d * d)) / 2.0
            d, c = B1 * inner, B2 * inner * inner_largest + B1 * curved
            a = centre.hidden[number + 1] + d * radius
            if value_bound is not None:
                a = np.minimum(a, math.sqrt(len(layer.weights)) * value_bound)
            self.values.append(a)
            self.hidden_slope.append(d)
            self.inner_slope.append(inner)
            self.inner_slope_largest.append(inner_largest)
        self.hidden_curvature = c


def forward_curvature(centre: Centre, ball: BallBounds, radius: float) -> Floats:
    """``≥ ‖∇²(v·h_L)‖`` on the ball, for every sample (n,), by the forward recursion."""
    omega = centre.outer + radius
    c, d = ball.hidden_curvature, ball.hidden_slope[-1]
    return np.asarray((omega * c + np.sqrt((omega * c) ** 2 + 4.0 * d * d)) / 2.0)


def adjoint_curvature(network: Deep, centre: Centre, ball: BallBounds, radius: float) -> Floats:
    """``≥ ‖∇²(v·h_L)‖`` on the ball, for every sample (n,), by the adjoint form.

    ``λ_max(sym Q)`` of the (L+1)×(L+1) matrices Q, which are non-negative: bounded by Gershgorin's row sums after a
    diagonal similarity (Collatz and Wielandt's quotient with an approximate eigenvector).
    """
    B1, B2 = network.activation.slope_bound, network.activation.curvature_bound
    L, n = len(network.layers), len(centre.hidden[0])
    one = np.ones(n)
    epsilon = [B2 * largest * radius for largest in ball.inner_slope_largest]
    # p[i][k] ≥ ‖∂z_l/∂z_k‖ on the ball, dp[i][k] ≥ its change from the centre
    p: dict[tuple[int, int], Floats] = {}
    dp: dict[tuple[int, int], Floats] = {}
    T: dict[tuple[int, int], Floats] = {}
    V: dict[tuple[int, int], Floats] = {}
    centre_p: dict[tuple[int, int], float] = {}
    for k in range(L):
        bias = 0.0 if network.layers[k].bias is None else 1.0
        size = np.sqrt(ball.values[k] ** 2 + bias)
        for i in range(k, L):
            if i == k:
                p[i, k], dp[i, k], centre_p[i, k] = one, 0.0 * one, 1.0
            else:
                centre_p[i, k] = centre.through[i] * centre_p[i - 1, k]
                dp[i, k] = (
                    radius * B1 * p[i - 1, k]
                    + centre.norms[i] * epsilon[i - 1] * p[i - 1, k]
                    + centre.through[i] * dp[i - 1, k]
                )
                p[i, k] = centre_p[i, k] + dp[i, k]
            T[i, k] = p[i, k] * size
            top = centre.slope_largest[i]
            V[i, k] = (top * centre_p[i, k] + epsilon[i] * p[i, k] + top * dp[i, k]) * size
    back, changes = list(centre.back), [0.0 * one] * L
    adjoint = [0.0 * one] * L
    change = radius * one  # of β_L = v
    for i in range(L - 1, -1, -1):
        changes[i] = change
        moved = B1 * change + np.minimum(
            centre.back_largest[i] * B2 * ball.inner_slope[i] * radius, back[i] * epsilon[i]
        )
        adjoint[i] = centre.adjoint[i] + moved
        change = centre.norms[i] * moved + radius * adjoint[i]
    Q = np.zeros((n, L + 1, L + 1))
    for i in range(L):
        weight = B2 * (centre.back_largest[i] + changes[i])
        for k in range(i + 1):
            for j in range(i + 1):
                Q[:, k, j] += weight * T[i, k] * T[i, j]
        if i >= 1:
            for k in range(i):
                Q[:, i, k] += adjoint[i] * V[i - 1, k]
                Q[:, k, i] += adjoint[i] * V[i - 1, k]
    for k in range(L):
        Q[:, L, k] += V[L - 1, k]
        Q[:, k, L] += V[L - 1, k]
    x = np.ones((n, L + 1))
    for _ in range(40):
        y = np.einsum("nij,nj->ni", Q, x)
        x = np.maximum(y / np.maximum(y.max(axis=1), 1e-300)[:, None], 1e-6)
    return np.asarray((np.einsum("nij,nj->ni", Q, x) / x).max(axis=1))


def deep_lipschitz(network: Deep, centre: Centre, radius: float) -> float:
    """A float β with ``‖J(w) − J(w')‖ ≤ β‖w − w'‖`` on ``B(centre, radius)``: ``(Σ_i sup‖∇²F_i‖²)^{1/2}``."""
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
        ball = BallBounds(network, centre, radius)
        each = np.minimum(forward_curvature(centre, ball, radius), adjoint_curvature(network, centre, ball, radius))
    if not np.isfinite(each).all():
        return math.inf
    return upward(upward(norm_up(each)) * network.scale.ends[1])
