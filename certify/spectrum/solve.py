"""Solving with the factor in the tiles: untrusted, for estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats
from certify.arithmetic.tiles import Tiles
from certify.arithmetic.workers import Workers
from certify.spectrum.remote import RemoteTiles
from certify.spectrum.tilework import solve_square


class Inverse:
    """``(LLᵀ)⁻¹`` for the factor ``L`` of ``dtype`` that is in the tiles now; its diagonal tiles are kept here.

    By one thread: it waits for memory, not for arithmetic.
    """

    def __init__(self, tiles: Tiles, dtype: type, pool: Workers) -> None:
        self._tiles, self._dtype, self._pool = tiles, dtype, pool
        if not isinstance(tiles, RemoteTiles):
            self._squares = [tiles.lower(k, k, dtype) for k in range(len(tiles.edges))]

    def __call__(self, v: Floats) -> Floats:
        """``(LLᵀ)⁻¹v`` approximately; v and the result (n,) in float64."""
        tiles, dtype = self._tiles, self._dtype
        if isinstance(tiles, RemoteTiles):
            return tiles.solve(v, dtype, self._pool)
        edges = tiles.edges
        y: NDArray[Any] = v.astype(dtype)
        for k, rows in enumerate(edges):
            for j in range(k):
                y[rows] -= tiles.lower(k, j, dtype) @ y[edges[j]]
            y[rows] = solve_square(self._squares[k], y[rows])
        for k in reversed(range(len(edges))):
            rows = edges[k]
            y[rows] = solve_square(self._squares[k], y[rows], transposed=True)
            for j in range(k):
                y[edges[j]] -= y[rows] @ tiles.lower(k, j, dtype)
        return y.astype(np.float64)
