"""Certificates of mini-batch SGD checked: the theorem's numbers derived again at the exact run's end."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from tampering import assert_values_refused, put, rehash, together

from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.tangent import Tangent
from certify.certificates.checker.weights import PlainNetwork
from certify.data import Dataset, load
from certify.networks.initial import initial_weights
from certify.theorems.given import decide_given
from certify.theorems.statements import variant
from certify.workflows.run import RunRequest, certify_run

Document = dict[str, Any]
ID = "plstar.sgd"
ENTRY = f"theorems/{ID}"
DATA = "sphere:n=4,d=8,seed=0"


@cache
def genuine(sampling: str = "replacement", loss: str = "half-sum", steps: int = 10000) -> tuple[Document, Dataset, Any]:
    data = load(DATA)
    asked = RunRequest(width=512, steps=steps, batch=3, threads=1, activation="tanh", sampling=sampling, loss=loss)
    result = certify_run(data, asked)
    document: Document = result.certificate.to_json()
    return document, data, {"W": result.weights["W"], "v": result.weights["a"]}


@pytest.mark.parametrize("asked", [("replacement", "half-sum"), ("subset", "mean"), ("replacement", "sum", 2)])
def test_a_genuine_certificate_is_confirmed(asked: Any) -> None:
    document, data, weights = genuine(*asked)
    assert document["verdict"] == ("proved" if len(asked) == 2 else "undecided")
    report = check_certificate(document, data, weights=weights)
    assert [claim for claim in report.claims if claim.status is not Status.CONFIRMED] == []
    assert "followed in ball arithmetic" in report.claim(f"theorems.{ID}.values").because
    without = check_certificate(document, data)
    assert not without.of(Status.NOT_CONFIRMED) and without.exit_status == 1


def forged(sampling: str = "replacement", **changed: float) -> Document:
    """An entry in which everything follows from its numbers; the numbers are wrong."""
    document = copy.deepcopy(genuine(sampling)[0])
    entry = document["theorems"][0]
    numbers = {**entry["witness"]["values"], **entry["witness"]["parameters"]}
    values = {k: Fraction(v) if isinstance(v, str) else v for k, v in numbers.items()}
    for name, factor in changed.items():
        values[name] = float(values[name]) * factor
    made = decide_given(variant(ID, sampling), values, word=False).to_json()
    assert made["verdict"] == "proved"
    kept = {name: entry["constants"][name] for name in ("loss", "distance", "first_certified_step")}
    document["theorems"][0] = {
        **made,
        "claim": entry["claim"],
        "witness": {**made["witness"], "width": entry["witness"]["width"]},
        "constants": {**made["constants"], **kept},
    }
    return rehash(document)


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("sigma_squared", 1 + 1e-8),
        ("residual", 1 - 1e-7),
        ("beta", 1 - 1e-9),
        ("jacobian_norm_squared", 0.99),
        ("gradient_norm_squared", 0.99),
    ],
)
def test_a_number_past_its_truth_is_refused(name: str, factor: float) -> None:
    _, data, weights = genuine()
    report = check_certificate(forged(**{name: factor}), data, weights=weights)
    assert_values_refused(report, ID)


@pytest.mark.parametrize("changed", [{"batch": 2.0}, {"n": 0.75}, {"delta": 1.2}])
def test_numbers_of_the_request_are_the_requests(changed: dict[str, float]) -> None:
    _, data, weights = genuine()
    report = check_certificate(forged(**changed), data, weights=weights)
    assert report.claim(f"theorems.{ID}.verdict").status is not Status.CONFIRMED
    assert report.status is Status.NOT_CONFIRMED


def test_the_same_entry_with_its_own_numbers_is_confirmed() -> None:
    _, data, weights = genuine()
    assert check_certificate(forged(), data, weights=weights).status is Status.CONFIRMED


FORGERIES: dict[str, Callable[[Document], Any]] = {
    "probability": put(f"{ENTRY}/constants/probability", {"lower": 0.99, "upper": 0.99}),
    "delta asked": put("request/delta", 0.01),
    "batch asked": put("request/batch", 2),
    "sampling": put("request/sampling", "subset"),
    "no distance": put(f"{ENTRY}/constants/distance", {"lower": 0.0, "upper": 0.0}),
    "nothing of the distance": put(f"{ENTRY}/constants/distance", {"lower": 0.0, "upper": None}),
    "radius": put(f"{ENTRY}/constants/radius", lambda e: {"lower": e["lower"] / 2, "upper": e["upper"] / 2}),
    "first step": put(f"{ENTRY}/constants/first_certified_step", {"lower": 0, "upper": 0}),
    "another step size of the run": put("witness/step_size", 0.25),
    "variant": put(f"{ENTRY}/witness/variant", "linear"),
    "seed": put("request/seed", 5),
    "claim of descent": together(
        put("claim", "exact gradient descent from the initial weights converges to an exact zero of the loss, "
            "linearly from a step on that is named"),
        put("request/batch", None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused(name: str) -> None:
    document, data, weights = genuine()
    changed = copy.deepcopy(document)
    FORGERIES[name](changed)
    assert check_certificate(rehash(changed), data, weights=weights).status is not Status.CONFIRMED


def test_the_diagonal_of_the_kernel_is_the_samples_gradients() -> None:
    """Against differences of the network's outputs, in 40 digits."""
    import mpmath

    rng = np.random.default_rng(1)
    X, (W, v) = rng.standard_normal((3, 2)), initial_weights(4, 2, "independent", 1)
    network = PlainNetwork(((W, None),), v, None, 1.0)
    tangent = Tangent(PlainData(X, np.zeros(3)), network, "tanh", "first", False)
    with mpmath.workdps(40):
        h = mpmath.mpf(10) ** -20

        def output(i: int, r: int, j: int, step: Any) -> Any:
            total = mpmath.mpf(0)
            for k in range(4):
                z = mpmath.fsum(mpmath.mpf(W[k, c]) * mpmath.mpf(X[i, c]) for c in range(2))
                z += step * mpmath.mpf(X[i, j]) if k == r else 0
                total += mpmath.mpf(v[k]) * mpmath.tanh(z)
            return total / 2

        for i in range(3):
            slopes = [(output(i, r, j, h) - output(i, r, j, -h)) / (2 * h) for r in range(4) for j in range(2)]
            assert float(tangent.diagonal(i).mid()) == pytest.approx(
                float(mpmath.fsum(s * s for s in slopes)), rel=1e-12
            )
