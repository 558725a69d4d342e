"""Eigenspaces: how far are approximate ones from the exact ones, and what does that say of a vector?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import add_up, div_up, gamma, mul_up, sum_up
from certify.spectrum.decomposition import Eigenvalues


@dataclass(frozen=True)
class Eigenspace:
    """The span of the exact eigenvectors for consecutive indices, of every matrix in an enclosure.

    Attributes
    ----------
    indices :
        Which eigenvalues, ascending from 0.
    basis : (n, k)
        Columns whose span approximates it; not exactly orthonormal.
    sine : float
        Upper bound of ``‖sin Θ‖₂``, the sine of the largest angle between the two spans; 1 where nothing is known.
    defect : float
        Upper bound of ``‖basisᵀ basis − I‖₂``.
    """

    indices: slice
    basis: Floats
    sine: float
    defect: float


def eigenspace(spectrum: Eigenvalues, indices: slice) -> Eigenspace:
    """Bound the angle between the span of the approximate eigenvectors ``indices`` and the exact eigenspace.

    Output
    ------
    An `Eigenspace`; its ``sine`` is below 1 only where a verified gap separates ``indices`` from the other eigenvalues.

    Notes
    -----
    *Theorem ([davis1970], sin Θ).* ``A`` symmetric with spectral projector ``𝒫`` for ``indices``, other eigenvalues
    outside ``(c − ρ − δ, c + ρ + δ)``, values ``Λ`` of the columns ``Q`` in ``[c − ρ, c + ρ]``. Then ``‖(I − 𝒫)Q‖ ≤
    ‖AQ − QΛ‖/δ``. Proof: with ``Z = (I − 𝒫)Q``, ``(I − 𝒫)(AQ − QΛ) = (A − c)Z − Z(Λ − c)``, and the two terms are at
    least ``(ρ + δ)‖Z‖`` and at most ``ρ‖Z‖``.

    For ``A = M + E``, ``|E| ≤ Δ``: ``‖AQ − QΛ‖ ≤ ‖R‖ + ‖Δ‖‖Q‖``, ``‖Q‖ ≤ √(1+g)``; an orthonormal basis of the span is
    ``Q(QᵀQ)^{-1/2}``, so ``‖sin Θ‖ ≤ ‖Z‖/√(1−g)``. Both spans have the dimension ``k`` by the count of eigenvalues.
    [davis1970] C. Davis, W. M. Kahan, SIAM J. Numer. Anal. 7, 1-46.

    Raises
    ------
    ValueError
        If ``indices`` are empty or not consecutive.
    """
    start, stop, step = indices.indices(spectrum.count)
    if step != 1 or stop <= start:
        raise ValueError(f"{indices} are not consecutive eigenvalues")
    own, g = slice(start, stop), spectrum.defect
    basis, values = spectrum.vectors[:, own], spectrum.values[own]
    below = float(spectrum.upper[start - 1]) if start else spectrum.below
    above = float(spectrum.lower[stop]) if stop < spectrum.count else spectrum.above
    low, high = float(values[0]), float(values[-1])
    gap = min(low - below, above - high)
    gap = gap if math.isinf(gap) else math.nextafter(gap, -math.inf)
    norm = math.nextafter(
        math.sqrt(sum_up((np.square(spectrum.residual_norms[own]) * (1 + 2.0**-50)).tolist())), math.inf
    )
    norm = add_up(norm, 2.0**-500, mul_up(spectrum.radius, math.sqrt(1.0 + g) * (1.0 + 2.0**-50)))
    root = math.sqrt(math.nextafter(1.0 - g, 0.0)) * (1.0 - 2.0**-50)
    sine = 0.0 if stop - start == len(spectrum.vectors) else 1.0
    if 0.0 < gap < math.inf:
        sine = min(1.0, div_up(div_up(norm, gap), root))
    return Eigenspace(own, basis, sine, g)


def projection_norm(space: Eigenspace, e: Floats) -> tuple[float, float]:
    """Bounds of ``‖𝒫e‖`` for the exact spectral projector ``𝒫`` and ``e`` (n,), or the Frobenius norm for ``e`` (n, q).

    Notes
    -----
    For projectors of equal rank ``‖𝒫 − 𝒫̂‖ = ‖sin Θ‖`` (at most 1), so ``‖𝒫e‖`` differs from ``‖𝒫̂e‖`` by at most
    ``‖sin Θ‖‖e‖``. ``‖𝒫̂e‖² = cᵀ(QᵀQ)⁻¹c``, ``c = Qᵀe``: within ``[1/(1+g), 1/(1−g)]`` of ``‖c‖²``. The dot products
    err by ``γ_n‖q‖‖e‖`` each, ``√k γ_n √(1+g)‖e‖`` in all.

    Raises
    ------
    ValueError
        If ``e`` does not have n rows or is not finite and below 2^400.
    """
    columns = np.asarray(e, dtype=np.float64).reshape(len(e), -1)
    n, k = space.basis.shape
    if len(columns) != n or not np.all(np.abs(columns) < 2.0**400):
        raise ValueError(f"a finite vector of {n} rows, below 2^400, is needed")
    length = _frobenius(columns)
    c = space.basis.T @ columns
    size = math.sqrt(float(np.square(c).sum()))
    slack = gamma(c.size + 8)
    error = mul_up(gamma(n + 8), math.sqrt(k * (1.0 + space.defect)) * (1.0 + 2.0**-50), length)
    low = max(0.0, size * (1.0 - slack) - error) / math.sqrt(1.0 + space.defect) * (1.0 - 2.0**-50)
    high = add_up(size * (1.0 + slack), error, 2.0**-500) / math.sqrt(1.0 - space.defect) * (1.0 + 2.0**-50)
    turn = mul_up(space.sine, length)
    return max(0.0, math.nextafter(low - turn, -math.inf) - 2.0**-500), min(add_up(high, turn), length)


def projection_norms(spectrum: Eigenvalues, e: Floats) -> list[tuple[slice, float, float]]:
    """``(indices, lower, upper)`` of ``‖𝒫e‖`` for each cluster of ``spectrum``, ascending."""
    found = []
    for cluster in spectrum.clusters:
        found.append((cluster, *projection_norm(eigenspace(spectrum, cluster), e)))
    return found


def _frobenius(X: Floats) -> float:
    """Upper bound of the Frobenius norm."""
    return math.sqrt(float(np.square(X).sum())) * (1.0 + gamma(X.size + 8)) + math.sqrt(float(X.size)) * 2.0**-530
