"""Error-free transformations: the exact sum and product of two floats as an unevaluated pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_SPLITTER = 2.0**27 + 1.0


def two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """``s + t = a + b`` exactly, ``s = fl(a + b)``. Source: [knuth1998], [ogita2005, Algorithm 3.1]."""
    s = a + b
    virtual = s - a
    return s, (a - (s - virtual)) + (b - virtual)


def _split(a: Floats) -> tuple[Floats, Floats]:
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """``p + e = a·b`` exactly, ``p = fl(a·b)``, for ``|a|, |b| ≤ 2^990`` and barring underflow.

    Where the product or a partial product underflows, the pair errs by at most ``2^-1072``.
    Source: Dekker and Veltkamp, [ogita2005, Algorithms 3.2 and 3.3].
    """
    p = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    return p, a_low * b_low - (((p - a_high * b_high) - a_low * b_high) - a_high * b_low)


def sum_of_squares(rows: Floats) -> tuple[Floats, Floats]:
    """``Σ_k rows[i, k]²`` for each row as an unevaluated pair ``high + low``.

    Parameters
    ----------
    rows : (n, d), entries of modulus ≤ 1, the largest of each row ≥ ½.

    Returns
    -------
    high, low : (n,)
        ``high = fl(high + low)``; the pair's relative error is at most ``2d²U² + d·2^-1060``.

    Notes
    -----
    Dot2 [ogita2005, Proposition 5.5]: the error before the last rounding is at most
    ``γ_d² Σ rows²`` (the condition number of a sum of squares is 1), and ``γ_d² ≤ 2d²U²`` for
    ``d ≤ 2^40``. The last sum is kept as a pair, so it is not rounded. Underflow adds at most
    ``2^-1070`` a term, relatively ``2^-1068`` since the sum is at least ¼.
    """
    total = np.zeros(len(rows))
    correction = np.zeros(len(rows))
    for k in range(rows.shape[1]):
        column = np.ascontiguousarray(rows[:, k])
        product, product_error = two_product(column, column)
        total, sum_error = two_sum(total, product)
        correction += product_error + sum_error
    return two_sum(total, correction)
