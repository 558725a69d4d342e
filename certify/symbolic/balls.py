"""An expression in one variable as a function on balls, real or complex, compiled once."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import flint
import sympy

from certify.arithmetic.balls import arb
from certify.symbolic.activations import Z

Ball: TypeAlias = Any
"""`flint.arb` or `flint.acb`; functions on one give the same kind (constants stay real)."""

BallFunction: TypeAlias = Callable[[Ball], Ball]

_HEADS: dict[type, BallFunction] = {
    sympy.exp: lambda x: x.exp(),
    sympy.erf: lambda x: x.erf(),
    sympy.erfc: lambda x: x.erfc(),
    sympy.sin: lambda x: x.sin(),
    sympy.cos: lambda x: x.cos(),
    sympy.tanh: lambda x: _tanh(x),
    sympy.atan: lambda x: _off_cut(x.atan(), 1 + x * x),
    sympy.log: lambda x: _off_cut(x.log(), x),
}


def compile_balls(expression: sympy.Expr) -> BallFunction:
    """A function that encloses ``expression`` at a ball, at the working precision in force when it is called.

    On complex balls it is also a certificate of holomorphy: where the expression is not holomorphic on all of the
    ball (a pole, or a branch cut of log, atan or a root) the result is not finite.

    Raises
    ------
    TypeError
        For a head without a rule.
    """
    if expression == Z:
        return lambda z: z
    if isinstance(expression, sympy.Rational):
        exact = Fraction(int(expression.p), int(expression.q))
        return lambda z: arb(exact)
    if expression is sympy.pi:
        return lambda z: flint.arb.pi()
    if expression is sympy.E:
        return lambda z: arb(1).exp()
    if isinstance(expression, sympy.Pow):
        return _power(*expression.args)
    if isinstance(expression, sympy.Add | sympy.Mul):
        parts = [compile_balls(a) for a in expression.args]
        return _sum(parts) if isinstance(expression, sympy.Add) else _product(parts)
    if type(expression) in _HEADS:
        head, inner = _HEADS[type(expression)], compile_balls(expression.args[0])
        return lambda z: head(inner(z))
    raise TypeError(f"no rule for {type(expression).__name__}: {expression}")


def _sum(parts: list[BallFunction]) -> BallFunction:
    def total(z: Ball) -> Ball:
        result = parts[0](z)
        for part in parts[1:]:
            result = result + part(z)
        return result

    return total


def _product(parts: list[BallFunction]) -> BallFunction:
    def total(z: Ball) -> Ball:
        result = parts[0](z)
        for part in parts[1:]:
            result = result * part(z)
        return result

    return total


def _power(base: sympy.Expr, exponent: sympy.Expr) -> BallFunction:
    if base is sympy.E:
        raised = compile_balls(exponent)
        return lambda z: raised(z).exp()
    inner = compile_balls(base)
    if isinstance(exponent, sympy.Integer):
        k = int(exponent)
        return lambda z: integer_power(inner(z), k)
    if not isinstance(exponent, sympy.Rational):
        raise TypeError(f"no rule for the power {exponent}")
    power = Fraction(int(exponent.p), int(exponent.q))

    def root(z: Ball) -> Ball:
        x = inner(z)
        if power.denominator == 2:
            value = x.sqrt() ** abs(power.numerator)
            return _off_cut(value if power > 0 else 1 / value, x)
        return _off_cut((x.log() * arb(power)).exp(), x)

    return root


def integer_power(x: Ball, k: int) -> Ball:
    """``x^k`` by repeated squaring: python-flint's ``**`` gives no number for a ball around exactly 0."""
    if k < 0:
        return 1 / integer_power(x, -k)
    result: Ball = arb(1)
    while k:
        if k & 1:
            result = result * x
        x, k = x * x, k >> 1
    return result


def _tanh(x: Ball) -> Ball:
    """On a wide complex ball Arb's tanh is coarse; ``1 − 2/(1 + e^{2x})`` on the side where nothing overflows."""
    if isinstance(x, flint.arb):
        return x.tanh()
    if x.real > 0:
        return 1 - 2 * (e := (-2 * x).exp()) / (1 + e)
    if x.real < 0:
        return 2 * (e := (2 * x).exp()) / (1 + e) - 1
    return x.tanh()


def _off_cut(value: Ball, argument: Ball) -> Ball:
    """``value`` if the complex ``argument`` is off ``(−∞, 0]``, else nothing finite; reals are left alone."""
    if not isinstance(argument, flint.acb) or argument.real > 0 or argument.imag > 0 or argument.imag < 0:
        return value
    return flint.acb(flint.arb.nan())
