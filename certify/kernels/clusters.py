"""Clusters of nearly parallel rows: spanning trees, and the Gram matrix in the basis of their differences."""

from __future__ import annotations

from dataclasses import dataclass

import flint
import ival
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from certify.arithmetic.balls import arb, lower_float, precision, upper_float
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, U, dot_error, gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import ArrayTiles
from certify.arithmetic.workers import Workers
from certify.kernels.build import CRITICAL, build_gram
from certify.kernels.relu import ReluKernel
from certify.kernels.rows import UnitRows
from certify.spectrum.pencil import Pencil
from certify.spectrum.product import dense

Indices = NDArray[np.int64]
_TWO_PI = 2.0 * ival.acos(ival.Interval(-1.0))
#: Entries that may be evaluated in Arb before the basis is given up.
MOST_EXACT = 60_000
_COLUMNS_AT_ONCE = 64


@dataclass(frozen=True)
class Forest:
    """A spanning tree in every cluster: ``children[k]`` hangs on ``parents[k]``; ``angles`` are estimates."""

    children: Indices
    parents: Indices
    angles: Floats


def spanning_forest(rows: UnitRows) -> Forest:
    """Minimum spanning trees of the graph of nearly parallel rows, by angle (floats; any forest is sound)."""
    step = 512
    found = []
    for top in range(0, rows.n, step):
        block = slice(top, min(top + step, rows.n))
        cosines = rows.near[block] @ rows.near.T
        pairs = np.argwhere(cosines > CRITICAL) + np.array([top, 0])
        found.append(pairs[pairs[:, 0] < pairs[:, 1]])
    pairs = np.concatenate(found)
    i, j = pairs[:, 0], pairs[:, 1]
    angles = np.linalg.norm((rows.coarse[i] - rows.coarse[j]) + (rows.rest[i] - rows.rest[j]), axis=1)
    graph = coo_array((np.maximum(angles, 1e-200), (i, j)), shape=(rows.n, rows.n)).tocsr()
    tree = minimum_spanning_tree(graph)
    tree = tree + tree.T
    parent = np.full(rows.n, -1)
    seen = np.zeros(rows.n, dtype=bool)
    for root in np.unique(pairs):
        if not seen[root]:
            order, before = breadth_first_order(tree, root, directed=False)
            seen[order] = True
            parent[order[1:]] = before[order[1:]]
    children = np.flatnonzero(parent >= 0)
    weights = np.array([tree[c, parent[c]] for c in children])
    return Forest(children, parent[children], weights)


