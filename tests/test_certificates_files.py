"""Files: whole or not at all when written, refused in one line when read."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from certificate_fixtures import wine

from certify.certificates import files, load_certificate, save_certificate, write_atomically
from certify.errors import InputError


def test_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "wine.json"
    save_certificate(wine(), path)
    assert load_certificate(path) == wine()
    assert path.read_bytes() == wine().canonical().encode("utf-8") + b"\n"
    assert json.loads(path.read_text("utf-8"))["claims_sha256"] == wine().claims_sha256
    assert [p.name for p in tmp_path.iterdir()] == ["wine.json"]


def test_pretty_printing_by_another_tool_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "pretty.json"
    path.write_text(json.dumps(wine().to_json(), indent=4), "utf-8")
    assert load_certificate(path) == wine()


@pytest.mark.parametrize("failing", ["fsync", "replace", "fchmod"])
@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, fault: BaseException
) -> None:
    path = tmp_path / "report.md"
    path.write_text("old")

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(files.os, failing, fail)
    with pytest.raises(InputError if isinstance(fault, OSError) else KeyboardInterrupt) as caught:
        write_atomically(path, "new" * 1000)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.md"]
    if isinstance(fault, OSError):
        assert "no space" in str(caught.value)


def test_an_exception_while_rendering_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = wine()
    monkeypatch.setattr(type(certificate), "canonical", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_certificate(certificate, tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_mode_respects_the_umask(tmp_path: Path, mask: int) -> None:
    former = os.umask(mask)
    try:
        write_atomically(tmp_path / "new", b"x")
    finally:
        os.umask(former)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~mask


def test_replacing_keeps_mode_and_symbolic_links(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomically(link, "new")
    assert link.is_symlink() and target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_device_is_written_to_not_replaced() -> None:
    before = os.stat("/dev/null")
    write_atomically("/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode) and os.stat("/dev/null").st_ino == before.st_ino


def test_impossible_targets_are_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "folder.json", tmp_path, tmp_path / ("x" * 300)):
        with pytest.raises(InputError) as caught:
            write_atomically(path, "x")
        assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"hello", "not JSON"),
        (b"[]", "no 'format'"),
        (b"3", "no 'format'"),
        (b'{"format": 1}', "no 'format'"),
        (b'{"format": "certify/9"}', "certify/9"),
        (b'{"format": "certify/1"}', "required"),
        (b'{"format": "certify/1", "format": "certify/1"}', "twice"),
        (b'{"format": "certify/1", "x": NaN}', "NaN"),
        (b'{"format": "certify/1", "x": 1e400}', "range"),
        (b"[" * 100_000, "nested"),
    ],
)
def test_bad_files_are_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        load_certificate(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_missing_and_folder_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_certificate(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be read"):
        load_certificate(tmp_path)
    path = tmp_path / "wine.json"
    save_certificate(wine(), path)
    monkeypatch.setattr(files, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="larger than"):
        load_certificate(path)
    with pytest.raises(InputError, match="bytes"):
        save_certificate(wine(), tmp_path / "other.json")
    assert not (tmp_path / "other.json").exists()


def test_tampering_and_surrogates_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "wine.json"
    text = wine().canonical()
    path.write_text(text.replace('"proved"', '"refuted"', 1), "utf-8")
    with pytest.raises(InputError, match="changed after"):
        load_certificate(path)
    path.write_text(text.replace('"wine"', '"\\ud800"'), "utf-8")
    with pytest.raises(InputError, match="Unicode"):
        load_certificate(path)
