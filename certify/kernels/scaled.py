"""Closed forms of ``erf(cz)``, ``sin(cz)``, ``cos(cz)`` and of the leaky ReLU, for rows of any length."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint
import ival

from certify.arithmetic.balls import arb, lower_float, precision, upper_float
from certify.arithmetic.exact import Floats
from certify.data.rays import Rays
from certify.errors import InputError
from certify.kernels.base import interval_strip, lengths, unscaled_squares
from certify.kernels.degeneracy import odd_null_dimension, relu_null_dimension
from certify.kernels.relu import ReluKernel, angle
from certify.kernels.rows import UnitRows

_FOUR_OVER_PI = 4.0 / ival.acos(ival.Interval(-1.0, -1.0))


def enclose(value: Fraction) -> ival.Interval:
    """The tightest interval around a rational."""
    with precision(128):
        return ival.Interval(lower_float(arb(value)), upper_float(arb(value)))


def scaled_squares(rows: UnitRows, c: Fraction, activation: str) -> ival.Interval:
    """Intervals around ``c²|x_i|²`` (n,). Raises `InputError` for rows of extreme length."""
    if abs(rows.exponent) > 400:
        raise InputError(
            f"the longest row is about 2^{rows.exponent} long and {activation} is not scale-free",
            f"kernel {activation}",
            "normalise the rows (--normalize) or rescale the data",
        )
    return unscaled_squares(rows) * enclose(c * c)


@dataclass(frozen=True)
class ScaledErfKernel:
    """``φ = erf(cz)``: the kernel of erf at the rows ``c x_i``, since ``φ'(z) = c·erf'(cz)``."""

    activation: str
    c: Fraction

    degree = 0
    steep = True
    formula = (
        r"\frac{4c^2}{\pi}\,\frac{\langle x_i, x_j\rangle}"
        r"{\sqrt{(1+2c^2\|x_i\|^2)(1+2c^2\|x_j\|^2)-4c^4\langle x_i, x_j\rangle^2}}"
    )

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`, and `certify.kernels.erf` for the form."""
        inverse = ival.recip(scaled_squares(rows, self.c, self.activation))
        a, b = inverse[i][:, None], inverse[j][None, :]
        sine = (1.0 - cosines) * (1.0 + cosines) * 4.0
        return cosines * _FOUR_OVER_PI / ival.sqrt(sine + a * 2.0 + b * 2.0 + a * b)

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """By intervals."""
        return interval_strip(self, cosines, rows, i, j)

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``(4/π)/√(a(a + 4))``, ``a = 1/(c|x|)²``."""
        inverse = ival.recip(scaled_squares(rows, self.c, self.activation))
        return _FOUR_OVER_PI / ival.sqrt(inverse * (inverse + 4.0))

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """The formula."""
        q = arb(self.c * self.c)
        root = ((1 + 2 * q * first) * (1 + 2 * q * second) - 4 * q * q * dot * dot).sqrt()
        return 4 * q * dot / flint.arb.pi() / root

    def null_dimension(self, X: Floats, rays: Rays, normalized: bool) -> int:
        """φ is odd."""
        return odd_null_dimension(X, rays, normalized)


@dataclass(frozen=True)
class WaveKernel:
    """``φ = sin(cz)`` (``sign`` 1) or ``cos(cz)`` (``sign`` −1).

    Notes
    -----
    With ``u = cw·x, v = cw·x'``: ``cos u cos v = ½[cos(u−v) + cos(u+v)]``, ``sin u sin v = ½[cos(u−v) − cos(u+v)]`` and
    ``E cos g = e^{−Var g/2}``; so ``K = (c²x·x'/2)[e^{−c²|x−x'|²/2} ± e^{−c²|x+x'|²/2}]``, where
    ``|x∓x'|² = (|x|−|x'|)² + 2|x||x'|(1∓ρ)``: a sum of non-negative terms.
    """

    activation: str
    c: Fraction
    sign: int

    degree = 0
    steep = False

    @property
    def formula(self) -> str:
        """LaTeX of an entry."""
        return (
            r"\tfrac{c^2}{2}\langle x_i, x_j\rangle\left(e^{-c^2\|x_i-x_j\|^2/2}"
            + ("+" if self.sign > 0 else "-")
            + r"e^{-c^2\|x_i+x_j\|^2/2}\right)"
        )

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`."""
        squared = scaled_squares(rows, self.c, self.activation)
        length = ival.sqrt(squared)
        a, b = length[i][:, None], length[j][None, :]
        gap = ival.sqr(a - b) * 0.5
        product = a * b
        near, far = ival.exp(-(gap + product * (1.0 - cosines))), ival.exp(-(gap + product * (1.0 + cosines)))
        return cosines * product * (near + far if self.sign > 0 else near - far) * 0.5

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """By intervals."""
        return interval_strip(self, cosines, rows, i, j)

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``(c²|x|²/2)(1 ± e^{−2c²|x|²})``."""
        squared = scaled_squares(rows, self.c, self.activation)
        far = ival.exp(squared * -2.0)
        return squared * (1.0 + far if self.sign > 0 else 1.0 - far) * 0.5

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """The formula."""
        q = arb(self.c * self.c)
        near, far = (-q * (first + second - 2 * dot) / 2).exp(), (-q * (first + second + 2 * dot) / 2).exp()
        return q * dot * (near + self.sign * far) / 2

    def null_dimension(self, X: Floats, rays: Rays, normalized: bool) -> int:
        """φ is odd or even: either way rows up to sign have parallel gradients."""
        return odd_null_dimension(X, rays, normalized)


@dataclass(frozen=True)
class LeakyReluKernel:
    """``φ = max(z, az)``, 0 < a < 1: ``E φ'φ' = a + (1−a)²(π−θ)/(2π)``, as ``φ' = a + (1−a)1{z>0}``."""

    activation: str
    a: Fraction

    degree = 2
    steep = True
    formula = r"\langle x_i, x_j\rangle\,\left(a + (1-a)^2(\pi - \arccos\rho_{ij})/(2\pi)\right)"

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`."""
        linear = cosines * enclose(self.a)
        if not rows.normalized:
            length, _ = lengths(rows)
            linear = linear * length[i][:, None] * length[j][None, :]
        return linear + ReluKernel().entries(cosines, rows, i, j) * enclose((1 - self.a) ** 2)

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """By intervals."""
        return interval_strip(self, cosines, rows, i, j)

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``|x|²(1 + a²)/2``."""
        return lengths(rows)[1] * enclose((1 + self.a**2) / 2)

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """The formula."""
        pi = flint.arb.pi()
        return dot * (arb(self.a) + arb((1 - self.a) ** 2) * (pi - angle(dot, first, second)) / (2 * pi))

    def null_dimension(self, X: Floats, rays: Rays, normalized: bool) -> int:
        """The same as the ReLU's.

        ``Σ_i v_i φ'(w·x_i)x_i = 0`` for almost all w means the same for ``w`` and ``−w``: with ``s = Σv_i x_i`` and
        ``r(w) = Σ v_i 1{w·x_i > 0}x_i``, ``as + (1−a)r(w) = 0``; adding both signs, ``2as + (1−a)s = (1+a)s = 0``, so
        ``r = 0`` as well; and the ReLU's condition ``r = 0`` gives ``s = r(w) + r(−w) = 0``.
        """
        return relu_null_dimension(X, rays)
