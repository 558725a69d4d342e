"""``certify theorem``: lists, shows and checks, with exit status by verdict."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from conftest import Command, one_line

# Numbers that Theorem 4.1 of Du et al. asks for; every one of them is exact.
DU = ["--set", "n=10", "--set", "lambda0=1/5", "--set", "norm_y=3", "--set", "delta=1/20"]


def du_width() -> float:
    """The larger of the theorem's two width conditions, written down from its statement in float64.

    With E0² = (3‖y‖² + 3n/2)/δ and R = √(2π)·δ·λ0 / (48n² + 48n^{3/2}):
    m ≥ 8n²·log(6n²/δ)/λ0² and m > 16·n·E0²/(λ0²R²).
    """
    n, lam, y, delta = 10, 0.2, 3.0, 0.05
    residual = (3 * y**2 + 1.5 * n) / delta
    radius = math.sqrt(2 * math.pi) * delta * lam / (48 * n**2 + 48 * n**1.5)
    return max(8 * n**2 * math.log(6 * n**2 / delta) / lam**2, 16 * n * residual / (lam * radius) ** 2)


def test_list_names_every_theorem(certify: Command) -> None:
    run = certify("theorem", "list", "--json")
    assert (run.returncode, run.stderr) == (0, "")
    rows = json.loads(run.stdout)
    assert {"du2019.flow", "du2019.gd", "relu.width", "smooth.width"} <= {row["id"] for row in rows}
    assert all(isinstance(row["edition"], int) and row["activations"] and row["label"] for row in rows)
    text = certify("theorem", "list").stdout
    assert all(any(line.startswith(row["id"]) for line in text.splitlines()) for row in rows)


@pytest.mark.parametrize(
    ("form", "says"),
    [("text", "Hypotheses"), ("markdown", "**Hypotheses.**"), ("latex", "\\begin{theorem}")],
)
def test_show_speaks_three_languages(certify_here: Command, form: str, says: str) -> None:
    run = certify_here("theorem", "show", "du2019.gd", "--format", form)
    assert (run.returncode, run.stderr) == (0, "")
    assert says in run.stdout and "du2019" in run.stdout


def test_show_brings_the_proof_unless_told_not_to(certify_here: Command) -> None:
    whole = certify_here("theorem", "show", "relu.width").stdout
    bare = certify_here("theorem", "show", "relu.width", "--no-proof").stdout
    assert whole.startswith(bare.rstrip("\n")) and len(whole) > len(bare) + 1000


def test_check_agrees_with_the_published_condition(certify_here: Command) -> None:
    run = certify_here("theorem", "check", "du2019.gd", *DU, "--json")
    found = json.loads(run.stdout)
    assert (run.returncode, found["verdict"], run.stderr) == (0, "proved", "")
    width = found["constants"]["required_width"]
    assert width["lower"] == width["upper"]
    # The oracle is float64 arithmetic, good to some 1e-14; the true width may be one off its ceiling.
    assert math.isclose(width["upper"], du_width(), rel_tol=1e-12)


def test_check_at_a_width_decides(certify_here: Command) -> None:
    least = math.ceil(du_width() * (1 + 1e-12))
    enough = certify_here("theorem", "check", "du2019.gd", *DU, "--set", f"m={least}")
    assert enough.returncode == 0 and ": proved" in enough.stdout.splitlines()[0]
    short = certify_here("theorem", "check", "du2019.gd", *DU, "--set", f"m={math.floor(du_width() * 0.999)}")
    assert short.returncode == 1 and ": undecided" in short.stdout.splitlines()[0]
    assert "would decide: " in short.stdout


def test_check_measures_data(certify_here: Command, tmp_path: Path) -> None:
    """Orthogonal rows: λ0 = ½ exactly, so the width is that of the numbers named by hand."""
    np.savez(tmp_path / "eye.npz", X=4 * np.eye(4), y=np.array([1.0, -1.0, 1.0, -1.0]))
    measured = certify_here("theorem", "check", "du2019.gd", "--data", "eye.npz", "--normalize", "--json")
    by_hand = certify_here(
        "theorem", "check", "du2019.gd", "--set", "n=4", "--set", "lambda0=1/2", "--set", "norm_y=2", "--json"
    )
    widths = [json.loads(run.stdout)["constants"]["required_width"]["upper"] for run in (measured, by_hand)]
    assert widths[0] >= widths[1]
    assert math.isclose(*widths, rel_tol=1e-9)
    bare = certify_here("theorem", "check", "du2019.gd", "--data", "eye.npz")
    assert bare.returncode == 1 and "--normalize" in bare.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "du2020"], ["du2020", "du2019.gd"]),
        (["show", "relu.width", "--variant", "none"], ["none"]),
        (["check", "du2020"], ["du2020", "du2019.gd"]),
        (["check", "du2019.gd"], ["lambda0", "norm_y", "n"]),
        (["check", "du2019.gd", "--set", "n"], ["'n'", "NAME=VALUE"]),
        (["check", "du2019.gd", "--set", "n=4", "--set", "n=5"], ["'n'", "twice"]),
        (["check", "du2019.gd", *DU, "--set", "colour=3"], ["colour"]),
        (["check", "du2019.gd", *DU[2:], "--set", "n=__import__('os')"], ["is not a number"]),
        (["check", "du2019.gd", *DU[2:], "--set", "n=1.5"], ["3/2", "integer"]),
        (["check", "du2019.gd", "--data", "iris", "--set", "lambda0=1"], ["lambda0", "measured"]),
        (["check", "du2019.gd", "--data", "nothing.csv"], ["nothing.csv"]),
    ],
)
def test_mistakes_are_one_line(certify_here: Command, arguments: list[str], says: list[str]) -> None:
    run = certify_here("theorem", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    line = one_line(run.stderr)
    assert all(word in line for word in says), line
