"""Matrix–vector products with the midpoints of a symmetric enclosure, and their error bound."""

from __future__ import annotations

import math

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import INNER, inner_slices
from certify.arithmetic.workers import Workers

SERIAL = Workers(None)


def multiply(A: SymmetricEnclosure, v: Floats, pool: Workers = SERIAL, modulus: bool = False) -> Floats:
    """``fl(M v)``, or ``fl(|M| v)``, for the midpoints ``M (n, n)`` and ``v (n,)``.

    Notes
    -----
    ``|fl(Mv) − Mv| ≤ product_error(n)·|M||v| + n·SMALLEST``: every row's products are summed in pieces of
    `INNER`, and the piece sums one after the other. The order depends on ``n`` alone.
    """
    edges = A.tiles.edges

    def row_of_tiles(i: int) -> Floats:
        """What tiles (i, j), j ≥ i, and their mirror images contribute to the product from row i's start on."""
        start = edges[i].start
        part = np.zeros(A.n - start)
        own = slice(0, edges[i].stop - start)
        for j in range(i, len(edges)):
            tile = A.tiles.upper(i, j)
            if i == j:
                tile = np.triu(tile, 1)
                tile += tile.T
            if modulus:
                tile = np.abs(tile)
            right = v[edges[j]]
            for piece in inner_slices(tile.shape[1]):
                part[own] += tile[:, piece] @ right[piece]
            if i != j:
                left = v[edges[i]]
                there = slice(edges[j].start - start, edges[j].stop - start)
                for piece in inner_slices(tile.shape[0]):
                    part[there] += left[piece] @ tile[piece]
        return part

    result = np.zeros(A.n)
    for i, part in enumerate(pool.map(row_of_tiles, range(len(edges)))):
        result[edges[i].start :] += part
    return result + (np.abs(A.diagonal) if modulus else A.diagonal) * v


def product_error(n: int) -> float:
    """Factor of `multiply`'s error bound.

    A product meets at most `INNER` roundings in its piece, then one addition for each of the other
    ``⌈n/INNER⌉ + (number of tiles)`` pieces (tiles need not end on a piece) or sums of a row of tiles, and one for the
    diagonal; in any order a row has at most ``n + 1`` terms (one of them 0).
    """
    return gamma(min(n + 1, INNER + 2 * -(-n // INNER) + 2))


def dense(A: SymmetricEnclosure) -> Floats:
    """The midpoints as a full symmetric matrix of their own, (n, n)."""
    full: Floats = np.empty((A.n, A.n))
    for i, rows in enumerate(A.tiles.edges):
        for j in range(i, len(A.tiles.edges)):
            columns, tile = A.tiles.edges[j], A.tiles.upper(i, j)
            if i == j:
                tile = np.triu(tile, 1)
                full[rows, columns] = tile + tile.T
            else:
                full[rows, columns] = tile
                full[columns, rows] = tile.T
    full[np.diag_indices(A.n)] = A.diagonal
    return full


def unit(v: Floats) -> Floats:
    """``v`` scaled to length about 1 (untrusted; the bounds divide by the exact length)."""
    return v / math.sqrt(float(v @ v))
