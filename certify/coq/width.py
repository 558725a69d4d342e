"""The width that Du et al. (2019), Theorem 4.1, asks for at a proved eigenvalue: a hint, which Coq checks."""

from __future__ import annotations

from fractions import Fraction

import flint

from certify.arithmetic.balls import arb, precision
from certify.coq.factor import Dyadic
from certify.errors import InputError

_BITS = 400


def required_width(n: int, norm_y_squared: Fraction, delta: float, sigma: Dyadic) -> int:
    """The least m that ``du2019_gd_width`` of ``SpecWidth.v`` admits, or one more.

    Parameters
    ----------
    n :
        Number of rows.
    norm_y_squared :
        ``|y|²``, exactly.
    delta :
        Failure probability.
    sigma :
        Lower bound of the smallest eigenvalue of H∞, positive.

    Raises
    ------
    InputError
        If ``delta`` is not in (0, 1).
    """
    if not 0 < delta < 1:
        raise InputError(f"{delta} is not between 0 and 1", "--delta", "give a number in (0, 1)")
    with precision(_BITS):
        pi, N, p, y2 = flint.arb.pi(), arb(n), arb(delta), arb(norm_y_squared)
        s = arb(sigma.m) * arb(2) ** sigma.e
        R = (2 * pi).sqrt() * p * s / (48 * (N * N + N * N.sqrt()))
        concentration = 8 * N * N * (6 * N * N / p).log() / (s * s)
        movement = 16 * N * 3 * (y2 + N / 2) / p / (s * s * R * R)
        return 1 + max(_ceiling(concentration), _ceiling(movement))


def _ceiling(ball: flint.arb) -> int:
    """An integer at or just above the ball."""
    mantissa, exponent = ball.upper().man_exp()
    m, e = int(mantissa), int(exponent)
    return m << e if e >= 0 else -((-m) >> -e)
