"""The arcsine in plain IEEE operations with a proved error: no trust in a mathematical library.

NumPy's own ``arcsin`` is of unknown provenance (it differs between processors), and interval
evaluation takes four times as long. The rational approximation is fdlibm's; what is claimed of
it here is proved in ball arithmetic by the tests, which evaluate the lemma below on all of [0, ¼].
"""

from __future__ import annotations

import threading

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U

#: ``asin(√t)/√t ≈ 1 + t·P(t)/Q(t)`` on [0, ¼]: fdlibm's coefficients, lowest degree first [fdlibm].
P = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
Q = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)
#: Proved: the computed quotient is within this of ``asin(√t)/√t − 1`` for every float ``t`` in [0, ¼].
QUOTIENT_ERROR = 0.75 * U
#: ``|ρ| > HALF`` goes through ``arcsin ρ = π/2 − 2 arcsin √((1 − ρ)/2)``.
HALF = 0.5
_INVERSE_PI = 1.0 / np.pi


class _Workspace(threading.local):
    """Buffers of one thread, so that a strip's temporaries are allocated once and stay in cache."""

    def __init__(self) -> None:
        self.size = 0
        self.buffers: list[Floats] = []

    def take(self, count: int, size: int) -> list[Floats]:
        """``count`` uninitialised arrays (size,)."""
        if size > self.size or count > len(self.buffers):
            self.size = max(size, self.size)
            self.buffers = [np.empty(self.size) for _ in range(max(count, len(self.buffers)))]
        return [buffer[:size] for buffer in self.buffers[:count]]


_workspace = _Workspace()


def quotient(t: Floats, out: Floats, scratch: Floats) -> Floats:
    """``out = fl(t·P(t)/Q(t))`` by Horner's rule, all arrays (k,), within `QUOTIENT_ERROR` on [0, ¼]."""
    np.multiply(t, P[5], out=out)
    for coefficient in P[4:0:-1]:
        out += coefficient
        out *= t
    out += P[0]
    out *= t
    np.multiply(t, Q[4], out=scratch)
    for coefficient in Q[3:0:-1]:
        scratch += coefficient
        scratch *= t
    scratch += Q[0]
    out /= scratch
    return out


def relu_profile(x: Floats) -> tuple[Floats, float, float]:
    """``h(x) = x(½ + arcsin(x)/π)/2`` for ``|x| ≤ 1 − 2^-13``, with what its error needs.

    Parameters
    ----------
    x : (k,)
        Cosines. Entries beyond the range give values without meaning, never an exception.

    Returns
    -------
    h : (k,)
        A new array with ``|h − h(x)| ≤ ROUNDING`` exactly at the float ``x``.
    slope : float
        Upper bound of ``|h'|`` on ``[x − e, x + e]`` for all entries, for any ``e ≤ 2^-40``.
    largest : float
        ``max |h|``.

    Notes
    -----
    *Core.* Let ``s = √t(1 + σ)`` and ``A = fl(s + fl(s w))`` with ``w`` within `QUOTIENT_ERROR` of
    ``ω = asin(√t)/√t − 1 ≤ 0.0474``. Then ``A = [s + s w(1 + δ₁)](1 + δ₂)``, so relatively to
    ``arcsin √t = √t(1 + ω)`` it errs by at most ``|σ| + 0.75U + 0.0474U + U``, that is ``|σ| + 1.8U`` (terms in
    ``U²`` are covered by the digits given here).

    *|x| ≤ ½.* ``s = |x|`` exactly and ``t = fl(x²)``: as ``dω/dt ≤ 0.24``, the rounding of ``t`` moves the result by
    a relative ``0.06U``: ``A`` to ``1.87U``, ``fl(A/π)`` (constant rounded, product rounded) to ``3.87U``, absolutely
    ``0.65U`` since ``A/π ≤ 1/6``; ``g = ½ ± A/π ≤ ⅔`` to ``(0.65 + 0.67)U``; ``h`` to ``¼·1.32U + U/6 < 0.5U``.

    *|x| > ½.* ``1 − |x|`` and its half are exact; ``s = fl(√t)``, ``|σ| ≤ U``: ``A`` to ``2.81U``, ``2fl(A/π)`` to
    ``4.81U``, absolutely ``1.61U`` since ``2A/π ≤ ⅓``; ``g = 1 − 2A/π`` to ``2.61U``, or ``g = 2A/π`` as it is;
    ``h = fl(xg)/2`` to ``½·2.61U + ½U < 1.9U``.

    *Slope.* ``h' = g/2 + x/(2π√(1 − x²))``. For ``|x| ≤ ½``: ``≤ ⅓ + ½/(2π·0.866) < 0.4253``. Beyond: ``g ≤ 1`` and
    ``1 − x² ≥ (1 − |x|)·3/2 = 3t``, so ``≤ ½ + 1/(2π√3 s)``. Within ``e ≤ 2^-40`` of ``x``, ``t ≥ 2^-14`` changes by a
    relative ``2^-27``, which the last digits of the constants cover.
    """
    core, scratch, t, s = _workspace.take(4, x.size)
    np.abs(x, out=s)
    top = float(s.max(initial=0.0))
    slope = 0.4253
    big = np.flatnonzero(s > HALF) if not top <= HALF else None
    if big is not None and 8 * len(big) > x.size:
        return _mixed_profile(x, top)
    np.multiply(x, x, out=t)
    if big is not None:
        t[big] = 0.0  # they are done apart, and the rational function has a pole there
    quotient(t, core, scratch)
    core *= s
    core += s
    core *= _INVERSE_PI
    h = np.copysign(core, x)
    h += 0.5
    h *= x
    h *= 0.5
    if big is not None:
        h[big], slope, _ = _mixed_profile(x[big], top)
    return h, slope, float(np.abs(h, out=s).max(initial=0.0))


