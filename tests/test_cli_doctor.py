"""``certify doctor``: what it found, for people and for machines, and its exit status."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from conftest import ROOT, Command, one_line


def test_json_names_checks_and_machine(certify: Command) -> None:
    run = certify("doctor", "--json")
    assert (run.returncode, run.stderr) == (0, "")
    found = json.loads(run.stdout)
    assert found["passed"] is True
    assert len(found["checks"]) >= 4
    assert all(check["passed"] is True and check["name"] and check["detail"] for check in found["checks"])
    assert found["python"] == platform.python_version()
    assert found["libraries"]["numpy"] == version("numpy")
    assert found["libraries"]["python-flint"] == version("python-flint")
    assert found["processors"] == len(os.sched_getaffinity(0))
    assert 2**28 < found["memory"] < 2**50
    assert found["blas"][0]["internal_api"]


def test_text_has_a_line_for_each_check(certify: Command) -> None:
    names = [check["name"] for check in json.loads(certify("doctor", "--json").stdout)["checks"]]
    run = certify("doctor")
    assert (run.returncode, run.stderr) == (0, "")
    lines = [line for line in run.stdout.splitlines() if line.startswith("ok ")]
    assert len(lines) == len(names) and all(name in line for name, line in zip(names, lines, strict=True))
    assert certify("doctor", "--quiet").stdout == ""


def test_nothing_is_certified_on_such_a_machine(tmp_path: Path) -> None:
    code = (
        "import certify.arithmetic.selftest as s\n"
        "s.rounds_to_nearest = lambda: False\n"
        "from certify.cli.main import main\n"
        "main()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "dataset", "sphere:n=4,d=3,seed=0", "--json", "-o", "c.json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (70, "")
    assert "nearest" in one_line(run.stderr)
    assert not list(tmp_path.iterdir())


def test_a_failed_check_is_exit_70_and_says_which() -> None:
    """A thread that flushes subnormals, pretended: the command must not report a sound machine."""
    code = (
        "import certify.arithmetic.selftest as s\n"
        "s.underflows_gradually = lambda: False\n"
        "from certify.cli.main import main\n"
        "main()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for extra in ([], ["--json"]):
        run = subprocess.run(
            [sys.executable, "-c", code, "doctor", *extra],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 70
        if extra:
            assert json.loads(run.stdout)["passed"] is False
        else:
            assert "FAILED  gradual underflow" in run.stdout
            assert "The arithmetic is what the lemmas assume" not in run.stdout
