"""The recorded null vector of a kernel's matrix, checked in rational arithmetic."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint

from certify.arithmetic.balls import precision
from certify.certificates.checker.entries import Family
from certify.certificates.checker.report import NotCheckable, require
from certify.certificates.checker.rows import Integers, PlainData
from certify.certificates.checker.series import SeriesFamily
from certify.symbolic.complement import slopes_add_up

#: Families of activations with φ(−z) = ±φ(z); the sign of the entry of x and −x tells which.
ODD_OR_EVEN = ("the erf kernel K∞", "the sin kernel K∞", "the cos kernel K∞")


def require_null_vector(data: PlainData, recorded: Mapping[str, Any], family: Family, normalized: bool) -> None:
    """Do the gradients ``a_k φ'(w·x) x`` of the recorded rows cancel for almost every ``w``?

    On each line ``{±v}`` let ``B`` be the sum of ``a_k |x|/|v|`` over the rows along ``v`` and ``B'`` over those along
    ``−v``. A rectifier's gradients cancel if and only if ``B + B' = 0`` on each line and ``Σ B' v = 0``: across
    ``v``'s hyperplane the sum jumps by a multiple of ``(B + B')v``, and without jumps it is a multiple of ``Σ B' v``.
    A smooth odd or even activation: rows of one line and one length, and ``B − B' = 0`` or ``B + B' = 0``.
    One with ``φ'(z) + φ'(−z)`` constant: the rectifiers' conditions, with ``B`` and ``B'`` for each line and length.

    Raises
    ------
    NotConfirmed, NotCheckable
    """
    rows, coefficients, times_length = _read(data, recorded)
    require(normalized or not times_length, "its entries are times lengths although the rows are not normalised")
    along: dict[int, Fraction] = defaultdict(Fraction)
    against: dict[int, Fraction] = defaultdict(Fraction)
    pairs: dict[tuple[int, Fraction], list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    directions: dict[int, Integers] = {}
    sizes: set[Fraction] = set()
    for i, a in zip(rows, coefficients, strict=True):
        line, sign = data.lines[i]
        row, power = data.integers[i]
        divisor = math.gcd(*row)
        directions[line] = tuple(sign * v // divisor for v in row)
        size = divisor * Fraction(2) ** power if times_length or not normalized else Fraction(1)
        sizes.add(size)
        (along if sign > 0 else against)[line] += a * size
        pairs[line, Fraction(1) if normalized else size][0 if sign > 0 else 1] += a * size
    # unit rows without lengths are known in terms of a common rational vector on one line only
    require(not normalized or times_length or len(directions) == 1, "it joins unit rows of several lines")
    if family.entry is None:
        require(all(along[line] + against[line] == 0 for line in directions), "the gradients' sum jumps")
        total = [sum(against[line] * v[k] for line, v in directions.items()) for k in range(data.d)]
        require(not any(total), "the gradients' sum is constant, but not zero")
        return
    if isinstance(family, SeriesFamily) and family.coincide == "rows" and slopes_add_up(family.activation):
        require(all(b + opposite == 0 for b, opposite in pairs.values()), "the gradients' sum is not constant")
        total = [sum(b * directions[line][k] for (line, _), (b, _) in pairs.items()) for k in range(data.d)]
        require(not any(total), "the gradients' sum is constant, but not zero")
        return
    require(len(directions) == 1 and len(sizes) == 1, "its rows are not equal up to sign")
    (line,) = directions
    if against[line] == 0:
        require(along[line] == 0, "its coefficients do not add up to zero")
        return
    if isinstance(family, SeriesFamily) and family.coincide == "signs":
        even = family.even
    elif family.name in ODD_OR_EVEN:
        with precision(128):
            even = bool(family.entry(flint.arb(-1), flint.arb(1), flint.arb(1)) > 0)
    else:
        raise NotCheckable("whether the activation is odd or even is not known")
    require(along[line] + (against[line] if even else -against[line]) == 0, "the two rows' gradients do not cancel")


def _read(data: PlainData, recorded: Mapping[str, Any]) -> tuple[list[int], list[Fraction], bool]:
    rows, texts, times_length = recorded.get("rows"), recorded.get("coefficients"), recorded.get("times_length")
    require(
        isinstance(rows, list | tuple)
        and isinstance(texts, list | tuple)
        and len(rows) == len(texts) > 0
        and all(type(i) is int and 0 <= i < data.n for i in rows)
        and len(set(rows)) == len(rows)
        and type(times_length) is bool,
        "it lists no distinct rows of the data with a coefficient each",
    )
    assert isinstance(rows, list | tuple) and isinstance(texts, list | tuple)
    require(
        all(isinstance(t, str) and len(t) < 10_000 and set(t) <= set("-0123456789/") for t in texts),
        "a coefficient is no fraction",
    )
    try:
        coefficients = [Fraction(t) for t in texts]
    except (ValueError, ZeroDivisionError):
        coefficients = []
    require(len(coefficients) == len(rows) and any(coefficients), "a coefficient is no fraction, or all are zero")
    return list(rows), coefficients, bool(times_length)
