"""A vector that the kernel's matrix annihilates, exactly: coefficients that are rational whatever the rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Any

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.exact import Floats
from certify.data.exact import integers
from certify.data.rays import Rays, ratio
from certify.kernels.base import Kernel
from certify.kernels.degeneracy import exact_rank, opposite_rows
from certify.kernels.hermite import HermiteKernel
from certify.kernels.mixture import MixtureKernel
from certify.kernels.relu import ReluKernel
from certify.kernels.scaled import LeakyReluKernel
from certify.symbolic.complement import slopes_add_up

#: Dependent lines are looked for among so many; elimination over the rationals takes the cube of their number.
MOST_LINES = 60


@dataclass(frozen=True)
class NullVector:
    """``Σ_k a_k φ'(w·x_{i_k}) x_{i_k} = 0`` for almost every ``w``; so ``K∞ v = 0`` for the ``v`` with these entries.

    Attributes
    ----------
    rows :
        The ``i_k``, from 0; elsewhere ``v`` is 0.
    coefficients :
        The ``a_k``.
    times_length :
        The rows are normalised, and the entries of ``v`` are ``a_k |x_{i_k}|`` with the lengths they had before.
    """

    rows: tuple[int, ...]
    coefficients: tuple[Fraction, ...]
    times_length: bool = False

    def to_json(self) -> dict[str, Any]:
        """Fractions as text, ``"2/3"``."""
        return {
            "rows": list(self.rows),
            "coefficients": [str(a) for a in self.coefficients],
            "times_length": self.times_length,
        }

    def __str__(self) -> str:
        """``2·e0 − 1·e3``, with the unit vectors of the rows."""
        scale = "|x{0}|·e{0}" if self.times_length else "e{0}"
        terms = (f"{a}·" + scale.format(i) for i, a in zip(self.rows, self.coefficients, strict=True))
        return " + ".join(terms).replace("+ -", "− ")


def null_vector(X: Floats, rays: Rays, kernel: Kernel, normalized: bool) -> NullVector | None:
    """One null vector of the kernel's matrix, where coinciding directions give one.

    Parameters
    ----------
    X : (n, d)
        The rows, before normalisation.
    rays :
        `find_rays(X)`.

    Returns
    -------
    NullVector, or None if there is none, or only one that involves more than `MOST_LINES` lines.

    Notes
    -----
    Equal rows have equal gradients. Rows of one ray have ``φ'(w·cx)cx = cφ'(w·x)x`` if ``φ'`` depends on the sign
    alone. Opposite rows have opposite gradients if ``φ`` is odd and equal ones if it is even: which, the sign of the
    entry tells. For the rectifiers there are also dependent lines of which both rays occur, and dependent rows with
    their opposites where ``φ'(z) + φ'(−z)`` is a constant: ``proofs/kernel-dimension.md``.
    """
    equal = rays.parallel if normalized else rays.identical
    if equal:
        return NullVector(equal[0][:2], (Fraction(1), Fraction(-1)))
    if isinstance(kernel, ReluKernel | LeakyReluKernel):
        if rays.parallel:
            i, j = rays.parallel[0][:2]
            return NullVector((i, j), (ratio(X, i, j), Fraction(-1)))
        return _dependent_lines(X, [(one[0], other[0]) for one, other in rays.antiparallel], normalized)
    pairs = opposite_rows(X, rays, normalized)
    if isinstance(kernel, HermiteKernel | MixtureKernel) and slopes_add_up(kernel.activation):
        return _dependent_lines(X, pairs, normalized)
    for i, j in pairs[:1]:
        with precision(128):
            same = kernel.entry(arb(-1), arb(1), arb(1)) > 0
        null = kernel.null_dimension(X[[i, j]], Rays((0, 1), (), (), (((0,), (1,)),)), normalized)
        return NullVector((i, j), (Fraction(1), Fraction(-1 if same else 1))) if null else None
    return None


def _dependent_lines(X: Floats, pairs: list[tuple[int, int]], normalized: bool) -> NullVector | None:
    """A relation ``Σ t_k x_k = 0`` among the first rows of the pairs, as a null vector."""
    count = next((k for k in range(1, min(len(pairs), MOST_LINES) + 1) if _dependent(X, pairs[:k])), None)
    if count is None:
        return None
    scaled = [integers(X[i]) for i, _ in pairs[:count]]
    basis, nullity = flint.fmpz_mat(
        [list(column) for column in zip(*(row for row, _ in scaled), strict=True)]
    ).nullspace()
    if not nullity:
        return None
    # Σ t_k x_k = 0 with x_k = (integers) · 2^power
    t = [Fraction(int(basis[k, 0])) / Fraction(2) ** power for k, (_, power) in enumerate(scaled)]
    t = _smallest_multiple(t)
    rows, coefficients = [], []
    for (i, j), weight in zip(pairs, t, strict=False):
        if weight:
            rows += [i, j]
            coefficients += [weight, weight / ratio(X, i, j)]  # x_j = −s x_i: a_i = weight, a_j = −weight/s
    return NullVector(tuple(rows), tuple(coefficients), times_length=normalized)


def _dependent(X: Floats, pairs: Sequence[tuple[int, int]]) -> bool:
    return exact_rank(X[[i for i, _ in pairs]]) < len(pairs)


def _smallest_multiple(values: list[Fraction]) -> list[Fraction]:
    common = gcd(*(v.numerator for v in values if v))
    return [v / common for v in values]
