"""The loss that is certain, with probability 1 − δ over the weights, after finite time at a given width."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.stats import binom

from certify.arithmetic.balls import WORKING_BITS, arb, lower_float, precision, upper_float
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.errors import InputError
from certify.kernels import build_gram, kernel_for
from certify.spectrum.comparison import Comparison, comparison
from certify.spectrum.decomposition import MAX_DENSE
from certify.symbolic.evaluate import evaluate
from certify.symbolic.library import activation_of
from certify.theorems.given import decide_given
from certify.theorems.horizon import guess, linearised
from certify.theorems.prior import Spread, guess_spread, needed_spread, spread_of
from certify.theorems.result import TheoremResult
from certify.theorems.statements import Theorem
from certify.theorems.statements.evaluation import Number
from certify.theorems.statements.horizon_prior import HORIZON_PRIOR_RELU, HORIZON_PRIOR_SMOOTH
from certify.workflows.horizon import deviation_of, radius_for
from certify.workflows.measure import Measurements

STEP = 2.0**-7
"""The step in units of 1/‖K∞‖, but no longer than 1/Λ."""
HORIZONS = 81
PROVED = 3
"""How many of the horizons that are best in floats are tried in balls."""
KERNEL_SHARE = 0.5
"""Share of δ for the kernel (ReLU)."""


class PriorHorizon:
    """The path at infinite width of one data set and activation, measured once, to be asked at any width.

    Raises
    ------
    InputError
        Without targets, for too many rows, for an activation it does not speak of.
    """

    def __init__(self, measured: Measurements, activation: str, alpha: Fraction) -> None:
        self.theorem, self.measured, self.alpha = theorem_for(activation), measured, alpha
        y, name = measured.data.y, self.theorem.id
        if y is None or y.ndim != 1 or not np.any(y) or measured.norm_y is None:
            raise InputError("one target a row is needed, not all zero", name, "--target COLUMN|FILE")
        if measured.data.n > MAX_DENSE:
            raise InputError(f"{measured.data.n} rows are too many for it", name, f"at most {MAX_DENSE} rows")
        A = build_gram(measured.data.X, measured.rows, kernel_for(activation), measured.pool)
        self.norm, self.below = float(measured.norm_y.upper or 0.0), float(measured.norm_y.lower or 0.0)
        try:
            # the matrix as it is stored, K∞·2^-exponent: the power of two is put into the gain
            self.K: Comparison = comparison(
                replace(A, exponent=0), np.asarray(y, dtype=np.float64), self.norm, measured.pool
            )
        except ValueError as fault:
            raise InputError(str(fault), name, "other rows") from None
        alpha2 = alpha**2
        self.gain = alpha2 * Fraction(2) ** A.exponent
        with precision(WORKING_BITS):
            slope = evaluate(activation_of(activation).slope_bound, {})
            self.size = upper_float(measured.norm_x_squared.upper_arb())
            self.top = upper_float(arb(alpha2) * slope**2 * arb(self.size))
            unit = Fraction(lower_float(arb(self.gain) / arb(self.top) * (1 - arb(2) ** -40)))
        self.largest = float(self.K.values[-1]) + self.K.distance
        # of the stored matrix; the network's is eta/gain
        self.eta = min(Fraction(STEP / self.largest * (1 - 2.0**-40)), unit)
        if activation != "relu":
            self.quartic = _upper(measured.quartic.q_x_squared)

    def at(self, width: int, delta: Fraction) -> TheoremResult:
        """The least loss factor found over horizons; undecided where none is below 1.

        Raises
        ------
        InputError
            For an odd width.
        """
        if width < 2 or width % 2:
            raise InputError(f"the width {width} is not a positive even number", "m", "neurons are paired")
        claim = (
            f"with probability at least 1 − δ gradient descent at width {width} reaches a smaller loss in finite time"
        )
        for values in self._best(width, delta):
            result = decide_given(self.theorem, values, word=False)
            factor = result.constants.get("loss_factor")
            if (
                result.verdict is Verdict.PROVED
                and factor is not None
                and factor.upper is not None
                and factor.upper < 1
            ):
                bounds = {
                    name: value for name, value in result.constants.items() if name not in ("rate", "contraction")
                }
                bounds["width"] = Enclosure.point(width)
                bounds["steps"] = Enclosure.point(int(values["steps"]))
                with precision(WORKING_BITS):
                    bounds["step_size"] = Enclosure.from_arb(arb(values["eta"]))
                return replace(result, claim=claim, constants=bounds, witness={**result.witness, "width": width})
        return _nothing(self.theorem, claim)

    def _best(self, width: int, delta: Fraction) -> Iterator[dict[str, Number]]:
        """The numbers at the horizons that are best in floats."""
        ends = np.geomspace(0.02 / self.largest, 1e5 / self.largest, HORIZONS).tolist()
        ranked = []
        for steps in sorted({max(1, round(t / float(self.eta))) for t in ends}):
            terminal, _, action = guess(self.K, float(self.eta), steps)
            values = self._complete(
                steps, terminal, action * 1.02, guess_spread(self.K, float(self.eta), steps), width, delta
            )
            if values is not None:
                ranked.append((self._factor(values), steps))
        for factor, steps in sorted(ranked)[:PROVED]:
            if factor < 1.05:
                path, spread = (
                    linearised(self.K, self.norm, self.eta, steps),
                    spread_of(self.K, self.norm, self.eta, steps),
                )
                values = self._complete(steps, path.terminal, path.action, spread, width, delta)
                if values is not None:
                    yield values

    def _complete(
        self, steps: int, terminal: float, action: float | Fraction, spread: Spread, width: int, delta: Fraction
    ) -> dict[str, Number] | None:
        """All numbers of the theorem, the free ones by search; None where none is found."""
        with precision(WORKING_BITS):
            tau, weight, mass = (upper_float(arb(x) / arb(self.gain)) for x in (action, spread.weight, spread.mass))
        rectifier = self.theorem is HORIZON_PRIOR_RELU
        budget = float(delta) * (KERNEL_SHARE if rectifier else 1)
        t = needed_spread(width / 2, self.top, spread.energy, mass, budget)
        values: dict[str, Number] = {
            "norm_y": self.norm, "norm_y_below": self.below, "norm_x_squared": self.size, "eta": self.eta / self.gain,
            "delta": delta, "alpha": self.alpha, "m": width, "steps": steps, "terminal": terminal, "action": tau,
            "weight": weight, "energy": spread.energy, "mass": mass, "spread": t,
        }  # fmt: skip
        T, cost = steps * float(values["eta"]), math.sqrt(weight) * t
        if rectifier:
            return self._flips({**values, "delta1": budget * (1 + 1e-12)}, tau + T * cost, T)
        values["q_x_squared"] = self.quartic
        potential = min(
            math.sqrt(T / (2 - float(values["eta"]) * self.top)) * self.norm, math.sqrt(self.top) * (tau + T * cost)
        )
        D = radius_for(potential, tau + T * cost, self._beta(width), self.norm, float(values["eta"]), steps, self.top)
        return None if D is None else {**values, "D": D * (1 + 1e-9)}

    def _beta(self, width: int) -> float:
        curvature = activation_of(self.theorem.activations[0]).curvature_bound
        assert curvature is not None
        return float(self.alpha) * float(curvature) * math.sqrt(self.quartic / width)

    def _flips(self, values: dict[str, Number], tau: float, T: float) -> dict[str, Number] | None:
        """The least radius that holds its own displacement, by iteration."""
        n, trials = self.measured.data.n, int(values["m"]) // 2
        gram = _upper(self.measured.gram_abs)
        reach = float(self.alpha) * math.sqrt(self.size / int(values["m"]))
        budget = (float(values["delta"]) - float(values["delta1"])) / n * (1 - 1e-9)
        r = reach * tau
        for _ in range(60):
            count = float(binom.isf(budget, trials, math.erf(r / math.sqrt(2)))) + 1
            kappa = min(1.0, count / trials)
            change = 2 * float(self.alpha) ** 2 * kappa * gram
            if change * T > 50:
                return None
            moved = reach * tau * (1 + T * change * math.exp(T * change)) * (1 + 1e-9)
            if moved <= r:
                return {**values, "n": n, "gram_abs": gram, "r": r, "kappa": kappa}
            r = moved * (1 + 1e-3)
        return None

    def _factor(self, values: dict[str, Number]) -> float:
        """The loss factor in floats."""
        T, eta = float(values["steps"]) * float(values["eta"]), float(values["eta"])
        cost = math.sqrt(float(values["weight"])) * float(values["spread"])
        if self.theorem is HORIZON_PRIOR_RELU:
            change = 2 * float(self.alpha) ** 2 * float(values["kappa"]) * float(values["gram_abs"])
            dev = change * (float(values["action"]) + T * cost) * math.exp(T * change)
        else:
            dev = deviation_of(
                float(values["D"]), self._beta(int(values["m"])), self.norm, eta, int(values["steps"]), self.top
            )
        return ((float(values["terminal"]) + cost + dev) / self.below) ** 2


def theorem_for(activation: str) -> Theorem:
    """The edition for this activation. Raises `InputError` where there is none."""
    if activation == "relu":
        return HORIZON_PRIOR_RELU
    if not HORIZON_PRIOR_SMOOTH.speaks_of(activation):
        raise InputError(f"horizon.prior does not speak of {activation}", "--activation", "relu or a smooth one")
    return HORIZON_PRIOR_SMOOTH.of(activation)


def _nothing(theorem: Theorem, claim: str) -> TheoremResult:
    return TheoremResult(
        id=theorem.id,
        edition=theorem.edition,
        claim=claim,
        verdict=Verdict.UNDECIDED,
        kernel=theorem.activations[0],
        assumed=theorem.assumed,
        hypotheses=(),
        label=theorem.label,
        reason="no horizon was found at which a loss below the initial one is proved",
        would_decide=("a greater width or a greater delta",),
    )


def _upper(value: Enclosure) -> float:
    if value.exponent or value.upper is None:
        raise InputError("a bound of the data is beyond float64's range", "horizon.prior", "rescale the rows")
    return float(value.upper)


def settings_of(settings: Any) -> tuple[str, int, Fraction, Fraction]:
    """Activation, width, δ and α of ``--set``. Raises `InputError`."""
    if "m" not in settings:
        raise InputError("no width is given", "--set", "--set m=65536")
    width, delta, alpha = (
        Fraction(settings.get(name, usual)) for name, usual in (("m", 0), ("delta", "1/20"), ("alpha", 1))
    )
    if width.denominator != 1:
        raise InputError(f"the width is {width}", "m", "give an integer")
    if not 0 < delta < 1:
        raise InputError(f"delta is {float(delta):g}, not between 0 and 1", "delta", "give a probability such as 0.05")
    if not alpha > 0:
        raise InputError(f"alpha is {float(alpha):g}, not positive", "alpha", "give a positive number")
    return str(settings.get("activation", "")), int(width), delta, alpha
