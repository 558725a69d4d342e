"""The shipped JSON Schema: valid itself, accepts the contract, refuses each departure from it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from certificate_fixtures import wine
from jsonschema import Draft202012Validator

from certify.certificates import Certificate, schema
from certify.certificates.canonical import NotCanonical
from certify.certificates.validation import check_document
from certify.errors import InputError

Document = dict[str, Any]


def put(*path: Any, value: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        holder: Any = document
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value

    return change


def drop(*path: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        holder: Any = document
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]

    return change


BY_SCHEMA = {
    "format of another version": put("format", value="certify/2"),
    "kind unknown": put("kind", value="banana"),
    "created not UTC": put("created", value="2025-06-01T12:00:00+02:00"),
    "claim empty": put("claim", value=""),
    "verdict unknown": put("verdict", value="true"),
    "verdict a boolean": put("verdict", value=True),
    "reason a number": put("reason", value=3),
    "would_decide a string": put("would_decide", value="more bits"),
    "would_decide holds null": put("would_decide", value=[None]),
    "data without hash": drop("data", "sha256"),
    "data hash short": put("data", "sha256", value="abc"),
    "data hash upper case": put("data", "sha256", value="A" * 64),
    "n zero": put("data", "n", value=0),
    "n a fraction": put("data", "n", value=1.5),
    "options a list": put("data", "options", value=[]),
    "kernel without activation": drop("kernel", "activation"),
    "kernel depth text": put("kernel", "depth", value="1"),
    "kernel bias a number": put("kernel", "bias", value=0),
    "bound a bare number": put("bounds", "lambda_min", value=0.5),
    "bound null": put("bounds", "lambda_min", value=None),
    "bound without upper end": drop("bounds", "lambda_min", "upper"),
    "bound with text": put("bounds", "lambda_min", "lower", value="0.5"),
    "bound with boolean": put("bounds", "lambda_min", "lower", value=True),
    "bound with a third member": put("bounds", "lambda_min", "middle", value=0.5),
    "exponent zero": put("bounds", "lambda_min", "exponent", value=0),
    "exponent a fraction": put("bounds", "lambda_min", "exponent", value=0.5),
    "exponent absurd": put("bounds", "lambda_min", "exponent", value=10**30),
    "definite without verdict": put("definite", value={}),
    "definite a verdict": put("definite", value="proved"),
    "theorems an object": put("theorems", value={}),
    "theorem without id": drop("theorems", 0, "id"),
    "theorem id with spaces": put("theorems", 0, "id", value="du 2019"),
    "theorem edition zero": put("theorems", 0, "edition", value=0),
    "theorem verdict unknown": put("theorems", 0, "verdict", value="yes"),
    "theorem without hypotheses": drop("theorems", 0, "hypotheses"),
    "theorem witness a list": put("theorems", 0, "witness", value=[]),
    "hypothesis without verdict": drop("theorems", 0, "hypotheses", 0, "verdict"),
    "hypothesis interval a list": put("theorems", 0, "hypotheses", 0, "interval", value=[0, 1]),
    "hypothesis margin text": put("theorems", 0, "hypotheses", 0, "margin", value="wide"),
    "constant a bare number": put("theorems", 0, "constants", "mu", value=0.5),
    "width a fraction": put("theorems", 0, "constants", "required_width", "lower", value=0.5),
    "width negative": put("theorems", 0, "constants", "required_width", "lower", value=-1),
    "width with exponent": put("theorems", 0, "constants", "required_width", "exponent", value=2),
    "assumed holds a number": put("assumed", value=[1]),
    "assumed object without statement": put("assumed", value=[{"source": "x"}]),
    "environment a list": put("environment", value=[]),
    "claims hash short": put("claims_sha256", value="12"),
    **{f"without {name}": drop(name) for name in wine().to_json() if name != "format"},
}
BEYOND_SCHEMA = {
    "width absurdly negative": put("theorems", 0, "constants", "required_width", "lower", value=-(10**6000)),
    "n a float": put("data", "n", value=178.0),
    "edition a float": put("theorems", 0, "edition", value=1.0),
    "width a float": put("theorems", 0, "constants", "required_width", value={"lower": 4.0, "upper": 4.0}),
    "exponent a float": put("bounds", "lambda_min", "exponent", value=3.0),
    "bound upside down": put("bounds", "lambda_min", value={"lower": 2.0, "upper": 1.0}),
    "constant upside down": put("theorems", 0, "constants", "mu", value={"lower": 2.0, "upper": 1.0}),
    "interval upside down": put("theorems", 0, "hypotheses", 0, "interval", value={"lower": 2.0, "upper": 1.0}),
    "theorem twice": put("theorems", 1, "id", value="du2019.gd"),
}


def test_schema_is_a_schema_and_accepts_the_fixture() -> None:
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(wine().to_json())
    check_document(wine().to_json())


def test_schema_gives_a_copy() -> None:
    schema()["properties"].clear()
    assert schema()["properties"]


@pytest.mark.parametrize("name", BY_SCHEMA)
def test_schema_alone_refuses(name: str) -> None:
    document = copy.deepcopy(wine().to_json())
    BY_SCHEMA[name](document)
    assert not Draft202012Validator(schema()).is_valid(document)


@pytest.mark.parametrize("name", [*BY_SCHEMA, *BEYOND_SCHEMA])
def test_refused_in_one_line(name: str) -> None:
    document = copy.deepcopy(wine().to_json())
    (BY_SCHEMA | BEYOND_SCHEMA)[name](document)
    with pytest.raises(NotCanonical) as caught:
        check_document(document)
    assert 0 < len(str(caught.value)) < 300 and "\n" not in str(caught.value)
    with pytest.raises(InputError) as refused:
        Certificate.from_json(document, "c.json")
    assert str(refused.value).startswith("c.json: ") and "\n" not in str(refused.value)


def test_the_message_names_the_place() -> None:
    document = wine().to_json()
    document["theorems"][2]["verdict"] = "yes"
    with pytest.raises(NotCanonical, match=r"theorems\[2\]\.verdict: 'yes'"):
        check_document(document)


def test_what_the_contract_leaves_open_is_accepted() -> None:
    document = wine().to_json()
    for name in ("reason", "data", "kernel", "definite", "witness"):
        document[name] = None
    document["bounds"] = {"lambda_min": {"lower": None, "upper": None}, "x": {"lower": 0, "upper": 1.5}}
    document["novelty"] = {"a": 1}
    document["theorems"][0]["hypotheses"][0]["latex"] = "x"
    document["theorems"][0]["constants"]["novel"] = {"lower": 1, "upper": None, "exponent": -7}
    document["assumed"] = ["a sentence", {"statement": "another", "source": "a paper"}]
    check_document(document)
    Draft202012Validator(schema()).validate(document)
