"""Runs of ReLU networks checked: followed again while every sign is certain, forgeries refused."""

from __future__ import annotations

import copy
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from tampering import put, rehash, together

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.replay import Course, distance
from certify.certificates.checker.report import NotCheckable
from certify.data import Dataset, load
from certify.workflows.run import RunRequest, certify_run

Document = dict[str, Any]
ENTRY = "theorems/relu.gd"


@cache
def genuine() -> tuple[Document, Dataset, dict[str, np.ndarray]]:
    data = load("sphere:n=5,d=8,seed=0")
    result = certify_run(data, RunRequest(width=256, activation="relu", threads=1))
    document: Document = result.certificate.to_json()
    assert document["verdict"] == "proved" and document["run"]["steps"] > 0
    return document, data, {"W": result.weights["W"], "v": result.weights["a"]}


def test_a_genuine_run_is_confirmed() -> None:
    document, data, weights = genuine()
    report = check_certificate(document, data, weights=weights)
    assert [claim for claim in report.claims if claim.status is not Status.CONFIRMED] == []
    assert report.claim("verdict").because == "relu.gd"


FORGERIES = {
    "no distance": together(
        put(f"{ENTRY}/witness/values/distance", 0.0), put(f"{ENTRY}/constants/distance", {"lower": 0.0, "upper": 0.0})
    ),
    "action": put(f"{ENTRY}/witness/values/action", lambda T: T * (1 - 1e-6)),
    "change": put(f"{ENTRY}/witness/values/kernel_change", lambda e: e * 0.9),
    "seed": put("request/seed", 3),
    "steps": put("run/steps", lambda k: k - 1),
    "step size": put("witness/step_size", 0.25),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_runs_are_refused(name: str) -> None:
    document, data, weights = genuine()
    forged = copy.deepcopy(document)
    FORGERIES[name](forged)
    assert check_certificate(rehash(forged), data, weights=weights).status is Status.NOT_CONFIRMED


def test_the_run_followed_again_is_exact_rational_descent() -> None:
    rng = np.random.default_rng(2)
    X, y, W = rng.standard_normal((3, 2)), rng.standard_normal(3), rng.standard_normal((4, 2))
    half, a, eta, steps = Fraction(1, 2), [1, -1, 1, -1], Fraction(1, 8), 4
    w = [[Fraction(v) for v in row] for row in W.tolist()]
    rows, targets = [[Fraction(v) for v in row] for row in X.tolist()], [Fraction(v) for v in y.tolist()]
    for _ in range(steps):
        z = [[sum(p * q for p, q in zip(r, x, strict=True)) for r in w] for x in rows]
        e = [
            sum(c * max(t, 0) for c, t in zip(a, zi, strict=True)) * half - t for zi, t in zip(z, targets, strict=True)
        ]
        w = [
            [
                v - eta * a[r] * sum(e[i] * (z[i][r] > 0) * rows[i][j] for i in range(3)) * half
                for j, v in enumerate(row)
            ]
            for r, row in enumerate(w)
        ]
    final = np.array([[float(v) for v in row] for row in w])
    course = Course(X, y, W, np.array(a, dtype=float), "relu", Fraction(1, 4), eta, arb(20), arb(0))
    for shift in (0.0, 1e-9):
        moved = final.copy()
        moved[1, 1] += shift
        with precision(300):
            exact = sum(
                (arb(v - Fraction(moved[r, j])) ** 2 for r, row in enumerate(w) for j, v in enumerate(row)), arb(0)
            )
            found = distance(course, steps, moved, Fraction(1, 10**12), exact=False)
            assert bool(found >= exact.sqrt()) and float(found.mid()) == pytest.approx(
                float(exact.sqrt().mid()), rel=1e-3
            )


def test_a_sign_that_is_not_certain_stops_it() -> None:
    X, y, W = np.array([[1.0, 0.0]]), np.array([1.0]), np.array([[0.0, 1.0]])
    course = Course(X, y, W, np.ones(1), "relu", Fraction(1), Fraction(1, 8), arb(1), arb(0))
    with pytest.raises(NotCheckable):
        distance(course, 1, W, Fraction(1, 1000), exact=False)
