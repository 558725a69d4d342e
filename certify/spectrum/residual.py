"""Matrix products far beyond float64, from products that BLAS cannot get wrong: residuals of eigenpairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats, two_product, two_sum
from certify.arithmetic.rounding import UNDERFLOW, U, gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers

#: Bits of a slice: products of two slices are integers up to 2^44, and 2^9 of them sum up exactly.
BITS = 22
LONGEST = 512
_RANGE = 900  # exponents of sizes for which no grid overflows or underflows


@dataclass(frozen=True)
class PairProduct:
    """``high + low`` is within ``error[k]`` of ``(M V)[:, k]``, entrywise; arrays (n, k) and (k,)."""

    high: Floats
    low: Floats
    error: Floats

    def minus(self, high: Floats, low: Floats | float = 0.0) -> Residual:
        """``MV − (high + low)``, rounded to float64.

        Notes
        -----
        ``s + e`` is the exact difference of the high parts. Three roundings follow, of ``t₁ = low − low'``, ``t₂ = e
        + t₁`` and ``r = s + t₂``; each errs by at most ``U`` times its own result.
        """
        s, e = two_sum(self.high, -high)
        first = self.low - low
        second = e + first
        result = s + second
        rounding = U * (column_norms(result) + column_norms(second) + column_norms(first)) * (1.0 + 2.0**-40)
        error = (rounding + np.sqrt(float(len(result))) * self.error) * (1.0 + 2.0**-40)
        return Residual(result, error, (column_norms(result) + error) * (1.0 + 2.0**-50))


@dataclass(frozen=True)
class Residual:
    """``values (n, k)``; column k is off by at most ``error[k]`` in the 2-norm; ``norms[k]`` bounds the exact one."""

    values: Floats
    error: Floats
    norms: Floats


def column_norms(X: Floats) -> Floats:
    """Upper bounds of the 2-norms of the columns of ``X (n, k)``.

    Notes
    -----
    A sum of n squares and a root err by ``γ_{n+3}`` relatively; squares that underflow are worth at most
    ``n·2^-1074`` in the sum, ``√n·2^-537`` in the norm.
    """
    n = len(X)
    squares = np.einsum("ik,ik->k", X, X)
    return np.asarray((np.sqrt(squares) + np.sqrt(float(n)) * 2.0**-530) * (1.0 + gamma(n + 8)))


def multiply_accurately(A: SymmetricEnclosure, V: Floats, pool: Workers) -> PairProduct:
    """``M V`` for the midpoints ``M (n, n)`` and ``V (n, k)``, as a pair with an error of about ``2^-89`` of its size.

    Algorithm
    ---------
    Error-free splitting [ozaki2012]. Each tile ``T`` of ``M``, of entries below a power of two ``σ``, is ``T₁ + T₂ +
    T₃``, ``T₁`` on the grid ``2^-22σ``, ``T₂`` on ``2^-45σ``; likewise each column of ``V``, below ``τ``. Then

        TV = T₁V₁ + T₁V₂ + T₂V₁ + [T₁V₃ + T₂(V₂ + V₃) + T₃V]

    and BLAS evaluates the first three exactly, in any order. They are summed by `two_sum`, their errors and
    the bracket in a second word.

    Notes
    -----
    *Splitting.* With ``S = 1.5·2^52·g``, ``fl(x + S) − S`` is the multiple of ``g`` nearest to ``x`` if ``|x| ≤ 2^51
    g``, and the difference from ``x`` is a float: it is a multiple of ``x``'s last place and not larger than ``|x|``.
    So ``T₁`` and ``T₂`` are integers of modulus ≤ 2^22 times their grids, ``|T − T₁| ≤ 2^-23σ``, ``|T₃| ≤ 2^-46σ``.
    *Exactness.* A product of two slices sums up to `LONGEST` integers of modulus ≤ 2^44: every partial sum is an
    integer of modulus ≤ 2^53, times a fixed power of two.
    *Error.* Let ``N`` be the number of pieces of at most `LONGEST` columns, ``w`` the length of one, and ``B = τ Σ
    wσ`` over the pieces of a row of tiles. The bracket is at most ``3·2^-46 wστ`` and errs by ``γ_{w+2}`` of that.
    Partial sums of the high word stay below ``1.02B``, so its ``3N`` errors sum up to less than ``3.1NUB``. The
    second word adds ``4N`` terms of total modulus ``(3.1NU + 3.1·2^-46)B``. Altogether::

        |high + low − MV| ≤ [γ_{4N}(3.1NU + 3.1·2^-46) + 3.1·2^-46 γ_{w+2}] B

    plus underflow. [ozaki2012] K. Ozaki, T. Ogita, S. Oishi, S. M. Rump, Numerical Algorithms 59 (2012), 95-118.

    Raises
    ------
    ValueError
        If ``V`` is not finite or an entry is beyond ``2^900``.
    """
    edges = A.tiles.edges
    tau = _power_above(np.abs(V).max(axis=0))
    first, left = _split(V, tau, BITS)
    second, rest = _split(left, tau, 2 * BITS + 1)

    def row_of_tiles(i: int) -> tuple[Floats, Floats, float]:
        shape = (edges[i].stop - edges[i].start, V.shape[1])
        high, low, spread = np.zeros(shape), np.zeros(shape), 0.0
        for j, columns in enumerate(edges):
            T = _full_tile(A, i, j)
            for start in range(0, T.shape[1], LONGEST):
                piece = slice(start, min(start + LONGEST, T.shape[1]))
                there = slice(columns.start + piece.start, columns.start + piece.stop)
                sigma = _power_above(np.array([np.abs(T[:, piece]).max()]))[0]
                T1, T_left = _split(T[:, piece], sigma, BITS)
                T2, T3 = _split(T_left, sigma, 2 * BITS + 1)
                for product in (T1 @ first[there], T1 @ second[there], T2 @ first[there]):
                    high, error = two_sum(high, product)
                    low += error
                low += T1 @ rest[there] + T2 @ left[there] + T3 @ V[there]
                spread += T1.shape[1] * float(sigma)
        return high, low, spread

    parts = pool.map(row_of_tiles, range(len(edges)))
    spread = max(part[2] for part in parts) * (1.0 + 2.0**-40)
    pieces = sum(-(-(e.stop - e.start) // LONGEST) for e in edges)
    longest = min(LONGEST, max(e.stop - e.start for e in edges))
    small = 3.1 * 2.0**-46
    factor = gamma(4 * pieces) * (3.1 * pieces * U + small) + small * gamma(longest + 2)
    error = (factor * (1.0 + 2.0**-40) * spread) * tau + UNDERFLOW
    return PairProduct(np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]), error)


def eigen_residual(A: SymmetricEnclosure, V: Floats, values: Floats, pool: Workers) -> Residual:
    """``MV − V diag(values)`` for the midpoints: ``V (n, k)``, ``values (k,)``."""
    product = multiply_accurately(A, V, pool)
    high, low = two_product(V, np.broadcast_to(values, V.shape))
    return product.minus(high, low)


def gram_defect(Q: Floats) -> float:
    """Upper bound of ``‖QᵀQ − I‖₂`` for ``Q (n, k)``; infinite where ``Q`` is not finite.

    Notes
    -----
    The computed Gram matrix, its sums formed in pieces of `LONGEST` rows, errs entrywise by ``c|Q|ᵀ|Q|``, whose norm
    is at most ``c·tr(|Q|ᵀ|Q|)``. A symmetric matrix's norm is at most its largest absolute row sum.
    """
    n, k = Q.shape
    G = np.zeros((k, k))
    pieces = range(0, n, LONGEST)
    for start in pieces:
        G += Q[start : start + LONGEST].T @ Q[start : start + LONGEST]
    G[np.diag_indices(k)] -= 1.0
    trace = float(np.einsum("ik,ik->", Q, Q)) * (1.0 + gamma(n * k + 8))
    c = gamma(min(n, LONGEST + len(pieces)) + 1)  # one more for the subtraction, relative to the result or to 1 + |G|
    rows = float(np.abs(G + G.T).sum(axis=1).max()) / 2 * (1.0 + gamma(k + 8))
    found = (rows + c * (trace + rows) + k * n * UNDERFLOW) * (1.0 + 2.0**-40)
    return found if np.isfinite(found) else np.inf


def _split(X: Floats, size: Floats | float, bits: int) -> tuple[Floats, Floats]:
    """``X`` on the grid ``size·2^-bits``, and what is left; their sum is ``X`` exactly."""
    anchor = np.asarray(size) * (1.5 * 2.0 ** (52 - bits))
    rounded = (X + anchor) - anchor
    return rounded, X - rounded


def _power_above(largest: Floats) -> Floats:
    """The powers of two above ``largest``, not less than ``2^-900``."""
    if not np.all(largest < 2.0**_RANGE):
        raise ValueError("the vectors and the matrix must be finite and below 2^900")
    exponent = np.frexp(largest)[1]
    return np.asarray(np.ldexp(1.0, np.where(largest > 0, np.maximum(exponent, -_RANGE), -_RANGE)))


def _full_tile(A: SymmetricEnclosure, i: int, j: int) -> Floats:
    if i != j:
        return A.tiles.upper(i, j) if i < j else A.tiles.upper(j, i).T
    tile = np.triu(A.tiles.upper(i, i), 1)
    tile += tile.T
    tile[np.diag_indices(len(tile))] = A.diagonal[A.tiles.edges[i]]
    return np.asarray(tile)
