"""Tiles in a file, a bounded number of them in memory: the same matrix, the same bits, less memory.

The file holds tile after tile as `ArrayTiles` does in memory, and the factor's diagonal tiles at its end. A checksum of
64 bits (CRC-32 and Adler-32) stands beside each tile and is compared at every read.
"""

from __future__ import annotations

import errno
import os
import threading
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats
from certify.arithmetic.journal import FileJournal, Journal
from certify.arithmetic.tiles import length, tile_edges
from certify.errors import MachineFault

Tile = NDArray[Any]


class SweepCache:
    """Tiles by name, at most ``limit`` bytes of them.

    Algorithms here sweep over all tiles again and again, and dropping the least recently used would then drop every
    tile just before its turn. So a new tile replaces the newest, unless the oldest was not used during a whole sweep.

    Parameters
    ----------
    limit :
        Bytes.
    sweep :
        Number of uses in the longest sweep.
    """

    def __init__(self, limit: int, sweep: int) -> None:
        self._limit, self._sweep = limit, sweep
        self._tiles: OrderedDict[tuple[str, int, int], tuple[Tile, int]] = OrderedDict()
        self._bytes = self._uses = 0
        self._lock = threading.Lock()

    def get(self, name: tuple[str, int, int]) -> Tile | None:
        """The tile, or None where it is not here."""
        with self._lock:
            self._uses += 1
            found = self._tiles.pop(name, None)
            if found is None:
                return None
            self._tiles[name] = found[0], self._uses
            return found[0]

    def put(self, name: tuple[str, int, int], tile: Tile) -> None:
        """Keep the tile as long as there is room. It must not be written to afterwards."""
        with self._lock:
            self._drop(name)
            while self._tiles and self._bytes + tile.nbytes > self._limit:
                oldest = next(iter(self._tiles))
                stale = self._uses - self._tiles[oldest][1] > self._sweep
                self._drop(oldest if stale else next(reversed(self._tiles)))
            if tile.nbytes <= self._limit:
                self._tiles[name] = tile, self._uses
                self._bytes += tile.nbytes

    def forget(self, part: str) -> None:
        """Drop all tiles of a part."""
        with self._lock:
            for name in [name for name in self._tiles if name[0] == part]:
                self._drop(name)

    def _drop(self, name: tuple[str, int, int]) -> None:
        found = self._tiles.pop(name, None)
        if found is not None:
            self._bytes -= found[0].nbytes


class FileTiles:
    """`Tiles` in a directory of their own; safe to use from several threads.

    Parameters
    ----------
    folder :
        An existing directory; tiles and journal of an interrupted run in it are taken up again.
    n :
        Rows of the matrix.
    cache_bytes :
        How many bytes of tiles may stay in memory beside those in use.
    """

    def __init__(self, folder: Path, n: int, cache_bytes: int) -> None:
        self.n, self.edges = n, tile_edges(n)
        self.journal: Journal = FileJournal(folder)
        self._folder = folder
        count = len(self.edges)
        self._cache = SweepCache(cache_bytes, count * (count + 1) // 2)
        self._file = os.open(folder / "tiles", os.O_RDWR | os.O_CREAT, 0o600)
        sums = folder / "sums"
        shape = (2, count, count)
        self._sums = np.memmap(sums, np.uint64, "r+" if sums.exists() else "w+", shape=shape)
        self._dtype: type | None = None

    def close(self) -> None:
        """Close the file; the tiles stay on disk."""
        os.close(self._file)
        del self._sums

    def upper(self, i: int, j: int) -> Floats:
        """See `Tiles.upper`."""
        return self._get("upper", i, j, np.float64)

    def put_upper(self, i: int, j: int, tile: Floats) -> None:
        """See `Tiles.put_upper`."""
        self._put("upper", i, j, tile)

    def lower(self, i: int, k: int, dtype: type = np.float64) -> Tile:
        """See `Tiles.lower`."""
        return self._get("lower", i, k, dtype)

    def put_lower(self, i: int, k: int, tile: Tile) -> None:
        """See `Tiles.put_lower`."""
        if tile.dtype.type is not self._dtype:
            self._cache.forget("lower")
            self._dtype = tile.dtype.type
        self._put("lower", i, k, np.tril(tile) if i == k else tile)

    def _get(self, part: str, i: int, j: int, dtype: type) -> Tile:
        known = self._cache.get((part, i, j))
        if known is not None and known.dtype == dtype:
            return known
        tile: Tile = np.empty(self._shape(i, j), dtype)
        raw = _bytes(tile)
        read = os.preadv(self._file, [raw], self._offset(part, i, j))
        if read != len(raw) or _checksum(raw) != self._sums[self._index(part, i, j)]:
            raise MachineFault(
                f"tile ({i}, {j}) of the {'matrix' if part == 'upper' else 'factor'} is not what was written",
                str(self._folder),
                "the disk or the file is damaged: remove the directory and start again",
            )
        self._cache.put((part, i, j), tile)
        return tile

    def _put(self, part: str, i: int, j: int, tile: Tile) -> None:
        own = tile.copy() if tile.flags.c_contiguous else np.ascontiguousarray(tile)
        raw = _bytes(own)
        try:
            write_all(self._file, raw, self._offset(part, i, j))
        except OSError as fault:
            if fault.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise MachineFault(
                "the disk is full", str(self._folder), "make room, or name another directory by --scratch"
            ) from fault
        self._sums[self._index(part, i, j)] = _checksum(raw)
        self._cache.put((part, i, j), own)

    def _shape(self, i: int, j: int) -> tuple[int, int]:
        return length(self.edges[i]), length(self.edges[j])

    def _offset(self, part: str, i: int, j: int) -> int:
        height, _ = self._shape(i, j)
        if part == "lower" and i == j:  # the matrix has this place in the square
            return 8 * (self.n * self.n + length(self.edges[0]) * int(self.edges[i].start))
        return 8 * (int(self.edges[i].start) * self.n + height * int(self.edges[j].start))

    def _index(self, part: str, i: int, j: int) -> tuple[int, int, int]:
        return 0 if part == "upper" else 1, i, j


def bytes_on_disk(n: int) -> int:
    """What the file of an ``n × n`` matrix and its factor can grow to, with the journal."""
    return 8 * n * (n + length(tile_edges(n)[0])) + 64 * n + 2**20


def write_all(file: int, raw: memoryview, offset: int) -> None:
    """Write every byte, however many calls the system makes of it."""
    while raw:
        written = os.pwrite(file, raw, offset)
        raw, offset = raw[written:], offset + written


def _bytes(tile: Tile) -> memoryview:
    return tile.reshape(-1).view(np.uint8).data


def _checksum(raw: memoryview) -> int:
    return zlib.crc32(raw) << 32 | zlib.adler32(raw)
