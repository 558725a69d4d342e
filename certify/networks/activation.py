"""Smooth activations over arrays: values and slopes in float64, each with a proved absolute error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.balls import WORKING_BITS, precision, upper_float
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U
from certify.networks.exponential import RELATIVE, exp_minus
from certify.networks.tabulated import ERF_ERROR, LOG_ERROR, erf_array, log_one_plus
from certify.symbolic.activations import NETWORK_ACTIVATIONS, RELU, Activation
from certify.symbolic.evaluate import evaluate

#: The bounds below are sums of a few multiples of U; this covers what underflow adds, and their own rounding.
_SLACK = 1.0 + 2.0**-20
_TANH_ERROR = (RELATIVE / 2 + 3.1 * U) * _SLACK
_SIGMOID_ERROR = (RELATIVE / 4 + 2.1 * U) * _SLACK
_TWO_OVER_ROOT_PI = 1.1283791670955126


@dataclass(frozen=True)
class Evaluated:
    """``|value − φ(z)| ≤ value_error`` and ``|slope − φ'(z)| ≤ slope_error`` for every entry of the array z."""

    value: Floats
    slope: Floats
    value_error: float
    slope_error: float


@dataclass(frozen=True)
class SmoothActivation:
    """An activation with bounded slope and curvature, ready for arrays.

    Attributes
    ----------
    symbolic :
        The formula, with its exact bounds.
    slope_bound, curvature_bound :
        Floats ≥ ``B1 = sup|φ'|``, ``B2 = sup|φ''|``.
    value_bound :
        A float ≥ ``sup|φ|``, or None.
    kinked :
        φ is piecewise linear: ``curvature_bound`` is 0 and holds inside a cell of sign patterns only.
    """

    symbolic: Activation
    slope_bound: float
    curvature_bound: float
    value_bound: float | None
    _evaluate: Callable[[Floats], Evaluated]
    kinked: bool = False

    @property
    def name(self) -> str:
        """The name the command line uses."""
        return self.symbolic.name

    def evaluate(self, z: Floats) -> Evaluated:
        """φ and φ' at an array of finite numbers; see `proofs/network.md` for the error bounds."""
        return self._evaluate(z)


def _tanh(z: Floats) -> Evaluated:
    """``t = (1 − u)/(1 + u)``, ``u = e^{−2|z|}``; ``φ' = 1 − t²``.

    ``|∂t/∂u|·u = 2u/(1+u)² ≤ ½``, so the error of u costs ``RELATIVE/2``; the three roundings cost ``3.1U``. In
    ``1 − t·t`` an error ε of t costs ``2ε + ε²``, the two roundings ``2U``.
    """
    u = exp_minus(np.abs(z) * 2.0)
    t = 1.0 - u
    u += 1.0
    t /= u
    np.copysign(t, z, out=t)
    np.multiply(t, t, out=u)
    np.subtract(1.0, u, out=u)
    return Evaluated(t, u, _TANH_ERROR, (2.01 * _TANH_ERROR + 2.0 * U) * _SLACK)


def _sigmoid_parts(z: Floats) -> tuple[Floats, Floats]:
    """``u = e^{−|z|}`` and φ, ``1/(1 + u)`` or ``u/(1 + u)``: u's error costs ``u/(1+u)²·RELATIVE ≤ RELATIVE/4``."""
    u = exp_minus(np.abs(z))
    return u, np.where(z >= 0.0, 1.0, u) / (1.0 + u)


def _sigmoid(z: Floats) -> Evaluated:
    """``φ' = φ(1 − φ)``: an error ε of φ costs ``|1 − 2φ|ε + ε² ≤ 1.01ε``, the roundings ``2U·¼``."""
    _, s = _sigmoid_parts(z)
    return Evaluated(s, s * (1.0 - s), _SIGMOID_ERROR, (1.01 * _SIGMOID_ERROR + U) * _SLACK)


def _softplus(z: Floats) -> Evaluated:
    """``max(z, 0) + ln(1 + u)``, ``u = e^{−|z|}``: the error of u costs ``u/(1+u)·RELATIVE ≤ RELATIVE/2``."""
    u, s = _sigmoid_parts(z)
    value = np.maximum(z, 0.0) + log_one_plus(u)
    rounding = U * float(np.max(value, initial=0.0))
    return Evaluated(value, s, (RELATIVE / 2 + LOG_ERROR + rounding) * _SLACK, _SIGMOID_ERROR)


def _erf(z: Floats) -> Evaluated:
    """φ from a table; ``φ' = (2/√π)e^{−z²}``.

    ``fl(z²)`` is off by ``Uz²`` (or by an underflow), which moves ``e^{−z²}`` by at most ``U/e·1.01``; with the
    exponential's error, the constant's and the product's: ``1.13(RELATIVE + 0.4U + 2U)``.
    """
    slope = exp_minus(np.minimum(np.square(np.minimum(np.abs(z), 2.0**400)), 2.0**900)) * _TWO_OVER_ROOT_PI
    return Evaluated(erf_array(z), slope, ERF_ERROR, 1.13 * (RELATIVE + 2.5 * U) * _SLACK)


def _smooth(name: str, function: Callable[[Floats], Evaluated]) -> SmoothActivation:
    symbolic = NETWORK_ACTIVATIONS[name]
    assert symbolic.curvature_bound is not None
    with precision(WORKING_BITS):
        slope, curvature = (upper_float(evaluate(b, {})) for b in (symbolic.slope_bound, symbolic.curvature_bound))
        bound = symbolic.value_bound
        value = None if bound is None else upper_float(evaluate(bound, {}))
    return SmoothActivation(symbolic, slope, curvature, value, function)


SMOOTH: dict[str, SmoothActivation] = {
    name: _smooth(name, function)
    for name, function in (("tanh", _tanh), ("erf", _erf), ("softplus", _softplus), ("sigmoid", _sigmoid))
}
"""Name → activation."""


def _relu(z: Floats) -> Evaluated:
    """Exact, where the sign of the true argument is that of z; `certify.networks.propagate` sees to the others."""
    return Evaluated(np.maximum(z, 0.0), (z > 0.0).astype(np.float64), 0.0, 0.0)


PIECEWISE_LINEAR: dict[str, SmoothActivation] = {"relu": SmoothActivation(RELU, 1.0, 0.0, None, _relu, kinked=True)}
"""Name → activation, for networks inside a cell of sign patterns."""
CERTIFIED: dict[str, SmoothActivation] = {**SMOOTH, **PIECEWISE_LINEAR}
"""All activations of networks of finite width."""
