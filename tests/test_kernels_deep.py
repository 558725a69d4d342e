"""Kernels of any depth: against neural-tangents' entries, ball arithmetic, and what a shell gets."""

import json
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import flint
import numpy as np
import pytest

from certify.arithmetic.balls import precision
from certify.arithmetic.workers import workers
from certify.certificates.checker.check import check_certificate
from certify.certificates.checker.report import Status
from certify.cli.main import run
from certify.data import Dataset, find_rays
from certify.kernels import UnitRows, build_gram
from certify.kernels.deep import DeepKernel
from certify.kernels.escalate import ball_gram
from certify.spectrum.product import dense
from certify.workflows import DatasetRequest, certify_dataset

#: Made by benchmarks/neural_tangents_table.py.
TABLE = json.loads((Path(__file__).parent / "data" / "neural_tangents.json").read_text())
#: neural-tangents' own float error on these rows, relatively: it has no bound of its own.
THEIR_ERROR = 3e-13


def kernel(phi, depth, weight_std=1.0, bias_std=0.0, d=5):
    return DeepKernel(phi, depth, Fraction(weight_std) ** 2, Fraction(bias_std) ** 2, Fraction(1, d))


def enclosure(X, function, normalized=False):
    with workers(1) as pool:
        return build_gram(X, UnitRows.from_data(X, normalized), function, pool)


def name_of(case):
    return "-".join(str(case[key]) for key in ("phi", "depth", "weight_std", "bias_std"))


@pytest.mark.parametrize("case", TABLE["table"], ids=name_of)
def test_entries_of_neural_tangents_are_inside(case):
    X = np.array(TABLE["X"])
    A = enclosure(X, kernel(case["phi"], case["depth"], case["weight_std"], case["bias_std"]))
    theirs = np.array(case["ntk"])
    off = np.maximum(np.abs(dense(A) - theirs) - THEIR_ERROR * np.abs(theirs), 0.0)
    assert off.max() <= A.max_radius
    assert (off.sum(axis=1) <= A.row_radius).all()
    # tight enough to tell this kernel from any that differs in the twelfth digit
    assert A.max_radius <= 1e-12 * np.abs(theirs).max()


def awkward_rows():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(16, 5)) * np.exp(rng.normal(size=16))[:, None]
    X[3], X[5] = 2 * X[2] * (1 + 1e-9 * X[4]), -X[6] + 1e-5
    X[8] = X[7] + 1e-2 * X[9]
    return X


@pytest.mark.parametrize("phi", ["relu", "erf"])
@pytest.mark.parametrize(("depth", "bias_std"), [(1, 0.0), (1, 0.5), (3, 0.0), (10, 0.0), (10, 0.3)])
@pytest.mark.parametrize("normalized", [False, True])
def test_arrays_contain_the_balls(phi, depth, bias_std, normalized):
    X, function = awkward_rows(), kernel(phi, depth, 1.25, bias_std)
    A = enclosure(X, function, normalized)
    middle = dense(A)
    with precision(512):
        exact = ball_gram(X, normalized, function)
        off = np.array(
            [[float(abs(exact[i, j] - flint.arb(middle[i, j])).upper()) for j in range(16)] for i in range(16)]
        )
    assert off.max() <= A.max_radius
    assert (off.sum(axis=1) <= A.row_radius).all()


@pytest.mark.parametrize("phi", ["relu", "erf"])
def test_enclosures_do_not_blow_up_with_depth(phi):
    """What docs/infinite-width.md states: relative to the largest entry, for rows in general position."""
    X = np.random.default_rng(6).normal(size=(40, 20))
    widths = []
    for depth in (1, 2, 4, 6, 8, 10):
        A = enclosure(X, kernel(phi, depth, 1.4, 0.1, 20))
        widths.append(A.max_radius / np.abs(A.diagonal).max())
    assert widths[0] < 3e-14 and widths[-1] < 1e-12
    assert all(b < 2.5 * a for a, b in pairwise(widths))


def test_ball_entries_keep_their_digits_on_coinciding_rows():
    """Rows on one ray: the determinant is 0, and 256 bits must not become 2 in ten layers."""
    function = kernel("relu", 10)
    with precision(256):
        same = function.entry(flint.arb(2) / 3 + flint.arb(0, 1e-60), flint.arb(1) / 3, flint.arb(4) / 3)
        twice = 2 * function.entry(*[flint.arb(1) / 3] * 3)
        assert same.overlaps(twice) and abs(same - twice) < 1e-25


def test_null_spaces():
    X = np.array([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0], [1.0, 0.0], [1.0, 0.0]])
    rays = find_rays(X)
    assert kernel("relu", 3).null_dimension(X, rays, False) == 2
    assert kernel("relu", 3, 1.0, 0.1).null_dimension(X, rays, False) == 1
    assert kernel("relu", 3, 1.0, 0.1).null_dimension(X, rays, True) == 2
    assert kernel("erf", 3).null_dimension(X, rays, False) == 2
    for function in (kernel("relu", 3), kernel("erf", 2), kernel("relu", 2, 1.0, 0.1)):
        values = np.linalg.eigvalsh(dense(enclosure(X, function)))
        null = function.null_dimension(X, rays, False)
        assert (values < 1e-12).sum() == null


def test_bounds_contain_the_eigenvalues_and_the_checker_agrees():
    rng = np.random.default_rng(8)
    data = Dataset(rng.normal(size=(12, 4)), np.sign(rng.normal(size=12)))
    request = DatasetRequest(activation="erf", depth=2, weight_std=1.5, bias_std=0.25)
    certificate = certify_dataset(data, request).certificate
    values = np.linalg.eigvalsh(dense(enclosure(data.X, kernel("erf", 2, 1.5, 0.25, 4))))
    for name, value in (("lambda_min", values[0]), ("lambda_max", values[-1])):
        bound = certificate.bounds[name]
        assert bound.lower - 1e-13 <= value <= bound.upper + 1e-13
        assert bound.upper - bound.lower <= 1e-10 * bound.upper
    assert certificate.theorems == () or certificate.theorems == []
    assert check_certificate(certificate, data).status is Status.CONFIRMED
    for member, value in (("depth", 3), ("bias_std", 0.5), ("weight_std", 1.0)):
        other = replace(
            certificate,
            kernel={**certificate.kernel, member: value},
            extra={"request": {**certificate.extra["request"], member: value}},
        )
        report = check_certificate(other, data)
        assert report.claim("request").status is Status.CONFIRMED
        assert report.claim("bounds.lambda_max.upper").status is not report.claim("bounds.lambda_max.lower").status
        alone = replace(certificate, kernel={**certificate.kernel, member: value})
        assert check_certificate(alone, data).claim("kernel").status is Status.NOT_CONFIRMED


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (["--depth", "0"], "--depth"),
        (["--depth", "2", "--train", "first"], "--depth"),
        (["--bias-std", "0.1"], "--bias-std"),
        (["--depth", "2", "--weight-std", "0"], "--weight-std"),
        (["--depth", "2", "--bias-std", "-1"], "--bias-std"),
        (["--depth", "2", "--activation", "tanh"], "--activation"),
        (["--depth", "2", "--width", "100"], "--width"),
    ],
)
def test_contradictory_options_are_one_line(options, where, capsys):
    assert run(["dataset", "wine", *options]) == 2
    error = capsys.readouterr().err.strip()
    assert "\n" not in error and where in error
