"""``certify kernel``: any symmetric matrix, decided with proof, and its reading of the float type."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import flint
import numpy as np
import pytest
from conftest import ROOT, Command, one_line
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from numpy.typing import NDArray
from oracles import pivots
from scipy.io import mmwrite
from scipy.sparse import coo_matrix

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.certificates import load_certificate, schema
from certify.spectrum.obstruction import exact_direction, exact_null_dimension, identical_rows, nearest_pairs
from certify.workflows.kernel import certify_kernel

Floats = NDArray[np.float64]


def symmetric(matrix: NDArray[Any]) -> NDArray[Any]:
    return np.triu(matrix) + np.triu(matrix, 1).T


def rationals(matrix: NDArray[Any]) -> list[list[Fraction]]:
    return [[Fraction(float(v)) for v in row] for row in np.asarray(matrix, dtype=np.float64)]


def form(matrix: NDArray[Any], vector: Any) -> Fraction:
    """``xᵀAx``, exactly."""
    A, x = rationals(matrix), [Fraction(float(v)) for v in vector]
    return sum((x[i] * A[i][j] * x[j] for i in range(len(x)) for j in range(len(x))), Fraction(0))


def is_definite(matrix: NDArray[Any]) -> bool:
    """By exact pivots of rational elimination (all leading minors are positive)."""
    A, n = rationals(matrix), len(matrix)
    for k in range(n):
        if A[k][k] <= 0:
            return False
        for i in range(k + 1, n):
            factor = A[i][k] / A[k][k]
            A[i] = [a - factor * b for a, b in zip(A[i], A[k], strict=True)]
    return True


def assert_certified(matrix: NDArray[Any], result: Any) -> None:
    """The verdict is that of rational elimination, and the enclosures hold the truth (Sylvester, 400 bits)."""
    if result.verdict is not Verdict.UNDECIDED:
        assert (result.verdict is Verdict.PROVED) == is_definite(matrix)
    witness = result.certificate.witness.get("direction")
    if witness is not None:
        x = np.zeros(len(matrix))
        x[list(witness["rows"]) if witness["rows"] is not None else slice(None)] = witness["entries"]
        assert x.any() and form(matrix, x) <= 0
        if witness.get("null_vector"):
            A = rationals(matrix)
            assert all(sum(a * Fraction(float(v)) for a, v in zip(row, x, strict=True)) == 0 for row in A)
    low, high = result.bounds["lambda_min"], result.bounds["lambda_max"]
    with precision(400):
        balls = [[arb(float(v)) for v in row] for row in np.asarray(matrix, dtype=np.float64)]
        tiny = arb(2) ** -150 * (arb(float(np.abs(matrix).max())) + arb(2) ** -1000)
        n = len(matrix)
        for end, bound, least in ((low, low.lower, 0), (high, high.lower, n - 1)):
            if bound is not None:
                found = pivots(balls, end.lower_arb() - tiny, 400)
                assert sum(bool(p < 0) for p in found) <= least
        for end, bound, least in ((low, low.upper, 1), (high, high.upper, n)):
            if bound is not None:
                found = pivots(balls, end.upper_arb() + tiny, 400)
                assert sum(not bool(p > 0) for p in found) >= least


matrices = st.tuples(
    st.integers(1, 6),
    st.integers(0, 2**31),
    st.sampled_from(["gauss", "gram", "twins", "nearly", "low rank", "graded", "zero row", "integers"]),
    st.sampled_from([1.0, 2.0**-1040, 2.0**900]),
    st.sampled_from([np.float64, np.float32]),
)


def example(case: tuple[int, int, str, float, type]) -> NDArray[Any]:
    n, seed, kind, scale, dtype = case
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((n, n + 2))
    if kind == "twins":
        half[-1] = half[0]
    elif kind == "nearly":
        half[-1] = half[0] * (1 + 2.0 ** -int(rng.integers(20, 53)))
    elif kind == "low rank":
        half[:, 1:] = 0
    elif kind == "graded":
        half *= 10.0 ** -rng.uniform(0, 9, n)[:, None]
    elif kind == "integers":
        half = rng.integers(-3, 4, (n, max(1, n - 1))).astype(float)
    gram = half @ half.T if kind != "gauss" else rng.standard_normal((n, n))
    if kind == "zero row":
        gram[0] = gram[:, 0] = 0
    with np.errstate(under="ignore"):
        return symmetric(gram.astype(dtype) if scale != 1.0 and dtype is np.float32 else (gram * scale).astype(dtype))


@settings(max_examples=80, deadline=None)
@given(matrices)
def test_verdicts_agree_with_rational_elimination(case: tuple[int, int, str, float, type]) -> None:
    matrix = example(case)
    result = certify_kernel(matrix, threads=1)
    assert_certified(matrix, result)
    assert result.verdict is not Verdict.UNDECIDED  # so few rows are decided exactly


def planted(seed: int, bottom: Fraction, n: int = 4) -> NDArray[np.float64]:
    """An integer matrix whose spectrum is a multiple of (bottom, 1, 2, …), by a rational Cayley transform."""
    rng = np.random.default_rng(seed)
    half = np.triu(rng.integers(-1, 2, (n, n)), 1)
    S = flint.fmpq_mat(flint.fmpz_mat((half - half.T).tolist()))
    eye = flint.fmpq_mat(flint.fmpz_mat(np.eye(n, dtype=int).tolist()))
    Q = (eye - S) * (eye + S).inv()
    spectrum = [bottom, *map(Fraction, range(1, n))]
    L = [
        [flint.fmpq(spectrum[i].numerator, spectrum[i].denominator) if i == j else 0 for j in range(n)]
        for i in range(n)
    ]
    A = Q * flint.fmpq_mat(L) * Q.transpose()
    entries = [[Fraction(int(A[i, j].p), int(A[i, j].q)) for j in range(n)] for i in range(n)]
    common = np.lcm.reduce([v.denominator for row in entries for v in row])
    whole = [[int(v * int(common)) for v in row] for row in entries]
    assert all(abs(v) < 2**53 for row in whole for v in row)
    return np.array(whole, dtype=np.float64)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([Fraction(0), Fraction(1, 2**20), Fraction(-1, 2**20), Fraction(-3)]))
def test_planted_signs_are_found(seed: int, bottom: Fraction) -> None:
    matrix = planted(seed, bottom)
    result = certify_kernel(matrix, threads=1)
    assert result.verdict is (Verdict.PROVED if bottom > 0 else Verdict.REFUTED)
    assert_certified(matrix, result)


def test_a_sign_below_float64_is_decided_exactly() -> None:
    """An integer Gram matrix of rank n − 1, and one unit more or less in one diagonal entry."""
    rng = np.random.default_rng(5)
    Z = rng.integers(-2000, 2001, (12, 11)).astype(float)
    gram = Z @ Z.T
    singular = certify_kernel(gram)
    assert singular.verdict is Verdict.REFUTED
    assert singular.certificate.definite is not None and singular.certificate.definite["null_dimension"] == 1
    assert exact_null_dimension(gram) == 1
    for change, verdict in ((2.0**-29, Verdict.PROVED), (-(2.0**-29), Verdict.REFUTED)):
        moved = gram.copy()
        moved[3, 3] += change  # a multiple of its last place: exact
        result = certify_kernel(moved)
        assert result.verdict is verdict
        assert_certified(moved, result)


def test_large_negative_directions_are_verified() -> None:
    rng = np.random.default_rng(1)
    half = rng.standard_normal((300, 400))
    matrix = symmetric(half @ half.T)
    v = rng.standard_normal(300)
    matrix = symmetric(matrix - 2 * float(v @ matrix @ v) / float(v @ v) ** 2 * np.outer(v, v))
    result = certify_kernel(matrix)
    direction = (result.certificate.witness or {})["direction"]
    assert result.verdict is Verdict.REFUTED and result.bounds["lambda_min"].upper < 0  # type: ignore[operator]
    assert form(matrix[:60, :60], direction["entries"][:60]) is not None  # it is a plain vector of floats
    x = np.array(direction["entries"])
    assert x @ matrix @ x < 0 and direction["quotient"]["upper"] < 0
    assert result.certificate.definite["classification"] == "indefinite"  # type: ignore[index]


def test_identical_rows_are_named_with_their_null_vector() -> None:
    rng = np.random.default_rng(2)
    half = rng.standard_normal((6, 9))
    half[4] = half[1]
    gram = half @ half.T
    gram[4], gram[:, 4], gram[4, 4] = gram[1], gram[:, 1], gram[1, 1]
    matrix = symmetric(gram)
    result = certify_kernel(matrix)
    assert result.verdict is Verdict.REFUTED and "rows 1, 4 are identical" in (result.certificate.reason or "")
    assert identical_rows(matrix) == [(1, 4)]
    assert (result.certificate.witness or {})["direction"]["null_vector"] is True
    assert result.bounds["lambda_min"].upper == 0.0
    assert_certified(matrix, result)


def test_obstructions() -> None:
    matrix = np.array([[2.0, 0.5, 1.0], [0.5, 1.0, 0.0], [1.0, 0.0, 0.5]])
    found = exact_direction(matrix)
    assert found is not None and found.rows == (0, 2) and form(matrix, (0.5, 0.0, -1.0)) == 0
    assert exact_direction(np.eye(3)) is None
    pair = nearest_pairs(np.array([[1.0, 0.6], [0.6, 1.0]]))[0]
    assert pair.rows == (0, 1) and abs((pair.block.upper or 0) - 0.4) < 1e-15
    assert nearest_pairs(np.eye(1)) == []


def relu_kernel(X: NDArray[Any], dtype: type) -> NDArray[Any]:
    """The two-layer ReLU tangent kernel computed in ``dtype`` throughout, as a library would."""
    X = X.astype(dtype)
    X = X / np.sqrt((X * X).sum(axis=1, keepdims=True, dtype=dtype))
    cosine = np.clip(X @ X.T, -1, 1).astype(dtype)
    return symmetric((cosine * (dtype(np.pi) - np.arccos(cosine)) / dtype(2 * np.pi)).astype(dtype))


def test_is_it_the_kernel_or_the_arithmetic() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 10))
    Y = np.vstack([X, X + 1e-5 * rng.standard_normal(X.shape)])
    narrow, wide = certify_kernel(relu_kernel(Y, np.float32)), certify_kernel(relu_kernel(Y, np.float64))
    assert narrow.verdict is Verdict.REFUTED and wide.verdict is Verdict.PROVED
    assert narrow.certificate.data is not None and narrow.certificate.data["options"]["dtype"] == "float32"
    notes = " ".join(narrow.certificate.data["notes"])
    assert "float32 cannot explain it" in notes and "look at how the kernel is computed" in notes
    # The bound of one rounding holds: perturb every entry by half a unit in the last place.
    shift = narrow.bounds["rounding_float32"].upper
    K = relu_kernel(Y, np.float32).astype(float)
    moved = symmetric(K * (1 + 2.0**-24 * np.sign(rng.standard_normal(K.shape))))
    assert shift is not None
    assert np.abs(np.linalg.eigvalsh(moved) - np.linalg.eigvalsh(K)).max() <= shift + 1e-14
    assert {"log_det", "trace_inverse", "condition"} <= set(wide.bounds)


def test_rounding_to_float32_may_cost_definiteness() -> None:
    delta = 2.0**-30
    matrix = np.array([[1.0, 1.0 - delta], [1.0 - delta, 1.0]])
    result = certify_kernel(matrix)
    assert result.verdict is Verdict.PROVED and result.certificate.data is not None
    assert any("no longer positive definite" in note for note in result.certificate.data["notes"])
    again = certify_kernel(matrix.astype(np.float32))
    assert again.verdict is Verdict.REFUTED


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e300, 2.0**-1070])
def test_the_scale_of_the_matrix_is_of_no_account(scale: float) -> None:
    result = certify_kernel(np.array([[2.0, 1.0], [1.0, 2.0]]) * scale)
    low, high = result.bounds["lambda_min"], result.bounds["lambda_max"]
    with precision(200):
        assert low.lower_arb() <= arb(scale) <= low.upper_arb()
        assert high.lower_arb() <= 3 * arb(scale) <= high.upper_arb()
    assert result.verdict is Verdict.PROVED


def test_an_undecided_result_says_what_would_decide() -> None:
    """An integer Gram matrix of 201 rows and rank 200: float64 cannot tell, and it is too large for rational ranks."""
    Z = np.random.default_rng(3).integers(-3, 4, (201, 200)).astype(float)
    result = certify_kernel(Z @ Z.T)
    assert result.verdict is Verdict.UNDECIDED
    assert len(result.certificate.would_decide) == 2
    low, high = result.bounds["lambda_min"].lower, result.bounds["lambda_min"].upper
    assert low is not None and high is not None and -1e-8 < low <= 0 <= high < 1e-8


def test_the_command_through_its_process(certify: Command, tmp_path: Path) -> None:
    matrix = np.array([[2.0, 1.0], [1.0, 2.0]], dtype=np.float32)
    np.savez(tmp_path / "k.npz", ntk=matrix, other=np.eye(2))
    run = certify(
        "kernel", "k.npz", "--key", "ntk", "--json", "-o", "k.json", "-o", "k.html", "-o", "k.md", "-o", "k.tex"
    )
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    Draft202012Validator(schema()).validate(document)
    assert document["kind"] == "kernel" and document["kernel"] is None and document["data"]["n"] == 2
    assert document["data"]["options"] == {"dtype": "float32", "key": "ntk", "symmetrize": False}
    assert load_certificate(tmp_path / "k.json").claims_sha256 == document["claims_sha256"]
    for name in ("k.html", "k.md", "k.tex"):
        assert "log det" in (tmp_path / name).read_text(encoding="utf-8")
    refuted = certify("kernel", "k.npz")
    assert refuted.returncode == 2 and "--key" in one_line(refuted.stderr)


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".mtx"])
def test_formats_and_exit_status(certify_here: Command, tmp_path: Path, suffix: str) -> None:
    for matrix, status in ((np.eye(3) + 1.0, 0), (np.ones((3, 3)), 1)):
        file = tmp_path / f"k{suffix}"
        if suffix == ".npy":
            np.save(file, matrix)
        elif suffix == ".csv":
            np.savetxt(file, matrix, delimiter=",")
        else:
            mmwrite(file, coo_matrix(matrix), symmetry="symmetric")
        run = certify_here("kernel", file.name)
        assert run.returncode == status and run.stdout == ""
        assert ("Refuted" if status else "Proved") in run.stderr


def test_dry_run_and_the_same_claims_for_any_number_of_threads(certify_here: Command, tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", np.eye(200) + 0.5)
    plan = json.loads(certify_here("kernel", "k.npy", "--dry-run", "--json").stdout)
    assert plan["seconds"] > 0 and plan["bytes"] > 8 * 200**2
    hashes = set()
    for threads in ("1", "2", "4"):
        run = certify_here("kernel", "k.npy", "--json", "--threads", threads)
        hashes.add(json.loads(run.stdout)["claims_sha256"])
    assert len(hashes) == 1


def test_faulty_files_are_one_line(certify_here: Command, tmp_path: Path) -> None:
    np.save(tmp_path / "asymmetric.npy", np.array([[1.0, 0.25], [0.5, 1.0]]))
    np.save(tmp_path / "wide.npy", np.ones((2, 3)))
    (tmp_path / "pickle.npy").write_bytes(b"\x80\x04N.")
    (tmp_path / "bad.mtx").write_text("%%MatrixMarket matrix array complex general\n1 1\n1 1\n")
    (tmp_path / "words.mtx").write_text("hello\n")
    (tmp_path / "cells.csv").write_text("1,x\n2,3\n")
    faults = {
        "asymmetric.npy": ("(0, 1) and (1, 0) differ by 0.25", "--symmetrize"),
        "wide.npy": ("not square (2 × 3)",),
        "pickle.npy": ("refused",),
        "bad.mtx": ("complex",),
        "words.mtx": ("Matrix Market",),
        "cells.csv": ("not a number",),
        "missing.npy": ("no such file",),
        "k.txt": ("not a known matrix format",),
    }
    for name, texts in faults.items():
        run = certify_here("kernel", name)
        line = one_line(run.stderr)
        assert run.returncode == 2 and all(text in line for text in texts), (name, line)
    assert certify_here("kernel", "asymmetric.npy", "--symmetrize").returncode == 0
    assert "leave out --key" in one_line(certify_here("kernel", "wide.npy", "--key", "a").stderr)


def test_the_worked_example_of_the_documentation(certify_here: Command, tmp_path: Path) -> None:
    """The code as it stands there makes one matrix that is refuted and one that is proved, read as it says."""
    text = (ROOT / "docs" / "kernel.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    narrow = json.loads(certify_here("kernel", "float32.npy", "--json").stdout)
    wide = json.loads(certify_here("kernel", "float64.npy", "--json").stdout)
    assert (narrow["verdict"], wide["verdict"]) == ("refuted", "proved")
    assert narrow["bounds"]["lambda_min"]["upper"] < -10 * narrow["bounds"]["rounding_float32"]["upper"]
    assert "rounded to float32 it stays positive definite" in wide["data"]["notes"]
    twins = narrow["definite"]["obstruction"]["pairs"][0]["rows"]
    assert twins[1] - twins[0] == 60


def test_the_examples_of_the_help_run(certify_here: Command, tmp_path: Path) -> None:
    np.save(tmp_path / "K.npy", np.eye(3) + 1.0)
    np.savez(tmp_path / "kernels.npz", ntk=np.eye(3), nngp=np.eye(2))
    np.savetxt(tmp_path / "K.csv", np.array([[1.0, 0.25], [0.5, 1.0]]), delimiter=",")
    mmwrite(tmp_path / "K.mtx", coo_matrix(np.eye(2)))
    lines = certify_here("kernel", "--help").stdout.partition("Examples:")[2].split("certify ")[1:]
    assert len(lines) == 4
    for line in lines:
        run = certify_here(*line.split())
        assert run.returncode == 0, (line, run.stderr)
    assert (tmp_path / "K.html").is_file() and (tmp_path / "K.json").is_file()
