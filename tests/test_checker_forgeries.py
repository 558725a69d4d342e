"""Forgeries that are consistent in themselves: hash recomputed, numbers agreeing with each other, and yet not true."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tampering import at, case, changed, put, rehash, together

from certify.certificates.checker import Status, check_certificate
from certify.data import Dataset
from certify.errors import InputError
from certify.theorems import Request, assess
from certify.workflows import DatasetRequest, certify_dataset, certify_kernel

Document = dict[str, Any]


def status(document: Document, data: Any) -> Status:
    try:
        return check_certificate(document, data).status
    except InputError:
        return Status.NOT_CONFIRMED


# --- theorems


@pytest.mark.parametrize(("name", "identifier"), [("general", "relu.width"), ("erf", "smooth.width")])
def test_a_width_of_another_initialisation_is_not_that_of_this_one(name: str, identifier: str) -> None:
    """The independent variant counts m neurons where the paired one counts m/2: its width is another claim."""
    base = case(name)
    request = base.document["request"]
    asked = {key: request[key] for key in ("loss", "fraction", "min_rate")}
    data = Dataset(*base.data)
    other = certify_dataset(
        data, DatasetRequest(threads=1, activation=request["activation"], init="independent", **asked)
    ).certificate.to_json()
    forged = copy.deepcopy(base.document)
    mine, theirs = (at(d, f"theorems/{identifier}") for d in (forged, other))
    assert mine["witness"]["required_width"]["variant"] != theirs["witness"]["required_width"]["variant"]
    mine["witness"]["values"] = {**theirs["witness"]["values"], **mine["witness"]["values"]}
    for part in ("required_width", "every_width_from"):
        for holder in ("witness", "constants"):
            mine[holder][part] = theirs[holder][part]
    mine["claim"] = theirs["claim"]
    report = check_certificate(rehash(forged), base.data)
    assert report.claim(f"theorems.{identifier}.constants.required_width").status is Status.NOT_CONFIRMED


def test_theorems_of_one_output_do_not_speak_of_several_targets() -> None:
    X = np.eye(3) + 0.25
    y = np.arange(6.0).reshape(3, 2)
    certificate = certify_dataset(Dataset(X, y), DatasetRequest(threads=1)).certificate
    assert all(entry.verdict != "proved" for entry in certificate.theorems if not entry.id.endswith(".outputs"))
    one = np.array([np.linalg.norm(y), 0.0, 0.0])  # one column whose norm is not below that of the two
    genuine = certify_dataset(Dataset(X, one * (1 + 1e-9)), DatasetRequest(threads=1)).certificate.to_json()
    forged = certificate.to_json()
    forged["theorems"] = genuine["theorems"]
    forged["verdict"] = genuine["verdict"]
    report = check_certificate(rehash(forged), (X, y))
    assert report.claim("theorems.relu.width.values").status is Status.NOT_CONFIRMED
    assert report.claim("verdict").status is Status.NOT_CONFIRMED


def test_an_entry_under_another_name() -> None:
    base = case("orthogonal")
    names = [entry["id"] for entry in base.document["theorems"]]
    for first in names:
        for second in names:
            if first != second:
                forged = copy.deepcopy(base.document)
                entries = {entry["id"]: entry for entry in forged["theorems"]}
                entries[first]["id"], entries[second]["id"] = second, first
                assert status(rehash(forged), base.data) is not Status.CONFIRMED


@pytest.mark.parametrize("share", ["delta1", "delta3"])
def test_shares_of_delta_that_add_to_more(share: str) -> None:
    base = case("simplex")
    entry = at(base.document, "theorems/relu.width")
    for value in (0.05, 0.0499999, 0.1, -0.01):
        changes = [put("theorems/relu.width/witness/parameters/" + share, value)]
        if share in entry["witness"]["required_width"]["parameters"]:
            changes.append(put(f"theorems/relu.width/witness/required_width/parameters/{share}", value))
        assert status(changed(base, together(*changes)), base.data) is not Status.CONFIRMED


def test_a_greater_delta_that_the_request_does_not_know() -> None:
    """Everything derived consistently at δ = 0.5, shown as if it were 0.05."""
    from certify.arithmetic.enclosure import Enclosure
    from certify.arithmetic.verdict import Verdict

    base = case("orthogonal")
    measured: dict[str, Any] = {key: Enclosure.from_json(ends) for key, ends in base.document["bounds"].items()}
    measured |= {"n": 5, "d": 5, "unit_rows": Verdict.PROVED, "definite": Verdict.PROVED}
    entry = assess("relu.width", measured, Request(delta=0.5)).to_json()
    entry.pop("kernel", None)
    place = [e["id"] for e in base.document["theorems"]].index("relu.width")
    assert status(changed(base, put(f"theorems/{place}", entry)), base.data) is not Status.CONFIRMED
    entry["witness"]["values"]["delta"] = 0.05
    assert status(changed(base, put(f"theorems/{place}", entry)), base.data) is not Status.CONFIRMED


def test_hypotheses_in_another_order_or_with_words_of_others() -> None:
    base = case("simplex")
    for identifier in ("relu.width", "du2019.gd"):
        place = f"theorems/{identifier}/hypotheses"
        assert status(changed(base, put(place, lambda h: h[::-1])), base.data) is not Status.CONFIRMED
        assert status(changed(base, put(place, lambda h: [*h, h[0]])), base.data) is not Status.CONFIRMED
        renamed = put(place, lambda h: [h[0], {**h[1], "id": "positive2"}, *h[2:]])
        assert status(changed(base, renamed), base.data) is not Status.CONFIRMED


@pytest.mark.parametrize("value", ["nan", "inf", "1/0", "0x10", "1e3", " 1", "1_0", "", True, None, [1.0], 2**12000])
def test_numbers_that_are_none(value: Any) -> None:
    base = case("erf")
    for key in ("lambda0", "norm_y", "n"):
        forged = changed(base, put(f"theorems/smooth.width/witness/values/{key}", value))
        assert status(forged, base.data) is not Status.CONFIRMED


@pytest.mark.parametrize(
    "witness", [{"parts": {"second": 1.0, "lift_weight": 1.0, "radius": 0.0}}, {"parts": 3}, [], 7, {"vector": [[1.0]]}]
)
def test_a_witness_of_another_shape_confirms_nothing_and_stops_nothing(witness: Any) -> None:
    base = case("general")
    assert status(changed(base, put("witness/lambda_min", witness)), base.data) is not Status.CONFIRMED


# --- kernel and data


KERNELS: dict[str, Callable[[Document], Any]] = {
    "a member nobody knows": put("kernel", lambda k: {**k, "weight_variance": 2.0}),
    "normalised, in every place": together(
        put("kernel/normalized", lambda old: not old), put("data/options", lambda o: {**o, "normalize": True})
    ),
    "another activation, in every place": together(
        put("kernel/activation", "erf(2*z)"), put("request/activation", "erf(2*z)")
    ),
    "one that is no text": put("kernel/activation", "erf(0*z)"),
    "ends with an exponent": put("bounds/lambda_min", lambda ends: {**ends, "exponent": 1}),
    "λ_max as λ_min": together(
        put("bounds/lambda_min", {"lower": 0.5, "upper": 1.0}), put("witness/lambda_min/vector", lambda v: v[::-1])
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KERNELS)
def test_another_kernel_is_not_this_one(name: str) -> None:
    base = case("erf")
    assert status(changed(base, KERNELS[name]), base.data) is not Status.CONFIRMED


def test_a_certificate_of_other_data_under_this_data_set_s_hash() -> None:
    base = case("erf")
    X, y = base.data
    for other in ((X * 1.5, y), (X[:, ::-1].copy(), y), (X, 2 * y)):
        forged = changed(base, put("data/sha256", Dataset(*other).sha256))
        report = check_certificate(forged, other)
        assert report.claim("data").status is Status.CONFIRMED
        # columns in another order have the same kernel: then everything but the hash was true anyway
        assert (report.status is Status.CONFIRMED) is (other[0] is not X and not np.array_equal(other[0], 1.5 * X))


FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "Fortran's order": np.asfortranarray,
    "big-endian": lambda a: a.astype(">f8"),
    "long double": lambda a: a.astype(np.longdouble),
    "a list": lambda a: a.tolist(),
    "a view with strides": lambda a: np.repeat(a, 2, axis=0)[::2],
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_numbers_in_another_form_are_the_same_data(form: str) -> None:
    base = case("erf")
    X, y = base.data
    report = check_certificate(base.document, (FORMS[form](X), FORMS[form](y)))
    assert report.status is Status.CONFIRMED
    assert check_certificate(base.document, (X, y[:, None])).status is Status.CONFIRMED


def test_other_numbers_or_shapes_are_other_data() -> None:
    base = case("erf")
    X, y = base.data
    for other in ((X.astype(np.float32), y), (X.T.copy(), y), (X.reshape(4, 6), y[:4]), (X, np.stack([y, y], 1))):
        assert status(base.document, other) is not Status.CONFIRMED
    for bad in ((X.astype(complex), y), (X[..., None], y), (X.astype(object), y), (X, y[:-1]), (X * np.nan, y)):
        with pytest.raises(InputError):
            check_certificate(base.document, bad)


# --- matrices


SINGULAR = np.array([[-1.0, 1.0], [1.0, -1.0]])
LARGE = np.array([[2e6, 1.0], [1.0, 2e6]])
INDEFINITE = np.diag([3.0, 2.0, 1.0, -1.0])


def test_negative_semidefinite_is_not_indefinite() -> None:
    document = certify_kernel(SINGULAR).certificate.to_json()
    assert document["definite"]["classification"] == "not positive semidefinite"
    assert status(document, SINGULAR) is Status.CONFIRMED
    for word in ("indefinite", "negative definite"):
        document["definite"]["classification"] = word
        assert status(rehash(document), SINGULAR) is Status.NOT_CONFIRMED
    document = certify_kernel(-np.eye(3)).certificate.to_json()
    assert document["definite"]["classification"] == "negative definite"
    document["bounds"]["lambda_max"] = {"lower": -1.0, "upper": 1.0}
    document["definite"]["classification"] = "indefinite"
    assert status(rehash(document), -np.eye(3)) is Status.NOT_CONFIRMED
    assert certify_kernel(INDEFINITE).certificate.definite["classification"] == "indefinite"  # type: ignore[index]


MATRICES: dict[str, tuple[np.ndarray, Callable[[Document], Any]]] = {
    "float16 where entries overflow": (LARGE, put("bounds", lambda b: {
        **b, "rounding_float16": {"lower": 0.0, "upper": 2000.0}})),
    "a float type where entries overflow": (LARGE, put("definite/float_types", lambda t: [
        *t, {"dtype": "float16", "unit_roundoff": 2.0**-11, "moves": {"lower": 0.0, "upper": 2000.0}}])),
    "a least movement": (LARGE, put("definite/float_types/0/moves", lambda m: {**m, "lower": m["upper"] / 2})),
    "a row from the end": (INDEFINITE, put("definite/obstruction", lambda o: {
        **o, "rows": [-1, *o["rows"][1:]]})),
    "rows that weigh least": (INDEFINITE, put("definite/obstruction", lambda o: {
        **o, "rows": o["rows"][1:], "weights": o["weights"][1:]})),
    "a row that is true": (INDEFINITE, put("definite/obstruction/pairs/0/rows", [True, False])),
    "one null vector, as true": (np.ones((2, 2)), put("definite/null_dimension", True)),
}  # fmt: skip


@pytest.mark.parametrize("name", MATRICES)
def test_forged_matrices(name: str) -> None:
    matrix, change = MATRICES[name]
    document = certify_kernel(matrix).certificate.to_json()
    assert status(document, matrix) is Status.CONFIRMED
    change(document)
    assert status(rehash(document), matrix) is not Status.CONFIRMED
