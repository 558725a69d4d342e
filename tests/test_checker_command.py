"""``certify check`` and ``certify diff``: exit statuses, output, and what they say of two certificates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Command, one_line

from certify.certificates import Certificate, save_certificate
from certify.certificates.checker import compare_machines, difference
from certify.certificates.document import claims_sha256
from certify.data import Dataset
from certify.workflows import DatasetRequest, certify_dataset

X = np.array([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0], [1.0, 0.0, 2.0]])
Y = np.array([1.0, -1.0, 1.0])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A data file, its certificate, that of another δ, and one that is not genuine."""
    np.savez(tmp_path / "data.npz", X=X, y=Y)
    return tmp_path


def make(certify_here: Command, *options: str) -> Any:
    run = certify_here("dataset", "data.npz", "--quiet", *options)
    assert run.returncode in (0, 1), run.stderr


def test_check_confirms_and_says_so(files: Path, certify_here: Command) -> None:
    make(certify_here, "-o", "a.json")
    run = certify_here("check", "a.json", "--data", "data.npz")
    assert (run.returncode, run.stderr) == (0, "")
    assert one_line(run.stdout).endswith("confirmed; the certificate's own verdict: proved")
    everything = certify_here("check", "a.json", "--data", "data.npz", "--all").stdout
    assert "✓ bounds.lambda_min.lower: confirmed" in everything and "ball arithmetic" in everything
    assert certify_here("check", "a.json", "--data", "data.npz", "--quiet").stdout == ""


def test_a_refuted_verdict_that_is_confirmed_exits_with_0(files: Path, certify_here: Command) -> None:
    np.savez(files / "data.npz", X=np.vstack([X, X[:1]]), y=np.append(Y, 1.0))
    make(certify_here, "-o", "a.json")
    run = certify_here("check", "a.json", "--data", "data.npz", "--json")
    answer = json.loads(run.stdout)
    assert run.returncode == 0 and answer["status"] == "confirmed" and answer["certificate"]["verdict"] == "refuted"


def test_without_data_the_exit_status_is_1(files: Path, certify_here: Command) -> None:
    make(certify_here, "-o", "a.json")
    run = certify_here("check", "a.json")
    assert run.returncode == 1 and "not checkable (the data are needed (--data SOURCE))" in run.stdout


def test_coq_is_asked_about_relu_kernels_of_data_alone(files: Path, certify_here: Command) -> None:
    make(certify_here, "-o", "a.json")
    make(certify_here, "--activation", "erf", "--theorem", "smooth.width", "-o", "b.json")
    for words, why in ((("a.json",), "the data are needed"), (("b.json", "--data", "data.npz"), "ReLU kernel")):
        run = certify_here("check", *words, "--coq", "--json")
        claim = json.loads(run.stdout)["claims"][-1]
        assert run.returncode == 1 and (claim["claim"], claim["status"]) == ("coq", "not checkable")
        assert why in claim["because"]


def test_options_recorded_are_applied_again(files: Path, certify_here: Command) -> None:
    text = "a,b,label\n1,2,yes\n3,1,no\n1,2,yes\n0,5,yes\n"
    (files / "table.csv").write_text(text)
    options = ("--target", "label", "--normalize", "--preprocess", "standardize,bias", "--duplicates", "drop")
    assert certify_here("dataset", "table.csv", *options, "-o", "a.json", "-q").returncode == 0
    assert certify_here("check", "a.json", "--data", "table.csv").returncode == 0
    (files / "table.csv").write_text(text.replace("5", "6"))
    run = certify_here("check", "a.json", "--data", "table.csv", "--json")
    claims = {claim["claim"]: claim["status"] for claim in json.loads(run.stdout)["claims"]}
    assert run.returncode == 1 and claims["data"] == "not confirmed"


@pytest.mark.parametrize("content", ["", "{}", '{"format":"certify/1"}', "[1]", '{"format":"certify/9"}'])
def test_a_malformed_file_exits_with_2_and_one_line(files: Path, certify_here: Command, content: str) -> None:
    (files / "bad.json").write_text(content)
    for words in (("check", "bad.json"), ("diff", "bad.json", "bad.json")):
        run = certify_here(*words)
        assert (run.returncode, run.stdout) == (2, "") and one_line(run.stderr)


