"""Matrices beyond memory: the same bits as in core, whatever is killed, damaged or full in between."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import file_tiles, storage, tiles
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.file_tiles import FileTiles, SweepCache
from certify.arithmetic.journal import FileJournal, decode, encode, fingerprint
from certify.arithmetic.storage import memory_at_work, resident_bytes, scratch
from certify.arithmetic.tiles import ArrayTiles
from certify.arithmetic.verdict import Verdict
from certify.cli.main import run as command
from certify.data import Dataset, load
from certify.errors import InputError, MachineFault
from certify.spectrum import estimate
from certify.workflows import DatasetRequest, Resources, certify_dataset
from certify.workflows.resources import bytes_of

SOURCE = "sphere:n=900,d=12,seed=3"
ENOUGH = 2**34


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many tiles in a small matrix, no dense short cut, three tiles of cache."""
    monkeypatch.setattr(estimate, "DENSE", 100)
    monkeypatch.setattr(tiles, "INNER", 32)
    monkeypatch.setattr(tiles, "tile_size", lambda n: 96)
    monkeypatch.setattr(storage, "FileTiles", lambda folder, n, _: FileTiles(folder, n, 3 * 8 * 96**2))


def claims(data: Dataset, threads: int = 2, **resources: object) -> str:
    request = DatasetRequest(theorems=("relu.width",), threads=threads, resources=Resources(**resources))  # type: ignore[arg-type]
    return certify_dataset(data, request).certificate.claims_sha256


@pytest.mark.parametrize("n", [385, 389, 470])  # the last tile has 1, 5 and 86 rows
def test_files_give_the_same_certificate(n: int, small_tiles: None, tmp_path: Path) -> None:
    X = np.random.default_rng(n).standard_normal((n, 8))
    X[n - 1] = X[3] * (1 + 1e-10)  # an entry that is escalated to Arb, in the thin tile
    data = Dataset(X, np.ones(n), normalized=False)
    wanted = claims(data)
    for threads in (1, 3):
        assert claims(data, threads, memory=ENOUGH, scratch=tmp_path, resume=True) == wanted
    assert not list(tmp_path.iterdir())


def test_every_measure_is_the_same(small_tiles: None, tmp_path: Path) -> None:
    """The data's own Gram matrices and the other kernel, which theorems on smooth activations need."""
    data = load("sphere:n=300,d=5,seed=2")
    found = [
        certify_dataset(data, DatasetRequest(resources=resources)).certificate.claims_sha256
        for resources in (Resources(), Resources(memory=ENOUGH, scratch=tmp_path, resume=True))
    ]
    assert found[0] == found[1]


RUN = """
import os, sys
from certify.arithmetic import journal
from certify.spectrum import cholesky
source, folder, log, steps = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
columns = cholesky.diagonal_tile
def counted(*operands):
    with open(log, "a") as file:
        file.write("x")
    return columns(*operands)
cholesky.diagonal_tile = counted
reached = journal.FileJournal.reached
def dying(self, part, name, state):
    global steps
    steps -= 1
    if steps < 0:
        os.kill(os.getpid(), 9)
    reached(self, part, name, state)
journal.FileJournal.reached = dying
from pathlib import Path
from certify.data import load
from certify.workflows import DatasetRequest, Resources, certify_dataset
resources = Resources(memory=2**34, scratch=Path(folder), resume=True)
request = DatasetRequest(theorems=("relu.width",), resources=resources)
print(certify_dataset(load(source), request).certificate.claims_sha256)
"""


