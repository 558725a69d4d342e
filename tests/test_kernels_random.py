"""Thousands of small data sets with every kind of near-dependence, against inertia at 1600 bits.

No bound may be false, and with a normal budget definiteness is always decided.
"""

from __future__ import annotations

import numpy as np
import pytest
from oracles import exact_kernel, pivots

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.errors import InputError
from certify.workflows.measure import Measurements

BITS = 1600
CASES, BATCHES = 400, 4


def rows(rng: np.random.Generator) -> Floats:
    """2 to 10 rows: some equal, parallel, antiparallel, one float or 1e-1 … 1e-16 apart; magnitudes 2^±1000."""
    n, d = int(rng.integers(2, 11)), int(rng.integers(1, 6))
    X = rng.standard_normal((n, d)) if rng.random() < 0.5 else rng.integers(-3, 4, (n, d)).astype(float)
    X[np.abs(X).sum(axis=1) == 0] = 1.0
    for _ in range(rng.integers(0, 4)):
        i, j = rng.choice(n, 2, replace=False)
        near = 10.0 ** -rng.integers(1, 17) * rng.standard_normal(d)
        X[j] = [
            X[i] + near, near - X[i], np.nextafter(X[i], np.inf), 3.0 * X[i], -rng.choice([1.0, 2.0, 0.3]) * X[i],
            X[i] * 2.0 ** rng.integers(-60, 60),
        ][rng.integers(0, 6)]  # fmt: skip
    if rng.random() < 0.15:
        X *= 2.0 ** rng.integers(-1000, 900)
    if rng.random() < 0.1:
        X *= 2.0 ** rng.integers(-200, 200, (n, 1))
    if rng.random() < 0.1:
        X *= 2.0 ** rng.integers(-100, 100, (1, d))
    return X


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_bound_is_false_and_definiteness_is_decided(batch: int) -> None:
    decided = 0
    with workers(1) as pool:
        for seed in range(batch * CASES, (batch + 1) * CASES):
            rng = np.random.default_rng(seed)
            X = rows(rng)
            if not (np.isfinite(X).all() and np.abs(X).max(axis=1).all()):
                continue
            activation, normalized = str(rng.choice(["relu", "relu", "erf"])), bool(rng.random() < 0.5)
            effort = str(rng.choice(["low", "normal", "high"]))
            try:
                found = Measurements(Dataset(X, None, normalized=normalized), pool, effort=effort).spectrum(
                    activation, both_ends=True
                )
            except InputError as refusal:
                assert activation == "erf" and "normalise" in str(refusal)
                continue
            K = exact_kernel(X, activation, normalized, bits=BITS)
            n, case = len(X), (seed, activation, normalized, effort)
            assert not below(K, found.lambda_min, "lower", 1), case
            assert below(K, found.lambda_min, "upper", 1) is not False, case
            if found.lambda_max is not None:
                assert below(K, found.lambda_max, "lower", n) is not True, case
                assert below(K, found.lambda_max, "upper", n) is not False, case
            if effort != "low":
                assert found.definite is not Verdict.UNDECIDED, case
            decided += found.definite is not Verdict.UNDECIDED
    assert decided > CASES / 2


def below(K: list[list[object]], box: Enclosure, end: str, count: int) -> bool | None:
    """Are at least ``count`` eigenvalues below the end, moved outwards by 2^-200 of itself? None if open, or no end."""
    if getattr(box, end) is None:
        return None
    with precision(BITS):
        value = box.lower_arb() if end == "lower" else box.upper_arb()
        if value == 0:
            return None
        signs = pivots(K, value + abs(value) * arb(2) ** -200 * (-1 if end == "lower" else 1), BITS)  # type: ignore[arg-type]
        negative, positive = sum(1 for p in signs if p < 0), sum(1 for p in signs if p > 0)
    return negative >= count if negative + positive == len(signs) else None
