"""A claim, a tolerance and an integer Cholesky factor that Coq will accept. Nothing here is trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky, eigh, solve_triangular
from scipy.sparse.linalg import LinearOperator, eigsh

from certify.arithmetic.exact import Floats

#: Relative loss of the claim against the smallest eigenvalue that is aimed at.
LOSS = 5e-7
_DENSE = 400


@dataclass(frozen=True)
class Dyadic:
    """The number ``m · 2^e``."""

    m: int
    e: int

    @classmethod
    def below(cls, value: float, exponent: int = 0) -> Dyadic:
        """``value · 2^exponent`` for a non-negative float, exactly."""
        mantissa, e = math.frexp(value)
        m = int(math.ldexp(mantissa, 53))
        shift = (m & -m).bit_length() - 1 if m else 0
        return cls(m >> shift, e - 53 + shift + exponent) if m else cls(0, 0)

    @classmethod
    def of(cls, value: float) -> Dyadic:
        """Any finite float, exactly."""
        size = cls.below(abs(value))
        return cls(-size.m, size.e) if value < 0 else size

    def times_power(self, power: int) -> float:
        """``m · 2^(e + power)`` in float64; 0 or inf where that is out of range."""
        try:
            return math.ldexp(self.m, self.e + power)
        except OverflowError:
            return math.inf


@dataclass(frozen=True)
class Factor:
    """``A − diag(σ 4^-w_i) − nδ I ≈ L Lᵀ / 4^bits`` within δ in every entry.

    Attributes
    ----------
    lower :
        The rows of L, row i of length i + 1, integers.
    """

    sigma: Dyadic
    delta: Dyadic
    lower: list[list[int]]
    bits: int


def smallest_eigenvalue(A: Floats, scale: Floats) -> float:
    """λ_min of ``S⁻¹ A S⁻¹``, ``S = diag(scale)``, to high relative accuracy even for scales far apart.

    Raises
    ------
    LinAlgError
        If A is not positive definite in float64.
    """
    if (scale == 1.0).all():
        value = float(eigh(A, subset_by_index=[0, 0], eigvals_only=True)[0])
        if value > 1e-7:
            return value
    C = cholesky(A, lower=True)
    if len(A) <= _DENSE:
        R = solve_triangular(C, np.diag(scale), lower=True)
        return float(np.linalg.norm(R, 2) ** -2)

    def apply(v: Floats) -> Floats:
        forward = solve_triangular(C, scale * np.ravel(v), lower=True)
        return np.asarray(scale * solve_triangular(C, forward, lower=True, trans="T"))

    operator = LinearOperator(A.shape, matvec=apply, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(len(A))
    return 1.0 / float(eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False, tol=1e-12)[0])


def scales(magnitudes: list[int]) -> Floats:
    """``2^(min w - w_i)``: with these, the scaled matrix A belongs to ``4^-min(w) K``. At most 1."""
    least = min(magnitudes)
    return np.array([math.ldexp(1.0, max(least - w, -2000)) for w in magnitudes])


def float_factor(
    A: Floats, magnitudes: list[int], error: float, bits: int, loss: float = LOSS, most: float = 0.5
) -> tuple[Factor, float]:
    """Find a factor in float64; the loss is doubled until the tolerance covers all errors.

    Parameters
    ----------
    A : (n, n)
        The scaled kernel matrix ``2^-(w_i + w_j) K_ij``, right to about ``1e-16``.
    magnitudes :
        The exponents ``w_i``; all 0 for normalised rows.
    error :
        What the intervals of the check add to every entry.
    bits :
        L is rounded to multiples of ``2^-bits``.
    loss, most :
        First and last relative loss of the claim that is tried.

    Returns
    -------
    tuple
        The factor, and the relative loss of its claim.

    Raises
    ------
    LinAlgError
        If no loss up to ``most`` suffices.
    """
    n = len(A)
    estimate = smallest_eigenvalue(A, scales(magnitudes))
    while loss <= most:
        sigma = Dyadic.below(estimate * (1.0 - loss), 2 * min(magnitudes))
        found = attempt(A, sigma, [sigma.times_power(-2 * w) for w in magnitudes], error, bits, n)
        if found is not None:
            return found, loss
        loss *= 2.0
    raise LinAlgError("not positive definite to working accuracy")


def attempt(A: Floats, sigma: Dyadic, shifts: list[float], error: float, bits: int, n: int) -> Factor | None:
    """The factor of ``A − diag(shifts) − nδ`` with the best δ, or None if no tolerance covers all errors."""
    B = A.copy()
    diagonal = np.einsum("ii->i", B)
    diagonal -= shifts
    margin = float(eigh(B, subset_by_index=[0, 0], eigvals_only=True)[0])
    delta = Dyadic.below(0.4 * margin / n) if margin > 0 else Dyadic(0, 0)
    if delta.times_power(0) <= 1.25 * error:
        return None
    diagonal -= n * delta.times_power(0)
    try:
        lower = cholesky(B, lower=True)
    except LinAlgError:
        return None
    rounded: NDArray[np.float64] = np.rint(np.ldexp(lower, bits))
    L = np.ldexp(rounded, -bits)
    residual = float(np.abs(L @ L.T - B).max()) + 2.0**-52
    if residual + error > 0.9 * delta.times_power(0):
        return None
    integers = rounded.astype(np.int64)
    return Factor(sigma, delta, [integers[i, : i + 1].tolist() for i in range(n)], bits)