def run_until(steps: int, folder: Path, log: Path) -> subprocess.CompletedProcess[str]:
    """A run in a process of its own that kills itself (-9) when it has noted so many steps."""
    command = [sys.executable, "-c", textwrap.dedent(RUN), SOURCE, str(folder), str(log), str(steps)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_killed_runs_go_on_from_the_last_finished_column(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the matrix, in the first factor, in a later one: three runs, then the whole; no finished column twice.

    8 tile rows and columns; a run notes a beginning and an end of each.
    """
    whole, log, folder = tmp_path / "whole", tmp_path / "log", tmp_path / "scratch"
    folder.mkdir()
    wanted = claims(load(SOURCE))
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    assert run_until(10**9, undisturbed, whole).stdout.strip() == wanted
    columns = len(whole.read_text())
    for steps in (5, 9, 21):  # of each run's own
        assert run_until(steps, folder, log).returncode == -9
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    monkeypatch.setattr(Resources, "fits", lambda *_: False)
    assert "unfinished run" in refusal(["dataset", SOURCE, "--scratch", str(folder), "--memory", "9GiB"], capfd)
    other = ["dataset", SOURCE, "--scratch", str(folder), "--memory", "9GiB", "--resume", "--delta", "0.1"]
    assert "differs in its request" in refusal(other, capfd)
    last = run_until(10**9, folder, log)
    assert last.stdout.strip() == wanted, last.stderr
    assert columns + 2 <= len(log.read_text()) <= columns + 6  # those cut off by the last two kills
    assert not list(folder.iterdir())

    path = next(damaged.rglob("tiles"))
    with path.open("r+b") as file:  # the tile of rows 128… and columns 0…, which a finished column has written
        place = 8 * (128 * 900 + 40)
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 4]))
    arguments = ["dataset", SOURCE, "--theorem", "relu.width", "--scratch", str(damaged), "--memory", "16GiB"]
    said = refusal([*arguments, "--resume", "--json"], capfd, status=70)
    assert "tile (1, 0) of the factor is not what was written" in said


def refusal(arguments: list[str], capfd: pytest.CaptureFixture[str], status: int = 2) -> str:
    assert command(arguments) == status
    out, err = capfd.readouterr()
    assert out == "" and err.startswith("certify: ") and err.count("\n") == 1
    return err


def test_a_damaged_or_shortened_tile_is_noticed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for damage in (0, 1):
        folder = tmp_path / str(damage)
        folder.mkdir()
        kept = FileTiles(folder, 300, 0)
        tile = rng.standard_normal((128, 128))
        kept.put_upper(0, 1, tile)
        kept.put_lower(1, 0, tile.astype(np.float32))
        assert np.array_equal(kept.upper(0, 1), tile)
        with pytest.raises(MachineFault, match="of the factor"):
            kept.lower(1, 0)  # as another type than was put
        with (folder / "tiles").open("r+b") as file:
            if damage:
                file.truncate(8 * 128 * 200)
            else:
                file.seek(8 * 128 * 128 + 77)
                file.write(b"\1")
        with pytest.raises(MachineFault, match=r"tile \(0, 1\) of the matrix is not what was written") as caught:
            kept.upper(0, 1)
        assert "\n" not in str(caught.value)
        kept.close()


def test_a_full_disk_is_one_line(small_tiles: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "tiles").symlink_to("/dev/full")
    kept = FileTiles(full, 300, 0)
    with pytest.raises(MachineFault, match="the disk is full") as caught:
        kept.put_upper(0, 0, np.ones((96, 96)))
    assert "--scratch" in str(caught.value) and "\n" not in str(caught.value)
    kept.close()

    writes = iter(range(30))
    write = os.pwrite

    def filling(file: int, raw: memoryview, offset: int) -> int:
        if next(writes, None) is None:
            raise OSError(28, "No space left on device")
        return write(file, raw[: len(raw) // 2 + 1], offset)  # a system may write less than it was asked to

    monkeypatch.setattr(file_tiles.os, "pwrite", filling)
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setattr(Resources, "fits", lambda *_: False)
    with pytest.raises(MachineFault, match="the disk is full"):
        claims(load("sphere:n=400,d=3,seed=0"), memory=ENOUGH, scratch=place)
    assert not list(place.iterdir())


def test_refusals_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**changes: object) -> str:
        options = {"parent": tmp_path, "n": 900, "memory": ENOUGH, "threads": 2, "resume": False, "run": {}}
        with pytest.raises(InputError) as caught, scratch(**{**options, **changes}):  # type: ignore[arg-type]
            pass
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "give at least" in refused(memory=2**20)
    assert "no such directory" in refused(parent=tmp_path / "nowhere")
    with scratch(tmp_path, 900, ENOUGH, 2, False, {}):
        assert "another run works there" in refused()
    (tmp_path / "certify-scratch").mkdir()
    (tmp_path / "certify-scratch" / "mine").touch()
    assert "not empty" in refused()
    shutil.rmtree(tmp_path / "certify-scratch")
    monkeypatch.setattr(storage, "bytes_on_disk", lambda n: 10**18)
    assert "GB are free" in refused()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"memory": 0}, "--memory"),
        ({"resume": True}, "--scratch"),
        ({"workers": 0}, "--workers"),
        ({"workers": 1, "scheduler": "tcp://h:1"}, "--scheduler"),
        ({"workers": 1, "memory": 1}, "--memory"),
        ({"scheduler": "tcp://h:1", "scratch": Path()}, "--scratch"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Resources(**options)  # type: ignore[arg-type]


def test_sizes_as_they_are_written() -> None:
    assert [bytes_of(t) for t in ("2GiB", "1.5 kB", "7", "3MB", "1TiB")] == [2**31, 1500, 7, 3_000_000, 2**40]
    for text in ("2 gib", "-1", "GiB", "1e9", "2XB"):
        with pytest.raises(InputError, match="--memory"):
            bytes_of(text)


@pytest.mark.parametrize("resume", [False, True])
def test_an_interrupted_run_leaves_its_files_only_to_be_resumed(
    resume: bool, small_tiles: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "factorisation":
            raise KeyboardInterrupt

    monkeypatch.setattr(Resources, "fits", lambda *_: False)
    data = load("sphere:n=400,d=6,seed=1")
    resources = Resources(memory=ENOUGH, scratch=tmp_path, resume=resume)
    with pytest.raises(KeyboardInterrupt):
        certify_dataset(data, DatasetRequest(theorems=("relu.width",), resources=resources), interrupt)
    assert bool(list(tmp_path.iterdir())) == resume
    if resume:
        assert claims(data, memory=ENOUGH, scratch=tmp_path, resume=True) == claims(data)


MEMORY = """
import re
from certify.arithmetic.storage import memory_at_work, resident_bytes, scratch
from certify.arithmetic.workers import workers
from certify.data import load
from certify.kernels import UnitRows, build_gram, kernel_for
from certify.spectrum.cholesky import factor_tiles
from certify.spectrum.product import multiply
import numpy as np
n = 5000
data = load(f"sphere:n={n},d=6,seed=0")
rows = UnitRows.from_data(data.X, False)
limit = resident_bytes() + memory_at_work(n, 2) + 2**25
with workers(2) as pool, scratch(None, n, limit, 2, False, {}) as store, store.tiles("x", n) as tiles:
    A = build_gram(data.X, rows, kernel_for("relu"), pool, tiles=tiles)
    assert factor_tiles(tiles, A.diagonal + 1.0, 1.0, np.float32, pool) is not None
    multiply(A, np.ones(n), pool)
print(limit, 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1)))
"""


def test_the_limit_of_memory_holds() -> None:
    """200 MB of matrix in a process that may grow by half (getrusage would give the parent's peak if higher)."""
    run = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    limit, peak = map(int, run.stdout.split())
    assert peak <= limit
    assert memory_at_work(5000, 2) + 2**25 < 8 * 5000**2 * 3 // 4


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4))
def test_sweeps_hit_what_the_cache_can_hold(room: int, count: int, rounds: int) -> None:
    tile = np.zeros(16)
    cache = SweepCache(room * tile.nbytes, count)
    hits = 0
    for _ in range(rounds):
        for k in range(count):
            if cache.get(("upper", k, 0)) is None:
                cache.put(("upper", k, 0), tile)
            else:
                hits += 1
            assert cache._bytes == len(cache._tiles) * tile.nbytes <= room * tile.nbytes
    # LRU would have none as soon as room < count
    assert hits >= (rounds - 1) * (min(room, count) - 1)


