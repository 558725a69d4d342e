"""A symmetric matrix known up to an error: midpoints in tiles, radii as row sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import gamma
from certify.arithmetic.tiles import ArrayTiles, Tiles


@dataclass(frozen=True)
class SymmetricEnclosure:
    """Every symmetric ``A`` with ``|A − M| ≤ Δ`` entrywise, all of it times ``2^exponent``.

    Attributes
    ----------
    tiles :
        ``M`` in the strict upper triangle; the lower one is scratch for a factor, so one array of ``8n²`` bytes
        serves the matrix and its factor.
    diagonal : (n,)
        The diagonal of ``M``.
    row_radius : (n,)
        Upper bounds of the row sums of ``Δ``, the diagonal included; ``Δ`` itself is not stored.
    max_radius : float
        Upper bound of the largest entry of ``Δ``.
    exponent : int
        Power of two by which the represented matrix is larger than the stored one.
    """

    tiles: Tiles
    diagonal: Floats
    row_radius: Floats
    max_radius: float
    exponent: int = 0

    def __post_init__(self) -> None:
        if not self.diagonal.shape == self.row_radius.shape == (self.tiles.n,):
            raise ValueError(f"{self.tiles.n} rows and diagonal {self.diagonal.shape} do not fit")

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.tiles.n

    @property
    def norm_radius(self) -> float:
        """Upper bound of ``‖Δ‖₂``: the largest row sum, as ``Δ`` is symmetric and non-negative."""
        return float(self.row_radius.max())

    @classmethod
    def from_matrix(cls, matrix: Floats, radius: Floats | None = None) -> SymmetricEnclosure:
        """The exact symmetric float matrix, or that matrix ± the entrywise ``radius``, both (n, n).

        Raises
        ------
        ValueError
            If the matrix is not symmetric or has an entry that is not finite.
        """
        array = np.array(matrix, dtype=np.float64, order="C")
        if not np.isfinite(array).all() or not np.array_equal(array, array.T):
            raise ValueError("the matrix must be symmetric with finite entries")
        n = len(array)
        rows, largest = np.zeros(n), 0.0
        if radius is not None:
            rows = np.asarray(radius, dtype=np.float64).sum(axis=1) * (1 + gamma(n + 1))
            largest = float(np.max(radius))
        return cls(ArrayTiles(array), np.diagonal(array).copy(), rows, largest)