def difference_pencil(X: Floats, rows: UnitRows, pool: Workers) -> Pencil | None:
    """The ReLU kernel's pencil in the basis ``{e_i} ∪ {s_c(e_c − e_parent(c))}``, or None without clusters.

    Parameters
    ----------
    X : (n, d)
        The exact data; no two rows may be exactly parallel.
    rows :
        Its `UnitRows`; if they are not normalised, the pencil's eigenvalues are those of ``K∞·2^(-2 exponent)``, as the
        weights are then ``1/|x_i|²``: ``vᵀKv/vᵀv = uᵀHu/uᵀD⁻²u`` with ``u = Dv``.

    Notes
    -----
    Entries of ``GᵀHG``: between other rows those of ``H``. With a child ``c`` of parent ``p``: the first difference
    ``h(ρ_kc) − h(ρ_kp)``, from ``ρ_kc − ρ_kp = z_k·(z_c − z_p)``, whose second factor is computed exactly and
    rounded, and Taylor's formula with remainder, so that the error is relative to the angle; intersected with
    the plain difference. Between two children: the difference of two first differences, in both orders.
    Wherever one of the pairs involved is nearly (anti)parallel: in Arb from the exact data. Columns are scaled
    by powers of two to a diagonal near 1.
    """
    unit = rows if rows.normalized else UnitRows.from_data(X, normalized=True)
    forest = spanning_forest(unit)
    if len(forest.children) == 0 or not (rows.norm_squared > 2.0**-900).all():  # weights need exact digits
        return None
    bits = 192 + 8 * int(np.ceil(-np.log2(max(float(forest.angles.min()), 2.0**-400))))
    H = build_gram(X, unit, ReluKernel(), pool)
    C, P = forest.children, forest.parents
    near = np.zeros((unit.n, len(C)), dtype=bool)
    for ends in (P, C):
        near |= ~(np.abs(unit.cosines(slice(0, unit.n), ends)) <= CRITICAL)
    pair_near = near[C] | near[P]
    if int(near.sum()) + int(pair_near.sum()) > MOST_EXACT:
        return None
    with precision(bits):
        exact = _ExactEntries(X)
        child, parent = C.tolist(), P.tolist()
        delta, sizes = exact.differences(forest)
        low, high = _first_differences(unit, forest, delta, sizes)
        _overwrite(low, high, near, lambda k, c: exact.h(k, child[c]) - exact.h(k, parent[c]))
        # Both orders of the second difference are enclosures, and so is their intersection.
        second_low, second_high = low[C] - high[P], high[C] - low[P]
        second_low, second_high = np.nextafter(second_low, -np.inf), np.nextafter(second_high, np.inf)
        second_low, second_high = np.maximum(second_low, second_low.T), np.minimum(second_high, second_high.T)
        _overwrite(
            second_low,
            second_high,
            pair_near | pair_near.T,
            lambda a, b: (
                exact.h(child[a], child[b])
                - exact.h(child[a], parent[b])
                - exact.h(parent[a], child[b])
                + exact.h(parent[a], parent[b])
            ),
        )
    scale = np.ones(unit.n)
    scale[C] = 2.0 ** np.round(-0.5 * np.log2(np.maximum(np.diagonal(second_high), 1e-280)))
    matrix = _assemble(H, forest, (low, high), (second_low, second_high), scale)
    n = unit.n
    basis = coo_array(
        (np.concatenate([scale, -scale[C]]), (np.concatenate([np.arange(n), P]), np.concatenate([np.arange(n), C]))),
        shape=(n, n),
    ).tocsr()
    weights = np.ones(n) if rows.normalized else 1.0 / rows.norm_squared
    return Pencil(matrix, csr_array(basis), weights, 0.0 if rows.normalized else 4.0 * U)


