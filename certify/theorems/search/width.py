"""The least width: a float search for the parameters, then bisection with the proof as its oracle."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from scipy.optimize import brentq

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.symbolic.evaluate import evaluate
from certify.theorems.search.relu import Point, ReluSearch
from certify.theorems.search.smooth import SmoothSearch
from certify.theorems.statements import VARIANTS, Theorem, Verification, verify
from certify.theorems.statements.evaluation import Number, Values, environment

SMALL_STEP = 2.0**-9
"""The step of the Jacobian form in units of 1/(α²S): its width falls as the step shrinks."""

STEPS = (1.0, 2.0**-2, 2.0**-4, 2.0**-6, SMALL_STEP)
SMOOTH = ("smooth.width", "smooth.outputs")
NUDGES = (0.0, 1e-13, 1e-9, 1e-6, 1e-3)
LARGEST_LOG_WIDTH = 690.0
WIDTH_DEPENDENT = frozenset({"concentration", "movement", "displacement", "kantorovich", "min-rate"})


@dataclass(frozen=True)
class Found:
    """A width with free parameters, and what was proved there."""

    theorem: Theorem
    width: int
    parameters: dict[str, Number]
    verification: Verification

    @property
    def proved(self) -> bool:
        """Whether every hypothesis is proved."""
        return self.verification.verdict is Verdict.PROVED


def largest_step(theorem: Theorem, values: Values, fraction: float = 1.0) -> Number:
    """``fraction`` of the largest step the theorem allows, rounded down: a float64, or a float64 times a
    power of two (as a `Fraction`) where float64 has no such number.
    """
    assert theorem.largest_step is not None
    with precision(256):
        bound = Enclosure.from_arb(evaluate(theorem.largest_step, environment(theorem, values)) * arb(fraction))
    if bound.lower is None:
        raise ArithmeticError("the largest step size is not finite")
    return bound.lower if bound.exponent == 0 else Fraction(bound.lower) * Fraction(2) ** bound.exponent


def attempt(theorem: Theorem, values: Values, width: int, parameters: dict[str, Number]) -> Found:
    """Prove what can be proved at this width with these parameters."""
    return Found(theorem, width, parameters, verify(theorem, {**values, **parameters, "m": width}))


def least_width(theorem: Theorem, values: Values) -> Found | None:
    """The least width at the best free parameters found; ``None`` when no width was found.

    ``values`` holds the data and the request; a given ``eta`` is kept.
    """
    try:
        return _least(theorem, values)
    except (ArithmeticError, ValueError, RuntimeError):
        return None  # the float search left its range: nothing is found, and nothing is claimed


def _least(theorem: Theorem, values: Values) -> Found | None:
    if theorem.id.startswith("du2019"):
        return _bisected(theorem, values, _with_step(theorem, values, 1.0), guess=1 << 20)
    if theorem.id in SMOOTH:
        return _least_smooth(theorem, values)
    fraction = SMALL_STEP if theorem.variant.startswith("jacobian") else 1.0
    return _least_relu(theorem, values, _with_step(theorem, values, fraction))


def every_width_from(theorem: Theorem, values: Values) -> Found | None:
    """A width from which on, without a gap, the theorem is proved for every (even) width.

    Only ``relu.width``, whose exact tail is a sawtooth in the width, has a form of its own for it.
    """
    for candidate in VARIANTS[theorem.id]:
        if candidate.variant == f"{theorem.variant}/chernoff":
            return least_width(candidate.of(theorem.activations[0]), values)
    return least_width(theorem, values)


def at_width(theorem: Theorem, values: Values, width: int, known: tuple[Found, ...]) -> Found:
    """The proof attempt at a given width: the fastest rate the search finds, else the known parameters.

    A proved attempt with the greatest ``ημ`` found first is returned; if none is proved, the last attempt.
    """
    try:
        choices = _choices(theorem, values, width)
    except (ArithmeticError, ValueError, RuntimeError):
        choices = []
    attempts = (attempt(theorem, values, width, free) for free in choices)
    last: Found | None = None
    for tried in attempts:
        if tried.proved:
            return tried
        last = tried
    for earlier in known:
        if earlier.theorem.unit == theorem.unit and earlier.theorem.variant.startswith(theorem.variant):
            tried = attempt(theorem, values, width, earlier.parameters)
            if tried.proved or last is None:
                return tried
            last = tried if len(tried.verification.failing()) < len(last.verification.failing()) else last
    return last if last is not None else attempt(theorem, values, width, _with_step(theorem, values, 1.0))


def _choices(theorem: Theorem, values: Values, width: int) -> list[dict[str, Number]]:
    log_m = math.log(width)
    if theorem.id.startswith("du2019"):
        return [_with_step(theorem, values, 1.0)]
    if log_m > LARGEST_LOG_WIDTH:
        return []
    if theorem.id in SMOOTH:
        _, free = SmoothSearch.of(theorem, values).best(log_m)
        return [] if free is None else [_smooth_parameters(theorem, values, free, s) for s in (1e-12, 1e-9, 1e-6)]
    choices = []
    for fraction in STEPS if theorem.variant.startswith("jacobian") else (1.0,):
        step = _with_step(theorem, values, fraction)
        search = ReluSearch.of(theorem, values, _relative_step(theorem, values, step))
        point = search.fastest(log_m)
        if point is not None:
            choices += [{**_relu_parameters(theorem, values, point, s), **step} for s in (1e-8, 1e-5, 1e-3)]
    if not choices:
        # nothing is expected to hold: the point with the least lack says which hypothesis is the obstacle
        step = _with_step(theorem, values, STEPS[-1] if theorem.variant.startswith("jacobian") else 1.0)
        _, point = ReluSearch.of(theorem, values, _relative_step(theorem, values, step)).best(log_m)
        if point is not None:
            choices = [{**_relu_parameters(theorem, values, point, 1e-5), **step}]
    return choices


def _with_step(theorem: Theorem, values: Values, fraction: float) -> dict[str, Number]:
    if theorem.largest_step is None or "eta" in values:
        return {}
    return {"eta": largest_step(theorem, values, fraction)}


def _relative_step(theorem: Theorem, values: Values, step: dict[str, Number]) -> float:
    eta = step.get("eta", values.get("eta", 0))
    return min(1.0, float(Fraction(eta) / Fraction(largest_step(theorem, values))))


def _bisected(theorem: Theorem, values: Values, free: dict[str, Number], guess: int) -> Found | None:
    """The least width at which the monotone width hypotheses are proved with these parameters."""
    unit = theorem.unit

    def holds(count: int) -> bool:
        checked = verify(theorem, {**values, **free, "m": count * unit}, WIDTH_DEPENDENT)
        return checked.verdict is Verdict.PROVED

    least = least_integer(holds, max(1, guess // unit), limit=1 << 4000)
    return None if least is None else attempt(theorem, values, least * unit, free)


def least_integer(holds: Callable[[int], bool], guess: int, limit: int) -> int | None:
    """The least positive integer with a property that, once true, stays true; ``None`` beyond ``limit``."""
    stride = max(1, guess >> 24)
    if holds(guess):
        low, high = guess - stride, guess
        while low > 0 and holds(low):
            stride *= 4
            low, high = low - stride, low
        low = max(low, 0)
    else:
        low, high = guess, guess + stride
        while not holds(high):
            stride *= 4
            low, high = high, high + stride
            if high > limit:
                return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _least_log_width(slack: Callable[[float], float], unit: int) -> float | None:
    low, high = math.log(2.0 * unit), math.log(2.0 * unit) + 10
    while slack(high) < 0:
        low, high = high, high + 10
        if high > LARGEST_LOG_WIDTH:
            return None
    if slack(low) >= 0:
        return low
    return float(brentq(slack, low, high, xtol=1e-11, rtol=1e-15, maxiter=60))


def _least_smooth(theorem: Theorem, values: Values) -> Found | None:
    search = SmoothSearch.of(theorem, values)
    log_m = _least_log_width(lambda level: search.best(level)[0], theorem.unit)
    if log_m is None:
        return None
    free = next((f for extra in NUDGES if (f := search.best(log_m + extra)[1]) is not None), None)
    if free is None:
        return None
    return _bisected(theorem, values, _smooth_parameters(theorem, values, free, 0.0), round(math.exp(log_m)))


def _smooth_parameters(theorem: Theorem, values: Values, free: dict[str, float], slack: float) -> dict[str, Number]:
    return {**free, "eps": min(free["eps"] * (1 + slack), 1 - 2.0**-53), **_with_step(theorem, values, 1.0)}


def _relu_parameters(theorem: Theorem, values: Values, point: Point, slack: float) -> dict[str, Number]:
    free: dict[str, Number] = {
        "eps": point.eps * (1 + slack / 10),
        "delta1": point.delta1,
        "r": point.r,
        "kappa": point.kappa * (1 + slack),
    }
    if not theorem.paired:
        free["delta3"] = float(values["delta"]) / 16
    return free


def _least_relu(theorem: Theorem, values: Values, step: dict[str, Number]) -> Found | None:
    search = ReluSearch.of(theorem, values, _relative_step(theorem, values, step))
    log_m = _least_log_width(lambda level: search.best(level)[0], theorem.unit)
    if log_m is None:
        return None
    point = next((p for extra in NUDGES if (p := search.best(log_m + extra)[1]) is not None), None)
    if point is None:
        return None
    guess = round(math.exp(log_m))
    point = replace(point, kappa=_least_kappa(theorem, values, point, step, guess))
    slack = 1e-9
    while slack < 0.1:
        free = {**_relu_parameters(theorem, values, point, slack), **step}
        found = _bisected(theorem, values, free, guess)
        if found is not None and found.proved:
            return found
        slack *= 8
    return None


def _least_kappa(theorem: Theorem, values: Values, point: Point, step: dict[str, Number], guess: int) -> float:
    """Sharpen κ: the float search knows the binomial tail to a few percent only, Arb knows it."""
    width = guess - guess % theorem.unit

    def holds(kappa: float) -> bool:
        free = {**_relu_parameters(theorem, values, replace(point, kappa=kappa), 0.0), **step, "m": width}
        return verify(theorem, {**values, **free}, frozenset({"flips", "flips-above-mean"})).verdict is Verdict.PROVED

    spread = max(1e-12, (point.kappa - math.erf(point.r / math.sqrt(2))) / point.kappa)
    high, growth = point.kappa, 1e-3 * spread
    while not holds(high):
        high, growth = point.kappa * (1 + growth), growth * 4
        if growth > 0.1:
            return point.kappa
    low, growth = high, 1e-3 * spread
    while holds(low) and growth < 0.1:
        low, growth = point.kappa * (1 - growth), growth * 4
    for _ in range(30):
        if high - low <= 1e-4 * spread * high:
            break
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
