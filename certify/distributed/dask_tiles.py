"""`Tiles` whose values are Dask futures: the workers keep them, and make them again when a worker is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

import numpy as np
from distributed import Client, Future, KilledWorker, wait
from distributed.comm import CommClosedError

from certify.arithmetic.exact import Floats
from certify.arithmetic.journal import NOTHING_KEPT, Journal
from certify.arithmetic.tiles import Progress, length, tile_edges
from certify.arithmetic.workers import Workers
from certify.distributed import tasks
from certify.errors import MachineFault
from certify.spectrum.solve import Inverse
from certify.spectrum.tilework import Tile, TileSums

#: Columns of a factorisation whose tasks the scheduler knows before they can begin.
_AHEAD = 8
#: A triangle of tiles of at most so many bytes is copied to the client for products or solutions, which at this size
#: wait for messages more than they compute.
NEAR = 300_000_000
_names = itertools.count()


class DaskTiles:
    """`certify.arithmetic.tiles.Tiles` and `certify.spectrum.remote.RemoteTiles` on the workers of ``client``.

    Tile column j of the matrix and tile row j of the factor belong to the same worker, as far as there is a choice:
    what one needs of the other need not travel. The client holds vectors, and tiles only of small matrices (`NEAR`).
    """

    def __init__(self, client: Client, n: int, rows: Callable[[Floats, bool], Future]) -> None:
        self.n, self.edges = n, tile_edges(n)
        self.journal: Journal = NOTHING_KEPT
        self._client, self._rows = client, rows
        self._upper: dict[tuple[int, int], Future] = {}
        self._lower: dict[tuple[int, int], Future] = {}
        self._near_upper: list[list[tasks.Value]] | None = None
        self._near_lower: _NearFactor | None = None
        self._find_slots()

    def release(self) -> None:
        """Let the workers forget the tiles."""
        self._upper, self._lower, self._near_upper, self._near_lower = {}, {}, None, None

    def upper(self, i: int, j: int) -> Floats:
        """See `Tiles.upper`; the tile is brought to the client."""
        tile: Floats = self._gather(self._submit(j, tasks.tile_of, self._upper[i, j]))
        return tile

    def put_upper(self, i: int, j: int, tile: Floats) -> None:
        """See `Tiles.put_upper`; the tile is brought to a worker."""
        self._upper[i, j] = self._submit(j, tasks.constant, np.array(tile))
        self._near_upper = None

    def lower(self, i: int, k: int, dtype: type = np.float64) -> Tile:
        """See `Tiles.lower`; the tile is brought to the client."""
        tile: Tile = self._gather(self._submit(i, tasks.tile_of, self._lower[i, k]))
        return tile

    def put_lower(self, i: int, k: int, tile: Tile) -> None:
        """See `Tiles.put_lower`; the tile is brought to a worker."""
        self._lower[i, k] = self._submit(i, tasks.constant, np.tril(tile) if i == k else np.array(tile))
        self._near_lower = None

    def fill(self, X: Floats, normalized: bool, function: Any, progress: Progress | None) -> list[list[Any]]:
        """See `RemoteTiles.fill`."""
        self._find_slots()
        self._near_upper = None
        rows, count = self._rows(X, normalized), len(self.edges)
        todo = [(i, j) for i in range(count) for j in range(i, count)]
        for i, j in todo:
            self._upper[i, j] = self._submit(j, tasks.gram_tile, rows, function, self.edges[i], self.edges[j])
        _report([self._upper[place] for place in todo], "kernel", progress)
        columns = self._gather(
            [self._submit(j, tasks.kept, [self._upper[i, j] for i in range(j + 1)]) for j in range(count)]
        )
        return [[columns[j][i] for j in range(i, count)] for i in range(count)]

    def factor(
        self, diagonal: Floats, sign: float, dtype: type, progress: Progress | None
    ) -> list[list[TileSums]] | None:
        """See `RemoteTiles.factor`."""
        self._find_slots()
        self._lower, self._near_lower, count = {}, None, len(self.edges)
        squares: list[Future] = []
        for k, columns in enumerate(self.edges):
            former = [self._lower[k, j] for j in range(k)]
            square = self._submit(k, tasks.factor_square, self._upper[k, k], diagonal[columns], sign, dtype, former)
            self._lower[k, k] = square
            for i in range(k + 1, count):
                left = [self._lower[i, j] for j in range(k)]
                self._lower[i, k] = self._submit(
                    i, tasks.factor_below, self._upper[k, i], sign, dtype, square, left, former
                )
            squares.append(square)
            if k >= _AHEAD:
                self._wait(squares[k - _AHEAD])
                if progress:
                    progress("factorisation", k - _AHEAD + 1, count)
        rows = self._gather([self._submit(i, tasks.kept, self._factor_row(i)) for i in range(count)])
        if progress:
            progress("factorisation", count, count)
        if any(row is None for row in rows):
            return None
        return [[rows[i][k] for i in range(k, count)] for k in range(count)]

    def products(self, v: Floats, modulus: bool, pool: Workers) -> list[list[tuple[Floats, Floats | None]]]:
        """See `RemoteTiles.products`."""
        if self._near_upper is None and self._is_near(np.float64):
            columns = [[self._upper[i, j] for i in range(j + 1)] for j in range(len(self.edges))]
            self._near_upper = self._gather(columns)
        near = self._near_upper
        if near is not None:
            groups = [[j] for j in range(len(self.edges))]
            results = pool.map(lambda js: tasks.column_products([near[js[0]]], js, v, self.edges, modulus), groups)
        else:
            groups, futures = self._groups(), []
            for js in groups:
                columns = [[self._upper[i, j] for i in range(j + 1)] for j in js]
                futures.append(self._submit(js[0], tasks.column_products, columns, js, v, self.edges, modulus))
            results = self._gather(futures)
        found: list[list[tuple[Floats, Floats | None]]] = [[] for _ in self.edges]
        joined = dict(zip(itertools.chain(*groups), itertools.chain(*results), strict=True))
        for j, columns_of in enumerate(self.edges):
            own, there = joined[j]
            width = length(columns_of)
            for i in range(j + 1):
                mirrored = there[i * width : (i + 1) * width] if i < j else None
                found[i].append((own[self.edges[i]], mirrored))
        return found

    def solve(self, v: Floats, dtype: type, pool: Workers) -> Floats:
        """See `RemoteTiles.solve`."""
        if self._near_lower is None and self._is_near(dtype):
            values = self._gather([self._factor_row(i) for i in range(len(self.edges))])
            self._near_lower = _NearFactor(self.n, [[value[0] for value in row] for row in values])
        if self._near_lower is not None:
            return Inverse(self._near_lower, dtype, pool)(v)
        y: Tile = v.astype(dtype)
        solved: list[Future] = []
        for k, rows in enumerate(self.edges):
            solved.append(self._submit(k, tasks.forward, self._factor_row(k), y[rows], list(solved)))
        later: list[Future] = []
        for k in reversed(range(len(self.edges))):
            later.append(self._submit(k, tasks.backward, self._factor_row(k), solved[k], list(later)))
        x: Tile = self._gather(self._submit(0, tasks.join, later[::-1]))
        return x.astype(np.float64)

    def down(self, x: Floats) -> list[Floats]:
        """See `RemoteTiles.down`."""
        return self._by_rows(tasks.rows_down, lambda places: (places, x, self.edges))

    def across(self, y: Floats) -> list[Floats]:
        """See `RemoteTiles.across`."""
        return self._by_rows(tasks.rows_across, lambda _: (y, self.edges))

    def _by_rows(self, function: Callable[..., Any], operands: Callable[[list[int]], tuple[Any, ...]]) -> list[Floats]:
        groups = self._groups()
        futures = [
            self._submit(places[0], function, [self._factor_row(i) for i in places], *operands(places))
            for places in groups
        ]
        found = dict(zip(itertools.chain(*groups), itertools.chain(*self._gather(futures)), strict=True))
        return [found[i] for i in range(len(self.edges))]

    def _is_near(self, dtype: type) -> bool:
        size = np.dtype(dtype).itemsize
        return size * self.n * (self.n + length(self.edges[0])) // 2 <= NEAR

    def _factor_row(self, i: int) -> list[Future]:
        return [self._lower[i, k] for k in range(i + 1)]

    def _find_slots(self) -> None:
        """One slot for every thread of every worker there is now."""
        threads = self._client.nthreads()
        self._slots = [worker for worker in sorted(threads) for _ in range(threads[worker])]

    def _groups(self) -> list[list[int]]:
        """The tile columns of each slot."""
        step = max(1, len(self._slots))
        return [list(range(first, len(self.edges), step)) for first in range(min(step, len(self.edges)))]

    def _submit(self, owner: int, function: Callable[..., Any], *operands: Any) -> Future:
        workers = [self._slots[owner % len(self._slots)]] if self._slots else None
        return self._client.submit(
            tasks.guarded,
            tasks.software(),
            function,
            *operands,
            key=f"{function.__name__}-{self._client.id}-{next(_names)}",
            pure=False,
            workers=workers,
            allow_other_workers=workers is not None,
        )

    def _wait(self, future: Future) -> None:
        with _one_line(), self._client.as_current():
            wait([future])
            if future.status != "finished":
                future.result()  # raises

    def _gather(self, futures: Any) -> Any:
        with _one_line():
            return tasks.aligned(self._client.gather(futures))


class _NearFactor:
    """A factor's tiles on the client: `Tiles`, of which `certify.spectrum.solve` reads these."""

    def __init__(self, n: int, rows: list[list[Tile]]) -> None:
        self.n, self.edges, self._rows = n, tile_edges(n), rows
        self.journal: Journal = NOTHING_KEPT

    def lower(self, i: int, k: int, dtype: type = np.float64) -> Tile:
        return self._rows[i][k]

    def put_lower(self, i: int, k: int, tile: Tile) -> None:
        raise NotImplementedError

    def upper(self, i: int, j: int) -> Floats:
        raise NotImplementedError

    def put_upper(self, i: int, j: int, tile: Floats) -> None:
        raise NotImplementedError


def _report(futures: list[Future], stage: str, progress: Progress | None) -> None:
    """Tell ``progress`` of every future that is done, as they are."""
    if progress is None:
        return
    done = itertools.count(1)
    for future in futures:
        future.add_done_callback(lambda _: progress(stage, next(done), len(futures)))


@contextmanager
def _one_line() -> Iterator[None]:
    """Faults of the cluster as `MachineFault`."""
    try:
        yield
    except KilledWorker as fault:
        raise MachineFault(
            "workers died again and again over the same tile", "Dask", "give them more memory, or take more of them"
        ) from fault
    except (CancelledError, CommClosedError) as fault:
        raise MachineFault("the scheduler is lost", "Dask", "start it again, then this run") from fault
