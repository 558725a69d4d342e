"""A floating-point Cholesky factor as a certificate: how far can ``LLᵀ`` be from the shifted matrix?

Whatever ``L`` is, ``LLᵀ`` is positive semidefinite. So for the exact ``E = A − LLᵀ``, ``λ_min(A) ≥ −‖E‖₂``.
LAPACK only proposes ``L``; the bound of ``E`` rests on matrix products alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, add_up, gamma, mul_up
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import INNER, Tiles
from certify.arithmetic.workers import Workers
from certify.spectrum.tilework import factor_diagonal, solve_below, subtract_product

_COLLATZ_STEPS = 3

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Factorisation:
    """``A = diag(diagonal) + sign·(off-diagonal midpoints)`` is within ``defect`` of a semidefinite matrix.

    Attributes
    ----------
    defect :
        Upper bound of ``‖A − LLᵀ‖₂``.
    residual, rounding :
        Its two parts: the computed residual of the diagonal solves, and the products' rounding.
    """

    defect: float
    residual: float
    rounding: float


@dataclass
class _Sums:
    """What a factorisation leaves besides its tiles: row sums of ``|R|``, and ``Σ l²``."""

    rows: Floats
    squares: float = 0.0

    def add(self, i: slice, k: slice, factor: NDArray[Any], residual: NDArray[Any]) -> None:
        self.rows[i] += residual.sum(axis=1)
        mirrored = np.tril(residual, -1) if i == k else residual
        self.rows[k] += mirrored.sum(axis=0)
        self.squares += float(np.square(factor).sum())


def factorise(
    A: SymmetricEnclosure, diagonal: Floats, sign: float, pool: Workers, progress: Progress | None = None
) -> Factorisation | None:
    """Factorise ``diag(diagonal) + sign·offdiag(M)`` in the lower triangle of ``A.tiles``.

    Returns
    -------
    Factorisation, or None when LAPACK met a pivot that is not positive or a number that is not finite:
    that proves nothing.

    Notes
    -----
    Entry ``(p, q)`` in the piece ``k`` of `INNER` columns. With ``S_j`` the exact products of the rows of ``L`` over
    piece ``j`` and ``T_j = fl(S_j)``, a product of inner length ``b = INNER``: ``C_0 = a_pq``,
    ``C_{j+1} = fl(C_j − T_j)``, and ``R = C_{k+1}`` is formed after ``L`` of piece ``k`` is known. Since
    ``C_{j+1} = (C_j − T_j)(1 + δ_j)``, ``a_pq = Σ_{j≤k} T_j (1 + θ_j) + R(1 + θ_{k+1})``, where ``θ_j`` collects ``j``
    roundings; and ``T_j`` is the sum of ``l_ps l_qs (1 + θ_b)``. Therefore::

        |A − LLᵀ| ≤ (1 + γ_N)|R| + γ_{b+N−1} |L||L|ᵀ,   N = ⌈n/b⌉

    entrywise, plus underflow. Norms: ``‖|R|‖₂ ≤`` its largest row sum. ``‖|L||L|ᵀ‖₂`` is at most the trace
    ``Σ l²``, and at most ``max_i(|L||L|ᵀx)_i/x_i`` for any ``x > 0`` (Collatz); the smaller is taken. This
    argument, made for the shape of the loop, replaces the a-priori bounds of [rump2006] and
    [rump2014cholesky] and, unlike them, trusts neither LAPACK's factor nor its triangular solve.
    """
    n = A.n
    sums = factor_tiles(A.tiles, diagonal, sign, np.float64, pool, progress)
    if sums is None:
        return None
    pieces = -(-n // INNER)
    slack = 1.0 + gamma(3 * n + 64)  # of the sums, whose terms are non-negative
    residual_norm = mul_up(float(sums.rows.max()), slack, 1.0 + gamma(pieces))
    size = min(mul_up(sums.squares, 1.0 + gamma(n * n + 64)), _absolute_product_norm(A.tiles, pool))
    rounding = mul_up(gamma(min(INNER, n) + pieces - 1), size)
    defect = add_up(residual_norm, rounding, n * n * UNDERFLOW)
    # NaN and infinity end here: LAPACK reports success on a matrix with a NaN.
    return Factorisation(defect, residual_norm, rounding) if np.isfinite(defect) else None


def factor_tiles(
    tiles: Tiles,
    diagonal: Floats,
    sign: float,
    dtype: type,
    pool: Workers,
    progress: Progress | None = None,
) -> _Sums | None:
    """Left-looking Cholesky by tiles into ``tiles.lower``, in float64 or float32; None where it breaks down."""
    edges = tiles.edges
    sums = _Sums(np.zeros(tiles.n))
    for k, columns in enumerate(edges):
        former = [tiles.lower(k, j, dtype) for j in range(k)]
        square: NDArray[Any] = (sign * np.triu(tiles.upper(k, k), 1).T).astype(dtype)
        square[np.diag_indices(len(square))] = diagonal[columns]
        for tile in former:
            subtract_product(square, tile, tile)
        found = factor_diagonal(square)
        if found is None:
            return None
        factor, residual = found
        sums.add(columns, columns, factor, residual)

        def below(
            i: int, k: int = k, factor: NDArray[Any] = factor, former: list[NDArray[Any]] = former
        ) -> tuple[NDArray[Any], NDArray[Any]]:
            target: NDArray[Any] = np.ascontiguousarray((sign * tiles.upper(k, i)).T, dtype=dtype)
            for j, tile in enumerate(former):
                subtract_product(target, tiles.lower(i, j, dtype), tile)
            solution, left = solve_below(target, factor)
            tiles.put_lower(i, k, solution)
            return solution, left

        rest = range(k + 1, len(edges))
        for i, (solution, left) in zip(rest, pool.map(below, rest), strict=True):
            sums.add(edges[i], columns, solution, left)
        tiles.put_lower(k, k, factor)
        if progress:
            progress("factorisation", k + 1, len(edges))
    return sums


def _absolute_product_norm(tiles: Tiles, pool: Workers) -> float:
    """Upper bound of ``‖|L||L|ᵀ‖₂`` for ``L`` in the lower triangle of ``tiles``, by Collatz's quotient.

    All terms are non-negative, so the two products of at most n terms err by ``γ_2n`` relatively.
    """
    edges, n = tiles.edges, tiles.n

    def down(i: int) -> Floats:
        return np.concatenate([x[edges[i]] @ np.abs(tiles.lower(i, k)) for k in range(i + 1)])

    def across(i: int) -> Floats:
        total = np.zeros(edges[i].stop - edges[i].start)
        for k in range(i + 1):
            total += np.abs(tiles.lower(i, k)) @ y[edges[k]]
        return total

    x, best = np.ones(n), np.inf
    for _ in range(_COLLATZ_STEPS):
        y = np.zeros(n)
        for part in pool.map(down, range(len(edges))):
            y[: len(part)] += part
        z = np.concatenate(pool.map(across, range(len(edges))))
        quotient = float((z / x).max())
        best = min(best, quotient) if np.isfinite(quotient) else np.inf
        x = np.maximum(z / z.max(), 1e-6)
    return mul_up(best, 1.0 + gamma(2 * n + 64))
