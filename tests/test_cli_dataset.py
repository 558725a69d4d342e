"""``certify dataset`` through its process: answers, exit status, documents, errors, interruption."""

from __future__ import annotations

import functools
import json
import os
import pty
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, Command, one_line
from jsonschema import Draft202012Validator

SCHEMA = json.loads((ROOT / "certify" / "certificates" / "schema" / "certify-1.json").read_text(encoding="utf-8"))
VERDICT_STATUS = {"proved": 0, "refuted": 1, "undecided": 1}


def document(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Stdout as a certificate that obeys the schema and whose verdict is the exit status."""
    found: dict[str, Any] = json.loads(run.stdout)
    Draft202012Validator(SCHEMA).validate(found)
    assert run.returncode == VERDICT_STATUS[found["verdict"]], run.stderr
    return found


def contains(enclosure: dict[str, Any], value: Fraction) -> bool:
    scale = Fraction(2) ** enclosure.get("exponent", 0)
    return Fraction(enclosure["lower"]) * scale <= value <= Fraction(enclosure["upper"]) * scale


@pytest.fixture
def orthogonal(tmp_path: Path) -> Path:
    """Rows 2^i·e_i with labels: under --normalize the ReLU kernel's matrix is ½ I exactly."""
    path = tmp_path / "orthogonal.csv"
    rows = [[2.0**i if i == j else 0 for j in range(6)] + [i % 2] for i in range(6)]
    lines = ["a,b,c,d,e,f,label", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_orthogonal_rows_have_one_half(certify: Command, orthogonal: Path) -> None:
    run = certify("dataset", orthogonal, "--target", "label", "--normalize", "--json")
    assert run.stderr == ""
    found = document(run)
    assert found["verdict"] == "proved" and found["kind"] == "dataset"
    assert found["data"]["n"] == found["data"]["d"] == 6
    assert contains(found["bounds"]["lambda_min"], Fraction(1, 2))
    assert contains(found["bounds"]["lambda_max"], Fraction(1, 2))
    assert found["definite"]["verdict"] == "proved"
    widths = [t["constants"].get("required_width", {}).get("upper") for t in found["theorems"]]
    assert any(isinstance(width, int) and width > 0 for width in widths)


def test_width_asks_about_that_width(certify_here: Command, orthogonal: Path) -> None:
    """At the least width that is printed the theorem speaks; at width 2 nothing does."""
    base = ("dataset", orthogonal, "--target", "label", "--normalize", "--json")
    first = document(certify_here(*base))
    chosen = next(t for t in first["theorems"] if t["id"] == "relu.width")
    least = chosen["constants"]["required_width"]["upper"]
    at_least = document(certify_here(*base, "--theorem", chosen["id"], "--width", str(least)))
    assert at_least["verdict"] == "proved"
    assert [t["id"] for t in at_least["theorems"]] == [chosen["id"]]
    narrow = document(certify_here(*base, "--width", "2"))
    assert narrow["verdict"] == "undecided" and narrow["would_decide"]


def test_equal_rows_refute(certify_here: Command, tmp_path: Path) -> None:
    np.save(tmp_path / "twice.npy", np.array([[3.0, 4.0], [1.0, 0.0], [6.0, 8.0]]))
    run = certify_here("dataset", "twice.npy", "--json")
    found = document(run)
    assert (run.returncode, found["verdict"]) == (1, "refuted")
    assert found["definite"]["verdict"] == "refuted" and found["definite"]["parallel_rows"] == [[0, 2]]
    assert found["bounds"]["lambda_min"] == {"lower": 0, "upper": 0}
    dropped = document(certify_here("dataset", "twice.npy", "--duplicates", "drop", "--json"))
    assert dropped["data"]["n"] == 2 and dropped["definite"]["verdict"] == "proved"


def test_stdout_is_the_file_and_nothing_else(certify: Command, tmp_path: Path) -> None:
    outputs = [word for name in ("c.json", "r.html", "r.md", "r.tex") for word in ("-o", name)]
    run = certify("dataset", "sphere:n=12,d=6,seed=1", "--json", *outputs)
    document(run)
    assert run.stdout == (tmp_path / "c.json").read_text(encoding="utf-8")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.json", "r.html", "r.md", "r.tex"]
    assert "<html" in (tmp_path / "r.html").read_text(encoding="utf-8").lower()
    claims = json.loads(run.stdout)["claims_sha256"]
    for name in ("r.html", "r.md", "r.tex"):
        assert claims in (tmp_path / name).read_text(encoding="utf-8"), f"{name} does not name its certificate"


def test_text_is_for_people_and_plain_without_a_terminal(certify: Command) -> None:
    run = certify("dataset", "sphere:n=12,d=6,seed=1")
    assert run.stdout == ""
    assert "lambda_min" in run.stderr and "\x1b" not in run.stderr
    quiet = certify("dataset", "sphere:n=12,d=6,seed=1", "--quiet")
    assert (quiet.stdout, quiet.stderr, quiet.returncode) == ("", "", run.returncode)


def test_claims_do_not_depend_on_threads(certify_here: Command) -> None:
    base = ("dataset", "sphere:n=40,d=9,seed=2", "--json", "--threads")
    hashes = {document(certify_here(*base, str(threads)))["claims_sha256"] for threads in (1, 2, 4)}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, []),
        ("", []),
        ("a,b\n", ["rows"]),
        ("1,2\n3,x\n", ["row 1", "x"]),
        ("1,2\n3\n", ["row 1"]),
        ("1,2\nnan,3\n", ["row 1"]),
        ("1,2\n3,inf\n", ["row 1"]),
        ("1,2\n0,0\n", ["row 1", "zero"]),
    ],
)
def test_bad_tables_are_one_line(certify_here: Command, tmp_path: Path, content: str | None, says: list[str]) -> None:
    if content is not None:
        (tmp_path / "bad.csv").write_text(content, encoding="utf-8")
    run = certify_here("dataset", "bad.csv")
    assert (run.returncode, run.stdout) == (2, "")
    line = one_line(run.stderr)
    assert all(word in line for word in ["bad.csv", *says]), line
    assert ";" in line, f"no remedy: {line}"


