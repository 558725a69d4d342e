"""Activations by name or by expression: the formula with proved suprema, or the reason why there are none."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy

from certify.errors import InputError
from certify.symbolic.activations import ACTIVATIONS, NETWORK_ACTIVATIONS, Activation, Z
from certify.symbolic.parse import WHERE, parse_activation
from certify.symbolic.scaled import LOGISTIC, SILU_EXPRESSION, scaled
from certify.symbolic.supremum import Unbounded, require_finite, supremum

LEAK = sympy.Rational(1, 100)

LEAKY_RELU = Activation(
    name="leaky_relu",
    expression=sympy.Max(Z, LEAK * Z),
    slope_bound=sympy.Integer(1),
    curvature_bound=None,
    value_bound=None,
    odd=False,
)

GELU = Activation(
    name="gelu",
    expression=Z * (1 + sympy.erf(Z / sympy.sqrt(2))) / 2,
    # φ'' = (2 − z²)n(z), n the normal density: φ' is largest at z = √2, φ'' at 0 (its other extrema are at ±2)
    slope_bound=(1 + sympy.erf(1)) / 2 + 1 / sympy.sqrt(sympy.pi * sympy.E**2),
    curvature_bound=sympy.sqrt(2 / sympy.pi),
    value_bound=None,
    odd=False,
)

SIN = Activation("sin", sympy.sin(Z), sympy.Integer(1), sympy.Integer(1), sympy.Integer(1), True)
COS = Activation("cos", sympy.cos(Z), sympy.Integer(1), sympy.Integer(1), sympy.Integer(1), False)

NAMED: dict[str, Activation] = {
    **ACTIVATIONS,
    **NETWORK_ACTIVATIONS,
    **{a.name: a for a in (LEAKY_RELU, GELU, SIN, COS)},
}
#: Names that stand for an expression, besides those in `NAMED`.
NAMES = (*NAMED, "silu")


@lru_cache(maxsize=64)
def activation_of(text: str) -> Activation:
    """The activation a name or an expression in z stands for; blanks do not matter.

    ``slope_bound`` and ``curvature_bound`` are exact numbers that are not below ``sup|φ'|`` and ``sup|φ''|``: closed
    forms for the named ones, else float64 numbers proved by `supremum` (above by a relative 1e-8 at most, as a rule).

    Raises
    ------
    InputError
        One line: what cannot be read, or what the theorems could not use (an unbounded derivative, a corner).
    """
    name = "".join(text.split())
    if name in NAMED:
        return NAMED[name]
    if name == "silu":
        text = name = "silu(z)"
    if name.isidentifier() and name != "z":
        raise InputError(
            f"unknown activation '{text}'", WHERE, f'{", ".join(NAMES)}, or an expression such as "log(1+exp(z))"'
        )
    expression = parse_activation(text.strip())
    for known in NAMED.values():
        if known.expression == expression:
            return known
    if expression == SILU_EXPRESSION:
        return _silu("silu" if name == "silu(z)" else name)
    return scaled(name, expression, (*LOGISTIC, GELU, _silu("silu"))) or _measured(name, expression)


@lru_cache(maxsize=2)
def _silu(name: str) -> Activation:
    return _measured(name, SILU_EXPRESSION)


def _measured(name: str, expression: sympy.Expr) -> Activation:
    bounds: list[Fraction] = []
    what = "φ"
    try:
        require_finite(expression)
        for order, what in ((1, "φ'"), (2, "φ''")):  # noqa: B007
            derivative = sympy.diff(expression, Z, order)
            require_finite(derivative)
            bounds.append(supremum(derivative).upper)
    except Unbounded as fault:
        raise InputError(f"{what} {fault}", f"--activation {name}", "an activation with bounded φ' and φ''") from None
    except TypeError:
        raise InputError(
            "the expression is not known to be twice differentiable (it has a modulus or an unknown function)",
            f"--activation {name}",
            "an activation with bounded φ' and φ''",
        ) from None
    odd = bool(sympy.simplify(expression + expression.subs(Z, -Z)) == 0)
    value = None
    if odd:
        try:
            value = _rational(supremum(expression).upper)
        except Unbounded:
            value = None
    return Activation(name, expression, _rational(bounds[0]), _rational(bounds[1]), value, odd)


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def scale_of(activation: Activation, head: type) -> sympy.Rational | None:
    """The rational ``c ≠ 0`` with ``φ(z) = head(c z)``; None if φ is not of that form."""
    expression: Any = activation.expression
    if expression.func is not head:
        return None
    c = expression.args[0] / Z
    return c if c.is_Rational and c != 0 else None
