"""Where the matrices of a run are kept: in memory, or in a scratch directory within a limit of memory."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from certify.arithmetic.file_tiles import FileTiles, bytes_on_disk
from certify.arithmetic.journal import NOTHING_KEPT, FileJournal, Journal
from certify.arithmetic.tiles import ArrayTiles, Tiles, length, tile_edges
from certify.errors import InputError

_FOLDER = "certify-scratch"
#: Tiles that a thread holds while it works on one: operands, result, residual, products of pieces.
_TILES_AT_WORK = 8
_ROWS_AT_WORK = 3  # a factorisation's column, the one begun meanwhile, and the diagonal tile after it
_M_MMAP_THRESHOLD = -3  # of <malloc.h>


class Storage(Protocol):
    """Gives room for one matrix after the other.

    Attributes
    ----------
    journal :
        Where the run's own finished steps are noted.
    """

    journal: Journal

    def tiles(self, name: str, n: int) -> AbstractContextManager[Tiles]:
        """Context with room for the ``n × n`` matrix that the run calls ``name``."""
        ...


class InCore:
    """Every matrix in memory while it is needed."""

    journal: Journal = NOTHING_KEPT

    @contextmanager
    def tiles(self, name: str, n: int) -> Iterator[Tiles]:
        """See `Storage.tiles`."""
        yield ArrayTiles.empty(n)


IN_CORE: Storage = InCore()


class OnDisk:
    """Matrices in files; see `scratch`."""

    def __init__(self, folder: Path, memory: int, threads: int) -> None:
        self.journal: Journal = FileJournal(folder)
        self._folder, self._memory, self._threads = folder, memory, threads

    @contextmanager
    def tiles(self, name: str, n: int) -> Iterator[Tiles]:
        """See `Storage.tiles`. The file is removed at the end, unless the run is interrupted."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        room = self._memory - memory_at_work(n, self._threads) - resident_bytes()
        tiles = FileTiles(folder, n, max(0, room))
        try:
            yield tiles
        finally:
            tiles.close()
        # Renamed first: half a directory must not pass for an interrupted run's.
        os.replace(folder, old := folder.with_suffix(".old"))
        shutil.rmtree(old)


def memory_at_work(n: int, threads: int) -> int:
    """Bytes in use beside the cache: rows of tiles of a factorisation, sums of a product, tiles at work, vectors."""
    tile = 8 * length(tile_edges(n)[0]) ** 2
    count = len(tile_edges(n))
    return (_ROWS_AT_WORK * count + _TILES_AT_WORK * threads) * tile + 8 * n * (count + 150) + 2**24


def return_freed_memory() -> None:
    """Have the C library give large arrays back to the system at once, instead of keeping holes for the next."""
    with contextlib.suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 2**18)


def resident_bytes() -> int:
    """Bytes of memory this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def scratch(
    parent: Path | None, n: int, memory: int, threads: int, resume: bool, run: Mapping[str, Any]
) -> Iterator[OnDisk]:
    """Context of matrices on disk.

    Parameters
    ----------
    parent :
        Directory to work in; None for the system's temporary one.
    n :
        Rows of the largest matrix.
    memory :
        Bytes that the process may have resident.
    resume :
        Go on with the interrupted run that is found there, and leave this one there if it is interrupted.
    run :
        What determines the results: an unfinished run that differs in it is refused. JSON-able.

    Raises
    ------
    InputError
        One line: no such directory, too little space or memory, in use, another run's, unfinished.
    """
    return_freed_memory()
    need = resident_bytes() + memory_at_work(n, threads) + 2**24
    if memory < need:
        least = -(-need // 2**20)
        raise InputError(f"{memory // 2**20} MiB are too few for {n} rows", "--memory", f"give at least {least}MiB")
    where = Path(tempfile.gettempdir()) if parent is None else parent
    if not where.is_dir():
        raise InputError("there is no such directory", f"--scratch {where}", "create it or name another")
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}-", dir=where)) if parent is None else where / _FOLDER
        folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as fault:
        raise InputError(f"it cannot be written to ({fault.strerror})", str(where), "name another directory") from fault
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            raise InputError("another run works there", str(folder), "wait, or name another directory") from fault
        _require_this_run(folder, resume, run)
        free = shutil.disk_usage(folder).free + sum(_allocated(path) for path in folder.rglob("*"))
        if free < bytes_on_disk(n):
            if not resume:
                shutil.rmtree(folder)
            what = f"{n} rows need {bytes_on_disk(n) / 1e9:.3g} GB of disk and {free / 1e9:.3g} GB are free"
            raise InputError(what, str(where), "make room, or name another directory by --scratch")
        try:
            yield OnDisk(folder, memory, threads)
        except BaseException:
            if not resume:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder)
    finally:
        os.close(lock)


def _require_this_run(folder: Path, resume: bool, run: Mapping[str, Any]) -> None:
    path = folder / "run.json"
    wanted = json.loads(json.dumps(run))
    if path.exists():
        if not resume:
            raise InputError("an unfinished run lies there", str(folder), "add --resume to go on with it, or remove it")
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = {}
        for key in {**wanted, **found}:
            if found.get(key) != wanted.get(key):
                raise InputError(
                    f"the unfinished run there differs in its {key}", str(folder), "run that one, or remove it"
                )
        return
    if any(folder.iterdir()):
        raise InputError("it is not empty and holds no run", str(folder), "remove it, or name another directory")
    new = folder / "run.new"
    new.write_text(json.dumps(wanted), encoding="utf-8")
    os.replace(new, path)


def _allocated(path: Path) -> int:
    return path.stat().st_blocks * 512 if path.is_file() else 0
