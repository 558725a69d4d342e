"""Matrices whose rows are known up to an error of bounded Euclidean norm, and verified norms."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U, gamma
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers
from certify.networks.kernel import Gram
from certify.networks.scale import upward
from certify.networks.two_layer import norm_up
from certify.spectrum.extremes import largest

#: Enlarges a short expression in non-negative floats beyond its rounding errors.
ROUND = 1.0 + 2.0**-40


@dataclass(frozen=True)
class Rows:
    """A matrix (n, k) whose every row is known up to an error of Euclidean norm ``error`` (n,)."""

    middle: Floats
    error: Floats

    @classmethod
    def exact(cls, middle: Floats) -> Rows:
        """Known exactly."""
        return cls(middle, np.zeros(len(middle)))

    def lengths(self) -> Floats:
        """Upper bounds of the rows' true norms (n,)."""
        total: Floats = row_norms(self.middle) * ROUND + self.error
        return total

    def plus(self, other: Rows) -> Rows:
        """The sum, rounded once."""
        middle = self.middle + other.middle
        return Rows(middle, (self.error + other.error + U * row_norms(middle)) * ROUND)

    def repeated(self, times: int) -> Rows:
        """Every row ``times`` times."""
        if times == 1:
            return self
        return Rows(np.repeat(self.middle, times, axis=0), np.repeat(self.error, times))

    @property
    def largest_error(self) -> float:
        """The largest error of a row."""
        return float(self.error.max(initial=0.0))


def row_norms(array: Floats) -> Floats:
    """Upper bounds of the rows' Euclidean norms (n,)."""
    squares = np.einsum("ij,ij->i", array, array)
    k = array.shape[1]
    lengths: Floats = np.sqrt(squares * (1.0 + gamma(k + 8)) + k * 2.0**-1020) * ROUND
    return lengths


def spectral_norm(matrix: Floats, pool: Workers, error: float = 0.0) -> float:
    """Upper bound of ``‖A‖₂`` for every A with rows within ``error`` of ``matrix``'s.

    The largest eigenvalue of the smaller Gram matrix, or the Frobenius norm; and ``error·√n`` for the rows' errors.
    """
    rows = np.ascontiguousarray(matrix if len(matrix) <= matrix.shape[1] else matrix.T)
    gram = Gram(rows, 0.0)
    top = largest(SymmetricEnclosure.from_matrix(gram.middle, gram.radius), pool).enclosure.upper
    frobenius = norm_up(matrix)
    found = frobenius if top is None else min(frobenius, upward(math.sqrt(max(0.0, float(top)))))
    return found if error == 0.0 else upward(found + error * math.sqrt(len(matrix)))
