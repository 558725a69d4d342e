"""An instance about a network: exact weights and data, the numbers of its theorem, and what makes Coq accept them.

Nothing here is trusted: Coq encloses the kernel and the residual anew from the weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import flint
import numpy as np
from scipy.linalg import LinAlgError, eigvalsh

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.exact import Floats
from certify.coq.factor import LOSS, Dyadic, Factor, attempt, float_factor
from certify.data import Dataset
from certify.errors import InputError
from certify.networks.files import Model

#: Activations whose functions Coq encloses, with B1², B2² in floating point.
COQ_ACTIVATIONS = {"tanh": (1.0, 16 / 27), "softplus": (1.0, 1 / 16)}
#: Beyond, Coq's own integers take too long; and beyond, so do the processor's floats.
FOUNDATIONAL_ROWS, FOUNDATIONAL_WIDTH = 30, 64
MOST_ROWS, MOST_WIDTH = 400, 8192
#: Bits of the factors.
_FACTOR_BITS = 50
_WORKING_BITS = 160
#: What the intervals of the check add to an entry, relative to the largest, for each operation in it.
_UNIT = 2.0**-49


@dataclass(frozen=True)
class Shown:
    """A bound of an eigenvalue, tolerance and integer factor: ``A − σ − nδ ≈ L Lᵀ / 4^scale``."""

    sigma: Dyadic
    delta: Dyadic
    lower: list[list[int]]
    scale: int


@dataclass(frozen=True)
class NetworkInstance:
    """Everything a proof file about a network holds.

    Attributes
    ----------
    model, data :
        Exact weights and data.
    activation :
        φ by name.
    eta, kappa, beta, residual :
        Step size; bounds of ``max|c_r|``, of the Jacobian's Lipschitz constant, and of ``‖e‖``.
    kernel, gram, quartic :
        ``λ_min(K) ≥ σ``; ``λ_max(XXᵀ)`` and ``λ_max(XXᵀ∘XXᵀ)`` at most ``−σ``.
    foundational :
        No machine arithmetic.
    """

    model: Model
    data: Dataset
    activation: str
    eta: Dyadic
    kappa: Dyadic
    beta: Dyadic
    residual: Dyadic
    kernel: Shown
    gram: Shown
    quartic: Shown
    foundational: bool

    @property
    def mu(self) -> float:
        """The rate ``λ_0 − 2βE``, in floating point."""
        return self.kernel.sigma.times_power(0) - 2 * self.beta.times_power(0) * self.residual.times_power(0)

    @property
    def has_bias(self) -> bool:
        """Whether the data get a column of ones."""
        return self.model.hidden[0].bias is not None


class NotCertified(Exception):
    """The weights are not near enough to a solution; the text says by how much, in one line."""


def build_network_instance(
    model: Model,
    data: Dataset,
    activation: str | None = None,
    *,
    step_size: float | None = None,
    foundational: bool | None = None,
    loss: float | None = None,
) -> NetworkInstance:
    """Measure the network, and find the factors.

    Parameters
    ----------
    activation :
        Where the model does not name it.
    step_size :
        For the loss ``½‖F − y‖²``; None: the largest that the theorem admits.
    foundational :
        Use no machine arithmetic in Coq; None: where the network is small enough for that.
    loss :
        Relative loss of the eigenvalue's bound that is tried first (None: `certify.coq.factor.LOSS`).

    Raises
    ------
    InputError
        If network and data do not fit, or Coq has no functions for the activation, or it is all too large.
    NotCertified
        If ``2β‖e‖ < λ_min`` does not hold at these weights.
    """
    name = _fitting(model, data, activation)
    n, m = data.n, model.widths[0]
    small = n <= FOUNDATIONAL_ROWS and m <= FOUNDATIONAL_WIDTH
    if foundational is None:
        foundational = small
    if foundational and not small:
        raise InputError(
            f"{n} rows and {m} neurons are too many without machine arithmetic", "--foundational",
            f"leave it out, or take at most {FOUNDATIONAL_ROWS} rows and {FOUNDATIONAL_WIDTH} neurons",
        )  # fmt: skip
    B1, B2 = COQ_ACTIVATIONS[name]
    loss = LOSS if loss is None else loss
    K, norm, size, largest = _measured(model, data, name)
    X = inputs(model, data)
    G = X @ X.T
    operations = _UNIT * (m + X.shape[1] + 20)
    try:
        gram, quartic = _from_above(G, operations, 2 * loss), _from_above(G * G, operations, 2 * loss)
        kernel = _from_below(K, operations, loss)
    except LinAlgError:
        raise InputError(
            "the tangent kernel at these weights is too nearly singular for a proof", model.name,
            "look for nearly parallel rows, or take a wider network",
        ) from None  # fmt: skip
    kappa = _up(largest)
    beta = _up(kappa.times_power(0) * math.sqrt(B2 * -quartic.sigma.times_power(0)))
    residual = _up(norm + math.sqrt(n) * operations * size)
    bound = kappa.times_power(0) ** 2 * B1 * m * -gram.sigma.times_power(0)
    lam0 = kernel.sigma.times_power(0)
    if not 2 * beta.times_power(0) * residual.times_power(0) * (1 + 1e-12) < lam0:
        h = beta.times_power(0) * residual.times_power(0) / lam0
        loss = (lam0 / (2 * beta.times_power(0))) ** 2 / 2
        raise NotCertified(
            f"h = {h:.3g}, where the theorem needs less than 1/2: train until the loss ½‖F − y‖² is below {loss:.3g}"
        )
    eta = Dyadic.below(step_size if step_size is not None else (1.0 - 1e-9) / bound)
    if eta.times_power(0) * bound > 1 - 1e-10:
        raise InputError(
            f"the step size {step_size:g} is beyond what the theorem allows", "--step-size", f"at most {1 / bound:.6g}"
        )
    return NetworkInstance(model, data, name, eta, kappa, beta, residual, kernel, gram, quartic, foundational)


def inputs(model: Model, data: Dataset) -> Floats:
    """The rows as the network sees them: with a column of ones where it has a bias. (n, d)."""
    X: Floats = data.X
    return X if model.hidden[0].bias is None else np.column_stack([X, np.ones(data.n)])


def trained(model: Model) -> Floats:
    """Weights and biases of the first layer, (m, d)."""
    layer = model.hidden[0]
    return layer.weights if layer.bias is None else np.column_stack([layer.weights, layer.bias])


def _fitting(model: Model, data: Dataset, activation: str | None) -> str:
    if len(model.hidden) != 1 or model.outputs != 1:
        raise InputError("the proof is about two layers and one output", model.name, "give such a network")
    if data.y is None or data.y.size != data.n:
        raise InputError("a network needs one target a row", data.name, "name the targets")
    if data.d != model.inputs:
        raise InputError(f"the network takes {model.inputs} columns, the data have {data.d}", data.name)
    name = model.activation or activation
    if name not in COQ_ACTIVATIONS:
        known = ", ".join(COQ_ACTIVATIONS)
        raise InputError(f"Coq has no functions here for '{name}'", "--activation", f"one of {known}")
    if data.n > MOST_ROWS or model.widths[0] > MOST_WIDTH:
        raise InputError(
            f"{data.n} rows and {model.widths[0]} neurons are too many for a proof", model.name,
            f"take at most {MOST_ROWS} rows and {MOST_WIDTH} neurons",
        )  # fmt: skip
    return name


def _measured(model: Model, data: Dataset, name: str) -> tuple[Floats, float, float, float]:
    """The tangent kernel (n, n), ``‖e‖``, the size of what cancels in e, and ``max|c_r|``, all to the last bits."""
    assert data.y is not None
    X, W = inputs(model, data), trained(model)
    with precision(_WORKING_BITS):
        Z = _exact(X) * _exact(W).transpose()
        scale = arb(1) if model.alpha is None else arb(model.alpha) / arb(len(W)).sqrt()
        outer = [scale * arb(float(v)) for v in model.matrix[0]]
        weights = flint.arb_mat(len(W), 1, outer)
        values, slopes = _functions(Z, name)
        offset = arb(0) if model.offsets is None else arb(float(model.offsets[0]))
        F = values * weights
        misfits = [F[i, 0] + offset - arb(float(y)) for i, y in enumerate(data.y.ravel().tolist())]
        norm = float(sum((e * e for e in misfits), arb(0)).sqrt().mid())
        scaled = flint.arb_mat([[slopes[i, r] * c for r, c in enumerate(outer)] for i in range(len(X))])
        products, G = scaled * scaled.transpose(), _exact(X) * _exact(X).transpose()
        K = np.array([[float((products[i, j] * G[i, j]).mid()) for j in range(len(X))] for i in range(len(X))])
        top = max(float(abs(values[i, r]).mid()) for i in range(len(X)) for r in range(len(W)))
        size = top * sum(float(abs(c).mid()) for c in outer) + float(abs(offset).mid()) + float(np.abs(data.y).max())
        return K, norm, size, max(float(abs(c).mid()) for c in outer)


def _exact(array: Floats) -> flint.arb_mat:
    return flint.arb_mat([[arb(float(v)) for v in row] for row in array])


def _functions(Z: flint.arb_mat, name: str) -> tuple[flint.arb_mat, flint.arb_mat]:
    rows, columns = Z.nrows(), Z.ncols()
    values, slopes = flint.arb_mat(rows, columns), flint.arb_mat(rows, columns)
    for i in range(rows):
        for r in range(columns):
            z = Z[i, r]
            if name == "tanh":
                values[i, r] = t = z.tanh()
                slopes[i, r] = 1 - t * t
            else:
                e = z.exp()
                values[i, r] = (1 + e).log()
                slopes[i, r] = e / (1 + e)
    return values, slopes


def _from_below(K: Floats, operations: float, loss: float) -> Shown:
    power = _power(K)
    scaled = np.ldexp(K, -2 * power)
    factor, _ = float_factor(scaled, [power] * len(K), operations, _FACTOR_BITS, loss)
    return _shown(factor, power)


def _from_above(G: Floats, operations: float, room: float) -> Shown:
    """``λ_max(G) ≤ −σ``: a factor of ``−G − σ``."""
    power = _power(G)
    scaled = -np.ldexp(G, -2 * power)
    top = float(eigvalsh(G)[-1])
    while room < 1:
        sigma = Dyadic.below(top * (1 + room))
        shift = sigma.times_power(-2 * power)
        negative = Dyadic(-sigma.m, sigma.e)
        found = attempt(scaled, negative, [-shift] * len(G), operations, _FACTOR_BITS, len(G))
        if found is not None:
            return _shown(found, power)
        room *= 4
    raise LinAlgError("no bound from above")


def _power(A: Floats) -> int:
    """The w with the entries of ``4^-w A`` at most 1."""
    return math.ceil(math.frexp(float(np.abs(A).max()))[1] / 2)


def _shown(factor: Factor, power: int) -> Shown:
    delta = Dyadic(factor.delta.m, factor.delta.e + 2 * power)
    return Shown(factor.sigma, delta, factor.lower, factor.bits - power)


def _up(value: float) -> Dyadic:
    """A number of few bits at least ``value (1 + 1e-12)``."""
    mantissa, e = math.frexp(value)
    return Dyadic.below(math.ldexp(math.ceil(math.ldexp(mantissa * (1 + 2e-12), 44)), e - 44))
