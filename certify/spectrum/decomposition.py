"""All eigenvalues, in order, from an approximate eigendecomposition that nobody trusts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import add_up, div_up, gamma, mul_up, sum_up
from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers
from certify.spectrum.kato_temple import gap, isolated, rayleigh_quotients
from certify.spectrum.product import dense
from certify.spectrum.residual import Residual, eigen_residual, gram_defect

#: Beyond this many rows the dense eigenproblem is too slow and too large.
MAX_DENSE = 4000
#: Neighbours closer than this many error bounds belong to one cluster.
_SEPARATION = 8.0


@dataclass(frozen=True)
class Eigenvalues:
    """Enclosures of consecutive eigenvalues of every matrix in a `SymmetricEnclosure`, and what they rest on.

    Usually all n of them, else the k smallest or the k largest.

    Attributes
    ----------
    lower, upper : (k,)
        Both ascending; ``λ_i·2^exponent`` is the eigenvalue of the represented matrix.
    clusters :
        Consecutive indices, as slices, that a verified gap separates from the rest.
    vectors : (n, k)
        Approximate eigenvectors, ascending; untrusted.
    values : (k,)
        Approximate eigenvalues, ascending; untrusted.
    defect : float
        Upper bound of ``‖QᵀQ − I‖₂``, below ½.
    residual_norms : (k,)
        Upper bounds of ``‖Mq_i − values_i q_i‖`` for the midpoints.
    radius : float
        Upper bound of ``‖Δ‖₂``.
    below, above : float
        Eigenvalues that are not listed are all ``≤ below`` or all ``≥ above``; infinite where there are none.
    """

    lower: Floats
    upper: Floats
    exponent: int
    clusters: tuple[slice, ...]
    vectors: Floats
    values: Floats
    defect: float
    residual_norms: Floats
    radius: float
    below: float = -math.inf
    above: float = math.inf

    @property
    def count(self) -> int:
        """Number of eigenvalues listed."""
        return len(self.lower)

    def enclosure(self, index: int) -> Enclosure:
        """The one at ``index``, ascending from 0; negative indices count from the top."""
        low, high = float(self.lower[index]), float(self.upper[index])
        return Enclosure.scaled(
            low if math.isfinite(low) else None, high if math.isfinite(high) else None, self.exponent
        )

    def smallest(self, k: int) -> list[Enclosure]:
        """The ``k`` smallest, ascending."""
        return [self.enclosure(i) for i in range(min(k, self.count))]

    def largest(self, k: int) -> list[Enclosure]:
        """The ``k`` largest, descending."""
        return [self.enclosure(-1 - i) for i in range(min(k, self.count))]


def all_eigenvalues(A: SymmetricEnclosure, pool: Workers) -> Eigenvalues:
    """Enclose every eigenvalue of every matrix in ``A``; n ≤ `MAX_DENSE`.

    Output
    ------
    See `Eigenvalues`; an enclosure holds whatever LAPACK returned.

    Algorithm
    ---------
    1. ``eigh`` of the midpoints (untrusted). 2. `enclose_eigenvalues`.

    Raises
    ------
    ValueError
        If there are more than `MAX_DENSE` rows.
    ArithmeticRefused
        If this process's arithmetic fails the self-test.
    """
    require_selftest()
    if A.n > MAX_DENSE:
        raise ValueError(f"{A.n} rows are too many for a dense eigenproblem (at most {MAX_DENSE})")
    values, vectors = eigh(dense(A), driver="evd", overwrite_a=True, check_finite=False)
    return enclose_eigenvalues(A, values, np.ascontiguousarray(vectors), pool)


def enclose_eigenvalues(
    A: SymmetricEnclosure,
    values: Floats,
    vectors: Floats,
    pool: Workers,
    below: float = -math.inf,
    above: float = math.inf,
) -> Eigenvalues:
    """The enclosures that approximate pairs ``values (k,)``, ``vectors (n, k)`` prove.

    Parameters
    ----------
    below, above :
        With ``k < n``: the eigenvalues of the midpoints that are not sought are all ``≤ below`` or all ``≥ above``;
        the other one of the two is infinite.

    Algorithm
    ---------
    1. Residual to far beyond float64, and ``g``. 2. An interval for each eigenvalue, in order: Theorem 1 or, with
    ``k < n``, Theorem 2 for all k. 3. Where these are apart, clusters; each is enclosed again with the
    intervals of its neighbours as fences, by Kato and Temple's theorem (`isolated`) or Theorem 2.

    Notes
    -----
    ``Q`` has the columns ``q_i``, ``Λ = diag(values)`` ascending, ``R = MQ − QΛ``, ``‖QᵀQ − I‖ ≤ g < 1``.

    *Lemma 1 (separated halves).* ``B``, ``Λ`` symmetric, ``B ≥ β``, ``Λ ≤ α < β``. Then ``‖BZ − ZΛ‖ ≥ (β − α)‖Z‖``.
    Proof: for unit ``u, v`` with ``Zv = σu``, ``Zᵀu = σv``, ``σ = ‖Z‖``: ``uᵀ(BZ − ZΛ)v = σ(uᵀBu − vᵀΛv)``.

    *Theorem 1 (all eigenvalues; Cao, Xie and Li, 1996).* ``|λ_i − values_i| ≤ ε := ‖R‖/√(1 − g)`` for each ``i``.
    Proof: ``Q = UP`` with ``U`` orthogonal, ``P = (QᵀQ)^{1/2} ≥ √(1−g)``; ``B = UᵀMU`` has M's eigenvalues and ``BP −
    PΛ = UᵀR``. Suppose ``β = λ_i > α = values_i``. Let ``E`` project onto B's eigenvectors for ``λ_i, …, λ_{n−1}``
    (rank ≥ n − i), ``F`` onto ``e_0, …, e_i`` (rank i + 1). The ranks of ``E`` and of ``PF`` exceed n together, so
    some unit ``y = Fy`` has ``Py = EPy``, and ``‖EPF‖ ≥ ‖Py‖ ≥ √(1−g)``. With ``Z = EPF``, ``E(BP − PΛ)F = (EB)Z −
    Z(ΛF)`` and Lemma 1: ``‖R‖ ≥ (β−α)√(1−g)``. The other case is the same for ``−M``.

    *Theorem 2 (a cluster of k).* Let ``Q_C`` be the columns of consecutive indices ``C``, ``h`` half the spread of
    their values, all other eigenvalues ``≤ a`` or ``≥ b``; ``β = ‖R_C‖/√(1−g)``, ``η = β + 2gh/√(1−g)``. If
    ``values_C ± η`` is at a distance ``δ > 0`` from ``(−∞, a + β]`` and ``[b − β, ∞)``, and ``2β ≤ δ``, then ``|λ_j −
    values_j| ≤ η + 2β²/δ`` for each ``j ∈ C``. Proof: ``V = Q_C P⁻¹``, ``P = (Q_CᵀQ_C)^{1/2}``, is orthonormal;
    complete it by ``W``. In this basis ``M`` is ``[[H, Bᵀ], [B, X]]``. ``H = PΛP⁻¹ + VᵀR_C P⁻¹``, ``PΛP⁻¹ − Λ =
    [(P−I)(Λ−c) − (Λ−c)(P−I)]P⁻¹``, ``‖P − I‖ ≤ g``, so ``‖H − Λ‖ ≤ η``; and ``B = WᵀMV = WᵀR_C P⁻¹``, ``‖B‖ ≤ β``. By
    Weyl the eigenvalues of ``H`` and ``X``, merged, are within ``β`` of M's, in order; so exactly k of them may lie
    in ``(a+β, b−β)``, and H's do: X has none there. Let ``η_j`` be H's eigenvalues and ``t = 2β²/δ ≤ δ/2``. ``μ = η_j
    ± t`` has a distance ``≥ δ/2`` from X's, thus ``‖Bᵀ(X−μ)⁻¹B‖ ≤ t``, and the number of M's eigenvalues below ``μ``
    is X's number plus that of the negative eigenvalues of ``H − μ − Bᵀ(X−μ)⁻¹B`` [haynsworth1968], which are at most
    j for ``μ = η_j − t``; likewise from above. Hence ``|λ_j − η_j| ≤ t``.

    Everything is finally widened by ``‖Δ‖`` (Weyl). For an isolated eigenvalue of ``A = M + E``, ``|E| ≤ Δ``, the
    theorem is also applied to ``A`` itself: its Rayleigh quotient is off by ``qᵀEq/qᵀq`` (`_quotient_radii`), its
    residual by ``‖Δ‖``.

    Sources: Z. H. Cao, J. J. Xie, R. C. Li, Linear Algebra Appl. 237 (1996), 179-196; [haynsworth1968] E. V.
    Haynsworth, Linear Algebra Appl. 1, 73-81. Theorem 2 is in the manner of R. Mathias, SIAM J. Matrix Anal. Appl. 19
    (1998), 541-550.

    Raises
    ------
    ValueError
        If the vectors are so far from orthonormal that they prove nothing.
    """
    order = np.argsort(values, kind="stable")
    values, Q = np.asarray(values, dtype=np.float64)[order], vectors[:, order]
    defect = gram_defect(Q)
    if not (defect < 0.5 and np.isfinite(values).all()):
        raise ValueError(f"the approximate eigenvectors are not orthonormal (defect {defect})")
    R = eigen_residual(A, Q, values, pool)
    root = math.nextafter(math.sqrt(math.nextafter(1.0 - defect, 0.0)), 0.0)
    k = len(values)
    coarse = div_up(_norm(R), root) if k == A.n else _cluster_width(values, R.norms, defect, root, below, above)
    lower, upper = np.nextafter(values - coarse, -np.inf), np.nextafter(values + coarse, np.inf)
    clusters = _clusters(values, coarse)
    highs, lows = [below, *upper.tolist()], [*lower.tolist(), above]
    theta, half = rayleigh_quotients(Q, values, R)
    first, last = np.nextafter(theta - half, -np.inf), np.nextafter(theta + half, np.inf)
    for C in clusters:
        under, over = highs[C.start], lows[C.stop]
        if C.stop - C.start == 1:
            i = C.start
            norm = div_up(float(R.norms[i]), root)
            low, high = isolated((float(first[i]), float(last[i])), norm, under, over)
            lower[i], upper[i] = max(low, float(lower[i])), min(high, float(upper[i]))
        elif len(clusters) > 1:
            width = _cluster_width(values[C], R.norms[C], defect, root, under, over)
            lower[C] = np.maximum(lower[C], np.nextafter(values[C] - width, -np.inf))
            upper[C] = np.minimum(upper[C], np.nextafter(values[C] + width, np.inf))
    radius = A.norm_radius
    if radius:
        lower, upper = np.nextafter(lower - radius, -np.inf), np.nextafter(upper + radius, np.inf)
        below, above = math.nextafter(below + radius, math.inf), math.nextafter(above - radius, -math.inf)
        spread = _quotient_radii(A, Q)
        highs, lows = [below, *upper.tolist()], [*lower.tolist(), above]
        for i in (C.start for C in clusters if C.stop - C.start == 1):
            interval = (
                math.nextafter(float(first[i] - spread[i]), -math.inf),
                math.nextafter(float(last[i] + spread[i]), math.inf),
            )
            norm = add_up(div_up(float(R.norms[i]), root), radius)
            low, high = isolated(interval, norm, highs[i], lows[i + 1])
            lower[i], upper[i] = max(low, float(lower[i])), min(high, float(upper[i]))
    return Eigenvalues(
        np.maximum.accumulate(lower),
        np.minimum.accumulate(upper[::-1])[::-1],
        A.exponent,
        clusters,
        Q,
        values,
        defect,
        R.norms,
        radius,
        below,
        above,
    )


def _quotient_radii(A: SymmetricEnclosure, Q: Floats) -> Floats:
    """Upper bounds (k,) of ``|q|ᵀΔ|q|/qᵀq`` for the columns of ``Q (n, k)``.

    Notes
    -----
    ``2|q_i||q_j| ≤ q_i² + q_j²`` gives ``Σ q_i² (row sum i of Δ)``; the other bound is ``max Δ ‖q‖₁²``. The terms are
    not negative, so numerator and denominator err by ``γ_{n+4}`` each.
    """
    n = len(Q)
    square = np.square(Q)
    weighted = A.row_radius @ square
    uniform = A.max_radius * np.square(np.abs(Q).sum(axis=0))
    found = np.minimum(weighted, uniform) / square.sum(axis=0) * (1.0 + 4.0 * gamma(n + 8))
    return np.asarray(found + 2.0**-990)


def _norm(R: Residual) -> float:
    """Upper bound of ``‖R‖₂``: the Frobenius norm, or the root of the largest absolute row and column sums."""
    size = np.abs(R.values)
    n, k = size.shape
    frobenius = float(np.sqrt(np.square(R.norms).sum())) * (1.0 + gamma(k + 8)) + 2.0**-500
    mixed = math.sqrt(float(size.sum(axis=0).max()) * float(size.sum(axis=1).max())) * (1.0 + gamma(n + k + 8))
    error = float(np.sqrt(np.square(R.error).sum())) * (1.0 + gamma(k + 8)) + 2.0**-500
    return min(frobenius, add_up(mixed, error))


def _clusters(values: Floats, coarse: float) -> tuple[slice, ...]:
    breaks = np.flatnonzero(np.diff(values) > _SEPARATION * coarse) + 1
    starts = [0, *breaks.tolist()]
    return tuple(slice(a, b) for a, b in zip(starts, [*breaks.tolist(), len(values)], strict=True))


def _cluster_width(values: Floats, norms: Floats, defect: float, root: float, below: float, above: float) -> float:
    """Theorem 2's half width, or infinity where its conditions are not met."""
    norm = math.sqrt(sum_up((np.square(norms) * (1.0 + 2.0**-50)).tolist())) * (1.0 + 2.0**-50) + 2.0**-500
    beta = div_up(norm, root)
    spread = math.nextafter(float(values[-1] - values[0]), math.inf)
    commutator = div_up(mul_up(defect, spread), root)  # 2g·(spread/2)/√(1−g)
    eta = add_up(commutator, beta)
    distance = min(
        gap(math.nextafter(above - beta, -math.inf), math.nextafter(float(values[-1]) + eta, math.inf)),
        gap(math.nextafter(float(values[0]) - eta, -math.inf), math.nextafter(below + beta, math.inf)),
    )
    if not (distance > 0 and 4.0 * mul_up(beta, beta) <= math.nextafter(distance * distance, 0.0)):
        return math.inf
    return add_up(eta, div_up(2.0 * mul_up(beta, beta), distance))
