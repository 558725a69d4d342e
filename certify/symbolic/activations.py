"""Activation functions as sympy expressions, with the exact suprema the theorems use."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

Z = sympy.Symbol("z", real=True)


@dataclass(frozen=True)
class Activation:
    """A scalar activation φ(z).

    Attributes
    ----------
    name:
        The name the command line uses.
    expression:
        φ as an expression in `Z`.
    slope_bound:
        ``B1 = sup|φ'|``, an exact expression.
    curvature_bound:
        ``B2 = sup|φ''|``, exact, or ``None`` when φ' jumps.
    value_bound:
        ``B0 = sup|φ|``, exact, or ``None`` when φ is unbounded.
    odd:
        Whether φ(−z) = −φ(z).
    kernel_formula:
        The entry of the infinite-width tangent kernel (first layer trained, standard Gaussian
        weights) in the inner products ``s = ⟨x,x⟩, t = ⟨x',x'⟩, c = ⟨x,x'⟩``; ``None`` where there is no
        closed form.
    """

    name: str
    expression: sympy.Expr
    slope_bound: sympy.Expr
    curvature_bound: sympy.Expr | None
    value_bound: sympy.Expr | None
    odd: bool
    kernel_formula: sympy.Expr | None = None

    @property
    def derivative(self) -> sympy.Expr:
        """φ' (for the ReLU the Heaviside function: its value at 0 plays no role)."""
        return sympy.diff(self.expression, Z)

    @property
    def second_derivative(self) -> sympy.Expr:
        """φ'' of a smooth activation."""
        if self.curvature_bound is None:
            raise ValueError(f"{self.name} has no second derivative everywhere")
        return sympy.simplify(sympy.diff(self.expression, Z, 2))


_S, _T, _C = sympy.symbols("s t c", real=True)

RELU = Activation(
    name="relu",
    expression=sympy.Max(Z, 0),
    slope_bound=sympy.Integer(1),
    curvature_bound=None,
    value_bound=None,
    odd=False,
    kernel_formula=_C * (sympy.pi - sympy.acos(_C / sympy.sqrt(_S * _T))) / (2 * sympy.pi),
)

ERF = Activation(
    name="erf",
    expression=sympy.erf(Z),
    slope_bound=2 / sympy.sqrt(sympy.pi),
    # |φ''| = (4/√π)|z|e^{−z²} is largest at z = ±1/√2
    curvature_bound=sympy.sqrt(8 / (sympy.pi * sympy.E)),
    value_bound=sympy.Integer(1),
    odd=True,
    kernel_formula=_C * 4 / sympy.pi / sympy.sqrt((1 + 2 * _S) * (1 + 2 * _T) - 4 * _C**2),
)

ACTIVATIONS: dict[str, Activation] = {a.name: a for a in (RELU, ERF)}

TANH = Activation(
    name="tanh",
    expression=sympy.tanh(Z),
    slope_bound=sympy.Integer(1),
    # |φ''| = 2|t|(1 − t²), t = tanh z, is largest at t = ±1/√3
    curvature_bound=4 * sympy.sqrt(3) / 9,
    value_bound=sympy.Integer(1),
    odd=True,
)

SIGMOID = Activation(
    name="sigmoid",
    expression=1 / (1 + sympy.exp(-Z)),
    slope_bound=sympy.Rational(1, 4),
    # φ(z) = (1 + tanh(z/2))/2, so φ'' is an eighth of tanh's
    curvature_bound=sympy.sqrt(3) / 18,
    value_bound=sympy.Integer(1),
    odd=False,
)

SOFTPLUS = Activation(
    name="softplus",
    expression=sympy.log(1 + sympy.exp(Z)),
    slope_bound=sympy.Integer(1),
    # φ' is the sigmoid
    curvature_bound=sympy.Rational(1, 4),
    value_bound=None,
    odd=False,
)

NETWORK_ACTIVATIONS: dict[str, Activation] = {a.name: a for a in (TANH, ERF, SOFTPLUS, SIGMOID)}
"""The smooth activations of networks of finite width."""