def _mixed_profile(x: Floats, top: float) -> tuple[Floats, float, float]:
    """`relu_profile` where many entries are beyond `HALF`; ``top`` is the largest modulus."""
    core, scratch, t, s, scaled = _workspace.take(5, x.size)  # the caller is done with its buffers
    np.abs(x, out=s)
    np.multiply(x, x, out=t)
    big = s > HALF
    np.subtract(1.0, s, out=scaled)
    scaled *= 0.5
    np.abs(scaled, out=scaled)  # beyond the range only
    np.copyto(t, scaled, where=big)
    np.sqrt(scaled, out=scaled)
    np.copyto(s, scaled, where=big)
    quotient(t, core, scratch)
    core *= s
    core += s
    core *= _INVERSE_PI
    h = np.copysign(core, x)
    h += 0.5
    core *= 2.0
    np.subtract(1.0, core, out=scratch)
    np.copyto(scratch, core, where=x < 0.0)
    np.copyto(h, scratch, where=big)
    h *= x
    h *= 0.5
    slope = max(0.4253, 0.5 + 0.09190 / max(float(np.sqrt(max(1.0 - top, 0.0) * 0.5)), 2.0**-8))
    return h, slope, float(np.abs(h, out=scaled).max(initial=0.0))


#: Bound of the rounding error of `relu_profile`.
ROUNDING = 1.9 * U

#: Bound of the error of `arcsine`.
ARCSINE_ERROR = 5.2 * U
_HALF_PI = np.pi / 2


def arcsine(x: Floats, out: Floats, scratch: Floats) -> Floats:
    """``out = arcsin(x)`` within `ARCSINE_ERROR` for ``|x| ≤ 1``; all arrays of one shape, ``out`` not ``x``.

    Notes
    -----
    With ``A`` as in `relu_profile`. ``|x| ≤ ½``: relatively ``1.87U``, absolutely ``1.87U·π/6 < U``. Beyond:
    ``2A ≤ π/3`` to ``2.81U·π/3 < 2.95U``; the constant ``fl(π/2)`` errs by less than ``0.6U``, the difference by
    ``Uπ/2 < 1.6U``.
    """
    s = np.abs(x)
    t = np.square(s)
    big = s > HALF
    some = bool(big.any())
    if some:
        np.subtract(1.0, s, out=scratch)
        scratch *= 0.5
        np.copyto(t, scratch, where=big)
        np.abs(scratch, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.copyto(s, scratch, where=big)
    quotient(t, out, scratch)
    out *= s
    out += s
    if some:
        np.multiply(out, -2.0, out=scratch)
        scratch += _HALF_PI
        np.copyto(out, scratch, where=big)
    return np.copysign(out, x, out=out)
