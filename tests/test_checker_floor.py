"""Certificates of a loss floor checked: the cut of the spectrum found again, forgeries refused."""

from __future__ import annotations

import copy
from fractions import Fraction
from functools import cache
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
from tampering import assert_values_refused, put, rehash
from test_checker_network import trained

from certify.arithmetic.balls import arb
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.cut import Cut
from certify.certificates.checker.problem import BallProblem
from certify.certificates.checker.report import NotConfirmed
from certify.theorems.given import decide_given
from certify.theorems.statements import GIVEN
from certify.workflows.network import NetworkRequest, certify_network

Document = dict[str, Any]
ID = "plstar.epsilon"


def document_of(activation: str = "tanh", **asked: Any) -> Document:
    model, data = trained(activation, 1.0)
    document: Document = certify_network(
        model, data, NetworkRequest(threads=1, floor=True, **asked)
    ).certificate.to_json()
    return document


@cache
def known() -> Document:
    return document_of()


def checked(document: Document, activation: str = "tanh") -> Any:
    model, data = trained(activation, 1.0)
    return check_certificate(document, data, weights=model)


@pytest.mark.parametrize(
    ("activation", "asked"),
    [
        ("tanh", {}),
        ("erf", {"loss": "mean"}),
        ("tanh", {"train": "all"}),
        ("sigmoid", {"train": "all", "loss": "sum"}),
        ("tanh", {"step_size": 0.01, "loss": "sum"}),
    ],
)
def test_a_genuine_floor_is_confirmed(activation: str, asked: dict[str, Any]) -> None:
    document = document_of(activation, **asked)
    assert document["theorems"][0]["id"] == ID
    report = checked(document, activation)
    assert [claim for claim in report.claims if claim.status is not Status.CONFIRMED] == []
    if document["verdict"] == "proved":
        assert ID in report.claim("verdict").because


def test_without_weights_it_is_not_checkable() -> None:
    _, data = trained("tanh", 1.0)
    report = check_certificate(known(), data)
    assert report.claim(f"theorems.{ID}.values").status is Status.NOT_CHECKABLE and not report.of(Status.NOT_CONFIRMED)


def forged(**changed: float) -> Document:
    """An entry in which everything follows from its numbers; the numbers are wrong."""
    document = copy.deepcopy(known())
    entry = document["theorems"][0]
    numbers = {**entry["witness"]["values"], **entry["witness"]["parameters"]}
    values = {k: Fraction(v) if isinstance(v, str) else v for k, v in numbers.items()}
    for name, factor in changed.items():
        values[name] = float(values[name]) * factor
    made = decide_given(GIVEN[ID][0], values, word=False).to_json()
    assert made["verdict"] == "proved"
    document["theorems"][0] = {
        **made,
        "claim": entry["claim"],
        "witness": {**made["witness"], "width": entry["witness"]["width"]},
        "constants": {**made["constants"], "loss": entry["constants"]["loss"]},
    }
    return rehash(document)


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("lambda_head", 1 + 1e-9),
        ("lambda_tail", 1 - 1e-9),
        ("tail_residual", 1 - 1e-9),
        ("residual", 1 - 1e-9),
        ("beta", 1 - 1e-9),
        ("jacobian_norm_squared", 0.4),
    ],
)
def test_a_number_past_its_truth_is_refused(name: str, factor: float) -> None:
    report = checked(forged(**{name: factor}))
    assert_values_refused(report, ID)


def test_the_same_entry_with_its_own_numbers_is_confirmed() -> None:
    assert checked(forged()).status is Status.CONFIRMED


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("constants/loss_floor", lambda e: {"lower": e["lower"] / 2, "upper": e["upper"] / 2}),
        ("constants/steps_to_floor", lambda e: {"lower": e["lower"] - 1, "upper": e["upper"] - 1}),
        ("constants/rate", lambda e: {"lower": e["lower"] * 0.999, "upper": e["upper"] * 0.999}),
        ("hypotheses", lambda listed: listed[:-1]),
        ("edition", 2),
        ("witness/variant", "linear"),
        ("witness/width", 301),
        ("witness/parameters/ball", lambda R: R / 2),
        ("claim", "gradient descent from these weights converges"),
    ],
)
def test_other_forgeries_are_refused(place: str, value: Any) -> None:
    document = copy.deepcopy(known())
    put(f"theorems/{ID}/{place}", value)(document)
    assert checked(rehash(document)).status is Status.NOT_CONFIRMED


def test_a_floor_is_not_convergence_to_zero() -> None:
    document = copy.deepcopy(known())
    document["claim"] = "gradient descent from these weights converges linearly to an exact zero of the loss"
    document["request"].pop("floor")
    assert document["theorems"][1]["verdict"] != "proved"
    report = checked(rehash(document))
    assert report.claim(f"theorems.{ID}.verdict").status is Status.CONFIRMED
    assert report.claim("verdict").status is Status.NOT_CONFIRMED


def _problem(A: np.ndarray) -> BallProblem:
    rows = [[arb(x) for x in row] for row in A.tolist()]
    return BallProblem(len(A), lambda bits: flint.arb_mat(rows), "a matrix")


def test_the_part_below_a_cut_against_mpmath() -> None:
    """Clusters on both sides of the cut, and a residual that lies almost wholly above it."""
    rng = np.random.default_rng(4)
    basis = np.linalg.qr(rng.standard_normal((9, 9)))[0]
    A = basis @ np.diag([3.0, 3.0, 3.0, 2.0, 0.5, 0.5, 0.25, 0.0, 1e-3]) @ basis.T
    A = (A + A.T) / 2
    e = basis[:, 0] + 1e-9 * basis[:, 6]
    with mpmath.workdps(60):
        values, vectors = mpmath.eigsy(mpmath.matrix(A.tolist()))
        parts = [mpmath.fdot(vectors[:, k], mpmath.matrix(e.tolist())) for k in range(9) if values[k] < 1]
        true = mpmath.sqrt(mpmath.fsum(part**2 for part in parts))
    assert 0 < true < 1e-8
    cut = Cut(_problem(A), Fraction(19, 10), Fraction(6, 10))
    found = cut.below([arb(x) for x in e.tolist()])
    assert cut.index == 4 and float(found.mid()) == pytest.approx(float(true), rel=1e-12)
    assert bool(found >= arb(mpmath.nstr(true, 30)) * (1 - arb(2) ** -80))


def test_a_cut_through_an_eigenvalue_is_refused() -> None:
    A = np.diag([4.0, 3.0, 2.0, 1.0])
    for head, tail in (
        (Fraction(5, 2), Fraction(3, 2)),
        (Fraction(7, 2), Fraction(5, 2)),
        (Fraction(5), Fraction(9, 2)),
    ):
        with pytest.raises(NotConfirmed):
            Cut(_problem(A), Fraction(head), Fraction(tail))
    assert Cut(_problem(A), Fraction(1, 2), Fraction(0)).below([arb(1)] * 4) == 0
