"""``spectral.width``: calibration, the path's proof against tampering, the drift lemma on sampled networks."""

from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from certify.arithmetic.workers import workers
from certify.data import LoadOptions, load
from certify.errors import InputError
from certify.spectrum.comparison import Comparison
from certify.theorems.spectral import Levels, Problem, levels, prove, search, two_sided_share
from certify.workflows import DatasetRequest, certify_dataset
from certify.workflows.measure import Measurements
from certify.workflows.spectral import _Attempt, spectral_width


def measured(source, activation="erf", width=None, delta=0.05):
    data = load(source, LoadOptions())
    with workers(1) as pool:
        return spectral_width(Measurements(data, pool), pool, activation, delta, 1.0, width)


@pytest.mark.parametrize(
    ("name", "most", "smooth"),
    [("iris", 3.6e16, 4.6e20), ("wine", 4e7, 7.7e8), ("digits100", 6.8e5, 1.85e6), ("sphere200x50", 1.94e5, 1.45e5)],
)
def test_calibration(name, most, smooth):
    result = measured(f"tests/data/{name}.npz")
    assert result.verdict == "proved"
    width = result.constants["required_width"].upper
    assert width <= min(most, smooth) and width % 2 == 0


def toy():
    values = np.array([0.05, 0.1, 0.4, 2.0])
    coordinates = np.array([0.01, 0.02, 0.3, 1.0])
    spectrum = levels(Comparison(values, coordinates, 1e-15, 1e-15))
    size = float(np.linalg.norm(coordinates)) * (1 + 1e-12)
    return Problem(beta=0.04, share=0.05, scale=Fraction(1), half_step=1.01, size=size), spectrum


def test_levels_are_those_of_the_spectrum():
    _, spectrum = toy()
    assert spectrum.bottoms.tolist() == [2.0, 0.4, 0.1, 0.05] and spectrum.tops.tolist() == [0.4, 0.1, 0.05]
    exact = [np.hypot(0.3, np.hypot(0.02, 0.01)), np.hypot(0.02, 0.01), 0.01]
    assert (spectrum.tails >= exact).all() and np.allclose(spectrum.tails, exact, rtol=1e-12)


def test_the_path_is_proved_and_its_slope_is_mpmath_s():
    problem, spectrum = toy()
    path = search(problem, spectrum)
    slope = prove(problem, spectrum, path)
    x, rho = path.end
    with mpmath.workdps(40):
        keep = 1 - mpmath.mpf(0.05)
        square = keep * mpmath.mpf(spectrum.bottoms[0])
        for high, low, p in zip(spectrum.bottoms, spectrum.bottoms[1:], path.p[-1], strict=False):
            square -= keep * (mpmath.mpf(high) - mpmath.mpf(low)) * min(mpmath.mpf(1), mpmath.mpf(p) / x) ** 2
        assert abs(mpmath.sqrt(square) - mpmath.mpf(0.04) * rho - slope) < 1e-12


@pytest.mark.parametrize("member", ["rho", "p", "x"])
def test_a_path_that_is_too_short_is_not_proved(member):
    problem, spectrum = toy()
    path = search(problem, spectrum)
    changed = getattr(path, member).copy()
    place = len(changed) // 2
    changed[place] = changed[place] * (1 - 1e-6) if member != "x" else changed[place - 1] * 1.01
    assert prove(problem, spectrum, replace(path, **{member: changed})) is None
    assert prove(replace(problem, size=problem.size * 1.001), spectrum, path) is None
    lower = Levels(spectrum.bottoms, spectrum.tops, spectrum.tails * 1.01)
    assert prove(problem, lower, path) is None


