"""Single entries from the exact data in Arb, where float intervals would be too wide."""

from __future__ import annotations

import flint
import numpy as np

from certify.arithmetic.balls import WORKING_BITS, arb, precision, upper_float
from certify.arithmetic.exact import Floats
from certify.kernels.base import EntryFunction
from certify.kernels.rows import UnitRows


def exact_entries(X: Floats, rows: UnitRows, function: EntryFunction, pairs: np.ndarray) -> tuple[Floats, Floats]:
    """Midpoints and radii of ``function`` at the index pairs (k, 2), in the scaling of `build_gram`.

    To be called from the main thread (Arb's precision belongs to the process). Radii are about one unit
    roundoff of the entry, however close the rows are.
    """
    middle, radius = np.empty(len(pairs)), np.empty(len(pairs))
    with precision(WORKING_BITS):
        vectors = {int(k): flint.arb_mat([[arb(float(v)) for v in X[k]]]) for k in np.unique(pairs)}
        columns = {k: v.transpose() for k, v in vectors.items()}
        squares = {k: (vectors[k] * columns[k])[0, 0] for k in vectors}
        one = arb(1)
        scale = arb(2) ** (-function.degree * rows.exponent)
        for place, (i, j) in enumerate(pairs.tolist()):
            dot = (vectors[i] * columns[j])[0, 0]
            if rows.normalized:
                value = function.entry(dot / (squares[i] * squares[j]).sqrt(), one, one)
            else:
                value = function.entry(dot, squares[i], squares[j]) * scale
            middle[place] = float(value.mid())
            radius[place] = upper_float(abs(value - arb(float(middle[place]))))
    return middle, radius


def ball_gram(X: Floats, normalized: bool, function: EntryFunction) -> flint.arb_mat:
    """The whole matrix of ``function`` (unscaled) as balls, from the exact data, at the working precision."""
    n = len(X)
    data = flint.arb_mat([[arb(float(v)) for v in row] for row in X])
    gram = (data * data.transpose()).tolist()
    one = arb(1)
    roots = [gram[i][i].sqrt() for i in range(n)] if normalized else []
    table: list[list[flint.arb]] = [[one] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            if normalized:
                dot = one if i == j else gram[i][j] / (roots[i] * roots[j])
                table[i][j] = table[j][i] = function.entry(dot, one, one)
            else:
                table[i][j] = table[j][i] = function.entry(gram[i][j], gram[i][i], gram[j][j])
    return flint.arb_mat(table)


def exact_squares(X: Floats) -> list[flint.arb]:
    """``|x_i|²`` as balls, (n,), at the working precision."""
    columns = (flint.arb_mat([[arb(v)] for v in row]) for row in X.tolist())
    return [(column.transpose() * column)[0, 0] for column in columns]
