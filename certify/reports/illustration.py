"""What a report may show beside the certificate: unverified, and marked so wherever it appears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_EIGENVALUES = 2000


@dataclass(frozen=True, eq=False)
class Illustration:
    """Unverified companions of a certificate.

    Attributes
    ----------
    eigenvalues:
        Float64 eigenvalues ``(n,)``, n ≤ 2000, of the certificate's kernel matrix, or None. They are
        copied, sorted in increasing order and made read-only; `ValueError` if they are not finite.
    """

    eigenvalues: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.eigenvalues is None:
            return
        values = np.sort(np.array(self.eigenvalues, dtype=np.float64))
        if values.ndim != 1 or not 1 <= values.size <= MAX_EIGENVALUES or not np.all(np.isfinite(values)):
            raise ValueError(f"eigenvalues: 1 to {MAX_EIGENVALUES} finite numbers in one dimension are needed")
        values.setflags(write=False)
        object.__setattr__(self, "eigenvalues", values)
