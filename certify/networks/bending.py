"""Second derivatives of a two-layer network along a direction: a search for directions, and balls along them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np
import sympy
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.exact import Floats
from certify.networks.two_layer import Inputs, TwoLayer
from certify.symbolic.activations import Z
from certify.symbolic.balls import compile_balls

BITS = 128


@dataclass(frozen=True)
class Along:
    """What ``U`` (m, d), not normalised, does at the network's weights; balls.

    Attributes
    ----------
    norm_squared :
        ``‖U‖_F²``.
    tangent :
        ``J U``, n balls.
    bending :
        ``∇²F_i[U, U]``, n balls.
    residual :
        e, n balls.
    """

    norm_squared: flint.arb
    tangent: tuple[flint.arb, ...]
    bending: tuple[flint.arb, ...]
    residual: tuple[flint.arb, ...]

    def loss_curvature(self) -> flint.arb:
        """``∇²L[U, U]/‖U‖²``."""
        with precision(BITS):
            total = sum((t * t for t in self.tangent), arb(0))
            total += sum((e * b for e, b in zip(self.residual, self.bending, strict=True)), arb(0))
            return total / self.norm_squared


def along(network: TwoLayer, inputs: Inputs, U: Floats) -> Along:
    """Enclose the derivatives along ``U`` for a smooth φ and one output, at 128 bits."""
    phi = network.activation.symbolic.expression
    functions = [compile_balls(sympy.diff(phi, Z, order)) for order in range(3)]
    with precision(BITS):
        X = flint.arb_mat([[arb(v) for v in row] for row in inputs.rows.tolist()])
        pre, moved = (
            (X * flint.arb_mat([[arb(v) for v in row] for row in M.tolist()]).transpose()).tolist()
            for M in (network.weights, U)
        )
        scale, outer = network.scale.ball(), [arb(v) for v in network.outer[0].tolist()]
        offset = arb(float(network.offset[0]))
        tangent, bending, residual = [], [], []
        for zs, us, y in zip(pre, moved, inputs.columns[:, 0].tolist(), strict=True):
            value, slope, curve = arb(0), arb(0), arb(0)
            for z, u, v in zip(zs, us, outer, strict=True):
                f, first, second = (function(z) for function in functions)
                value, slope, curve = value + v * f, slope + v * first * u, curve + v * second * u * u
            tangent.append(scale * slope)
            bending.append(scale * curve)
            residual.append(scale * value + offset - arb(y))
        square = sum((arb(v) * arb(v) for v in U.ravel().tolist()), arb(0))
        return Along(square, tuple(tangent), tuple(bending), tuple(residual))


class Directions:
    """The search, in floats: directions in the Jacobian's null space along which one prediction, or the loss, bends."""

    def __init__(self, network: TwoLayer, inputs: Inputs) -> None:
        self.X, self.shape = inputs.rows, network.weights.shape
        scale, v = network.scale.ends[0], network.outer[0]
        pre = self.X @ network.weights.T
        found = network.activation.evaluate(pre)
        second = sympy.lambdify(Z, sympy.diff(network.activation.symbolic.expression, Z, 2), ["scipy", "numpy"])
        self.slopes: Floats = scale * found.slope * v
        self.curves: Floats = scale * second(pre) * v
        self.residual: Floats = scale * found.value @ v + network.offset[0] - inputs.columns[:, 0]
        K = (self.slopes @ self.slopes.T) * (self.X @ self.X.T)
        self._factor = cho_factor(K + 1e-14 * np.trace(K) / len(K) * np.eye(len(K)))

    def project(self, U: Floats) -> Floats:
        """``U`` less its part in the Jacobian's row space."""
        for _ in range(2):
            image = np.einsum("ir,ir->i", self.slopes, self.X @ U.T)
            U = U - (self.slopes * cho_solve(self._factor, image)[:, None]).T @ self.X
        return U

    def of_sample(self, i: int) -> Floats:
        """Maximise ``|∇²F_i[U, U]|`` over unit null vectors."""
        x, c = self.X[i], self.curves[i]
        return self._extreme(lambda U: (c * (U @ x))[:, None] * x[None, :], "LM")

    def of_loss(self) -> Floats:
        """Minimise ``∇²L[U, U]`` over unit null vectors."""
        weights = self.curves * self.residual[:, None]
        return self._extreme(lambda U: (weights * (self.X @ U.T)).T @ self.X, "SA")

    def samples(self, count: int) -> list[int]:
        """Those whose predictions bend most along single neurons."""
        score = np.abs(self.curves).max(axis=1) * np.square(self.X).sum(axis=1)
        return [int(i) for i in np.argsort(-score, kind="stable")[:count]]

    def _extreme(self, apply: Callable[[Floats], Floats], which: str) -> Floats:
        size = int(np.prod(self.shape))
        operator = LinearOperator(
            (size, size), matvec=lambda u: self.project(apply(self.project(u.reshape(self.shape)))).ravel(), dtype=float
        )
        start = np.cos(np.arange(1.0, size + 1.0))
        try:
            _, vectors = eigsh(operator, k=1, which=which, v0=start, tol=1e-3, ncv=min(size, 24), maxiter=200)
        except ArpackNoConvergence as unfinished:
            vectors = unfinished.eigenvectors if unfinished.eigenvectors.size else start[:, None]
        return self.project(vectors[:, 0].reshape(self.shape))


def exact_norm_squared(row: Floats) -> Fraction:
    """``‖x‖²``."""
    return sum((Fraction(v) ** 2 for v in row.tolist()), Fraction(0))
