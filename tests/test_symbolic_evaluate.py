"""Expressions to balls and verdicts, against mpmath and exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import flint
import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.symbolic import MissingValue, decide, evaluate
from certify.symbolic.binomial import binomial_upper_tail
from certify.symbolic.latex import to_latex
from certify.symbolic.procedures import BinomialUpperTail

x, y = sp.Symbol("x", real=True), sp.Symbol("y", real=True)


@pytest.mark.parametrize(
    "expression",
    [
        sp.exp(x) - sp.log(y),
        sp.sqrt(x * y + sp.pi) / sp.E,
        sp.erf(x / sp.sqrt(2)) * y ** sp.Rational(3, 2),
        sp.Max(x, y) - sp.Min(x, sp.Rational(1, 3)) + sp.Abs(-y),
        x ** sp.Rational(2, 3) + y ** (-sp.Rational(1, 2)) + 2**x,
        sp.acos(x) + sp.tanh(y) - sp.sin(x) * sp.cos(y),
    ],
)
def test_values_agree_with_mpmath(expression: sp.Expr) -> None:
    with mpmath.workdps(60), precision(256):
        truth = sp.lambdify((x, y), expression, "mpmath")(mpmath.mpf(1) / 8, mpmath.mpf(5) / 2)
        ball = evaluate(expression, {"x": 0.125, "y": Fraction(5, 2)})
        near = arb(Fraction(int(mpmath.nint(truth * 10**50)), 10**50))
        assert abs(ball - near) < arb(10) ** -49
        assert ball.rad() < arb(10) ** -60


def test_definitions_are_evaluated_and_missing_values_named() -> None:
    with precision(128):
        assert evaluate(x + 1, {"x": y**2, "y": 3}) == arb(10)
    with pytest.raises(MissingValue, match="y"):
        evaluate(x + 1, {"x": y**2})
    with pytest.raises(TypeError, match="Float"):
        evaluate(x + sp.Float(0.1), {"x": 1})
    with pytest.raises(TypeError, match="gamma"):
        evaluate(sp.gamma(x), {"x": 1})


def test_astronomical_balls_have_a_coarse_enclosure() -> None:
    tiny = decide(sp.Le(sp.exp(-x), 1), {"x": 10**499})
    assert tiny.verdict is Verdict.PROVED
    assert tiny.lhs.lower is not None and tiny.lhs.upper is not None and tiny.lhs.exponent >= -(2**52)
    assert tiny.lhs.lower <= 0 < tiny.lhs.upper
    with precision(256):
        assert tiny.lhs.upper_arb() > arb(0)
    huge = decide(sp.Ge(sp.exp(x), 1), {"x": 10**499})
    assert huge.verdict is Verdict.PROVED and huge.lhs.upper is None


def test_floor_is_exact_on_exact_products() -> None:
    with precision(256):
        assert evaluate(sp.floor(x * y), {"x": 0.1, "y": 10**30}) == arb(int(Fraction(0.1) * 10**30))
        assert evaluate(sp.floor(x), {"x": 7}) == arb(7)
        assert evaluate(sp.floor(x * y), {"x": 0.375, "y": 8}) == arb(3)


def test_outside_the_domain_nothing_is_ever_proved() -> None:
    for relation in (
        sp.Ge(sp.sqrt(x), 0),
        sp.Lt(sp.sqrt(x), 0),
        sp.Eq(sp.sqrt(x), 1),
        sp.Lt(0, sp.Max(sp.log(x), 1 / y)),
    ):
        assert decide(relation, {"x": -1, "y": 1}).verdict is Verdict.UNDECIDED


def test_verdicts_of_relations() -> None:
    tenth = {"x": 0.1, "y": Fraction(1, 10)}
    # the float64 0.1 is a little more than 1/10
    assert decide(sp.Gt(x, y), tenth).verdict is Verdict.PROVED
    assert decide(sp.Le(x, y), tenth).verdict is Verdict.REFUTED
    assert decide(sp.Eq(x, y), tenth).verdict is Verdict.REFUTED
    assert decide(sp.Le(x, y), {"x": 2, "y": 2.0}).verdict is Verdict.PROVED
    assert decide(sp.Lt(x, y), {"x": 2, "y": 2.0}).verdict is Verdict.REFUTED
    assert decide(sp.Ge(x, y), {"x": 2, "y": 2.0}).verdict is Verdict.PROVED
    assert decide(sp.Eq(x, 1), {"x": 1.0}).verdict is Verdict.PROVED
    assert decide(sp.Lt(x, 1), {"x": Enclosure(0.5, 1.5)}).verdict is Verdict.UNDECIDED


def test_precision_is_doubled_before_giving_up() -> None:
    # e^x against 1 + x: they differ by 2⁻¹⁰⁰¹, far below 256 bits
    relation = sp.Gt(sp.exp(x), 1 + x)
    assert decide(relation, {"x": Fraction(1, 2**500)}).verdict is Verdict.PROVED
    # equal numbers in different clothes are never told apart
    assert decide(sp.Le(sp.sqrt(x) ** 3, x * sp.sqrt(x)), {"x": 3}).verdict is Verdict.UNDECIDED


def test_margin_has_the_sign_of_truth() -> None:
    below = decide(sp.Le(x, y), {"x": 1, "y": 3})
    assert (below.margin.lower, below.lhs.lower, below.rhs.upper) == (2.0, 1.0, 3.0)
    assert decide(sp.Gt(x, y), {"x": 1, "y": 3}).margin.upper == -2.0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(1, 300),
    st.integers(-1, 301),
    st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=97),
)
def test_binomial_tail_contains_the_exact_rational(trials: int, count: int, p: Fraction) -> None:
    exact = sum(
        (comb(trials, j) * p**j * (1 - p) ** (trials - j) for j in range(max(0, count + 1), trials + 1)),
        Fraction(0),
    )
    with precision(256):
        ball = binomial_upper_tail(trials, count, arb(p))
        assert ball.is_finite()
        assert ball.contains(arb(exact)) or ball.overlaps(arb(exact))
        assert arb(exact) == 0 or ball.rad() < 0.05 * abs(arb(exact))


@pytest.mark.parametrize(("trials", "count", "p"), [(10**4, 5200, 0.5), (10**6, 1100, 1e-3), (10**5, 99000, 0.9875)])
def test_binomial_tail_contains_mpmaths_beta_integral(trials: int, count: int, p: float) -> None:
    """P(X > k) = ∫_0^p t^k (1−t)^(N−k−1) dt / B(k+1, N−k)."""
    with mpmath.workdps(40):
        end = mpmath.mpf(p)
        spread = mpmath.sqrt(end * (1 - end) / trials)
        scale = mpmath.loggamma(trials + 1) - mpmath.loggamma(count + 1) - mpmath.loggamma(trials - count)
        truth = mpmath.quad(
            lambda t: mpmath.exp(scale + count * mpmath.log(t) + (trials - count - 1) * mpmath.log(1 - t)),
            [max(mpmath.mpf(2) ** -99, end - j * spread) for j in range(16, -1, -1)],
        )
        text = mpmath.nstr(truth, 25)
    with precision(256):
        near = flint.arb(text) * flint.arb(1, 1e-15)
        ball = binomial_upper_tail(trials, count, arb(p))
        assert ball.overlaps(near)
        assert ball.rad() < 0.01 * ball.mid()


@pytest.mark.parametrize("exponent", [12, 20, 30])
def test_binomial_tail_at_widths_nobody_can_sum(exponent: int) -> None:
    """Between the bounds that hold for all N: the first term from below, Chernoff's from above."""
    trials, p = 10**exponent, Fraction(1, 1000)
    spread = int(4 * (trials * float(p) * (1 - float(p))) ** 0.5)
    count = trials // 1000 + spread
    with precision(256):
        ball = binomial_upper_tail(trials, count, arb(p))
        kappa = arb(Fraction(count, trials))
        divergence = kappa * (kappa / arb(p)).log() + (1 - kappa) * ((1 - kappa) / (1 - arb(p))).log()
        assert 0 < ball < (-trials * divergence).exp()
        # the normal approximation: 1 − Φ(4) = 3.167e-5, corrections of order 1/√(Np)
        assert abs(ball - arb(3.16712e-5)) < arb(3e-7) + 1 / (arb(trials) * arb(p)).sqrt()
        # it decreases in the count
        assert binomial_upper_tail(trials, count + spread, arb(p)) < ball
    with precision(1024):
        assert binomial_upper_tail(trials, count, arb(p)).rad() < arb(1e-3) * arb(3.2e-5)


def test_binomial_procedure_wants_exact_counts() -> None:
    relation = sp.Le(BinomialUpperTail(x, y, sp.Rational(1, 2)), 1)
    assert decide(relation, {"x": 10, "y": 3}).verdict is Verdict.PROVED
    assert decide(relation, {"x": 10, "y": Fraction(10, 3)}).verdict is Verdict.UNDECIDED
    assert "Bin" in to_latex(relation, {"x": "N"}) and "N" in to_latex(relation, {"x": "N"})
