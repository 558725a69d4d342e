"""Python threads over tiles, each tested before it works, with BLAS held to one thread.

OpenBLAS's own threads collapse on a busy machine and would make results depend on their number;
one BLAS thread under several Python threads keeps every product's order of summation fixed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from threadpoolctl import threadpool_info, threadpool_limits

from certify.arithmetic.selftest import require_thread
from certify.errors import ArithmeticRefused

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers:
    """Threads that run functions, or, without a pool, the caller who runs them one after the other."""

    def __init__(self, pool: ThreadPoolExecutor | None) -> None:
        self._pool = pool

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """``[function(item) for item in items]``, on all threads."""
        if self._pool is None:
            return [function(item) for item in items]
        return [result(task) for task in [self.start(function, item) for item in items]]

    def start(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """``function(*arguments)``, begun in the order of the calls: a task may wait for one started before it."""
        if self._pool is not None:
            return self._pool.submit(function, *arguments)
        done: Future[Result] = Future()
        done.set_result(function(*arguments))
        return done


def result(task: Future[Result]) -> Result:
    """What a started task returns.

    Raises
    ------
    ArithmeticRefused
        If the threads did not pass their test.
    """
    try:
        return task.result()
    except BrokenThreadPool as error:
        raise ArithmeticRefused(
            "a worker thread's floating-point arithmetic failed the self-test; run 'certify doctor'"
        ) from error


def blas_libraries() -> list[dict[str, Any]]:
    """What `threadpoolctl` tells of the BLAS libraries that NumPy and SciPy use.

    Other packages (SCS under cvxpy, for instance) bring a BLAS of their own in a folder ``NAME.libs`` beside them; once
    imported, they are in the process as well, and multiply nothing here.
    """
    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    folders = [Path(library["filepath"]).parent.name for library in found]
    return [
        library
        for library, folder in zip(found, folders, strict=True)
        if not folder.endswith(".libs") or folder in ("numpy.libs", "scipy.libs")
    ]


@contextmanager
def workers(threads: int | None = None) -> Iterator[Workers]:
    """Context of ``threads`` tested workers (default: the processors this process may use).

    Raises
    ------
    ArithmeticRefused
        If the calling thread or a worker does not round to nearest with gradual underflow.
    """
    count = threads or len(os.sched_getaffinity(0))
    require_thread()
    with threadpool_limits(limits=1, user_api="blas"):
        if count == 1:
            yield Workers(None)
            return
        with ThreadPoolExecutor(count, initializer=require_thread) as pool:
            yield Workers(pool)
