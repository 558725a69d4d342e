"""Will the n × n matrices fit? Predicted from the header of a source, before a number is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from certify.errors import InputError

# The n × n work: one float64 matrix, in whose lower triangle the factors are.
BYTES_PER_MATRIX_ENTRY = 8
# Tiles at work, vectors of the estimates, sums of products.
BYTES_PER_ROW = 8_000
# X, the copy that is read, and temporaries of the exact row comparison.
BYTES_PER_DATA_ENTRY = 40

_elsewhere: ContextVar[bool] = ContextVar("elsewhere", default=False)


def predicted_bytes(n: int, d: int = 0) -> int:
    """Bytes that certifying ``n`` rows of ``d`` columns is predicted to need."""
    return BYTES_PER_MATRIX_ENTRY * n * n + BYTES_PER_ROW * n + BYTES_PER_DATA_ENTRY * n * d


@contextmanager
def matrices_elsewhere() -> Iterator[None]:
    """Context in which `require_memory` counts the data alone: the matrices will be on disk or on other machines."""
    token = _elsewhere.set(True)
    try:
        yield
    finally:
        _elsewhere.reset(token)


def require_memory(n: int, d: int, where: str) -> None:
    """Raise `InputError`, naming need and limit, if the job of ``n`` rows cannot fit."""
    need = BYTES_PER_DATA_ENTRY * n * d if _elsewhere.get() else predicted_bytes(n, d)
    bounds = memory_limits()
    if not bounds:
        return
    name = min(bounds, key=lambda key: bounds[key])
    if need > bounds[name]:
        limit = _readable(bounds[name])
        what = f"{n} rows need about {_readable(need)} of memory but {name} allows {limit}"
        raise InputError(what, where, "use fewer rows, a larger machine, or --memory 2GiB")


def memory_limits(root: Path = Path("/")) -> dict[str, int]:
    """Bytes allowed by each limit that could be read: control groups, RLIMIT_AS, available memory.

    ``root`` is where the pseudo file systems ``proc`` and ``sys`` are found.
    """
    found = {
        "the control group": _control_group(root),
        "RLIMIT_AS": _address_space(root),
        "the available memory": _available(root),
    }
    return {name: size for name, size in found.items() if size is not None}


def _control_group(root: Path) -> int | None:
    """Least limit of the process's groups and their parents, in both versions of the interface."""
    mount = root / "sys/fs/cgroup"
    groups = {("", "/"), ("memory", "/")}
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            groups.add(("", path))
        elif "memory" in controllers.split(","):
            groups.add(("memory", path))
    limits = []
    for hierarchy, path in groups:
        base = mount / hierarchy
        file = "memory.limit_in_bytes" if hierarchy else "memory.max"
        folder = base / path.lstrip("/")
        for level in (folder, *folder.parents):
            limits.append(_number(_read(level / file)))
            if level == base:
                break
    known = [limit for limit in limits if limit is not None]
    return min(known, default=None)


def _address_space(root: Path) -> int | None:
    """What RLIMIT_AS leaves beyond the addresses already in use."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        return None
    used = _number(_read(root / "proc/self/statm").partition(" ")[0]) or 0
    return max(0, soft - used * resource.getpagesize())


def _available(root: Path) -> int | None:
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            kibibytes = _number(line.split()[1])
            return None if kibibytes is None else 1024 * kibibytes
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


def _readable(size: int) -> str:
    if size < 10**9:
        return f"{size / 1e6:,.1f} MB"
    return f"{size / 1e9:,.1f} GB" if size < 10**15 else f"{size // 10**9:,} GB"
