"""Definiteness of a ball matrix: block elimination in Arb, so every rounding is inside the balls."""

from __future__ import annotations

import flint

from certify.arithmetic.verdict import Verdict

_SMALL = 6


def definite(matrix: flint.arb_mat) -> Verdict:
    """Is every symmetric matrix in the balls positive definite?

    ``proved``: all are. ``refuted``: none is. ``undecided``: the balls are too wide for this elimination.

    Notes
    -----
    ``[[A, B], [Bᵀ, C]]`` is positive definite exactly if ``A`` and the Schur complement ``C − BᵀA⁻¹B`` are
    (Haynsworth 1968). Blocks of up to 6 rows are eliminated pivot by pivot (Sylvester's law of inertia).
    """
    n = matrix.nrows()
    if n <= _SMALL:
        return _by_pivots(matrix.tolist())
    rows, half = matrix.tolist(), n // 2
    corner = flint.arb_mat([row[:half] for row in rows[:half]])
    verdict = definite(corner)
    if verdict is not Verdict.PROVED:
        return verdict
    side = flint.arb_mat([row[half:] for row in rows[:half]])
    try:
        solved = corner.solve(side)
    except ZeroDivisionError:
        return Verdict.UNDECIDED
    rest = flint.arb_mat([row[half:] for row in rows[half:]])
    return definite(rest - side.transpose() * solved)


def log_determinant(matrix: flint.arb_mat) -> flint.arb:
    """``log det`` of a symmetric positive definite matrix, by the same blocks; not finite where the balls are too wide.

    ``det [[A, B], [Bᵀ, C]] = det A · det(C − BᵀA⁻¹B)``. Raises `ZeroDivisionError` likewise.
    """
    n = matrix.nrows()
    if n <= _SMALL:
        return matrix.det().log()
    rows, half = matrix.tolist(), n // 2
    corner = flint.arb_mat([row[:half] for row in rows[:half]])
    side = flint.arb_mat([row[half:] for row in rows[:half]])
    rest = flint.arb_mat([row[half:] for row in rows[half:]]) - side.transpose() * corner.solve(side)
    return log_determinant(corner) + log_determinant(rest)


def _by_pivots(rows: list[list[flint.arb]]) -> Verdict:
    n = len(rows)
    for k in range(n):
        pivot = rows[k][k]
        if pivot <= 0:
            return Verdict.REFUTED
        if not pivot > 0:
            return Verdict.UNDECIDED
        for i in range(k + 1, n):
            factor = rows[i][k] / pivot
            for j in range(k + 1, n):
                rows[i][j] = rows[i][j] - factor * rows[k][j]
    return Verdict.PROVED
