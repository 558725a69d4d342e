"""Proof files before Coq: true ones are accepted, with no axiom that is not listed; tampered ones are not."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import Command, one_line
from coq_instances import (
    antipodal,
    coq_cache,
    gaussian,
    nearly_antipodal,
    nearly_parallel,
    needs_coq,
    spread,
    wild,
)
from numpy.typing import NDArray

from certify.coq import (
    CoqOutcome,
    Instance,
    build_instance,
    check_with_retries,
    embedded_dataset,
    library,
    proof_text,
    run_coqc,
)
from certify.data import Dataset, LoadOptions, load

__all__ = ["coq_cache"]
pytestmark = needs_coq

CLASSICAL = {
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "Classical_Prop.classic",
    "FunctionalExtensionality.functional_extensionality_dep",
}
INTEGERS = re.compile(r"(PrimInt63|Uint63|Sint63)\.\w+")
FLOATS = re.compile(r"(PrimFloat|FloatAxioms)\.\w+")


def text_of(X: NDArray[np.float64], normalized: bool, foundational: bool = False) -> str:
    return proof_text(build_instance(Dataset(X, normalized=normalized), foundational=foundational))


def coq(text: str, tmp_path: Path, audit: bool = False) -> CoqOutcome:
    path = tmp_path / "a proof.v"
    path.write_text(text, encoding="ascii")
    outcome = run_coqc(path, audit=audit)
    assert [p.name for p in tmp_path.iterdir()] == ["a proof.v"], "coqc left something behind"
    return outcome


def assert_rejected(text: str, tmp_path: Path) -> None:
    """Rejected by the computation, not by a mistake in the file."""
    outcome = coq(text, tmp_path)
    assert not outcome.accepted
    assert outcome.reason is not None and len(outcome.reason.splitlines()) == 1
    assert re.match(r'line \d+: The term "eq_refl" has type', outcome.reason), outcome.reason


def replace_once(pattern: str, replacement: object, text: str) -> str:
    changed, count = re.subn(pattern, replacement, text, count=1, flags=re.M)  # type: ignore[call-overload]
    assert count == 1 and changed != text
    return str(changed)


@pytest.mark.parametrize("normalized", [True, False], ids=["H", "K"])
@pytest.mark.parametrize(
    "X",
    [gaussian(20, 5), gaussian(1, 2), antipodal(), nearly_parallel(), nearly_antipodal(), wild(), spread()],
    ids=["gaussian", "one row", "antipodal", "nearly parallel", "nearly antipodal", "wild", "spread"],
)
def test_accepted(X: NDArray[np.float64], normalized: bool, tmp_path: Path) -> None:
    outcome = coq(text_of(X, normalized), tmp_path)
    assert outcome.accepted, outcome.reason


@pytest.mark.parametrize("normalized", [True, False], ids=["H", "K"])
@pytest.mark.parametrize("X", [gaussian(20, 5), nearly_parallel()[:4]], ids=["gaussian", "nearly parallel"])
def test_accepted_without_machine_arithmetic(X: NDArray[np.float64], normalized: bool, tmp_path: Path) -> None:
    outcome = coq(text_of(X, normalized, foundational=True), tmp_path)
    assert outcome.accepted, outcome.reason


def test_iris_within_a_few_seconds(tmp_path: Path) -> None:
    data = load("iris", LoadOptions(normalize=True, duplicates="drop"))
    outcome = coq(proof_text(build_instance(data)), tmp_path)
    assert outcome.accepted, outcome.reason
    assert outcome.seconds < 5
    assert outcome.peak_bytes < 2**30


@pytest.mark.parametrize(
    ("X", "foundational", "file", "allowed"),
    [
        (gaussian(4, 3), False, "Machine", [INTEGERS, FLOATS]),
        (nearly_parallel(), False, "Wide", [INTEGERS]),
        (gaussian(4, 3), True, "Foundational", []),
    ],
    ids=["fast", "wide", "foundational"],
)
def test_assumptions_are_the_listed_ones(
    X: NDArray[np.float64], foundational: bool, file: str, allowed: list[re.Pattern[str]], tmp_path: Path
) -> None:
    text = text_of(X, False, foundational)
    assert f"From NTK.instance Require Import {file}." in text
    outcome = coq(text, tmp_path, audit=True)
    assert outcome.assumptions is not None
    assert {a for a in outcome.assumptions if not any(p.fullmatch(a) for p in allowed)} <= CLASSICAL
    assert CLASSICAL & set(outcome.assumptions), "the list was not read"


def test_an_audit_sees_what_was_admitted(tmp_path: Path) -> None:
    text = text_of(gaussian(4, 3), False, foundational=True)
    forged = text.replace("vm_cast_no_check (eq_refl true).\nQed.", "Admitted.")
    outcome = coq(forged, tmp_path, audit=True)
    assert outcome.accepted and outcome.assumptions is not None
    assert not set(outcome.assumptions) <= CLASSICAL


@pytest.mark.parametrize("foundational", [False, True], ids=["fast", "foundational"])
@pytest.mark.parametrize("normalized", [True, False], ids=["H", "K"])
def test_a_larger_claim_is_rejected(normalized: bool, foundational: bool, tmp_path: Path) -> None:
    text = text_of(gaussian(12, 4), normalized, foundational)
    m = re.search(r"sigma := dyadic (\d+)", text)
    assert m is not None
    larger = int(m[1]) + int(m[1]) // 100_000
    assert text.count(m[1]) == 2  # the definition, and the question put to the check
    assert_rejected(text.replace(m[1], str(larger)), tmp_path)


def test_a_claim_is_what_was_checked(tmp_path: Path) -> None:
    """Only the statement is changed: then it is no longer the statement that the check speaks of."""
    text = text_of(gaussian(12, 4), True)
    outcome = coq(replace_once(r"sigma := dyadic (\d+)", lambda m: f"sigma := dyadic {int(m[1]) + 1}", text), tmp_path)
    assert not outcome.accepted and "Unable to unify" in str(outcome.reason)


def test_one_bit_of_the_data_is_noticed(tmp_path: Path) -> None:
    """The bit by which two rows differ: without it they coincide, and the matrix is singular."""
    X = nearly_parallel()
    text = text_of(X, False)
    rows = re.findall(r"\(\(?-\d+\)?, \[[^\]]*\]\)", text.partition("Definition data")[2].partition("Definition")[0])
    assert len(rows) == len(X) and rows[0] != rows[1]
    assert_rejected(text.replace(rows[1], rows[0]), tmp_path)


@pytest.mark.parametrize("name", ["factor", "directions"])
@pytest.mark.parametrize("foundational", [False, True], ids=["fast", "foundational"])
def test_one_wrong_number_in_a_hint_is_noticed(name: str, foundational: bool, tmp_path: Path) -> None:
    text = text_of(gaussian(8, 3), True, foundational)
    head, start, tail = text.partition(f"Definition {name} ")
    step = 1 << 30  # a millionth of the largest entry, in units of 2^-50
    changed = replace_once(r"^\[(\(?-?\d+\)?); ", lambda m: f"[{moved(m[1], step)}; ", tail)
    assert_rejected(head + start + changed, tmp_path)


def moved(literal: str, step: int) -> str:
    value = int(literal.strip("()")) + step
    return f"({value})" if value < 0 else str(value)


@pytest.mark.parametrize("foundational", [False, True], ids=["fast", "foundational"])
def test_the_width_is_proved_and_a_smaller_one_rejected(foundational: bool, tmp_path: Path) -> None:
    data = Dataset(gaussian(5, 3), np.array([[1.0, 0.1]] * 5), normalized=True)
    text = proof_text(build_instance(data, foundational=foundational))
    outcome = coq(text, tmp_path)
    assert outcome.accepted, outcome.reason
    m = re.findall(r"delta sigma (\d+)\.$", text, re.M)[0]
    assert text.count(m) == 2
    assert_rejected(text.replace(m, str(int(m) - 3)), tmp_path)


def test_the_own_width_is_proved_and_a_smaller_one_rejected(tmp_path: Path) -> None:
    text = proof_text(build_instance(Dataset(gaussian(5, 3), np.array([1.0, 0.1, -2.0, 0.0, 3.0]), normalized=True)))
    outcome = coq(text, tmp_path)
    assert outcome.accepted, outcome.reason
    m = re.findall(r"^Theorem relu_required_width : .* (\d+)\.$", text, re.M)[0]
    assert text.count(m) == 2
    assert_rejected(text.replace(m, str(int(m) // 1_000_001 * 1_000_000 // 2 * 2)), tmp_path)
    assert_rejected(text.replace(m, str(int(m) + 1)), tmp_path)  # neurons come in pairs


def test_a_missing_row_is_noticed(tmp_path: Path) -> None:
    text = text_of(gaussian(6, 3), True)
    for name in ("data", "directions", "factor"):
        head, start, tail = text.partition(f"Definition {name} ")
        shorter = replace_once(r"\[\n[^\n]*;\n", "[\n", tail)
        assert_rejected(head + start + shorter, tmp_path)


def test_a_mistake_in_the_file_is_one_line(tmp_path: Path) -> None:
    outcome = coq(text_of(gaussian(2, 2), True).replace("Proof.", "Proof. nonsense."), tmp_path)
    assert outcome.reason is not None and outcome.reason.startswith("line ") and "nonsense" in outcome.reason


def test_the_command_proves_and_checks(certify: Command, tmp_path: Path) -> None:
    run = certify("prove", "sphere:n=12,d=4,seed=1", "--normalize", "-o", "S.v", "--check", "--keep", "kept")
    assert (run.returncode, run.stdout) == (0, "")
    assert "accepted by Coq" in run.stderr and "H∞" in run.stderr
    assert (tmp_path / "kept" / "Proof.vo").is_file()
    assert (tmp_path / "kept" / "Proof.v").read_bytes() == (tmp_path / "S.v").read_bytes()


def test_a_rejected_proof_is_one_line_and_exit_1(certify_here: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_bold(*arguments: object, **options: object) -> str:
        return proof_text(*arguments, **options).replace("(Question true ", "(Question false ")  # type: ignore[arg-type]

    monkeypatch.setattr("certify.coq.proof_text", too_bold)
    run = certify_here("prove", "sphere:n=4,d=3,seed=1", "--normalize", "-o", "S.v", "--check", "--quiet")
    assert (run.returncode, run.stdout) == (1, "")
    assert "S.v: Coq rejects it: line " in one_line(run.stderr)


def test_the_library_is_compiled_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Into the user's cache, with one line of progress; the second time it is there. (Its first files, for speed.)"""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(library, "MODULES", library.MODULES[:4])
    said: list[str] = []
    first, second = library.compiled(said.append), library.compiled(said.append)
    assert first == second and list((tmp_path / "certify").iterdir()) == [first]
    assert [line.startswith("compiling the Coq library into ") for line in said] == [True]
    for name in library.MODULES:
        assert (first / f"{name}.vo").is_file()


