"""``certify run``: certified first steps on the calibration data, the document, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, Command, one_line
from jsonschema import Draft202012Validator

from certify.arithmetic.verdict import Verdict
from certify.data import Dataset, load
from certify.errors import InputError
from certify.networks.files import Layer, Model
from certify.workflows.network import NetworkRequest, certify_network
from certify.workflows.run import RunRequest, certify_run

SCHEMA = json.loads((ROOT / "certify" / "certificates" / "schema" / "certify-1.json").read_text(encoding="utf-8"))
CONSTANTS = "h sigma_squared beta residual radius mu step_size rate loss_threshold first_certified_step"
NAMES = set(CONSTANTS.split())


@pytest.mark.parametrize(("name", "width", "by"), [("digits100", 512, 320), ("sphere100x20", 512, 200)])
def test_reach(data_directory: Path, name: str, width: int, by: int) -> None:
    result = certify_run(load(str(data_directory / f"{name}.npz")), RunRequest(width=width))
    assert result.verdict is Verdict.PROVED
    constants = result.theorem("plstar.gd").constants
    assert set(constants) >= NAMES
    first = constants["first_certified_step"].upper
    assert isinstance(first, int) and first <= by
    assert constants["h"].upper is not None and constants["h"].upper < 0.5
    # the same weights, as a network of their own, are certified too
    model = Model((Layer(result.weights["W"], None),), result.weights["a"], None, 1.0, "tanh")
    step = constants["step_size"].lower
    again = certify_network(model, load(str(data_directory / f"{name}.npz")), NetworkRequest(step_size=step))
    assert again.verdict is Verdict.PROVED
    checkpoints = result.certificate.extra["run"]["checkpoints"]
    assert checkpoints[0]["step"] == 0 and checkpoints[-1]["step"] == first
    assert [point["verdict"] for point in checkpoints[-2:]] == ["undecided", "proved"]


def small() -> Dataset:
    rng = np.random.default_rng(5)
    X = rng.standard_normal((6, 8)) / 8**0.5
    return Dataset(X, np.where(rng.random(6) < 0.5, -1.0, 1.0))


@pytest.mark.parametrize("activation", ["tanh", "erf", "softplus", "sigmoid"])
def test_every_activation_gets_there_and_goes_on_as_certified(activation: str) -> None:
    data = small()
    result = certify_run(data, RunRequest(width=400, activation=activation, seed=1, threads=1))
    assert result.verdict is Verdict.PROVED
    constants = result.theorem("plstar.gd").constants
    eta, mu, loss = constants["step_size"].lower, constants["mu"].lower, constants["residual"].upper
    radius = constants["radius"].upper
    assert eta and mu and loss and radius
    from certify.networks import SMOOTH

    W, a, s = result.weights["W"], result.weights["a"], 1 / 20
    start = W.copy()
    for k in range(200):
        found = SMOOTH[activation].evaluate(data.X @ W.T)
        assert data.y is not None
        e = s * found.value @ a - data.y
        if 0.5 * e @ e > 1e-22:
            assert np.linalg.norm(e) <= loss * (1 - eta * mu) ** k
        assert np.linalg.norm(W - start) <= radius
        W = W - eta * s * a[:, None] * ((found.slope * e[:, None]).T @ data.X)


def test_claims_do_not_depend_on_threads() -> None:
    hashes = {certify_run(small(), RunRequest(width=256, threads=t)).certificate.claims_sha256 for t in (1, 2)}
    assert len(hashes) == 1


def test_too_few_steps_and_too_large_a_step_are_undecided() -> None:
    twice = Dataset(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1.0, -1.0]))
    singular = certify_run(twice, RunRequest(width=8, steps=40)).certificate
    assert singular.verdict is Verdict.UNDECIDED and singular.bounds["lambda_min"].lower == 0.0
    assert not {"h", "sigma_squared", "loss_threshold"} & set(singular.theorem("plstar.gd").constants)
    short = certify_run(small(), RunRequest(width=64, steps=3)).certificate
    assert short.verdict is Verdict.UNDECIDED and "--steps 3" in short.would_decide[0]
    assert "mu" not in short.theorem("plstar.gd").constants
    wild = certify_run(small(), RunRequest(width=64, step_size=1e3)).certificate
    assert wild.verdict is Verdict.UNDECIDED and "cannot be followed" in str(wild.reason)


def test_the_command(certify: Command, tmp_path: Path) -> None:
    data = small()
    np.savez(tmp_path / "data.npz", X=data.X, y=data.y)
    arguments = ("run", "--data", "data.npz", "--width", "400", "--loss", "mean")
    run = certify(*arguments, "--json", "-o", "run.html", "-o", "run.json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    Draft202012Validator(SCHEMA).validate(found)
    assert found["kind"] == "run" and found["verdict"] == "proved"
    constants = found["theorems"][0]["constants"]
    assert set(constants) >= NAMES and isinstance(constants["first_certified_step"]["upper"], int)
    page, first = (tmp_path / "run.html").read_text(encoding="utf-8"), constants["first_certified_step"]["upper"]
    assert "plstar.gd" in page and f"certified from k* = {first}" in page
    # the step size in the user's own convention is the same iteration
    given = constants["step_size_for_mean_loss"]["lower"]
    again = json.loads(certify(*arguments, "--json", "--step-size", repr(given)).stdout)
    near = again["theorems"][0]["constants"]["step_size"]["lower"]
    assert abs(near - constants["step_size"]["lower"]) <= 1e-15 * near
    assert again["verdict"] == "proved"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--depth", "3"),
        ("--width", "7"),
        ("--width", "0"),
        ("--steps", "0"),
        ("--step-size", "-1"),
        ("--seed", "-1"),
        ("--alpha", "nan"),
    ],
)
def test_bad_usage_is_one_line(certify_here: Command, arguments: tuple[str, ...]) -> None:
    run = certify_here("run", "--data", "sphere:n=5,d=3,seed=0", *arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert arguments[0] in one_line(run.stderr)


@pytest.mark.parametrize(("rows", "targets"), [(1e200, 1.0), (1.0, 1e200), (1e40, 1.0)])
def test_immoderate_numbers_are_refused_in_one_line(rows: float, targets: float) -> None:
    data = small()
    assert data.y is not None
    with pytest.raises(InputError, match="rescale"):
        certify_run(Dataset(data.X * rows, data.y * targets), RunRequest(width=8, steps=5))
