"""The theorems' numbers against mpmath at 50 digits, written down again from the proofs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import pytest
from mpmath import mp, mpf

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.theorems import Request, TheoremResult, assess
from certify.theorems.statements import (
    VARIANTS,
    constants,
    reverify,
    steps_to_fraction,
    stored_values,
    variant,
    verify,
)
from certify.theorems.statements.witness import read

DIGITS: dict[str, Any] = {
    "n": 100,
    "d": 65,
    "outputs": 3,
    "lambda_min": Enclosure(0.07602615832003, 0.07602615832004),
    "norm_x_squared": Enclosure(14.3676628283, 14.3676628284),
    "norm_y": Enclosure(10.0, 10.0),
    "gram_abs": Enclosure(20.1866505575, 20.1866505576),
    "q_x_squared": Enclosure(6.997, 6.997001),
    "unit_rows": Verdict.PROVED,
    "definite": Verdict.PROVED,
}
ERF_DIGITS = {**DIGITS, "lambda_min": Enclosure(0.0416724807569, 0.0416724807570)}


@pytest.fixture(autouse=True)
def fifty_digits() -> Any:
    with mpmath.workdps(50):
        yield


def inside(value: mpf, enclosure: Enclosure, relative: float = 1e-13) -> bool:
    """The enclosure contains the value and is tight."""
    assert enclosure.lower is not None and enclosure.upper is not None
    unit = mpf(2) ** enclosure.exponent
    low, high = mpf(enclosure.lower) * unit, mpf(enclosure.upper) * unit
    return low <= value <= high and high - low <= relative * abs(value)


def psi(eps: mpf) -> mpf:
    return eps + (1 - eps) * mp.log(1 - eps)


def number(value: Any) -> mpf:
    exact = Fraction(read(value))
    return mpf(exact.numerator) / exact.denominator


def parameters(result: TheoremResult, at: str = "required_width") -> dict[str, mpf]:
    return {name: number(value) for name, value in result.witness[at]["parameters"].items()}


def test_du2019_widths_are_the_closed_forms() -> None:
    n, delta = 100, mpf(0.05)
    lambda0, y = mpf(DIGITS["lambda_min"].lower), mpf(10)
    hoeffding = 8 * mpf(n) ** 2 * mp.log(6 * mpf(n) ** 2 / delta) / lambda0**2
    flow = mpf(4 * 48**2 * 3) / (2 * mp.pi) * mpf(n) ** 5 * (y**2 + mpf(n) / 2) / (lambda0**4 * delta**3)
    spread = mpf(n) ** 2 + mpf(n) ** mpf(1.5)
    descent = mpf(16 * 48**2 * 3) / (2 * mp.pi) * n * spread**2 * (y**2 + mpf(n) / 2) / (lambda0**4 * delta**3)
    for name, bound in (("du2019.flow", flow), ("du2019.gd", descent)):
        result = assess(name, DIGITS, Request())
        assert result.verdict is Verdict.PROVED
        width = result.constants["required_width"].lower
        assert width == max(int(mp.floor(bound)) + 1, int(mp.ceil(hoeffding)))
        assert inside(lambda0 / 2, result.constants["mu"])
    eta = number(result.witness["parameters"]["eta"])
    assert 0 <= lambda0 / (4 * mpf(n) ** 2) - eta < 1e-21
    assert inside(1 - eta * lambda0 / 2, result.constants["rate"], 1e-15)
    steps = result.constants["steps_to_fraction"].lower
    exact = mp.log(mpf(10) ** -6) / mp.log(1 - eta * lambda0 / 2)
    assert steps == int(mp.ceil(exact))
    # the calibration figure of the theory's own table
    assert 7.6e24 < result.constants["required_width"].lower < 7.7e24


def test_smooth_width_is_the_closed_form() -> None:
    result = assess("smooth.width", ERF_DIGITS, Request())
    free = parameters(result)
    lambda0, s, q = mpf(ERF_DIGITS["lambda_min"].lower), mpf(14.3676628284), mpf(6.997001)
    b1, b2 = 2 / mp.sqrt(mp.pi), mp.sqrt(8 / (mp.pi * mp.e))
    eps, delta, n, y = free["eps"], mpf(0.05), 100, mpf(10)
    chernoff = 2 * b1**2 * s * mp.log(n / delta) / (lambda0 * psi(eps))
    newton = 4 * b2**2 * q * y**2 / ((1 - eps) * lambda0) ** 2
    least = max(2 * int(mp.ceil(chernoff / 2)), 2 * (int(mp.floor(newton / 2)) + 1))
    m = result.constants["required_width"].lower
    assert m == least
    assert 1.78e6 < m < 1.82e6
    sigma2 = (1 - eps) * lambda0
    beta = b2 * mp.sqrt(q / m)
    mu = sigma2 - 2 * beta * y
    assert inside(mu, result.constants["mu"])
    assert inside(beta, result.constants["jacobian_lipschitz"])
    assert inside(2 * y / (mp.sqrt(sigma2) + mp.sqrt(mu)), result.constants["radius"])
    assert inside((1 - free["eta"] * mu) ** 2, result.constants["rate"], 1e-15)
    assert free["eta"] <= 1 / (b1**2 * s) < free["eta"] * (1 + mpf(2) ** -51)


@pytest.mark.parametrize("form", ["kernel", "jacobian"])
def test_relu_hypotheses_are_the_formulas_of_the_proof(form: str) -> None:
    theorem = variant("relu.width", f"{form}/paired")
    values = {
        "n": 7, "lambda0": 0.25, "norm_x_squared": 1.75, "norm_y": 2.5, "gram_abs": 2.25, "delta": 0.125,
        "alpha": 1.5, "m": 2 * 10**6, "eps": 0.0625, "delta1": 0.0625, "r": 0.03125, "kappa": 0.025390625,
        "eta": 0.125,
    }  # fmt: skip
    v = {name: number(value) for name, value in values.items()}
    big = v["m"] / 2
    lam = (1 - v["eps"]) * v["alpha"] ** 2 * v["lambda0"]
    sides = {
        "concentration": v["n"] * mp.exp(-big * v["lambda0"] / v["norm_x_squared"] * psi(v["eps"])),
        "displacement": v["alpha"] * mp.sqrt(v["norm_x_squared"] / v["m"]) * v["norm_y"],
        "step-size": v["eta"] * v["alpha"] ** 2 * v["norm_x_squared"],
    }
    if form == "kernel":
        sides["perturbation"] = 2 * v["alpha"] ** 2 * v["kappa"] * v["gram_abs"]
        mu = lam - sides["perturbation"]
    else:
        s, sigma, a = (
            v["alpha"] * mp.sqrt(v["kappa"] * v["norm_x_squared"]),
            mp.sqrt(lam),
            sides["step-size"] / 2,
        )
        sides["perturbation"] = s
        gamma = max((1 - a) * (mp.sqrt(sigma**2 - s**2) - s) - a * s, sigma - 2 * s)
        sides["descent"] = gamma
        mu = gamma * (sigma - s)
    decided = {d.hypothesis.id: d.decision for d in verify(theorem, values).decided}
    for name, side in sides.items():
        assert inside(side, decided[name].lhs), name
    assert inside(v["r"] * mu, decided["displacement"].rhs)
    assert inside(mu, constants(theorem, values)["mu"])
    # the tail by the normal approximation with a lattice correction: 6 digits are not asked for
    p = mp.erf(v["r"] / mp.sqrt(2))
    k = int(v["kappa"] * big)
    approximate = v["n"] * mp.ncdf(-(k + mpf(0.5) - big * p) / mp.sqrt(big * p * (1 - p)))
    flips = decided["flips"].lhs
    assert abs(mpf(flips.lower) * mpf(2) ** flips.exponent / approximate - 1) < 0.1
    q = (1 - v["eta"] * mu) ** 2
    assert steps_to_fraction(theorem, values, Fraction(1, 1000)) == int(mp.ceil(mp.log(mpf("0.001")) / mp.log(q)))


def test_relu_width_is_least_at_its_parameters() -> None:
    result = assess("relu.width", DIGITS, Request())
    free = parameters(result)
    lam = (1 - free["eps"]) * mpf(DIGITS["lambda_min"].lower)
    mu = lam - 2 * free["kappa"] * mpf(20.1866505576)
    s = mpf(14.3676628284)
    displacement = s * 100 / (free["r"] * mu) ** 2
    chernoff = 2 * s * mp.log(100 / free["delta1"]) / (mpf(DIGITS["lambda_min"].lower) * psi(free["eps"]))
    m = result.constants["required_width"].lower
    assert m == 2 * int(mp.ceil(max(displacement, chernoff) / 2))
    assert 7.08e11 < m < 7.2e11


def test_independent_residual_bounds() -> None:
    t, s, n, alpha, y = mpf(100), mpf(14.5), 100, mpf(2), mpf(10)
    values = {
        "n": n, "lambda0": 0.07, "norm_x_squared": 14.5, "norm_y": 10.0, "gram_abs": 20.0, "trace_gram": 100,
        "delta": 0.05, "alpha": 2, "m": 10**9, "eps": 0.01, "delta1": 0.01, "delta3": 0.015625, "r": 0.01,
        "kappa": 0.009, "eta": 0.01,
    }  # fmt: skip
    d3 = mpf(0.015625)
    expected = (
        y
        + alpha * mp.sqrt(t * (mpf(1) / 2 - 1 / (2 * mp.pi) + mp.log(4 / d3) / mp.pi))
        + alpha * mp.sqrt(2 * s * mp.log(2 / d3))
    )
    assert inside(expected, constants(variant("relu.width", "kernel/independent"), values)["initial_residual"])
    smooth = {
        "n": n,
        "norm_x_squared": 14.5,
        "norm_y": 10.0,
        "q_x_squared": 7.0,
        "lambda0": 0.07,
        "delta": 0.05,
    }
    smooth |= {"alpha": 2, "m": 10**9, "eps": 0.01, "delta1": 0.03125, "eta": 0.01}
    d2 = mpf(0.05) - mpf(0.03125)
    expected = y + alpha * 10 + alpha * 2 / mp.sqrt(mp.pi) * mp.sqrt(2 * s * mp.log(1 / d2))
    assert inside(expected, constants(variant("smooth.width", "independent"), smooth)["initial_residual"])


@pytest.mark.parametrize("name", sorted(VARIANTS))
@pytest.mark.parametrize("init", ["paired", "independent"])
def test_the_required_width_is_sharp_and_reproducible(name: str, init: str) -> None:
    data = ERF_DIGITS if name.startswith("smooth.") else DIGITS
    result = assess(name, data, Request(init=init))
    assert result.verdict is Verdict.PROVED
    found = result.witness["required_width"]
    theorem = variant(name, found["variant"])
    values = stored_values(result.witness, "required_width")
    m = found["width"]
    assert result.constants["required_width"] == Enclosure.point(m)
    for part in (None, "required_width", "every_width_from"):
        assert reverify(VARIANTS[name], result.witness, part).verdict is Verdict.PROVED
    assert verify(theorem, {**values, "m": m}).verdict is Verdict.PROVED
    below = verify(theorem, {**values, "m": m - theorem.unit})
    assert below.verdict is Verdict.REFUTED
    for narrower in (m // 2 // theorem.unit * theorem.unit, m * 9 // 10 // theorem.unit * theorem.unit):
        assert verify(theorem, {**values, "m": narrower}).verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_every_width_from_is_without_gap(name: str) -> None:
    data = ERF_DIGITS if name.startswith("smooth.") else DIGITS
    result = assess(name, data, Request())
    found = result.witness["every_width_from"]
    theorem = variant(name, found["variant"])
    values = stored_values(result.witness, "every_width_from")
    first = found["width"]
    assert first >= result.constants["required_width"].lower
    for m in (first, first + theorem.unit, 3 * first, 10**6 * first, first**3 * 2):
        assert verify(theorem, {**values, "m": m}).verdict is Verdict.PROVED


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_harder_data_need_more_width(name: str) -> None:
    data = ERF_DIGITS if name.startswith("smooth.") else DIGITS

    def width(changed: dict[str, Enclosure] | None = None, **request: Any) -> int:
        found = assess(name, {**data, **(changed or {})}, Request(**request)).constants["required_width"].lower
        assert isinstance(found, int)
        return found

    base = width()
    assert width(delta=0.01) > base
    assert width({"lambda_min": Enclosure(0.03, 0.5)}) > base
    assert width({"norm_y": Enclosure(20.0, 20.0)}) > base
    if name in ("relu.width", "smooth.width"):
        assert width({"norm_x_squared": Enclosure(30.0, 30.0)}) > base
        assert width(init="independent") > base
        assert width(alpha=4) < base
