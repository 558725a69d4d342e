"""Arb at the door: exact entry of Python numbers, outward exit to float64, scoped precision."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import flint

WORKING_BITS = 256


def arb(value: float | int | Fraction | flint.arb) -> flint.arb:
    """The number itself: ints and floats enter exactly, whatever the working precision."""
    if isinstance(value, Fraction):
        return flint.arb(flint.fmpq(value.numerator, value.denominator))
    return flint.arb(value)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Run a block at ``bits`` of Arb precision and restore the former one.

    python-flint's context belongs to the process, not to a thread: Arb is used from the main
    thread only, never inside the tile workers.
    """
    former = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = former


def lower_float(ball: flint.arb) -> float:
    """The largest float64 that is proved to be ≤ every point of the ball (or -inf)."""
    return _outward(ball.lower(), -math.inf)


def upper_float(ball: flint.arb) -> float:
    """The least float64 that is proved to be ≥ every point of the ball (or +inf)."""
    return _outward(ball.upper(), math.inf)


def _outward(end: flint.arb, direction: float) -> float:
    if not end.is_finite():
        return direction
    candidate = float(end.mid())
    if math.isinf(candidate):
        return candidate if candidate == direction else math.copysign(math.ldexp(1.0, 1023) * (2 - 2**-52), candidate)

    def sound(x: float) -> bool:
        return bool(arb(x) <= end if direction < 0 else arb(x) >= end)

    inward = math.nextafter(candidate, -direction)
    if sound(inward):
        return inward
    while not sound(candidate):
        candidate = math.nextafter(candidate, direction)
        if math.isinf(candidate):
            break
    return candidate
