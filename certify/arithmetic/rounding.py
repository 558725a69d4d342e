"""A-priori rounding-error bounds in round to nearest, valid for any order of summation.

Every lemma assumes IEEE 754 binary64, round to nearest, gradual underflow, no overflow, and that
a product is evaluated by the standard formula in *some* order, with or without fused
multiply-add (not Strassen's method, not an emulation). `certify.arithmetic.selftest` tests what
can be tested of this; the rest is listed as assumed on every certificate.

Notation: ``U = 2^-53`` is the unit roundoff, ``γ_k = kU/(1 − kU)``, ``fl`` is the computed value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

U = 2.0**-53
SMALLEST = 2.0**-1074
#: Added once per entry to cover every underflow of a chain of fewer than 2^60 operations on data ≤ 2^10.
UNDERFLOW = 2.0**-1000


def gamma(k: int) -> float:
    """Upper bound of ``γ_k = kU/(1 − kU)``.

    Notes
    -----
    The product of ``k`` factors ``(1 + δ_i)^{±1}``, ``|δ_i| ≤ U``, is ``1 + θ``, ``|θ| ≤ γ_k``
    [higham2002, Lemma 3.1]. The three operations here cost at most ``3U`` relatively, which the
    factor ``1 + 2^-50`` covers.

    Raises
    ------
    ValueError
        If ``k`` is negative or so large (``k ≥ 2^50``) that the bound is of no use.
    """
    if not 0 <= k < 2**50:
        raise ValueError(f"gamma({k}): the number of roundings must lie in [0, 2^50)")
    return k * U / (1.0 - k * U) * (1.0 + 2.0**-50)


def dot_error(length: int) -> float:
    """Factor ``c`` with ``|fl(xᵀy) − xᵀy| ≤ c·|x|ᵀ|y| + length·SMALLEST`` for any order of evaluation.

    Notes
    -----
    Each product is rounded once and takes part in at most ``length − 1`` additions, so it carries
    at most ``length`` factors ``1 + δ``: ``c = γ_length`` [higham2002, (3.5)]. (The bound
    ``length·U`` of [jeannerod2013, Theorem 4.1] is smaller by a relative ``length·U`` only.) An
    addition that underflows is exact; a product that underflows errs by at most ``SMALLEST/2``,
    and the later additions enlarge that by ``1 + γ < 2``.
    """
    return gamma(length)


def chunked_dot_error(length: int, chunk: int) -> float:
    """`dot_error` when the sum is formed in chunks that are then added one after the other.

    Notes
    -----
    A product meets at most ``chunk`` roundings inside its chunk and one for each later chunk, of
    which there are at most ``⌈length/chunk⌉ − 1``; and in any case at most ``length``.
    """
    return gamma(min(length, chunk + max(0, -(-length // chunk) - 1)))


def sum_up(values: Iterable[float]) -> float:
    """Upper bound of an exact sum: ``math.fsum`` rounds the exact sum once, to nearest."""
    return math.nextafter(math.fsum(values), math.inf)


def sum_down(values: Iterable[float]) -> float:
    """Lower bound of an exact sum."""
    return math.nextafter(math.fsum(values), -math.inf)


def add_up(*terms: float) -> float:
    """Upper bound of ``Σ terms``."""
    return sum_up(terms)


def mul_up(*factors: float) -> float:
    """Upper bound of a product of non-negative factors (each product rounded up)."""
    product = 1.0
    for factor in factors:
        product = math.nextafter(product * factor, math.inf)
    return product


def div_up(numerator: float, denominator: float) -> float:
    """Upper bound of ``numerator/denominator``, denominator ≠ 0."""
    return math.nextafter(numerator / denominator, math.inf)


def div_down(numerator: float, denominator: float) -> float:
    """Lower bound of ``numerator/denominator``, denominator ≠ 0."""
    return math.nextafter(numerator / denominator, -math.inf)
