"""Mistakes in the use of the command: one line on stderr that says what, where and the remedy, exit 2."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Command, one_line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["datset"], ["datset", "dataset"]),
        (["dataset"], ["SOURCE"]),
        (["dataset", "wine", "extra"], ["extra"]),
        (["dataset", "wine", "--widht", "10"], ["--widht", "--width"]),
        (["dataset", "wine", "--delta", "small"], ["--delta", "number"]),
        (["dataset", "wine", "--width", "1.5"], ["--width"]),
        (["dataset", "wine", "--labels", "hot"], ["--labels", "pm1"]),
        (["dataset", "wine", "--threads", "0"], ["--threads"]),
        (["dataset", "wine", "-o"], ["-o"]),
        (["theorem", "shw"], ["shw", "show"]),
        (["theorem", "show"], ["ID"]),
        (["report"], ["CERTIFICATE"]),
    ],
)
def test_usage_errors_are_one_line(certify: Command, arguments: list[str], says: list[str]) -> None:
    run = certify(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    line = one_line(run.stderr)
    assert line.startswith("certify: ")
    assert all(word in line for word in says), line
    assert "--help" in line, "no remedy"


@pytest.mark.parametrize("command", ["dataset wine", "report wine.json"])
def test_targets_are_checked_first(certify: Command, tmp_path: Path, command: str) -> None:
    (tmp_path / "folder.html").mkdir()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    wrong = {
        "out.pdf": ["'.pdf'", ".html"],
        "out": ["no extension"],
        "missing/out.html": ["'missing'", "does not exist"],
        "folder.html": ["directory"],
    }
    if os.geteuid() != 0:  # to the superuser no directory is closed
        wrong["closed/out.html"] = ["closed", "cannot be written"]
    for target, says in wrong.items():
        run = certify(*command.split(), "-o", target)
        assert (run.returncode, run.stdout) == (2, "")
        line = one_line(run.stderr)
        assert all(word in line for word in [f"-o {target}", *says]), line
    line = one_line(certify(*command.split(), "-o", "out.html", "-o", "./out.html").stderr)
    assert "twice" in line
    assert sorted(p.name for p in tmp_path.iterdir()) == ["closed", "folder.html"], "something was written"


def test_a_line_break_in_an_argument_stays_one_line(certify: Command) -> None:
    run = certify("dataset", "no\nsuch\nfile.csv")
    assert run.returncode == 2
    one_line(run.stderr)


def test_version(certify: Command) -> None:
    run = certify("--version")
    assert (run.returncode, run.stdout, run.stderr) == (0, "certify 0.1.0\n", "")


def test_help_lists_every_command(certify: Command) -> None:
    run = certify("--help")
    assert run.returncode == 0
    assert all(f" {command} " in run.stdout for command in ("dataset", "theorem", "report", "doctor"))
    assert certify().stdout == run.stdout


def test_help_imports_nothing_heavy() -> None:
    """Why `--help` is quick (0.1 s), whatever the machine's load."""
    code = (
        "import sys\n"
        "from certify.cli.main import run\n"
        "run(['dataset', '--help'])\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(run.stderr.split())
    assert not loaded & {"numpy", "scipy", "sympy", "flint", "matplotlib", "sklearn", "jinja2", "jsonschema"}


def test_an_internal_fault_is_one_line_and_70(tmp_path: Path) -> None:
    """Any exception that nobody foresaw; the traceback only for those who ask."""
    code = (
        "import certify.arithmetic.selftest as s\n"
        "def broken(): raise ZeroDivisionError('seven\\nlines')\n"
        "s.run_selftest = broken\n"
        "from certify.cli.main import main\n"
        "main()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("CERTIFY_DEBUG", None)
    command = [sys.executable, "-c", code, "doctor"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (70, "")
    line = one_line(run.stderr)
    assert "ZeroDivisionError" in line and "CERTIFY_DEBUG=1" in line
    environment["CERTIFY_DEBUG"] = "1"
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode != 0 and "Traceback" in run.stderr


def test_a_reader_that_stops_early_is_no_fault(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)  # nobody will ever read
    run = subprocess.run(
        [sys.executable, "-m", "certify", "--version"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert run.stderr == b""
    assert run.returncode == -signal.SIGPIPE
