"""Any smooth activation: for normalised rows ``K∞_ij = ρ Σ_k a_k² ρ^k``, ``a_k`` the Hermite coefficients of φ'."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import flint
import ival
import numpy as np
import sympy

from certify.arithmetic.balls import arb, lower_float, precision, upper_float
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U, add_up, mul_up
from certify.data.rays import Rays
from certify.errors import InputError
from certify.kernels.base import EntryFunction, interval_strip
from certify.kernels.degeneracy import complementary_null_dimension, equal_null_dimension, odd_null_dimension
from certify.kernels.mixture import MixtureKernel
from certify.kernels.mixtures import mixture_kernel
from certify.kernels.rows import UnitRows
from certify.kernels.series import series_for
from certify.symbolic.activations import Z
from certify.symbolic.balls import integer_power
from certify.symbolic.complement import slopes_add_up
from certify.symbolic.evaluate import evaluate
from certify.symbolic.hermite import BITS, HermiteSeries, NotAnalytic, hermite_series
from certify.symbolic.library import activation_of

#: Relative tail of the series up to which it is taken for unit rows although there is a mixture.
_NEGLIGIBLE = 2.0**-48


@dataclass(frozen=True)
class HermiteKernel:
    """First-layer tangent kernel of an analytic activation at infinite width, for rows of length 1.

    Notes
    -----
    For standard normal g, g' of correlation ρ, ``E h_j(g)h_k(g') = δ_jk ρ^k`` (Mehler), so
    ``E φ'(g)φ'(g') = Σ a_k² ρ^k``: a power series with non-negative coefficients ``c_k = a_k²`` whose sum is ``E φ'²``.
    Beyond the N-th term it is at most ``τ|ρ|^{N+1}`` in modulus, ``τ ≥ Σ_{k>N} c_k``.

    Attributes
    ----------
    weights :
        Floats ``ĉ_k``, k = 0 … N, with ``Σ|ĉ_k − c_k| ≤ weight_error``.
    tail :
        A float ≥ τ.
    slope :
        A float ≥ ``Σ (k+1) c_k``: of the derivative of ``ρ Σ c_k ρ^k`` on [−1, 1].
    rounding :
        A float ≥ the rounding error of Horner's scheme (see `strip`).
    square :
        ``E φ'²``, the diagonal.
    odd, even :
        Whether φ is, but for a constant.
    other_lengths :
        What serves for rows that are not normalised, and for unit rows where the series' tail is not negligible; None
        where there is nothing.
    """

    activation: str
    weights: tuple[float, ...]
    weight_error: float
    tail: float
    slope: float
    rounding: float
    square: tuple[float, float]
    odd: bool
    even: bool
    other_lengths: MixtureKernel | None = None

    degree = 0
    steep = False

    @property
    def formula(self) -> str:
        """LaTeX of an entry."""
        return (
            r"\langle x_i, x_j\rangle \sum_k a_k^2\,\langle x_i, x_j\rangle^k,\quad "
            r"\varphi' = \sum_k a_k h_k \text{ (normalised Hermite polynomials)}"
        )

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`; Horner's scheme in intervals."""
        if self.by_mixture(rows.normalized):
            return self._others().entries(cosines, rows, i, j)
        total = ival.Interval(0.0) * cosines
        for c in reversed(self.weights):
            total = total * cosines + c
        slack = add_up(self.weight_error, self.tail)
        return (total + ival.Interval(-slack, slack)) * cosines

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """Horner's scheme in floats.

        Notes
        -----
        ``ĉ_k`` takes part in at most ``2k + 1`` roundings and the last product adds one, so the computed
        ``p̂(ρ̃)`` errs by at most ``Σ γ_{2k+2} ĉ_k |ρ̃|^{k+1}``, at most `rounding` for ``|ρ̃| ≤ 1 + 2^-40``; ρ̃ is right to
        ``rows.cosine_error``, which costs `slope` times that (the slope on the slightly longer interval is covered by
        the factor in `_measure`); what is left out is at most ``weight_error + τ|ρ|^{N+2}``. A cosine that is no
        finite number near [−1, 1] goes to `interval_strip`.
        """
        if self.by_mixture(rows.normalized):
            return self._others().strip(cosines, rows, i, j)
        if not np.all(np.abs(cosines) <= 1.0 + 2.0**-40):
            return interval_strip(self, cosines, rows, i, j)
        total = np.full_like(cosines, self.weights[-1])
        for c in self.weights[-2::-1]:
            total *= cosines
            total += c
        total *= cosines
        error = add_up(self.rounding, mul_up(self.slope, rows.cosine_error), self.weight_error, 2.0**-1000)
        radius = np.minimum(np.abs(cosines) + rows.cosine_error, 1.0)
        for _ in range(int(math.log2(len(self.weights) + 1))):
            radius *= radius  # |ρ|^(2^j) with 2^j ≤ N + 2: the full power would only be smaller
        radius *= self.tail * (1.0 + 2.0**-30)
        radius += error * (1.0 + 2.0**-30)
        return total, radius

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``E φ'(g)²`` for every row."""
        if self.by_mixture(rows.normalized):
            return self._others().diagonal(rows)
        return ival.Interval(np.full(rows.n, self.square[0]), np.full(rows.n, self.square[1]))

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """``ρ Σ a_k² ρ^k`` from the balls of the coefficients (right to about 1e-28), for rows of length exactly 1."""
        if self.by_mixture(bool(first == 1 and second == 1)):
            return self._others().entry(dot, first, second)
        series = _series(self.activation)
        total = arb(0)
        for a in reversed(series.coefficients):
            total = total * dot + a * a
        rest: flint.arb = series.tail * integer_power(abs(dot).min(arb(1)), len(series.coefficients))
        top = rest.abs_upper()
        return dot * (total + (-top).union(top))

    def null_dimension(self, X: Floats, rays: Rays, normalized: bool) -> int:
        """From rows equal up to sign where φ is odd or even, or ``φ'(z) + φ'(−z)`` constant; else from equal rows."""
        if self.odd or self.even:
            return odd_null_dimension(X, rays, normalized)
        if slopes_add_up(self.activation):
            return complementary_null_dimension(X, rays, normalized)
        return equal_null_dimension(X, rays, normalized)

    def at_lengths(self, rows: UnitRows) -> EntryFunction:
        """What serves for these rows: for others than unit rows the mixture, or a series for their lengths.

        From the main thread. Raises `InputError` where the rows are too long for a series.
        """
        if rows.normalized or self.other_lengths is not None:
            return self
        return series_for(activation_of(self.activation), rows)

    def refines(self, normalized: bool) -> bool:
        """Whether `entry` is right to far more digits than float64 has."""
        if self.by_mixture(normalized):
            return self.other_lengths is not None and self.other_lengths.refines(normalized)
        return True

    def by_mixture(self, unit: bool) -> bool:
        """Whether the entries are not those of the series at length 1 (``unit``: the rows are normalised)."""
        return not unit or (self.other_lengths is not None and self.tail > _NEGLIGIBLE * self.square[1])

    def _others(self) -> MixtureKernel:
        if self.other_lengths is None:
            raise InputError(
                f"single entries of the kernel of {self.activation} are computed for rows of length 1 only",
                "--activation",
                "normalise the rows (--normalize), or take a named activation",
            )
        return self.other_lengths


@lru_cache(maxsize=64)
def _series(name: str) -> HermiteSeries:
    activation = activation_of(name)
    with precision(BITS):
        bound = evaluate(activation.slope_bound, {}).upper()
    try:
        return hermite_series(activation.derivative, bound)
    except NotAnalytic:
        raise InputError(
            f"φ' of {name} has singularities too close to the real axis for its kernel to be computed",
            "--activation",
            "a smoother activation",
        ) from None


@lru_cache(maxsize=64)
def hermite_kernel(name: str) -> HermiteKernel | MixtureKernel:
    """The kernel of a smooth activation; the mixture alone where φ' is too steep for an expansion.

    Raises `InputError` where φ' has neither.
    """
    activation = activation_of(name)
    slope = activation.derivative  # its parity decides: constants, as in the sigmoid, do not matter
    odd, even = (sympy.simplify((slope + s * slope.subs(Z, -Z)).rewrite(sympy.exp)) == 0 for s in (-1, 1))
    mixture = mixture_kernel(activation, bool(odd or even))
    try:
        series = _series(name)
    except InputError:
        if mixture is None:
            raise
        return mixture
    with precision(BITS):
        weights, error, slope, rounding = [], arb(0), arb(0), arb(0)
        for k, a in enumerate(series.coefficients):
            c = a * a
            rounded = max(0.0, float(c.mid()))
            if rounded < 1e-300:
                rounded = 0.0
            weights.append(rounded)
            error += abs(c - arb(rounded)).upper()
            slope += (k + 1) * c
            rounding += (2 * k + 3) * arb(rounded)
        # the tail of the slope Σ_{k>N} (k+1)c_k is not known, and not needed: the tail is bounded on the true cosine
        return HermiteKernel(
            name,
            tuple(weights),
            upper_float(error),
            max(0.0, upper_float(series.tail)),
            upper_float(slope * (1 + arb(2) ** -20)),
            upper_float(rounding * arb(U) * (1 + arb(2) ** -20)),
            (lower_float(series.square), upper_float(series.square)),
            bool(odd),
            bool(even),
            mixture,
        )