def test_coqc_is_the_one_that_the_library_needs() -> None:
    version = subprocess.run(["coqc", "--version"], capture_output=True, text=True, check=True).stdout
    assert re.search(r"version 8\.(1[6-9]|[2-9]\d)", version), version


def test_a_tolerance_that_is_too_small_is_widened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first proof is made as if Coq's intervals had no width: it is rejected, the next one is not."""
    data = Dataset(gaussian(8, 3), normalized=True)
    said: list[str] = []

    def text(instance: Instance) -> str:
        made = proof_text(instance)
        if said and "lowered" in said[-1]:
            return made
        delta = instance.factor.delta
        return made.replace(f" {delta.m} ({delta.e}) ", f" 1 ({delta.e}) ")

    path = tmp_path / "Proof.v"
    instance, outcome = check_with_retries(lambda loss: build_instance(data, loss=loss), text, path, say=said.append)
    assert outcome.accepted, outcome.reason
    assert instance.loss > 2e-6 and sum("lowered" in line for line in said) == 1
    assert f"sigma := dyadic {instance.factor.sigma.m} " in path.read_text(encoding="ascii")


def test_what_is_no_matter_of_tolerance_is_not_tried_again(tmp_path: Path) -> None:
    tried: list[float | None] = []

    def build(loss: float | None) -> Instance:
        tried.append(loss)
        return build_instance(Dataset(gaussian(4, 3)), loss=loss)

    def text(instance: Instance) -> str:
        return proof_text(instance).replace("Proof.", "Proof. nonsense.")

    _, outcome = check_with_retries(build, text, tmp_path / "Proof.v")
    assert not outcome.accepted and tried == [None]


def test_the_check_of_a_certificate_by_coq(certify_here: Command, tmp_path: Path) -> None:
    """The theorem's data are the certificate's: by their hash, in the file that is kept."""
    source = "sphere:n=12,d=4,seed=1"
    assert certify_here("dataset", source, "--normalize", "-o", "c.json", "--quiet").returncode == 0
    run = certify_here("check", "c.json", "--data", source, "--coq", "--keep", "kept", "--json")
    assert run.returncode == 0, run.stderr
    claim = json.loads(run.stdout)["claims"][-1]
    assert (claim["claim"], claim["status"]) == ("coq", "confirmed") and "with this hash" in claim["because"]
    recorded = json.loads(Path("c.json").read_text(encoding="utf-8"))["data"]["sha256"]
    assert embedded_dataset(Path("kept") / "Proof.v").sha256 == recorded
    assert certify_here("check", "c.json", "--keep", "kept").returncode == 2
