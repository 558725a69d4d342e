"""The document: immutable, typed, hashed over its claims and nothing else."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from certificate_fixtures import RELU, wine
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates import Certificate, parse_strictly
from certify.errors import InputError

finite = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def test_typed_access() -> None:
    certificate = wine()
    assert certificate.verdict is Verdict.PROVED
    assert certificate.bounds["lambda_min"].lower == 0.0013670000214
    assert certificate.bounds["underflowed"].exponent == -1500
    entry = certificate.theorem("du2019.gd")
    assert entry.constants["required_width"] == Enclosure.point(19843211560034221877093412)
    assert type(entry.constants["required_width"].lower) is int
    assert entry.verdict is Verdict.PROVED and entry.edition == 1
    assert certificate.theorem("du2019.flow").constants["required_width"] == Enclosure(None, None)
    with pytest.raises(KeyError, match=r"relu\.width"):
        certificate.theorem("nothing")


def test_nothing_can_be_changed_afterwards() -> None:
    options: dict[str, Any] = {"normalize": True, "list": [1, 2]}
    data = {"sha256": "0" * 64, "n": 2, "d": 1, "options": options}
    certificate = wine(data=data)
    before = certificate.canonical()
    options["normalize"] = False
    options["list"].append(3)
    certificate.to_json()["data"]["n"] = 5
    assert certificate.canonical() == before
    for attempt in (
        lambda: certificate.data.__setitem__("n", 3),  # type: ignore[union-attr]
        lambda: certificate.bounds.__setitem__("lambda_min", Enclosure.point(1.0)),  # type: ignore[index]
        lambda: setattr(certificate, "verdict", Verdict.REFUTED),
    ):
        with pytest.raises((TypeError, AttributeError)):
            attempt()


def test_round_trip_through_json_text() -> None:
    certificate = wine()
    again = Certificate.from_json(json.loads(certificate.canonical()))
    assert again == certificate and again.canonical() == certificate.canonical()
    assert pickle.loads(pickle.dumps(certificate)) == certificate
    assert copy.deepcopy(certificate) == certificate
    assert hash(again) == hash(certificate)


@given(
    ends=st.tuples(finite, finite).map(sorted),
    exponent=st.integers(-(2**60), 2**60),
    width=st.integers(0, 2**20_000),
    witness=st.lists(finite, max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_round_trip_is_bit_exact(ends: list[float], exponent: int, width: int, witness: list[float]) -> None:
    entry = {**RELU, "constants": {"required_width": {"lower": width, "upper": width}}}
    certificate = wine(
        bounds={"lambda_min": Enclosure(ends[0], ends[1], exponent)}, theorems=[entry], witness={"v": witness}
    )
    again = Certificate.from_json(parse_strictly(certificate.canonical()))
    bound = again.bounds["lambda_min"]
    assert isinstance(bound.lower, float) and isinstance(bound.upper, float)
    assert (bound.lower.hex(), bound.upper.hex(), bound.exponent) == (ends[0].hex(), ends[1].hex(), exponent)
    assert again.theorem("relu.width").constants["required_width"].upper == width
    assert again.canonical() == certificate.canonical()


def test_hash_is_what_the_specification_says() -> None:
    """Recomputed with the standard library alone: its sorted compact JSON is canonical here."""
    document = json.loads(wine().canonical())
    claims = {k: v for k, v in document.items() if k not in ("created", "environment", "claims_sha256")}
    text = json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode("utf-8")).hexdigest() == wine().claims_sha256


def test_hash_ignores_time_and_machine_only() -> None:
    first = wine()
    second = wine(created="2030-01-01T00:00:00Z", environment={"threads": 64})
    assert first.claims_sha256 == second.claims_sha256 and first != second


def test_changing_any_leaf_of_any_claim_is_noticed() -> None:
    original = wine().to_json()
    paths = [p for p in leaves(original) if p[0] not in ("created", "environment")]
    assert len(paths) > 250
    for path in paths:
        document = copy.deepcopy(original)
        holder, last, value = at(document, path[:-1]), path[-1], at(document, path)
        changes: dict[type, Callable[[Any], Any]] = {
            str: lambda v: v + "x",
            bool: lambda v: not v,
            int: lambda v: v + 1,
            float: lambda v: v * (1 + 2**-52) if v else 5e-324,
            type(None): lambda _: 1.5,
        }
        holder[last] = changes[type(value)](value)
        with pytest.raises(InputError) as caught:
            Certificate.from_json(document)
        assert "\n" not in str(caught.value)


def test_an_integer_for_a_float_is_a_change() -> None:
    document = wine(bounds={"lambda_max": Enclosure(2.0, 2.0)}).to_json()
    document["bounds"]["lambda_max"] = {"lower": 2, "upper": 2}
    with pytest.raises(InputError, match="changed"):
        Certificate.from_json(document)


def test_unknown_members_are_kept_and_hashed() -> None:
    plain = wine()
    extended = wine(extra={"request": {"delta": 0.05}})
    assert extended.claims_sha256 != plain.claims_sha256
    again = Certificate.from_json(extended.to_json())
    assert again == extended and again.extra["request"]["delta"] == 0.05
    entry = {**RELU, "novelty": [1, 2.0, None]}
    assert wine(theorems=[entry]).theorem("relu.width").to_json()["novelty"] == [1, 2.0, None]


def test_enclosures_are_accepted_as_constants() -> None:
    entry = {**RELU, "constants": {"mu": Enclosure(0.5, 0.75, -1100), "rate": None}}
    built = wine(theorems=[entry]).theorem("relu.width")
    assert built.constants["mu"] == Enclosure(0.5, 0.75, -1100)
    assert built.to_json()["constants"]["rate"] == {"lower": None, "upper": None}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("certify/2", "use the certify that made it"),
        ("certify/11", "reads"),
        ("other/1", "not a certificate's"),
    ],
)
def test_other_formats_are_named(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Certificate.from_json({**wine().to_json(), "format": name})


def test_a_certificate_that_breaks_the_contract_cannot_be_made() -> None:
    for changes in (
        {"kind": "poem"},
        {"claim": ""},
        {"created": "yesterday"},
        {"bounds": {"lambda_min": {"lower": 1.0, "upper": 2.0}}},
        {"theorems": [RELU, RELU]},
        {"theorems": [{**RELU, "constants": {"required_width": {"lower": 4.0, "upper": 4.0}}}]},
        {"environment": {"host": "\ud800"}},
        {"witness": {"x": float("nan")}},
        {"verdict": "maybe"},
    ):
        with pytest.raises(ValueError):
            wine(**changes)
