"""The worst case of one gradient step as a semidefinite program, and an exact certificate out of its dual.

Performance estimation (Drori and Teboulle 2014): the worst ratio of function values is at most the least τ for which
multipliers as in `certify.theorems.statements.descent_dual` exist. Auxiliary points make it smaller; where they are
best is searched for. Nothing here is trusted: what is handed out is rational, and the exact check decides.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from certify.errors import InputError
from certify.theorems.statements.descent_dual import (
    DescentDual,
    Inequality,
    StepClass,
    certified_rate,
    combined,
    inequalities,
    terms,
)

Floats = NDArray[np.float64]
Points = tuple[tuple[Fraction, Fraction], ...]

#: Multipliers are rounded to multiples of 2^-_BITS, points (in units of 1/L) to multiples of 2^-_POINT_BITS.
_BITS, _POINT_BITS = 44, 12
#: How much of the rate is given up, in turn, for a dual in the interior, which survives rounding.
_SLACKS = (1e-7, 4e-7, 4e-6, 1e-4)
#: Where a new point is looked for: multiples of η along g_0, of 1/L along g_1.
_ALONG, _ACROSS = (0.4, 0.7, 1.0), (-0.8, -0.55, -0.3, -0.12, 0.15, 0.4)
_STARTS, _EVALUATIONS = 2, 80


@dataclass(frozen=True)
class FoundRate:
    """An exact certificate, the rate it proves, and the value of the semidefinite program it was rounded from."""

    dual: DescentDual
    rate: Fraction
    sdp_value: float


def find_rate(case: StepClass, points: int = 2) -> FoundRate:
    """Search for auxiliary points, solve, round and check.

    Parameters
    ----------
    case :
        With ``μ ≤ L``.
    points :
        How many auxiliary points; each makes the rate smaller, or leaves it.

    Raises
    ------
    InputError
        If cvxpy is not installed, or no certificate was found.
    """
    unit = _scaled(case)
    chosen: Points = ()
    best = _Program(unit, 0).at(chosen).value()
    for _ in range(points):
        candidate, value = _another(unit, chosen)
        if value < best - 1e-6:
            chosen, best = candidate, value
    found = round_dual(unit, chosen)
    if found is None:
        raise InputError("no exact certificate was found", "--step", "take another step size, or fewer --points")
    back = tuple((a / case.L, b / case.L) for a, b in found.dual.points)
    dual = DescentDual(back, found.dual.multipliers)
    return FoundRate(dual, certified_rate(case, dual), found.sdp_value)


def round_dual(case: StepClass, points: Points) -> FoundRate | None:
    """The exact certificate at given points, or None if the solver's dual does not survive rounding."""
    program = _Program(case, len(points)).at(points)
    value = program.value()
    room = min(1.0, 1e3 * max(1.0 - value, 1e-12))
    for slack in _SLACKS:
        dual = _balanced(case, program.names, program.interior(value + slack * room), points)
        if dual is None:
            continue
        try:
            return FoundRate(dual, certified_rate(case, dual), value)
        except ValueError:
            continue
    return None


def _scaled(case: StepClass) -> StepClass:
    """The same problem in units where L = 1: rates and multipliers are the same."""
    return StepClass(case.mu / case.L, Fraction(1), case.ell / case.L, case.eta * case.L)


