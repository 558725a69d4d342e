"""Free parameters of ``smooth.width``: ε, and δ1 where the initialisation is independent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from certify.symbolic.library import activation_of
from certify.theorems.search.relu import IMPOSSIBLE, NOTHING
from certify.theorems.search.scales import log_add, log_of, log_scale, ratio
from certify.theorems.search.tails import chernoff_share
from certify.theorems.statements.evaluation import Number
from certify.theorems.statements.model import Theorem

RESIDUAL_SHARE = 1 / 4
"""Share of δ spent on the initial predictions (independent initialisation)."""


@dataclass(frozen=True)
class SmoothSearch:
    """The search at one theorem variant; ``log_newton`` is ln(2 B2 √Q E0/(αλ0))."""

    unit: int
    n: int
    least: float
    budget: float
    log_newton: float
    theta: float
    paired: bool

    @classmethod
    def of(cls, theorem: Theorem, values: Mapping[str, Number]) -> SmoothSearch:
        """Read the exact values into the dimensionless floats of the search.

        q outputs are q times the rows with q times the squares of the data (`proofs/smooth-outputs.md`).
        """
        q = int(values.get("outputs", 1))
        if q > 1:
            squares = {name: values[name] * q for name in ("norm_x_squared", "q_x_squared")}
            values = {**values, **squares, "n": int(values["n"]) * q}
        activation = activation_of(theorem.activations[0])
        assert activation.curvature_bound is not None
        b1, b2 = float(activation.slope_bound), float(activation.curvature_bound)
        budget = float(values["delta"])
        log_residual = NOTHING if values["norm_y"] == 0 else log_of(values["norm_y"])
        if not theorem.paired:
            assert activation.value_bound is not None
            spent = budget * RESIDUAL_SHARE
            budget -= spent
            spread = log_scale(values) + math.log(b1 * math.sqrt(2 * math.log(1 / spent)))
            mean = log_of(values["alpha"]) + math.log(float(activation.value_bound)) + math.log(int(values["n"])) / 2
            log_residual = log_add(log_residual, log_add(spread, mean))
        log_newton = (
            math.log(2 * b2) + log_of(values["q_x_squared"]) / 2 + log_residual
            - log_of(values["alpha"]) - log_of(values["lambda0"])
        )  # fmt: skip
        return cls(
            unit=theorem.unit,
            n=int(values["n"]),
            least=ratio(values, "lambda0", "norm_x_squared") / b1**2,
            budget=budget,
            log_newton=log_newton,
            theta=float(values.get("min_rate", 0)),
            paired=theorem.paired,
        )

    def best(self, log_m: float) -> tuple[float, dict[str, float] | None]:
        """Slack (≥ 0: a proof is to be expected) at this width, and the ε that has it."""
        trials = math.exp(log_m) / self.unit
        eps = chernoff_share(math.log(self.n / self.budget) / (trials * self.least))
        if eps is None or eps >= 1 - self.theta:
            return IMPOSSIBLE, None
        free = {"eps": eps} if self.paired else {"eps": eps, "delta1": self.budget}
        return math.log(1 - eps - self.theta) - (self.log_newton - log_m / 2), free
