"""A symmetric matrix known up to an error: midpoints in one array, radii as row sums."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import gamma


@dataclass
class SymmetricEnclosure:
    """Every symmetric ``A`` with ``|A − M| ≤ Δ`` entrywise, all of it times ``2^exponent``.

    Attributes
    ----------
    store : (n, n), C order
        ``M`` in the strict upper triangle. The rest is scratch: a factorisation writes its factor there,
        so one array of ``8n²`` bytes serves the matrix and its factor.
    diagonal : (n,)
        The diagonal of ``M``.
    row_radius : (n,)
        Upper bounds of the row sums of ``Δ``, the diagonal included; ``Δ`` itself is not stored.
    max_radius : float
        Upper bound of the largest entry of ``Δ``.
    exponent : int
        Power of two by which the represented matrix is larger than the stored one.
    """

    store: Floats
    diagonal: Floats
    row_radius: Floats
    max_radius: float
    exponent: int = 0
    n: int = field(init=False)

    def __post_init__(self) -> None:
        self.n = len(self.diagonal)
        if self.store.shape != (self.n, self.n) or self.row_radius.shape != (self.n,):
            raise ValueError(f"store {self.store.shape} and diagonal ({self.n},) do not fit")
        if not self.store.flags.c_contiguous:
            raise ValueError("store must be in C order")

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
        store = np.array(matrix, dtype=np.float64, order="C")
        if not np.isfinite(store).all() or not np.array_equal(store, store.T):
            raise ValueError("the matrix must be symmetric with finite entries")
        n = len(store)
        rows, largest = np.zeros(n), 0.0
        if radius is not None:
            rows = np.asarray(radius, dtype=np.float64).sum(axis=1) * (1 + gamma(n + 1))
            largest = float(np.max(radius))
        return cls(store, np.diagonal(store).copy(), rows, largest)
