"""λ_min from the separation of the rows alone: the exact angle, the series at 50 digits, a bound below the truth."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from conftest import Command

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.certificates.checker import Status, check_certificate
from certify.certificates.document import claims_sha256
from certify.data import Dataset
from certify.kernels import UnitRows
from certify.kernels.separation import separation
from certify.symbolic.tails import ArcsineTail, InverseRootTail
from certify.theorems import check
from certify.workflows import DatasetRequest, certify_dataset
from certify.workflows.measure import Measurements
from certify.workflows.separation import BOUND, by_separation


def least_sine_squared(X: np.ndarray) -> Fraction:
    rows = [[Fraction(v) for v in row] for row in X.tolist()]
    dot = lambda a, b: sum(v * w for v, w in zip(a, b, strict=True))  # noqa: E731
    return min(1 - dot(a, b) ** 2 / (dot(a, a) * dot(b, b)) for i, a in enumerate(rows) for b in rows[:i])


@pytest.mark.parametrize("seed", range(6))
def test_the_angle_is_the_exact_one_rounded_down(seed: int) -> None:
    random = np.random.default_rng(seed)
    X = random.standard_normal((30, 1 + seed)) * 10.0 ** random.integers(-40, 40, (30, 1)) if seed else np.eye(5)
    if seed == 3:
        X[7] = X[11] * (1 + 1e-10 * random.standard_normal(X.shape[1]))  # 1 − cos is below one rounding
    found, exact = separation(X, UnitRows.from_data(X, False)), least_sine_squared(X)
    assert Fraction(found.sine_squared) <= exact < Fraction(math.nextafter(found.sine_squared, 2)) or exact == 0
    squares = [sum(Fraction(v) ** 2 for v in row) for row in X.tolist()]
    assert (
        Fraction(found.least_norm_squared)
        <= min(squares)
        <= Fraction(found.least_norm_squared) * (1 + Fraction(1, 10**14))
    )


def test_many_equal_angles_are_bounded_at_once() -> None:
    """A simplex: all 2016 pairs have the same angle."""
    X = 65.0 * np.eye(64) - 1.0
    found, exact = separation(X, UnitRows.from_data(X, False)), least_sine_squared(X[:3])
    assert Fraction(found.sine_squared) <= exact <= Fraction(found.sine_squared) + Fraction(1, 10**14)
    alone = separation(X[:1], UnitRows.from_data(X[:1], True))
    assert (alone.sine_squared, alone.least_norm_squared, alone.rows) == (1.0, 1.0, None)


@pytest.mark.parametrize("most", [0, 1, 5, 2000])
@pytest.mark.parametrize("entries", [1, 100, 10**6])
def test_strips_and_crowds_change_no_bound_for_the_worse(
    most: int, entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Angles that come closer strip after strip, the closest last, and several of each kind."""
    monkeypatch.setattr("certify.kernels.separation._STRIP_ENTRIES", entries)
    monkeypatch.setattr("certify.kernels.separation.MOST_EXACT", most)
    angles = np.concatenate([k + np.array([0.0, 2.0**-k, -(2.0**-k)]) for k in range(3, 20)]) % math.pi
    X = np.column_stack([np.cos(angles), np.sin(angles)])
    found, exact = separation(X, UnitRows.from_data(X, False)), least_sine_squared(X)
    assert Fraction(found.sine_squared) <= exact <= Fraction(found.sine_squared) + Fraction(1, 10**14)
    if most == 2000:
        assert exact < Fraction(math.nextafter(found.sine_squared, 2))


@pytest.mark.parametrize("start", [0, 5, 1999, 2001, 10**5])
@pytest.mark.parametrize("t", [Fraction(1), Fraction(1, 2), Fraction(999, 1000), Fraction(0)])
def test_the_tails_hold_the_series(start: int, t: Fraction) -> None:
    with mpmath.workdps(40), precision(200):
        balls = (kind.enclose(arb(start), arb(t)) for kind in (ArcsineTail, InverseRootTail))
        arcsine, root = ([mpmath.mpf(e.str(40, radius=False)) for e in (b.lower(), b.upper())] for b in balls)
        assert all(mpmath.isnan(end) for end in root) == (t == 1)
        exact = [by_terms(start, mpmath.mpf(t.numerator) / t.denominator, flat) for flat in (False, True)]
        for (low, high), value in zip((arcsine, root), exact, strict=True):
            if value is not None:
                slack = value * mpmath.mpf(10) ** -30  # of the oracle
                assert low <= value + slack and value - slack <= high
                assert high - low <= value / 50


def by_terms(start: int, x: mpmath.mpf, flat: bool) -> mpmath.mpf | None:
    """``Σ_{j≥J} C(2j,j)4^{−j}x^{2j}`` (flat), or the arcsine's series, term by term."""
    central = lambda j: mpmath.gammaprod([j + mpmath.mpf(1) / 2], [j + 1, mpmath.mpf(1) / 2])  # noqa: E731
    if x == 1:
        return None if flat else tail_at_one(start, central)
    total, j, power = (
        mpmath.mpf(0),
        start,
        x ** (2 * start + (0 if flat else 2)) if start or not flat else mpmath.mpf(1),
    )
    value = central(mpmath.mpf(start))
    while power > total * mpmath.mpf(10) ** -35 and power:
        total += value * power / (1 if flat else 2 * j + 1)
        value *= mpmath.mpf(2 * j + 1) / (2 * j + 2)
        j, power = j + 1, power * x * x
    return total


