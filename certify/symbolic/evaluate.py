"""Sympy expression → Arb ball: the walk that turns a formula into a rigorous number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from operator import add, mul
from typing import TypeAlias

import flint
import sympy

from certify.arithmetic.balls import arb
from certify.arithmetic.enclosure import Enclosure
from certify.symbolic.procedures import VerifiedProcedure

Value: TypeAlias = int | float | Fraction | flint.arb | Enclosure | sympy.Expr
"""A number entered exactly, an enclosure (its hull is meant), or a definition in other symbols."""


class MissingValue(KeyError):
    """A symbol of the expression has no value; ``name`` is its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


_UNARY: dict[type, Callable[[flint.arb], flint.arb]] = {
    sympy.exp: lambda x: x.exp(),
    sympy.log: lambda x: x.log(),
    sympy.erf: lambda x: x.erf(),
    sympy.erfc: lambda x: x.erfc(),
    sympy.Abs: lambda x: abs(x),
    sympy.floor: lambda x: x.floor(),
    sympy.ceiling: lambda x: x.ceil(),
    sympy.cos: lambda x: x.cos(),
    sympy.sin: lambda x: x.sin(),
    sympy.acos: lambda x: x.acos(),
    sympy.asin: lambda x: x.asin(),
    sympy.tanh: lambda x: x.tanh(),
}
_N_ARY: dict[type, Callable[[flint.arb, flint.arb], flint.arb]] = {
    sympy.Add: add,
    sympy.Mul: mul,
    sympy.Max: lambda x, y: x.max(y),
    sympy.Min: lambda x, y: x.min(y),
}


def evaluate(expression: sympy.Expr, values: Mapping[str, Value]) -> flint.arb:
    """A ball, at the working precision, that contains the value of ``expression``.

    Parameters
    ----------
    expression:
        A real sympy expression of the supported heads. A `sympy.Float` is refused: a formula holds
        exact numbers only.
    values:
        Symbol name → value; a sympy expression is a definition and is evaluated in turn.

    Raises
    ------
    MissingValue
        When a symbol has no value.
    TypeError
        When the expression has a head this evaluator has no rigorous rule for.

    Notes
    -----
    A function outside its domain (the root of a ball that contains a negative number) gives the
    indeterminate ball, with which no comparison is ever true.
    """
    return _walk(expression, values, {})


def _walk(node: sympy.Basic, values: Mapping[str, Value], known: dict[str, flint.arb]) -> flint.arb:
    if isinstance(node, sympy.Symbol):
        return _symbol(node.name, values, known)
    if isinstance(node, sympy.Rational):
        return arb(Fraction(int(node.p), int(node.q)))
    if node is sympy.pi:
        return flint.arb.pi()
    if node is sympy.E:
        return arb(1).exp()
    if isinstance(node, sympy.Pow):
        return _power(node, values, known)
    head = type(node)
    if head in _UNARY:
        return _UNARY[head](_walk(node.args[0], values, known))
    if head in _N_ARY:
        return reduce(_N_ARY[head], (_walk(a, values, known) for a in node.args))
    if isinstance(node, VerifiedProcedure):
        return node.enclose(*(_walk(a, values, known) for a in node.args))
    raise TypeError(f"no rigorous evaluation rule for {head.__name__}: {node}")


def _symbol(name: str, values: Mapping[str, Value], known: dict[str, flint.arb]) -> flint.arb:
    if name not in known:
        if name not in values:
            raise MissingValue(name)
        value = values[name]
        if isinstance(value, sympy.Basic):
            known[name] = _walk(value, values, known)
        else:
            known[name] = value.to_arb() if isinstance(value, Enclosure) else arb(value)
    return known[name]


def _power(node: sympy.Pow, values: Mapping[str, Value], known: dict[str, flint.arb]) -> flint.arb:
    base, exponent = node.args
    if base is sympy.E:
        return _walk(exponent, values, known).exp()
    ball = _walk(base, values, known)
    if isinstance(exponent, sympy.Integer):
        return ball ** int(exponent)
    if isinstance(exponent, sympy.Rational) and exponent.q == 2:
        root = ball.sqrt() ** abs(int(exponent.p))
        return root if exponent.p > 0 else 1 / root
    return (_walk(exponent, values, known) * ball.log()).exp()
