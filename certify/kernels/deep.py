"""Tangent kernels of fully connected networks of any depth, all layers trained, with biases: ReLU and erf.

The networks are those of neural-tangents' ``stax.serial(Dense, φ, …, Dense, φ, Dense)`` in NTK parametrisation:
``z^1 = σ W^1 x/√d + β b^1``, ``z^{l+1} = σ W^{l+1} φ(z^l)/√m + β b^{l+1}``, all weights and biases N(0, 1) and trained.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import flint
import ival
import numpy as np

from certify.arithmetic.balls import arb
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U
from certify.data.rays import Rays
from certify.errors import InputError
from certify.kernels.arcsine import ARCSINE_ERROR, arcsine
from certify.kernels.base import entries_near, unscaled_squares
from certify.kernels.degeneracy import equal_null_dimension, odd_null_dimension
from certify.kernels.lengths import Lengths, times_lengths
from certify.kernels.rows import UnitRows
from certify.kernels.scaled import enclose

_CELLS = 16384
_INVERSE_PI = 1.0 / math.pi
_PI = ival.acos(ival.Interval(-1.0))
_TINY = 1.0 + 2.0**-20
_LARGEST_EXPONENT = 400
DEEP_ACTIVATIONS = ("relu", "erf")
DEEPEST = 64


@dataclass(frozen=True)
class DeepKernel:
    """The infinite-width tangent kernel of a network of ``depth`` hidden layers, all parameters trained.

    Attributes
    ----------
    phi :
        ``relu`` or ``erf``.
    weight_variance, bias_variance :
        ``σ²`` > 0 and ``β²`` ≥ 0, exact.
    inputs :
        The factor ``1/d`` of the first layer.

    Notes
    -----
    ``Σ¹ = σ² x·x'/d + β²``, ``Θ¹ = Σ¹``, ``Σ^{l+1} = σ² E φ(u)φ(v) + β²``, ``Θ^{l+1} = Σ^{l+1} + σ² Θ^l E φ'(u)φ'(v)``
    with ``(u, v)`` of the covariance that ``Σ^l`` has on the two rows [jacot2018]; the kernel is ``Θ^{depth+1}``. What
    is computed are ``c = Σ_ij/√(Σ_iiΣ_jj)`` and ``t = Θ_ij/√(Σ_iiΣ_jj)``: ``proofs/kernels.md``, Section 4.
    """

    phi: str
    depth: int
    weight_variance: Fraction
    bias_variance: Fraction
    inputs: Fraction

    degree = 0
    steep = True

    @property
    def activation(self) -> str:
        """What names the kernel."""
        return (
            f"{self.phi}, depth {self.depth}, all layers trained, weight variance {self.weight_variance}, "
            f"bias variance {self.bias_variance}, inputs times {self.inputs}"
        )

    @property
    def formula(self) -> str:
        """LaTeX of the recursion."""
        return (
            r"\Theta^{L+1}_{ij},\ \Sigma^1 = \sigma^2\langle x_i, x_j\rangle/d + \beta^2,\ \Theta^1 = \Sigma^1,\ "
            r"\Sigma^{l+1} = \sigma^2\,\mathrm{E}\,\varphi\varphi + \beta^2,\ "
            r"\Theta^{l+1} = \Sigma^{l+1} + \sigma^2\Theta^l\,\mathrm{E}\,\varphi'\varphi'"
        )

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`."""
        return entries_near(self._near, cosines, rows, i, j)

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """In floats, layer by layer."""
        return self._near(cosines, rows.cosine_error, rows, i, j)

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``Θ_ii`` by intervals."""
        sigma, beta = enclose(self.weight_variance), enclose(self.bias_variance)
        q = self._first(rows)
        theta = q
        for _ in range(self.depth):
            slope = ival.Interval(0.5) if self.phi == "relu" else 4.0 / (_PI * ival.sqrt(q * 4.0 + 1.0))
            q = sigma * self._second_moment(q) + beta
            theta = q + sigma * theta * slope
        return theta

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """The recursion in balls."""
        sigma, beta, scale, pi = arb(self.weight_variance), arb(self.bias_variance), arb(self.inputs), flint.arb.pi()
        if dot is first and dot is second:  # one ball for one number, x = x': the determinant is 0, exactly
            return self._on_diagonal(sigma * scale * dot + beta)
        p, q, s = (sigma * scale * x + beta for x in (first, second, dot))
        theta = s
        for _ in range(self.depth):
            if self.phi == "relu":
                moment, slope = _relu_moments(s, p, q)
                s = sigma * moment + beta
                p, q = sigma * p / 2 + beta, sigma * q / 2 + beta
            else:
                volume = (1 + 2 * p) * (1 + 2 * q) - 4 * s * s
                slope = 4 / (pi * volume.sqrt())
                s = sigma * (2 / pi) * (2 * s / volume.sqrt()).atan() + beta
                p, q = (sigma * (2 / pi) * (2 * x / (1 + 4 * x).sqrt()).atan() + beta for x in (p, q))
            theta = s + sigma * theta * slope
        return theta

    def _on_diagonal(self, q: flint.arb) -> flint.arb:
        sigma, beta, pi = arb(self.weight_variance), arb(self.bias_variance), flint.arb.pi()
        theta = q
        for _ in range(self.depth):
            if self.phi == "relu":
                slope, q = arb(1) / 2, sigma * q / 2 + beta
            else:
                root = (1 + 4 * q).sqrt()
                slope, q = 4 / (pi * root), sigma * (2 / pi) * (2 * q / root).atan() + beta
            theta = q + sigma * theta * slope
        return theta

    def null_dimension(self, X: Floats, rays: Rays, normalized: bool) -> int:
        """Null vectors from coinciding rows.

        With biases: equal rows. Without: ReLU networks are homogeneous, ``F(cx) = cF(x)`` for ``c > 0``, so that rows
        on one ray have parallel gradients; erf networks are odd, so that ``x`` and ``−x`` have opposite ones.
        """
        if self.bias_variance:
            return equal_null_dimension(X, rays, normalized)
        if self.phi == "relu":
            return len(rays.first) - len(rays.representatives)
        return odd_null_dimension(X, rays, normalized)

    def _first(self, rows: UnitRows) -> ival.Interval:
        """``Σ¹_ii``, (n,)."""
        if abs(rows.exponent) > _LARGEST_EXPONENT:
            raise InputError(
                f"the longest row is about 2^{rows.exponent} long",
                "kernel of a deep network",
                "normalise the rows (--normalize) or rescale the data",
            )
        squared = unscaled_squares(rows)
        return squared * enclose(self.weight_variance * self.inputs) + enclose(self.bias_variance)

    def _second_moment(self, q: ival.Interval) -> ival.Interval:
        """``E φ(u)²``, ``Var u = q``: ``q/2``, or ``(2/π)arcsin(2q/(1+2q))``."""
        if self.phi == "relu":
            return q * 0.5
        # increasing in q: from the two ends, so that the interval does not widen from layer to layer
        low, high = (
            ival.atan(end * 2.0 / ival.sqrt(end * 4.0 + 1.0)) * 2.0 / _PI
            for end in (ival.Interval(q.lo, q.lo), ival.Interval(q.hi, q.hi))
        )
        return ival.Interval(low.lo, high.hi)

    def _near(self, cosines: Floats, error: float, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        first = self._first(rows)
        left, right = (_Tables.of(self, first[part], rows, part) for part in (i, j))
        value, radius = np.empty_like(cosines), np.empty_like(cosines)
        step = max(1, _CELLS // max(1, cosines.shape[1]))
        for top in range(0, len(cosines), step):
            part = slice(top, top + step)
            value[part], radius[part] = self._block(cosines[part], error, left.rows(part), right)
        return value, radius

    def _block(self, rho: Floats, error: float, left: _Tables, right: _Tables) -> tuple[Floats, Floats]:
        """See ``proofs/kernels.md``, Section 4, for every bound."""
        relative = left.error + right.error
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            c = np.clip(rho, -1.0, 1.0)
            off = np.full_like(c, error)
            if self.bias_variance:
                c = _affine(c, left.slope[0], right.slope[0], left.shift[0], right.shift[0])
                off += relative + 5.0 * U
            t, wide = c.copy(), off.copy()
            layer = self._relu if self.phi == "relu" else self._erf
            for k in range(1, self.depth + 1):
                c, off, t, wide = layer(k, c, off, t, wide, left, right)
            return times_lengths(t, wide, left.size, right.size)

    def _relu(
        self, k: int, c: Floats, off: Floats, t: Floats, wide: Floats, left: _Tables, right: _Tables
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """``c' = αk_1 + β``, ``t' = c' + αtk_0`` with ``k_0 = ½ + arcsin(c)/π``, ``k_1 = √(1−c²)/π + ck_0``."""
        k0 = arcsine(c, np.empty_like(c), np.empty_like(c))
        k0 *= _INVERSE_PI
        k0 += 0.5
        k1 = np.sqrt((1.0 - c) * (1.0 + c))
        k1 *= _INVERSE_PI
        k1 += c * k0
        off0 = _arcsine_change(c, off) * (_INVERSE_PI * _TINY) + 4.0 * U
        off = off + 8.0 * U
        wide = wide * k0 + (np.abs(t) + wide) * off0
        t = t * k0
        relative = left.error + right.error + 6.0 * U
        if self.bias_variance:
            c = _affine(k1, left.slope[k], right.slope[k], left.shift[k], right.shift[k])
            off += relative
            factor = left.slope[k][:, None] * right.slope[k][None, :]
            t *= factor
            wide *= factor * (1.0 + relative)
        else:
            c = k1
        wide = (wide + off + np.abs(t) * relative) * _TINY
        t += c
        wide += np.abs(t) * (2.0 * U)
        return np.clip(c, -1.0, 1.0, out=c), off * _TINY, t, wide

    def _erf(
        self, k: int, c: Floats, off: Floats, t: Floats, wide: Floats, left: _Tables, right: _Tables
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """``u = css'``, ``c' = ee'(2/π)arcsin(u) + β``, ``t' = c' + gg't/√(1−u²)``."""
        relative = left.error + right.error + 6.0 * U
        u = left.inner[k][:, None] * right.inner[k][None, :]
        off = off * u * (1.0 + relative)
        u *= c
        off = (off + np.abs(u) * relative) * _TINY
        angle = arcsine(u, np.empty_like(u), np.empty_like(u))
        rest = _room(u, off)
        change = (_arcsine_change(u, off) + ARCSINE_ERROR) * _TINY
        root = np.sqrt((1.0 - u) * (1.0 + u))
        slope = 1.0 / root
        off_slope = (off / (rest * np.sqrt(rest)) + slope * (4.0 * U)) * _TINY
        factor = left.slope[k][:, None] * right.slope[k][None, :]
        c = angle * factor
        off = factor * change * (1.0 + relative) + np.abs(c) * relative
        if self.bias_variance:
            c += left.shift[k][:, None] * right.shift[k][None, :]
            off += relative
        off = (off + 2.0 * U) * _TINY
        factor = left.outer[k][:, None] * right.outer[k][None, :]
        wide = (wide * slope + (np.abs(t) + wide) * off_slope) * factor * (1.0 + relative)
        t = t * slope * factor
        wide += np.abs(t) * relative
        t += c
        wide = (wide + off + np.abs(t) * (2.0 * U)) * _TINY
        return np.clip(c, -1.0, 1.0, out=c), off, t, wide


@dataclass(frozen=True)
class _Tables:
    """For each layer and row, floats right to the relative ``error``: factors of the recursion for c and t.

    With ``p = √Σ_ii`` before and ``p'`` behind a layer: ``slope`` is ``σp/(√2p')`` (ReLU) or ``√(2/π)σ/p'`` (erf),
    ``shift`` is ``β/p'``, ``inner`` is ``√(2p²/(1+2p²))``, ``outer`` is ``σ(2/√π)p/(p'√(1+2p²))``. Layer 0 is the
    affine map of the inputs.
    """

    slope: list[Floats]
    shift: list[Floats]
    inner: list[Floats]
    outer: list[Floats]
    size: Lengths
    error: float

    @classmethod
    def of(cls, kernel: DeepKernel, q: ival.Interval, rows: UnitRows, part: slice) -> _Tables:
        sigma, beta = enclose(kernel.weight_variance), enclose(kernel.bias_variance)
        p = ival.sqrt(q)
        bias = ival.sqrt(beta)
        signal = q - beta if not kernel.bias_variance else _signal(kernel, rows, part)
        nothing = ival.Interval(np.ones(len(q.lo)))
        # each quantity once in each formula: no interval widens for want of that
        found: list[tuple[ival.Interval, ...]] = [
            (ival.recip(ival.sqrt(beta / signal + 1.0)), bias / p, nothing, nothing)
        ]
        root_sigma = ival.sqrt(sigma)
        for _ in range(kernel.depth):
            before, q = q, sigma * kernel._second_moment(q) + beta
            p = ival.sqrt(q)
            if kernel.phi == "relu":
                slope_of = ival.recip(ival.sqrt(beta * 2.0 / (sigma * before) + 1.0))
                found.append((slope_of, bias / p, nothing, nothing))
            else:
                inverse = ival.recip(before)
                found.append(
                    (
                        root_sigma * ival.sqrt(2.0 / _PI) / p,
                        bias / p,
                        ival.recip(ival.sqrt(inverse * 0.5 + 1.0)),
                        root_sigma * 2.0 / (ival.sqrt(_PI * (inverse + 2.0)) * p),
                    )
                )
        slope, shift, inner, outer = ([np.asarray(x.lo) for x in column] for column in zip(*found, strict=True))
        with np.errstate(divide="ignore", invalid="ignore"):
            spreads = [
                np.where(np.asarray(x.hi) > 0.0, (x.hi - x.lo) / x.lo, 0.0).max(initial=0.0)
                for one in found
                for x in one
            ]
        return cls(slope, shift, inner, outer, Lengths.of(p), float(np.max(spreads)) * (1.0 + 8.0 * U))

    def rows(self, part: slice) -> _Tables:
        """Some of the rows."""
        slope, shift, inner, outer = (
            [x[part] for x in column] for column in (self.slope, self.shift, self.inner, self.outer)
        )
        return _Tables(slope, shift, inner, outer, self.size.rows(part), self.error)


def _signal(kernel: DeepKernel, rows: UnitRows, part: slice) -> ival.Interval:
    """``σ²|x|²/d``, (k,)."""
    squared = unscaled_squares(rows)
    return squared[part] * enclose(kernel.weight_variance * kernel.inputs)


def _affine(x: Floats, a: Floats, b: Floats, left: Floats, right: Floats) -> Floats:
    """``ab'x + ll'``."""
    value: Floats = a[:, None] * b[None, :]
    value *= x
    value += left[:, None] * right[None, :]
    return value


def _room(x: Floats, off: Floats) -> Floats:
    """A lower bound of ``1 − y²`` for ``|y| ≤ |x| + off``, or 0; ``8U`` covers its roundings."""
    most = np.abs(x) + off
    room: Floats = (1.0 - most) * (1.0 + most) - 8.0 * U
    return np.maximum(room, 0.0, out=room)


def _arcsine_change(x: Floats, off: Floats) -> Floats:
    """A bound of ``|arcsin x − arcsin y|`` for ``|x|, |y| ≤ 1``, ``|x − y| ≤ off``.

    The slope at the end that is nearer to ±1; and as ``|arcsin'|`` is even and grows with ``|x|``, the change on an
    interval is at most that on one of its length at the end: ``arccos(1 − off) ≤ π√(off/2)``.
    """
    room = _room(x, off)
    bound: Floats = np.minimum(off / np.sqrt(room), (math.pi * _TINY) * np.sqrt(0.5 * off))
    bound *= _TINY
    return bound


def _relu_moments(s: flint.arb, p: flint.arb, q: flint.arb) -> tuple[flint.arb, flint.arb]:
    """``E φ(u)φ(v)`` and ``E φ'(u)φ'(v)`` for the ReLU, from covariance and variances.

    Notes
    -----
    ``√(pq)V`` and ``(π−θ)/(2π)``, ``V = (sin θ + (π−θ)cos θ)/(2π)``. Where the ball cannot tell the determinant from 0:
    with ``θ ≤ (π/2)sin θ``, ``V' = −(π−θ)sin θ/(2π) ≥ −θ/2`` gives ``½ − θ²/4 ≤ V ≤ ½``, so that no digits are lost
    from layer to layer; near π, with ``η = π − θ``, ``0 ≤ V = (sin η − η cos η)/(2π) ≤ η³/(6π)``.
    """
    pi, squared = flint.arb.pi(), p * q - s * s
    if squared > 0:
        root = squared.sqrt()
        angle = (root / s).atan() if s > 0 else pi + (root / s).atan() if s < 0 else pi / 2 - (s / root).atan()
        share = (pi - angle) / (2 * pi)
        return root / (2 * pi) + s * share, share
    top = (pi / 2 * (squared.abs_upper() / (p * q)).sqrt()).upper()
    zero = arb(0)
    if s > 0:
        return (p * q).sqrt() * (arb(1) / 2 - zero.union(top * top / 4)), arb(1) / 2 - zero.union(top / (2 * pi))
    if s < 0:
        return (p * q).sqrt() * zero.union(top**3 / (6 * pi)), zero.union(top / (2 * pi))
    return zero.union((p * q).sqrt() / 2), zero.union(arb(1) / 2)
