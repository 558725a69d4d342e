"""A smallest eigenvalue that is known to its last digits: Temple's bound, from one vector and entries in balls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.entries import Entries
from certify.certificates.checker.problem import FIRST_BITS, FloatProblem
from certify.certificates.checker.reading import members, number, vector


class Isolated:
    """``λ_min`` lies between ``θ − r²/(second − θ)`` and the quotient ``θ`` of the recorded vector ``v``.

    ``r`` is the length of ``Kv − θv`` over that of ``v``. That the second eigenvalue is at least ``second`` follows
    from ``K + w vvᵀ ⪰ second·I`` for a ``w ≥ 0``: on the vectors orthogonal to ``v`` both forms agree, and they have
    codimension one (Courant and Fischer). All of it is established here, with the recorded ``v``, ``w``, ``second``.

    Temple's bound: no eigenvalue lies between ``λ_min`` and ``second``, so ``(K − λ_min)(K − second)`` is
    semidefinite; its quotient at ``v`` is ``r² + (θ − λ_min)(θ − second)``.
    """

    def __init__(self, entries: Entries, witness: Mapping[str, Any]) -> None:
        parts = members(witness["parts"], "parts")
        power = witness.get("exponent", 0)
        scale = arb(2) ** power if type(power) is int and abs(power) < 1 << 20 else flint.arb.nan()
        self._entries = entries
        self._vector = vector(witness["vector"], entries.n, "the vector of lambda_min")
        self._weight = arb(number(parts["lift_weight"], "lift_weight")) * scale
        self._second = (arb(number(parts["second"], "second")) - arb(number(parts["radius"], "radius"))) * scale

    @classmethod
    def recorded(cls, entries: Entries, witness: Any) -> Isolated | None:
        """From the witness of ``λ_min``; None where it speaks of no second eigenvalue."""
        parts = witness.get("parts") if isinstance(witness, Mapping) else None
        if not isinstance(parts, Mapping) or not {"second", "lift_weight", "radius"} <= set(parts):
            return None
        return cls(entries, witness)

    @cached_property
    def _pass(self) -> tuple[FloatProblem, list[flint.arb]]:
        """The lifted matrix by the float route, and ``Kv`` in balls, from one evaluation of the entries."""
        with precision(FIRST_BITS):
            v = [arb(x) for x in self._vector]
            lifted = [self._weight * x for x in v]
            image = [arb(0)] * self._entries.n

            def rows(bits: int) -> Iterator[list[flint.arb]]:
                for i, row in enumerate(self._entries.rows(bits)):
                    own, weight = row[i] * v[i], v[i]
                    for j in range(i):
                        own += row[j] * v[j]
                        image[j] += row[j] * weight
                    image[i] += own
                    yield [entry + lifted[i] * x for entry, x in zip(row, v, strict=False)]

            size = self._entries.largest_diagonal + self._weight
            problem = FloatProblem(self._entries.n, rows, size, f"{self._entries.family.name}, lifted along one vector")
        return problem, image

    @cached_property
    def quotient(self) -> flint.arb:
        """``θ``, which ``λ_min`` does not exceed."""
        _, image = self._pass
        with precision(FIRST_BITS):
            v = [arb(x) for x in self._vector]
            return _dot(v, image) / _dot(v, v)

    @cached_property
    def floor(self) -> flint.arb | None:
        """The lower bound of ``λ_min``; None where it is not established."""
        problem, image = self._pass
        theta = self.quotient
        with precision(FIRST_BITS):
            gap = self._second - theta
            if not (self._weight >= 0 and gap > 0) or problem.at_least(self._second) is not Verdict.PROVED:
                return None
            v = [arb(x) for x in self._vector]
            rest = [y - theta * x for x, y in zip(v, image, strict=True)]
            return theta - _dot(rest, rest) / _dot(v, v) / gap


def _dot(a: list[flint.arb], b: list[flint.arb]) -> flint.arb:
    return sum((p * q for p, q in zip(a, b, strict=True)), arb(0))
