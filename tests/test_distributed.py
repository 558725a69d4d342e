"""Matrices on Dask workers: real processes on the loopback interface, one of which is killed; the same certificate."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from certify.data import Dataset, load
from certify.errors import ArithmeticRefused, InputError
from certify.workflows import DatasetRequest, Resources, certify_dataset

if os.environ.get("CI") != "true":
    pytest.importorskip("distributed", reason="the extra 'dask' is not installed")

from distributed import Client, LocalCluster

from certify.arithmetic.workers import workers
from certify.distributed import cluster, connect, dask_tiles, tasks
from certify.kernels import UnitRows, build_gram, kernel_for
from certify.spectrum import estimate
from certify.spectrum.cholesky import factor_tiles


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A scheduler with two worker processes that are started again when they die."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as local:
        yield local.scheduler_address


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tile comes to the client, and no dense short cut."""
    monkeypatch.setattr(dask_tiles, "NEAR", 0)
    monkeypatch.setattr(dask_tiles, "_AHEAD", 2)
    monkeypatch.setattr(estimate, "DENSE", 100)


def claims(data: Dataset, progress: Callable[[str, int, int], None] | None = None, **resources: object) -> str:
    request = DatasetRequest(theorems=("relu.width",), resources=Resources(**resources))  # type: ignore[arg-type]
    return certify_dataset(data, request, progress).certificate.claims_sha256


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Five tile rows, the last of one row, and an entry that is escalated to Arb."""
    X = np.random.default_rng(5).standard_normal((4 * 128 + 1, 9))
    X[500] = X[3] * (1 + 1e-10)
    return Dataset(X, np.ones(len(X)), normalized=False)


def pids(scheduler: str) -> set[int]:
    with Client(scheduler, set_as_default=False) as client:
        return set(client.run(os.getpid, on_error="ignore").values())


def test_workers_give_the_same_certificate(data: Dataset, scheduler: str, far: None) -> None:
    assert claims(data, scheduler=scheduler) == claims(data)


def test_small_matrices_are_worked_on_beside_the_client(data: Dataset, scheduler: str) -> None:
    assert claims(data, scheduler=scheduler) == claims(data)


def test_a_worker_killed_in_the_factorisation_changes_nothing(data: Dataset, scheduler: str, far: None) -> None:
    killed: list[int] = []
    before = pids(scheduler)

    def kill(stage: str, done: int, total: int) -> None:
        if stage == "factorisation" and done < total and not killed:
            killed.append(min(before))
            os.kill(killed[-1], signal.SIGKILL)

    found = claims(data, kill, scheduler=scheduler)
    assert killed and killed[0] not in pids(scheduler)
    assert found == claims(data)


def test_a_matrix_that_is_not_definite_has_no_factor_anywhere(scheduler: str, far: None) -> None:
    X = np.random.default_rng(1).standard_normal((400, 5))
    rows = UnitRows.from_data(X, False)
    with workers(1) as pool, cluster(None, scheduler) as storage, storage.tiles("x", 400) as tiles:
        A = build_gram(X, rows, kernel_for("relu"), pool, tiles=tiles)
        local = build_gram(X, rows, kernel_for("relu"), pool)
        assert np.array_equal(A.row_radius, local.row_radius) and A.max_radius == local.max_radius
        for shift in (0.0, float(local.diagonal.mean())):
            found = [factor_tiles(B.tiles, B.diagonal - shift, 1.0, np.float64, pool) for B in (A, local)]
            assert (found[0] is None) == (found[1] is None) == bool(shift)
        assert factor_tiles(tiles, A.diagonal, 1.0, np.float32, pool) is not None
        factor_tiles(local.tiles, A.diagonal, 1.0, np.float32, pool)
        assert all(np.array_equal(tiles.upper(i, j), local.tiles.upper(i, j)) for i, j in [(0, 1), (1, 3), (2, 3)])
        assert all(
            np.array_equal(tiles.lower(i, k, np.float32), local.tiles.lower(i, k, np.float32))
            for i in range(4)
            for k in range(i + 1)
        )


def test_workers_with_other_software_are_refused(
    data: Dataset, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = [(name, "0.0" if name == "numpy" else version) for name, version in tasks.software()]
    monkeypatch.setattr(tasks, "software", lambda: tuple(other))
    with pytest.raises(ArithmeticRefused, match=r"a worker has numpy .* where the client has 0\.0.*install the same"):
        claims(data, scheduler=scheduler)


def test_workers_whose_arithmetic_fails_do_no_work(data: Dataset, scheduler: str) -> None:
    def break_it() -> None:
        from certify.distributed import tasks
        from certify.errors import ArithmeticRefused

        def failing() -> None:
            raise ArithmeticRefused("self-test failed: round to nearest")

        tasks.require_selftest, tasks._tested.software = failing, None

    def mend() -> None:
        from certify.arithmetic.selftest import require_selftest
        from certify.distributed import tasks

        tasks.require_selftest = require_selftest

    def forget() -> None:  # in the thread that does tasks
        from certify.distributed import tasks

        tasks._tested.software = None

    with Client(scheduler, set_as_default=False) as client:
        client.run(break_it)
        for worker in client.nthreads():
            client.submit(forget, workers=[worker], pure=False).result()
        try:
            with pytest.raises(ArithmeticRefused, match="round to nearest"):
                claims(data, scheduler=scheduler)
        finally:
            client.run(mend)


def test_tested_workers_use_one_blas_thread(scheduler: str) -> None:
    def blas_threads() -> set[int]:
        from threadpoolctl import threadpool_info

        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    with Client(scheduler, set_as_default=False) as client:
        for worker in client.nthreads():
            submit = client.submit(tasks.guarded, tasks.software(), blas_threads, workers=[worker], pure=False)
            assert submit.result() == {1}


def test_no_scheduler_is_one_line(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "PATIENCE", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(InputError, match="no scheduler with a worker answers there") as caught:
            claims(data, scheduler=address)
        assert "\n" not in str(caught.value) and address in str(caught.value)


def test_the_command_starts_workers_of_its_own(certify: Callable[..., object]) -> None:
    source = "sphere:n=150,d=10,seed=4"
    run = certify("dataset", source, "--theorem", "relu.width", "--json", "--workers", "2")
    assert json.loads(run.stdout)["claims_sha256"] == claims(load(source))  # type: ignore[attr-defined]
    assert run.stderr == ""  # type: ignore[attr-defined]