def test_bad_arrays_are_one_line(certify_here: Command, tmp_path: Path) -> None:
    np.savez(tmp_path / "lengths.npz", X=np.eye(3), y=np.ones(2))
    np.savez(tmp_path / "keys.npz", A=np.eye(3))
    whole = (tmp_path / "lengths.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    np.save(tmp_path / "objects.npy", np.array([[{}, 1]], dtype=object))
    for name in ("lengths.npz", "keys.npz", "cut.npz", "objects.npy", "wine?"):
        run = certify_here("dataset", name)
        assert (run.returncode, run.stdout) == (2, "")
        assert name in one_line(run.stderr)


@pytest.mark.parametrize(
    "option",
    [
        ["--delta", "0"], ["--delta", "1"], ["--delta", "nan"], ["--alpha", "0"], ["--alpha", "-1"],
        ["--alpha", "inf"], ["--width", "0"], ["--min-rate", "2"], ["--theorem", "nobody.nothing"],
        ["--preprocess", "whiten"], ["--target", "no such column"],
    ],
)  # fmt: skip
def test_bad_options_are_one_line(certify_here: Command, option: list[str]) -> None:
    run = certify_here("dataset", "sphere:n=4,d=3,seed=0", *option)
    assert (run.returncode, run.stdout) == (2, "")
    one_line(run.stderr)


def test_dry_run_estimates_and_computes_nothing(certify: Command, tmp_path: Path) -> None:
    run = certify("dataset", "digits", "--dry-run", "--json", "-o", "c.json")
    plan = json.loads(run.stdout)
    assert run.returncode == 0 and plan["seconds"] > 0
    assert plan["bytes"] >= 8 * 1797**2  # one float64 matrix at least
    assert not list(tmp_path.iterdir())
    assert "1797" in one_line(certify("dataset", "digits", "--dry-run").stderr)


def test_interruption_is_130_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "certify", "dataset", "sphere:n=6000,d=40,seed=0", "-o", "c.json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # where the tests run in the background, signals that a shell ignores there would be ignored here, too
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=heed
    )
    time.sleep(2.5)
    assert process.poll() is None, "over before it could be interrupted"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert one_line(errors) == "certify: interrupted"
    assert not list(tmp_path.iterdir())


def test_progress_is_drawn_on_a_terminal_only(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        [sys.executable, "-m", "certify", "dataset", "sphere:n=300,d=40,seed=0", "--json"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # Linux reports the end of a terminal so
            break
        if not part:
            break
        seen += part
    out, _ = process.communicate(timeout=60)
    os.close(leader)
    assert json.loads(out)["kind"] == "dataset"
    assert b"to go" in seen
