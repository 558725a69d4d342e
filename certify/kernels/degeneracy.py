"""When the Gram matrix is exactly singular: its null space as far as coinciding directions give one."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np

from certify.arithmetic.exact import Floats
from certify.data.exact import integers
from certify.data.rays import Rays, ratio

_PRIME = 2**61 - 1


def relu_null_dimension(X: Floats, rays: Rays) -> int:
    """``dim ker K∞`` for ReLU without bias, exactly.

    ``(n − number of distinct rays) + number of lines of which both rays occur − rank of the directions of
    those lines``: the kernel-dimension theorem, proved in ``proofs/kernel-dimension.md``. Lengths of rows do
    not matter, since ``K∞ = D H∞ D`` with ``D = diag |x_i|``.

    Parameters
    ----------
    X : (n, d)
    rays :
        `find_rays(X)`.
    """
    repeated = len(rays.first) - len(rays.representatives)
    directions = [ray[0] for ray, _ in rays.antiparallel]
    return repeated + len(directions) - exact_rank(X[directions])


def odd_null_dimension(X: Floats, rays: Rays, normalized: bool) -> int:
    """Null vectors that coinciding rows give for an odd activation: ``n`` less the number of rows up to sign.

    ``F(−x) = −F(x)``, so rows ``x_i = ±x_j`` have the same or opposite gradients; unit rows coincide up to
    sign when they lie on one line. A lower bound of ``dim ker K∞``.
    """
    if normalized:
        return len(rays.first) - (len(rays.representatives) - len(rays.antiparallel))
    leading = X[np.arange(len(X)), (X != 0).argmax(axis=1)]
    return len(X) - len(np.unique(X * np.sign(leading)[:, None] + 0.0, axis=0))


def equal_null_dimension(X: Floats, rays: Rays, normalized: bool) -> int:
    """Null vectors that equal rows give, whatever the activation (unit rows are equal when they lie on one ray)."""
    if normalized:
        return len(rays.first) - len(rays.representatives)
    return len(X) - len(np.unique(X + 0.0, axis=0))


def complementary_null_dimension(X: Floats, rays: Rays, normalized: bool) -> int:
    """``dim ker K∞`` where ``φ'(z) + φ'(−z)`` is a constant other than 0 and φ no polynomial.

    ``(n − number of distinct rows) + (number of pairs ±x of which both occur) − rank of those x``: section 2 of
    ``proofs/kernel-dimension.md``. Of rows as they are lengths matter: x and −2x are no pair, and x and 2x are
    different rows; for unit rows the rays take the rows' place. A lower bound for a polynomial.
    """
    pairs = opposite_rows(X, rays, normalized)
    return equal_null_dimension(X, rays, normalized) + len(pairs) - exact_rank(X[[i for i, _ in pairs]])


def opposite_rows(X: Floats, rays: Rays, normalized: bool) -> list[tuple[int, int]]:
    """Rows ``(i, j)``, ``x_j = −x_i``: one pair for every distinct row up to sign whose opposite occurs too.

    With ``normalized`` the unit rows are meant.
    """
    if normalized:
        return [(one[0], other[0]) for one, other in rays.antiparallel]
    pairs = []
    for one, other in rays.antiparallel:
        opposite: dict[Fraction, int] = {}
        for j in other:
            opposite.setdefault(-ratio(X, one[0], j), j)
        for i in one:
            multiple = ratio(X, one[0], i)
            if multiple in opposite:
                pairs.append((i, opposite.pop(multiple)))
    return pairs


def exact_rank(rows: Floats) -> int:
    """Rank over the rationals of float rows (k, d), each non-zero.

    A rank modulo a prime bounds it from below; when that is full, it is the answer. Otherwise FLINT's
    exact elimination over the integers decides.
    """
    if len(rows) == 0:
        return 0
    matrix = [integers(row)[0] for row in rows]
    modular = flint.nmod_mat(len(matrix), len(matrix[0]), [v % _PRIME for row in matrix for v in row], _PRIME).rank()
    if modular == min(rows.shape):
        return int(modular)
    return int(flint.fmpz_mat(matrix).rank())
