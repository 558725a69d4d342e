"""Fault injection: what makes a claim false, underivable from its witness, or a file malformed is never confirmed."""

from __future__ import annotations

import copy
import json
import resource
import signal
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tampering import Case, Mutation, bounds, case, changed, document, put, rehash, theorem

from certify.certificates import canonical_text
from certify.certificates.checker import Status, check_certificate
from certify.certificates.document import Certificate
from certify.data import Dataset
from certify.errors import InputError
from certify.theorems import Request, assess

SECONDS, BYTES = 30, 2 * 2**30

FAMILIES: dict[str, Callable[[], Iterator[Mutation]]] = {
    **{f"bounds of {name}": lambda name=name: bounds(name) for name in ("orthogonal", "simplex")},  # type: ignore[misc]
    **{f"{name} as a whole": lambda name=name: document(name) for name in ("orthogonal", "simplex", "erf")},  # type: ignore[misc]
    "singular as a whole": lambda: document("singular"),
    "narrow as a whole": lambda: document("narrow"),
    "general as a whole": lambda: islice(document("general"), 0, None, 3),
    "du2019.flow": lambda: islice(theorem("orthogonal", "du2019.flow"), 0, None, 2),
    "du2019.gd": lambda: theorem("simplex", "du2019.gd"),
    "relu.width": lambda: islice(theorem("orthogonal", "relu.width"), 0, None, 2),
    "relu.width, independent": lambda: islice(theorem("simplex", "relu.width"), 1, None, 3),
    "relu.width, least rate": lambda: islice(theorem("general", "relu.width"), 0, None, 20),
    "smooth.width": lambda: theorem("erf", "smooth.width"),
}


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    """No check may take more than `SECONDS`, nor `BYTES` beyond what the process has."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, hard))
    signal.signal(signal.SIGALRM, _too_long)
    yield
    signal.alarm(0)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _too_long(*_: Any) -> None:
    raise TimeoutError(f"a check took more than {SECONDS} seconds")


def outcome(mutation: Mutation) -> Status:
    """What the checker says; a malformed document counts as not confirmed. Anything but these two is a crash."""
    signal.alarm(SECONDS)
    try:
        return check_certificate(mutation.document, mutation.data).status
    except InputError as error:
        assert "\n" not in str(error)
        return Status.NOT_CONFIRMED
    finally:
        signal.alarm(0)


@pytest.mark.parametrize("name", ["orthogonal", "simplex", "singular", "general", "erf", "narrow"])
def test_the_genuine_certificate_is_confirmed(name: str) -> None:
    """Otherwise rejecting the tampered ones would show nothing."""
    base = case(name)
    report = check_certificate(base.document, base.data)
    assert not report.of(Status.NOT_CONFIRMED) and not report.of(Status.NOT_CHECKABLE)
    assert report.exit_status == 0


TRIED: dict[str, set[str]] = {}


@pytest.mark.parametrize("family", FAMILIES)
def test_mutations_are_rejected(family: str) -> None:
    accepted, tried = [], TRIED.setdefault(family, set())
    for mutation in FAMILIES[family]():
        X, y = mutation.data
        tried.add(mutation.document["claims_sha256"] + repr((X.tolist(), None if y is None else y.tolist())))
        if outcome(mutation) is Status.CONFIRMED:
            accepted.append(mutation.name)
    assert not accepted


def test_there_are_enough_of_them() -> None:
    if set(TRIED) != set(FAMILIES):
        pytest.skip("not all families were run")
    assert len(set().union(*TRIED.values())) >= 500


FORGERIES: dict[str, dict[str, Any]] = {
    "lambda_min": {"lower": 0.5 * (1 + 1e-9), "upper": 1.0},
    "norm_x_squared": {"lower": 0.5, "upper": 1 - 1e-9},
    "gram_abs": {"lower": 0.5, "upper": 1 - 1e-9},
    "norm_y": {"lower": 1.0, "upper": 5**0.5 * (1 - 1e-9)},
}


@pytest.mark.parametrize("name", FORGERIES)
@pytest.mark.parametrize("identifier", ["du2019.flow", "du2019.gd", "relu.width"])
def test_an_entry_derived_consistently_from_a_false_number_is_rejected(identifier: str, name: str) -> None:
    """Nothing inside the entry is wrong; only the data say otherwise."""
    from certify.arithmetic.enclosure import Enclosure
    from certify.arithmetic.verdict import Verdict

    base = case("orthogonal")
    measured: dict[str, Any] = {key: Enclosure.from_json(ends) for key, ends in base.document["bounds"].items()}
    measured |= {"n": 5, "d": 5, "unit_rows": Verdict.PROVED, "definite": Verdict.PROVED}
    genuine = assess(identifier, measured, Request(init="paired" if identifier == "relu.width" else "independent"))
    measured[name] = Enclosure.from_json(FORGERIES[name])
    forged = assess(identifier, measured, Request(init="paired" if identifier == "relu.width" else "independent"))
    places = [entry["id"] for entry in base.document["theorems"]]
    where = f"theorems/{places.index(identifier)}"
    for result, confirmed in ((genuine, True), (forged, genuine.to_json() == forged.to_json())):
        entry = result.to_json()
        entry.pop("kernel", None)
        report = check_certificate(changed(base, put(where, entry)), base.data)
        assert (report.status is Status.CONFIRMED) is confirmed
        if not confirmed:
            assert report.claim(f"theorems.{identifier}.values").status is Status.NOT_CONFIRMED
            assert report.claim(f"theorems.{identifier}.hypotheses").status is Status.CONFIRMED


def test_a_change_without_a_new_hash_is_malformed() -> None:
    base = case("erf")
    for path, value in (("verdict", "refuted"), ("bounds/lambda_min/lower", 0.0), ("assumed", [])):
        tampered = copy.deepcopy(base.document)
        put(path, value)(tampered)
        with pytest.raises(InputError, match="hash"):
            check_certificate(tampered, base.data)


def test_wrong_types_are_malformed_or_not_confirmed() -> None:
    base = case("erf")
    values: tuple[Any, ...] = (None, True, -1, 0.5, "proved", [], {}, [[]], {"lower": None, "upper": None}, 10**6000)
    for member in base.document:
        if member in ("created", "environment", "claims_sha256", "reason", "would_decide"):
            continue
        for value in values:
            tampered = {**base.document, member: value}
            try:
                mutation = Mutation(f"{member} = {value!r:.20}", rehash(tampered), base.data)
            except ValueError:
                continue
            weaker = (value in ([], {}) and member in ("bounds", "theorems", "definite")) or value == base.document[
                member
            ]
            weaker = weaker or (value is None and member == "definite") or (member == "verdict" and value == "proved")
            found = outcome(mutation)
            if not weaker:
                assert found is not Status.CONFIRMED, mutation.name


TEXTS: dict[str, Callable[[str], bytes]] = {
    "NaN": lambda t: t.replace('"lower":', '"lower":NaN,"x":', 1).encode(),
    "Infinity": lambda t: t.replace('"upper":', '"upper":Infinity,"x":', 1).encode(),
    "a number beyond float64": lambda t: t.replace('"alpha":1.0', '"alpha":1e999').encode(),
    "a number that reads as 0": lambda t: t.replace('"alpha":1.0', '"alpha":1e-999').encode(),
    "an integer of a million digits": lambda t: t.replace('"alpha":1.0', '"alpha":' + "9" * 10**6).encode(),
    "a key twice": lambda t: ('{"verdict":"proved",' + t[1:]).encode(),
    "cut short": lambda t: t[: len(t) // 2].encode(),
    "empty": lambda t: b"",
    "not UTF-8": lambda t: t.encode().replace(b"proved", b"pr\xffved", 1),
    "a byte-order mark": lambda t: b"\xef\xbb\xbf" + t.encode(),
    "something behind it": lambda t: (t + "{}").encode(),
    "another major version": lambda t: t.replace("certify/1", "certify/2").encode(),
    "another format": lambda t: t.replace("certify/1", "other/1").encode(),
    "a list": lambda t: f"[{t}]".encode(),
    "a bare number": lambda t: b"1",
    "binary": lambda t: bytes(range(256)) * 100,
    "nested a hundred million deep": lambda t: b"[" * 10**8,
    "nested and closed": lambda t: b'{"format":"certify/1","x":' + b"[" * 10**7 + b"]" * 10**7 + b"}",
    "an endless string": lambda t: b'{"format":"' + b"x" * 10**8,
    "a hundred megabytes of zeros": lambda t: b"0" * 10**8,
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_malformed_file_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "certificate.json"
    path.write_bytes(TEXTS[name](canonical_text(case("erf").document)))
    signal.alarm(SECONDS)
    with pytest.raises(InputError) as refused:
        check_certificate(path)
    signal.alarm(0)
    assert "\n" not in str(refused.value)


def test_unknown_members_are_no_claims() -> None:
    """Minor additions are read, hashed and passed over: they neither confirm nor spoil anything."""
    base = case("erf")
    document = rehash({**base.document, "comment": {"anything": [1, 2.0, None]}})
    assert check_certificate(document, base.data).status is Status.CONFIRMED
    assert Certificate.from_json(json.loads(canonical_text(document))).extra["comment"]["anything"][0] == 1


def test_other_data_confirm_nothing_about_data() -> None:
    base = case("orthogonal")
    X, y = base.data
    report = check_certificate(base.document, Dataset(np.nextafter(X, 9.0) * (X != 0), y, normalized=True))
    assert report.claim("data").status is Status.NOT_CONFIRMED
    for name in ("bounds.lambda_min.lower", "definite", "theorems.relu.width.verdict", "verdict"):
        assert report.claim(name).status is Status.NOT_CHECKABLE


def test_the_catalogue_tampers_with_genuine_certificates() -> None:
    base: Case = case("orthogonal")
    assert base.document == rehash(copy.deepcopy(base.document))
