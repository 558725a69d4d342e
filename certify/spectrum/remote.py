"""Tiles that live in other processes: what must be done with them is done there."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from certify.arithmetic.exact import Floats
from certify.arithmetic.tiles import Progress
from certify.arithmetic.workers import Workers
from certify.spectrum.tilework import TileSums


@runtime_checkable
class RemoteTiles(Protocol):
    """The sequences of operations on whole tiles of which the algorithms here are made.

    Each does exactly what its caller would do with `certify.arithmetic.tiles.Tiles`, operation for operation. Sums over
    tiles are left to the caller, who makes them in his own order.
    """

    def fill(self, X: Floats, normalized: bool, function: Any, progress: Progress | None) -> list[list[Any]]:
        """Fill the tiles with the Gram matrix of ``function``; for tile rows i, what is kept of the tiles j ≥ i."""
        ...

    def factor(
        self, diagonal: Floats, sign: float, dtype: type, progress: Progress | None
    ) -> list[list[TileSums]] | None:
        """Factorise; for tile columns k, the sums of the tiles i ≥ k. None where a pivot is not positive."""
        ...

    def products(self, v: Floats, modulus: bool, pool: Workers) -> list[list[tuple[Floats, Floats | None]]]:
        """For tile rows i, `certify.spectrum.tilework.tile_products` of the tiles j ≥ i."""
        ...

    def solve(self, v: Floats, dtype: type, pool: Workers) -> Floats:
        """`certify.spectrum.solve.solve`."""
        ...

    def down(self, x: Floats) -> list[Floats]:
        """For rows i of the factor ``L``, the row vector ``x_i |L_i|``."""
        ...

    def across(self, y: Floats) -> list[Floats]:
        """For rows i of the factor ``L``, ``|L_i| y``."""
        ...
