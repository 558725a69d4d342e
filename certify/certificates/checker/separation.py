"""The bound of λ_min by separation: the angle of every two rows, and the theorem at the numbers recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic.enclosure import Enclosure
from certify.certificates.checker.facts import Facts
from certify.certificates.checker.reading import Number, count, members, number
from certify.certificates.checker.report import NotCheckable, require
from certify.theorems.statements import GIVEN, constants, verify

_ROWS_AT_ONCE = 256
_MOST_EXACT = 20_000


def separation_end(facts: Facts, activation: str, witness: Mapping[str, Any], enclosure: Enclosure, end: str) -> str:
    """What the lower end rests on. Raises `NotConfirmed` or `NotCheckable`."""
    require(end == "lower", "it bounds λ_min from below only")
    known = {theorem.variant: theorem for theorem in GIVEN["lambda_min.separation"]}
    if activation not in known:
        raise NotCheckable(f"there is no bound by separation for {activation[:40]!r}")
    recorded = members(witness.get("separation"), "witness.separation")
    n = count(recorded.get("n"), "n")
    require(n == facts.data.n, "n is not the number of rows")
    sine, least = (number(recorded.get(name), name) for name in ("sine_squared", "least_norm_squared"))
    smallest = Fraction(1) if facts.normalized else min(facts.data.squares)
    require(Fraction(least) <= smallest, "a row is shorter than recorded")
    _separated(facts, Fraction(sine))
    terms = recorded.get("terms")
    require(type(terms) is int and terms >= 0, "the first term is no count")
    assert isinstance(terms, int)
    values: dict[str, Number] = {"n": n, "sine_squared": sine, "least_norm_squared": least, "terms": terms}
    theorem = known[activation]
    failing = verify(theorem, values).failing()
    require(not failing, f"not proved: {', '.join(d.hypothesis.id for d in failing)}")
    found = constants(theorem, values)["lambda_min_bound"]
    require(found.lower is not None and bool(enclosure.lower_arb() <= found.lower_arb()), "the theorem gives less")
    return "the theorem on separated rows, at the least angle of the rows"


def _separated(facts: Facts, sine_squared: Fraction) -> None:
    """Is ``(x·x')² ≤ (1 − s)|x|²|x'|²`` for every pair? In floats with an error bound, exactly where that is too wide.

    ``x̂ = fl(x/|x|)`` has ``‖x̂ − x/|x|‖ ≤ (d/2 + 3)u``, and a sum of d products of two of them errs by at most
    ``1.1 d u`` in any order: the cosine is right to ``(4d + 12)u``, ``u = 2^-53``, underflow included.
    """
    X, d = facts.data.X, facts.data.d
    exponents = np.frexp(np.abs(X).max(axis=1))[1]
    half = exponents // 2  # in two steps, as 2^1100 is no float; what underflows is below 2^-1022, and every norm ≥ ½
    scaled = np.ldexp(np.ldexp(X, -half[:, None]), -(exponents - half)[:, None])
    unit = scaled / np.sqrt(np.square(scaled).sum(axis=1))[:, None]
    error = (4 * d + 12) * 2.0**-53
    limit = math.sqrt(max(0.0, 1.0 - float(sine_squared))) * (1 - 2.0**-50) - error
    close = 0
    for top in range(0, len(X), _ROWS_AT_ONCE):
        # by NumPy's own loops: nothing is asked of BLAS
        cosines = np.abs(np.einsum("id,jd->ij", unit[top : top + _ROWS_AT_ONCE], unit))
        for i, j in zip(*np.nonzero(~(cosines <= limit)), strict=True):
            first, second = int(i) + top, int(j)
            if first < second:
                close += 1
                if close > _MOST_EXACT:
                    raise NotCheckable("too many pairs are that close to be formed exactly")
                dot = facts.data.dot(first, second)
                product = facts.data.squares[first] * facts.data.squares[second]
                require(dot * dot <= (1 - sine_squared) * product, f"rows {first} and {second} are closer")
