"""Two certificates of one question, made on two machines: do they contradict each other?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certify.arithmetic.balls import precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates.document import Certificate


@dataclass(frozen=True)
class Consistency:
    """``comparable``: same kind, data, weights, kernel, request; ``contradictions``: places where both cannot hold."""

    comparable: bool
    contradictions: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def consistent(self) -> bool:
        """Comparable, and nothing contradicts."""
        return self.comparable and not self.contradictions

    def to_json(self) -> dict[str, Any]:
        """A plain JSON document."""
        return {
            "consistent": self.consistent,
            "comparable": self.comparable,
            "contradictions": list(self.contradictions),
            "differences": list(self.differences),
        }


def compare_machines(a: Certificate, b: Certificate) -> Consistency:
    """Are two certificates consistent: enclosures of one number intersect, verdicts do not contradict?

    Equal `claims_sha256` is more than is asked: library versions and processors may move bounds. A number that is a
    function of such bounds (a required width, a rate) may differ; an enclosure of a fact about the data may not
    exclude the other's, and ``proved`` may not meet ``refuted``.
    """
    differences = [f"{name} differs" for name in ("kind", "claim") if getattr(a, name) != getattr(b, name)]
    if (a.data or {}).get("sha256") != (b.data or {}).get("sha256"):
        differences.append("data.sha256 differs")
    if _plain(a.kernel) != _plain(b.kernel):
        differences.append("kernel differs")
    if _plain(a.extra.get("request")) != _plain(b.extra.get("request")):
        differences.append("request differs")
    if _hash(a) != _hash(b):
        differences.append("network.sha256 differs")
    contradictions = []
    if not differences:
        contradictions = [*_verdicts("verdict", a.verdict, b.verdict), *_bounds("bounds", a.bounds, b.bounds)]
        if a.definite is not None and b.definite is not None:
            verdicts = Verdict(a.definite["verdict"]), Verdict(b.definite["verdict"])
            contradictions += _verdicts("definite", *verdicts)
            exact = ("null_dimension", "parallel_rows", "antiparallel_rows")
            contradictions += [f"definite.{n}" for n in exact if _plain(a.definite.get(n)) != _plain(b.definite.get(n))]
        others = {entry.id: entry for entry in b.theorems if not isinstance(entry, Mapping)}
        for entry in a.theorems:
            if isinstance(entry, Mapping) or entry.id not in others:
                continue
            other, place = others[entry.id], f"theorems.{entry.id}"
            if entry.edition != other.edition:
                contradictions.append(f"{place}.edition")
            contradictions += _verdicts(f"{place}.verdict", entry.verdict, other.verdict)
            facts = [{n: e for n, e in t.constants.items() if n == "lambda_min"} for t in (entry, other)]
            contradictions += _bounds(f"{place}.constants", *facts)
    return Consistency(not differences, tuple(contradictions), tuple(differences))


def _hash(certificate: Certificate) -> Any:
    network = certificate.extra.get("network")
    return network.get("sha256") if isinstance(network, Mapping) else None


def _verdicts(place: str, a: Verdict, b: Verdict) -> list[str]:
    return [f"{place}: {a} against {b}"] if {a, b} == {Verdict.PROVED, Verdict.REFUTED} else []


def _bounds(place: str, a: Mapping[str, Enclosure], b: Mapping[str, Enclosure]) -> list[str]:
    return [f"{place}.{name}: the enclosures are disjoint" for name in a if name in b and _disjoint(a[name], b[name])]


def _disjoint(a: Enclosure, b: Enclosure) -> bool:
    with precision(256):
        for low, high in ((a, b), (b, a)):
            if low.lower is not None and high.upper is not None and low.lower_arb() > high.upper_arb():
                return True
    return False


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
