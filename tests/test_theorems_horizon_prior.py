"""Finite horizon before any weights are drawn: values, laws, and 10⁴ drawn kernels and networks under the bound."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import mpmath
import numpy as np
import pytest
from conftest import Command, one_line

from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.spectrum.comparison import Comparison
from certify.theorems import check
from certify.theorems.horizon import edges_of
from certify.theorems.prior import guess_spread, spread_of
from certify.workflows.horizon_prior import PriorHorizon
from certify.workflows.measure import Measurements

SMOOTH = {
    "norm_y": 1, "norm_y_below": 1, "norm_x_squared": 2, "q_x_squared": 3, "terminal": "1/2", "action": 4, "weight": 2,
    "energy": "1/4", "mass": 5, "eta": "1/100", "steps": 800, "m": 2 * 10**9, "spread": "1/10000", "D": 3,
}  # fmt: skip
RELU = {name: value for name, value in SMOOTH.items() if name not in ("q_x_squared", "D")} | {
    "n": 3, "gram_abs": 2, "r": "1/4000", "kappa": "1/4096", "delta1": "1/40",
}  # fmt: skip
#: Three rows of the plane at 0°, 60° and 150°, of lengths 1, 1, ½.
ANGLES = np.array([0.0, math.pi / 3, 5 * math.pi / 6])
X = np.column_stack([np.cos(ANGLES), np.sin(ANGLES)]) * np.array([[1.0], [1.0], [0.5]])
Y = np.array([1.0, -0.5, 0.25])


def prior(activation: str, width: int, delta: Fraction, data: Dataset | None = None):
    with workers(1) as pool:
        return PriorHorizon(Measurements(data or Dataset(X, Y), pool), activation, Fraction(1)).at(width, delta)


def test_smooth_agrees_with_mpmath() -> None:
    found = check("horizon.prior.smooth", SMOOTH)
    assert found.verdict is Verdict.PROVED, found.reason
    with mpmath.workdps(50):
        T, top, t = mpmath.mpf(8), mpmath.mpf(2), mpmath.mpf(1) / 10000
        beta = mpmath.sqrt(mpmath.mpf(3) / (2 * 10**9)) / 4  # softplus: B1 = 1, B2 = 1/4
        cost = mpmath.sqrt(2) * t
        a1 = mpmath.sqrt(2 * T / mpmath.e) + mpmath.sqrt(top) / 100
        a2 = 1 - 1 / mpmath.e + mpmath.log(T * top) / mpmath.e + top / 100
        dev = beta * 9 * (1 + a2) / 2 + beta * 3 * a1
        exact = {"kernel_deviation": cost, "deviation": dev, "loss_factor": (mpmath.mpf("0.5") + cost + dev) ** 2}
        for name, value in exact.items():
            assert found.constants[name].lower <= value <= found.constants[name].upper
        # the failure probability, from its formula
        level = 2 * mpmath.exp(-(10**9) * t**2 / (2 * top * (mpmath.mpf("0.25") + mpmath.sqrt(5) * t / 3)))
        interval = next(h.interval for h in found.hypotheses if h.id == "spread")
        assert interval is not None and interval.lower <= level <= interval.upper <= 0.05


def test_relu_agrees_with_mpmath() -> None:
    found = check("horizon.prior.relu", RELU)
    assert found.verdict is Verdict.PROVED, found.reason
    with mpmath.workdps(50):
        cost = mpmath.sqrt(2) / 10000
        change = 4 * mpmath.mpf(1) / 4096
        dev = change * (4 + 8 * cost) * mpmath.exp(8 * change)
        factor = (mpmath.mpf("0.5") + cost + dev) ** 2
        assert found.constants["loss_factor"].lower <= factor <= found.constants["loss_factor"].upper
    assert check("horizon.prior.relu", {**RELU, "kappa": "1/10000"}).verdict is not Verdict.PROVED  # below the mean
    assert check("horizon.prior.relu", {**RELU, "r": "1/40000"}).verdict is not Verdict.PROVED


@pytest.mark.parametrize("values", [[2.0, 2.0, 2.0], [3.0, 0.5, 0.01], [1.0, 0.0, 1e-9]])
def test_the_spread_bounds_the_sums(values: list[float]) -> None:
    """W·U by Cauchy–Schwarz above the sum it is used for, U and M above their own sums with the c_b it chose."""
    K = Comparison(np.sort(np.array(values)), np.array([0.5, -1.0, 2.0]), 0.0, 0.0)
    eta, steps = Fraction(1, 64), 600
    found, near = spread_of(K, math.sqrt(5.25), eta, steps), guess_spread(K, 1 / 64, steps)
    lam, c2 = K.values, np.square(K.coordinates)
    powers = (1 - lam[None, :] / 64) ** (2 * np.arange(steps)[:, None])
    energy, mass = (powers * c2 * lam).sum(axis=1) / 64, (powers * c2).sum(axis=1) / 64
    assert (np.sqrt(energy / 64).sum()) ** 2 <= found.weight * found.energy * (1 + 1e-12)
    drops = []
    for a, b in pairwise(edges_of(steps)):
        last = (((1 - lam / 64) ** (2 * b)) * c2).sum()
        drops.append(((powers[a] * c2).sum() - last) / (2 - lam.max() / 64))
    spans = np.diff(edges_of(steps)) / 64
    chosen = np.maximum(np.sqrt(np.maximum(drops, 0) / spans), 1e-9 * math.sqrt(5.25))
    blocks = [slice(a, b) for a, b in pairwise(edges_of(steps))]
    assert sum(energy[b].sum() / c for b, c in zip(blocks, chosen, strict=True)) <= found.energy * (1 + 1e-9)
    exact_mass = sum(mass[b].sum() / c for b, c in zip(blocks, chosen, strict=True))
    assert exact_mass == pytest.approx(found.mass, rel=1e-6) and near.mass == pytest.approx(found.mass, rel=1e-5)
    assert near.weight == pytest.approx(found.weight, rel=1e-6) and near.energy == pytest.approx(found.energy, rel=1e-6)


def slopes(activation: str, Z: np.ndarray) -> np.ndarray:
    return (Z > 0).astype(float) if activation == "relu" else 1 / (1 + np.exp(-Z))


@pytest.mark.parametrize("activation", ["relu", "softplus"])
def test_ten_thousand_kernels_stay_within_the_spread(activation: str) -> None:
    """ẽ_k with the drawn kernel against ê_k with the mean of all: within D_K, and within far less mostly."""
    width, delta, draws = 400, 0.25, 10_000
    data = Dataset(X / np.linalg.norm(X, axis=1)[:, None], Y) if activation != "relu" else Dataset(X, Y)
    result = prior(activation, 40_000 if activation == "relu" else width, Fraction(1, 4), data)
    assert result.verdict is Verdict.PROVED, result.reason
    if activation == "relu":  # the flips ask for more width than the kernel does: take t for the small network
        assert result.witness["values"]["m"] == 40_000
        width = 40_000
        draws = 2_000
    bound, eta, steps = (result.constants[name].upper for name in ("kernel_deviation", "step_size", "steps"))
    random, G = np.random.default_rng(11), data.X @ data.X.T
    K = np.empty((draws, 3, 3))
    for start in range(0, draws, 100):
        Z = random.standard_normal((100, width // 2, 2)) @ data.X.T
        S = slopes(activation, Z)
        K[start : start + 100] = np.einsum("bri,brj->bij", S, S) / (width // 2) * G
    ends = []
    for matrix in (K, K.mean(axis=0, keepdims=True)):
        value, vectors = np.linalg.eigh(matrix)
        ends.append(np.einsum("bij,bj,bkj,k->bi", vectors, (1 - eta * value) ** int(steps), vectors, data.y))
    off = np.linalg.norm(ends[0] - ends[1], axis=1)
    assert (off > bound).mean() <= delta
    assert np.median(off) < bound


def test_drawn_networks_are_under_the_curve() -> None:
    """Softplus networks of 512 neurons, trained in floats for the k steps: the factor fails at most δ of the time."""
    data = Dataset(X / np.linalg.norm(X, axis=1)[:, None], Y)
    result = prior("softplus", 512, Fraction(1, 4), data)
    assert result.verdict is Verdict.PROVED
    eta, steps, factor = (result.constants[name].upper for name in ("step_size", "steps", "loss_factor"))
    assert factor < 1
    random, draws = np.random.default_rng(3), 200
    half = random.standard_normal((draws, 256, 2))
    W = np.concatenate([half, half], axis=1)
    a = np.concatenate([np.ones(256), -np.ones(256)]) / math.sqrt(512)
    for _ in range(int(steps)):
        Z = W @ data.X.T
        e = np.einsum("r,bri->bi", a, np.logaddexp(0, Z)) - data.y
        W = W - eta * np.einsum("r,bri,bi,id->brd", a, slopes("softplus", Z), e, data.X, optimize=True)
    e = np.einsum("r,bri->bi", a, np.logaddexp(0, W @ data.X.T)) - data.y
    assert ((e * e).sum(axis=1) > factor * (data.y @ data.y)).mean() <= 0.25


def test_width_and_delta_help_and_units_do_not_matter() -> None:
    data = Dataset(X / np.linalg.norm(X, axis=1)[:, None], Y)
    factors = [
        prior("softplus", m, Fraction(1, 20), data).constants["loss_factor"].upper for m in (2**12, 2**16, 2**20)
    ]
    assert factors[0] > factors[1] > factors[2]
    loose = prior("softplus", 2**12, Fraction(1, 2), data).constants["loss_factor"].upper
    assert loose < factors[0]
    # four times the output scale with four times the targets: all functions times 4, η/16, the same path of weights
    with workers(1) as pool:
        scaled = PriorHorizon(Measurements(Dataset(data.X, 4 * Y), pool), "softplus", Fraction(4)).at(
            2**16, Fraction(1, 20)
        )
    assert scaled.constants["loss_factor"].upper == pytest.approx(factors[1], rel=1e-6)
    assert (
        scaled.constants["step_size"].upper
        == prior("softplus", 2**16, Fraction(1, 20), data).constants["step_size"].upper / 16
    )
    assert prior("softplus", 4, Fraction(1, 20), data).verdict is Verdict.UNDECIDED


def test_from_the_shell(certify_here: Command, tmp_path: Path) -> None:
    np.savez(tmp_path / "three.npz", X=X, y=Y)
    run = certify_here(
        "theorem",
        "check",
        "horizon.prior.relu",
        "--data",
        "three.npz",
        "--set",
        "m=1048576",
        "--set",
        "delta=1/10",
        "--json",
    )
    entry = json.loads(run.stdout)
    assert (run.returncode, entry["verdict"]) == (0, "proved")
    assert entry["constants"]["loss_factor"]["upper"] < 1 and entry["constants"]["probability"]["lower"] < 0.9
    table = certify_here("theorem", "compare", "--data", "three.npz", "--labels", "regression", "--widths", "65536")
    line = next(text for text in table.stdout.splitlines() if text.startswith("horizon.prior.relu"))
    assert "65536" in line and "0.95" in line


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (["m=3"], "even"),
        ([], "no width"),
        (["m=4", "delta=2"], "between 0 and 1"),
        (["m=4", "alpha=0"], "not positive"),
        (["m=1/2"], "1/2"),
        (["m=4", "D=1"], "measured from the data"),
        (["m=4", "activation=leaky_relu"], "does not speak of"),
    ],
)
def test_mistakes_are_one_line(certify_here: Command, settings: list[str], says: str) -> None:
    words = [word for text in settings for word in ("--set", text)]
    run = certify_here("theorem", "check", "horizon.prior.smooth", "--data", "wine", *words)
    assert run.returncode == 2 and says in one_line(run.stderr), run.stderr
