"""The derivations in proofs/symbolic are true, and the activations' constants are what they say."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

import flint
import pytest
import sympy as sp
from scipy.integrate import dblquad, quad

from certify.arithmetic.balls import arb, precision
from certify.symbolic import evaluate
from certify.symbolic.activations import ACTIVATIONS, ERF, RELU, SIGMOID, SOFTPLUS, TANH, Z
from certify.symbolic.sphere import sphere_eigenvalue

FOLDER = Path(__file__).resolve().parent.parent / "proofs" / "symbolic"


def derivation(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"proof_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def identities() -> list[tuple[str, sp.Expr]]:
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        found += [(f"{path.stem}: {name}", expression) for name, expression in derivation(path).IDENTITIES.items()]
    return found


ALL = identities()


@pytest.mark.parametrize("expression", [e for _, e in ALL], ids=[name for name, _ in ALL])
def test_identity(expression: sp.Expr) -> None:
    assert sp.simplify(sp.expand(sp.logcombine(expression, force=True))) == 0


def test_there_are_derivations_for_every_theorem() -> None:
    assert {name.split(":")[0] for name, _ in ALL} == {
        "activations", "arc_cosine", "du2019", "plsmooth", "relu_width", "smooth_width", "sphere", "training",
    }  # fmt: skip


def test_the_constants_in_use_are_the_derived_ones() -> None:
    derived = derivation(FOLDER / "activations.py")
    for activation in (TANH, SIGMOID, SOFTPLUS):
        assert activation.curvature_bound - derived.B2[activation.name] == 0
    assert sp.simplify(ERF.curvature_bound - derived.erf2) == 0
    assert [a.slope_bound for a in (TANH, SIGMOID, SOFTPLUS)] == [1, sp.Rational(1, 4), 1]


@pytest.mark.parametrize("d", [3, 5, 9])
def test_the_sphere_eigenvalues_in_use_are_the_integrals(d: int) -> None:
    derived = derivation(FOLDER / "sphere.py")
    with precision(256):
        for k in range(9):
            exact = evaluate(sp.simplify(derived.by_integration(d, k)), {})
            assert abs(sphere_eigenvalue(d, k) - exact) < arb(2) ** -200


def supremum(expression: sp.Expr, beyond: float, pieces: int = 4000) -> flint.arb:
    """An enclosure of sup|f| over [−beyond, beyond] by balls over small pieces."""
    top = arb(0)
    for i in range(pieces):
        left = -beyond + 2 * beyond * i / pieces
        right = -beyond + 2 * beyond * (i + 1) / pieces
        top = top.max(abs(evaluate(expression, {"z": arb(left).union(arb(right))})))
    return top


@pytest.mark.parametrize("order", [0, 1, 2])
def test_erf_bounds_by_intervals_and_critical_points(order: int) -> None:
    bound = (ERF.value_bound, ERF.slope_bound, ERF.curvature_bound)[order]
    function = sp.diff(ERF.expression, Z, order)
    with precision(128):
        exact = evaluate(bound, {})
        # no piece of [−8, 8] is seen to exceed the bound by more than the pieces' width allows …
        assert supremum(function, 8.0) < exact * arb(1.02)
        # … beyond 8 the derivatives are below 2·(4/√π)|z|e^{−z²} < 1e-25 and |erf| < 1,
        # and the bound is attained (as a limit, for erf itself)
    if order == 0:
        assert sp.limit(function, Z, sp.oo) == bound
        return
    derivative = sp.diff(function, Z)
    critical = sp.solveset(sp.simplify(derivative * sp.exp(Z**2)), Z, sp.S.Reals)
    values = [sp.Abs(function.subs(Z, point)) for point in critical]
    assert sp.simplify(sp.Max(*values) - bound) == 0
    assert sp.limit(function, Z, sp.oo) == 0 and sp.limit(function, Z, -sp.oo) == 0


def test_relu_bounds() -> None:
    assert RELU.slope_bound == 1 and RELU.curvature_bound is None and RELU.value_bound is None
    assert {RELU.derivative.subs(Z, v) for v in (-2, 3)} == {0, 1}
    with pytest.raises(ValueError, match="no second derivative"):
        _ = RELU.second_derivative


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_kernel_formula_is_the_gaussian_integral(name: str) -> None:
    """E[φ'(u)φ'(v)] by two-dimensional quadrature in an independent library."""
    activation = ACTIVATIONS[name]
    s, t, c = 1.44, 0.64, 0.3
    symbols = sorted(activation.kernel_formula.free_symbols, key=lambda symbol: symbol.name)
    formula = float(activation.kernel_formula.subs(dict(zip(symbols, (c, s, t), strict=True))))
    a, b = s**0.5, c / s**0.5
    rest = (t - b * b) ** 0.5

    def density(v: float) -> float:
        return math.exp(-v * v / 2) / math.sqrt(2 * math.pi)

    if name == "erf":

        def slope(v: float) -> float:
            return 2 / math.sqrt(math.pi) * math.exp(-v * v)

        value = dblquad(
            lambda q, p: density(p) * slope(a * p) * density(q) * slope(b * p + rest * q),
            -9,
            9,
            -9,
            9,
            epsabs=1e-12,
        )[0]
    else:
        # P(u > 0, v > 0): integrate the conditional probability over u > 0
        value = quad(lambda p: density(p) * (1 + math.erf(b * p / rest / math.sqrt(2))) / 2, 0, 12, epsabs=1e-13)[0]
    assert abs(float(value) * c - formula) < 1e-9
