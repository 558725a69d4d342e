"""What the Coq tests share: whether Coq is there, its compiled library, and small data sets of every kind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import numpy as np
import pytest
from conftest import ROOT
from numpy.typing import NDArray

from certify.coq.library import INSTALL

#: Where Coq is absent only its tests are skipped, and they say so; in CI they never are.
needs_coq = pytest.mark.skipif(
    shutil.which("coqc") is None and os.environ.get("CI") != "true",
    reason=f"Coq is not installed: {INSTALL}",
)


@pytest.fixture(scope="session", autouse=True)
def coq_cache() -> Iterator[None]:
    """Keep the compiled library in the build folder, from one test run to the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(ROOT / "build" / "cache"))
        yield


def gaussian(n: int, d: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal((n, d))


def nearly_parallel() -> NDArray[np.float64]:
    """Rows 0 and 1 differ in the last bit of one entry."""
    X = gaussian(6, 3)
    X[1] = X[0]
    X[1, 0] = np.nextafter(X[0, 0], np.inf)
    return X


def antipodal() -> NDArray[np.float64]:
    """Two rows with their opposites: K∞ is definite all the same, with zeros in it."""
    X = gaussian(8, 4)
    return np.vstack([X, -X[0], -2.0 * X[1]])


def nearly_antipodal() -> NDArray[np.float64]:
    X = gaussian(6, 3)
    X[1] = -X[0]
    X[1, 0] = np.nextafter(X[1, 0], np.inf)
    return X


def wild() -> NDArray[np.float64]:
    """Lengths from 1e-150 to 1e150."""
    return gaussian(7, 3) * np.logspace(-150, 150, 7)[:, None]


def spread() -> NDArray[np.float64]:
    """The largest and the smallest floats in one row."""
    X = gaussian(6, 3)
    X[0, 0], X[0, 1], X[2, 1] = 1e300, 1e-300, 5e-324
    return X
