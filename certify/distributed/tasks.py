"""What workers do: pure functions of tiles, each after a test of the worker's arithmetic and libraries.

The value kept for a tile is a pair: the tile, and what the sums on the client need of it.
"""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from certify.arithmetic.exact import Floats
from certify.arithmetic.selftest import require_selftest, require_thread
from certify.arithmetic.workers import blas_libraries
from certify.errors import ArithmeticRefused
from certify.kernels.build import fill_tile
from certify.kernels.rows import UnitRows
from certify.spectrum.tilework import Tile, below_tile, diagonal_tile, full_tile, solve_square, tile_products

Value = tuple[Tile, Any]

_lock = threading.Lock()
_tested = threading.local()


@functools.cache
def software() -> tuple[tuple[str, str], ...]:
    """What determines the bits of a result: this package's code, the libraries, the kernels BLAS has chosen."""
    package = Path(__file__).parent.parent
    code = hashlib.blake2b(digest_size=8)
    for path in sorted(
        path for part in ("arithmetic", "spectrum", "kernels") for path in (package / part).glob("*.py")
    ):
        code.update(path.read_bytes())
    blas = sorted(
        f"{library['internal_api']} {library['version']} {library.get('architecture')}" for library in blas_libraries()
    )
    libraries = [(name, _version(name)) for name in ("numpy", "scipy", "crival", "python-flint")]
    return ("certify", code.hexdigest()), *libraries, ("BLAS", ", ".join(blas))


def guarded(wanted: tuple[tuple[str, str], ...], function: Callable[..., Any], *operands: Any) -> Any:
    """``function(*operands)`` in a worker whose arithmetic is tested and whose software is what the client has.

    Raises
    ------
    ArithmeticRefused
        With one line: what failed, or what differs.
    """
    if getattr(_tested, "software", None) != wanted:
        with _lock:
            threadpool_limits(limits=1, user_api="blas")
            require_selftest()
        require_thread()
        for (name, mine), (_, theirs) in zip(software(), wanted, strict=True):
            if mine != theirs:
                raise ArithmeticRefused(
                    f"a worker has {name} {mine} where the client has {theirs}: results would differ; install the same"
                )
        _tested.software = wanted
    return function(*(aligned(operand) for operand in operands))


def aligned(value: Any) -> Any:
    """The value with arrays as NumPy would make them, in lists and tuples as well.

    What has travelled may lie at an odd address. NumPy copies such an operand of a product in an order of its own, and
    BLAS then works in another order, too.
    """
    if isinstance(value, np.ndarray):
        if value.flags.aligned:
            return value
        own = np.empty(value.shape, value.dtype)
        own[...] = value
        return own
    if isinstance(value, list | tuple):
        return type(value)(aligned(member) for member in value)
    return value


@functools.lru_cache(maxsize=2)
def _aligned_rows(rows: _ById) -> UnitRows:
    """All rows aligned once, not for every tile."""
    members = {field.name: aligned(getattr(rows.value, field.name)) for field in fields(rows.value)}
    return UnitRows(**members)


class _ById:
    """A value that is compared by identity, and kept while it is compared."""

    def __init__(self, value: UnitRows) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and self.value is other.value


def unit_rows(X: Floats, normalized: bool) -> UnitRows:
    """`UnitRows.from_data`."""
    return UnitRows.from_data(X, normalized)


def gram_tile(rows: UnitRows, function: Any, i: slice, j: slice) -> Value:
    """A tile of the matrix and what is kept of its radii."""
    return fill_tile(_aligned_rows(_ById(rows)), function, i, j)


def constant(tile: Tile) -> Value:
    """A tile that the client has made."""
    return tile, None


def kept(values: Sequence[Value | None]) -> list[Any] | None:
    """What the client needs of these tiles, without the tiles; None if one of them does not exist."""
    return None if any(value is None for value in values) else [value[1] for value in values if value is not None]


def tile_of(value: Value) -> Tile:
    """The tile alone."""
    return value[0]


def factor_square(
    upper: Value, diagonal: Floats, sign: float, dtype: type, former: Sequence[Value | None]
) -> Value | None:
    """`diagonal_tile`; None where it, or an earlier one, does not exist."""
    tiles = [value[0] for value in former if value is not None]
    return diagonal_tile(upper[0], diagonal, sign, dtype, tiles) if len(tiles) == len(former) else None


def factor_below(
    upper: Value,
    sign: float,
    dtype: type,
    factor: Value | None,
    left: Sequence[Value | None],
    right: Sequence[Value | None],
) -> Value | None:
    """`below_tile`; None where an earlier tile does not exist."""
    pairs = [(a[0], b[0]) for a, b in zip(left, right, strict=True) if a is not None and b is not None]
    if factor is None or len(pairs) != len(left):
        return None
    return below_tile(upper[0], sign, dtype, factor[0], pairs)


def column_products(
    columns: Sequence[Sequence[Value]], places: Sequence[int], v: Floats, edges: Sequence[slice], modulus: bool
) -> list[tuple[Floats, Floats]]:
    """For tile columns j, the `tile_products` of the tiles i ≤ j: all the first, and all the second, joined."""
    results = []
    for j, column in zip(places, columns, strict=True):
        own, there = [], []
        for i, value in enumerate(column):
            first, second = tile_products(full_tile(value[0], i == j, modulus), v[edges[i]], v[edges[j]], i != j)
            own.append(first)
            if second is not None:
                there.append(second)
        results.append((np.concatenate(own), np.concatenate(there) if there else np.empty(0)))
    return results


def rows_down(
    rows: Sequence[Sequence[Value]], places: Sequence[int], x: Floats, edges: Sequence[slice]
) -> list[Floats]:
    """For rows i of the factor, ``x_i |L_i|``."""
    return [
        np.concatenate([x[edges[i]] @ np.abs(value[0]) for value in row]) for i, row in zip(places, rows, strict=True)
    ]


def rows_across(rows: Sequence[Sequence[Value]], y: Floats, edges: Sequence[slice]) -> list[Floats]:
    """For rows i of the factor, ``|L_i| y``."""
    results = []
    for row in rows:
        total = np.zeros(len(row[0][0]))
        for k, value in enumerate(row):
            total += np.abs(value[0]) @ y[edges[k]]
        results.append(total)
    return results


def forward(row: Sequence[Value], own: Floats, former: Sequence[Floats]) -> Floats:
    """One tile row of the forward substitution; ``row`` ends with the diagonal tile."""
    y = own.copy()
    for value, x in zip(row[:-1], former, strict=True):
        y -= value[0] @ x
    return solve_square(row[-1][0], y)


def backward(
    row: Sequence[Value], own: Floats, later: Sequence[tuple[Floats, list[Floats]]]
) -> tuple[Floats, list[Floats]]:
    """One tile row of the backward substitution, and what it takes from each row before it.

    ``later`` are the results for the later rows, the last one first.
    """
    y = own.copy()
    for _, parts in later:
        y -= parts[len(row) - 1]
    x = solve_square(row[-1][0], y, transposed=True)
    return x, [x @ value[0] for value in row[:-1]]


def join(parts: Sequence[tuple[Floats, list[Floats]]]) -> Floats:
    """The solution from the rows of `backward`."""
    return np.concatenate([x for x, _ in parts])


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"
