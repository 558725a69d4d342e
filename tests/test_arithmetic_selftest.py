"""The self-test must see a machine that is not what the lemmas assume."""

from __future__ import annotations

import platform
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from oracles import control_word

from certify.arithmetic import selftest
from certify.arithmetic import workers as workers_module
from certify.arithmetic.selftest import require_thread, run_selftest
from certify.arithmetic.workers import blas_libraries, workers
from certify.errors import ArithmeticRefused

FLUSH_TO_ZERO, DENORMALS_ARE_ZERO, ROUND_UP = 0x8000, 0x0040, 0x4000
needs_sse = pytest.mark.skipif(platform.machine() != "x86_64", reason="sets the SSE control register")


def test_this_machine_passes() -> None:
    result = run_selftest()
    assert result.passed, [check for check in result.checks if not check.passed]
    assert len(result.checks) == 5


@needs_sse
@pytest.mark.parametrize(
    ("change", "said"),
    [(FLUSH_TO_ZERO, "flushes"), (DENORMALS_ARE_ZERO, "flushes"), (ROUND_UP, "round to nearest")],
)
def test_a_changed_control_register_is_refused(change: int, said: str) -> None:
    def poisoned() -> str:
        with control_word(change):
            try:
                require_thread()
            except ArithmeticRefused as error:
                return str(error)
        return ""

    with ThreadPoolExecutor(1) as pool:  # a thread of its own: pytest's arithmetic stays as it is
        message = pool.submit(poisoned).result()
    assert said in message and "\n" not in message


def test_a_poisoned_worker_thread_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from certify.arithmetic import workers as module

    def only_main() -> None:
        if threading.current_thread() is not threading.main_thread():
            raise ArithmeticRefused("flushed")

    monkeypatch.setattr(module, "require_thread", only_main)
    with pytest.raises(ArithmeticRefused, match="worker thread"), workers(2) as pool:
        pool.map(lambda x: x, [1, 2, 3])


def test_a_product_that_is_only_normwise_accurate_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Strassenish(np.ndarray):
        def __matmul__(self, other):  # type: ignore[no-untyped-def]
            exact = np.asarray(self) @ np.asarray(other)
            return exact + 2.0**-53 * np.linalg.norm(np.asarray(self)) * np.linalg.norm(np.asarray(other))

    monkeypatch.setattr(
        selftest.np.random,
        "default_rng",
        lambda seed: _Patched(seed, Strassenish),
    )
    passed, detail = selftest.products_within_bound()
    assert not passed and "times the bound" in detail


def test_another_packages_blas_is_not_the_one_that_multiplies_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker need not have imported what the client has."""
    here = workers_module.threadpool_info()
    site = "/env/lib/python3/site-packages"
    other = {"user_api": "blas", "internal_api": "openblas", "filepath": f"{site}/scs.libs/libopenblas-r0.so"}
    system = {"user_api": "blas", "internal_api": "openblas", "filepath": "/usr/lib/x86_64-linux-gnu/libopenblas.so.0"}
    threads = {"user_api": "openmp", "internal_api": "openmp", "filepath": f"{site}/scikit_learn.libs/libgomp.so"}
    own = blas_libraries()
    assert own and all(library["user_api"] == "blas" for library in own)
    monkeypatch.setattr(workers_module, "threadpool_info", lambda: [*here, other, system, threads])
    assert blas_libraries() == [*own, system]


class _Patched:
    """A generator whose matrices multiply with a normwise error only, as Strassen's method does."""

    def __init__(self, seed, kind):  # type: ignore[no-untyped-def]
        self._rng, self._kind = np.random.Generator(np.random.PCG64(seed)), kind

    def integers(self, *args):  # type: ignore[no-untyped-def]
        return self._rng.integers(*args)

    def standard_normal(self, shape):  # type: ignore[no-untyped-def]
        return self._rng.standard_normal(shape).view(self._kind)
