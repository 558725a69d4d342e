"""Numbers for readers, rounded in decimal so that what is printed stays true.

A lower bound is rounded down, an upper bound up, an enclosure outward. The values are exact (integers
of any size, float64, and float64 × 2^k), so the rounding is done in exact integer arithmetic, and for
exponents too large for that in Arb, outward.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.certificates.canonical import integer_text

Number = int | float | Fraction
UNKNOWN = "—"

# Up to here exact integer arithmetic takes microseconds; beyond it Arb takes over.
_EXACT_BITS = 5_000
# Decimal powers shown as plain decimals: 0.00012 and 123456.7, but 1.2e-5 and 1.2e7.
_PLAIN = range(-4, 7)


def scaled_decimal(value: Number, digits: int, up: bool, exponent: int = 0) -> tuple[int, int]:
    """``(c, k)``: ``c·10^k`` is the nearest decimal of ``digits`` significant digits on one side.

    ``c·10^k ≥ value·2^exponent`` if ``up``, else ``≤``; ``10^(digits-1) ≤ |c| ≤ 10^digits``, and (0, 0)
    for zero.
    """
    if value == 0:
        return 0, 0
    numerator, denominator = value.as_integer_ratio()
    if abs(exponent) > _EXACT_BITS:
        return _huge_decimal(value, digits, up, exponent)
    numerator, denominator = numerator << max(exponent, 0), denominator << max(-exponent, 0)
    power = _magnitude(abs(numerator), denominator) - digits + 1
    return _divide(numerator, denominator, power, up), power


def _divide(numerator: int, denominator: int, power: int, up: bool) -> int:
    top: int = numerator * 10 ** max(-power, 0)
    bottom: int = denominator * 10 ** max(power, 0)
    return -(-top // bottom) if up else top // bottom


def _magnitude(numerator: int, denominator: int) -> int:
    """The integer k with ``10^k ≤ numerator/denominator < 10^(k+1)``."""
    guess = int((numerator.bit_length() - denominator.bit_length()) * 0.30103)
    while _divide(numerator, denominator, guess, up=False) >= 10:
        guess += 1
    while _divide(numerator, denominator, guess, up=False) < 1:
        guess -= 1
    return guess


def _huge_decimal(value: Number, digits: int, up: bool, exponent: int) -> tuple[int, int]:
    with precision(256 + 2 * abs(exponent).bit_length()):
        ten = flint.arb(10).log()
        logarithm = (abs(arb(value)).log() + arb(exponent) * flint.arb(2).log()) / ten
        power = _whole(logarithm.mid().floor()) - digits + 1
        mantissa = ((logarithm - power) * ten).exp()
        mantissa = -mantissa if value < 0 else mantissa
        end = mantissa.upper().ceil() if up else mantissa.lower().floor()
        return _whole(end), power


def _whole(ball: Any) -> int:
    """The integer that an exact ball is."""
    return int(ball.unique_fmpz())


def decimal(value: Number, digits: int = 3, *, up: bool, exponent: int = 0) -> str:
    """``value·2^exponent`` with ``digits`` significant digits, rounded up or down, never across."""
    return _show(*scaled_decimal(value, digits, up, exponent))


def scientific(value: Number, digits: int = 3, *, up: bool, exponent: int = 0) -> str:
    """As `decimal`, always in the form ``1.85e6``."""
    return _show(*scaled_decimal(value, digits, up, exponent), plain=False)


def _show(coefficient: int, power: int, *, plain: bool = True) -> str:
    if coefficient == 0:
        return "0"
    sign, figures = ("-" if coefficient < 0 else ""), str(abs(coefficient))
    leading = power + len(figures) - 1
    if plain and leading in _PLAIN:
        return sign + _positional(figures, leading)
    figures = figures.rstrip("0") or "0"
    mantissa = figures[0] + ("." + figures[1:] if len(figures) > 1 else "")
    return f"{sign}{mantissa}e{leading}" if leading or not plain else f"{sign}{mantissa}"


def _positional(figures: str, leading: int) -> str:
    if leading < 0:
        return "0." + "0" * (-leading - 1) + figures.rstrip("0")
    figures = figures.ljust(leading + 1, "0")
    whole, rest = figures[: leading + 1], figures[leading + 1 :].rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def count(value: int) -> str:
    """An integer with thin groups of three up to 30 digits, beyond that its rounded-up scientific form."""
    text = integer_text(value)
    return f"{value:,}".replace(",", "\u202f") if len(text) <= 30 else scientific(value, 6, up=True)


def width(value: int) -> str:
    """A width, which suffices, in the form ``1.85e6`` rounded up; up to six digits it is exact."""
    return str(value) if abs(value) < 10**6 else scientific(value, 3, up=True)


def lower_end(bound: Enclosure | None, digits: int = 3) -> str:
    """The lower end rounded down."""
    if bound is None or bound.lower is None:
        return UNKNOWN
    return decimal(bound.lower, digits, up=False, exponent=bound.exponent)


def upper_end(bound: Enclosure | None, digits: int = 3) -> str:
    """The upper end rounded up."""
    if bound is None or bound.upper is None:
        return UNKNOWN
    return decimal(bound.upper, digits, up=True, exponent=bound.exponent)


def enclosure(bound: Enclosure | None, digits: int = 17) -> str:
    """An enclosure by the digits both ends share: ``0.0123456[71, 89]``; else ``[1.2e-3, 4.57e-2]``.

    The brackets hold what follows the common digits, the left rounded down and the right rounded
    up, so the printed interval contains the enclosure. ``[2.1, —]`` where an end is unknown; a single
    exact number that ``digits`` significant digits can write appears alone.
    """
    if bound is None or (bound.lower is None and bound.upper is None):
        return UNKNOWN
    if bound.lower is None or bound.upper is None:
        return f"[{lower_end(bound, 6)}, {upper_end(bound, 6)}]"
    low = scaled_decimal(bound.lower, digits, False, bound.exponent)
    high = scaled_decimal(bound.upper, digits, True, bound.exponent)
    if low == high:
        return _show(*low)
    if (bound.lower > 0) != (bound.upper > 0) or low[0] == 0 or high[0] == 0:
        return f"[{lower_end(bound, 4)}, {upper_end(bound, 4)}]"
    figures = _telling_figures(Fraction(bound.lower), Fraction(bound.upper), digits)
    apart = f"[{lower_end(bound, figures)}, {upper_end(bound, figures)}]"
    fewest = digits if figures == digits else max(3, figures - 1)
    return _shared(bound, fewest, digits) or apart


def _telling_figures(low: Fraction, high: Fraction, digits: int) -> int:
    """How many figures make the ends differ by at least ten units of the last one, if ``digits`` do."""
    gap = (high - low) / max(abs(low), abs(high))
    return min(digits, max(3, 2 - _magnitude(*gap.as_integer_ratio()))) if gap else digits


def _shared(bound: Enclosure, fewest: int, digits: int) -> str | None:
    """The form with two differing digits in brackets, or None if a carry (1.29 and 1.31) prevents it."""
    assert bound.lower is not None and bound.upper is not None
    small, large = sorted((abs(bound.lower), abs(bound.upper)))
    for figures in range(digits, fewest - 1, -1):
        low, power = scaled_decimal(small, figures, False, bound.exponent)
        high, other = scaled_decimal(large, figures, True, bound.exponent)
        if power == other and low // 100 == high // 100 and len(str(low)) == len(str(high)):
            return _bracket(low, high, power, negative=bound.lower < 0)
    return None


def _bracket(low: int, high: int, power: int, negative: bool) -> str:
    head = str(low // 100)
    first, second = (high, low) if negative else (low, high)
    ends = f"[{first % 100:02d}, {second % 100:02d}]"
    sign = "-" if negative else ""
    leading = power + len(head) + 1
    if leading in _PLAIN and len(head) > leading:
        if leading < 0:
            return f"{sign}0.{'0' * (-leading - 1)}{head}{ends}"
        return f"{sign}{head[: leading + 1]}.{head[leading + 1 :]}{ends}"
    return f"{sign}{head[0]}.{head[1:]}{ends}" + (f"e{leading}" if leading else "")


def relative_width(bound: Enclosure | None) -> str:
    """``(upper − lower)/min(|lower|, |upper|)`` rounded up to two digits; unknown across zero."""
    if bound is None or bound.lower is None or bound.upper is None:
        return UNKNOWN
    low, high = Fraction(bound.lower), Fraction(bound.upper)
    if low == high:
        return "0"
    if low <= 0 <= high:
        return UNKNOWN
    return scientific((high - low) / min(abs(low), abs(high)), 2, up=True)


def probability(bound: Enclosure | None) -> str:
    """A probability by its certified (lower) end, rounded down.

    The float64 that 0.95 stores is less than 0.95: it is shown as ``0.95 − 5e-17``, neither as the
    false 0.95 nor as the puzzling 0.9499.
    """
    if bound is None or bound.lower is None or bound.exponent:
        return lower_end(bound, 4)
    exact = Fraction(bound.lower)
    short = f"{float(bound.lower):.4g}"
    gap = Fraction(short) - exact
    if 0 < gap < Fraction(1, 10**12):
        return f"{short} − {scientific(gap, 1, up=True)}"
    return decimal(exact, 4, up=False)


def contraction(rate: Enclosure | None, digits: int = 3, gap: Enclosure | None = None) -> str:
    """A rate q by its certified (upper) end, as ``1 − 2.3e-9`` where it is close to 1.

    ``gap`` encloses 1 − q: with it a rate is told from 1 where float64 cannot.
    """
    if rate is None or rate.upper is None:
        return UNKNOWN
    top = Fraction(rate.upper) * Fraction(2) ** max(min(rate.exponent, _EXACT_BITS), -_EXACT_BITS)
    if top > Fraction(9, 10) and gap is not None and gap.lower is not None and gap.lower > 0:
        return f"1 − {decimal(gap.lower, digits, up=False, exponent=gap.exponent)}"
    if top >= 1:
        return "1 (not below 1 in float64)"
    if top > Fraction(9, 10):
        return f"1 − {decimal(1 - top, digits, up=False)}"
    return decimal(top, digits, up=True)
