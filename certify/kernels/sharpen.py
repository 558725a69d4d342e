"""The smallest eigenvalue to the last digit a float has: one vector, and the kernel's entries in ball arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.kernels.base import EntryFunction
from certify.kernels.erf import ErfKernel
from certify.kernels.relu import ReluKernel
from certify.kernels.scaled import LeakyReluKernel, ScaledErfKernel, WaveKernel
from certify.spectrum.extremes import Extreme

#: Largest matrices whose entries are all evaluated in balls: 8 million in a minute; fewer where an entry is a series.
MOST_ROWS, MOST_ROWS_OF_SERIES = 4_000, 600
_CLOSED_FORMS = (ReluKernel, LeakyReluKernel, ErfKernel, ScaledErfKernel, WaveKernel)
_BITS = 128
_BLOCK = 64

Progress = Callable[[str, int, int], None]


def sharpen(
    X: Floats, function: EntryFunction, normalized: bool, extreme: Extreme, progress: Progress | None = None
) -> Extreme | None:
    """``λ_min`` again, without the rounding errors of the matrix's entries.

    Parameters
    ----------
    X : (n, d)
        The exact data.
    extreme :
        From `certify.spectrum.partial.refine_smallest`: its vector, and in ``parts`` the lower bound ``second`` of the
        midpoints' second smallest eigenvalue, and ``radius``, which bounds their distance from the matrix.

    Returns
    -------
    Extreme, or None without such a bound, with more rows than `MOST_ROWS`, or where nothing is gained.

    Notes
    -----
    With the exact floats ``v``, the balls ``y ∋ Kv``, ``θ = vᵀy/vᵀv`` and ``r² = |y − θv|²/vᵀv``, the theorem in
    `certify.spectrum.kato_temple.isolated` gives ``θ − r²/(s − θ) ≤ λ_min ≤ θ`` if ``θ < s``, for ``s = second −
    radius``, by Weyl a lower bound of the exact matrix's second eigenvalue. Floats enter through ``s`` alone.
    """
    most = MOST_ROWS if isinstance(function, _CLOSED_FORMS) else MOST_ROWS_OF_SERIES
    if "second" not in extreme.parts or len(X) > most:
        return None
    with precision(_BITS):
        v = [arb(x) for x in extreme.vector.tolist()]
        y = _product(X, function, normalized, v, progress)
        square = _dot(v, v)
        theta = _dot(v, y) / square
        rest = [b - theta * a for a, b in zip(v, y, strict=True)]
        second = arb(extreme.parts["second"]) - arb(extreme.parts["radius"])
        gap = second * arb(2) ** extreme.exponent - theta
        if not gap > 0:
            return None
        found = Enclosure.from_ends(theta - _dot(rest, rest) / square / gap, theta).intersect(extreme.enclosure)
    return replace(extreme, enclosure=found, parts=extreme.parts | {"bits": float(_BITS)})


def _product(
    X: Floats, function: EntryFunction, normalized: bool, v: list[flint.arb], progress: Progress | None
) -> list[flint.arb]:
    """``Kv`` by blocks of rows, each entry evaluated once."""
    n, one = len(X), arb(1)
    data = flint.arb_mat([[arb(x) for x in row] for row in X.tolist()])
    squares = [_dot(row, row) for row in data.tolist()]
    if normalized:
        lengths = [s.sqrt() for s in squares]
        data = flint.arb_mat([[x / length for x in row] for row, length in zip(data.tolist(), lengths, strict=True)])
        squares = [one] * n
    rows, columns = data.tolist(), data.transpose()
    y = [arb(0)] * n
    for top in range(0, n, _BLOCK):
        block = (flint.arb_mat(rows[top : top + _BLOCK]) * columns).tolist()
        for i, dots in enumerate(block, top):
            own, weight = function.entry(one if normalized else squares[i], squares[i], squares[i]) * v[i], v[i]
            for j in range(i):
                entry = function.entry(dots[j], squares[i], squares[j])
                own += entry * v[j]
                y[j] += entry * weight
            y[i] += own
        if progress:
            progress("entries in balls", min(top + _BLOCK, n), n)
    return y


def _dot(a: list[flint.arb], b: list[flint.arb]) -> flint.arb:
    return sum((p * q for p, q in zip(a, b, strict=True)), arb(0))