def test_the_cache_lets_a_stale_part_go() -> None:
    tile = np.zeros(16)
    cache = SweepCache(4 * tile.nbytes, 4)
    for part in ("upper", "lower"):
        for _ in range(6):
            for k in range(4):
                if cache.get((part, k, 0)) is None:
                    cache.put((part, k, 0), tile)
    assert {name[0] for name in cache._tiles} == {"lower"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_a_journal_gives_back_what_it_was_given(value: object) -> None:
    assert decode(encode(value)) == value


def test_a_journal_keeps_arrays_dataclasses_and_special_floats_to_the_bit(tmp_path: Path) -> None:
    special = np.array([[0.0, -0.0, np.inf, np.nan, 5e-324]])
    value = {"a": special, "b": Enclosure(-0.0, 10**30), "c": Verdict.UNDECIDED, "d": special.astype(np.float32)}
    journal = FileJournal(tmp_path)
    journal.remember("step", lambda: value)
    journal.reached("factor", "x", (3, special))
    journal.note("failed")
    again = FileJournal(tmp_path)
    known = again.remember("step", lambda: pytest.fail("computed twice"))
    assert known["a"].tobytes() == special.tobytes() and known["d"].dtype == np.float32
    assert known["b"] == value["b"] and known["c"] is Verdict.UNDECIDED
    assert again.knows("failed") and not again.knows("other")
    assert again.progress("factor", "x", ())[1].tobytes() == special.tobytes()
    # Another step begins: what the first has left in the tiles is no longer to be relied on.
    assert again.progress("factor", "y", (0,)) == (0,)
    assert FileJournal(tmp_path).progress("factor", "x", ("anew",)) == ("anew",)


def test_a_line_cut_off_is_as_good_as_not_written(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    for name in ("one", "two"):
        journal.note(name)
    path = tmp_path / "journal"
    path.write_bytes(path.read_bytes()[:-3])
    again = FileJournal(tmp_path)
    assert again.knows("one") and not again.knows("two")
    again.note("three")
    assert FileJournal(tmp_path).knows("three")


def test_a_journal_names_no_other_class() -> None:
    for name in ("os:system", "certify.errors:InputError", "subprocess:Popen"):
        with pytest.raises(TypeError):
            decode({"fields": {}, "of": name})
    with pytest.raises(TypeError):
        encode(object())


def test_fingerprints_see_every_bit() -> None:
    a, b = np.array([1.0, 2.0]), np.array([1.0, np.nextafter(2.0, 3.0)])
    assert fingerprint(1.0, a) != fingerprint(1.0, b) != fingerprint(-1.0, b)
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 70), st.integers(1, 40), st.sampled_from([np.float64, np.float32]), st.integers(0, 2**31))
def test_both_triangles_keep_out_of_each_others_way(n: int, size: int, dtype: type, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, factor = rng.standard_normal((n, n)), np.tril(rng.standard_normal((n, n))).astype(dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "tile_size", lambda n: size)
        kept = ArrayTiles(matrix)
    edges = kept.edges
    for i, rows in enumerate(edges):
        for k in range(i + 1):
            kept.put_lower(i, k, factor[rows, edges[k]])
    assert np.array_equal(kept.array, np.triu(matrix, 1))
    for i, rows in enumerate(edges):
        for k in range(i + 1):
            tile = kept.lower(i, k, dtype)
            assert tile.dtype == dtype and np.array_equal(tile, factor[rows, edges[k]]) and tile.flags.c_contiguous


def test_scratch_measures_this_process() -> None:
    before = resident_bytes()
    block = np.ones(2**22)
    assert resident_bytes() - before > block.nbytes // 2
