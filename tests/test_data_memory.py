"""Need against limit, with limits laid out in a directory that looks like the system's."""

from __future__ import annotations

import io
import resource
from pathlib import Path

import numpy as np
import pytest

from certify.data import load, predicted_bytes, require_memory
from certify.data.memory import memory_limits
from certify.errors import InputError


def system(root: Path, files: dict[str, str]) -> dict[str, int]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return memory_limits(root)


@pytest.fixture(autouse=True)
def no_address_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def test_version_2_groups_and_their_parents(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/a/b\n",
        "sys/fs/cgroup/a/b/memory.max": "max\n",
        "sys/fs/cgroup/a/memory.max": "5000\n",
        "proc/meminfo": "MemTotal: 9 kB\nMemAvailable:       7 kB\n",
    }
    assert system(tmp_path, files) == {"the control group": 5000, "the available memory": 7 * 1024}
    files["sys/fs/cgroup/memory.max"] = "4000\n"  # a container sees its own group at the root
    assert system(tmp_path, files)["the control group"] == 4000


def test_version_1_groups(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "5:cpu:/x\n4:memory,hugetlb:/job\n",
        "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "3000\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/cpu/x/memory.limit_in_bytes": "1\n",
    }
    assert system(tmp_path, files)["the control group"] == 3000


def test_address_space_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10 * resource.getpagesize(), resource.RLIM_INFINITY))
    assert system(tmp_path, {"proc/self/statm": "4 1 1 1\n"})["RLIMIT_AS"] == 6 * resource.getpagesize()


def test_this_machine_has_a_limit() -> None:
    assert min(memory_limits().values()) > 0


def test_the_prediction() -> None:
    assert 8 * 16_000**2 < predicted_bytes(16_000) < predicted_bytes(16_000, 50) < 3 * 2**30


def test_the_least_limit_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"RLIMIT_AS": 10**12, "the control group": predicted_bytes(50_000, 3)}
    monkeypatch.setattr("certify.data.memory.memory_limits", lambda: limits)
    require_memory(50_000, 3, "x.csv")
    limits["the control group"] -= 1
    with pytest.raises(InputError) as caught:
        require_memory(50_000, 3, "x.csv")
    assert str(caught.value) == (
        "x.csv: 50000 rows need about 20.4 GB of memory but the control group allows 20.4 GB; "
        "use fewer rows, a larger machine, or --memory 2GiB"
    )


def test_headers_are_judged_before_the_numbers_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certify.data.memory.memory_limits", lambda: {"the available memory": 10**6})
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**7, 2)})
    (tmp_path / "big.npy").write_bytes(header.getvalue())  # no numbers follow
    (tmp_path / "big.csv").write_bytes(b"a,b\n" + b"not a number,1\n" * 400)
    (tmp_path / "big.svm").write_bytes(b"1 nonsense\n" * 400)
    np.savez(tmp_path / "big.npz", X=np.ones((400, 2)))
    sources = [str(tmp_path / f"big.{kind}") for kind in ("npy", "csv", "svm", "npz")]
    for source in [*sources, "sphere:n=99999999999999999999,d=3"]:
        with pytest.raises(InputError, match=r"rows need about .* of memory but the available memory allows 1\.0 MB"):
            load(source)
