"""Is this process's arithmetic what the lemmas assume? Tested at first use and by ``certify doctor``."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import flint
import ival
import numpy as np

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.rounding import SMALLEST, dot_error
from certify.errors import ArithmeticRefused

#: What no test can prove; every certificate lists it as assumed.
ASSUMED = (
    "BLAS evaluates matrix products by the standard formula in some order (no Strassen, no emulated float64)",
    "the processor, the compiler's code and the libraries ival and Arb (FLINT) compute as specified",
)


@dataclass(frozen=True)
class Check:
    """One test of the arithmetic: its name, whether it passed, and what was seen."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class SelfTest:
    """All checks of one run."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """True if every check passed."""
        return all(check.passed for check in self.checks)


def rounds_to_nearest() -> bool:
    """Ties go to even and half an ulp decides, in the SIMD unit of the calling thread."""
    one = np.ones(16)
    tie, above = np.full(16, 2.0**-53), np.full(16, 2.0**-53 + 2.0**-80)
    third = np.full(16, 3.0)
    return bool(
        np.all(one + tie == 1.0)
        and np.all(one + above == 1.0 + 2.0**-52)
        and np.all(-one - tie == -1.0)
        and np.all(-one - above == -1.0 - 2.0**-52)
        and np.all(one / third == float(Fraction(1, 3)))
        and np.all(np.sqrt(one + one) == float.fromhex("0x1.6a09e667f3bcdp+0"))
    )


def underflows_gradually() -> bool:
    """Subnormal results are kept (no flush-to-zero) and subnormal operands are read (no DAZ)."""
    smallest_normal, subnormal = np.full(16, 2.0**-1022), np.full(16, SMALLEST)
    return bool(
        np.all(smallest_normal * 0.5 == 2.0**-1023)
        and np.all(smallest_normal * (1 + 2.0**-52) - smallest_normal == SMALLEST)
        and np.all(subnormal + 0.0 == SMALLEST)
        and np.all(subnormal * 2.0**1000 == 2.0**-74)
    )


def require_thread() -> None:
    """Refuse to go on unless the calling thread rounds as assumed (the control register is per thread).

    Raises
    ------
    ArithmeticRefused
        With one line that says what is wrong.
    """
    if not rounds_to_nearest():
        raise ArithmeticRefused("this thread does not round to nearest; no bound can be certified here")
    if not underflows_gradually():
        raise ArithmeticRefused(
            "this thread flushes subnormal numbers to zero (a library built with -ffast-math does that); "
            "no bound can be certified here"
        )


def products_within_bound(size: int = 320, samples: int = 160, seed: int = 7) -> tuple[bool, str]:
    """BLAS products against exact rationals on matrices that a fast or emulated product gets wrong.

    Rows differ in scale by 2^±40, so an algorithm that is only norm-wise accurate (Strassen)
    breaks the entrywise bound, and half of the terms cancel. Sizes are chosen to reach the
    library's blocked kernels.
    """
    rng = np.random.default_rng(seed)
    scale = 2.0 ** rng.integers(-40, 41, size)
    left = rng.standard_normal((size, size)) * scale[:, None]
    right = rng.standard_normal((size, size)) * scale[::-1][None, :]
    right[size // 2 :] = right[: size - size // 2] * (1 + 2.0**-30 * rng.standard_normal((size - size // 2, size)))
    left[:, size // 2 :] = -left[:, : size - size // 2]
    product, factor = left @ right, Fraction(dot_error(size))
    worst = 0.0
    for i, j in rng.integers(0, size, (samples, 2)):
        terms = [Fraction(float(a)) * Fraction(float(b)) for a, b in zip(left[i], right[:, j], strict=True)]
        error = abs(Fraction(float(product[i, j])) - sum(terms))
        allowed = factor * sum(abs(t) for t in terms)
        if error > allowed:
            return False, f"entry ({i}, {j}) errs by {float(error / allowed):.3g} times the bound"
        worst = max(worst, float(error / allowed))
    return True, f"largest error {worst:.2g} of the bound on {samples} entries, size {size}"


def intervals_agree_with_arb(samples: int = 64, seed: int = 11) -> tuple[bool, str]:
    """`ival` encloses Arb's value of each function that the kernels use, to within one ulp outside."""
    rng = np.random.default_rng(seed)
    unit = np.concatenate([rng.uniform(-1, 1, samples), 1 - 2.0 ** -rng.uniform(1, 52, samples), [1.0, -1.0, 0.0]])
    positive = np.exp(rng.uniform(-200, 200, samples))
    functions: tuple[tuple[str, Callable[..., object], Callable[[flint.arb], flint.arb], np.ndarray], ...] = (
        ("asin", ival.asin, lambda x: x.asin(), unit),
        ("acos", ival.acos, lambda x: x.acos(), unit),
        ("sqrt", ival.sqrt, lambda x: x.sqrt(), positive),
        ("recip", ival.recip, lambda x: 1 / x, positive),
        ("sqr", ival.sqr, lambda x: x * x, unit),
    )
    with precision(200):
        for name, function, oracle, points in functions:
            result = function(ival.Interval(points, points))
            low, high = np.atleast_1d(result.lo), np.atleast_1d(result.hi)  # type: ignore[attr-defined]
            for x, a, b in zip(points, low, high, strict=True):
                truth = oracle(arb(float(x)))
                if not (arb(float(a)) <= truth or truth.contains(arb(float(a)))) or not (
                    truth <= arb(float(b)) or truth.contains(arb(float(b)))
                ):
                    return False, f"{name}({float(x)!r}) lies outside the interval of ival"
                if float(b) > math.nextafter(math.nextafter(float(a), math.inf), math.inf):
                    return False, f"{name}({float(x)!r}): interval wider than an ulp"
    return True, "ival encloses Arb on " + ", ".join(name for name, *_ in functions)


def run_selftest(threads: int = 2) -> SelfTest:
    """Run every check; the per-thread ones in the calling thread and in ``threads`` fresh ones."""
    checks = [
        Check("round to nearest", rounds_to_nearest(), "main thread"),
        Check("gradual underflow", underflows_gradually(), "main thread"),
    ]
    barrier = threading.Barrier(threads)

    def in_thread(_: int) -> bool:
        barrier.wait()
        return rounds_to_nearest() and underflows_gradually()

    with ThreadPoolExecutor(threads) as pool:
        seen = list(pool.map(in_thread, range(threads)))
    checks.append(Check("worker threads round alike", all(seen), f"{sum(seen)} of {threads} threads"))
    checks.append(Check("BLAS products within their bound", *products_within_bound()))
    checks.append(Check("ival agrees with Arb", *intervals_agree_with_arb()))
    return SelfTest(tuple(checks))


@functools.cache
def require_selftest() -> SelfTest:
    """The self-test, once a process; to be called before the first claim.

    Raises
    ------
    ArithmeticRefused
        If a check fails, with one line naming it.
    """
    result = run_selftest()
    for check in result.checks:
        if not check.passed:
            raise ArithmeticRefused(f"self-test failed: {check.name} ({check.detail}); nothing can be certified here")
    return result
