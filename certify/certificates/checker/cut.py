"""A cut of a symmetric matrix's spectrum: what lies above, what below, and how long a vector's part below is."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.definite import definite
from certify.certificates.checker.problem import BallProblem
from certify.certificates.checker.report import NotConfirmed, require

_BITS = 256


class Cut:
    """``λ_ℓ(K) > head > tail > λ_{ℓ+1}(K) ≥ 0`` for an ℓ that is found here. Raises `NotConfirmed` if it is not so.

    Notes
    -----
    Let the columns of ``V`` (ℓ of them) and ``U`` (n − ℓ) be any vectors; floats propose them, one step of Newton's
    method separates the two spans. ``VᵀKV − head·VᵀV`` definite: K has ℓ eigenvalues above ``head`` (Courant and
    Fischer; ``V`` has then full rank). ``tail·UᵀU − UᵀKU`` definite: n − ℓ are below ``tail``.

    With ``Q`` the projector on the latter's eigenvectors, B any symmetric matrix with ``λ_min(B) ≥ b > tail`` and
    ``R = KV − VB``: ``Z = QV`` solves ``KZ − ZB = QR``; for an eigenpair ``(μ, u)`` of B, ``(K − μ)Zu = QRu`` on the
    range of Q, so ``‖Zu‖ ≤ ‖Ru‖/(μ − tail)``, together ``‖Z‖_F ≤ ‖R‖_F/(b − tail)``. Hence for every a
    ``‖Qe‖ ≤ ‖e − Va‖ + ‖R‖_F ‖a‖/(b − tail)``.
    """

    def __init__(self, problem: BallProblem, head: Fraction, tail: Fraction) -> None:
        self._tail = arb(tail)
        self._K = problem.matrix(_BITS)
        vectors = np.linalg.eigh(problem.midpoints())[1]
        with precision(_BITS):
            columns = flint.arb_mat([[arb(x) for x in row] for row in vectors.tolist()])
            form = columns.transpose() * (self._K * columns)
            middle = arb((head + tail) / 2)
            above = [j for j in range(problem.n) if form[j, j] > middle]
            below = [j for j in range(problem.n) if j not in set(above)]
            self.index = len(above)
            require(bool(above), "no eigenvalue is above the cut")
            V, U = _columns(columns, above), _columns(columns, below)
            if below:
                V, U = _separated(form, V, U, above, below)
            self._V = V
            inside = V.transpose() * (self._K * V)
            _require(inside - V.transpose() * V * arb(head), "λ ≤ λ_ℓ(K) is not reached")
            if below:
                outside = U.transpose() * (self._K * U)
                _require(U.transpose() * U * arb(tail) - outside, "λ' ≥ λ_{ℓ+1}(K) is not reached")
            self._whole = not below
            self._B = (inside + inside.transpose()).mid() * arb(0.5)

    def below(self, e: list[flint.arb]) -> flint.arb:
        """An upper bound of ``‖Qe‖``. Raises `NotConfirmed`."""
        if self._whole:
            return arb(0)
        with precision(_BITS):
            V, B = self._V, self._B
            rows = B.tolist()
            least = rows[0][0]
            for i, row in enumerate(rows):
                least = least.min(row[i])
            off = _length([row[j] for i, row in enumerate(rows) for j in range(len(rows)) if i != j])
            gap = least - off - self._tail
            if not gap > 0:
                raise NotConfirmed("the head of the spectrum does not stand apart from its tail")
            column = flint.arb_mat([[x] for x in e])
            a = (V.transpose() * column).mid()
            rest, defect = column - V * a, self._K * V - V * B
            return _length(rest.entries()) + _length(defect.entries()) * _length(a.entries()) / gap


def _columns(matrix: flint.arb_mat, chosen: list[int]) -> flint.arb_mat:
    return flint.arb_mat([[row[j] for j in chosen] for row in matrix.tolist()])


def _separated(
    form: flint.arb_mat, V: flint.arb_mat, U: flint.arb_mat, above: list[int], below: list[int]
) -> tuple[flint.arb_mat, flint.arb_mat]:
    """Both spans nearer to invariance, V nearly orthonormal; proposals, so midpoints are taken."""
    turn = flint.arb_mat([[form[i, j] / (form[j, j] - form[i, i]) for j in above] for i in below])
    V, U = V + U * turn, U - V * turn.transpose()
    for _ in range(2):
        three = flint.arb_mat([[arb(3 if i == j else 0) for j in range(len(above))] for i in range(len(above))])
        V = (V * (three - V.transpose() * V) * arb(0.5)).mid()
    return V, U.mid()


def _require(matrix: flint.arb_mat, otherwise: str) -> None:
    require(definite(matrix) is Verdict.PROVED, otherwise)


def _length(entries: list[flint.arb]) -> flint.arb:
    return sum((x * x for x in entries), arb(0)).sqrt()
