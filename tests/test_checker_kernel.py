"""Certificates of kind ``kernel`` checked: genuine ones confirmed, tampered ones not."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flint
import numpy as np
import pytest
from conftest import Command

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.definite import log_determinant
from certify.certificates.document import claims_sha256
from certify.errors import InputError
from certify.workflows import certify_kernel


def gram(n: int, d: int, seed: int = 0) -> np.ndarray:
    X = np.random.default_rng(seed).standard_normal((n, d))
    return X @ X.T


SYMMETRIC = (gram(12, 30) + gram(12, 30).T) / 2
MATRICES: dict[str, tuple[np.ndarray, bool]] = {
    "one entry": (np.array([[2.0]]), False),
    "integers": (np.array([[2.0, 1.0], [1.0, 2.0]]), False),
    "positive": (SYMMETRIC, False),
    "symmetrised": (SYMMETRIC + np.triu(np.full((12, 12), 1e-9), 1), True),
    "indefinite": (SYMMETRIC - 30.0 * np.eye(12), False),
    "negative": (-SYMMETRIC, False),
    "zero diagonal": (np.array([[0.0, 1.0], [1.0, 2.0]]), False),
    "identical rows": (np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 1]]), False),
    "exactly singular": (np.array([[2.0, 1, 3], [1, 1, 2], [3, 2, 5]]), False),
    "hilbert": (1.0 / (np.add.outer(np.arange(9.0), np.arange(9.0)) + 1), False),
    "float32": (SYMMETRIC.astype(np.float32), False),
    "tiny": (1e-300 * SYMMETRIC, False),
    "zero": (np.zeros((3, 3)), False),
}


@pytest.mark.parametrize("name", MATRICES)
def test_a_genuine_certificate_is_confirmed(name: str) -> None:
    matrix, symmetrize = MATRICES[name]
    result = certify_kernel(matrix, symmetrize=symmetrize)
    report = check_certificate(result.certificate, matrix)
    assert not [claim for claim in report.claims if claim.status is not Status.CONFIRMED]
    assert report.exit_status == 0
    without = check_certificate(result.certificate)
    assert without.exit_status == 1 and not without.of(Status.NOT_CONFIRMED)


def test_the_float_route(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = gram(50, 80)
    matrix = (matrix + matrix.T) / 2
    certificate = certify_kernel(matrix).certificate
    monkeypatch.setattr("certify.certificates.checker.matrix.BALL_ROWS", 0)
    report = check_certificate(certificate, matrix)
    assert not [claim for claim in report.claims if claim.status is not Status.CONFIRMED]
    assert any("LAPACK" in route for route in report.routes)


def test_log_determinants_by_blocks() -> None:
    for n in (1, 5, 6, 7, 30):
        matrix = gram(n, n + 3, seed=n)
        with precision(128):
            balls = flint.arb_mat([[arb(x) for x in row] for row in ((matrix + matrix.T) / 2).tolist()])
            found = log_determinant(balls)
            assert found.overlaps(balls.det().log()) and float(found.rad()) < 1e-30


def test_functionals_beyond_the_limits_of_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = certify_kernel(SYMMETRIC).certificate
    monkeypatch.setattr("certify.certificates.checker.kernel.EXACT_ROWS", 0)
    report = check_certificate(certificate, SYMMETRIC)
    assert {c.claim for c in report.of(Status.NOT_CHECKABLE)} >= {"bounds.log_det.lower", "bounds.trace_inverse.upper"}
    assert not report.of(Status.NOT_CONFIRMED)
    assert check_certificate(certificate, SYMMETRIC, exact=True).status is Status.CONFIRMED


Change = Callable[[dict[str, Any]], None]


def put(*path: Any, value: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value(document[path[-1]]) if callable(value) else value

    return change


def both(verdict: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        document["verdict"] = document["definite"]["verdict"] = verdict

    return change


MUTATIONS: dict[str, tuple[str, Change]] = {
    "refuted": ("integers", put("verdict", value="refuted")),
    "definite refuted": ("integers", put("definite", "verdict", value="refuted")),
    "both refuted": ("integers", both("refuted")),
    "proved": ("indefinite", put("verdict", value="proved")),
    "both proved": ("indefinite", both("proved")),
    "claim": ("integers", put("claim", value="the matrix is orthogonal")),
    "λ_min above": ("integers", put("bounds", "lambda_min", value={"lower": math.nextafter(1.0, 2), "upper": 2.0})),
    "λ_min below": ("integers", put("bounds", "lambda_min", value={"lower": 0.5, "upper": math.nextafter(1.0, 0)})),
    "λ_max above": ("integers", put("bounds", "lambda_max", value={"lower": math.nextafter(3.0, 4), "upper": 4.0})),
    "λ_max below": ("integers", put("bounds", "lambda_max", value={"lower": 1.0, "upper": math.nextafter(3.0, 0)})),
    "condition": ("integers", put("bounds", "condition", value={"lower": 1.0, "upper": 2.0})),
    "log det above": ("integers", put("bounds", "log_det", value={"lower": math.log(3) + 1e-9, "upper": 2.0})),
    "log det below": ("integers", put("bounds", "log_det", value={"lower": 1.0, "upper": math.log(3) - 1e-9})),
    "trace of the inverse": ("integers", put("bounds", "trace_inverse", value={"lower": 1.334, "upper": 2.0})),
    "rounding": ("integers", put("bounds", "rounding_float64", "upper", value=2.0**-53)),
    "rounding, lower": ("integers", put("bounds", "rounding_float64", "lower", value=2.0**-54)),
    "unknown bound": ("integers", put("bounds", "trace", value={"lower": 4.0, "upper": 4.0})),
    "hash": ("integers", put("data", "sha256", value="0" * 64)),
    "n": ("integers", put("data", "n", value=3)),
    "symmetrised": ("symmetrised", put("data", "options", "symmetrize", value=False)),
    "null dimension": ("exactly singular", put("definite", "null_dimension", value=2)),
    "null dimension invented": ("integers", put("definite", "null_dimension", value=1)),
    "identical rows": ("integers", put("definite", "identical_rows", value=[[0, 1]])),
    "identical rows forgotten": ("identical rows", put("definite", "identical_rows", value=[])),
    "classification": ("indefinite", put("definite", "classification", value="negative definite")),
    "pair": ("positive", put("definite", "obstruction", "pairs", 0, "lambda_min_at_most", "upper", value=0.1)),
    "weights": ("positive", put("definite", "obstruction", "weights", 0, value=0.123)),
    "unit roundoff": ("positive", put("definite", "float_types", 0, "unit_roundoff", value=2.0**-60)),
    "direction": ("identical rows", put("witness", "direction", "entries", value=[1.0, 1.0])),
    "direction's rows": ("zero diagonal", put("witness", "direction", "rows", value=[1])),
    "direction dropped": ("identical rows", put("witness", "direction", value=None)),
    "no null vector": ("zero diagonal", put("witness", "direction", "null_vector", value=True)),
    "vector too short": ("positive", put("witness", "lambda_min", "vector", value=[1.0])),
    "assumptions dropped": ("positive", put("assumed", value=[])),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutations_are_rejected(name: str) -> None:
    source, change = MUTATIONS[name]
    matrix, symmetrize = MATRICES[source]
    document = copy.deepcopy(certify_kernel(matrix, symmetrize=symmetrize).certificate.to_json())
    change(document)
    document["claims_sha256"] = claims_sha256(document)
    try:
        report = check_certificate(document, matrix)
    except InputError:
        return
    assert report.status is not Status.CONFIRMED


def test_another_matrix_is_rejected() -> None:
    matrix, _ = MATRICES["positive"]
    certificate = certify_kernel(matrix).certificate
    other = matrix.copy()
    other[0, 0] = np.nextafter(other[0, 0], 0)
    assert check_certificate(certificate, other).claim("data").status is Status.NOT_CONFIRMED
    for bad in (np.zeros((2, 3)), np.array([[np.nan]]), np.array([["a"]])):
        with pytest.raises(InputError):
            check_certificate(certificate, bad)


def test_the_command_loads_the_matrix_as_recorded(tmp_path: Path, certify_here: Command) -> None:
    np.savez(tmp_path / "K.npz", a=np.array([[2.0, 1.0], [0.5, 2.0]]), b=np.eye(2))
    made = certify_here("kernel", "K.npz", "--key", "a", "--symmetrize", "-o", "K.json", "-q")
    assert made.returncode == 0, made.stderr
    run = certify_here("check", "K.json", "--data", "K.npz", "--all")
    assert run.returncode == 0, run.stdout + run.stderr
    assert certify_here("check", "K.json").returncode == 1
