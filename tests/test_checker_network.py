"""Certificates of networks checked: derived again from data and weights, and forgeries refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from conftest import Command
from network_fixtures import exact_forward, two_layer
from tampering import at, drop, inward, put, rehash, together

from certify.arithmetic.balls import arb
from certify.certificates.checker import Status, check_certificate, compare_machines, difference
from certify.certificates.checker.problem import FloatProblem
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.tangent import Tangent
from certify.certificates.checker.weights import PlainNetwork
from certify.data import Dataset, load
from certify.errors import InputError
from certify.networks.files import Layer, Model
from certify.workflows.network import NetworkRequest, certify_network
from certify.workflows.run import RunRequest, certify_run

Document = dict[str, Any]
ENTRY = "theorems/plstar.gd"


@cache
def trained(activation: str = "tanh", miss: float = 0.01, width: int = 300) -> tuple[Model, Dataset]:
    """A network whose targets it nearly fits."""
    model, X, y = two_layer(5, 7, width, 3, activation)
    residual, _ = exact_forward(model, X, np.zeros(5))
    return model, Dataset(X, np.array([float(e.mid()) for e in residual]) + miss * y)


@cache
def genuine() -> Document:
    model, data = trained()
    request = NetworkRequest(threads=1, loss="mean", target_loss=1e-9, fraction=1e-3)
    document: Document = certify_network(model, data, request).certificate.to_json()
    assert document["verdict"] == "proved"
    return document


def open_claims(report: Any) -> list[Any]:
    return [claim for claim in report.claims if claim.status is not Status.CONFIRMED]


# --- genuine ones


@pytest.mark.parametrize("activation", ["tanh", "erf", "softplus", "sigmoid"])
@pytest.mark.parametrize("miss", [0.01, 1.0])
def test_a_genuine_network_is_confirmed(activation: str, miss: float) -> None:
    model, data = trained(activation, miss)
    report = check_certificate(certify_network(model, data, NetworkRequest(threads=1)).certificate, data, weights=model)
    assert open_claims(report) == [] and report.exit_status == 0


@pytest.mark.parametrize("change", [{"alpha": None}, {"offset": None}, {"offset": -2.5}])
def test_other_parametrisations(change: dict[str, Any]) -> None:
    model, data = trained()
    model = replace(model, **change)
    plain = Model((Layer(model.hidden[0].weights, None),), model.outer, model.offset, model.alpha, "tanh")
    for network in (model, plain):
        certificate = certify_network(network, data, NetworkRequest(threads=1, step_size=0.25)).certificate
        assert open_claims(check_certificate(certificate, data, weights=network)) == []


def test_what_a_certificate_says_with_losses_and_targets() -> None:
    model, data = trained()
    report = check_certificate(genuine(), data, weights=model)
    assert open_claims(report) == []
    names = {claim.claim.rpartition(".")[2] for claim in report.claims}
    assert {"steps_to_target_loss", "step_size_for_mean_loss", "loss_threshold_for_mean_loss"} <= names
    mapping = {**model.arrays(), "c": np.array([model.offset]), "alpha": np.array(model.alpha)}
    assert check_certificate(genuine(), data, weights=mapping).status is Status.CONFIRMED


def test_the_float_route(monkeypatch: pytest.MonkeyPatch) -> None:
    model, data = trained()
    monkeypatch.setattr("certify.certificates.checker.tangent.BALL_ROWS", 0)
    report = check_certificate(genuine(), data, weights=model)
    assert open_claims(report) == [] and any("LAPACK" in route for route in report.routes) and len(report.assumed) == 2
    assert not any("LAPACK" in r for r in check_certificate(genuine(), data, exact=True, weights=model).routes)


def test_without_weights_or_data_nothing_about_them_is_confirmed() -> None:
    model, data = trained()
    for given in ({"data": data}, {"weights": model}, {}):
        report = check_certificate(genuine(), **given)  # type: ignore[arg-type]
        assert report.exit_status == 1 and not report.of(Status.NOT_CONFIRMED)
        for name in ("bounds.lambda_min.lower", "definite", "theorems.plstar.gd.values", "verdict"):
            assert report.claim(name).status is Status.NOT_CHECKABLE


def test_other_weights_are_other_weights() -> None:
    model, data = trained()
    layer, bit = model.hidden[0], model.hidden[0].weights.copy()
    bit[3, 2] = np.nextafter(bit[3, 2], 9)
    for other in (
        replace(model, hidden=(Layer(bit, layer.bias),)),
        replace(model, outer=-model.outer),
        replace(model, offset=0.0),
        replace(model, alpha=1.5),
        replace(model, hidden=(Layer(layer.weights[::-1].copy(), layer.bias),)),
    ):
        assert check_certificate(genuine(), data, weights=other).claim("weights").status is Status.NOT_CONFIRMED
    for bad in (
        {"W": bit},
        {**model.arrays(), "alpha": np.array(-1.0)},
        {"W": bit * np.nan, "v": model.outer},
        {"W": bit, "v": model.outer[1:]},
        {"v": bit},
    ):
        with pytest.raises(InputError):
            check_certificate(genuine(), data, weights=bad)


# --- parts against oracles


@pytest.mark.parametrize("trained_part", ["first", "all"])
@pytest.mark.parametrize("offset", [None, 0.5])
def test_kernel_and_residual_against_the_jacobian(trained_part: str, offset: float | None) -> None:
    """The Jacobian by complex steps: no cancellation, right to the last digits."""
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((4, 3)), rng.standard_normal(4)
    shapes = {"W1": (5, 3), "b1": (5,), "v": (5,)} if trained_part == "first" else {
        "W1": (5, 3), "b1": (5,), "W2": (4, 5), "W3": (3, 4), "b3": (3,), "v": (3,)
    }  # fmt: skip
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    if offset is not None:
        arrays["c"] = np.array([offset])
    names = ["W1", "b1"] if trained_part == "first" else list(arrays)
    alpha = 0.75

    def outputs(parameters: dict[str, Any]) -> Any:
        h, k = X.astype(complex), 1
        while f"W{k}" in parameters:
            h = np.tanh(h @ parameters[f"W{k}"].T + parameters.get(f"b{k}", 0.0))
            k += 1
        return alpha / np.sqrt(len(arrays["v"])) * (h @ parameters["v"]) + parameters.get("c", 0.0)

    columns = []
    for name in names:
        for place in np.ndindex(arrays[name].shape):
            moved = {key: value.astype(complex) for key, value in arrays.items()}
            moved[name][place] += 1e-30j
            columns.append(outputs(moved).imag / 1e-30)
    J = np.array(columns).T
    tangent = Tangent(
        PlainData.of((X, y)), PlainNetwork.of({**arrays, "alpha": alpha}), "tanh", trained_part, exact=False
    )
    found = np.array([[float(entry.mid()) for entry in row] for row in tangent.kernel().matrix(128).tolist()])  # type: ignore[attr-defined]
    assert np.allclose(found, J @ J.T, rtol=1e-13, atol=1e-13)
    assert float(tangent.norm().mid()) == pytest.approx(np.linalg.norm(outputs(arrays).real - y), rel=1e-13)
    floats = FloatProblem(4, tangent._kernel_rows, arb(1), "test")
    assert np.allclose(floats.M * 2.0**floats.exponent, found, rtol=1e-15)


# --- forgeries


def mutations() -> dict[str, Callable[[Document], Any]]:
    document = genuine()
    entry = at(document, ENTRY)
    found: dict[str, Callable[[Document], Any]] = {
        "claim": put("claim", "gradient descent converges in one step"),
        "refuted": put("verdict", "refuted"),
        "entry refuted": put(f"{ENTRY}/verdict", "refuted"),
        "entry's claim": put(f"{ENTRY}/claim", lambda c: c.replace("the first layer", "all layers")),
        "boundary": put(f"{ENTRY}/witness/variant", "boundary"),
        "longer steps": put(f"{ENTRY}/witness/variant", "long-step"),
        "edition": put(f"{ENTRY}/edition", 2),
        "assumption dropped": put(f"{ENTRY}/assumed", []),
        "conclusion": put(f"{ENTRY}/conclusion", "L(1) = 0"),
        "width": put(f"{ENTRY}/witness/width", 299),
        "a number dropped": drop(f"{ENTRY}/witness/values/distance"),
        "a number smuggled in": put(f"{ENTRY}/witness/values", lambda v: {**v, "mu": 1.0}),
        "negative distance": put(f"{ENTRY}/witness/values/distance", -0.1),
        "negative ball": put(f"{ENTRY}/witness/parameters/ball", -1.0),
        "no ball": put(f"{ENTRY}/witness/parameters/ball", 0.0),
        "step size asked": put("request/step_size", 0.1),
        "loss asked": put("request/loss", "sum"),
        "target asked": put("request/target_loss", 1e-11),
        "fraction asked": put("request/fraction", 1e-4),
        "all trained": together(put("network/trained", "all"), put("request/train", "all")),
        "nothing trained": put("network/trained", "none"),
        "scale": put("network/alpha", 2.0),
        "hash of weights": put("network/sha256", "0" * 64),
        "widths": put("network/widths", [299]),
        "kernel's widths": put("kernel/widths", [299]),
        "kernel's depth": put("kernel/depth", 2),
        "kernel's bias": put("kernel/bias", False),
        "kernel's place": put("kernel/at", "initialisation"),
        "kernel's activation": put("kernel/activation", "erf"),
        "activation everywhere": together(put("kernel/activation", "erf"), put("network/activation", "erf")),
        "a kernel nobody knows": put("kernel", lambda k: {**k, "stride": 2}),
        "normalised": put("kernel/normalized", True),
        "quartic's s": put("witness/quartic/s", 0.9),
        "quartic's bound": put("witness/quartic/lambda_max", lambda e: {"lower": 0.0, "upper": e["upper"] / 2}),
        "vector": put("witness/lambda_min/vector", lambda v: v[::-1]),
        "no vector": put("witness/lambda_max/vector", None),
        "definite refuted": put("definite/verdict", "refuted"),
        "assumptions": put("assumed", []),
        "a bound nobody knows": put("bounds", lambda b: {**b, "gap": {"lower": 0.0, "upper": 1.0}}),
        "a constant nobody knows": put(f"{ENTRY}/constants", lambda b: {**b, "gap": {"lower": 0.0, "upper": 1.0}}),
    }
    for key, factor in (("sigma_squared", 1 + 1e-9), ("residual", 1 - 1e-9), ("beta", 1 - 1e-9)):
        found[f"{key} × {factor}"] = put(f"{ENTRY}/witness/values/{key}", lambda v, f=factor: v * f)
    found["‖J‖²"] = put(f"{ENTRY}/witness/values/jacobian_norm_squared", lambda v: v * (1 - 1e-9))
    for key, ends in document["bounds"].items():
        for end, factor in (("lower", 1e-9), ("upper", -1e-9)):
            value = ends[end]
            if value:
                past = ends["upper" if end == "lower" else "lower"] * (1 + factor)
                found[f"{end} end of {key}"] = put(
                    f"bounds/{key}",
                    {**ends, end: past}
                    if end == "upper" and (past >= (ends["lower"] or 0.0))
                    else {"lower": past, "upper": past},
                )
    for key, ends in entry["constants"].items():
        for what, tighter in inward(ends):
            found[f"{key}: {what}"] = put(f"{ENTRY}/constants/{key}", tighter)
    for i, hypothesis in enumerate(entry["hypotheses"]):
        found[f"hypothesis {i} dropped"] = drop(f"{ENTRY}/hypotheses/{i}")
        for what, tighter in inward(hypothesis["margin"]):
            found[f"margin {i}: {what}"] = put(f"{ENTRY}/hypotheses/{i}/margin", tighter)
    return found


#: Ends that are not the tightest: what is derived again is still inside when they move by an ulp.
LOOSE = (
    "q_x_squared",
    "loss: lower moved in by ulp",
    "loss: upper moved in by ulp",
    "loss_threshold_for_mean_loss: upper",
)


def test_forged_networks_are_refused() -> None:
    model, data = trained()
    accepted, tried = [], 0
    for name, change in mutations().items():
        if any(word in name for word in LOOSE):
            continue
        document = copy.deepcopy(genuine())
        change(document)
        tried += 1
        try:
            found = check_certificate(rehash(document), data, weights=model).status
        except InputError:
            found = Status.NOT_CONFIRMED
        if found is Status.CONFIRMED:
            accepted.append(name)
    assert not accepted and tried > 80


def test_from_the_shell(certify_here: Command) -> None:
    """A run's weights are written beside its certificate, are a network of their own, and both are confirmed."""
    source = ("--data", "sphere:n=8,d=8,seed=0")
    assert certify_here("run", *source, "--width", "200", "-o", "run.json", "-o", "run.npz", "-q").returncode == 0
    checked = certify_here("check", "run.json", *source, "--weights", "run.npz")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert certify_here("check", "run.json", *source).returncode == 1
    assert certify_here("network", "run.npz", *source, "-o", "network.json", "-q").returncode == 0
    checked = certify_here("check", "network.json", *source, "--weights", "run.npz", "--all")
    assert checked.returncode == 0 and "ball arithmetic" in checked.stdout
    wrong = certify_here("check", "network.json", *source, "--weights", "run.json")
    assert wrong.returncode == 2 and len(wrong.stderr.splitlines()) == 1


