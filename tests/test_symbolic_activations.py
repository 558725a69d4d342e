"""Activations by expression: what is read, what is refused, and the suprema, against mpmath."""

import math

import mpmath
import pytest
import sympy

from certify.arithmetic.balls import arb, precision
from certify.errors import InputError
from certify.symbolic.activations import Z
from certify.symbolic.hermite import hermite_series
from certify.symbolic.infinity import NoTail, at_infinity
from certify.symbolic.library import NAMES, activation_of
from certify.symbolic.parse import FUNCTIONS, parse_activation
from certify.symbolic.supremum import supremum

SMOOTH = [name for name in NAMES if name not in ("relu", "leaky_relu")]
EXPRESSIONS = ["erf(3*z)", "z*tanh(log(1+exp(z)))", "z/(1+z**2)", "sqrt(1+z**2)", "exp(-z**2)", "z+0.1*sin(3*z)"]


@pytest.mark.parametrize("name", SMOOTH + EXPRESSIONS)
def test_bounds_are_above_a_fine_grid_and_close_to_it(name):
    activation = activation_of(name)
    for order, bound in ((1, activation.slope_bound), (2, activation.curvature_bound)):
        f = sympy.lambdify(Z, sympy.diff(activation.expression, Z, order), "mpmath")
        with mpmath.workdps(25):
            seen = max(abs(f(mpmath.mpf(k) / 64)) for k in range(-64 * 12, 64 * 12 + 1))
            exact = mpmath.mpf(str(sympy.N(bound, 30)))
            assert seen <= exact <= seen * mpmath.mpf("1.01")


@pytest.mark.parametrize("name", SMOOTH)
def test_closed_bounds_lie_in_the_measured_enclosure(name):
    activation = activation_of(name)
    for order, bound in ((1, activation.slope_bound), (2, activation.curvature_bound)):
        found = supremum(sympy.diff(activation.expression, Z, order))
        exact = sympy.N(bound, 40)
        assert float(found.lower) - 1e-15 <= exact <= float(found.upper) * (1 + 1e-15)
        assert found.upper - found.lower <= found.upper * 2e-5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exp(z)", "unbounded"),
        ("z**2", "unbounded"),
        ("sin(z**2)", "bounded"),
        ("1/z", "near z"),
        ("sqrt(z)", "defined"),
        ("log(z)", "defined"),
        ("log(5000-z)", "defined"),
        ("sqrt(z**2)", "differentiable"),
        ("abs(z)", "differentiable"),
        ("max(z)", "differentiable"),
        ("sign(z)", "discontinuous"),
        ("tanh(z)+", "not an expression"),
        ("z^2", r"\*\*"),
        ("3", "depend on z"),
        ("1 2*z", "not an expression"),
        ("erff(z)", "did you mean erf"),
        ("__import__('os').system('true')", "not a function"),
        ("(lambda: z)()", "not a function"),
        ("z.real", "not part"),
        ("[z for z in ()]", "not part"),
        ("9**9**9*z", "power"),
        ("((9**16)**16)**16*z", "too large"),
        ("1e400*z", "size"),
        ("tanh(z, z)", "one argument"),
        ("z" + "+z" * 200, "characters"),
        ("-" * 120 + "z", "nested"),
        ("z/0", "zero"),
    ],
)
def test_refused_in_one_line_with_the_reason(text, reason):
    with pytest.raises(InputError, match=reason) as caught:
        activation_of(text)
    assert "\n" not in str(caught.value)


def test_decimals_are_exact_and_spellings_of_one_activation_coincide():
    assert parse_activation("0.1*z") == Z / 10
    assert activation_of("log(1+exp(z))") is activation_of("softplus")
    assert activation_of(" erf( z ) ") is activation_of("erf")
    assert all(parse_activation(f"{name}(z)") is not None for name in FUNCTIONS)


@pytest.mark.parametrize("name", [*SMOOTH, *EXPRESSIONS, "z*atan(z)", "exp(-z**2/3)*cos(z)"])
def test_behaviour_at_infinity_contains_the_values(name):
    for order in (1, 2):
        f = sympy.diff(activation_of(name).expression, Z, order)
        exact = sympy.lambdify(Z, f, "mpmath")
        for side in (1, -1):
            with precision(128):
                try:
                    ball = at_infinity(f.subs(Z, side * Z), arb(16)).bounded()
                except NoTail:
                    continue
            with mpmath.workdps(60):
                for k in (16, 17.5, 20, 33, 100):
                    value = exact(side * mpmath.mpf(k))
                    assert mpmath.mpf(str(ball.lower().mid().str(50, radius=False))) <= value + mpmath.mpf(10) ** -45
                    assert mpmath.mpf(str(ball.upper().mid().str(50, radius=False))) >= value - mpmath.mpf(10) ** -45


@pytest.mark.parametrize("name", ["tanh", "softplus", "z/(1+z**2)"])
def test_hermite_coefficients_agree_with_mpmath(name):
    f = activation_of(name).derivative
    with precision(128):
        series = hermite_series(f, arb(2))
    slope = sympy.lambdify(Z, f, "mpmath")
    with mpmath.workdps(40):
        for k in (0, 1, 2, 5, 8):
            norm = mpmath.sqrt(mpmath.mpf(2) ** k * mpmath.factorial(k))
            value = mpmath.quad(
                lambda x, k=k, norm=norm: slope(x) * mpmath.hermite(k, x / mpmath.sqrt(2)) / norm * mpmath.npdf(x),
                [-13, -9, -6, -4, -2, -1, 0, 1, 2, 4, 6, 9, 13],
            )
            low, high = series.coefficients[k].lower(), series.coefficients[k].upper()
            assert mpmath.mpf(low.mid().str(60, radius=False)) - mpmath.mpf("1e-33") <= value
            assert mpmath.mpf(high.mid().str(60, radius=False)) + mpmath.mpf("1e-33") >= value
    assert series.tail < arb(2) ** -50


@pytest.mark.parametrize(
    ("text", "slope", "curvature"),
    [
        ("softplus(z/50)", 1 / 50, 1 / 10_000),
        ("3*sigmoid(z/20)", 3 / 80, 3 * math.sqrt(3) / (18 * 400)),
        ("-tanh(1000*z)/7", 1000 / 7, 1e6 * 4 * math.sqrt(3) / 63),
        ("silu(z/30)", 1.0998393194 / 30, 0.5 / 900),
        ("gelu(2*z)/2", (1 + math.erf(1)) / 2 + 1 / (math.sqrt(math.pi) * math.e), math.sqrt(2 / math.pi) * 2),
    ],
)
def test_a_named_activation_at_another_scale_has_its_own_suprema_scaled(text, slope, curvature):
    """Found without a search: the calculus at infinity does not reach scales such as these."""
    found = activation_of(text)
    assert float(found.slope_bound) == pytest.approx(slope, rel=1e-7)
    assert float(found.curvature_bound) == pytest.approx(curvature, rel=1e-7)


def test_what_only_resembles_a_named_activation_is_measured():
    for text in ("tanh(z) + tanh(2*z)", "z*tanh(z)", "tanh(z + 1)", "log(1 + exp(z)) + z/10"):
        found = activation_of(text)
        assert found.name == "".join(text.split()) and not found.slope_bound.free_symbols
    assert float(activation_of("tanh(z + 1)").slope_bound) == pytest.approx(1.0, rel=1e-7)