def _first_differences(unit: UnitRows, forest: Forest, delta: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Ends of intervals around ``h(ρ_kc) − h(ρ_kp)``, (n, children); void where a cosine is critical.

    ``fl(ẑ_k·δ_c)`` errs by ``γ_d‖δ‖`` for the product, ``U(1 + 2^-26 √d)‖δ‖`` for ``ẑ`` and ``U‖δ‖`` for the
    rounding of ``δ``.
    """
    shape = (unit.n, len(forest.children))
    low, high = np.empty(shape), np.empty(shape)
    wide = ival.Interval(-unit.cosine_error, unit.cosine_error)
    everything = slice(0, unit.n)
    for start in range(0, shape[1], _COLUMNS_AT_ONCE):
        part = slice(start, start + _COLUMNS_AT_ONCE)
        moved = unit.near @ delta[part].T
        error = sizes[None, part] * ((dot_error(unit.d) + 4.0 * U) * (1.0 + 2.0**-20)) + UNDERFLOW
        t = ival.Interval(moved, moved) + ival.Interval(-error, error)
        p, c = (
            ival.max(ival.min(ival.Interval(x, x) + wide, 1.0), -1.0)
            for x in (unit.cosines(everything, rows[part]) for rows in (forest.parents, forest.children))
        )
        hull = ival.Interval(np.minimum(p.lo, c.lo), np.maximum(p.hi, c.hi))
        h1, h2, _ = _derivatives(p)
        _, _, h3 = _derivatives(hull)
        taylor = t * (h1 + t * (h2 * 0.5 + t * h3 / 6.0))
        plain = _profile(c) - _profile(p)
        # Two enclosures of one number: so is their intersection. (NaN, the empty interval, only where void.)
        low[:, part], high[:, part] = np.fmax(taylor.lo, plain.lo), np.fmin(taylor.hi, plain.hi)
    return low, high


def _profile(x: ival.Interval) -> ival.Interval:
    return x * (ival.asin(x) / _TWO_PI + 0.25)


def _derivatives(x: ival.Interval) -> tuple[ival.Interval, ival.Interval, ival.Interval]:
    """``h'``, ``h''``, ``h'''`` for ``h(x) = x/4 + x arcsin(x)/(2π)``, with ``r = √(1 − x²)``:

    ``¼ + (arcsin x + x/r)/(2π)``, ``(1/r + 1/r³)/(2π)``, ``(x/r³ + 3x/r⁵)/(2π)``.
    """
    square = (1.0 - x) * (1.0 + x)
    r = ival.sqrt(ival.max(square, 0.0))
    first = (ival.asin(x) + x / r) / _TWO_PI + 0.25
    second = (1.0 / r + 1.0 / (r * square)) / _TWO_PI
    third = x * (1.0 / (r * square) + 3.0 / (r * ival.sqr(square))) / _TWO_PI
    return first, second, third


class _ExactEntries:
    """Values of the unit-row kernel in Arb from the exact data, kept once computed. Main thread only."""

    def __init__(self, X: Floats) -> None:
        self._X = X
        self._rows: dict[int, tuple[flint.arb_mat, flint.arb]] = {}
        self._values: dict[tuple[int, int], flint.arb] = {}
        self._kernel = ReluKernel()

    def _row(self, k: int) -> tuple[flint.arb_mat, flint.arb]:
        if k not in self._rows:
            row = flint.arb_mat([[arb(float(v)) for v in self._X[k]]])
            self._rows[k] = row, (row * row.transpose())[0, 0]
        return self._rows[k]

    def h(self, i: int, j: int) -> flint.arb:
        """``H_ij``."""
        key = (int(min(i, j)), int(max(i, j)))
        if i == j:
            return arb(1) / 2
        if key not in self._values:
            (a, aa), (b, bb) = self._row(key[0]), self._row(key[1])
            value = self._kernel.entry((a * b.transpose())[0, 0], aa, bb)
            self._values[key] = value / (aa * bb).sqrt()
        return self._values[key]

    def differences(self, forest: Forest) -> tuple[Floats, Floats]:
        """``z_child − z_parent`` rounded once (children, d), and upper bounds of their lengths (children,)."""
        delta = np.empty((len(forest.children), self._X.shape[1]))
        for k, (c, p) in enumerate(zip(forest.children.tolist(), forest.parents.tolist(), strict=True)):
            (a, aa), (b, bb) = self._row(c), self._row(p)
            difference = a * (1 / aa.sqrt()) - b * (1 / bb.sqrt())
            delta[k] = [float(v.mid()) for v in difference.entries()]
        sizes = np.sqrt(np.square(delta).sum(axis=1)) * (1.0 + gamma(delta.shape[1] + 8)) + 2.0**-400
        return delta, sizes


def _overwrite(low: Floats, high: Floats, where: NDArray[np.bool_], value) -> None:  # type: ignore[no-untyped-def]
    for a, b in np.argwhere(where).tolist():
        ball = value(a, b)
        low[a, b], high[a, b] = lower_float(ball), upper_float(ball)


def _assemble(
    H: SymmetricEnclosure,
    forest: Forest,
    first: tuple[Floats, Floats],
    second: tuple[Floats, Floats],
    scale: Floats,
) -> SymmetricEnclosure:
    """Put the scaled differences into the rows and columns of the children; powers of two scale exactly."""
    C = forest.children
    full = dense(H)
    middle, radius = _middle(first[0] * scale[C], first[1] * scale[C])
    across, across_radius = _middle(second[0] * scale[C][:, None] * scale[C], second[1] * scale[C][:, None] * scale[C])
    full[:, C] = middle
    full[C, :] = middle.T
    full[np.ix_(C, C)] = np.triu(across) + np.triu(across, 1).T
    across_radius = np.maximum(across_radius, across_radius.T) + np.abs(across - across.T)
    others = np.ones(len(full), dtype=bool)
    others[C] = False
    rows = np.where(others, H.row_radius, 0.0)
    rows[others] += radius[others].sum(axis=1)
    rows[C] += radius[others].sum(axis=0) + across_radius.sum(axis=1)
    largest = max(H.max_radius, float(radius[others].max(initial=0.0)), float(across_radius.max(initial=0.0)))
    return SymmetricEnclosure(
        ArrayTiles(full), np.diagonal(full).copy(), rows * (1.0 + gamma(3 * len(full) + 10)), largest
    )


def _middle(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    middle = 0.5 * low + 0.5 * high
    radius = np.maximum(high - middle, middle - low) * (1.0 + 4.0 * U) + 2.0**-1000
    return middle, radius
