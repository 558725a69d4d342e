"""Numbers that depend on the whole spectrum: log det, trace of the inverse, condition, quadratic forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import flint
import numpy as np

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats, two_product
from certify.arithmetic.rounding import UNDERFLOW, add_up, div_up, gamma, mul_up, sum_down, sum_up
from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers
from certify.spectrum.cholesky import Progress, factor_tiles, factorise
from certify.spectrum.decomposition import Eigenvalues
from certify.spectrum.residual import multiply_accurately
from certify.spectrum.solve import Inverse

UNKNOWN = Enclosure(None, None)
_BITS = 128
_REFINEMENTS = 3


def log_determinant(spectrum: Eigenvalues) -> Enclosure:
    """``log det`` of every represented matrix, from all n eigenvalues; unknown unless all are proved positive."""
    n = len(spectrum.vectors)
    if not _all_positive(spectrum):
        return UNKNOWN
    with precision(_BITS):
        scale = arb(n * spectrum.exponent) * arb(2).log()
        low, high = (_sum_of(_log, ends) + scale for ends in (spectrum.lower, spectrum.upper))
        return Enclosure.from_ends(low, high)


def trace_of_inverse(spectrum: Eigenvalues) -> Enclosure:
    """The trace of the inverse of every represented matrix, from all n eigenvalues; unknown unless all are positive."""
    if not _all_positive(spectrum):
        return UNKNOWN
    with precision(_BITS):
        scale = arb(2) ** -spectrum.exponent
        low, high = (_sum_of(lambda x: 1 / arb(x), ends) * scale for ends in (spectrum.upper, spectrum.lower))
        return Enclosure.from_ends(low, high)


def condition_number(lambda_min: Enclosure, lambda_max: Enclosure) -> Enclosure:
    """``λ_max/λ_min`` of a positive definite matrix; unknown unless ``λ_min`` is proved positive."""
    ends = (lambda_min.lower, lambda_min.upper, lambda_max.lower, lambda_max.upper)
    if any(end is None or end <= 0 for end in ends):
        return UNKNOWN
    with precision(_BITS):
        return Enclosure.from_ends(
            lambda_max.lower_arb() / lambda_min.upper_arb(), lambda_max.upper_arb() / lambda_min.lower_arb()
        )


def log_determinant_by_factor(
    A: SymmetricEnclosure, lambda_min: float, pool: Workers, progress: Progress | None = None
) -> Enclosure:
    """``log det`` of every represented matrix from one Cholesky factor, for matrices too large for all eigenvalues.

    Parameters
    ----------
    lambda_min :
        A proved positive lower bound of the smallest eigenvalue of every matrix in ``A``, in its stored scale.

    Output
    ------
    Unknown where the factorisation breaks down or its defect is not well below ``lambda_min``. Overwrites the factor.

    Notes
    -----
    ``A = LLᵀ + F``, ``‖F‖ ≤ f = defect + ‖Δ‖``. On the segment ``A − tF`` to ``LLᵀ`` eigenvalues stay above ``λ −
    f``, and the derivative of ``log det`` along it is ``−tr((A−tF)⁻¹F)``, of modulus at most ``nf/(λ − f)``. ``log
    det LLᵀ = 2Σ log l_ii``, in Arb.
    """
    require_selftest()
    factor = factorise(A, A.diagonal, 1.0, pool, progress)
    if factor is None:
        return UNKNOWN
    f = add_up(factor.defect, A.norm_radius)
    room = math.nextafter(lambda_min - f, -math.inf)
    if not room > 0:
        return UNKNOWN
    diagonal = np.concatenate([np.diagonal(A.tiles.lower(k, k)) for k in range(len(A.tiles.edges))])
    with precision(_BITS):
        centre = 2 * _sum_of(_log, diagonal) + arb(A.n * A.exponent) * arb(2).log()
        error = arb(div_up(mul_up(float(A.n), f), room))
        return Enclosure.from_ends(centre - error, centre + error)


@dataclass(frozen=True)
class QuadraticForm:
    """``tr(YᵀA⁻¹Y)``: its enclosure, and the approximate solution (n, q) of ``AX = Y`` that proves it."""

    enclosure: Enclosure
    solution: Floats


def quadratic_form(A: SymmetricEnclosure, y: Floats, lambda_min: float, pool: Workers) -> QuadraticForm:
    """``yᵀA⁻¹y`` for ``y`` (n,), or ``Σ_j y_jᵀA⁻¹y_j`` for ``y`` (n, q), for every matrix in ``A``.

    Parameters
    ----------
    lambda_min :
        A proved positive lower bound of the smallest eigenvalue of every matrix in ``A``, in its stored scale.

    Output
    ------
    Scaled to the represented matrix (the form has the factor ``2^-exponent``).

    Algorithm
    ---------
    Solve with a Cholesky factor and refine with accurate residuals (untrusted). Overwrites the factor in the tiles.

    Notes
    -----
    *Lemma.* ``A`` positive definite, ``r = y − Ax`` for any ``x``. Then ``yᵀA⁻¹y = xᵀy + xᵀr + rᵀA⁻¹r``: put ``A⁻¹y =
    x + A⁻¹r`` in ``yᵀA⁻¹y = yᵀx + yᵀA⁻¹r`` and ``yᵀA⁻¹r = xᵀr + rᵀA⁻¹r``. The last term lies in ``[0, ‖r‖²/λ_min]``:
    it is quadratic in the residual.

    For ``A = M + E``, ``|E| ≤ Δ``, ``r = r_M − Ex``: ``|xᵀEx| ≤ min(‖Δ‖‖x‖², max Δ ‖x‖₁²)``, ``‖r‖ ≤ ‖r_M‖ +
    ‖Δ‖‖x‖``. Both dot products are exact sums of `two_product` pairs, rounded once; ``r_M`` is known to
    `PairProduct`'s accuracy.

    Raises
    ------
    ValueError
        If ``y`` does not have n rows, is not finite, or ``lambda_min`` is not positive.
    """
    require_selftest()
    Y = np.ascontiguousarray(np.asarray(y, dtype=np.float64).reshape(len(y), -1))
    if len(Y) != A.n or not np.all(np.abs(Y) < 2.0**400) or not 0 < lambda_min < math.inf:
        raise ValueError(f"a finite y of {A.n} rows, below 2^400, and a positive bound of λ_min are needed")
    X = _solutions(A, Y, pool)
    low, high = [], []
    if not np.all(np.abs(X) < 2.0**400):
        return QuadraticForm(UNKNOWN, X)
    R = multiply_accurately(A, X, pool).minus(Y)  # −r_M
    for k in range(Y.shape[1]):
        x, residual = X[:, k], R.values[:, k]
        one, two = _norms(x)
        exact = np.concatenate([*two_product(x, Y[:, k]), *two_product(x, -residual)])
        spread = min(mul_up(A.norm_radius, two, two), mul_up(A.max_radius, one, one))
        error = add_up(spread, mul_up(two, float(R.error[k])), mul_up(4.0 * A.n, UNDERFLOW))
        norm = add_up(float(R.norms[k]), mul_up(A.norm_radius, two))
        low.append(sum_down([*exact, -error]))
        high.append(sum_up([*exact, error, div_up(mul_up(norm, norm), lambda_min)]))
    bottom, top = max(0.0, sum_down(low)), sum_up(high)  # the form is not negative
    if not math.isfinite(bottom + top):
        return QuadraticForm(UNKNOWN, X)
    return QuadraticForm(Enclosure.scaled(bottom, top, -A.exponent), X)


def _solutions(A: SymmetricEnclosure, Y: Floats, pool: Workers) -> Floats:
    """Approximate solutions of ``MX = Y``, refined while the residual shrinks; zero where no factor is found."""
    X = np.zeros_like(Y)
    shift = 0.0
    for _ in range(4):  # an untrusted factor of a slightly shifted matrix serves as well
        if factor_tiles(A.tiles, A.diagonal + shift, 1.0, np.float64, pool) is not None:
            break
        shift = max(100.0 * shift, 2.0**-50 * float(np.abs(A.diagonal).max()))
    else:
        return X
    residual, size = Y, math.inf
    inverse = Inverse(A.tiles, np.float64, pool)
    for _ in range(_REFINEMENTS):
        step = np.column_stack([inverse(column) for column in residual.T])
        if not np.all(np.abs(X + step) < 2.0**400):
            break
        left = -multiply_accurately(A, X + step, pool).minus(Y).values
        if not np.abs(left).max() < size:
            break
        X, residual, size = X + step, left, float(np.abs(left).max())
    return X


def _norms(x: Floats) -> tuple[float, float]:
    """Upper bounds of the 1-norm and the 2-norm."""
    slack = 1.0 + gamma(len(x) + 8)
    return float(np.abs(x).sum()) * slack, float(np.sqrt(np.square(x).sum())) * slack + len(x) * 2.0**-530


def _all_positive(spectrum: Eigenvalues) -> bool:
    return spectrum.count == len(spectrum.vectors) and bool(spectrum.lower[0] > 0)


def _log(x: float) -> flint.arb:
    return arb(x).log()


def _sum_of(function: Callable[[float], flint.arb], values: Floats) -> flint.arb:
    total = arb(0)
    for value in values.tolist():
        total += function(value)
    return total
