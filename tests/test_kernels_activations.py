"""Kernels of activations given by expression: entries by Gaussian quadrature, arrays against Arb."""

import math

import flint
import numpy as np
import pytest
import sympy

from certify.arithmetic.balls import precision
from certify.arithmetic.workers import workers
from certify.data import find_rays
from certify.kernels import UnitRows, build_gram, kernel_for
from certify.kernels.escalate import ball_gram
from certify.spectrum.product import dense
from certify.symbolic.activations import Z
from certify.symbolic.library import activation_of

ANY_ROWS = ["sin(2*z)", "cos", "erf(3*z)", "leaky_relu"]
UNIT_ROWS = ["tanh", "softplus", "sigmoid", "gelu", "silu", "z*tanh(log(1+exp(z)))"]


def rows_of(seed=0):
    X = np.random.default_rng(seed).normal(size=(24, 5))
    X[3], X[5] = X[2] * 2 + 1e-9 * X[4], 1e-3 - X[6]
    return X


def expected(name, s, t, c, nodes=160):
    """``c·E φ'(u)φ'(v)`` by a product of Gauss and Hermite's rules, for ``u, v`` of covariance [[s, c], [c, t]]."""
    slope = sympy.lambdify(Z, activation_of(name).derivative, ["scipy", "numpy"])
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / w.sum()
    u = math.sqrt(s) * x[:, None]
    v = c / math.sqrt(s) * x[:, None] + math.sqrt(t - c * c / s) * x[None, :]
    with np.errstate(over="ignore"):
        return c * float(w @ (slope(u) * slope(v)) @ w)


@pytest.mark.parametrize("name", [*UNIT_ROWS, "sin(2*z)", "cos", "erf(z/2)"])
def test_entry_is_the_gaussian_integral(name):
    kernel, one = kernel_for(name), flint.arb(1)
    for rho in (-0.9, -0.3, 0.1, 0.8):
        with precision(128):
            entry = kernel.entry(flint.arb(rho), one, one)
        assert float(entry.mid()) == pytest.approx(expected(name, 1.0, 1.0, rho), abs=2e-9)


@pytest.mark.parametrize("name", ["sin(2*z)", "cos", "erf(z/2)"])
def test_entry_for_rows_of_other_lengths(name):
    with precision(128):
        entry = kernel_for(name).entry(flint.arb(0.3), flint.arb(1.44), flint.arb(0.64))
    assert float(entry.mid()) == pytest.approx(expected(name, 1.44, 0.64, 0.3), abs=1e-9)


def test_leaky_relu_by_the_angle():
    with precision(128):
        entry = kernel_for("leaky_relu").entry(flint.arb(0.3), flint.arb(1), flint.arb(1))
    share = (math.pi - math.acos(0.3)) / (2 * math.pi)
    both, one = share, 0.5 - share
    assert float(entry.mid()) == pytest.approx(0.3 * (both * (1 + 1e-4) + 2 * one * 1e-2), abs=1e-14)


@pytest.mark.parametrize(
    ("name", "normalized"), [(n, True) for n in ANY_ROWS + UNIT_ROWS] + [(n, False) for n in ANY_ROWS]
)
def test_arrays_contain_the_balls(name, normalized):
    X, kernel = rows_of(), kernel_for(name)
    rows = UnitRows.from_data(X, normalized)
    with workers(1) as pool:
        A = build_gram(X, rows, kernel, pool)
        middle = dense(A) * 2.0**A.exponent
    with precision(256):
        exact = ball_gram(X, normalized, kernel)
        off = np.array(
            [[float(abs(exact[i, j] - flint.arb(middle[i, j])).upper()) for j in range(24)] for i in range(24)]
        )
    slack = 1e-27
    assert (off <= A.max_radius * 2.0**A.exponent + slack).all()
    assert (off.sum(axis=1) <= A.row_radius * 2.0**A.exponent + 24 * slack).all()
    assert A.max_radius < 1e-12


def test_null_space_of_coinciding_rows():
    X = np.array([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0], [1.0, 0.0]])
    rays = find_rays(X)
    assert kernel_for("tanh").null_dimension(X, rays, True) == 2
    assert kernel_for("cos").null_dimension(X, rays, True) == 2
    assert kernel_for("softplus").null_dimension(X, rays, True) == 1
    assert kernel_for("sin(2*z)").null_dimension(X, rays, False) == 1
