"""Activations that are a named one up to scale: ``f·φ(cz)``, f and c rational."""

from __future__ import annotations

import sympy

from certify.symbolic.activations import SIGMOID, SOFTPLUS, TANH, Activation, Z

SILU_EXPRESSION = Z / (1 + sympy.exp(-Z))


def scales(expression: sympy.Expr, base: sympy.Expr) -> tuple[sympy.Rational, sympy.Rational] | None:
    """The rationals ``f ≠ 0`` and ``c > 0`` with ``expression = f·base(cz)``; None where there are none to be found."""
    for found in expression.atoms(sympy.Function, sympy.exp):
        for head in base.atoms(type(found)):
            c = found.args[0] / head.args[0]
            if not (c.is_Rational and c > 0):
                continue
            f = sympy.simplify(expression / base.subs(Z, c * Z))
            if f.is_Rational and f != 0 and sympy.simplify(expression - f * base.subs(Z, c * Z)) == 0:
                return f, c
    return None


def scaled(name: str, expression: sympy.Expr, bases: tuple[Activation, ...]) -> Activation | None:
    """``f·φ(cz)`` for the first of the smooth ``bases`` that fits: their suprema times ``|f|c`` and ``|f|c²``."""
    for base in bases:
        found = scales(expression, base.expression)
        if found is not None and base.curvature_bound is not None:
            f, c = abs(found[0]), found[1]
            value = None if base.value_bound is None else f * base.value_bound
            return Activation(
                name, expression, f * c * base.slope_bound, f * c**2 * base.curvature_bound, value, base.odd
            )
    return None


LOGISTIC = (TANH, SIGMOID, SOFTPLUS)
