"""A floating-point Cholesky factor as a certificate: how far can ``LLᵀ`` be from the shifted matrix?

Whatever ``L`` is, ``LLᵀ`` is positive semidefinite. So for the exact ``E = A − LLᵀ``, ``λ_min(A) ≥ −‖E‖₂``.
LAPACK only proposes ``L``; the bound of ``E`` rests on matrix products alone.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats
from certify.arithmetic.journal import fingerprint
from certify.arithmetic.rounding import UNDERFLOW, add_up, gamma, mul_up
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import INNER, Tiles
from certify.arithmetic.workers import Workers, result
from certify.spectrum.remote import RemoteTiles
from certify.spectrum.tilework import TileSums, below_tile, diagonal_tile

_COLLATZ_STEPS = 3

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Factorisation:
    """``A = diag(diagonal) + sign·(off-diagonal midpoints)`` is within ``defect`` of a semidefinite matrix.

    Attributes
    ----------
    defect :
        Upper bound of ``‖A − LLᵀ‖₂``.
    residual, rounding :
        Its two parts: the computed residual of the diagonal solves, and the products' rounding.
    """

    defect: float
    residual: float
    rounding: float


@dataclass
class Sums:
    """What a factorisation leaves besides its tiles: row sums of ``|R|`` (n,), and ``Σ l²``."""

    rows: Floats
    squares: float = 0.0

    def add(self, i: slice, k: slice, tile: TileSums) -> None:
        """Add what the tile of the rows ``i`` and columns ``k`` leaves."""
        self.rows[i] += tile.rows
        self.rows[k] += tile.columns
        self.squares += tile.squares


def factorise(
    A: SymmetricEnclosure, diagonal: Floats, sign: float, pool: Workers, progress: Progress | None = None
) -> Factorisation | None:
    """Factorise ``diag(diagonal) + sign·offdiag(M)`` in the lower triangle of ``A.tiles``.

    Returns
    -------
    Factorisation, or None when LAPACK met a pivot that is not positive or a number that is not finite:
    that proves nothing.

    Notes
    -----
    Entry ``(p, q)`` in the piece ``k`` of `INNER` columns. With ``S_j`` the exact products of the rows of ``L`` over
    piece ``j`` and ``T_j = fl(S_j)``, a product of inner length ``b = INNER``: ``C_0 = a_pq``,
    ``C_{j+1} = fl(C_j − T_j)``, and ``R = C_{k+1}`` is formed after ``L`` of piece ``k`` is known. Since
    ``C_{j+1} = (C_j − T_j)(1 + δ_j)``, ``a_pq = Σ_{j≤k} T_j (1 + θ_j) + R(1 + θ_{k+1})``, where ``θ_j`` collects ``j``
    roundings; and ``T_j`` is the sum of ``l_ps l_qs (1 + θ_b)``. Therefore::

        |A − LLᵀ| ≤ (1 + γ_N)|R| + γ_{b+N−1} |L||L|ᵀ,   N = ⌈n/b⌉

    entrywise, plus underflow. Norms: ``‖|R|‖₂ ≤`` its largest row sum. ``‖|L||L|ᵀ‖₂`` is at most the trace
    ``Σ l²``, and at most ``max_i(|L||L|ᵀx)_i/x_i`` for any ``x > 0`` (Collatz); the smaller is taken. This
    argument, made for the shape of the loop, replaces the a-priori bounds of [rump2006] and
    [rump2014cholesky] and, unlike them, trusts neither LAPACK's factor nor its triangular solve.
    """
    n = A.n
    sums = factor_tiles(A.tiles, diagonal, sign, np.float64, pool, progress)
    if sums is None:
        return None
    pieces = -(-n // INNER)
    slack = 1.0 + gamma(3 * n + 64)  # of the sums, whose terms are non-negative
    residual_norm = mul_up(float(sums.rows.max()), slack, 1.0 + gamma(pieces))
    size = min(mul_up(sums.squares, 1.0 + gamma(n * n + 64)), _absolute_product_norm(A.tiles, pool))
    rounding = mul_up(gamma(min(INNER, n) + pieces - 1), size)
    defect = add_up(residual_norm, rounding, n * n * UNDERFLOW)
    # NaN and infinity end here: LAPACK reports success on a matrix with a NaN.
    return Factorisation(defect, residual_norm, rounding) if np.isfinite(defect) else None


def factor_tiles(
    tiles: Tiles,
    diagonal: Floats,
    sign: float,
    dtype: type,
    pool: Workers,
    progress: Progress | None = None,
) -> Sums | None:
    """Left-looking Cholesky by tiles into ``tiles.lower``, in float64 or float32; None where it breaks down.

    Each finished column of tiles is noted in the tiles' journal, and not computed again.
    """
    edges = tiles.edges
    if isinstance(tiles, RemoteTiles):
        columns_of_sums = tiles.factor(diagonal, sign, dtype, progress)
        return None if columns_of_sums is None else _added(tiles, columns_of_sums)
    name = fingerprint(sign, np.dtype(dtype).name, diagonal)
    if tiles.journal.knows(name):  # that it breaks down
        return None
    done, rows, squares = tiles.journal.progress("factor", name, (0, np.zeros(tiles.n), 0.0))
    sums = Sums(rows, squares)
    with _Columns(tiles, diagonal, sign, dtype, pool) as columns:
        columns.begin(done)
        for k in range(done, len(edges)):
            if k + 1 < len(edges):
                columns.begin(k + 1)  # so that no thread waits for the last tile of a column
            found = columns.end(k)
            if found is None:
                tiles.journal.note(name)
                return None
            for i, left in enumerate(found, k):
                sums.add(edges[i], edges[k], left)
            tiles.journal.reached("factor", name, (k + 1, sums.rows, sums.squares))
            if progress:
                progress("factorisation", k + 1, len(edges))
    return sums


@dataclass
class _Square:
    """A finished diagonal tile, and the tiles to its left, which the tiles below need as well."""

    factor: NDArray[Any]
    former: list[NDArray[Any]]
    sums: TileSums


class _Columns:
    """A factorisation's columns of tiles on their way; a context that leaves no task behind.

    A tile waits for the one to its left and for the diagonal tile above it, both of which are begun before it. The
    next column's diagonal tile is begun as soon as the tile to its left is.
    """

    def __init__(self, tiles: Tiles, diagonal: Floats, sign: float, dtype: type, pool: Workers) -> None:
        self._tiles, self._diagonal, self._sign, self._dtype, self._pool = tiles, diagonal, sign, dtype, pool
        self._squares: dict[int, Future[_Square | None]] = {}
        self._below: dict[tuple[int, int], Future[TileSums | None]] = {}

    def __enter__(self) -> _Columns:
        return self

    def __exit__(self, *fault: object) -> None:
        begun: list[Future[Any]] = [*self._squares.values(), *self._below.values()]
        for task in begun:
            task.cancel()
        wait(begun)

    def begin(self, k: int) -> None:
        """Begin column ``k``; those before ``k − 1`` have ended."""
        square = self._squares.get(k) or self._begin_square(k)
        for i in range(k + 1, len(self._tiles.edges)):
            self._below[i, k] = self._pool.start(self._tile, i, k, square, self._below.get((i, k - 1)))
            if i == k + 1:
                self._begin_square(i)

    def end(self, k: int) -> list[TileSums] | None:
        """Wait for column ``k``: the sums of its tiles, from the diagonal down; None if a pivot was not positive."""
        square = result(self._squares.pop(k))
        below = [result(self._below.pop((i, k))) for i in range(k + 1, len(self._tiles.edges))]
        return None if square is None else [square.sums, *(sums for sums in below if sums is not None)]

    def _begin_square(self, k: int) -> Future[_Square | None]:
        self._squares[k] = self._pool.start(self._square, k, self._below.get((k, k - 1)))
        return self._squares[k]

    def _square(self, k: int, left: Future[TileSums | None] | None) -> _Square | None:
        if left is not None and result(left) is None:
            return None
        tiles, columns = self._tiles, self._tiles.edges[k]
        former = [tiles.lower(k, j, self._dtype) for j in range(k)]
        found = diagonal_tile(tiles.upper(k, k), self._diagonal[columns], self._sign, self._dtype, former)
        if found is None:
            return None
        tiles.put_lower(k, k, found[0])
        return _Square(found[0], former, found[1])

    def _tile(
        self, i: int, k: int, above: Future[_Square | None], left: Future[TileSums | None] | None
    ) -> TileSums | None:
        square = result(above)
        if square is None or (left is not None and result(left) is None):
            return None
        tiles = self._tiles
        pairs = ((tiles.lower(i, j, self._dtype), tile) for j, tile in enumerate(square.former))
        solution, sums = below_tile(tiles.upper(k, i), self._sign, self._dtype, square.factor, pairs)
        tiles.put_lower(i, k, solution)
        return sums


def _added(tiles: Tiles, columns: list[list[TileSums]]) -> Sums:
    """The sums of all tiles, in the order in which `factor_tiles` makes them."""
    sums = Sums(np.zeros(tiles.n))
    for k, column in enumerate(columns):
        for i, tile in enumerate(column, k):
            sums.add(tiles.edges[i], tiles.edges[k], tile)
    return sums


def _absolute_product_norm(tiles: Tiles, pool: Workers) -> float:
    """Upper bound of ``‖|L||L|ᵀ‖₂`` for ``L`` in the lower triangle of ``tiles``, by Collatz's quotient.

    All terms are non-negative, so the two products of at most n terms err by ``γ_2n`` relatively.
    """
    edges, n = tiles.edges, tiles.n
    remote = tiles if isinstance(tiles, RemoteTiles) else None

    def down(i: int) -> Floats:
        return np.concatenate([x[edges[i]] @ np.abs(tiles.lower(i, k)) for k in range(i + 1)])

    def across(i: int) -> Floats:
        total = np.zeros(edges[i].stop - edges[i].start)
        for k in range(i + 1):
            total += np.abs(tiles.lower(i, k)) @ y[edges[k]]
        return total

    x, best = np.ones(n), np.inf
    for _ in range(_COLLATZ_STEPS):
        y = np.zeros(n)
        for part in remote.down(x) if remote else pool.map(down, range(len(edges))):
            y[: len(part)] += part
        z = np.concatenate(remote.across(y) if remote else pool.map(across, range(len(edges))))
        quotient = float((z / x).max())
        best = min(best, quotient) if np.isfinite(quotient) else np.inf
        x = np.maximum(z / z.max(), 1e-6)
    return mul_up(best, 1.0 + gamma(2 * n + 64))
