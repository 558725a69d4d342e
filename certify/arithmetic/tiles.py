"""Where the tiles of a symmetric matrix and of its factor live. Edges depend on the size alone.

Every algorithm on large matrices here is a sequence of operations on whole tiles, so that it gives
the same bits wherever the tiles are kept and whoever works on them.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats

#: Length of inner sums in products of tiles: short sums have small error constants.
INNER = 128


def tile_size(n: int) -> int:
    """Rows of a tile: a multiple of `INNER`, larger for larger matrices."""
    return INNER * (1 if n < 1500 else 2 if n < 4000 else 4)


def tile_edges(n: int) -> list[slice]:
    """The rows of each tile of an ``n × n`` matrix."""
    size = tile_size(n)
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def inner_slices(length: int) -> list[slice]:
    """A tile's columns in pieces of `INNER`."""
    return [slice(start, min(start + INNER, length)) for start in range(0, length, INNER)]


class Tiles(Protocol):
    """The strict upper triangle of a matrix, and room for a lower triangular factor.

    Tile indices ``i ≤ j`` for `upper`, ``i ≥ k`` for `lower`. What `upper` returns must not be written to.
    """

    n: int
    edges: list[slice]

    def upper(self, i: int, j: int) -> Floats:
        """The tile of the matrix; on the diagonal only its strict upper triangle has a meaning."""
        ...

    def put_upper(self, i: int, j: int, tile: Floats) -> None:
        """Store a tile of the matrix. Before any `put_lower`."""
        ...

    def lower(self, i: int, k: int, dtype: type = np.float64) -> NDArray[Any]:
        """The tile of the factor, 0 above the diagonal; ``dtype`` as it was put."""
        ...

    def put_lower(self, i: int, k: int, tile: NDArray[Any]) -> None:
        """Store a tile of the factor, float64 or float32. Replaces a factor of the other type."""
        ...


class ArrayTiles:
    """Both triangles in one array of ``8n²`` bytes.

    A float32 factor occupies the first half of every row's lower part, so that it takes no memory either.
    """

    def __init__(self, array: Floats) -> None:
        if array.ndim != 2 or array.shape[0] != array.shape[1] or not array.flags.c_contiguous:
            raise ValueError(f"the array {array.shape} must be square and in C order")
        self.array = array
        self.n = len(array)
        self.edges = tile_edges(self.n)

    @classmethod
    def empty(cls, n: int) -> ArrayTiles:
        """Uninitialised tiles of an ``n × n`` matrix."""
        return cls(np.empty((n, n)))

    def upper(self, i: int, j: int) -> Floats:
        """See `Tiles.upper`."""
        return self.array[self.edges[i], self.edges[j]]

    def put_upper(self, i: int, j: int, tile: Floats) -> None:
        """See `Tiles.put_upper`."""
        self.array[self.edges[i], self.edges[j]] = tile

    def lower(self, i: int, k: int, dtype: type = np.float64) -> NDArray[Any]:
        """See `Tiles.lower`."""
        tile: NDArray[Any] = self.array.view(dtype)[self.edges[i], self.edges[k]]
        return np.tril(tile) if i == k else tile

    def put_lower(self, i: int, k: int, tile: NDArray[Any]) -> None:
        """See `Tiles.put_lower`."""
        target = self.array.view(tile.dtype)[self.edges[i], self.edges[k]]
        if i == k:
            below = np.tril_indices(len(tile))
            target[below] = tile[below]
        else:
            target[...] = tile
