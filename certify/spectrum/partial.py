"""A few eigenvalues at one end of the spectrum, to the last digits, for matrices of any size that fits in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.journal import fingerprint
from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers
from certify.spectrum.cholesky import factor_tiles
from certify.spectrum.decomposition import MAX_DENSE, Eigenvalues, all_eigenvalues, enclose_eigenvalues
from certify.spectrum.deflation import Fence, fence_above, fence_below
from certify.spectrum.estimate import Estimate, estimate_smallest
from certify.spectrum.product import multiply, unit
from certify.spectrum.residual import eigen_residual
from certify.spectrum.solve import Inverse

if TYPE_CHECKING:
    from certify.spectrum.extremes import Extreme

_POLISH = 2


def refine_smallest(A: SymmetricEnclosure, extreme: Extreme, pool: Workers) -> Extreme | None:
    """``λ_min`` again, by Kato and Temple's theorem with a verified bound of the second eigenvalue.

    Parameters
    ----------
    extreme :
        What `certify.spectrum.extremes.smallest` found. If the tiles still hold its factor, inverse iteration
        with it improves the vector; otherwise the vector is used as it is.

    Returns
    -------
    Extreme, or None where the bottom is not isolated (no second eigenvalue could be bounded) or nothing is gained.
    Its vector is the one that was used; ``parts`` has the fence: ``second``, ``lift_weight``, ``lift_shift``.

    Notes
    -----
    The width of the result is that of ``‖Δ‖`` and a few units in the last place. Costs about one `smallest`; overwrites
    the factor in the tiles.
    """
    if A.n < 2 or not np.isfinite(A.norm_radius):
        return None
    name = fingerprint("polish", extreme.vector)  # noted, as the factor in the tiles is soon overwritten
    polished = A.tiles.journal.remember(name, lambda: _polish(A, extreme.vector, pool))
    value = np.array([polished.value])
    return _refined(A, extreme, polished.vector, value, fence_above(A, polished.vector[:, None], value, pool), pool)


def refine_largest(A: SymmetricEnclosure, extreme: Extreme, pool: Workers) -> Extreme | None:
    """``λ_max`` again, with a verified bound of the second largest eigenvalue; see `refine_smallest`."""
    if A.n < 2 or not np.isfinite(A.norm_radius):
        return None
    vector = unit(extreme.vector)
    value = np.array([float(vector @ multiply(A, vector, pool))])
    return _refined(A, extreme, vector, value, fence_below(A, vector[:, None], value, pool), pool)


def _refined(
    A: SymmetricEnclosure, extreme: Extreme, vector: Floats, value: Floats, fence: Fence | None, pool: Workers
) -> Extreme | None:
    if fence is None:
        return None
    side = "above" if fence.weight > 0 else "below"
    try:
        found = enclose_eigenvalues(A, value, np.ascontiguousarray(vector[:, None]), pool, **{side: fence.bound})
    except ValueError:
        return None
    enclosure = _intersect(found.enclosure(0), extreme.enclosure)
    if enclosure is None:
        return None
    parts = extreme.parts | {"second": fence.bound, "lift_weight": fence.weight, "lift_shift": fence.shift}
    return replace(extreme, enclosure=enclosure, vector=vector, parts=parts)


def smallest_eigenvalues(A: SymmetricEnclosure, k: int, pool: Workers) -> Eigenvalues | None:
    """Enclose the ``k`` smallest eigenvalues; None where no verified gap above them was found.

    Algorithm
    ---------
    Up to `MAX_DENSE` rows: all eigenvalues. Beyond: shift-and-invert Lanczos with the factor in the tiles proposes
    vectors, `fence_above` bounds ``λ_k``, `enclose_eigenvalues` concludes.

    Raises
    ------
    ValueError
        Unless ``1 ≤ k < n``.
    """
    require_selftest()
    _check_count(A, k)
    if A.n <= MAX_DENSE:
        return all_eigenvalues(A, pool)
    start = estimate_smallest(A, pool)
    margin = max(10.0 * start.error, 1e-3 * abs(start.value), 1e-12 * float(np.abs(A.diagonal).max()))
    if factor_tiles(A.tiles, A.diagonal - (start.value - margin), 1.0, np.float64, pool) is None:
        return None
    solve = Inverse(A.tiles, np.float64, pool)
    inverse = LinearOperator((A.n, A.n), matvec=lambda v: solve(np.ravel(v)), dtype=float)
    found = _lanczos(inverse, k, start.vector)
    if found is None:
        return None
    values = start.value - margin + 1.0 / found[0]
    fence = fence_above(A, found[1], values, pool)
    return _enclose(A, values, found[1], pool, fence, above=True)


def largest_eigenvalues(A: SymmetricEnclosure, k: int, pool: Workers) -> Eigenvalues | None:
    """Enclose the ``k`` largest eigenvalues; see `smallest_eigenvalues`."""
    require_selftest()
    _check_count(A, k)
    if A.n <= MAX_DENSE:
        return all_eigenvalues(A, pool)
    operator = LinearOperator((A.n, A.n), matvec=lambda v: multiply(A, np.ravel(v), pool), dtype=float)
    found = _lanczos(operator, k, np.random.default_rng(0).standard_normal(A.n))
    if found is None:
        return None
    fence = fence_below(A, found[1], found[0], pool)
    return _enclose(A, found[0], found[1], pool, fence, above=False)


def _enclose(
    A: SymmetricEnclosure, values: Floats, V: Floats, pool: Workers, fence: Fence | None, above: bool
) -> Eigenvalues | None:
    if fence is None:
        return None
    found = enclose_eigenvalues(A, values, V, pool, **{"above" if above else "below": fence.bound})
    return found if np.isfinite(found.lower).all() and np.isfinite(found.upper).all() else None


def _lanczos(operator: LinearOperator, k: int, start: Floats) -> tuple[Floats, Floats] | None:
    try:
        values, vectors = eigsh(operator, k=k, which="LA", v0=start, tol=1e-13, ncv=min(len(start), max(3 * k, k + 30)))
    except (ArpackError, ArpackNoConvergence):
        return None
    return np.asarray(values), np.ascontiguousarray(vectors)


def _polish(A: SymmetricEnclosure, vector: Floats, pool: Workers) -> Estimate:
    """The vector (n,) of the smallest residual among itself and a few steps of inverse iteration; its quotient."""
    best, value, least = unit(vector), 0.0, np.inf
    v = best
    solve = Inverse(A.tiles, np.float64, pool)
    for step in range(_POLISH + 1):
        if step:
            with np.errstate(all="ignore"):
                v = solve(v)
                length = float(np.sqrt(v @ v))
            if not (np.isfinite(length) and length > 0):
                break
            v = v / length
        quotient = float(v @ multiply(A, v, pool))
        norm = float(eigen_residual(A, v[:, None], np.array([quotient]), pool).norms[0])
        if norm < least:
            best, value, least = v, quotient, norm
    return Estimate(value, float(least), best)


def _intersect(new: Enclosure, old: Enclosure) -> Enclosure | None:
    """The common part; None where the new one tells nothing more."""
    if new.lower is None or new.upper is None:
        return None
    if new.exponent != old.exponent or old.lower is None or old.upper is None:
        return new
    low, high = max(new.lower, old.lower), min(new.upper, old.upper)
    return None if (low, high) == (old.lower, old.upper) else Enclosure(low, high, new.exponent)


def _check_count(A: SymmetricEnclosure, k: int) -> None:
    if not 1 <= k < A.n:
        raise ValueError(f"{k} of {A.n} eigenvalues were asked for")
