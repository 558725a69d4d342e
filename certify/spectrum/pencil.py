"""The smallest eigenvalue of ``H`` in another basis: ``H ⪰ sI`` exactly if ``GᵀHG ⪰ s GᵀG``.

Where two rows of a Gram matrix nearly coincide, the difference of their coordinates is tiny and drowned in
rounding. In a basis ``G`` that holds the differences themselves, scaled to size 1, ``B = GᵀHG`` is well
conditioned and the smallest eigenvalue of ``H`` is that of the pencil ``(B, GᵀG)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.linalg import LinearOperator, eigsh

from certify.arithmetic.balls import WORKING_BITS, arb, lower_float, precision, upper_float
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U, gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import INNER, ArrayTiles
from certify.arithmetic.workers import Workers
from certify.spectrum.bounds import lower_bound, quadratic_form
from certify.spectrum.cholesky import factor_tiles
from certify.spectrum.product import dense, multiply
from certify.spectrum.solve import Inverse

_ATTEMPTS = 8


@dataclass(frozen=True)
class Pencil:
    """``(B, GᵀWG)`` with sparse ``G`` and positive weights ``W``.

    Attributes
    ----------
    matrix :
        Encloses ``B = GᵀHG``.
    basis : (n, n) sparse
        ``G``, exact floats, at most two entries in a column, invertible: the pencil's eigenvalues are then those of
        ``W^{-1/2} H W^{-1/2}``.
    weights : (n,)
        ``W``, right to a relative ``weight_error``.
    """

    matrix: SymmetricEnclosure
    basis: csr_array
    weights: Floats
    weight_error: float


@dataclass(frozen=True)
class PencilBound:
    """``lower ≤ min_v vᵀBv/vᵀGᵀWGv ≤ upper``; ``vector`` gives the upper end, ``shift`` was factorised."""

    lower: float
    upper: float
    vector: Floats
    shift: float


def smallest_of_pencil(pencil: Pencil, pool: Workers) -> PencilBound | None:
    """Enclose the smallest eigenvalue of a pencil with positive definite ``B``; None where that is not seen.

    Notes
    -----
    *Lower end.* ``B − s GᵀWG`` is formed entrywise, its rounding put into the radii; if its smallest eigenvalue is at
    least 0, by `lower_bound`, then ``vᵀBv ≥ s vᵀGᵀWGv`` for every ``v``. *Upper end.* Any ``v``: ``vᵀBv`` by
    `quadratic_form`, ``Σ w_i (Gv)_i²`` in Arb.
    """
    B = pencil.matrix
    metric = (pencil.basis.T @ pencil.basis.multiply(pencil.weights[:, None])).tocoo()
    metric.sum_duplicates()
    vector = _estimate(B, metric, pool)
    if vector is None:
        return None
    form = quadratic_form(B, vector, pool)
    with precision(WORKING_BITS):
        length = _weighted_length(pencil, vector)
        upper = upper_float(arb(form[1]) / (length * (1 - arb(pencil.weight_error))))
        estimate = max(0.0, lower_float(arb(form[0]) / (length * (1 + arb(pencil.weight_error)))))
    loss = gamma(INNER + B.n) * float(B.diagonal.sum()) + 2.0 * B.norm_radius
    share = min(0.1, max(1e-12, 4.0 * loss * float(vector @ vector) / max(form[1], 1e-300)))
    for _ in range(_ATTEMPTS):
        shift = estimate * (1.0 - share)
        shifted = _shifted(pencil, metric, shift)
        found = lower_bound(shifted, 1.5 * loss, pool)
        if found is not None and found.bound >= 0.0:
            return PencilBound(shift, upper, vector, shift)
        share *= 4.0
        if share >= 1.0:
            break
    return None


def _estimate(B: SymmetricEnclosure, metric: coo_array, pool: Workers) -> Floats | None:
    """Approximate bottom eigenvector of the pencil (untrusted): top of ``GᵀWG`` against ``B``, by Lanczos."""
    if factor_tiles(B.tiles, B.diagonal, 1.0, np.float64, pool) is None:
        return None
    n = B.n
    sparse = metric.tocsr()
    if n == 1:
        return np.ones(1)
    start = np.random.default_rng(0).standard_normal(n)
    inverse = Inverse(B.tiles, np.float64, pool)

    def operator(apply: Callable[[Floats], Floats]) -> LinearOperator:
        """Ends the search at numbers beyond floats, before LAPACK complains of them on the terminal."""

        def checked(v: Floats) -> Floats:
            with np.errstate(all="ignore"):
                product = apply(np.ravel(v))
            if not np.isfinite(product).all():
                raise ValueError("a product is not finite")
            return product

        return LinearOperator((n, n), matvec=checked, dtype=np.float64)

    try:
        _, vectors = eigsh(
            operator(lambda v: sparse @ v),
            k=1,
            M=operator(lambda v: multiply(B, v, pool)),
            Minv=operator(inverse),
            which="LA",
            v0=start,
            tol=1e-13,
        )
    except (RuntimeError, ValueError):
        return None
    vector: Floats = vectors[:, 0] / np.abs(vectors[:, 0]).max()
    return vector if np.isfinite(vector).all() else None


def _weighted_length(pencil: Pencil, vector: Floats) -> Any:
    """``Σ w_i (Gv)_i²`` as a ball, with the given weights."""
    G = pencil.basis
    total = arb(0)
    for i in range(G.shape[0]):
        span = slice(G.indptr[i], G.indptr[i + 1])
        row = sum(
            (arb(float(g)) * arb(float(vector[k])) for g, k in zip(G.data[span], G.indices[span], strict=True)), arb(0)
        )
        total += arb(float(pencil.weights[i])) * row * row
    return total


def _shifted(pencil: Pencil, metric: coo_array, shift: float) -> SymmetricEnclosure:
    """``B − shift·GᵀWG`` with every rounding in the radii.

    An entry of ``M = GᵀWG`` is a sum of at most two triple products, each right to a relative
    ``weight_error + γ_4``; the sum of their moduli is at most ``√(M_ii M_jj)``.
    """
    B = pencil.matrix
    full = dense(B)
    rows, columns, values = metric.row, metric.col, metric.data
    before = full[rows, columns]
    full[rows, columns] = before - shift * values
    diagonal = metric.diagonal()
    size = np.sqrt(diagonal[rows] * diagonal[columns])
    error = shift * size * (pencil.weight_error + gamma(16) + 2.0 * U) * 1.01 + 2.0 * U * np.abs(full[rows, columns])
    radius = np.zeros(B.n)
    np.add.at(radius, rows, error)
    largest = B.max_radius + float(error.max(initial=0.0))
    full = np.triu(full) + np.triu(full, 1).T
    return SymmetricEnclosure(
        ArrayTiles(full), np.diagonal(full).copy(), (B.row_radius + radius * 1.01) * (1 + 4 * U), largest * (1 + 4 * U)
    )
