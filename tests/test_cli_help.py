"""The help of every command: complete, and its examples run as they stand."""

from __future__ import annotations

import re
import shlex

import pytest
from conftest import Command

COMMANDS = [
    "", "dataset", "check", "diff", "report", "doctor", "theorem", "theorem list", "theorem show", "theorem check",
    "theorem compare", "theorem rate",
]  # fmt: skip

OPTIONS = {
    "dataset": "--activation --delta --alpha --init --normalize --preprocess --duplicates --target --labels "
    "--positive --x-key --y-key --theorem --width --min-rate --fraction --loss --threads --quiet --dry-run "
    "--json --output -o",
    "check": "--data --exact --against --coq --keep --all --json --quiet",
    "diff": "--json --quiet",
    "report": "--output -o --data --quiet",
    "doctor": "--json --quiet",
    "theorem list": "--json",
    "theorem show": "--format --variant --no-proof",
    "theorem check": "--set --data --normalize --target --json",
}


def examples(text: str) -> list[str]:
    """The command lines below ``Examples:`` (every help ends with them)."""
    _, marker, tail = text.partition("Examples:")
    assert marker, "no examples"
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    assert lines and all(line.startswith("certify ") for line in lines), lines
    return lines


@pytest.mark.parametrize("command", COMMANDS)
def test_help_lists_the_options_and_examples_run(certify: Command, certify_here: Command, command: str) -> None:
    run = certify(*command.split(), "--help")
    assert (run.returncode, run.stderr) == (0, "")
    for option in OPTIONS.get(command, "--help").split():
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", run.stdout), option
    for line in examples(run.stdout):
        words = shlex.split(line)[1:]
        result = certify_here(*words)
        # 1 is an answer too: not proved.
        assert result.returncode in (0, 1), f"{line}\n{result.stderr}"
        assert result.returncode == 0 or "undecided" in (result.stdout + result.stderr).lower(), line
