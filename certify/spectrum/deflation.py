"""A verified bound of the next eigenvalue: lift the k lowest out of the way by a matrix of rank k, then Cholesky."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats
from certify.arithmetic.journal import NOTHING_KEPT, fingerprint
from certify.arithmetic.rounding import UNDERFLOW, U, gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import Tiles
from certify.arithmetic.workers import Workers
from certify.spectrum.bounds import lower_bound, upper_bound
from certify.spectrum.estimate import estimate_largest, estimate_smallest
from certify.spectrum.product import multiply, product_error

_ATTEMPTS = 3


class LiftedTiles:
    """The tiles of ``M + weight·VVᵀ``, formed as they are read; the factor's tiles are those of ``M``.

    Its steps are not noted: an interrupted run does them again, and they give the same.
    """

    def __init__(self, tiles: Tiles, V: Floats, weight: float) -> None:
        self._tiles, self._V, self._weighted = tiles, V, weight * V
        self.n, self.edges = tiles.n, tiles.edges
        self.journal = NOTHING_KEPT
        # Whatever factor the tiles hold will be overwritten: the matrix's own journal must not count on it.
        tiles.journal.progress("factor", fingerprint("lifted", weight, V), ())

    def upper(self, i: int, j: int) -> Floats:
        """See `Tiles.upper`."""
        return self._tiles.upper(i, j) + self._weighted[self.edges[i]] @ self._V[self.edges[j]].T

    def put_upper(self, i: int, j: int, tile: Floats) -> None:
        """The matrix cannot be changed through this view."""
        raise TypeError("a lifted matrix is read only")

    def lower(self, i: int, k: int, dtype: type = np.float64) -> NDArray[Any]:
        """See `Tiles.lower`."""
        return self._tiles.lower(i, k, dtype)

    def put_lower(self, i: int, k: int, tile: NDArray[Any]) -> None:
        """See `Tiles.put_lower`."""
        self._tiles.put_lower(i, k, tile)


def lift(A: SymmetricEnclosure, V: Floats, weight: float, pool: Workers) -> SymmetricEnclosure:
    """An enclosure of the matrix ``M + weight·VVᵀ``, ``M`` the midpoints of ``A`` and ``V (n, k)``; shares A's scratch.

    Notes
    -----
    ``fl(weight·V)`` and a dot product of k terms err by ``γ_{k+1}|weight||V||V|ᵀ`` entrywise, the addition of an
    entry ``c`` of the result by ``U|c|``. Row sums of ``|V||V|ᵀ`` and of ``|C|`` are themselves rounded sums of
    non-negative terms.
    """
    n, k = V.shape
    tiles = LiftedTiles(A.tiles, V, weight)
    diagonal = A.diagonal + np.einsum("ik,ik->i", weight * V, V)
    lifted = replace(A, tiles=tiles, diagonal=diagonal, row_radius=np.zeros(n), max_radius=0.0, exponent=0)
    sizes = multiply(lifted, np.ones(n), pool, modulus=True)
    modulus = np.abs(V)
    rows = modulus @ modulus.sum(axis=0)
    radius = U * sizes * (1.0 + 2 * product_error(n)) + gamma(k + 3) * abs(weight) * rows * (1.0 + 2 * gamma(n + k + 8))
    radius = radius * (1.0 + 2.0**-40) + 2.0 * n * UNDERFLOW
    return replace(lifted, row_radius=radius, max_radius=float(radius.max()))


@dataclass(frozen=True)
class Fence:
    """``bound`` separates k eigenvalues of the midpoints from all others; ``weight`` and ``shift`` re-establish it."""

    bound: float
    weight: float
    shift: float


def fence_above(A: SymmetricEnclosure, V: Floats, values: Floats, pool: Workers) -> Fence | None:
    """A lower bound of ``λ_k`` (ascending from 0) of the midpoints, above ``max values``; None where none was found.

    Parameters
    ----------
    V : (n, k)
        Approximate eigenvectors of the k smallest.
    values : (k,)
        Their approximate eigenvalues.

    Notes
    -----
    *Lemma.* ``λ_k(M) ≥ λ_0(M + wVVᵀ)`` for ``w ≥ 0``: by Courant and Fischer ``λ_k(M)`` is at least the smallest
    Rayleigh quotient on the null space of ``Vᵀ``, whose codimension is at most k, and there ``M`` and the lifted
    matrix agree. The right side is bounded by a Cholesky factorisation, half way between ``max values`` and its
    estimate.
    """
    return _fence(A, V, values, 1.0, pool)


def fence_below(A: SymmetricEnclosure, V: Floats, values: Floats, pool: Workers) -> Fence | None:
    """An upper bound of the k-th largest's successor: `fence_above` for ``−M``."""
    return _fence(A, V, values, -1.0, pool)


def _fence(A: SymmetricEnclosure, V: Floats, values: Floats, sign: float, pool: Workers) -> Fence | None:
    length = float(np.square(V).sum()) / V.shape[1]
    value = float(values.max() if sign > 0 else values.min())
    size = max(2.0 * float(np.abs(values).max()), float(np.abs(A.diagonal).max()))
    weight = sign * (size + float(np.ptp(values))) / length
    lifted = lift(A, V, weight, pool)
    following = (estimate_smallest if sign > 0 else estimate_largest)(lifted, pool).value
    fraction = 0.5
    for _ in range(_ATTEMPTS):
        shift = value + fraction * (following - value)
        if sign * (shift - value) <= 0:
            return None
        found = (lower_bound if sign > 0 else upper_bound)(lifted, shift, pool)
        if found is not None and sign * (found.bound - value) > 0:
            return Fence(found.bound, weight, shift)
        fraction /= 4.0
    return None
