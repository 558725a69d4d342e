"""Approximate extreme eigenpairs. Nothing here is trusted: `certify.spectrum.bounds` proves or discards it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, eigh_tridiagonal
from scipy.sparse.linalg import LinearOperator, eigsh

from certify.arithmetic.exact import Floats
from certify.arithmetic.journal import fingerprint
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers
from certify.spectrum.cholesky import factor_tiles
from certify.spectrum.product import dense, multiply, unit
from certify.spectrum.solve import Inverse

DENSE = 700  # up to here one dense eigenproblem is quickest
_LANCZOS_STEPS = 40
_TWO_DIGITS, _EIGHT_DIGITS = 1e-2, 1e-9
_DAVIDSON_STEPS = 30


@dataclass(frozen=True)
class Estimate:
    """An approximate eigenvalue, a guess of its error, and an approximate eigenvector (n,)."""

    value: float
    error: float
    vector: Floats


def estimate_smallest(A: SymmetricEnclosure, pool: Workers) -> Estimate:
    """Approximate the smallest eigenvalue of the midpoints to about 11 digits where floats allow it.

    Notes
    -----
    Above `DENSE` rows: a float32 factor (in the tiles' scratch, so it costs no memory) and a few inverse Lanczos
    steps give two digits; a second float32 factor, shifted just below, preconditions a Davidson iteration
    with float64 products. Where float32 breaks down the same is done in float64.
    """
    name = fingerprint("smallest", A.diagonal)
    return A.tiles.journal.remember(name, lambda: _smallest(A, pool))


def _smallest(A: SymmetricEnclosure, pool: Workers) -> Estimate:
    if A.n <= DENSE:
        return _dense_end(A, 0)
    for dtype in (np.float32, np.float64):
        found = _by_factors(A, dtype, pool)
        if found is not None:
            return found
    return _dense_end(A, 0)


def estimate_largest(A: SymmetricEnclosure, pool: Workers) -> Estimate:
    """Approximate the largest eigenvalue of the midpoints."""
    return A.tiles.journal.remember(fingerprint("largest", A.diagonal), lambda: _largest(A, pool))


def _largest(A: SymmetricEnclosure, pool: Workers) -> Estimate:
    if A.n <= DENSE:
        return _dense_end(A, A.n - 1)
    operator = LinearOperator((A.n, A.n), matvec=lambda v: multiply(A, np.ravel(v), pool), dtype=np.float64)
    values, vectors = eigsh(operator, k=1, which="LA", v0=_random(A.n), tol=1e-11)
    return Estimate(float(values[0]), abs(float(values[0])) * 1e-11, vectors[:, 0])


def eigenvalues(A: SymmetricEnclosure) -> Floats:
    """All eigenvalues of the midpoints in float64, ascending (n,): for pictures, unverified."""
    return np.asarray(eigh(dense(A), eigvals_only=True, overwrite_a=True))


def _random(n: int) -> Floats:
    """A fixed start that is orthogonal to nothing, unlike a vector of ones."""
    return np.random.default_rng(0).standard_normal(n)


def _dense_end(A: SymmetricEnclosure, index: int) -> Estimate:
    values, vectors = eigh(dense(A), subset_by_index=[index, index], overwrite_a=True)
    scale = float(np.abs(A.diagonal).max())
    return Estimate(float(values[0]), 4e-16 * np.sqrt(A.n) * max(abs(float(values[0])), scale), vectors[:, 0])


def _by_factors(A: SymmetricEnclosure, dtype: type, pool: Workers) -> Estimate | None:
    name = fingerprint("two digits", dtype.__name__, A.diagonal)
    loose = A.tiles.journal.remember(name, lambda: _two_digits(A, dtype, pool))
    if loose is None:
        return None
    gap = loose.error
    for _ in range(4):
        shift = loose.value - gap
        if factor_tiles(A.tiles, A.diagonal - shift, 1.0, dtype, pool) is not None:
            found = _inverse_lanczos(A, dtype, loose.vector, _EIGHT_DIGITS, pool)
            return None if found is None else _davidson(A, dtype, found.vector, pool)
        gap *= 2.0
    return None


def _two_digits(A: SymmetricEnclosure, dtype: type, pool: Workers) -> Estimate | None:
    if factor_tiles(A.tiles, A.diagonal, 1.0, dtype, pool) is None:
        return None
    return _inverse_lanczos(A, dtype, _random(A.n), _TWO_DIGITS, pool)


def _inverse_lanczos(
    A: SymmetricEnclosure, dtype: type, start: Floats, tolerance: float, pool: Workers
) -> Estimate | None:
    """The pair of the factored matrix by Lanczos on its inverse, with full reorthogonalisation.

    The error is what the residual allows, and seldom far below the true one while few steps are done.
    """
    inverse = Inverse(A.tiles, dtype, pool)
    basis = [unit(start)]
    alphas: list[float] = []
    betas: list[float] = []
    for _ in range(_LANCZOS_STEPS):
        w = inverse(basis[-1])
        alphas.append(float(w @ basis[-1]))
        V = np.array(basis)
        for _ in range(2):
            w -= V.T @ (V @ w)
        beta = float(np.linalg.norm(w))
        if not np.isfinite(beta):
            return None
        values, vectors = eigh_tridiagonal(np.array(alphas), np.array(betas))
        top, residual = float(values[-1]), beta * abs(float(vectors[-1, -1]))
        if len(values) > 2 and residual**2 / max(top - float(values[-2]), 1e-300) <= tolerance * top:
            break
        betas.append(beta)
        basis.append(w / beta)
    if not top > 0:
        return None
    return Estimate(1.0 / top, (1.75 * residual / top + 2e-3) / top, V.T @ vectors[:, -1])


def _davidson(A: SymmetricEnclosure, dtype: type, start: Floats, pool: Workers) -> Estimate:
    """Generalised Davidson: float64 products, preconditioned by the factor in the tiles."""
    precondition = Inverse(A.tiles, dtype, pool)
    V = unit(start)[:, None]
    AV = multiply(A, V[:, 0], pool)[:, None]
    for step in range(_DAVIDSON_STEPS):
        projected = V.T @ AV
        values, vectors = np.linalg.eigh((projected + projected.T) / 2)
        value, x = float(values[0]), V @ vectors[:, 0]
        residual = AV @ vectors[:, 0] - value * x
        size = float(np.linalg.norm(residual))
        if size == 0.0:
            return Estimate(value, 0.0, x)
        direction = precondition(residual / size)
        error = abs(size * float(residual @ direction))
        if error <= 2e-12 * abs(value) or step == _DAVIDSON_STEPS - 1:
            break
        for _ in range(2):
            direction -= V @ (V.T @ direction)
        direction = unit(direction)
        V = np.column_stack([V, direction])
        AV = np.column_stack([AV, multiply(A, direction, pool)])
    return Estimate(value, max(error, 1e-11 * abs(value)), x)