def tail_at_one(start: int, central: Callable[[mpmath.mpf], mpmath.mpf]) -> mpmath.mpf:
    """``π/2`` less the first terms; far out, where that would cancel, by Euler and Maclaurin."""
    if start > 2000:
        return mpmath.sumem(lambda j: central(j) / (2 * j + 1), [start, mpmath.inf], tol=1e-33)
    return mpmath.pi / 2 - mpmath.fsum(central(mpmath.mpf(j)) / (2 * j + 1) for j in range(start))


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "erf"])
def test_the_bound_agrees_with_mpmath(activation: str) -> None:
    values = {"n": 40, "sine_squared": "3/10", "least_norm_squared": "5/4", "variant": activation}
    found = check("lambda_min.separation", values)
    assert found.verdict is Verdict.PROVED
    J = found.witness["parameters"]["terms"]
    with mpmath.workdps(50):
        rho, a = mpmath.sqrt(mpmath.mpf("0.7")), mpmath.mpf("1.25")
        b = lambda j: mpmath.binomial(2 * j, j) / mpmath.mpf(4) ** j  # noqa: E731
        if activation == "erf":
            q = 2 * a / (1 + 2 * a)
            terms = lambda j: b(j) * q ** (2 * j) * (1 - 39 * rho ** (2 * j + 1))  # noqa: E731
            exact = 4 / mpmath.pi * a / (1 + 2 * a) * mpmath.fsum(terms(j) for j in range(J, J + 800))
        else:
            head = mpmath.fsum(b(j) / (2 * j + 1) * (1 - 39 * rho ** (2 * j + 2)) for j in range(J))
            exact = a / (2 * mpmath.pi) * (mpmath.pi / 2 - 39 * rho * mpmath.asin(rho) - head)
            exact *= 1 if activation == "relu" else mpmath.mpf("0.9801")
        bound = found.constants["lambda_min_bound"]
        assert bound.lower <= exact <= bound.upper and bound.upper - bound.lower < 1e-13 * exact
    # no other start of the series does better
    for other in (J - 1, J + 1):
        worse = check("lambda_min.separation", {**values, "terms": other}).constants.get("lambda_min_bound")
        assert worse is None or worse.upper < bound.lower


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_is_below_the_truth(seed: int) -> None:
    """λ_min of the kernels written down from their definition, in float64 (good to some 1e-13)."""
    random = np.random.default_rng(seed)
    n, d = 3 + 2 * seed, 2 + seed % 5
    X = random.standard_normal((n, d)) * random.uniform(0.5, 2, (n, 1))
    data = Dataset(X, None)
    G = X @ X.T
    r = np.sqrt(np.diag(G))
    cosine = np.clip(G / np.outer(r, r), -1, 1)
    relu = G * (np.pi - np.arccos(cosine)) / (2 * np.pi)
    erf = 4 / np.pi * G / np.sqrt(np.outer(1 + 2 * r**2, 1 + 2 * r**2) - 4 * G**2)
    with workers(1) as pool:
        measured = Measurements(data, pool)
        for activation, K in (("relu", relu), ("erf", erf)):
            result = by_separation(measured, activation)
            assert result is not None
            if result.verdict is Verdict.PROVED:
                assert result.constants["lambda_min_bound"].lower_arb() <= np.linalg.eigvalsh(K)[0] + 1e-12
        assert by_separation(measured, "tanh") is None


def test_two_orthogonal_rows_lose_a_quarter_only() -> None:
    """ρ = 0: the bound keeps all of the arcsine's series, and drops C/4."""
    found = check("lambda_min.separation", {"n": 2, "sine_squared": 1, "least_norm_squared": 1})
    assert found.constants["lambda_min_bound"].lower == pytest.approx(0.25, rel=1e-15)
    four = check("lambda_min.separation", {"n": 2, "sine_squared": 1, "least_norm_squared": 4})
    assert four.constants["lambda_min_bound"].lower == 4 * found.constants["lambda_min_bound"].lower


def document() -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    X, y = random.standard_normal((12, 5)), random.standard_normal(12)
    return certify_dataset(Dataset(X, y), DatasetRequest(threads=1)).certificate.to_json(), X, y


def test_the_checker_confirms_it_and_refuses_forgeries() -> None:
    genuine, X, y = document()
    name = f"bounds.{BOUND}.lower"

    def status(change: Any) -> Status:
        altered = copy.deepcopy(genuine)
        change(altered)
        altered["claims_sha256"] = claims_sha256(altered)
        return next(c.status for c in check_certificate(altered, (X, y)).claims if c.claim == name)

    assert status(lambda d: None) is Status.CONFIRMED
    low = genuine["bounds"][BOUND]["lower"]
    numbers = genuine["witness"]["separation"]
    forgeries = [
        lambda d: d["bounds"][BOUND].update(lower=math.nextafter(low, 1)),
        lambda d: d["witness"]["separation"].update(sine_squared=math.nextafter(numbers["sine_squared"], 1)),
        lambda d: d["witness"]["separation"].update(least_norm_squared=numbers["least_norm_squared"] * 1.001),
        lambda d: d["witness"]["separation"].update(n=11),
        lambda d: d["witness"]["separation"].update(terms=-1),
        lambda d: d["witness"].pop("separation"),
    ]
    for forged in forgeries:
        assert status(forged) is not Status.CONFIRMED


def test_the_report_says_how_loose_it_is(certify_here: Command) -> None:
    run = certify_here("dataset", "wine", "--preprocess", "standardize,bias,unit", "--threads", "1")
    line = next(text for text in run.stdout.splitlines() + run.stderr.splitlines() if "by separation" in text)
    assert "x loose" in line and "3.1" in line