class _Program:
    """The dual program for a number of auxiliary points: multipliers y ≥ 0, S(y) ⪰ 0, least coefficient of F_0.

    It is compiled once; the matrices, which depend on where the points are, are parameters of it.
    """

    def __init__(self, case: StepClass, points: int) -> None:
        cp = _cvxpy()
        self.case, count = case, 2 + points
        self.names = inequalities(count)
        self.linear = np.zeros((count, len(self.names)))
        self.matrices = cp.Parameter((count * count, len(self.names)))
        self.least, self.most = cp.Variable(len(self.names)), cp.Variable(len(self.names))
        self.margin, self.rate = cp.Variable(), cp.Parameter()
        anywhere = tuple((case.eta * k / (points + 1), Fraction(0)) for k in range(1, points + 1))
        for column, name in enumerate(self.names):
            for p, coefficient in terms(case, anywhere, name)[0].items():
                self.linear[p, column] = float(coefficient)
        right = np.zeros(count - 1)
        right[0] = -1.0

        def conditions(y: Any, margin: Any) -> list[Any]:
            S = cp.reshape(self.matrices @ y, (count, count), order="C")
            return [self.linear[1:] @ y == right, (S + S.T) / 2 - margin * np.eye(count) >> 0, y >= margin]

        self.worst = cp.Problem(cp.Minimize(self.linear[0] @ self.least), conditions(self.least, 0.0))
        below = self.linear[0] @ self.most <= self.rate
        self.inside = cp.Problem(cp.Maximize(self.margin), [*conditions(self.most, self.margin), below])

    def at(self, points: Points) -> _Program:
        """Place the auxiliary points."""
        values = np.zeros(self.matrices.shape)
        for column, name in enumerate(self.names):
            values[:, column] = [-float(v) for row in terms(self.case, points, name)[1] for v in row]
        self.matrices.value = values
        return self

    def value(self) -> float:
        """The least τ, in floating point; 1 if the solver gives up."""
        return self._solve(self.worst)

    def interior(self, rate: float) -> Floats | None:
        """Multipliers that prove about this rate with the largest margin in every condition."""
        self.rate.value = rate
        self._solve(self.inside)
        return None if self.most.value is None else np.asarray(self.most.value, dtype=np.float64)

    def _solve(self, problem: Any) -> float:
        cp = _cvxpy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that it may be inaccurate: it is never believed
            try:
                problem.solve(solver=cp.CLARABEL)
            except cp.error.SolverError:
                return 1.0
        return 1.0 if problem.value is None or not np.isfinite(problem.value) else float(problem.value)


def _another(case: StepClass, chosen: Points) -> tuple[Points, float]:
    """The points with one more, moved to where the program's value is least."""
    program = _Program(case, len(chosen) + 1)

    def value(v: Sequence[float] | Floats) -> float:
        return program.at(_points(v)).value()

    before = [float(v) for point in chosen for v in point]
    starts = [[*before, float(case.eta) * a, b] for a in _ALONG for b in _ACROSS]
    starts = sorted(starts, key=value)[:_STARTS]  # the value is flat where a new point does not help: look around first
    options = {"maxfev": _EVALUATIONS, "xatol": 1e-5, "fatol": 1e-9}
    runs = [minimize(value, start, method="Nelder-Mead", options=options) for start in starts]
    points = _points(min(runs, key=lambda run: float(run.fun)).x)
    return points, program.at(points).value()


def _points(flat: Sequence[float] | Floats) -> Points:
    grid = 1 << _POINT_BITS
    exact = [Fraction(round(float(v) * grid), grid) for v in flat]
    return tuple(zip(exact[::2], exact[1::2], strict=True))


def _balanced(case: StepClass, names: list[Inequality], y: Floats | None, points: Points) -> DescentDual | None:
    """Rounded multipliers whose function values balance exactly: PL(p), whose value is −F_p, takes up the rest."""
    if y is None or not np.isfinite(y).all():
        return None
    grid = 1 << _BITS
    exact = {name: Fraction(round(max(v, 0.0) * grid), grid) for name, v in zip(names, y.tolist(), strict=True)}
    values, _ = combined(case, DescentDual(points, exact))
    for p, value in enumerate(values):
        if p:
            exact[Inequality("PL", (p,))] += value + (p == 1)
    return DescentDual(points, exact)


def _cvxpy() -> Any:
    try:
        import cvxpy
    except ImportError as error:
        raise InputError(
            "the search for a rate needs cvxpy", "certify theorem rate", "install certify-ntk[sdp]"
        ) from error
    return cvxpy
