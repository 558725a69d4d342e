"""Unit rows in double-double, and their cosines by exact-split matrix products.

The data are rows ``x_i ∈ R^d`` of any representable magnitude. Cosines of rows do not depend on
their lengths, so each row is first scaled by a power of two to ``max|x| ∈ [½, 1)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats, sum_of_squares, two_product
from certify.arithmetic.rounding import UNDERFLOW, U, dot_error

_GRID = 1.5 * 2.0**26  # adding and subtracting it rounds |z| ≤ 1 to a multiple of 2^-26
#: Relative error of `UnitRows.norm` (see `UnitRows.from_data`).
NORM_ERROR = 1.6 * U


@dataclass(frozen=True)
class UnitRows:
    """The rows ``z_i = x_i/|x_i|`` as ``coarse + rest``, and the lengths ``|x_i|``.

    Attributes
    ----------
    coarse : (n, d)
        ``z`` rounded to multiples of 2^-26: products of two of these add up without error.
    rest : (n, d)
        ``z − coarse``, of modulus ≤ 2^-27 (1 + 2^-20), rounded once.
    near : (n, d)
        ``fl(coarse + rest)``, the unit rows in float64.
    norm : (n,)
        ``|x_i|·2^-exponent`` within a relative `NORM_ERROR`, or absolutely ``2^-1070`` where it underflows;
        at most ``√d``. All ones for normalised data.
    norm_squared : (n,)
        ``|x_i|²·2^(-2 exponent)`` within the same errors; exactly 1 for normalised data.
    exponent : int
        The largest binary exponent of a row, so that ``norm`` does not overflow.
    """

    coarse: Floats
    rest: Floats
    near: Floats
    norm: Floats
    norm_squared: Floats
    exponent: int
    normalized: bool

    @classmethod
    def from_data(cls, X: Floats, normalized: bool) -> UnitRows:
        """Build from finite, non-zero rows ``X (n, d)``.

        Notes
        -----
        *Length.* ``N_h + N_l = Σ y²`` to ``(2d² U²)`` relatively [ogita2005]; ``N_h`` alone to
        ``(1 + 2^-10) U`` (``d ≤ 2^20``), and a correctly rounded square root adds ``U``: ``1.51 U``.

        *Unit row.* ``s_h = fl(1/fl(√N_h)) = N^{-1/2}(1 + σ)``, ``|σ| ≤ ½·1.001U + 2.01U < 2.6U``. With
        ``r = 1 − s_h² N = −2σ − σ²``, ``N^{-1/2} = s_h(1 − r)^{-1/2} = s_h(1 + r/2 + 3r²/8 + …)``.
        ``s_h² = p + p_e`` and ``pN_h = q + q_e`` exactly; ``1 − q`` is exact (Sterbenz); the terms
        ``q_e, p_eN_h, pN_l`` are at most ``1.1U`` each, so the computed ``r`` errs by at most ``16U²``
        including the dropped ``p_eN_l``. ``s_l = ½ s_h r(1 + ¾r)`` adds three roundings of ``2.7U``
        and the cubic term. So ``s_h + s_l`` is right to ``(8 + 9)U² + d²U²``, and with
        ``z = y s_h + y s_l`` (the first product exact, ``z_l = fl(z_e + fl(y s_l))`` to
        ``U(|z_e| + 2·2.7U|z|)``) the pair ``z_h + z_l`` to ``(40 + d²)U²`` relatively. Entries
        that underflow in the scaling or in a product err by ``2^-1070`` absolutely, which
        `cosine_error` covers by `UNDERFLOW`.
        """
        exponents = np.frexp(np.abs(X).max(axis=1))[1].astype(np.int64)
        scaled = scale_rows(X, -exponents)
        high, low = sum_of_squares(scaled)
        inverse = 1.0 / np.sqrt(high)
        p, p_error = two_product(inverse, inverse)
        q, q_error = two_product(p, high)
        r = (1.0 - q) - q_error - p_error * high - p * low
        correction = 0.5 * inverse * r * (1.0 + 0.75 * r)
        z_high, z_error = two_product(scaled, np.broadcast_to(inverse[:, None], scaled.shape))
        z_low = z_error + scaled * correction[:, None]
        coarse = (z_high + _GRID) - _GRID
        rest = (z_high - coarse) + z_low
        top = int(exponents.max())
        if normalized:
            ones = np.ones(len(X))
            return cls(coarse, rest, coarse + rest, ones, ones, 0, True)
        shift = np.maximum(exponents - top, -2000)
        norm = np.ldexp(np.sqrt(high), shift.astype(np.int32))
        squared = np.ldexp(high, (2 * shift).astype(np.int32))
        return cls(coarse, rest, coarse + rest, norm, squared, top, False)

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.coarse.shape[0])

    @property
    def d(self) -> int:
        """Dimension of a row."""
        return int(self.coarse.shape[1])

    @property
    def cosine_error(self) -> float:
        """Upper bound of ``|cosines(I, J) − ρ|`` for every pair, about one unit roundoff.

        Notes
        -----
        With ``z = c + t`` (coarse, rest) and ``w = e + s``: ``ρ = c·e + c·s + t·(e + s)`` up to the
        representation errors.

        1. ``c·e`` by one product is exact in any order: terms are multiples of 2^-52 and
           ``Σ|c||e| ≤ ‖c‖‖e‖ ≤ (1 + 2^-27 √d)² < 2``, so every partial sum has at most 53 bits.
        2. ``c·s + t·fl(e + s)`` as one product of length ``2d``: error ``≤ γ_2d(‖c‖‖s‖ + ‖t‖‖w‖)`` with
           ``‖s‖, ‖t‖ ≤ 2^-27 √d(1 + 2^-20)``: ``≤ 2.2·2^-27 √d γ_2d``.
        3. Rounding of ``t``, ``s`` and ``fl(e + s)``: ``≤ 3.1·2^-27 √d U``; unit rows: ``2(40 + d²)U²``.
        4. The last sum: ``U·|ρ̃| ≤ U(1 + 2^-20)``.

        Valid for ``d ≤ 2^20``.
        """
        d = self.d
        small = 2.0**-27 * math.sqrt(d)
        return (
            (1.0 + 2.0**-20) * U
            + small * (2.2 * dot_error(2 * d) + 3.1 * U)
            + 2.1 * (40.0 + float(d) * d) * U * U
            + UNDERFLOW
        )

    def cosines(self, rows: slice | NDArray[np.int64], columns: slice | NDArray[np.int64]) -> Floats:
        """``ρ̃_ij`` for a tile, within `cosine_error` of the true cosines; conventional BLAS products."""
        coarse = self.coarse[rows]
        main: Floats = coarse @ self.coarse[columns].T
        left = np.hstack([coarse, self.rest[rows]])
        right = np.hstack([self.rest[columns], self.near[columns]])
        main += left @ right.T
        return main


def scale_rows(X: Floats, exponents: NDArray[np.int64]) -> Floats:
    """``X_i · 2^exponents_i``; exact but for results below 2^-1022. Two steps, as 2^1100 is no float."""
    half = exponents // 2
    return np.ldexp(np.ldexp(X, half[:, None].astype(np.int32)), (exponents - half)[:, None].astype(np.int32))
