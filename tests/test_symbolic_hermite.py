"""Hermite expansions against 30-digit quadrature, and against the closed forms there are."""

import math

import flint
import pytest

from certify.arithmetic.balls import arb, precision
from certify.kernels import kernel_for
from certify.symbolic.evaluate import evaluate
from certify.symbolic.hermite import HermiteSeries, hermite_series
from certify.symbolic.hermite_rows import row_coefficients
from certify.symbolic.library import activation_of

mpmath = pytest.importorskip("mpmath")
mp = mpmath.mp

SLOPES = {
    "gelu": lambda z: mp.ncdf(z) + z * mp.npdf(z),
    "silu": lambda z: (1 + z * (1 - 1 / (1 + mp.exp(-z)))) / (1 + mp.exp(-z)),
    "tanh(2*z)": lambda z: 2 * mp.sech(2 * z) ** 2,
    "z*tanh(z)": lambda z: mp.tanh(z) + z * mp.sech(z) ** 2,
    "sin(10*z)": lambda z: 10 * mp.cos(10 * z),
    "erf(3*z)": lambda z: 6 / mp.sqrt(mp.pi) * mp.exp(-9 * z * z),
    "atan(z)+cos(3*z)": lambda z: 1 / (1 + z * z) - 3 * mp.sin(3 * z),
}
MOST = 48


def rule():
    """Gauss and Legendre's 24 nodes on each of 64 panels of [−16, 16], by mpmath."""
    nodes = mpmath.calculus.quadrature.GaussLegendre(mp).calc_nodes(4, mp.prec)
    assert len(nodes) == 24
    half = mp.mpf(1) / 4
    return [(-16 + half * (2 * panel + 1) + half * x, half * w) for panel in range(64) for x, w in nodes]


@pytest.fixture(scope="module")
def coefficients():
    """``a_k`` for k up to `MOST` and ``E f²``, right to some 30 digits, for each of `SLOPES`."""
    found = {}
    with mp.workdps(40):
        points = rule()
        for name, slope in SLOPES.items():
            values = [slope(z) * w * mp.npdf(z) for z, w in points]
            square = mp.fsum(v * slope(z) for (z, _), v in zip(points, values, strict=True))
            before, now, rows = [mp.mpf(0)] * len(points), [mp.mpf(1)] * len(points), []
            for k in range(MOST + 1):
                rows.append(mp.fdot(now, values))
                up, down = 1 / mp.sqrt(k + 1), mp.sqrt(mp.mpf(k) / (k + 1))
                before, now = now, [z * h * up - g * down for (z, _), h, g in zip(points, now, before, strict=True)]
            found[name] = rows, square
    return found


def series_of(name: str) -> HermiteSeries:
    activation = activation_of(name)
    return hermite_series(activation.derivative, evaluate(activation.slope_bound, {}))


def rational(value) -> flint.arb:
    """A ball of radius 1e-28 around an mpmath number."""
    return flint.arb(mp.nstr(value, 35)) + flint.arb(0, 1e-28)


@pytest.mark.parametrize("name", SLOPES)
def test_coefficients_against_quadrature(name, coefficients):
    expected, square = coefficients[name]
    found = series_of(name)
    with precision(192), mp.workdps(40):
        for k in range(MOST + 1):
            assert found.coefficients[k].overlaps(rational(expected[k])), k
            assert found.coefficients[k].rad() < 1e-18
        assert found.square.overlaps(rational(square))
        # what is left out is what is left over, and never negative
        rest = rational(square)
        for a in found.coefficients[: MOST + 1]:
            rest -= a * a
        assert found.tail >= 0 and not (rest < 0)


@pytest.mark.parametrize("name", ["tanh(2*z)", "z*tanh(z)", "erf(3*z)", "sin(10*z)"])
def test_odd_and_even_functions_have_every_other_coefficient(name):
    """φ' even (φ odd): the odd coefficients are 0, and their balls say so; the other way for z·tanh z."""
    found = series_of(name)
    start = 0 if name == "z*tanh(z)" else 1
    for a in found.coefficients[start::2]:
        assert a.contains(arb(0)) and a.abs_upper() < 1e-17


def test_a_fast_wave_against_its_own_series():
    """``cos ωz = e^{−ω²/2} Σ (−1)^j ω^{2j}/√(2j)! h_{2j}``: at ω = 10 it is largest at k ≈ 100."""
    found = series_of("sin(10*z)")
    with precision(256):
        for j in (0, 10, 40, 50, 60, 75):
            exact = 10 * arb(-50).exp() * (-1) ** j * arb(10) ** (2 * j) / arb(math.factorial(2 * j)).sqrt()
            assert found.coefficients[2 * j].overlaps(exact)
        assert found.square.overlaps(50 * (1 + arb(-200).exp()))
        assert found.tail < 1e-15


@pytest.mark.parametrize(("name", "closed"), [("10*sin(z)+0*z", "sin"), ("2*erf(3*z/2)", "erf(3*z/2)"), ("gelu", None)])
def test_kernel_by_the_series_against_its_closed_form(name, closed):
    activation = activation_of(name)
    series = hermite_series(activation.derivative, evaluate(activation.slope_bound, {}))
    scale = {"sin": 100, "erf(3*z/2)": 4}.get(closed or "", 1)
    kernel = kernel_for(closed) if closed else kernel_for(name).other_lengths
    with precision(192):
        for rho in (-0.95, -0.2, 0.4, 0.99):
            total = arb(0)
            for a in reversed(series.coefficients):
                total = total * rho + a * a
            rest = series.tail.abs_upper()
            expected = kernel.entry(arb(rho), arb(1), arb(1)) * scale
            assert (rho * (total + (-rest).union(rest))).overlaps(expected)


@pytest.mark.parametrize("name", ["silu", "sin(10*z)", "atan(z)+cos(3*z)"])
def test_both_quadratures_agree(name):
    """Panels with Gauss's rule, and the trapezoidal rule at length 1: two proofs of each coefficient."""
    activation = activation_of(name)
    one = series_of(name)
    other = row_coefficients(activation.derivative, evaluate(activation.slope_bound, {}), [1.0])[0]
    for a, b in zip(one.coefficients, other.coefficients, strict=False):
        assert a.overlaps(b)
    assert one.square.overlaps(other.square)
