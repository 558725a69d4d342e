"""The widths that Du et al. (2019) and ``relu.width`` ask for at a proved eigenvalue: hints, which Coq checks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class ReluWidth:
    """A width that ``relu_width`` of ``SpecWidth.v`` admits, and the free parameters at which it does."""

    m: int
    eps: Dyadic
    delta1: Dyadic
    r: Dyadic
    kappa: Dyadic


#: Relative room in every inequality, so that parameters rounded to float64 still fulfil it.
_ROOM = 1e-9
_HALVINGS = 70


def relu_required_width(n: int, norm_y_squared: Fraction, delta: float, sigma: Dyadic) -> ReluWidth:
    """About the least m that ``relu_width`` admits, for half of ``delta`` to each event and half of the kernel kept.

    Parameters
    ----------
    n, norm_y_squared, delta, sigma :
        As for `required_width`.
    """
    with precision(_BITS):
        lam, y2, d = arb(sigma.m) * arb(2) ** sigma.e, arb(norm_y_squared), arb(delta) / 2
        low, high = arb(2), arb(2)
        while not _enough(n, y2, d, lam, high):
            low, high = high, high * 16
        for _ in range(_HALVINGS):
            middle = (low * high).sqrt().mid()
            low, high = (low, middle) if _enough(n, y2, d, lam, middle) else (middle, high)
        m = _ceiling(high)
        m += m % 2
        eps, r, kappa = _parameters(n, d, lam, arb(m)) or (arb(0), arb(0), arb(0))
        # rounded to the side that only the last inequality feels, which has room: a tail may hang on the last bits
        eps_up, kappa_up = (math.nextafter(float(v.mid()), math.inf) for v in (eps, kappa))
        r_down = float(r.mid()) * (1 - 2.0**-51)
        return ReluWidth(m, *map(Dyadic.of, (eps_up, float(d.mid()), r_down, kappa_up)))


def _enough(n: int, y2: flint.arb, d: flint.arb, lam: flint.arb, m: flint.arb) -> bool:
    found = _parameters(n, d, lam, m)
    if found is None:
        return False
    eps, r, kappa = found
    mu = (1 - eps) * lam - 2 * kappa * n
    return bool(y2 * n * (1 + arb(_ROOM)) < m * (r * mu) ** 2)


def _parameters(n: int, d: flint.arb, lam: flint.arb, m: flint.arb) -> tuple[flint.arb, flint.arb, flint.arb] | None:
    """ε, r, κ at which both probabilities are at most d, or None."""
    N, needed = m / 2, (n / d).log() * (1 + arb(_ROOM))

    def share(eps: flint.arb) -> bool:
        return bool(N * lam / n * (eps + (1 - eps) * (1 - eps).log()) > needed)

    eps = _least(share)
    if eps is None:
        return None
    kappa = (1 - eps) * lam / (4 * n)

    def below(u: flint.arb) -> bool:
        p = kappa * (1 - u)
        return bool(N * (kappa * (kappa / p).log() + (1 - kappa) * ((1 - kappa) / (1 - p)).log()) > needed)

    u = _least(below)
    return None if u is None else (eps, (kappa * (1 - u)) * (flint.arb.pi() / 2).sqrt(), kappa)


def _least(holds: Callable[[flint.arb], bool]) -> flint.arb | None:
    """About the least number of (0, 0.999) from which on it holds, found on a logarithmic scale."""
    low, high = arb(2) ** -120, arb(999) / 1000
    if not holds(high):
        return None
    for _ in range(_HALVINGS):
        middle = (low * high).sqrt().mid()
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high.mid()
