"""``erf`` and ``ln(1 + u)`` over arrays with proved errors: a table and a short Taylor polynomial.

As in `certify.networks.exponential`, every operation is one IEEE operation of NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U

#: ``|erf_array(z) − erf z| ≤ ERF_ERROR`` for every finite z.
ERF_ERROR = 1.05 * U
#: ``|log_one_plus(u) − ln(1+u)| ≤ LOG_ERROR`` for every u in [0, 1].
LOG_ERROR = 1.05 * U
_CELLS = 512
_REACH = 6  # erfc 6 < 2.2e-17 < U/5
_MAGIC = 1.5 * 2.0**52  # adding it rounds |x| ≤ 2^50 to an integer, to nearest
_BLOCK = 1 << 14


def _tables() -> tuple[Floats, Floats, Floats]:
    """``erf(k/512)``, ``(2/√π)e^{−(k/512)²}`` and ``ln(1 + k/512)``, each right to 0.51 of its last place."""
    with precision(128):
        nodes = [arb(Fraction(k, _CELLS)) for k in range(_REACH * _CELLS + 1)]
        front = 2 / arb(0).acos().sqrt() / arb(2).sqrt()  # √π = √(2 arccos 0)
        return (
            np.array([float(x.erf().mid()) for x in nodes]),
            np.array([float((front * (-x * x).exp()).mid()) for x in nodes]),
            np.array([float((1 + x).log().mid()) for x in nodes[: _CELLS + 1]]),
        )


_ERF, _BELL, _LOG = _tables()


def erf_array(z: Floats) -> Floats:
    """``erf z`` for an array of finite numbers, any shape.

    Notes
    -----
    Lemma. The error is at most `ERF_ERROR`. With ``x_0 = k/512`` nearest to ``|z| ≤ 6``, ``t = |z| − x_0`` is exact,
    ``|t| ≤ 2^-10``, and with ``g = erf'(x_0)``

        erf|z| = erf x_0 + g t [1 − x_0t + (2x_0²−1)t²/3 + (3x_0−2x_0³)t³/6 + (4x_0⁴−12x_0²+3)t⁴/30] + R,

    ``|R| ≤ max|erf^{(6)}||t|⁶/720 < 40·2^-60/720 < U/1000``. The table has 0.51 of the last place, at most ``0.51U``;
    the product is below ``0.0012`` and right to some ten U of that, ``0.02U``; the last sum is rounded to nearest below
    1, or to 1: ``U/2``. Together ``1.04U``. Beyond 6 the result is that at 6, and ``1 − erf 6 < U/5``.
    """
    return _blockwise(z, _erf_block)


def log_one_plus(u: Floats) -> Floats:
    """``ln(1 + u)`` for an array of numbers in [0, 1], any shape.

    Notes
    -----
    Lemma. The error is at most `LOG_ERROR`. With ``u_0 = k/512`` nearest to u, ``t = u − u_0`` and ``1 + u_0`` are
    exact, ``w = t/(1+u_0)``, ``|w| ≤ 2^-10``, and ``ln(1+u) = ln(1+u_0) + w − w²/2 + w³/3 − w⁴/4 + w⁵/5 + R``,
    ``|R| ≤ w⁶/5 < U/100``. The table has 0.51 of the last place, at most ``0.51U``; w and the polynomial err by a few U
    of ``2^-10``, and the sum, below 1, costs ``U/2``.
    """
    return _blockwise(u, _log_block)


def _blockwise(x: Floats, block: Callable[[Floats, Floats], None]) -> Floats:
    flat = np.ascontiguousarray(x, dtype=np.float64).reshape(-1)
    out = np.empty_like(flat)
    for start in range(0, flat.size, _BLOCK):
        block(flat[start : start + _BLOCK], out[start : start + _BLOCK])
    return out.reshape(np.shape(x))


def _nearest(x: Floats) -> tuple[Floats, np.ndarray]:
    """The nearest ``k/512``, and k."""
    node = x * float(_CELLS)
    node += _MAGIC
    node -= _MAGIC
    place = node.astype(np.int64)
    node *= 1.0 / _CELLS
    return node, place


def _erf_block(z: Floats, out: Floats) -> None:
    x = np.minimum(np.abs(z), float(_REACH))
    node, place = _nearest(x)
    x -= node  # t
    square = node * node
    series = square * 4.0
    series -= 12.0
    series *= square
    series += 3.0
    series *= x
    series *= 1.0 / 30.0
    cubic = square * (-1.0 / 3.0)
    cubic += 0.5
    cubic *= node
    series += cubic
    series *= x
    square *= 2.0 / 3.0
    square -= 1.0 / 3.0
    series += square
    series *= x
    series -= node
    series *= x
    series += 1.0
    series *= x
    series *= _BELL[place]
    series += _ERF[place]
    np.copysign(series, z, out=out)


def _log_block(u: Floats, out: Floats) -> None:
    node, place = _nearest(u)
    w = u - node
    node += 1.0
    w /= node
    np.multiply(w, 0.2, out=out)
    for coefficient in (-0.25, 1.0 / 3.0, -0.5, 1.0):
        out += coefficient
        out *= w
    out += _LOG[place]
