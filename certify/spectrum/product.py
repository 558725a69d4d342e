"""Matrix–vector products with the stored midpoints of a symmetric matrix, and their error bound."""

from __future__ import annotations

import math

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import gamma
from certify.arithmetic.symmetric import SymmetricEnclosure

BLOCK = 256


def multiply(A: SymmetricEnclosure, v: Floats, modulus: bool = False) -> Floats:
    """``fl(M v)``, or ``fl(|M| v)``, for the midpoints ``M (n, n)`` and ``v (n,)``.

    Notes
    -----
    ``|fl(Mv) − Mv| ≤ product_error(n)·|M||v| + n·SMALLEST``: every row's products are summed in blocks of
    `BLOCK`, and the ``⌈n/BLOCK⌉`` block sums and the diagonal term one after the other.
    """
    n, store = A.n, A.store
    result = np.zeros(n)
    for top in range(0, n, BLOCK):
        i = slice(top, min(top + BLOCK, n))
        square = np.triu(store[i, i], 1)
        square += square.T
        if modulus:
            np.abs(square, out=square)
        result[i] += square @ v[i]
        for left in range(i.stop, n, BLOCK):
            j = slice(left, min(left + BLOCK, n))
            block = np.abs(store[i, j]) if modulus else store[i, j]
            result[i] += block @ v[j]
            result[j] += v[i] @ block
    return result + (np.abs(A.diagonal) if modulus else A.diagonal) * v


def product_error(n: int) -> float:
    """Factor of `multiply`'s error bound: a block sum, then one addition for each of the other terms.

    Those are at most ``⌈n/BLOCK⌉ − 1`` block sums and the diagonal's product; in any order a row has at most
    ``n + 1`` terms (one of them 0).
    """
    return gamma(min(n + 1, BLOCK + -(-n // BLOCK)))


def dense(A: SymmetricEnclosure, dtype: type = np.float64) -> Floats:
    """The midpoints as a full symmetric matrix of their own."""
    full: Floats = np.empty((A.n, A.n), dtype=dtype)
    for top in range(0, A.n, BLOCK):
        i = slice(top, min(top + BLOCK, A.n))
        full[i, top:] = A.store[i, top:]
        full[i.stop :, i] = A.store[i, i.stop :].T
        square = np.triu(A.store[i, i], 1)
        full[i, i] = square + square.T
    full[np.arange(A.n), np.arange(A.n)] = A.diagonal
    return full


def unit(v: Floats) -> Floats:
    """``v`` scaled to length about 1 (untrusted; the bounds divide by the exact length)."""
    return v / math.sqrt(float(v @ v))
