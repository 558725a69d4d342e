"""The checker on genuine certificates, and its parts against oracles that share nothing with it."""

from __future__ import annotations

import ast
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import flint
import numpy as np
import pytest
from oracles import exact_kernel, pivots

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.selftest import ASSUMED
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker import claims as claims_of_all_kinds
from certify.certificates.checker.definite import definite
from certify.certificates.checker.entries import ERF, RELU, Entries
from certify.certificates.checker.facts import Facts
from certify.certificates.checker.problem import BallProblem, FloatProblem
from certify.certificates.checker.residual import residual_norm
from certify.certificates.checker.rows import PlainData
from certify.certificates.document import claims_sha256
from certify.data import Dataset, find_rays, load
from certify.data.options import LoadOptions
from certify.errors import InputError
from certify.kernels import kernel_for
from certify.workflows import DatasetRequest, certify_dataset

PACKAGE = Path(__file__).resolve().parent.parent / "certify"
ALLOWED = (
    "certify.arithmetic.balls", "certify.arithmetic.enclosure", "certify.arithmetic.verdict", "certify.symbolic",
    "certify.theorems.statements", "certify.certificates", "certify.errors",
)  # fmt: skip


def random_data(n: int, d: int, seed: int = 0) -> Dataset:
    stream = np.random.default_rng(seed)
    return Dataset(stream.standard_normal((n, d)), stream.standard_normal(n))


# --- independence


