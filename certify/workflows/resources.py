"""What a run may use: memory of this machine, a scratch directory, other machines. Never part of a claim."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certify.arithmetic.storage import IN_CORE, Storage, resident_bytes, scratch
from certify.data import Dataset, require_memory
from certify.data.memory import memory_limits, predicted_bytes
from certify.errors import InputError
from certify.workflows.environment import describe_environment

_UNITS = {"": 1, "B": 1} | {
    f"{prefix}{suffix}": base**power
    for power, prefix in enumerate("kMGT", 1)
    for suffix, base in (("B", 1000), ("iB", 1024))
}
_UNITS["KiB"] = 1024


@dataclass(frozen=True)
class Resources:
    """Where the matrices of a run may be kept.

    Attributes
    ----------
    memory :
        Bytes that the process may have resident; matrices that do not fit go to files. None: what the machine has.
    scratch :
        Directory of these files; None for the system's temporary one.
    resume :
        Go on with the interrupted run in ``scratch``, and keep this one there if it is interrupted.
    workers :
        Start this many processes on this machine and keep the matrices in them.
    scheduler :
        Address of a Dask scheduler, whose workers keep the matrices.

    Raises
    ------
    InputError
        One line naming the option.
    """

    memory: int | None = None
    scratch: Path | None = None
    resume: bool = False
    workers: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.memory is not None and self.memory < 1:
            raise InputError(f"{self.memory} is not positive", "--memory", "give a size such as 2GiB")
        if self.workers is not None and self.workers < 1:
            raise InputError(f"{self.workers} is not positive", "--workers", "give an integer of at least 1")
        if self.workers is not None and self.scheduler is not None:
            raise InputError("--workers starts a cluster of its own", "--scheduler", "give one of the two")
        if self.resume and self.scratch is None:
            raise InputError("there is no directory to resume from", "--resume", "name it by --scratch")
        if self.distributed and (self.memory is not None or self.scratch is not None):
            raise InputError(
                "the matrices are the workers', not on this machine's disk",
                "--memory" if self.memory is not None else "--scratch",
                "leave it out, or leave out --workers and --scheduler",
            )

    @property
    def distributed(self) -> bool:
        """Are the matrices kept by other processes?"""
        return self.workers is not None or self.scheduler is not None

    @property
    def on_disk(self) -> bool:
        """May matrices go to files?"""
        return self.memory is not None or self.scratch is not None

    def fits(self, n: int, d: int) -> bool:
        """Do the matrices of ``n`` rows fit into the memory allowed, so that none goes to a file?"""
        return not self.resume and resident_bytes() + predicted_bytes(n, d) <= self.allowed()

    def allowed(self) -> int:
        """Bytes this process may have resident."""
        if self.memory is not None:
            return self.memory
        return resident_bytes() + min(memory_limits().values(), default=2**63)


@contextmanager
def storage_for(
    data: Dataset, resources: Resources, threads: int | None, request: Mapping[str, Any]
) -> Iterator[Storage]:
    """Context of the place where a run's matrices are kept.

    Parameters
    ----------
    request :
        What is asked; an unfinished run that asked something else is not resumed.

    Raises
    ------
    InputError
        If neither memory nor disk suffice, or Dask is not installed or not reachable.
    """
    n, d = data.n, data.d
    if resources.distributed:
        from certify.distributed import cluster

        with cluster(resources.workers, resources.scheduler) as workers:
            yield workers
    elif not resources.on_disk:
        require_memory(n, d, data.name)
        yield IN_CORE
    elif resources.fits(n, d):
        yield IN_CORE
    else:
        count = threads or len(os.sched_getaffinity(0))
        run = {"data": data.to_json(), "request": dict(request), "libraries": _versions()}
        with scratch(resources.scratch, n, resources.allowed(), count, resources.resume, run) as storage:
            yield storage


def bytes_of(text: str) -> int:
    """``2GiB``, ``500MB`` or a number of bytes. Raises `InputError`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if match is None or match[2] not in _UNITS:
        raise InputError(f"'{text}' is not a size", "--memory", "give a size such as 2GiB or 500MB")
    return int(float(match[1]) * _UNITS[match[2]])


def _versions() -> dict[str, Any]:
    environment = describe_environment()
    blas = sorted(environment["blas"], key=str)  # they are listed in no order
    return {"python": environment["python"], "libraries": environment["libraries"], "blas": blas}
