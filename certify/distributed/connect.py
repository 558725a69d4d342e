"""A Dask cluster as the place where a run's matrices are kept: one on this machine, or one that is running."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from certify.arithmetic.exact import Floats
from certify.arithmetic.journal import NOTHING_KEPT, Journal
from certify.arithmetic.tiles import Tiles
from certify.errors import InputError

try:
    import dask
    from distributed import Client, Future, LocalCluster

    from certify.distributed import tasks
    from certify.distributed.dask_tiles import DaskTiles
except ImportError as fault:  # the extra is not installed
    raise InputError(
        f"{fault.name} is not installed", "--workers and --scheduler", "pip install 'certify-ntk[dask]'"
    ) from fault

#: Seconds to find the scheduler, and to wait for a first worker.
PATIENCE = 30
#: Dask has freed memory given back to the system at once; tiles, allocated anew for every product, then cost a page
#: fault for each 4 KiB. glibc's limits for workers that keep it.
MALLOC = {"MALLOC_TRIM_THRESHOLD_": 2**30, "MALLOC_MMAP_THRESHOLD_": 2**25}


class OnWorkers:
    """`certify.arithmetic.storage.Storage` on the workers of a Dask client."""

    def __init__(self, client: Client) -> None:
        self.journal: Journal = NOTHING_KEPT
        self.client = client
        self._rows: dict[tuple[int, bool], tuple[Floats, Future]] = {}

    @contextmanager
    def tiles(self, name: str, n: int) -> Iterator[Tiles]:
        """See `Storage.tiles`."""
        tiles = DaskTiles(self.client, n, self._unit_rows)
        try:
            yield tiles
        finally:
            tiles.release()

    def _unit_rows(self, X: Floats, normalized: bool) -> Future:
        """The unit rows, computed by a worker from the data, which the scheduler keeps."""
        known = self._rows.get((id(X), normalized))
        if known is None:
            future = self.client.submit(
                tasks.guarded,
                tasks.software(),
                tasks.unit_rows,
                X,
                normalized,
                key=f"rows-{self.client.id}-{len(self._rows)}",
            )
            known = self._rows[id(X), normalized] = X, future
        return known[1]


@contextmanager
def cluster(workers: int | None, scheduler: str | None) -> Iterator[OnWorkers]:
    """Context of ``workers`` processes on this machine, one thread each, or of the cluster at ``scheduler``.

    Raises
    ------
    InputError
        If there is no scheduler at the address, or no worker has come after `PATIENCE` seconds.
    """
    quiet = {
        "distributed.comm.timeouts.connect": f"{PATIENCE}s",
        "logging.distributed": "critical",
        "distributed.worker.daemon": True,
        **{f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in MALLOC.items()},
    }
    with dask.config.set(quiet), ExitStack() as stack:
        for name in ("distributed", "asyncio"):  # the latter tells of tasks that end with the client
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if scheduler is None:
            address: str | LocalCluster = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                    preload=["certify.distributed.own_worker"],
                )
            )
        else:
            address = scheduler
        where = f"--scheduler {scheduler}" if scheduler else "--workers"
        try:
            client = stack.enter_context(Client(address, set_as_default=False))
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError, ValueError) as fault:
            raise InputError(
                "no scheduler with a worker answers there", where, "start 'dask scheduler' and 'dask worker'"
            ) from fault
        yield OnWorkers(client)
