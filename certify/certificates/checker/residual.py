"""How far is ``LLᵀ`` from ``A``? Exactly split products: the residual of a float factor to its last digits.

The float route of the checker: LAPACK's Cholesky of the whole matrix proposes ``L`` and nothing is assumed
of it. Unlike an a-priori bound, ``A − LLᵀ`` is computed, with products that cannot round.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ULP = 2.0**-52
_BLOCK = 512
_SLACK = 1.0 + 2.0**-30
_TINY = 2.0**-960


def residual_norm(A: Floats, L: Floats) -> float | None:
    """Upper bound of ``‖A − LLᵀ‖₂`` for float matrices (n, n), ``A`` symmetric, ``L`` lower triangular.

    None where the numbers leave the range in which the splitting is exact.

    Notes
    -----
    Row i of ``L`` is scaled by a power of two ``σ_i ≥ max_k|l_ik|`` and cut: ``l = x + y``, ``y = u + v`` with ``x`` a
    multiple of ``2^-b σ_i``, ``u`` of ``2^-2b σ_i``, ``|y| ≤ 2^-b σ_i``, ``|v| ≤ 2^-2b σ_i`` (error-free
    transformation of a matrix product: Ozaki, Ogita, Oishi, Rump 2012). With ``n 2^2b ≤ 2^53`` every sum in ``xxᵀ``
    and ``xuᵀ`` is an integer of at most 53 bits times a power of two: exact in any order. What is left,
    ``x vᵀ + v xᵀ + y yᵀ``, is rounded: by at most ``γ_{n+2}·3n·2^-2b σ_iσ_j`` (Higham 2002, (3.5)). Each of the five
    subtractions errs by at most half an ulp of its result. The norm is at most the largest row or column sum.
    """
    n = len(A)
    bits = (53 - math.ceil(math.log2(max(n, 2)))) // 2
    sizes = np.abs(L).max(axis=1)
    if not (np.isfinite(A).all() and np.isfinite(L).all() and sizes.min() > 2.0**-400 and sizes.max() < 2.0**400):
        return None
    power = np.frexp(sizes)[1]
    scale = np.ldexp(1.0, power)
    gamma = (n + 4) * ULP / (1.0 - (n + 4) * ULP)
    dropped = gamma * 4.0 * n * 2.0 ** (-2 * bits)
    rows, columns = np.zeros(n), np.zeros(n)
    edges = [slice(top, min(n, top + _BLOCK)) for top in range(0, n, _BLOCK)]
    for i in edges:
        xi, yi, ui, vi = _cut(L[i, : i.stop], power[i], bits)
        for j in edges:
            if j.start > i.start:
                break
            k = j.stop  # beyond it the rows of block j are zero
            xj, yj, uj, vj = (xi, yi, ui, vi) if i == j else _cut(L[j, :k], power[j], bits)
            rest = A[i, j] - xi[:, :k] @ xj.T
            bound = np.abs(rest)
            middle, tail = xi[:, :k] @ uj.T, xi[:, :k] @ vj.T
            for product in (middle, middle.T if i == j else ui[:, :k] @ xj.T):
                rest -= product
                bound += np.abs(rest)
            tail = tail + (tail.T if i == j else vi[:, :k] @ xj.T)
            tail += yi[:, :k] @ yj.T
            rest -= tail
            bound += np.abs(rest) + np.abs(tail)
            bound *= 4.0 * ULP
            bound += np.abs(rest) + dropped * np.multiply.outer(scale[i], scale[j]) + _TINY
            rows[i] += bound.sum(axis=1)
            columns[j] += bound.sum(axis=0)
            if i != j:
                rows[j] += bound.sum(axis=0)
                columns[i] += bound.sum(axis=1)
    norm = float(max(rows.max(), columns.max())) * _SLACK
    return norm if math.isfinite(norm) else None


def _cut(L: Floats, power: NDArray[np.int32], bits: int) -> tuple[Floats, Floats, Floats, Floats]:
    """``L = x + y``, ``y = u + v``, exactly."""
    up, down = (bits - power)[:, None], (power - bits)[:, None]
    x = np.ldexp(np.rint(np.ldexp(L, up)), down)
    y = L - x
    u = np.ldexp(np.rint(np.ldexp(y, up + bits)), down - bits)
    return x, y, u, y - u
