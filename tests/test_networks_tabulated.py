"""erf and ln(1 + u) in plain NumPy: every sampled value against Arb, and the lemma's ingredients."""

import flint
import numpy as np
import pytest

from certify.arithmetic.balls import arb, precision
from certify.networks.tabulated import _BELL, _ERF, _LOG, ERF_ERROR, LOG_ERROR, erf_array, log_one_plus

RNG = np.random.default_rng(0)


def worst(found, x, exact):
    with precision(128):
        return max(float(abs(exact(arb(a)) - arb(b)).upper()) for a, b in zip(x.tolist(), found.tolist(), strict=True))


def test_erf_within_its_error():
    halves = (np.arange(3000) + 0.5) / 512  # ties, where |t| is largest
    x = np.concatenate(
        [
            RNG.normal(size=4000) * 2,
            halves,
            np.nextafter(halves, 0),
            10.0 ** RNG.uniform(-300, 300, 300) * RNG.choice([-1, 1], 300),
            [0.0, -0.0, 6.0, -6.0, 5.999999, 6.000001, 5e-324, 1.7e308, 0.4769362762044699],
        ]
    )
    assert worst(erf_array(x), x, lambda v: v.erf()) <= ERF_ERROR


def test_logarithm_within_its_error():
    halves = (np.arange(512) + 0.5) / 512
    x = np.concatenate(
        [RNG.uniform(size=4000), halves, np.nextafter(halves, 0), 10.0 ** RNG.uniform(-320, 0, 500), [0.0, 1.0, 5e-324]]
    )
    assert worst(log_one_plus(x), x, lambda v: (1 + v).log()) <= LOG_ERROR


def test_tables_are_right_to_their_last_place():
    with precision(200):
        for k in range(0, 3073, 7):
            x = arb(k) / 512
            assert abs(x.erf() - arb(float(_ERF[k]))) <= arb(float(np.spacing(_ERF[k]))) * 0.51
            bell = 2 / flint.arb.pi().sqrt() * (-x * x).exp()
            assert abs(bell - arb(float(_BELL[k]))) <= arb(float(np.spacing(_BELL[k]))) * 0.51
        for k in range(513):
            assert abs((1 + arb(k) / 512).log() - arb(float(_LOG[k]))) <= arb(float(np.spacing(_LOG[k]))) * 0.51


def test_the_sixth_derivative_is_below_forty():
    """``erf⁽⁶⁾ = −(32x⁵ − 160x³ + 120x)(2/√π)e^{−x²}`` on all cells of [0, 6], in balls; by sympy."""
    sympy = pytest.importorskip("sympy")
    z = sympy.Symbol("z")
    formula = -(32 * z**5 - 160 * z**3 + 120 * z) * 2 / sympy.sqrt(sympy.pi) * sympy.exp(-(z**2))
    assert sympy.simplify(sympy.diff(sympy.erf(z), z, 6) - formula) == 0
    with precision(64):
        for k in range(6 * 512):
            x = (arb(k) / 512).union(arb(k + 1) / 512)
            size = (32 * x * x * x * x * x - 160 * x * x * x + 120 * x) * 2 / flint.arb.pi().sqrt() * (-x * x).exp()
            assert abs(size) < 40


def test_shape_and_sign_are_kept():
    x = RNG.normal(size=(3, 5, 2))
    assert erf_array(x).shape == x.shape and (np.sign(erf_array(x)) == np.sign(x)).all()
    assert np.array_equal(erf_array(-x), -erf_array(x)) and erf_array(np.empty((0, 3))).shape == (0, 3)
    assert np.signbit(erf_array(np.array([-0.0])))[0] and log_one_plus(np.array(0.5)).shape == ()
