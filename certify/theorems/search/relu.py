"""Free parameters of ``relu.width``: ε, δ1, r, κ (and the step, in its Jacobian form)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from certify.theorems.search.scales import log_add, log_of, log_scale, ratio
from certify.theorems.search.tails import chernoff_share, flip_fraction
from certify.theorems.statements.evaluation import Number
from certify.theorems.statements.model import Theorem

RESIDUAL_SHARE = 1 / 16
"""Share of δ spent on the initial predictions (independent initialisation)."""

IMPOSSIBLE = -1e3
NOTHING = -600.0
"""Stands for the logarithm of 0."""


def _aimed(theta: float) -> float:
    # a hair more than asked: rounding the parameters must not cost the last bit of the rate
    return theta + (1 - theta) * 1e-4 if theta > 0 else 0.0


@dataclass(frozen=True)
class Point:
    """One choice of the free parameters, with its contraction in units of α²S."""

    eps: float
    delta1: float
    r: float
    kappa: float
    contraction: float


@dataclass(frozen=True)
class ReluSearch:
    """The search at one theorem variant, in units of ``α√S``.

    ``least`` is λ0/S, ``absolute`` A/S, ``log_residual`` ln(E0/(α√S)), ``step`` η in units of 1/(α²S).
    """

    form: str
    tail: str
    unit: int
    n: int
    least: float
    absolute: float
    log_residual: float
    budget: float
    theta: float
    step: float

    @classmethod
    def of(cls, theorem: Theorem, values: Mapping[str, Number], step: float) -> ReluSearch:
        """Read the exact values into the dimensionless floats of the search."""
        form, init, *rest = theorem.variant.split("/")
        delta = float(values["delta"])
        log_residual = NOTHING if values["norm_y"] == 0 else log_of(values["norm_y"]) - log_scale(values)
        if init == "independent":
            delta3 = delta * RESIDUAL_SHARE
            square = ratio(values, "trace_gram", "norm_x_squared") * (
                0.5 - 1 / (2 * math.pi) + math.log(4 / delta3) / math.pi
            )
            log_residual = log_add(log_residual, math.log(math.sqrt(square) + math.sqrt(2 * math.log(2 / delta3))))
            delta -= delta3
        return cls(
            form=form,
            tail="chernoff" if rest else "exact",
            unit=theorem.unit,
            n=int(values["n"]),
            least=ratio(values, "lambda0", "norm_x_squared"),
            absolute=ratio(values, "gram_abs", "norm_x_squared") if form == "kernel" else 1.0,
            log_residual=log_residual,
            budget=delta,
            theta=_aimed(float(values.get("min_rate", 0))),
            step=step,
        )

    def point(self, log_m: float, share: float, log_r: float) -> Point | None:
        """The choice in which ε and κ are as small as the tails allow."""
        trials = math.exp(log_m) / self.unit
        delta1 = self.budget * share
        eps = chernoff_share(math.log(self.n / delta1) / (trials * self.least))
        r = math.exp(log_r)
        p = math.erf(r / math.sqrt(2))
        if eps is None or not 0 < p < 1:
            return None
        kappa = flip_fraction(trials, p, math.log((self.budget - delta1) / self.n), self.tail)
        kept = (1 - eps) * self.least
        return Point(eps, delta1, r, kappa, self._contraction(kept, kappa))

    def _contraction(self, kept: float, kappa: float) -> float:
        if self.form == "kernel":
            return kept - 2 * kappa * self.absolute
        s, sigma, a = math.sqrt(kappa), math.sqrt(kept), self.step / 2
        if s >= sigma:
            return sigma * (sigma - s)
        gamma = max((1 - a) * (math.sqrt(sigma * sigma - s * s) - s) - a * s, sigma - 2 * s)
        return gamma * (sigma - s)

    def _slack(self, log_m: float, point: Point | None) -> float:
        if point is None:
            return IMPOSSIBLE
        if point.contraction <= 0 or point.kappa >= 1:
            return IMPOSSIBLE / 2 - min(point.kappa, 1) / self.least
        slack = math.log(point.r) + math.log(point.contraction) + log_m / 2 - self.log_residual
        if self.theta > 0:
            slack = min(slack, 3 * math.log(point.contraction / (self.theta * self.least)))
        return slack

    def best(self, log_m: float) -> tuple[float, Point | None]:
        """The largest slack (≥ 0: a proof is to be expected) at this width, and the choice that has it."""
        flips = self.least / (4 * self.absolute) if self.form == "kernel" else 0.17 * self.least
        first = math.log(flips * math.sqrt(math.pi / 2))

        def loss(z: np.ndarray) -> float:
            share = 1 / (1 + math.exp(min(max(-float(z[0]), -600.0), 600.0)))
            if not 0 < share < 1 or not -700 < z[1] < 3:
                return -IMPOSSIBLE
            return -self._slack(log_m, self.point(log_m, share, float(z[1])))

        starts = ((-3.0, first), (-3.0, first - 2), (-1.0, first - 5))
        start = min(starts, key=lambda z: loss(np.array(z)))
        simplex = np.array([start, (start[0] + 1.5, start[1]), (start[0], start[1] - 0.4)])
        options = {"initial_simplex": simplex, "xatol": 1e-5, "fatol": 1e-10, "maxfev": 250}
        found = minimize(loss, np.array(start), method="Nelder-Mead", options=options)
        share = 1 / (1 + math.exp(-float(found.x[0])))
        return -float(found.fun), self.point(log_m, share, float(found.x[1]))

    def fastest(self, log_m: float) -> Point | None:
        """The choice with the largest contraction among those expected to hold at this width."""
        best: Point | None = None
        for share in (0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3):
            candidate = self._fastest_at(log_m, share)
            if candidate is not None and (best is None or candidate.contraction > best.contraction):
                best = candidate
        return best

    def _fastest_at(self, log_m: float, share: float) -> Point | None:
        flips = self.least / (4 * self.absolute) if self.form == "kernel" else 0.17 * self.least
        top = math.log(flips * math.sqrt(math.pi / 2))

        def slack(log_r: float) -> float:
            return self._slack(log_m, self.point(log_m, share, log_r))

        peak = minimize_scalar(lambda x: -slack(x), bounds=(top - 25, top + 1), method="bounded")
        high = float(peak.x)
        if slack(high) < 0:
            return None
        low = high
        while slack(low) > 0 and low > -700:
            high, low = low, low - 1
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if slack(middle) > 1e-9 else (middle, high)
        return self.point(log_m, share, high)