def test_simulated_descent_obeys_the_path():
    """F(w) = J0 w + quadratic terms, with J0 J0ᵀ within the share of K̂: residual, path and projections stay below."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        problem, spectrum = toy()
        values, coordinates = np.array([0.05, 0.1, 0.4, 2.0]), np.array([0.01, 0.02, 0.3, 1.0])
        R = rng.normal(size=(4, 4))
        R = (R + R.T) / 2
        R *= problem.share / np.abs(np.linalg.eigvalsh(R)).max()
        K0 = np.sqrt(values)[:, None] * (np.eye(4) + R) * np.sqrt(values)[None, :]
        J0 = np.hstack([np.linalg.cholesky(K0), np.zeros((4, 4))])
        u, B = rng.normal(size=4), rng.normal(size=(8, 8))
        u, B = u / np.linalg.norm(u), (B + B.T) / 2
        B *= problem.beta / np.abs(np.linalg.eigvalsh(B)).max()
        path = search(problem, spectrum)
        w, rho, eta = np.zeros(8), 0.0, 1e-2
        for _ in range(4000):
            e = J0 @ w + 0.5 * u * (w @ B @ w) - coordinates
            x = np.linalg.norm(e)
            if x < path.end[0]:
                break
            i = int(np.searchsorted(-path.x, -x, side="left"))
            assert rho <= path.rho[min(i, len(path.x) - 1)] + 1e-12
            for j in range(3):
                assert np.linalg.norm(e[: 3 - j]) <= path.p[min(i, len(path.x) - 1), j] + 1e-12
            step = eta * (J0 + np.outer(u, B @ w)).T @ e
            w, rho = w - step, rho + np.linalg.norm(step)
        else:
            pytest.fail("the end of the path was not reached")


def test_the_dataset_command_knows_it():
    request = DatasetRequest(theorems=("spectral.width",), threads=1)
    result = certify_dataset(load("tests/data/digits100.npz", LoadOptions()), request)
    entry = result.theorem("spectral.width")
    assert result.verdict == "proved" and entry.constants["required_width"].upper <= 6.8e5
    with pytest.raises(InputError, match="paired"):
        certify_dataset(load("sphere:n=5,d=3", LoadOptions()), replace(request, init="independent"))


def test_verdict_at_a_width():
    source = "tests/data/digits100.npz"
    assert measured(source, width=10**6).verdict == "proved"
    small = measured(source, width=10**5)
    assert small.verdict == "undecided" and small.reason


def test_both_tails_hold_but_with_probability_delta():
    """Monte Carlo on a tiny instance: K0 leaves [(1−ε)K∞, (1+ε)K∞] in at most the share δ of 2000 draws."""
    data = load("sphere:n=3,d=3,seed=4", LoadOptions())
    with workers(1) as pool:
        attempt = _Attempt(Measurements(data, pool), pool, "erf", 0.2, 1.0)
    m = 2000
    _, eps = attempt.problem(m)
    X = data.X
    G = X @ X.T
    g = np.diag(G)
    K = 4 / np.pi * G / np.sqrt((1 + 2 * g[:, None]) * (1 + 2 * g[None, :]) - 4 * G * G)
    half = np.linalg.inv(np.linalg.cholesky(K))
    rng, failures = np.random.default_rng(0), 0
    for _ in range(2000):
        slopes = 2 / np.sqrt(np.pi) * np.exp(-np.square(X @ rng.normal(size=(3, m // 2))))
        spread = np.linalg.eigvalsh(half @ (slopes @ slopes.T / (m // 2) * G) @ half.T)
        failures += spread[0] < 1 - eps or spread[-1] > 1 + eps
    assert failures <= 0.2 * 2000


@pytest.mark.parametrize("trials", [1e3, 1e9, 1e20, 1e40])
def test_the_share_is_enough_however_many_trials_there_are(trials: float) -> None:
    share = two_sided_share(100, trials, 0.05)
    assert share is not None
    with mpmath.workdps(80):
        mp, mpf = mpmath.mp, mpmath.mpf
        e = mpf(share)
        low, high = e + (1 - e) * mp.log(1 - e), (1 + e) * mp.log(1 + e) - e
        assert 100 * (mp.exp(-trials * low) + mp.exp(-trials * high)) <= mpf("0.05") * (1 + mpf("1e-6"))
