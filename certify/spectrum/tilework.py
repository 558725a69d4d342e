"""The operations on tiles that factorisations and products are made of. Pure functions, any precision.

They are called with, and return, contiguous tiles in C order wherever these are kept, in memory, on disk or on another
machine, so that their results are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs, get_lapack_funcs

from certify.arithmetic.tiles import inner_slices

Tile = NDArray[Any]


@dataclass(frozen=True)
class TileSums:
    """What the bound needs of one tile of a factor: row and column sums of ``|R|``, and ``Σ l²``.

    A float32 factor serves estimates alone; its residuals are not formed, and count as infinite.
    """

    rows: Tile
    columns: Tile
    squares: float


def diagonal_tile(
    upper: Tile, diagonal: Tile, sign: float, dtype: type, former: Iterable[Tile]
) -> tuple[Tile, TileSums] | None:
    """The factor's diagonal tile from the matrix's, its new diagonal (b,) and the ``former`` tiles of its row.

    Each of ``former`` is used as one object on both sides, for which NumPy takes BLAS's symmetric product.
    None when a pivot is not positive.
    """
    square: Tile = np.empty(upper.shape, dtype)  # strides and all: a thin array has more than one C order
    square[...] = sign * np.triu(upper, 1).T
    square[np.diag_indices(len(square))] = diagonal
    for tile in former:
        subtract_product(square, tile, tile)
    found = factor_diagonal(square)
    if found is None:
        return None
    factor, residual = found
    if residual is None:
        return factor, _unbounded(factor)
    return factor, TileSums(residual.sum(axis=1), np.tril(residual, -1).sum(axis=0), float(np.square(factor).sum()))


def below_tile(
    upper: Tile, sign: float, dtype: type, factor: Tile, former: Iterable[tuple[Tile, Tile]]
) -> tuple[Tile, TileSums]:
    """The factor's tile (i, k) from the matrix's (k, i), the tile (k, k) and the former pairs (i, j), (k, j)."""
    target: Tile = np.empty(upper.shape[::-1], dtype)
    target[...] = (sign * upper).T
    for left, right in former:
        subtract_product(target, left, right)
    solution, residual = solve_below(target, factor)
    if residual is None:
        return solution, _unbounded(solution)
    return solution, TileSums(residual.sum(axis=1), residual.sum(axis=0), float(np.square(solution).sum()))


def _unbounded(tile: Tile) -> TileSums:
    return TileSums(np.full(tile.shape[0], np.inf), np.full(tile.shape[1], np.inf), np.inf)


def tile_products(tile: Tile, left: Tile, right: Tile, mirrored: bool) -> tuple[Tile, Tile | None]:
    """``tile @ right`` and, if ``mirrored``, ``left @ tile``, each summed in pieces of `INNER` one after the other."""
    own: Tile = np.zeros(tile.shape[0])
    for piece in inner_slices(tile.shape[1]):
        own += tile[:, piece] @ right[piece]
    if not mirrored:
        return own, None
    there: Tile = np.zeros(tile.shape[1])
    for piece in inner_slices(tile.shape[0]):
        there += left[piece] @ tile[piece]
    return own, there


def solve_square(factor: Tile, y: Tile, transposed: bool = False) -> Tile:
    """``L⁻¹y``, or ``L⁻ᵀy``, for a diagonal tile of a factor; C's lower triangle is LAPACK's upper one."""
    (trtrs,) = get_lapack_funcs(("trtrs",), (factor,))
    return np.asarray(trtrs(factor.T, y, trans=0 if transposed else 1)[0])


def full_tile(upper: Tile, on_diagonal: bool, modulus: bool) -> Tile:
    """A tile of the matrix without its diagonal, both triangles where it stands on the diagonal, or its modulus."""
    tile = upper
    if on_diagonal:
        tile = np.triu(tile, 1)
        tile += tile.T
    return np.abs(tile) if modulus else tile


def subtract_product(target: Tile, left: Tile, right: Tile) -> None:
    """``target −= left rightᵀ``, in place: for each piece of inner length `INNER` a product, then a subtraction."""
    for piece in inner_slices(left.shape[1]):
        target -= left[:, piece] @ right[:, piece].T


def factor_diagonal(target: Tile) -> tuple[Tile, Tile | None] | None:
    """Cholesky factor of a diagonal tile whose former columns are already subtracted; overwrites it.

    Returns
    -------
    factor, residual :
        Lower triangular tiles (b, b). ``residual`` holds ``|R|``: what was left of each entry when the product with its
        own piece of the factor was subtracted as well; None for float32. None for both when a pivot is not positive.
    """
    size = len(target)
    factor = np.zeros(target.shape, target.dtype)
    residual = np.zeros(target.shape) if target.dtype == np.float64 else None
    (potrf,) = get_lapack_funcs(("potrf",), (target,))
    for piece in inner_slices(size):
        square = np.tril(target[piece, piece])
        block, info = potrf(square, lower=1, clean=1)
        if info:
            return None
        factor[piece, piece] = block
        if residual is not None:
            residual[piece, piece] = np.abs(np.tril(square - block @ block.T))
        below = slice(piece.stop, size)
        if below.start < size:
            solved = _solve_piece(target[below, piece], block)
            factor[below, piece] = solved
            if residual is not None:
                residual[below, piece] = _left(target[below, piece], solved, block)
            target[below, below] -= solved @ solved.T
    return factor, residual


def solve_below(target: Tile, factor: Tile) -> tuple[Tile, Tile | None]:
    """The factor's tile below a factored diagonal tile; overwrites ``target`` (h, b).

    Returns
    -------
    solution, residual :
        (h, b) each; ``residual`` as in `factor_diagonal`.
    """
    solution = np.empty(target.shape, target.dtype)
    residual = np.empty(target.shape) if target.dtype == np.float64 else None
    for piece in inner_slices(len(factor)):
        solution[:, piece] = _solve_piece(target[:, piece], factor[piece, piece])
        if residual is not None:
            residual[:, piece] = _left(target[:, piece], solution[:, piece], factor[piece, piece])
        rest = slice(piece.stop, len(factor))
        if rest.start < len(factor):
            target[:, rest] -= solution[:, piece] @ factor[rest, piece].T
    return solution, residual


def _solve_piece(target: Tile, block: Tile) -> Tile:
    (trsm,) = get_blas_funcs(("trsm",), (target,))
    return np.asarray(trsm(1.0, block, target, side=1, lower=1, trans_a=1))


def _left(target: Tile, solution: Tile, block: Tile) -> Tile:
    left: Tile = np.abs(target - solution @ block.T)
    return left
