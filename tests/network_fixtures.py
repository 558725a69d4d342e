"""Small networks, and their residual and tangent kernel in ball arithmetic by the textbook formulas."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import flint
import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.balls import arb, precision
from certify.networks import SMOOTH
from certify.networks.files import Layer, Model

Array = NDArray[np.float64]
Scalar = Callable[[flint.arb], flint.arb]


def _softplus(z: flint.arb) -> flint.arb:
    return (1 + z.exp()).log()


#: φ and φ' as balls, by formulas other than the library's.
EXACT: dict[str, tuple[Scalar, Scalar]] = {
    "tanh": (lambda z: z.tanh(), lambda z: 1 / z.cosh() ** 2),
    "erf": (lambda z: z.erf(), lambda z: 2 / flint.arb.pi().sqrt() * (-z * z).exp()),
    "softplus": (_softplus, lambda z: z.exp() / (1 + z.exp())),
    "sigmoid": (lambda z: z.exp() / (1 + z.exp()), lambda z: 1 / (4 * (z / 2).cosh() ** 2)),
}


def two_layer(
    n: int, d: int, m: int, seed: int, activation: str = "tanh", spread: float = 1.0
) -> tuple[Model, Array, Array]:
    """A random network in NTK parametrisation with a bias, rows of norm about 1, targets ±1."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) / d**0.5
    y = np.where(rng.random(n) < 0.5, -1.0, 1.0)
    W, b = spread * rng.standard_normal((m, d)), spread * rng.standard_normal(m)
    v = np.where(rng.random(m) < 0.5, -1.0, 1.0)
    return Model((Layer(W, b),), v, 0.25, 1.0, activation, "model"), X, y


def exact_forward(model: Model, X: Array, y: Array, bits: int = 300) -> tuple[list[flint.arb], list[list[flint.arb]]]:
    """Residual and tangent kernel of the first layer (weights and bias) as balls."""
    assert model.activation is not None
    value, slope = EXACT[model.activation]
    with precision(bits):
        m = len(model.outer)
        scale = arb(1) if model.alpha is None else arb(model.alpha) / arb(m).sqrt()
        rows = [[arb(float(t)) for t in x] + ([] if model.hidden[0].bias is None else [arb(1)]) for x in X]
        W = model.hidden[0].weights
        if model.hidden[0].bias is not None:
            W = np.column_stack([W, model.hidden[0].bias])
        weights = [[arb(float(t)) for t in w] for w in W]
        outer = [arb(float(t)) for t in model.outer]
        z = [[dot(x, w) for w in weights] for x in rows]
        offset = arb(model.offset or 0.0)
        e = [
            scale * dot([value(t) for t in zi], outer) + offset - arb(float(target))
            for zi, target in zip(z, y, strict=True)
        ]
        slopes = [[slope(t) * v for t, v in zip(zi, outer, strict=True)] for zi in z]
        squared = arb(1) if model.alpha is None else arb(Fraction(model.alpha) ** 2 / m)
        K = [
            [squared * dot(a, b) * dot(p, q) for b, q in zip(slopes, rows, strict=True)]
            for a, p in zip(slopes, rows, strict=True)
        ]
    return e, K


def dot(a: list[flint.arb], b: list[flint.arb]) -> flint.arb:
    return sum((p * q for p, q in zip(a, b, strict=True)), arb(0))


def train(model: Model, X: Array, y: Array, steps: int, step: float) -> Model:
    """Plain gradient descent of the first layer in NumPy (untrusted), for smooth activations by name."""
    assert model.activation is not None
    smooth = SMOOTH[model.activation]
    Z = np.column_stack([X, np.ones(len(X))])
    W = np.column_stack([model.hidden[0].weights, model.hidden[0].bias])
    s = 1.0 if model.alpha is None else model.alpha / len(model.outer) ** 0.5
    for _ in range(steps):
        found = smooth.evaluate(Z @ W.T)
        e = s * found.value @ model.outer + (model.offset or 0.0) - y
        W = W - step * s * model.outer[:, None] * ((found.slope * e[:, None]).T @ Z)
    return Model((Layer(W[:, :-1].copy(), W[:, -1].copy()),), model.outer, model.offset, model.alpha, model.activation)
