"""Which activations have a mixture for their φ', and which."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import flint
import sympy

from certify.arithmetic.balls import WORKING_BITS, arb, precision, upper_float
from certify.kernels.mixture import MixtureKernel
from certify.symbolic.activations import SIGMOID, SOFTPLUS, TANH, Activation
from certify.symbolic.evaluate import evaluate
from certify.symbolic.library import GELU
from certify.symbolic.mixture import LogisticMixture, logistic_mixture
from certify.symbolic.scaled import SILU_EXPRESSION, scales


def mixture_kernel(activation: Activation, symmetric: bool) -> MixtureKernel | None:
    """The kernel for rows of any length of f times tanh, sigmoid, softplus, silu or gelu at cz, f and c rational.

    Notes
    -----
    ``φ' = c g(cz)``. tanh: ``g = tanh' ≈ T'``. sigmoid(kz): ``φ' = (k/2)·½tanh'(kz/2)``. softplus: g is the sigmoid,
    ``½ + ½tanh(z/2)``. SiLU: ``g = ½ + ½(tanh y + y tanh' y)``, ``y = z/2``. GELU: ``g = Φ(z) + z n(z)``, which is
    ``½ + ½ s(z/√2)`` exactly.
    """
    for expression, of in _SHAPES:
        found = scales(activation.expression, expression)
        if found is not None:
            factor, c = (Fraction(int(x.p), int(x.q)) for x in (abs(found[0]), found[1]))
            kind, scale, squares, weights, error = of(c)
            with precision(WORKING_BITS):
                bound = upper_float(evaluate(activation.slope_bound, {}) / arb(scale * factor))
            return MixtureKernel(activation.name, kind, scale, squares, weights, error, bound, symmetric, factor)
    return None


Shape = tuple[str, Fraction, tuple[float, ...], tuple[float, ...], float]


def _bumps(mixture: LogisticMixture, factor: float) -> tuple[tuple[float, ...], float]:
    """``T'`` times the power of two ``factor`` with float weights, and its error."""
    with precision(WORKING_BITS):
        error = arb(mixture.slope_error)
        weights = []
        for square, weight in zip(mixture.squares, mixture.weights, strict=True):
            exact = arb(weight) * 2 * (arb(square) / flint.arb.pi()).sqrt()
            weights.append(float(exact.mid()))
            error += abs(exact - arb(weights[-1]))
        return tuple(factor * w for w in weights), upper_float(error * arb(factor))


def _tanh(c: Fraction) -> Shape:
    mixture = logistic_mixture()
    weights, error = _bumps(mixture, 1.0)
    return "bump", c, mixture.squares, weights, error


def _sigmoid(c: Fraction) -> Shape:
    mixture = logistic_mixture()
    weights, error = _bumps(mixture, 0.5)
    return "bump", c / 2, mixture.squares, weights, error


def _softplus(c: Fraction) -> Shape:
    mixture = logistic_mixture()
    return "step", c, tuple(b / 4 for b in mixture.squares), mixture.weights, mixture.value_error


def _silu(c: Fraction) -> Shape:
    mixture = logistic_mixture()
    return "swish", c, tuple(b / 4 for b in mixture.squares), mixture.weights, mixture.swish_error


def _gelu(c: Fraction) -> Shape:
    return "swish", c, (0.5,), (1.0,), 0.0


_SHAPES: tuple[tuple[sympy.Expr, Callable[[Fraction], Shape]], ...] = (
    (TANH.expression, _tanh),
    (SIGMOID.expression, _sigmoid),
    (SOFTPLUS.expression, _softplus),
    (SILU_EXPRESSION, _silu),
    (GELU.expression, _gelu),
)
