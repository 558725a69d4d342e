"""What several test files share: the command through its real process, and the tests' own data."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).resolve().parent / "data"

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def data_directory() -> Path:
    return DATA


@pytest.fixture
def certify(tmp_path: Path) -> Command:
    """Run ``python -m certify ARGUMENTS`` in an empty directory, without a terminal."""

    def run(*arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CERTIFY_")}
        environment |= {
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
            "NO_COLOR": "1",
            "PYTHONIOENCODING": "utf-8",
        }
        return subprocess.run(
            [sys.executable, "-m", "certify", *map(str, arguments)],
            cwd=tmp_path,
            env=environment | (env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )

    return run


@pytest.fixture
def certify_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The same within this process, for tables of cases: a process of its own costs a second."""
    from certify.cli.main import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CERTIFY_DEBUG", raising=False)

    def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        words = [*map(str, arguments)]
        status = run(words)
        seen = capsys.readouterr()
        return subprocess.CompletedProcess(words, status, seen.out, seen.err)

    return call


def one_line(text: str) -> str:
    """The text's only line; fails when there are more, or none."""
    lines = text.splitlines()
    assert len(lines) == 1, f"expected one line, got {len(lines)}:\n{text}"
    return lines[0]
