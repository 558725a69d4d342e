"""Two-sided enclosures of the extreme eigenvalues of a symmetric enclosure, with their witnesses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import INNER
from certify.arithmetic.workers import Workers
from certify.spectrum.bounds import ShiftBound, lower_bound, rayleigh, upper_bound
from certify.spectrum.cholesky import Progress
from certify.spectrum.estimate import Estimate, estimate_largest, estimate_smallest

#: Factorisations tried before giving up; the k-th failure moves the shift 6^k times further from the estimate.
ATTEMPTS = 5


@dataclass(frozen=True)
class Extreme:
    """An extreme eigenvalue: its enclosure, and what re-establishes it.

    Attributes
    ----------
    enclosure :
        Includes the matrix's ``exponent``. Its lower end (of the smallest) or upper end (of the largest) is
        None where no factorisation succeeded.
    shift :
        The multiple of the identity whose difference from the matrix was factorised, or None.
    vector : (n,)
        Its Rayleigh quotient is the other end.
    parts :
        The error terms in the bound, for the reader.
    exponent :
        ``shift`` and ``parts`` are of the matrix times ``2^-exponent``.
    """

    enclosure: Enclosure
    shift: float | None
    vector: Floats
    parts: dict[str, float]
    exponent: int

    def witness(self) -> dict[str, Any]:
        """JSON-able witness: shift, inner length of the factorisation's sums, Rayleigh vector, error terms."""
        return {
            "shift": self.shift,
            "exponent": self.exponent,
            "inner": INNER,
            "vector": self.vector.tolist(),
            "parts": self.parts,
        }


def smallest(A: SymmetricEnclosure, pool: Workers, progress: Progress | None = None) -> Extreme:
    """Enclose ``λ_min`` of every matrix in ``A``.

    Output
    ------
    An `Extreme` whose enclosure contains ``λ_min``, whatever the estimate was.

    Algorithm
    ---------
    1. Estimate the eigenpair (untrusted). 2. Rayleigh quotient of the vector: the upper end. 3. Cholesky
    of ``M − shift·I`` with ``shift`` just below the estimate; its defect and ``‖Δ‖`` give the lower end.

    Raises
    ------
    ArithmeticRefused
        If this process's arithmetic fails the self-test.
    """
    require_selftest()
    if not np.isfinite(A.norm_radius):
        return _unknown(A)
    estimate = estimate_smallest(A, pool)
    _, high = rayleigh(A, estimate.vector, pool)
    found = _search(A, estimate, -1.0, lower_bound, pool, progress)
    low = None if found is None else min(found.bound, high)
    return _extreme(A, Enclosure.scaled(low, high, A.exponent), found, estimate.vector)


def largest(A: SymmetricEnclosure, pool: Workers, progress: Progress | None = None) -> Extreme:
    """Enclose ``λ_max`` of every matrix in ``A``; see `smallest`."""
    require_selftest()
    if not np.isfinite(A.norm_radius):
        return _unknown(A)
    estimate = estimate_largest(A, pool)
    low, _ = rayleigh(A, estimate.vector, pool)
    found = _search(A, estimate, 1.0, upper_bound, pool, progress)
    high = None if found is None else max(found.bound, low)
    return _extreme(A, Enclosure.scaled(low, high, A.exponent), found, estimate.vector)


def _unknown(A: SymmetricEnclosure) -> Extreme:
    """Nothing is known of a matrix with an entry that is not enclosed."""
    return Extreme(Enclosure(None, None), None, np.zeros(A.n), {}, A.exponent)


def _search(A, estimate: Estimate, direction: float, bound, pool, progress) -> ShiftBound | None:  # type: ignore[no-untyped-def]
    scale = max(abs(estimate.value), float(np.abs(A.diagonal).max()))
    margin = max(3.0 * estimate.error, 2.0**-53 * math.sqrt(A.n) * scale, 1e-290)
    for attempt in range(ATTEMPTS):
        found: ShiftBound | None = bound(A, estimate.value + direction * margin, pool, progress)
        if found is not None:
            return found
        margin *= 6.0 ** (attempt + 1)
    return None


def _extreme(A: SymmetricEnclosure, enclosure: Enclosure, found: ShiftBound | None, vector: Floats) -> Extreme:
    parts = {"radius": A.norm_radius}
    if found is not None:
        parts |= {"residual": found.factor.residual, "rounding": found.factor.rounding}
    return Extreme(enclosure, found.shift if found else None, vector, parts, A.exponent)
