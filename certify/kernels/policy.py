"""Which method encloses the smallest eigenvalue: decided in one place, within a budget, and reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from certify.arithmetic.balls import WORKING_BITS, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.storage import IN_CORE, Storage
from certify.arithmetic.workers import Workers
from certify.kernels.base import Kernel
from certify.kernels.build import build_gram
from certify.kernels.clusters import difference_pencil
from certify.kernels.escalate import ball_gram, exact_squares
from certify.kernels.hermite import HermiteKernel
from certify.kernels.mixture import MixtureKernel
from certify.kernels.rows import UnitRows
from certify.spectrum.ball import smallest_in_balls
from certify.spectrum.extremes import smallest
from certify.spectrum.pencil import smallest_of_pencil

#: Multiply–adds that the methods beyond the first may cost (a ball's are weighed a hundredfold, by its size).
EFFORTS = {"low": 0.0, "normal": 2e12, "high": 1e14}
#: Relative width that satisfies: nothing further is tried.
TIGHT = 1e-8
_MOST_ROWS_OF_PENCIL = 10_000
_FIRST_BITS, _MOST_BITS = 256, 16_384


@dataclass
class Pursuit:
    """The best enclosure so far, the methods tried (in order), and the witnesses of those that helped."""

    enclosure: Enclosure
    method: str
    tried: list[dict[str, Any]] = field(default_factory=list)
    witness: dict[str, Any] = field(default_factory=dict)

    def offer(self, method: str, found: Enclosure | None, witness: dict[str, Any] | None = None) -> None:
        """Record what a method found; keep it where it improves the lower end."""
        self.tried.append({"method": method, "found": None if found is None else found.to_json()})
        if found is None:
            return
        better = self.enclosure.intersect(found)
        if better.to_json() != self.enclosure.to_json():
            if better.lower != self.enclosure.lower or better.exponent != self.enclosure.exponent:
                self.method = method
            self.enclosure = better
            if witness:
                self.witness[method] = witness


def pursue(
    X: Floats,
    rows: UnitRows,
    kernel: Kernel,
    direct: Enclosure,
    pool: Workers,
    effort: str = "normal",
    storage: Storage = IN_CORE,
) -> Pursuit:
    """Improve the ``direct`` enclosure of ``λ_min(K∞)`` where it is not tight, as far as ``effort`` allows.

    The matrix must not be exactly singular. In order: the basis of differences (ReLU, clusters of nearly
    parallel rows), congruence with the kernel of the normalised rows (lengths of very different size), ball
    arithmetic (any structure, small n).
    """
    state = Pursuit(direct, "direct")
    state.tried.append({"method": "direct", "found": direct.to_json()})
    n, budget = rows.n, EFFORTS[effort]
    if not is_tight(state.enclosure) and kernel.activation == "relu" and n <= _MOST_ROWS_OF_PENCIL:
        cost = 3.0 * n**3
        if cost <= budget:
            budget -= cost
            state.offer("differences", *_by_differences(X, rows, pool))
    if not positive(state.enclosure) and kernel.degree and not rows.normalized and effort != "low":
        state.offer("congruence", *_by_congruence(X, kernel, direct, pool, storage))
    if not positive(state.enclosure) and refinable(kernel, rows.normalized):
        bits, most = _FIRST_BITS, 0
        while bits <= _MOST_BITS and 100.0 * n**3 * (bits / 64) ** 2 <= budget:
            budget -= 100.0 * n**3 * (bits / 64) ** 2
            most, bits = bits, 2 * bits
        if most:
            state.offer("balls", *_by_balls(X, rows.normalized, kernel, most))
    return state


def refinable(kernel: Kernel, normalized: bool) -> bool:
    """Are the kernel's entries known to any number of digits, so that a larger budget can decide more?"""
    return not isinstance(kernel, HermiteKernel | MixtureKernel) or kernel.refines(normalized)


def positive(enclosure: Enclosure) -> bool:
    """Is the lower end known and above 0?"""
    return enclosure.lower is not None and enclosure.lower > 0


def is_tight(enclosure: Enclosure) -> bool:
    """Is the lower end positive and the relative width at most `TIGHT`?"""
    low, high = enclosure.lower, enclosure.upper
    return low is not None and high is not None and low > 0 and high - low <= TIGHT * high


def _by_differences(X: Floats, rows: UnitRows, pool: Workers) -> tuple[Enclosure | None, dict[str, Any] | None]:
    pencil = difference_pencil(X, rows, pool)
    found = None if pencil is None else smallest_of_pencil(pencil, pool)
    if found is None:
        return None, None
    exponent = 0 if rows.normalized else 2 * rows.exponent
    return Enclosure.scaled(found.lower, found.upper, exponent), {
        "shift": found.shift,
        "vector": found.vector.tolist(),
    }


def _by_congruence(
    X: Floats, kernel: Kernel, direct: Enclosure, pool: Workers, storage: Storage
) -> tuple[Enclosure | None, dict[str, Any] | None]:
    """``K = DHD`` with ``D = diag |x_i|``: ``λ_min(H) min|x_i|² ≤ λ_min(K) ≤ min K_ii``."""
    unit = UnitRows.from_data(X, normalized=True)
    with storage.tiles(f"{kernel.activation}-normalized", unit.n) as tiles:
        bottom = smallest(build_gram(X, unit, kernel, pool, tiles=tiles), pool)
    if not positive(bottom.enclosure):
        pencil = difference_pencil(X, unit, pool) if kernel.activation == "relu" else None
        found = None if pencil is None else smallest_of_pencil(pencil, pool)
        if found is None:
            return None, None
        lower, witness = found.lower, {"shift": found.shift, "vector": found.vector.tolist()}
    else:
        lower, witness = bottom.enclosure.lower or 0.0, bottom.witness()
    with precision(WORKING_BITS):
        squares = exact_squares(X)
        least = squares[0]
        for square in squares[1:]:
            least = least.min(square)
        diagonal = kernel.entry(least, least, least)  # increasing in |x|² for a homogeneous kernel
        upper = diagonal if direct.upper is None else diagonal.min(direct.upper_arb())
        return Enclosure.from_ends(least * lower, upper), witness


def _by_balls(
    X: Floats, normalized: bool, kernel: Kernel, most_bits: int
) -> tuple[Enclosure | None, dict[str, Any] | None]:
    found = smallest_in_balls(lambda: ball_gram(X, normalized, kernel), _FIRST_BITS, most_bits)
    if found is None:
        return None, None
    with precision(found.bits):
        return Enclosure.from_ends(found.lower, found.upper), {"bits": found.bits}