def test_the_checker_imports_only_what_it_may() -> None:
    faults = []
    for path in sorted((PACKAGE / "certificates" / "checker").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            own = [name for name in names if name.split(".")[0] == "certify"]
            faults += [
                f"{path.name}: {name}" for name in own if not f"{name}.".startswith(tuple(f"{a}." for a in ALLOWED))
            ]
    assert not faults


def test_importing_the_checker_brings_no_search_code_in() -> None:
    code = "import sys, certify.certificates.checker\nprint(*(m for m in sys.modules if m.startswith('certify.')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    loaded = run.stdout.split()
    parents = {"certify.arithmetic", "certify.theorems"}
    assert "certify.certificates.checker.check" in loaded
    assert not [m for m in loaded if m not in parents and not f"{m}.".startswith(tuple(f"{a}." for a in ALLOWED))]


# --- genuine certificates

REQUESTS: dict[str, tuple[Dataset, DatasetRequest]] = {
    "one row": (Dataset([[3.0, 4.0]], [1.0]), DatasetRequest()),
    "two rows": (Dataset([[3.0, 4.0], [-1.0, 2.0]], [1.0, 2.0], normalized=True), DatasetRequest()),
    "no targets": (Dataset(np.eye(3)), DatasetRequest()),
    "identical rows": (Dataset([[1.0, 2], [1, 2], [0, 1]], [1.0, 1, 2]), DatasetRequest()),
    "antiparallel rows": (Dataset([[1.0, 2], [-1, -2], [0, 1]], [1.0, 1, 2]), DatasetRequest()),
    "odd kernel, antiparallel": (Dataset([[1.0, 2], [-1, -2], [0, 1]], [1.0, 1, 2]), DatasetRequest(activation="erf")),
    "eight directions": (Dataset([[3.0, 4], [-3, -4], [4, -3], [-4, 3], *np.eye(2), *-np.eye(2)]), DatasetRequest()),
    "tiny rows": (Dataset(1e-300 * np.eye(4) + 1e-301, np.ones(4)), DatasetRequest()),
    "huge rows": (Dataset(1e150 * np.eye(4) + 1e149, np.ones(4)), DatasetRequest()),
    "mixed lengths": (Dataset(np.diag([1e-9, 1.0, 1e9]) + 1e-12, np.ones(3)), DatasetRequest()),
    "nearly parallel": (Dataset([[1.0, 0], [1, 1e-9], [0, 1]], np.ones(3), normalized=True), DatasetRequest()),
    "several targets": (Dataset(np.eye(3) + 0.25, np.arange(6.0).reshape(3, 2)), DatasetRequest()),
    "more columns than rows": (random_data(4, 9), DatasetRequest(loss="mean", fraction=0.125)),
    "independent": (random_data(7, 5), DatasetRequest(init="independent", delta=0.25, alpha=2.0)),
    "asked width": (random_data(7, 5), DatasetRequest(width=10**13, min_rate=0.125, loss="sum")),
    "too small a width": (random_data(7, 5), DatasetRequest(width=10)),
    "du at a width": (Dataset(np.eye(5), np.ones(5)), DatasetRequest(theorems=("du2019.gd",), width=10**30)),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_a_genuine_certificate_is_confirmed(name: str) -> None:
    data, request = REQUESTS[name]
    certificate = certify_dataset(data, request).certificate
    report = check_certificate(certificate, data)
    assert not [claim for claim in report.claims if claim.status is not Status.CONFIRMED]
    assert report.exit_status == 0
    assert report.to_json()["status"] == "confirmed"


@pytest.mark.parametrize("activation", ["leaky_relu", "erf(2*z)", "erf(z/2)", "sin", "cos", "sin(3/2*z)"])
@pytest.mark.parametrize("degenerate", [False, True])
def test_every_closed_form_is_derived_again(activation: str, degenerate: bool) -> None:
    data = random_data(7, 3)
    if degenerate:
        data = Dataset(np.vstack([data.X, -data.X[:1], 2 * data.X[1:2]]), normalized=True)
    certificate = certify_dataset(data, DatasetRequest(activation=activation)).certificate
    report = check_certificate(certificate, data)
    assert not [claim for claim in report.claims if claim.status is not Status.CONFIRMED]


def test_a_text_that_is_no_activation_confirms_nothing() -> None:
    data = random_data(5, 3)
    document = certify_dataset(data, DatasetRequest(activation="erf")).certificate.to_json()
    for text in ("import os", "erf(z", "z**2", "abs(z)", "tanh", "z" * 300, "erf(1/0*z)", "erf(0*z)"):
        forged = {**document, "kernel": {**document["kernel"], "activation": text}}
        forged["request"] = {**document["request"], "activation": text}
        forged["claims_sha256"] = claims_sha256(forged)
        report = check_certificate(forged, data)
        assert report.claim("verdict").status is report.claim("bounds.lambda_min.lower").status is Status.NOT_CONFIRMED


def test_the_float_route_confirms_what_balls_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    data = random_data(60, 8)
    certificate = certify_dataset(data).certificate
    monkeypatch.setattr("certify.certificates.checker.facts.BALL_ROWS", 0)
    report = check_certificate(certificate, data)
    assert [c for c in report.claims if c.status is not Status.CONFIRMED] == []
    assert any("LAPACK" in route for route in report.routes) and len(report.assumed) == 2
    exact = check_certificate(certificate, data, exact=True)
    assert exact.status is Status.CONFIRMED and not any("LAPACK" in route for route in exact.routes)


def test_the_float_route_rejects_what_is_false(monkeypatch: pytest.MonkeyPatch) -> None:
    data = random_data(60, 8)
    document = certify_dataset(data).certificate.to_json()
    monkeypatch.setattr("certify.certificates.checker.facts.BALL_ROWS", 0)
    monkeypatch.setattr("certify.certificates.checker.facts.FALLBACK_ROWS", 0)
    ends = document["bounds"]["lambda_min"]
    for end, factor in (("lower", 1 + 1e-9), ("upper", 1 - 1e-9)):
        moved = ends["upper" if end == "lower" else "lower"] * factor
        tampered = {**document, "bounds": {**document["bounds"], "lambda_min": {"lower": moved, "upper": moved}}}
        tampered["claims_sha256"] = claims_sha256(tampered)
        report = check_certificate(tampered, data)
        assert report.claim(f"bounds.lambda_min.{end}").status is not Status.CONFIRMED


def test_a_theorem_without_a_rule_is_not_called_false() -> None:
    data = random_data(7, 5)
    request = DatasetRequest(activation="erf", theorems=("spectral.width",))
    report = check_certificate(certify_dataset(data, request).certificate, data)
    assert not report.of(Status.NOT_CONFIRMED)
    assert report.claim("theorems.spectral.width.values").status is Status.NOT_CHECKABLE


def test_a_small_eigenvalue_beyond_the_float_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly parallel rows: λ_min is far below the rounding of floats, so that balls decide after all."""
    X = np.random.default_rng(0).standard_normal((24, 6))
    X[12:] = X[:12] + 1e-9 * np.random.default_rng(1).standard_normal((12, 6))
    data = Dataset(X, np.ones(24), normalized=True)
    certificate = certify_dataset(data).certificate
    assert 0 < (certificate.bounds["lambda_min"].lower or 0.0) < 1e-8 and certificate.witness
    monkeypatch.setattr("certify.certificates.checker.facts.BALL_ROWS", 0)
    report = check_certificate(certificate, data)
    assert not [claim for claim in report.claims if claim.status is not Status.CONFIRMED]
    assert any("no floating point" in route for route in report.routes)
    monkeypatch.setattr("certify.certificates.checker.facts.FALLBACK_ROWS", 0)
    report = check_certificate(certificate, data)
    assert not report.of(Status.NOT_CONFIRMED) and "float route" in report.claim("bounds.lambda_min.lower").because


def test_a_matrix_that_does_not_fit_in_memory_is_not_checkable(monkeypatch: pytest.MonkeyPatch) -> None:
    data = random_data(40, 8)
    certificate = certify_dataset(data).certificate
    monkeypatch.setattr("certify.certificates.checker.facts.BALL_ROWS", 0)
    monkeypatch.setattr("certify.certificates.checker.problem.available_memory", lambda: 1000)
    report = check_certificate(certificate, data)
    assert not report.of(Status.NOT_CONFIRMED)
    found = report.claim("bounds.lambda_min.lower")
    assert found.status is Status.NOT_CHECKABLE and "GB" in found.because
    assert report.claim("bounds.trace_gram.lower").status is Status.CONFIRMED


def test_without_data_nothing_about_data_is_confirmed() -> None:
    data, request = REQUESTS["independent"]
    report = check_certificate(certify_dataset(data, request).certificate)
    assert report.exit_status == 1 and not report.of(Status.NOT_CONFIRMED)
    unchecked = {claim.claim for claim in report.of(Status.NOT_CHECKABLE)}
    assert {"data", "bounds.lambda_min.upper", "definite", "theorems.relu.width.values", "verdict"} <= unchecked
    assert report.claim("theorems.relu.width.constants.required_width").status is Status.CONFIRMED


def test_the_search_and_the_checker_assume_the_same() -> None:
    assert claims_of_all_kinds.ASSUMED == ASSUMED


# --- parts against oracles


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("family", [RELU, ERF])
def test_entries_contain_the_exact_ones(family: Any, normalized: bool) -> None:
    X = np.array([[1.0, 2.0], [1.0, 2.0 + 2.0**-40], [-2.0, -4.0], [3.0, 0.1], [1e-8, -5.0], [2.0, 4.0]])
    oracle = exact_kernel(X, "relu" if family is RELU else "erf", normalized)
    found = Entries(PlainData.of((X, None)), family, normalized).matrix(128)
    for i in range(len(X)):
        for j in range(len(X)):
            if not oracle[i][j].is_finite():
                continue  # the textbook formula fails on parallel rows; those are exact here
            assert found[i, j].overlaps(oracle[i][j]) and found[i, j].rel_accuracy_bits() > 60


def test_definiteness_agrees_with_pivots() -> None:
    X = np.random.default_rng(1).standard_normal((14, 3))
    oracle = exact_kernel(X, "relu", False)
    problem = BallProblem(14, Entries(PlainData.of((X, None)), RELU, False).matrix, "test")
    for shift in np.linspace(0.0, 0.2, 21):
        expected = all(p > 0 for p in pivots(oracle, arb(float(shift))))
        assert (problem.at_least(arb(float(shift))) is Verdict.PROVED) is expected


def test_definiteness_of_balls() -> None:
    with precision(128):
        wide = flint.arb_mat([[flint.arb(1, 0.5), flint.arb(0)], [flint.arb(0), flint.arb(0, 1)]])
        assert definite(wide) is Verdict.UNDECIDED
        big = flint.arb_mat(20, 20, [arb(2 if i == j else 0) for i in range(20) for j in range(20)])
        assert definite(big) is Verdict.PROVED
        big[13, 13] = arb(-1)
        assert definite(big) is Verdict.REFUTED


@pytest.mark.parametrize("n", [1, 2, 7, 130])
def test_the_residual_norm_bounds_the_true_one(n: int) -> None:
    stream = np.random.default_rng(n)
    B = stream.standard_normal((n, n))
    A = B @ B.T + np.eye(n)
    A = (A + A.T) / 2
    L = np.linalg.cholesky(A)
    bound = residual_norm(A, L)
    assert bound is not None
    with precision(200):
        exact = flint.arb_mat([[arb(v) for v in row] for row in A.tolist()])
        factor = flint.arb_mat([[arb(v) for v in row] for row in L.tolist()])
        rest = exact - factor * factor.transpose()
        frobenius = sum((rest[i, j] ** 2 for i in range(n) for j in range(n)), arb(0)).sqrt()
        largest = max(sum((abs(rest[i, j]) for j in range(n)), arb(0)).mid() for i in range(n))
        # ‖E‖ ≥ ‖E‖_F/√n; and the bound is no cruder than the largest row sum to a part in a thousand
        assert bool(arb(bound) * arb(n).sqrt() >= frobenius)
        assert bool(arb(bound) <= largest * arb(1 + 1e-3) + arb(1e-24) * n * n)


def test_the_residual_norm_leaves_what_it_cannot_split() -> None:
    assert residual_norm(np.array([[np.nan]]), np.array([[1.0]])) is None
    assert residual_norm(np.array([[1e-300]]), np.array([[1e-150]])) is None


def test_float_quotients_enclose_exact_ones() -> None:
    data = PlainData.of(random_data(40, 5))
    entries = Entries(data, RELU, False)
    floats = FloatProblem(40, entries.rows, entries.largest_diagonal, "test")
    balls = BallProblem(40, entries.matrix, "test")
    v = np.random.default_rng(2).standard_normal(40).tolist()
    assert floats.quotient(v).overlaps(balls.quotient(v))
    assert float(floats.quotient(v).rad()) < 1e-12


@pytest.mark.parametrize("d", [2, 3])
def test_hash_directions_and_null_dimensions_are_those_of_the_search(d: int) -> None:
    stream = np.random.default_rng(d)
    X = stream.integers(-1, 2, size=(24, d)).astype(float)
    X = X[(X != 0).any(axis=1)] * stream.choice([0.25, 1.0, 3.0], size=(int((X != 0).any(axis=1).sum()), 1))
    own, theirs = PlainData.of((X, None)), Dataset(X)
    rays = find_rays(X)
    assert own.sha256 == theirs.sha256
    assert own.classes()[0] == [list(rows) for rows in rays.parallel]
    assert own.classes()[1] == [[list(side) for side in pair] for pair in rays.antiparallel]
    for activation in ("relu", "erf"):
        for normalized in (False, True):
            expected = kernel_for(activation).null_dimension(X, rays, normalized)
            assert own.null_dimension(activation == "relu", normalized) == expected


@pytest.mark.parametrize("source", ["iris", "sphere:n=5,d=3,seed=1"])
def test_hash_of_loaded_data(source: str) -> None:
    data = load(source, LoadOptions(normalize=True))
    assert PlainData.of(data).sha256 == data.sha256
    assert PlainData.of((np.array([[1.0, -0.0]]), None)).sha256 == Dataset([[1.0, 0.0]]).sha256


def test_exact_lengths() -> None:
    data = PlainData.of((np.array([[0.1, 5e-324], [3.0, 4.0]]), np.array([0.1, 1e300])))
    assert data.squares == (Fraction(0.1) ** 2 + Fraction(5e-324) ** 2, 25)
    assert data.dot(0, 1) == 3 * Fraction(0.1) + 4 * Fraction(5e-324)
    assert data.norm_y_squared == Fraction(0.1) ** 2 + Fraction(1e300) ** 2


@pytest.mark.parametrize("X", [np.ones(3), np.zeros((2, 2)), np.array([[np.nan]]), np.array([["a"]]), np.ones((0, 2))])
def test_data_that_are_none_are_an_input_error(X: Any) -> None:
    with pytest.raises(InputError):
        PlainData.of((X, None))


def test_facts_decide_both_ways() -> None:
    facts = Facts(PlainData.of((3.0 * np.eye(3), None)), normalized=True, exact=False)
    assert facts.smallest_at_least("relu", arb(0.49)) is Verdict.PROVED
    assert facts.smallest_at_least("relu", arb(0.51)) is Verdict.REFUTED
    assert facts.unit_rows() and facts.trace() == 3
    assert facts.at_most("gram", facts.gram(), arb(1.0 + 2.0**-40)) is Verdict.PROVED
    assert facts.at_most("gram", facts.gram(), arb(1.0 - 2.0**-40)) is Verdict.REFUTED