def test_differences_and_consistency_of_networks() -> None:
    model, data = trained()
    request = NetworkRequest(threads=1)
    first = certify_network(model, data, request).certificate
    other = certify_network(replace(model, offset=0.5), data, request).certificate
    places = {change.place for change in difference(first, other).changes}
    assert {"network.sha256", "bounds.residual"} <= places and "data.sha256" not in places
    assert compare_machines(first, first).consistent and not compare_machines(first, other).comparable


@pytest.mark.parametrize(("train", "outputs"), [("last", 1), ("all", 2)])
def test_networks_beyond_the_checker_are_not_called_false(train: str, outputs: int) -> None:
    rng = np.random.default_rng(0)
    X, W, v = rng.standard_normal((5, 6)), rng.standard_normal((40, 6)), rng.choice([-1.0, 1.0], 40)
    model, y = Model((Layer(W, None),), v, None, 1.0, "tanh"), rng.standard_normal(5)
    if outputs > 1:
        model, y = replace(model, outer=np.stack([v, -v[::-1]])), np.stack([y, -y], axis=1)
    certificate = certify_network(model, Dataset(X, y), NetworkRequest(threads=1, train=train)).certificate
    report = check_certificate(certificate, Dataset(X, y), weights=model)
    assert not report.of(Status.NOT_CONFIRMED) and report.of(Status.NOT_CHECKABLE)


def test_the_number_of_threads_changes_no_claim() -> None:
    model, data = trained()
    networks = {certify_network(model, data, NetworkRequest(threads=k)).certificate.claims_sha256 for k in (1, 2)}
    source = load("sphere:n=8,d=6,seed=1")
    runs = {certify_run(source, RunRequest(width=64, steps=20, threads=k)).certificate.claims_sha256 for k in (1, 2)}
    assert len(networks) == len(runs) == 1
