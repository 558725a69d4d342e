"""Proof files before Coq sees them: their data to the bit, their claim against exact arithmetic."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from pathlib import Path

import flint
import numpy as np
import pytest
from conftest import ROOT, Command, one_line
from coq_instances import antipodal, gaussian, nearly_antipodal, nearly_parallel, spread, wild
from oracles import exact_kernel, pivots

from certify import certify_dataset
from certify.arithmetic.balls import arb, precision
from certify.coq import build_instance, embedded_dataset, proof_text
from certify.coq.library import MODULES, NETWORK_MODULES
from certify.data import Dataset, LoadOptions, load
from certify.errors import InputError
from certify.theorems import check

DATA = {
    "gaussian": gaussian(9, 4),
    "one row": gaussian(1, 3),
    "nearly parallel": nearly_parallel(),
    "antipodal": antipodal(),
    "nearly antipodal": nearly_antipodal(),
    "wild": wild(),
    "spread": spread(),
}


def sigma_of(instance: object) -> flint.arb:
    sigma = instance.factor.sigma  # type: ignore[attr-defined]
    return arb(sigma.m) * arb(2) ** sigma.e


@pytest.mark.parametrize("normalized", [True, False], ids=["H", "K"])
@pytest.mark.parametrize("name", DATA)
def test_the_claim_is_true_and_within_a_millionth(name: str, normalized: bool) -> None:
    """σ < λ_min < σ(1 + 10^-6), by the signs of exact pivots of the kernel's textbook formula."""
    instance = build_instance(Dataset(DATA[name], normalized=normalized))
    bits = 4000 if name in ("wild", "spread") else 600
    K = exact_kernel(DATA[name], "relu", normalized, bits)
    with precision(bits):
        sigma = sigma_of(instance)
        assert all(pivot > 0 for pivot in pivots(K, sigma, bits))
        assert any(pivot < 0 for pivot in pivots(K, sigma * (1 + arb(1) / 10**6), bits))


@pytest.mark.parametrize("normalized", [True, False], ids=["H", "K"])
def test_the_claim_keeps_up_with_the_certificate(normalized: bool) -> None:
    data = load("iris", LoadOptions(normalize=normalized, duplicates="drop"))
    certified = certify_dataset(data).bounds["lambda_min"].lower
    assert certified is not None
    claimed = build_instance(data).factor.sigma.times_power(0)
    assert certified * (1 - 1e-6) <= claimed <= certified * (1 + 1e-6)


@pytest.mark.parametrize("foundational", [False, True], ids=["fast", "foundational"])
@pytest.mark.parametrize("name", DATA)
def test_data_and_targets_come_back_to_the_bit(name: str, foundational: bool, tmp_path: Path) -> None:
    X = DATA[name]
    for y in (None, np.arange(len(X)) / 3.0 - 1.0, np.outer(np.arange(len(X)), [1.0, -0.1])):
        data = Dataset(X, y, normalized=True)
        text = proof_text(build_instance(data, foundational=foundational))
        assert data.sha256 in "".join(text.split())
        (tmp_path / "Proof.v").write_text(text, encoding="ascii")
        back = embedded_dataset(tmp_path / "Proof.v")
        assert (back.sha256, back.normalized) == (data.sha256, True)


def test_the_theorem_says_what_was_asked() -> None:
    X = gaussian(5, 3)
    for normalized, rows in ((True, "(normalized 3 (matrix data))"), (False, "(matrix data)")):
        instance = build_instance(Dataset(X, normalized=normalized))
        text = proof_text(instance)
        assert len(re.findall("^Theorem", text, re.M)) == 1
        assert f"Theorem ntk_lambda_min : lambda_min_ge 5 (gram 3 {rows}) sigma.\nProof." in text
        sigma = re.search(r"^Definition sigma := dyadic (\d+) \((-\d+)\)\.$", text, re.M)
        assert sigma is not None
        assert (int(sigma[1]), int(sigma[2])) == (instance.factor.sigma.m, instance.factor.sigma.e)
        assert not re.search(r"Admitted|Axiom|admit|Parameter|Hypothesis|Unset|bypass", text)


@pytest.mark.parametrize("delta", [0.05, 0.3])
def test_the_width_is_the_least_one_for_the_claim(delta: float) -> None:
    """Against the theorem as the certificate states it, at λ0 = σ: one neuron less is refuted there."""
    n = 7
    y = np.arange(n) - 2.5
    instance = build_instance(Dataset(gaussian(n, 4), y, normalized=True))
    stated = re.findall(r"^Theorem required_width : .* delta sigma (\d+)\.$", proof_text(instance, delta), re.M)
    m = int(stated[0])
    with precision(500):
        lambda0, N, p, pi = sigma_of(instance), arb(n), arb(delta), flint.arb.pi()
        residual = 3 * (arb(float(y @ y)) + N / 2) / p
        radius = (2 * pi).sqrt() * p * lambda0 / (48 * (N**2 + N ** (arb(3) / 2)))
        least = 16 * N * residual / (lambda0 * radius) ** 2
        assert least < m < least + 3
        assert m > 8 * N**2 * (6 * N**2 / p).log() / lambda0**2


