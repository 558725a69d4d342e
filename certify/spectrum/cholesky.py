"""A floating-point Cholesky factor as a certificate: how far can ``LLᵀ`` be from the shifted matrix?

Whatever ``L`` is, ``LLᵀ`` is positive semidefinite. So for the exact ``E = A − LLᵀ``, ``λ_min(A) ≥ −‖E‖₂``.
LAPACK only proposes ``L``; the bound of ``E`` rests on matrix products alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas, lapack

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, add_up, gamma, mul_up
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers

PANEL = 128  # columns factored at once: short inner sums, small constants
CHUNK = 512  # rows of a panel a worker takes at once
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


def factorise(
    A: SymmetricEnclosure, diagonal: Floats, sign: float, pool: Workers, progress: Progress | None = None
) -> Factorisation | None:
    """Factorise ``diag(diagonal) + sign·offdiag(M)`` in the lower triangle of ``A.store``.

    Returns
    -------
    Factorisation, or None when LAPACK met a pivot that is not positive or a number that is not finite:
    that proves nothing.

    Notes
    -----
    Entry ``(p, q)`` in block column ``k``. With ``S_j`` the exact products of the rows of ``L`` over block
    column ``j`` and ``T_j = fl(S_j)``, computed by a product of inner length ``b``: ``C_0 = a_pq``,
    ``C_{j+1} = fl(C_j − T_j)``, and ``R = C_{k+1}`` is formed after ``L`` of block column ``k`` is known. Since
    ``C_{j+1} = (C_j − T_j)(1 + δ_j)``, ``a_pq = Σ_{j≤k} T_j (1 + θ_j) + R(1 + θ_{k+1})``, where ``θ_j`` collects
    ``j`` roundings; and ``T_j`` is the sum of ``l_ps l_qs (1 + θ_b)``. Therefore::

        |A − LLᵀ| ≤ (1 + γ_N)|R| + γ_{b+N−1} |L||L|ᵀ,   N = ⌈n/b⌉

    entrywise, plus underflow. Norms: ``‖|R|‖₂ ≤`` its largest row sum. ``‖|L||L|ᵀ‖₂`` is at most the trace
    ``Σ l²``, and at most ``max_i(|L||L|ᵀx)_i/x_i`` for any ``x > 0`` (Collatz); the smaller is taken. This
    argument, made for the shape of the loop below, replaces the a-priori bound of [rump2006] and
    [rump2014cholesky] and, unlike it, trusts neither LAPACK's factor nor its triangular solve.
    """
    n, store = A.n, A.store
    row_sums = np.zeros(n)
    trace = 0.0
    starts = range(0, n, PANEL)
    for step, k0 in enumerate(starts):
        k = slice(k0, min(k0 + PANEL, n))
        done = [slice(j, j + PANEL) for j in range(0, k0, PANEL)]
        panel = store[k]
        square = sign * np.triu(panel[:, k], 1).T
        square[np.diag_indices(len(square))] = diagonal[k]
        for j in done:
            square -= panel[:, j] @ panel[:, j].T
        factor, info = lapack.dpotrf(square, lower=1, clean=1)
        if info:
            return None
        residual = np.abs(np.tril(square - factor @ factor.T))
        row_sums[k] += residual.sum(axis=1) + np.tril(residual, -1).sum(axis=0)
        trace += float(np.square(factor).sum())
        transposed = [np.ascontiguousarray(panel[:, j].T) for j in done]

        def solve(
            rows: slice, k: slice = k, factor: Floats = factor, transposed: list[Floats] = transposed
        ) -> tuple[Floats, Floats, float]:
            block = np.ascontiguousarray(sign * store[k, rows].T)
            for j, columns in enumerate(transposed):
                block -= store[rows, j * PANEL : (j + 1) * PANEL] @ columns
            solution = blas.dtrsm(1.0, factor, block, side=1, lower=1, trans_a=1)
            defect = np.abs(block - solution @ factor.T)
            store[rows, k] = solution
            return defect.sum(axis=1), defect.sum(axis=0), float(np.square(solution).sum())

        chunks = [slice(r, min(r + CHUNK, n)) for r in range(k.stop, n, CHUNK)]
        for rows, (across, down, squares) in zip(chunks, pool.map(solve, chunks), strict=True):
            row_sums[rows] += across
            row_sums[k] += down
            trace += squares
        lower = store[k, k]
        below = np.tril_indices(len(factor))
        lower[below] = factor[below]
        if progress:
            progress("factorisation", step + 1, len(starts))
    slack = 1.0 + gamma(3 * n + 64)  # of the sums above, whose terms are non-negative
    residual_norm = mul_up(float(row_sums.max()), slack, 1.0 + gamma(len(starts)))
    size = min(mul_up(trace, 1.0 + gamma(n * n + 64)), _absolute_product_norm(store, pool))
    rounding = mul_up(gamma(min(PANEL, n) + len(starts) - 1), size)
    defect = add_up(residual_norm, rounding, n * n * UNDERFLOW)
    # NaN and infinity end here: LAPACK reports success on a matrix with a NaN.
    return Factorisation(defect, residual_norm, rounding) if np.isfinite(defect) else None


def _absolute_product_norm(store: Floats, pool: Workers) -> float:
    """Upper bound of ``‖|L||L|ᵀ‖₂`` for ``L`` in the lower triangle of ``store``, by Collatz's quotient.

    All terms are non-negative, so the two products of at most n terms err by ``γ_2n`` relatively.
    """
    n = len(store)
    chunks = [slice(r, min(r + CHUNK, n)) for r in range(0, n, CHUNK)]

    def absolute(rows: slice) -> Floats:
        block = np.abs(store[rows, : rows.stop])
        block[:, rows] = np.tril(block[:, rows])
        return block

    def down(rows: slice) -> Floats:
        return x[rows] @ absolute(rows)

    def across(rows: slice) -> Floats:
        return absolute(rows) @ y[: rows.stop]

    x, best = np.ones(n), np.inf
    for _ in range(_COLLATZ_STEPS):
        y = np.zeros(n)
        for rows, part in zip(chunks, pool.map(down, chunks), strict=True):
            y[: rows.stop] += part
        z = np.concatenate(pool.map(across, chunks))
        quotient = float((z / x).max())
        best = min(best, quotient) if np.isfinite(quotient) else np.inf
        x = np.maximum(z / z.max(), 1e-6)
    return mul_up(best, 1.0 + gamma(2 * n + 64))
