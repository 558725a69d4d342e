"""Mode by mode against exact spectra and 50 digits; clusters, null spaces; an indicator that is never proved."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import mpmath
import numpy as np
import pytest
from conftest import Command, one_line

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.theorems import check
from certify.theorems.modes import Mode, residual
from certify.workflows.arora import STEPS, complexity, modes_of, per_mode
from certify.workflows.measure import Measurements


def holds(value: Enclosure, exact: mpmath.mpf, relative: float = 1e-9) -> bool:
    with mpmath.workdps(60):
        low, high = (mpmath.mpf(end) * mpmath.mpf(2) ** value.exponent for end in (value.lower, value.upper))
        return bool(low <= exact <= high and high - low <= relative * exact)


def relu_kernel(X: np.ndarray) -> mpmath.matrix:
    rows = [[mpmath.mpf(v) for v in row] for row in X.tolist()]
    dot = lambda a, b: mpmath.fsum(v * w for v, w in zip(a, b, strict=True))  # noqa: E731
    K = mpmath.matrix(len(rows))
    for i, a in enumerate(rows):
        for j, b in enumerate(rows):
            c = dot(a, b)
            angle = mpmath.acos(c / mpmath.sqrt(dot(a, a) * dot(b, b))) if i != j else mpmath.mpf(0)
            K[i, j] = c * (mpmath.pi - angle) / (2 * mpmath.pi)
    return K


@pytest.mark.parametrize("seed", range(4))
def test_modes_hold_the_frozen_descent(seed: int) -> None:
    """(I − ηK)^k y by repeated multiplication at 50 digits: no eigenvector is used."""
    random = np.random.default_rng(seed)
    X, y = random.standard_normal((7, 3)), random.standard_normal(7) * 10.0 ** (30 * seed - 45)
    with workers(1) as pool:
        result = per_mode(Measurements(Dataset(X, y), pool), "relu", Fraction(1, 16), 100)
    assert result.verdict is Verdict.PROVED
    with mpmath.workdps(50):
        e = mpmath.matrix([mpmath.mpf(v) for v in y.tolist()])
        step = mpmath.eye(7) - relu_kernel(X) / 16
        norm = mpmath.norm(e)
        for k in range(1, 101):
            e = step * e
            if k in STEPS:
                assert holds(result.constants[f"residual_share_at_{k}"], mpmath.norm(e) / norm), k
        factor = result.constants["loss_factor"].upper
        share = (mpmath.norm(e) / norm) ** 2
        assert share <= factor <= share * (1 + mpmath.mpf(10) ** -9)


def test_one_cluster_of_all_eigenvalues() -> None:
    """Orthogonal rows: K = 2I, and the eigenvectors mean nothing."""
    data = Dataset(2 * np.eye(6), np.arange(1.0, 7.0))
    with workers(1) as pool:
        measured = Measurements(data, pool)
        modes = modes_of(measured, "relu")
        result = per_mode(measured, "relu", Fraction(1, 4), 10)
    assert len(modes) == 1 and modes[0].count == 6
    assert holds(result.constants["residual_share_at_10"], mpmath.mpf(2) ** -10)


def test_what_is_in_the_null_space_stays() -> None:
    """Two equal rows with opposite targets: of y = (1, −1, 2) only the last part is learned."""
    data = Dataset(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]]), np.array([1.0, -1.0, 2.0]))
    with workers(1) as pool:
        result = per_mode(Measurements(data, pool), "relu", Fraction(1, 8), 1000)
    with mpmath.workdps(40):
        exact = mpmath.sqrt((2 + 4 * mpmath.mpf("0.75") ** 2000) / 6)
    share = result.constants["residual_share_at_1000"]
    assert share.lower <= exact <= share.upper and share.upper - share.lower < 1e-6


def test_clusters_are_bounded_by_their_ends() -> None:
    """An artificial cluster [½, 1] with all of y: between the two pure decays, and no better."""
    modes = [Mode(Enclosure(0.5, 1.0), Enclosure(3.0, 3.0), 2)]
    found = residual(modes, Fraction(1, 2), 4)
    assert found.lower == pytest.approx(3 * 0.5**4, rel=1e-15) and found.upper == pytest.approx(3 * 0.75**4, rel=1e-15)
    assert residual(modes, Fraction(1, 1), 3).lower == 0.0
    assert residual(modes, Fraction(1, 2), 0) == Enclosure(3.0, 3.0)
    with pytest.raises(ValueError, match="1/λ_max"):
        residual(modes, Fraction(3, 2), 1)


def test_the_residual_only_falls_and_scales() -> None:
    random = np.random.default_rng(5)
    X, y = random.standard_normal((12, 4)), random.standard_normal(12)
    with workers(1) as pool:
        one = per_mode(Measurements(Dataset(X, y), pool), "erf", Fraction(1, 64), 100).constants
        two = per_mode(Measurements(Dataset(X, 4 * y), pool), "erf", Fraction(1, 64), 100).constants
        relu = per_mode(Measurements(Dataset(X, y), pool), "relu", Fraction(1, 64), 100).constants
        long = per_mode(Measurements(Dataset(2 * X, y), pool), "relu", Fraction(1, 256), 100).constants
    shares = [one[f"residual_share_at_{k}"] for k in STEPS]
    assert all(b.upper_arb() <= a.upper_arb() for a, b in pairwise(shares))
    for k in STEPS:
        for a, b in ((one, two), (relu, long)):  # y → 4y; X → 2X with η → η/4
            first, second = a[f"residual_share_at_{k}"], b[f"residual_share_at_{k}"]
            assert first.lower_arb() <= second.upper_arb() and second.lower_arb() <= first.upper_arb()


def test_the_indicator_and_that_it_is_never_proved() -> None:
    y = np.array([1.0, -1.0, 1.0, 1.0])
    with workers(1) as pool:
        result = complexity(Measurements(Dataset(np.eye(4), y), pool), "relu")
        random = np.random.default_rng(1)
        X = random.standard_normal((6, 4))
        general = complexity(Measurements(Dataset(X, y=np.full(6, 0.125)), pool), "relu")
    assert holds(result.constants["indicator"], mpmath.mpf(2), 1e-14)  # K = I/2: √(2·2n/n)
    assert result.verdict is Verdict.UNDECIDED and result.conclusion is None
    with mpmath.workdps(50):
        target = mpmath.matrix([0.125] * 6)
        form = (target.T * mpmath.lu_solve(relu_kernel(X), target))[0]
        assert holds(general.constants["indicator"], mpmath.sqrt(form / 3))
        assert holds(general.constants["quadratic_form"], form)
    assert general.verdict is Verdict.UNDECIDED and "‖x_i‖ = 1" in (general.reason or "")
    for form in ("1e-30", 0, "1/3", 10**9):
        by_value = check("arora2019.generalization", {"n": 50, "quadratic_form": form})
        assert by_value.verdict is Verdict.UNDECIDED and "indicator" in by_value.constants


def test_from_the_shell(certify_here: Command, tmp_path: Path) -> None:
    np.savez(tmp_path / "eye.npz", X=2 * np.eye(4), y=np.array([1.0, -1.0, 1.0, -1.0]))
    run = certify_here(
        "theorem", "check", "arora2019.modes", "--data", "eye.npz", "--set", "steps=7", "--set", "eta=1/8", "--json"
    )
    entry = json.loads(run.stdout)
    assert (run.returncode, entry["verdict"]) == (0, "proved")
    assert entry["constants"]["loss_factor"]["upper"] == pytest.approx(0.75**14, rel=1e-12)
    assert entry["witness"]["modes"][0]["count"] == 4
    unproved = certify_here("theorem", "check", "arora2019.generalization", "--data", "eye.npz")
    assert unproved.returncode == 1 and "indicator = " in unproved.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["arora2019.modes", "--data", "iris", "--set", "n=3"], "measured from the data"),
        (["arora2019.modes", "--data", "iris", "--set", "steps=1/2"], "not a count"),
        (["arora2019.modes", "--data", "iris", "--set", "eta=100"], "between 0 and"),
        (["arora2019.generalization", "--data", "iris"], "positive definite"),
        (["lambda_min.separation", "--data", "wine", "--set", "activation=sin"], "relu, leaky_relu or erf"),
    ],
)
def test_mistakes_are_one_line(certify_here: Command, arguments: list[str], says: str) -> None:
    run = certify_here("theorem", "check", *arguments)
    assert run.returncode == 2 and says in one_line(run.stderr), run.stderr
