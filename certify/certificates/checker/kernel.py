"""The claims of a certificate of kind ``kernel``: spectrum and definiteness of a given matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.claims import assumed_claim
from certify.certificates.checker.definite import log_determinant
from certify.certificates.checker.facts import EXACT_ROWS
from certify.certificates.checker.matrix import MatrixFacts
from certify.certificates.checker.problem import BallProblem
from certify.certificates.checker.reading import members, vector
from certify.certificates.checker.report import Collector, NotCheckable, NotConfirmed, Status, require
from certify.certificates.checker.spectral import condition_end, decided, recorded_shift, recorded_vector
from certify.certificates.document import Certificate

CLAIM = "the matrix is positive definite"
#: Bits of the significand, and the exponent of the smallest positive number (IEEE 754).
FLOAT_TYPES = {"float16": (11, -24), "float32": (24, -149), "float64": (53, -1074)}
#: The largest finite numbers: rounding an entry beyond them is not bounded by its unit roundoff.
LARGEST = {"float16": 65504.0, "float32": (2.0 - 2.0**-23) * 2.0**127, "float64": (2.0 - 2.0**-52) * 2.0**1023}
BITS = 256


class KernelCheck:
    """The checks of one certificate of kind ``kernel``; ``matrix`` is the array as loaded, or None."""

    def __init__(self, certificate: Certificate, matrix: Any, exact: bool) -> None:
        self.certificate = certificate
        recorded = members(certificate.data or {}, "data")
        self.options = members(recorded.get("options") or {}, "data.options")
        symmetrized = self.options.get("symmetrize") is True
        self.given = None if matrix is None else MatrixFacts(matrix, symmetrized, exact)
        self.same = self.given is not None and self.given.sha256 == recorded.get("sha256")
        self.facts = self.given if self.given is not None and self.same else MatrixFacts(None, symmetrized, exact)
        self.witness: Mapping[str, Any] = certificate.witness or {}
        self._values: dict[tuple[str, int], flint.arb] = {}
        self._ends: dict[tuple[Any, ...], str | Exception] = {}

    def check(self, collector: Collector) -> None:
        """All claims, in the document's order."""
        certificate = self.certificate
        collector.put("data", self._data)
        for name, enclosure in certificate.bounds.items():
            for end in ("lower", "upper"):
                if getattr(enclosure, end) is not None:
                    collector.put(f"bounds.{name}.{end}", lambda n=name, e=enclosure, s=end: self._bound(n, e, s))  # type: ignore[misc]
        definite = Status.CONFIRMED
        if certificate.definite is not None:
            definite = collector.put("definite", self._definite)
        if certificate.theorems:
            collector.put("theorems", self._no_theorems)
        collector.put("assumed", lambda: assumed_claim(certificate))
        collector.put("verdict", lambda: self._verdict(definite))

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes taken."""
        return self.facts.routes

    @property
    def by_floats(self) -> bool:
        """Was any matrix taken by the float route?"""
        return self.facts.by_floats

    def _no_theorems(self) -> str:
        raise NotCheckable("a certificate of a matrix has no theorems that this checker knows")

    def _data(self) -> str:
        recorded = self.certificate.data
        if recorded is None:
            raise NotConfirmed("no matrix is recorded")
        if self.given is None:
            raise NotCheckable("the matrix is needed (--data MATRIX)")
        require(self.same, "this matrix has another hash")
        require(recorded["n"] == recorded["d"] == self.given.n, "n and d are not those of the matrix")
        require(self.facts.symmetrized or self.facts.symmetric, "the matrix is not symmetric")
        return "SHA-256 of the bytes, formed again"

    # --- bounds

    def _bound(self, name: str, enclosure: Enclosure, end: str) -> str:
        if name in ("lambda_min", "lambda_max"):
            return self._extreme(name, enclosure, end, "matrix", self.witness.get(name))
        if name == "lambda_min_float32":
            return self._extreme("lambda_min", enclosure, end, "float32", None)
        if name == "condition":
            for part in ("lambda_min", "lambda_max"):
                for side in ("lower", "upper"):
                    self._bound(part, self.certificate.bounds[part], side)
            return condition_end(self.certificate.bounds, end)
        if name.startswith("rounding_") and name.removeprefix("rounding_") in FLOAT_TYPES:
            return self._rounding(name.removeprefix("rounding_"), enclosure, end)
        if name in ("log_det", "trace_inverse"):
            return self._functional(name, enclosure, end)
        raise NotCheckable(f"this checker knows no bound named {name[:40]!r}")

    def _extreme(self, which: str, enclosure: Enclosure, end: str, what: str, witness: Any) -> str:
        """`_derived`, once for each end; what it raises is remembered too."""
        key = (which, what, end, (enclosure.lower if end == "lower" else enclosure.upper), enclosure.exponent)
        if key not in self._ends:
            try:
                self._ends[key] = self._derived(which, enclosure, end, what, witness)
            except (NotConfirmed, NotCheckable) as stop:
                self._ends[key] = stop
        found = self._ends[key]
        if isinstance(found, Exception):
            raise found
        return found

    def _derived(self, which: str, enclosure: Enclosure, end: str, what: str, witness: Any) -> str:
        """The outer end by definiteness, the inner one by the recorded vector or, up to 1000 rows, by inertia."""
        problem = self.facts.problem(what)
        smallest = which == "lambda_min"
        bound = enclosure.lower_arb() if end == "lower" else enclosure.upper_arb()
        if (end == "lower") is smallest:
            ask = problem.at_least if smallest else problem.at_most
            verdict = ask(bound, recorded_shift(witness))
            if verdict is Verdict.UNDECIDED:
                balls = self.facts.problem(what, in_balls=True)
                verdict = (balls.at_least if smallest else balls.at_most)(bound)
            decided(verdict, "the matrix less the bound is not definite")
            return "the matrix less bound·I is definite"
        if witness is not None:
            found = problem.quotient(recorded_vector(witness, self.facts.n, which))
            if found <= bound if smallest else found >= bound:
                return "Rayleigh quotient of the recorded vector"
        balls = self.facts.problem(what, in_balls=True)
        verdict = balls.at_least(bound) if smallest else balls.at_most(bound)
        require(
            verdict is Verdict.REFUTED, "neither the recorded vector nor the inertia of the shifted matrix reaches it"
        )
        return "inertia: the matrix less bound·I is not definite"

    def _rounding(self, dtype: str, enclosure: Enclosure, end: str) -> str:
        """``u λ_max(|A|) + ns/2`` bounds what one rounding of every entry can move an eigenvalue by."""
        if end == "lower":
            require(bool(enclosure.lower_arb() <= 0), "nothing bounds it from below")
            return "a modulus"
        bits, smallest = FLOAT_TYPES[dtype]
        require(self.facts.largest_entry <= LARGEST[dtype], f"an entry is beyond the range of {dtype}")
        with precision(BITS):
            room = enclosure.upper_arb() - arb(self.facts.n) * arb(2) ** (smallest - 1)
            largest = (room * arb(2) ** bits).lower()
        decided(self.facts.problem("modulus").at_most(largest), "λ_max(|A|) is greater")
        return "λ_max(|A|) and Weyl's inequality"

    def _functional(self, name: str, enclosure: Enclosure, end: str) -> str:
        """``log det`` and the trace of the inverse, by elimination in ball arithmetic."""
        if self.facts.n > EXACT_ROWS and not self.facts.exact:
            raise NotCheckable(f"{self.facts.n} rows take minutes in ball arithmetic; --exact has the patience")
        bits = 128
        while True:
            value = self._value(name, bits)
            with precision(bits):
                inside = value >= enclosure.lower_arb() if end == "lower" else value <= enclosure.upper_arb()
                if inside:
                    return "determinant or inverse in ball arithmetic"
                outside = value < enclosure.lower_arb() if end == "lower" else value > enclosure.upper_arb()
            require(not outside and bits < 1024, "the value in ball arithmetic is not inside")
            bits *= 2

    def _value(self, name: str, bits: int) -> flint.arb:
        """A functional at a precision, once; not finite where the balls are too wide."""
        if (name, bits) not in self._values:
            problem = self.facts.problem(in_balls=True)
            assert isinstance(problem, BallProblem)
            if not self._values:
                decided(problem.at_least(arb(0)), "the matrix is not positive definite")
            with precision(bits):
                matrix = problem.matrix(bits)
                try:
                    value = log_determinant(matrix) if name == "log_det" else _trace(matrix.inv())
                except ZeroDivisionError:
                    value = flint.arb.nan()
            self._values[name, bits] = value
        return self._values[name, bits]

    # --- definiteness

    def _definite(self) -> str:
        document = members(self.certificate.definite, "definite")
        verdict = Verdict(document["verdict"])
        if "identical_rows" in document:
            found = [list(rows) for rows in document["identical_rows"]]
            require(found == self.facts.identical_rows(), "the identical rows are not those of the matrix")
        if document.get("null_dimension") is not None:
            null = document["null_dimension"]
            require(type(null) is int and null == self.facts.null_dimension(), "the null space has another dimension")
        self._obstruction(document.get("obstruction"))
        for cost in document.get("float_types") or ():
            self._float_type(members(cost, "float_types"))
        if document.get("classification") is not None:
            require(document["classification"] == self._classification(verdict), "the classification does not follow")
        if verdict is Verdict.PROVED:
            return self._positive()
        return self._refuted(document) if verdict is Verdict.REFUTED else "claims nothing beyond the exact facts"

    def _positive(self) -> str:
        low = self.certificate.bounds.get("lambda_min")
        if low is None or low.lower is None or not low.lower > 0:
            raise NotCheckable("no positive lower bound of λ_min is recorded")
        return self._extreme("lambda_min", low, "lower", "matrix", self.witness.get("lambda_min"))

    def _refuted(self, document: Mapping[str, Any]) -> str:
        if document.get("null_dimension"):
            return "the null space is not trivial, by elimination over the rationals"
        direction = members(self.witness.get("direction"), "witness.direction")
        rows = direction.get("rows")
        if rows is None:
            entries = vector(direction.get("entries"), self.facts.n, "the direction")
            if self.facts.n > 600:
                require(bool(self.facts.problem().quotient(entries) <= 0), "its quadratic form is not negative")
                return "quadratic form of the recorded direction"
            places = list(range(self.facts.n))
        else:
            places = [i for i in rows if type(i) is int and 0 <= i < self.facts.n]
            require(len(places) == len(rows) == len(set(places)), "the direction's rows are no rows")
            entries = vector(direction.get("entries"), len(places), "the direction")
        require(self.facts.form(places, entries) <= 0, "the quadratic form of the recorded direction is positive")
        if direction.get("null_vector") is True:
            require(self.facts.annihilates(places, entries), "the recorded direction is no null vector")
        return "quadratic form of the recorded direction, exactly"

    def _obstruction(self, obstruction: Any) -> None:
        """``λ_min`` of 2 × 2 blocks, and the largest entries of the recorded vector."""
        if obstruction is None:
            return
        for pair in members(obstruction, "obstruction").get("pairs") or ():
            i, j = pair["rows"]
            require(self._is_row(i) and self._is_row(j) and i != j, "a pair is of rows that are none")
            ends = Enclosure.from_json(dict(pair["lambda_min_at_most"]))
            with precision(2 * BITS):
                a, b, c = (arb(self.facts.entry(*place)) for place in ((i, i), (j, j), (i, j)))
                value = (a + b - ((a - b) ** 2 + 4 * c * c).sqrt()) / 2
                inside = (ends.lower is None or value >= ends.lower_arb()) and (
                    ends.upper is None or value <= ends.upper_arb()
                )
            require(bool(inside), f"λ_min of the block of rows {i} and {j} is not inside")
        rows = obstruction.get("rows")
        if rows is not None:
            found = recorded_vector(self.witness.get("lambda_min"), self.facts.n, "lambda_min")
            require(all(map(self._is_row, rows)) and len(set(rows)) == len(rows), "the rows listed are no rows")
            weights = [abs(found[i]) for i in rows]
            require(weights == list(obstruction["weights"]), "the weights are not those of the recorded vector")
            rest = max((abs(x) for i, x in enumerate(found) if i not in set(rows)), default=0.0)
            require(not weights or min(weights) >= rest, "the rows listed are not those that weigh most")

    def _is_row(self, i: object) -> bool:
        return type(i) is int and 0 <= i < self.facts.n

    def _float_type(self, cost: Mapping[str, Any]) -> None:
        bits = FLOAT_TYPES[cost["dtype"]][0]
        require(cost["unit_roundoff"] == 2.0**-bits, "the unit roundoff is another")
        moves = Enclosure.from_json(dict(cost["moves"]))
        require(moves.upper is not None, "no bound is recorded")
        for end in ("lower", "upper") if moves.lower is not None else ("upper",):
            self._rounding(cost["dtype"], moves, end)

    def _classification(self, verdict: Verdict) -> str:
        bounds = self.certificate.bounds
        if verdict is not Verdict.REFUTED:
            return "positive definite" if verdict is Verdict.PROVED else "undecided"
        low, high = bounds["lambda_min"].upper, bounds["lambda_max"]
        if low is None or low >= 0:
            return "singular or indefinite"
        for part, end in (("lambda_min", "upper"), ("lambda_max", "upper"), ("lambda_max", "lower")):
            if getattr(bounds[part], end) is not None:  # the words follow from these ends: they must be true themselves
                self._bound(part, bounds[part], end)
        if high.upper is not None and high.upper < 0:
            return "negative definite"
        return "indefinite" if high.lower is not None and high.lower > 0 else "not positive semidefinite"

    def _verdict(self, definite: Status) -> str:
        certificate = self.certificate
        require(certificate.claim == CLAIM, "the claim is not the sentence of this kind")
        if certificate.verdict is Verdict.UNDECIDED:
            return "undecided: claims nothing"
        recorded = Verdict((certificate.definite or {}).get("verdict", "undecided"))
        require(recorded is certificate.verdict, "it is not the verdict on definiteness")
        if definite is Status.NOT_CHECKABLE:
            raise NotCheckable("definiteness is not checkable")
        require(definite is Status.CONFIRMED, "definiteness is not confirmed")
        return "the verdict on definiteness"


def _trace(matrix: flint.arb_mat) -> flint.arb:
    return sum((matrix[i, i] for i in range(matrix.nrows())), arb(0))