def test_the_own_width_is_one_that_the_theorem_proves() -> None:
    """Against ``relu.width`` as the certificates state it, at λ0 = σ and with n for both norms of the Gram matrix."""
    n, delta = 7, "0.05"
    y = np.arange(n) - 2.5
    instance = build_instance(Dataset(gaussian(n, 4), y, normalized=True))
    stated = re.findall(r"^Theorem relu_required_width : .* delta sigma (\d+)\.$", proof_text(instance), re.M)
    sigma, m = instance.factor.sigma, int(stated[0])
    values = {
        "n": n, "lambda0": Fraction(sigma.m) * Fraction(2) ** sigma.e, "norm_x_squared": n, "gram_abs": n,
        "norm_y": math.sqrt(float(y @ y)) * (1 + 1e-15), "delta": delta,
    }  # fmt: skip
    assert check("relu.width", {**values, "m": m}).verdict == "proved"
    least = check("relu.width", values).constants["required_width"].upper
    assert m % 2 == 0 and least <= m < 4 * least  # the search there has more freedom


def test_the_own_width_is_about_one_output() -> None:
    text = proof_text(build_instance(Dataset(gaussian(4, 3), np.ones((4, 2)), normalized=True)))
    assert "required_width" in text and "relu_required_width" not in text


def test_the_width_needs_unit_rows_and_targets() -> None:
    X = gaussian(4, 3)
    for data in (Dataset(X, np.ones(4)), Dataset(X, normalized=True)):
        assert "required_width" not in proof_text(build_instance(data))


def test_a_source_cannot_write_into_the_proof() -> None:
    name = '*) Axiom cheat : False. (* " é'
    text = proof_text(build_instance(Dataset(gaussian(3, 2), name=name)))
    comments = re.sub(r"\(\*.*?\*\)", "", text, flags=re.S)
    assert "cheat" in text and "cheat" not in comments and '"' not in comments


def test_singular_matrices_are_refused() -> None:
    X = gaussian(4, 3)
    with pytest.raises(InputError, match="null space has dimension 1; use --duplicates drop"):
        build_instance(Dataset(np.vstack([X, 2 * X[0]])))
    square = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [-1.0, -1.0]])
    with pytest.raises(InputError, match="singular"):
        build_instance(Dataset(square))


def test_too_many_rows_without_machine_arithmetic() -> None:
    with pytest.raises(InputError, match="--foundational: 201 rows are too many"):
        build_instance(Dataset(gaussian(201, 3)), foundational=True)


@pytest.mark.parametrize("modules", [MODULES, NETWORK_MODULES], ids=["data", "networks"])
def test_the_library_is_part_of_the_coq_project(modules: tuple[str, ...]) -> None:
    """In order of dependence, and closed under it: nothing that a module requires is missing before it."""
    folder = ROOT / "proofs" / "coq"
    lines = (folder / "_CoqProject").read_text(encoding="utf-8").splitlines()
    assert set(modules) <= {line.removesuffix(".v") for line in lines}
    seen: set[str] = set()
    for name in modules:
        text = (folder / f"{name}.v").read_text(encoding="utf-8")
        for prefix, wanted in re.findall(r"^From NTK(\.\w+)? Require (?:Import |Export )?([^.]*)\.", text, re.M):
            place = f"{prefix[1:]}/" if prefix else ""
            assert {f"{place}{word}" for word in wanted.split()} <= seen, name
        seen.add(name)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("prove wine", "-o Proof.v"),
        ("prove wine -o wine.txt", "use one of .v"),
        ("prove wine -o missing/wine.v", "does not exist"),
        ("prove wine -o wine.v --keep folder", "--check"),
        ("prove digits --foundational -o digits.v", "at most 200 rows"),
        ("prove iris -o iris.v", "--duplicates drop"),
        ("prove sphere:n=3,d=2,seed=0 --normalize --delta 1 -o s.v", "--delta: 1.0 is not between 0 and 1"),
    ],
)
def test_misuse_is_one_line(certify_here: Command, arguments: str, says: str) -> None:
    run = certify_here(*arguments.split())
    assert (run.returncode, run.stdout) == (2, "")
    assert says in one_line(run.stderr)
    assert not list(Path.cwd().iterdir())


def test_without_coq_one_line_says_what_to_install(certify: Command, tmp_path: Path) -> None:
    run = certify("prove", "wine", "-o", "wine.v", "--check", env={"PATH": str(tmp_path)})
    assert (run.returncode, run.stdout) == (2, "")
    assert "apt-get install coq" in one_line(run.stderr)
    assert not (tmp_path / "wine.v").exists()
