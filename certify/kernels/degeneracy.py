"""When the Gram matrix is exactly singular: its null space as far as coinciding directions give one."""

from __future__ import annotations

import flint
import numpy as np

from certify.arithmetic.exact import Floats
from certify.data.exact import integers
from certify.data.rays import Rays

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
