"""Solving with the factor in the tiles: untrusted, for estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from certify.arithmetic.exact import Floats
from certify.arithmetic.tiles import Tiles
from certify.arithmetic.workers import Workers
from certify.spectrum.remote import RemoteTiles


def solve(tiles: Tiles, v: Floats, dtype: type, pool: Workers) -> Floats:
    """``(LLᵀ)⁻¹v`` approximately, with the factor of ``dtype`` in ``tiles``; v and the result (n,) in float64."""
    if isinstance(tiles, RemoteTiles):
        return tiles.solve(v, dtype, pool)
    edges = tiles.edges
    y: NDArray[Any] = v.astype(dtype)
    for k, rows in enumerate(edges):

        def forward(j: int, k: int = k) -> Floats:
            return np.asarray(tiles.lower(k, j, dtype) @ y[edges[j]])

        for part in pool.map(forward, range(k)):
            y[rows] -= part
        y[rows] = solve_triangular(tiles.lower(k, k, dtype), y[rows], lower=True, check_finite=False)
    for k in reversed(range(len(edges))):
        rows = edges[k]
        y[rows] = solve_triangular(tiles.lower(k, k, dtype), y[rows], lower=True, trans=1, check_finite=False)

        def backward(j: int, k: int = k) -> Floats:
            return np.asarray(y[edges[k]] @ tiles.lower(k, j, dtype))

        for j, part in enumerate(pool.map(backward, range(k))):
            y[edges[j]] -= part
    return y.astype(np.float64)