def test_options_that_are_none_exit_with_2(files: Path, certify_here: Command) -> None:
    make(certify_here, "-o", "a.json")
    document = json.loads((files / "a.json").read_text())
    for options in ({"labels": 3}, {"preprocess": 1}, {"unknown": 1}, {"preprocess": ["explode"]}):
        document["data"]["options"] = options
        document["claims_sha256"] = claims_sha256(document)
        (files / "b.json").write_text(json.dumps(document))
        run = certify_here("check", "b.json", "--data", "data.npz")
        assert run.returncode == 2 and one_line(run.stderr), options


def test_against_another_machine(files: Path, certify_here: Command) -> None:
    make(certify_here, "-o", "a.json")
    make(certify_here, "--delta", "0.01", "-o", "b.json")
    data = ("--data", "data.npz")
    assert certify_here("check", "a.json", *data, "--against", "a.json").returncode == 0
    run = certify_here("check", "a.json", *data, "--against", "b.json", "--json")
    answer = json.loads(run.stdout)
    assert run.returncode == 1 and answer["status"] == "confirmed" and not answer["against"]["comparable"]


def test_diff_says_what_changed(files: Path, certify_here: Command) -> None:
    make(certify_here, "-o", "a.json")
    make(certify_here, "--delta", "0.01", "-o", "b.json")
    same = certify_here("diff", "a.json", "a.json")
    assert (same.returncode, same.stdout) == (0, "the claims are the same\n")
    run = certify_here("diff", "a.json", "b.json")
    assert run.returncode == 1 and "request.delta: 0.05 → 0.01" in run.stdout
    assert "theorems.relu.width.constants.required_width" in run.stdout and "data." not in run.stdout
    changes = json.loads(certify_here("diff", "a.json", "b.json", "--json").stdout)
    assert {"place": "request.delta", "before": 0.05, "after": 0.01} in changes["changes"] and not changes["same"]


def certificate(**changes: Any) -> Certificate:
    document = certify_dataset(Dataset(X, Y), DatasetRequest(threads=1)).certificate.to_json()
    for path, value in changes.items():
        *parents, last = path.split("__")
        holder = document
        for step in parents:
            holder = holder[step]
        holder[last] = value
    document["claims_sha256"] = claims_sha256(document)
    return Certificate.from_json(document)


def test_consistency_of_bounds_and_verdicts() -> None:
    genuine = certificate()
    low = genuine.bounds["lambda_min"].lower
    assert isinstance(low, float)
    assert compare_machines(genuine, genuine).consistent
    overlapping = certificate(bounds__lambda_min={"lower": 0.0, "upper": 2 * low})
    assert compare_machines(genuine, overlapping).consistent and compare_machines(overlapping, genuine).consistent
    disjoint = certificate(bounds__lambda_min={"lower": 0.0, "upper": low * (1 - 1e-12)})
    for pair in ((genuine, disjoint), (disjoint, genuine)):
        assert compare_machines(*pair).contradictions == ("bounds.lambda_min: the enclosures are disjoint",)
    undecided = certificate(verdict="undecided")
    assert compare_machines(genuine, undecided).consistent
    refuted = certificate(verdict="refuted")
    assert not compare_machines(genuine, refuted).consistent
    other = certificate(data__sha256="0" * 64)
    assert not compare_machines(genuine, other).comparable


def test_difference_tells_an_integer_from_a_float_and_reads_big_integers() -> None:
    genuine = certificate()
    big = certificate(request__width=10**5000)
    lines = difference(genuine, big).lines()
    assert len(lines) == 1 and lines[0].startswith("request.width: absent → 1000")
    assert json.dumps(difference(genuine, big).to_json())
    floated = certificate(bounds__trace_gram={"lower": 20, "upper": 20})
    assert [c.place for c in difference(genuine, floated).changes] == ["bounds.trace_gram"]


def test_a_certificate_that_only_its_witness_tells_apart(tmp_path: Path) -> None:
    genuine = certificate()
    moved = certificate(witness__lambda_min__inner=1)
    assert [c.place for c in difference(genuine, moved).changes] == ["witness"]
    save_certificate(moved, tmp_path / "moved.json")
