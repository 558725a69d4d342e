"""Certificates of runs checked: initial weights drawn again, the run followed again, forgeries refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from tampering import put, rehash, together

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.frozen import initial_weights as drawn_again
from certify.certificates.checker.replay import Course, distance
from certify.data import Dataset, load
from certify.networks.initial import initial_weights
from certify.workflows.run import RunRequest, certify_run

Document = dict[str, Any]
ENTRY = "theorems/plstar.gd"


def open_claims(report: Any) -> list[Any]:
    return [claim for claim in report.claims if claim.status is not Status.CONFIRMED]


@cache
def genuine_run() -> tuple[Document, Dataset, np.ndarray]:
    data = load("sphere:n=8,d=6,seed=1")
    result = certify_run(data, RunRequest(width=200, threads=1, seed=3, loss="sum"))
    document: Document = result.certificate.to_json()
    assert document["verdict"] == "proved" and document["run"]["steps"] > 0
    return document, data, np.array(result.weights["W"])


@pytest.mark.parametrize(
    "asked", [(8, 3, "paired", 0), (7, 2, "independent", 123456789), (90, 20, "paired", 2**64 - 1)]
)
def test_initial_weights_are_drawn_again(asked: tuple[int, int, str, int]) -> None:
    for mine, theirs in zip(drawn_again(*asked), initial_weights(*asked), strict=True):
        assert np.array_equal(mine, theirs)


def test_the_run_followed_again_contains_exact_descent() -> None:
    """Against 400 digits, and against a start that is shifted: the distance is noticed."""
    rng = np.random.default_rng(2)
    X, y, W = rng.standard_normal((3, 2)), rng.standard_normal(3), rng.standard_normal((4, 2))
    a, eta, s = np.array([1.0, -1.0, 1.0, -1.0]), Fraction(1, 3), 0.5
    course = Course(X, y, W, a, "tanh", Fraction(1, 4), eta, arb(20), arb(30))
    with precision(1400):
        w = [[arb(v) for v in row] for row in W.tolist()]
        for _ in range(7):
            z = [[sum((p * arb(v) for p, v in zip(row, x, strict=True)), arb(0)) for row in w] for x in X.tolist()]
            e = [
                sum((arb(s) * arb(float(c)) * t.tanh() for c, t in zip(a, row, strict=True)), arb(0)) - arb(t_i)
                for row, t_i in zip(z, y.tolist(), strict=True)
            ]
            w = [
                [
                    value
                    - arb(eta) * arb(s) * arb(float(a[r]))
                    * sum((e[i] / z[i][r].cosh() ** 2 * arb(float(X[i, j])) for i in range(3)), arb(0))
                    for j, value in enumerate(row)
                ]
                for r, row in enumerate(w)
            ]  # fmt: skip
        final = np.array([[float(v.mid()) for v in row] for row in w])
        exact = sum(((w[r][j] - arb(final[r, j])) ** 2 for r in range(4) for j in range(2)), arb(0)).sqrt()
    for shift in (0.0, 1e-9):
        moved = final.copy()
        moved[0, 0] += shift
        found = distance(course, 7, moved, Fraction(1, 10**12), exact=False)
        assert bool(found >= exact) and float(found.mid()) == pytest.approx(max(shift, float(exact.mid())), rel=1e-3)


RUNS: dict[str, Callable[[Document], Any]] = {
    "another seed": put("request/seed", 4),
    "another initialisation": put("request/init", "independent"),
    "another scale": put("request/alpha", 1.5),
    "another width": put("request/width", 198),
    "one step more": together(
        put("run/steps", lambda k: k + 1), put(f"{ENTRY}/claim", lambda c: f"{c.rsplit(' ', 2)[0]} 1 on")
    ),
    "fewer steps allowed": put("request/steps", 1),
    "no distance": together(
        put(f"{ENTRY}/witness/values/distance", 0.0), put(f"{ENTRY}/constants/distance", {"lower": 0.0, "upper": 0.0})
    ),
    "a distance below the rounding": together(
        put(f"{ENTRY}/witness/values/distance", 1e-18),
        put(f"{ENTRY}/constants/distance", {"lower": 0.0, "upper": 1e-18}),
    ),
    "a least distance": put(f"{ENTRY}/constants/distance", lambda e: {**e, "lower": e["upper"] / 2}),
    "a smaller distance in the constant": put(f"{ENTRY}/constants/distance", {"lower": 0.0, "upper": 0.0}),
    "first step": put(f"{ENTRY}/constants/first_certified_step", {"lower": 0, "upper": 0}),
    "step size": put("witness/step_size", lambda v: f"{Fraction(v) * 2}" if isinstance(v, str) else 2 * v),
    "step size in the log": put("run/step_size", lambda v: 2 * v),
    "hash of weights": put("witness/weights_sha256", "0" * 64),
    "claim": put("claim", "the run converges"),
    "checkpoints": put("run/checkpoints", lambda points: points[:-1]),
}  # fmt: skip


def test_a_genuine_run_is_confirmed() -> None:
    document, data, W = genuine_run()
    report = check_certificate(document, data, weights={"W": W, "a": np.ones(len(W))})
    assert open_claims(report) == []
    assert "followed in ball arithmetic" in report.claim("theorems.plstar.gd.values").because
    without = check_certificate(document, data)
    assert without.exit_status == 1 and not without.of(Status.NOT_CONFIRMED)


@pytest.mark.parametrize("name", RUNS)
def test_forged_runs_are_refused(name: str) -> None:
    document, data, W = genuine_run()
    forged = copy.deepcopy(document)
    RUNS[name](forged)
    assert (
        check_certificate(rehash(forged), data, weights={"W": W, "v": np.ones(len(W))}).status is not Status.CONFIRMED
    )


def test_final_weights_that_the_run_did_not_reach() -> None:
    """Everything at these weights is true, and they carry their own hash; but the run ends elsewhere."""
    document, data, W = genuine_run()
    forged = copy.deepcopy(document)
    moved = W.copy()
    moved[0, 0] += 1e-7
    import hashlib

    forged["witness"]["weights_sha256"] = hashlib.sha256(moved.tobytes()).hexdigest()
    report = check_certificate(rehash(forged), data, weights={"W": moved, "v": np.ones(len(W))})
    assert report.claim("theorems.plstar.gd.constants.distance").status is Status.NOT_CONFIRMED


def test_a_run_too_long_to_follow_is_not_checkable(monkeypatch: pytest.MonkeyPatch) -> None:
    document, data, W = genuine_run()
    monkeypatch.setattr("certify.certificates.checker.replay.MOST_VALUES", 100)
    report = check_certificate(document, data, weights={"W": W, "v": np.ones(len(W))})
    found = report.claim("theorems.plstar.gd.values")
    assert found.status is Status.NOT_CHECKABLE and "--exact" in found.because
    assert report.claim("bounds.lambda_min.lower").status is Status.CONFIRMED


def test_what_the_checker_does_not_know_is_not_called_false() -> None:
    data = load("sphere:n=6,d=8,seed=0")
    assert data.y is not None
    data = Dataset(data.X, np.stack([data.y, -data.y], axis=1))
    result = certify_run(data, RunRequest(width=512, activation="tanh", threads=1, steps=50))
    report = check_certificate(result.certificate, data, weights={"W": result.weights["W"], "v": result.weights["a"]})
    assert report.of(Status.NOT_CHECKABLE) and not report.of(Status.NOT_CONFIRMED)
