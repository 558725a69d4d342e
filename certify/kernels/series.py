"""The kernel of a smooth expression for rows of given lengths: ``K∞_ij = x_i·x_j Σ_k a_k(|x_i|)a_k(|x_j|)ρ^k``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import flint
import ival
import numpy as np

from certify.arithmetic.balls import arb, lower_float, precision, upper_float
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U
from certify.errors import InputError
from certify.kernels.base import entries_near
from certify.kernels.lengths import enclose_lengths, with_lengths
from certify.kernels.rows import UnitRows
from certify.symbolic.activations import Activation
from certify.symbolic.evaluate import evaluate
from certify.symbolic.hermite import BITS, PANEL_BITS, NotAnalytic
from certify.symbolic.hermite_rows import row_coefficients

#: Beyond this no expansion of 512 terms is of use, and the attempt would take long.
_LONGEST = 64.0


@dataclass(frozen=True, eq=False)
class RowSeries:
    """An entry function for the very rows it was made for (see `series_for`).

    Attributes
    ----------
    table : (n, N + 1)
        Floats ``â_k(|x_i|)``.
    spread : (n,)
        Floats ≥ ``|a − â|₂`` over ``k ≤ N``.
    tail : (n,)
        Floats ≥ ``(Σ_{k>N} a_k²)^{1/2}``.
    size : (n,)
        Floats ≥ ``(E φ'(|x_i|g)²)^{1/2}`` and ≥ ``|â|₂``.
    weighted : (n,)
        Floats ≥ ``(Σ_k (2k + 4) â_k²)^{1/2}``.
    square : (2, n)
        Ends of intervals around ``E φ'(|x_i|g)²``.

    Notes
    -----
    By Cauchy and Schwarz ``|Σ(a_ka'_k − â_kâ'_k)ρ^k| ≤ spread·size' + size·spread'``, what is left out is at most
    ``tail·tail'·|ρ|^{N+1}``, Horner's rounding at most ``U·weighted·weighted'`` (a product ``fl(â_kâ'_k)`` meets
    ``2k + 2`` roundings), and an error ε of the cosine, ``|ρ̂| ≤ 1 + ε``, costs ``ε Σ k|â_kâ'_k|``, at most
    ``½ε·weighted·weighted'``.
    """

    activation: str
    table: Floats
    spread: Floats
    tail: Floats
    size: Floats
    weighted: Floats
    square: Floats

    degree = 0
    steep = False

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`."""
        return entries_near(self._near, cosines, rows, i, j)

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """Horner's scheme with a coefficient for every entry."""
        return self._near(cosines, rows.cosine_error, rows, i, j)

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``|x_i|² E φ'(|x_i|g)²``."""
        return ival.Interval(self.square[0], self.square[1]) * enclose_lengths(rows).squared

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """Only what Cauchy and Schwarz say: single entries are not refined."""
        top = abs(dot) * arb(float(self.size.max())) ** 2
        return (-top).union(top)

    def _near(self, rho: Floats, error: float, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        left, right = self.table[i], self.table[j]
        value = np.zeros_like(rho)
        for k in range(self.table.shape[1] - 1, -1, -1):
            value *= rho
            value += left[:, k, None] * right[None, :, k]
        within = np.minimum(np.abs(rho) + error, 1.0)
        power = within.copy()
        for _ in range((self.table.shape[1]).bit_length() - 1):
            power *= power  # 2^j ≤ N + 1
        power *= self.tail[i][:, None] * self.tail[j][None, :]
        power += self.spread[i][:, None] * self.size[j][None, :]
        power += self.size[i][:, None] * self.spread[j][None, :]
        # |ρ̂|^k ≤ (1 + ε)^k is covered by the last factor as long as ε is small
        slope = (U + 0.5 * error) if error < 2.0**-40 else np.inf
        power += slope * (self.weighted[i][:, None] * self.weighted[j][None, :])
        power *= 1.0 + 2.0**-20
        lengths = enclose_lengths(rows)
        return with_lengths(value, power, rho, error, lengths.rows(i), lengths.rows(j))


def series_for(activation: Activation, rows: UnitRows) -> RowSeries:
    """The entry function of φ for these rows; from the main thread (Arb).

    Notes
    -----
    The coefficients are those at the lower ends r̂ of intervals around the lengths, or at ``2^-200`` where those are
    less: ``|a(r) − a(r̂)|₂ ≤ (E(φ'(rg) − φ'(r̂g))²)^{1/2} ≤ sup|φ''|·|r − r̂|``, and ``|r − r̂| ≤ r̂·error + 2^-199``.

    Raises
    ------
    InputError
        Where the rows are too long for an expansion.
    """
    found = enclose_lengths(rows)
    longest = float(found.upper.max())
    if not longest <= _LONGEST:
        raise _too_long(activation.name, longest)
    lengths = np.maximum(found.lower, 2.0**-200)
    return _series_at(activation, lengths.tobytes(), found.error)


@lru_cache(maxsize=2)
def _series_at(activation: Activation, raw: bytes, error: float) -> RowSeries:
    distinct, place = np.unique(np.frombuffer(raw), return_inverse=True)
    assert activation.curvature_bound is not None
    with precision(BITS):
        slope = evaluate(activation.slope_bound, {}).upper()
        curvature = evaluate(activation.curvature_bound, {}).upper()
    try:
        found = row_coefficients(activation.derivative, slope, distinct.tolist())
    except NotAnalytic:
        raise _too_long(activation.name, float(distinct[-1])) from None
    table = np.empty((len(distinct), len(found[0].coefficients)))
    spread, tail, size, weighted, low, high = np.empty((6, len(distinct)))
    with precision(PANEL_BITS):
        for row, one in enumerate(found):
            weight, off = arb(0), arb(0)
            total = arb(0)
            for k, a in enumerate(one.coefficients):
                rounded = float(a.mid())
                rounded = 0.0 if abs(rounded) < 1e-150 else rounded
                table[row, k] = rounded
                square = arb(rounded) * arb(rounded)
                off += (a - arb(rounded)) * (a - arb(rounded))
                total += square
                weight += (2 * k + 4) * square
            moved = curvature * (arb(float(distinct[row])) * arb(error) + arb(2.0**-199))
            root = one.square.abs_upper().sqrt() + moved
            spread[row] = upper_float(off.abs_upper().sqrt() + moved)
            tail[row] = upper_float(one.tail.abs_upper().sqrt() + moved)
            size[row] = upper_float(root.max(total.abs_upper().sqrt()))
            weighted[row] = upper_float(weight.abs_upper().sqrt())
            high[row] = upper_float(root * root)
            least = one.square.lower().max(arb(0)).sqrt() - moved
            low[row] = max(0.0, lower_float(least * least)) if least > 0 else 0.0
    ends = np.stack([low[place], high[place]])
    return RowSeries(activation.name, table[place], spread[place], tail[place], size[place], weighted[place], ends)


def _too_long(activation: str, longest: float) -> InputError:
    return InputError(
        f"the kernel of {activation} is not computed for rows as long as {longest:.3g}",
        "--activation",
        "normalise the rows (--normalize), or standardise them (--preprocess standardize), or take a named activation",
    )
