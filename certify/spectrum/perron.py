"""The largest eigenvalue of a non-negative matrix, by Collatz and Wielandt's quotient: no factorisation."""

from __future__ import annotations

import numpy as np

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.rounding import UNDERFLOW, add_up, div_up, gamma, mul_up
from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import Workers
from certify.spectrum.bounds import rayleigh
from certify.spectrum.product import SERIAL, multiply

_STEPS = 60


def perron_bound(A: SymmetricEnclosure, pool: Workers = SERIAL) -> Enclosure:
    """Enclose ``λ_max`` of every entrywise non-negative matrix in ``A``.

    Output
    ------
    Upper end ``max_i (Ax)_i/x_i`` for a positive ``x`` [collatz1942]; lower end ``xᵀAx/xᵀx``.

    Algorithm
    ---------
    Power iteration until the quotients agree to 1e-9 or 60 steps are done; a matrix with several
    blocks of nearly equal size converges slowly and gets a wider, still valid enclosure.

    Notes
    -----
    Midpoints may be slightly negative where the true entry is about 0, so ``|M|`` is multiplied:
    ``0 ≤ A ≤ |M| + Δ`` entrywise, and ``(Δx)_i ≤ (row sum of Δ)·max x``.
    """
    require_selftest()
    x = np.ones(A.n)
    upper = np.inf
    inflate = 1.0 + gamma(2 * A.n + 64)
    for _ in range(_STEPS):
        y = multiply(A, x, pool, modulus=True) * inflate + A.row_radius * float(x.max()) * (1.0 + 2.0**-50)
        quotient = y * (1.0 + 2.0**-50) / x
        upper = min(upper, float(np.nextafter(quotient.max(), np.inf)))
        if quotient.max() - quotient.min() <= 1e-9 * quotient.max():
            break
        x = np.maximum(y / y.max(), 1e-9)
    low, _ = rayleigh(A, x, pool)
    high = add_up(upper, mul_up(UNDERFLOW, float(A.n), div_up(1.0, float(x.min()))))
    return Enclosure.scaled(low, high, A.exponent)
