"""The three operations on tiles that a Cholesky factorisation is made of. Pure functions, any precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs, get_lapack_funcs

from certify.arithmetic.tiles import inner_slices

Tile = NDArray[Any]


def subtract_product(target: Tile, left: Tile, right: Tile) -> None:
    """``target −= left rightᵀ``, in place: for each piece of inner length `INNER` a product, then a subtraction."""
    for piece in inner_slices(left.shape[1]):
        target -= left[:, piece] @ right[:, piece].T


def factor_diagonal(target: Tile) -> tuple[Tile, Tile] | None:
    """Cholesky factor of a diagonal tile whose former columns are already subtracted; overwrites it.

    Returns
    -------
    factor, residual :
        Lower triangular tiles (b, b). ``residual`` holds ``|R|``: what was left of each entry when the product with its
        own piece of the factor was subtracted as well. None when a pivot is not positive.
    """
    size = len(target)
    factor, residual = np.zeros_like(target), np.zeros_like(target)
    (potrf,) = get_lapack_funcs(("potrf",), (target,))
    for piece in inner_slices(size):
        square = np.tril(target[piece, piece])
        block, info = potrf(square, lower=1, clean=1)
        if info:
            return None
        factor[piece, piece] = block
        residual[piece, piece] = np.abs(np.tril(square - block @ block.T))
        below = slice(piece.stop, size)
        if below.start < size:
            solved, left = _solve_piece(target[below, piece], block)
            factor[below, piece], residual[below, piece] = solved, left
            target[below, below] -= solved @ solved.T
    return factor, residual


def solve_below(target: Tile, factor: Tile) -> tuple[Tile, Tile]:
    """The factor's tile below a factored diagonal tile; overwrites ``target`` (h, b).

    Returns
    -------
    solution, residual :
        (h, b) each; ``residual`` as in `factor_diagonal`.
    """
    solution, residual = np.empty_like(target), np.empty_like(target)
    for piece in inner_slices(len(factor)):
        solution[:, piece], residual[:, piece] = _solve_piece(target[:, piece], factor[piece, piece])
        rest = slice(piece.stop, len(factor))
        if rest.start < len(factor):
            target[:, rest] -= solution[:, piece] @ factor[rest, piece].T
    return solution, residual


def _solve_piece(target: Tile, block: Tile) -> tuple[Tile, Tile]:
    (trsm,) = get_blas_funcs(("trsm",), (target,))
    solution = trsm(1.0, block, target, side=1, lower=1, trans_a=1)
    return solution, np.abs(target - solution @ block.T)
