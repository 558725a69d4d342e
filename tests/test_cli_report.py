"""``certify report``: a certificate, possibly damaged, to a report."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from conftest import Command, one_line


@pytest.fixture
def certificate(certify_here: Command, tmp_path: Path) -> Path:
    """Four orthogonal unit rows: all eigenvalues of the ReLU kernel are ½."""
    np.savez(tmp_path / "eye.npz", X=np.eye(4), y=np.array([1.0, -1.0, 1.0, -1.0]))
    run = certify_here("dataset", "eye.npz", "--normalize", "-o", "c.json", "--quiet")
    assert run.returncode == 0
    return tmp_path / "c.json"


def test_every_format_names_the_certificate(
    certify: Command, certify_here: Command, certificate: Path, tmp_path: Path
) -> None:
    claims = json.loads(certificate.read_text(encoding="utf-8"))["claims_sha256"]
    run = certify("report", "c.json", "-o", "r.html", "-o", "r.md", "-o", "r.tex")
    assert (run.returncode, run.stdout) == (0, "")
    assert len(run.stderr.splitlines()) == 3
    for name in ("r.html", "r.md", "r.tex"):
        assert claims in (tmp_path / name).read_text(encoding="utf-8")
    printed = certify_here("report", "c.json")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert "lambda_min" in printed.stdout


def test_html_needs_nothing_from_elsewhere(certify_here: Command, certificate: Path, tmp_path: Path) -> None:
    certify_here("report", "c.json", "--data", "eye.npz", "-o", "r.html", "--quiet")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    for loads in ("<script src", "<link", 'src="http', "@import", "url(http"):
        assert loads not in page.lower()
    assert "unverified" in page.lower()


def test_other_data_are_refused(certify_here: Command, certificate: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", X=np.eye(4) * 2, y=np.array([1.0, -1.0, 1.0, -1.0]))
    run = certify_here("report", "c.json", "--data", "other.npz", "-o", "r.html")
    assert (run.returncode, run.stdout) == (2, "")
    assert "other.npz" in one_line(run.stderr) and not (tmp_path / "r.html").exists()


def test_a_changed_certificate_is_refused(certify_here: Command, certificate: Path, tmp_path: Path) -> None:
    document = json.loads(certificate.read_text(encoding="utf-8"))
    document["bounds"]["lambda_min"]["upper"] *= 2
    (tmp_path / "changed.json").write_text(json.dumps(document), encoding="utf-8")
    for name, says in {
        "changed.json": "changed",
        "absent.json": "no such file",
        "eye.npz": "eye.npz",
    }.items():
        run = certify_here("report", name, "-o", "r.html")
        assert (run.returncode, run.stdout) == (2, "")
        assert says in one_line(run.stderr)
    assert not (tmp_path / "r.html").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line(certify_here: Command, certificate: Path, tmp_path: Path) -> None:
    os.symlink("/dev/full", tmp_path / "full.md")
    run = certify_here("report", "c.json", "-o", "full.md")
    assert run.returncode == 2
    assert "no space left" in one_line(run.stderr).lower()
