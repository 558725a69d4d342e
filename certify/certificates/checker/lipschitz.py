"""The Lipschitz constant of the Jacobian on a ball, every parameter of a chain of layers trained; in ball arithmetic.

The recursions of `proofs/network.md`, section 5, for dense layers one after another and one output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flint
import numpy as np

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.problem import FIRST_BITS, BallProblem, FloatProblem, Problem
from certify.certificates.checker.report import NotCheckable
from certify.certificates.checker.rows import Floats
from certify.certificates.checker.tangent import Ball, Matrix, Tangent
from certify.symbolic.evaluate import evaluate
from certify.symbolic.library import activation_of

_SLACKS = (2.0**-44, 2.0**-38, 2.0**-32)
_MOST_BALL_ROWS = 200
Balls = list[Ball]


def lipschitz_on_ball(tangent: Tangent, radius: Ball) -> Ball:
    """A bound of ``‖J(w) − J(w')‖/‖w − w'‖`` on the ball of that radius around the weights.

    Raises
    ------
    NotCheckable
        For an activation whose slope jumps, or where a norm is not reached.
    """
    with precision(FIRST_BITS):
        chain = _Chain(tangent, radius)
        each = [a.min(b) for a, b in zip(chain.forward, chain.adjoint, strict=True)]
        best = _norm(each).min(chain.forward_stack).min(chain.adjoint_stack)
        return arb(tangent.network.squared_scale).sqrt() * best


class _Chain:
    """Both bounds of ``‖D²(v·h_L)‖`` on the ball, for every sample and for all together."""

    def __init__(self, tangent: Tangent, radius: Ball) -> None:
        found, network = tangent.at(FIRST_BITS), tangent.network
        phi = activation_of(tangent.activation)
        self.B1, self.B2 = tangent.slope(), tangent.curvature()
        bound = None if phi.value_bound is None else evaluate(phi.value_bound, {})
        self.R, self.n, self.depth = radius, tangent.data.n, len(network.layers)
        floats: list[Floats] = [weights for weights, _ in network.layers]
        self.tau = [arb(0 if bias is None else 1) for _, bias in network.layers]
        self.norms = [spectral_norm(_exact(weights)) for weights in floats]
        longest = [_largest([_norm(row) for row in _exact(weights)]) for weights in floats]
        self.tops = [
            [_largest([row[j] for row in slopes]).min(self.B1) for j in range(len(slopes[0]))]
            for slopes in found.slopes
        ]
        self.top = [_largest(top) for top in self.tops]
        self.through = [arb(0)]
        for number in range(1, self.depth):
            scaled = [
                [x * t for x, t in zip(row, self.tops[number - 1], strict=True)] for row in _exact(floats[number])
            ]
            self.through.append(spectral_norm(scaled).min(self.norms[number] * self.top[number - 1]))
        self.back = [[_norm(row) for row in rows] for rows in found.backs]
        self.back_largest = [[_largest([abs(x) for x in row]) for row in rows] for rows in found.backs]
        self.adjoints = [[_norm(row) for row in rows] for rows in found.adjoints]
        self._forward(found.hidden, longest, network.widths, bound, _norm([arb(x) for x in network.outer.tolist()]))
        self._adjoint()

    def _forward(
        self, hidden: Sequence[Matrix], longest: Balls, widths: Sequence[int], bound: Ball | None, outer: Ball
    ) -> None:
        R, zero = self.R, [arb(0)] * self.n
        a, d, c = [_norm(row) for row in hidden[0]], zero, zero
        D, C = arb(0), arb(0)
        self.own: list[Balls] = []
        self.own_stack: Balls = []
        self.inner: list[Balls] = []
        self.inner_largest: list[Balls] = []
        for k in range(self.depth):
            omega, rho, tau = self.norms[k] + R, longest[k] + R, self.tau[k]
            ones = [[*row, arb(1)] for row in hidden[k]] if tau == 1 else hidden[k]
            own_stack = spectral_norm(ones) + R * D
            self.own.append([(x * x + tau).sqrt() for x in a])
            self.own_stack.append(own_stack)
            inner = [(x * x + tau + (omega * y) ** 2).sqrt() for x, y in zip(a, d, strict=True)]
            largest = [(x * x + tau + (rho * y) ** 2).sqrt() for x, y in zip(a, d, strict=True)]
            self.inner.append(inner)
            self.inner_largest.append(largest)
            curved = [_bilinear(omega * x, y) for x, y in zip(c, d, strict=True)]
            C = self.B2 * (own_stack**2 + (omega * D) ** 2).sqrt() * _largest(largest) + self.B1 * _bilinear(
                omega * C, D
            )
            D = self.B1 * (own_stack**2 + (omega * D) ** 2).sqrt()
            c = [self.B2 * x * y + self.B1 * z for x, y, z in zip(inner, largest, curved, strict=True)]
            d = [self.B1 * x for x in inner]
            a = [_norm(row) + y * R for row, y in zip(hidden[k + 1], d, strict=True)]
            if bound is not None:
                a = [x.min(arb(widths[k]).sqrt() * bound) for x in a]
        omega = outer + R
        self.forward = [_bilinear(omega * x, y) for x, y in zip(c, d, strict=True)]
        self.forward_stack = _bilinear(omega * C, D)

    def _paths(self, start: int, i: int, epsilon: Balls) -> dict[int, tuple[Ball, Ball]]:
        """Bounds of ``‖∂h_l/∂z_start‖`` (2l + 1) and ``‖∂z_l/∂z_start‖`` (2l): at the centre, and the change."""
        found = {2 * start: (arb(1), arb(0))}
        for k in range(start, self.depth):
            first, before = found[2 * k]
            here = (self.top[k] * first, epsilon[k] * (first + before) + self.top[k] * before)
            found[2 * k + 1] = here
            if k + 1 < self.depth:
                full = (self.B1 * (first + before)).min(here[0] + here[1])
                kept = self.norms[k + 1] * epsilon[k] * (first + before) + self.through[k + 1] * before
                found[2 * k + 2] = (self.through[k + 1] * first, self.R * full + kept)
        return found

    def _adjoint(self) -> None:
        L = self.depth
        weights: list[Balls] = [[] for _ in range(L)]
        sizes: list[Balls] = [[] for _ in range(L)]
        reaches: list[dict[int, Balls]] = []
        for i in range(self.n):
            epsilon = [self.B2 * self.inner_largest[k][i] * self.R for k in range(L)]
            change = self.R
            for k in range(L - 1, -1, -1):
                weights[k].append(self.B2 * (self.back_largest[k][i] + change))
                by_entry = self.back_largest[k][i] * self.B2 * self.inner[k][i] * self.R
                change = self.B1 * change + by_entry.min(self.back[k][i] * epsilon[k])
                sizes[k].append(self.adjoints[k][i] + change)
                change = self.norms[k] * change + self.R * sizes[k][-1]
            reach: dict[int, Balls] = {node: [arb(0)] * L for node in range(2 * L)}
            for start in range(L):
                for node, (first, moved) in self._paths(start, i, epsilon).items():
                    reach[node][start] = first + moved
            reaches.append(reach)
        self.adjoint = []
        for i in range(self.n):
            each = {node: [p * self.own[k][i] for k, p in enumerate(ps)] for node, ps in reaches[i].items()}
            self.adjoint.append(_root(self._form([w[i] for w in weights], [s[i] for s in sizes], each, each)))
        most = {node: [_largest([r[node][k] for r in reaches]) for k in range(L)] for node in range(2 * L)}
        stack = {node: [p * self.own_stack[k] for k, p in enumerate(ps)] for node, ps in most.items()}
        each = {
            node: [_largest([r[node][k] * self.own[k][i] for i, r in enumerate(reaches)]) for k in range(L)]
            for node in range(2 * L)
        }
        self.adjoint_stack = _root(
            self._form([_largest(w) for w in weights], [_largest(s) for s in sizes], each, stack)
        )

    def _form(self, weights: Balls, sizes: Balls, each: dict[int, Balls], other: dict[int, Balls]) -> Matrix:
        """The quadratic form of the layers' moves ``x_1, …, x_L, x_v``."""
        L = self.depth
        Q = [[arb(0)] * (L + 1) for _ in range(L + 1)]
        for k in range(L):
            for p in range(L):
                for q in range(L):
                    Q[p][q] += weights[k] * each[2 * k][p] * other[2 * k][q]
                if k > 0:
                    Q[k][p] += 2 * sizes[k] * other[2 * k - 1][p]
        for p in range(L):
            Q[L][p] += 2 * other[2 * L - 1][p]
        return Q


def _root(Q: Matrix) -> Ball:
    """``≥ λ_max((Q + Qᵀ)/2)`` of a non-negative matrix, by Collatz and Wielandt's quotient."""
    k = len(Q)
    A = [[(Q[i][j] + Q[j][i]) / 2 for j in range(k)] for i in range(k)]
    values = np.array([[float(x.mid()) for x in row] for row in A])
    if not np.isfinite(values).all():
        return flint.arb.pos_inf()
    vector = np.abs(np.linalg.eigh(values)[1][:, -1])
    x = [arb(float(max(v, 1e-7))) for v in vector / max(vector.max(), 1e-300)]
    return _largest(
        [sum((a * b for a, b in zip(row, x, strict=True)), arb(0)) / y for row, y in zip(A, x, strict=True)]
    )


def spectral_norm(rows: Matrix) -> Ball:
    """A verified bound of the spectral norm, hardly above it. Raises `NotCheckable`."""
    wide = len(rows) <= len(rows[0])
    M = flint.arb_mat(rows)
    size = min(len(rows), len(rows[0]))
    values = np.array([[float(x.mid()) for x in row] for row in rows])
    near = float(np.linalg.norm(values, 2))
    if not np.isfinite(near):
        raise NotCheckable("the weights are too large")
    gram: Callable[[], flint.arb_mat] = lambda: M * M.transpose() if wide else M.transpose() * M  # noqa: E731
    problem: Problem
    if size <= _MOST_BALL_ROWS:
        whole = gram()
        problem = BallProblem(size, lambda bits: whole, "the Gram matrix of weights")
    else:
        lower = [row[: i + 1] for i, row in enumerate(gram().tolist())]
        problem = FloatProblem(size, lambda bits: iter(lower), arb(near) ** 2, "the Gram matrix of weights")
    for slack in _SLACKS:
        bound = arb(near) ** 2 * arb(1 + slack) + arb(2) ** -900
        if problem.at_most(bound) is Verdict.PROVED:
            return bound.sqrt()
    raise NotCheckable("a spectral norm of the weights is not reached")


def _bilinear(c: Ball, d: Ball) -> Ball:
    return (c + (c * c + 4 * d * d).sqrt()) / 2


def _norm(values: Sequence[Ball]) -> Ball:
    return sum((x * x for x in values), arb(0)).sqrt()


def _largest(values: Sequence[Ball]) -> Ball:
    best = values[0]
    for value in values[1:]:
        best = best.max(value)
    return best


def _exact(values: Floats) -> Matrix:
    return [[arb(x) for x in row] for row in values.tolist()]
