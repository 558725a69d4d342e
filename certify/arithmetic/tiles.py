"""Where the tiles of a symmetric matrix and of its factor live. Edges depend on the size alone.

Every algorithm on large matrices here is a sequence of operations on whole tiles, so that it gives
the same bits wherever the tiles are kept and whoever works on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats
from certify.arithmetic.journal import NOTHING_KEPT, Journal

#: Called as ``progress(stage, done, total)``, from any thread.
Progress = Callable[[str, int, int], None]

#: Length of inner sums in products of tiles: short sums have small error constants.
INNER = 128
#: Below so many rows, so many pieces of `INNER` in a tile: a factor's speed is best where tiles fit the cache.
_TILE_SIZES = ((1_500, 1), (64_000, 3), (128_000, 8), (256_000, 16), (math.inf, 32))


def tile_size(n: int) -> int:
    """Rows of a tile: a multiple of `INNER`, larger for larger matrices, which then have up to 250 tiles in a row."""
    return INNER * next(count for limit, count in _TILE_SIZES if n < limit)


def tile_edges(n: int) -> list[slice]:
    """The rows of each tile of an ``n × n`` matrix."""
    size = tile_size(n)
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def length(rows: slice) -> int:
    """How many rows, or columns, an edge has."""
    return int(rows.stop - rows.start)


def inner_slices(length: int) -> list[slice]:
    """A tile's columns in pieces of `INNER`."""
    return [slice(start, min(start + INNER, length)) for start in range(0, length, INNER)]


class Tiles(Protocol):
    """The strict upper triangle of a matrix, and room for a lower triangular factor.

    Tile indices ``i ≤ j`` for `upper`, ``i ≥ k`` for `lower`. Tiles come as contiguous arrays in C order, because
    a product's bits may depend on the distance between rows. What `upper` returns must not be written to.

    Attributes
    ----------
    journal :
        Where finished steps are noted, so that an interrupted run can go on.
    """

    n: int
    edges: list[slice]
    journal: Journal

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
    """Both triangles in ``8n²`` bytes, tile after tile.

    A float32 factor occupies the first half of each tile of the lower part, so that it takes no memory either.

    Parameters
    ----------
    array : (n, n)
        Its upper triangle is copied.
    """

    def __init__(self, array: Floats) -> None:
        if array.ndim != 2 or array.shape[0] != array.shape[1]:
            raise ValueError(f"the array {array.shape} must be square")
        self._allocate(len(array))
        for i, rows in enumerate(self.edges):
            for j in range(i, len(self.edges)):
                self.put_upper(i, j, array[rows, self.edges[j]])

    @classmethod
    def empty(cls, n: int) -> ArrayTiles:
        """Uninitialised tiles of an ``n × n`` matrix."""
        tiles = cls.__new__(cls)
        tiles._allocate(n)
        return tiles

    def _allocate(self, n: int) -> None:
        self.n, self.edges = n, tile_edges(n)
        self.journal: Journal = NOTHING_KEPT
        self._buffer = np.empty(n * n)

    @property
    def array(self) -> Floats:
        """The strict upper triangle as a matrix (n, n) of its own, 0 elsewhere."""
        full = np.zeros((self.n, self.n))
        for i, rows in enumerate(self.edges):
            for j in range(i, len(self.edges)):
                full[rows, self.edges[j]] = self.upper(i, j)
        return np.triu(full, 1)

    def _place(self, i: int, j: int) -> Floats:
        """The numbers of tile (i, j), row after row."""
        height, width = length(self.edges[i]), length(self.edges[j])
        start = self.edges[i].start * self.n + height * self.edges[j].start
        return self._buffer[start : start + height * width]

    def upper(self, i: int, j: int) -> Floats:
        """See `Tiles.upper`."""
        return self._place(i, j).reshape(length(self.edges[i]), -1)

    def put_upper(self, i: int, j: int, tile: Floats) -> None:
        """See `Tiles.put_upper`."""
        self.upper(i, j)[...] = tile

    def lower(self, i: int, k: int, dtype: type = np.float64) -> NDArray[Any]:
        """See `Tiles.lower`."""
        tile = self._lower(i, k, dtype)
        return np.tril(tile) if i == k else tile

    def put_lower(self, i: int, k: int, tile: NDArray[Any]) -> None:
        """See `Tiles.put_lower`."""
        target = self._lower(i, k, tile.dtype.type)
        if i == k:
            below = np.tril_indices(len(tile))
            target[below] = tile[below]
        else:
            target[...] = tile

    def _lower(self, i: int, k: int, dtype: type) -> NDArray[Any]:
        height, width = length(self.edges[i]), length(self.edges[k])
        place: NDArray[Any] = self._place(i, k)
        if i == k:  # row by row, so as not to touch the matrix above the diagonal
            return place.reshape(height, width).view(dtype)[:, :width]
        return place.view(dtype)[: height * width].reshape(height, width)
