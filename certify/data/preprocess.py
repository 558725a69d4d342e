"""Preprocessing whose result is defined by real numbers, each rounded once: the same bits everywhere.

Every entry is the float64 nearest (ties to even) to an exact real function of the float64 input:

``standardize``
    entry (i, j) is ``(x_ij − μ_j) / σ_j`` with the exact mean ``μ_j`` and the exact population
    standard deviation ``σ_j = √(Σ_i (x_ij − μ_j)² / n)`` of column j; a constant column becomes 0.
``bias``
    a last column of ones; nothing is rounded.
``unit``
    entry (i, j) is ``x_ij / |x_i|`` with the exact Euclidean norm of row i. Rows on one ray
    become identical.

The steps are applied from left to right; each starts from the float64 result of the former.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isqrt

import numpy as np

from certify.data.exact import Float64Array, integers, place
from certify.errors import InputError

# Leading bits of the root: an entry is undecided after the first try with probability about 2^-70.
_ROOT_BITS = 128


def preprocess(X: Float64Array, steps: Sequence[str], where: str = "array") -> Float64Array:
    """Apply ``steps`` to ``X (n, d)``.

    Raises
    ------
    InputError
        For an unknown step; for a row that is all zero before ``unit`` or in the result.
    """
    require_steps(steps)
    for step in steps:
        X = STEPS[step](X, where)
    if steps:
        _require_rows(X, where, f"after --preprocess {','.join(steps)}")
    return X


def require_steps(steps: Sequence[str]) -> None:
    """Raise `InputError` when a step has no definition."""
    for step in steps:
        if step not in STEPS:
            raise InputError(f"unknown step {step!r}", "--preprocess", f"choose from {', '.join(STEPS)}")


def over_root(numerators: Sequence[int], radicand: int) -> list[float]:
    """``b / √radicand`` for each integer b, rounded once to the nearest float64; ``radicand > 0``.

    With ``N = ⌊√(radicand · 4^t)⌋`` the exact value lies between ``b·2^t / (N+1)`` and ``b·2^t / N``.
    Python divides integers with correct rounding and rounding is monotone, so where both ends round
    to the same float, that float is the answer; otherwise t is doubled. This ends, because an
    irrational root never puts the value on a boundary between two floats; a rational root is an integer.
    """
    root = isqrt(radicand)
    if root * root == radicand:
        return [b / root for b in numerators]
    bits = max(1, _ROOT_BITS - radicand.bit_length() // 2)
    below = isqrt(radicand << (2 * bits))
    above = below + 1
    result = []
    for b in numerators:
        far, near = (b << bits) / above, (b << bits) / below
        result.append(near if far == near else _over_root_slowly(b, radicand, 2 * bits))
    return result


def _over_root_slowly(numerator: int, radicand: int, bits: int) -> float:
    while True:
        below = isqrt(radicand << (2 * bits))
        far, near = (numerator << bits) / (below + 1), (numerator << bits) / below
        if far == near:
            return near
        bits *= 2


def _standardize(X: Float64Array, where: str) -> Float64Array:
    n = X.shape[0]
    result = np.zeros_like(X)
    for j in range(X.shape[1]):
        column, _ = integers(X[:, j])
        total = sum(column)
        # n²σ² = nΣa² − (Σa)² and n(a − μ) = na − Σa: the common power of two and n cancel.
        spread = n * sum(a * a for a in column) - total * total
        if spread:
            result[:, j] = over_root([n * a - total for a in column], spread)
    return result


def _bias(X: Float64Array, where: str) -> Float64Array:
    return np.hstack([X, np.ones((X.shape[0], 1))])


def _unit(X: Float64Array, where: str) -> Float64Array:
    _require_rows(X, where, "before the step 'unit'")
    return unit_rows(X)


def unit_rows(X: Float64Array) -> Float64Array:
    """Each row divided by its exact norm, each entry rounded once; no row may be all zero."""
    result = np.empty_like(X)
    for i, row in enumerate(X):
        entries, _ = integers(row)
        result[i] = over_root(entries, sum(a * a for a in entries))
    return result


def _require_rows(X: Float64Array, where: str, when: str) -> None:
    zero = ~(X != 0).any(axis=1)
    if zero.any():
        row = int(np.argmax(zero))
        remedy = "remove the row or add the step 'bias'"
        raise InputError(f"the row is all zero {when}", place(where, row), remedy)


STEPS: dict[str, Callable[[Float64Array, str], Float64Array]] = {
    "standardize": _standardize,
    "bias": _bias,
    "unit": _unit,
}
