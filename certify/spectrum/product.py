"""Matrix–vector products with the midpoints of a symmetric enclosure, and their error bound."""

from __future__ import annotations

import math

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import INNER
from certify.arithmetic.workers import Workers
from certify.spectrum.remote import RemoteTiles
from certify.spectrum.tilework import full_tile, tile_products

SERIAL = Workers(None)


def multiply(A: SymmetricEnclosure, v: Floats, pool: Workers = SERIAL, modulus: bool = False) -> Floats:
    """``fl(M v)``, or ``fl(|M| v)``, for the midpoints ``M (n, n)`` and ``v (n,)``.

    Notes
    -----
    ``|fl(Mv) − Mv| ≤ product_error(n)·|M||v| + n·SMALLEST``: products are summed in pieces of `INNER`,
    pieces by tiles, and the tiles' sums one after the other. The order depends on ``n`` alone.
    """
    edges = A.tiles.edges

    def row_of_tiles(i: int) -> list[tuple[Floats, Floats | None]]:
        tiles = (full_tile(A.tiles.upper(i, j), i == j, modulus) for j in range(i, len(edges)))
        return [tile_products(t, v[edges[i]], v[edges[j]], i != j) for j, t in enumerate(tiles, i)]

    remote = A.tiles.products(v, modulus, pool) if isinstance(A.tiles, RemoteTiles) else None
    result = np.zeros(A.n)
    for i, parts in enumerate(remote or pool.map(row_of_tiles, range(len(edges)))):
        for j, (own, there) in enumerate(parts, i):
            result[edges[i]] += own
            if there is not None:
                result[edges[j]] += there
    return result + (np.abs(A.diagonal) if modulus else A.diagonal) * v


def product_error(n: int) -> float:
    """Factor of `multiply`'s error bound.

    A product meets at most `INNER` roundings in its piece, one addition for each other piece of its tile and one for
    each other tile of its row, at most ``⌈n/INNER⌉`` each, and two at the diagonal; in any order a row has at most
    ``n + 1`` terms (one of them 0).
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
