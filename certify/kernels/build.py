"""The Gram matrix of a kernel as a verified enclosure, tile by tile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.journal import fingerprint
from certify.arithmetic.rounding import gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import ArrayTiles, Tiles
from certify.arithmetic.workers import Workers
from certify.kernels.base import EntryFunction, NeedsLengths, interval_strip, midpoints
from certify.kernels.escalate import exact_entries
from certify.kernels.rows import UnitRows
from certify.spectrum.remote import RemoteTiles

STRIP = 64  # rows worked on at once inside a tile, so that temporaries stay in cache
#: Entries at cosines beyond this are evaluated one by one in Arb: the arcsine's slope would inflate them.
CRITICAL = 1.0 - 2.0**-13
#: Operation budget: critical entries beyond it keep their wider, still rigorous interval.
MOST_CRITICAL = 20_000

Progress = Callable[[str, int, int], None]


@dataclass
class TileRadii:
    """What a finished tile leaves behind: sums of radii, and its critical entries with theirs."""

    row_sums: Floats
    column_sums: Floats
    largest: float
    critical: np.ndarray  # (k, 2) indices
    critical_radius: Floats  # (k,)


def build_gram(
    X: Floats,
    rows: UnitRows,
    function: EntryFunction,
    pool: Workers,
    progress: Progress | None = None,
    tiles: Tiles | None = None,
) -> SymmetricEnclosure:
    """Enclose the matrix of ``function(x_i, x_j)``, a kernel's Gram matrix for instance.

    Parameters
    ----------
    X : (n, d)
        The exact data, for the entries that are escalated to Arb.
    rows :
        `UnitRows` of the same data.
    tiles :
        Where the matrix goes; by default one array of ``8n²`` bytes.

    Returns
    -------
    SymmetricEnclosure
        With ``exponent = function.degree · rows.exponent``.

    Notes
    -----
    Per tile: cosines within `UnitRows.cosine_error`; midpoints and radii from the function's quick form, or
    in intervals where a strip has a cosine near ±1 and the function is steep there. Radii are summed
    by rows (sums of at most ``2n`` terms in any order, inflated by ``γ_2n``) and not kept.
    """
    n = rows.n
    if isinstance(function, NeedsLengths):
        function = function.at_lengths(rows)
    tiles = ArrayTiles.empty(n) if tiles is None else tiles
    edges = tiles.edges
    count = len(edges) * (len(edges) + 1) // 2
    members = [part for item in sorted(vars(function).items()) for part in item]
    name = fingerprint(type(function).__name__, *members)
    start, row_sums, largest, spent = tiles.journal.progress("matrix", name, (0, np.zeros(n), 0.0, 0))
    finished = [sum(len(edges) - i for i in range(start))]

    def work(place: tuple[int, int]) -> TileRadii:
        i, j = place
        tile, radii = fill_tile(rows, function, edges[i], edges[j])
        tiles.put_upper(i, j, tile)
        finished[0] += 1
        if progress:
            progress("kernel", finished[0], count)
        return radii

    remote = tiles.fill(X, rows.normalized, function, progress) if isinstance(tiles, RemoteTiles) else None
    for i in range(start, len(edges)):
        row = remote[i] if remote else pool.map(work, [(i, j) for j in range(i, len(edges))])
        for j, radii in enumerate(row, i):
            row_sums[edges[i]] += radii.row_sums
            row_sums[edges[j]] += radii.column_sums
            chosen, radius = radii.critical[: MOST_CRITICAL - spent], radii.critical_radius.copy()
            spent += len(chosen)
            if len(chosen):
                values, radius[: len(chosen)] = exact_entries(X, rows, function, chosen)
                tiles.put_upper(i, j, _replaced(tiles.upper(i, j), chosen, values, (edges[i].start, edges[j].start)))
            np.add.at(row_sums, radii.critical[:, 0], radius)
            np.add.at(row_sums, radii.critical[:, 1], radius)
            largest = float(np.max([largest, radii.largest, *radius]))
        tiles.journal.reached("matrix", name, (i + 1, row_sums, largest, spent))
    diagonal, diagonal_radius = midpoints(function.diagonal(rows))
    row_sums += diagonal_radius
    return SymmetricEnclosure(
        tiles,
        diagonal,
        row_sums * (1.0 + gamma(2 * n + 10)),
        max(largest, float(diagonal_radius.max())),
        function.degree * rows.exponent,
    )


def fill_tile(rows: UnitRows, function: EntryFunction, i: slice, j: slice) -> tuple[Floats, TileRadii]:
    """Midpoints of the tile of rows ``i`` and columns ``j``, and what is kept of their radii."""
    cosines = rows.cosines(i, j)
    tile = np.empty_like(cosines)
    height, width = cosines.shape
    row_sums, column_sums, largest = np.zeros(height), np.zeros(width), 0.0
    critical, critical_radius = [np.empty((0, 2), dtype=np.int64)], [np.empty(0)]
    for top in range(0, height, STRIP):
        strip = slice(top, min(top + STRIP, height))
        line = slice(i.start + strip.start, i.start + strip.stop)
        block = cosines[strip]
        below = None
        if i == j:  # the diagonal and what is below it do not count
            below = np.tril(np.ones(block.shape, dtype=bool), strip.start)
            block[below] = 0.0
        # `not ≤` rather than `>`: a NaN must not pass for an ordinary cosine.
        near = ~(np.abs(block) <= CRITICAL) if function.steep else None
        if near is None or not near.any():
            middle, radius = function.strip(block, rows, line, j)
        else:
            middle, radius = interval_strip(function, block, rows, line, j)
            if sum(map(len, critical)) < MOST_CRITICAL:
                critical.append(np.argwhere(near) + np.array([line.start, j.start]))
                critical_radius.append(radius[near])
                radius[near] = 0.0
        if below is not None:
            radius = np.where(below, 0.0, radius)
        row_sums[strip] = radius.sum(axis=1)
        column_sums += radius.sum(axis=0)
        largest = max(largest, float(radius.max()))
        tile[strip] = middle
    radii = TileRadii(row_sums, column_sums, largest, np.concatenate(critical), np.concatenate(critical_radius))
    return tile, radii


def _replaced(tile: Floats, pairs: np.ndarray, values: Floats, origin: tuple[int, int]) -> Floats:
    """A copy of the tile whose first entry has the indices ``origin``, with values at the index pairs (k, 2)."""
    copy = tile.copy()
    copy[pairs[:, 0] - origin[0], pairs[:, 1] - origin[1]] = values
    return copy
