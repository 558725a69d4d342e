"""``spectral.width`` on a data set: eigendecomposition, search for the least width, proof."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic.balls import WORKING_BITS, arb, lower_float, precision, upper_float
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers
from certify.errors import InputError
from certify.kernels import build_gram, kernel_for
from certify.kernels.policy import positive
from certify.spectrum.comparison import Comparison, comparison
from certify.spectrum.decomposition import MAX_DENSE
from certify.symbolic.evaluate import evaluate
from certify.symbolic.library import activation_of
from certify.theorems.result import HypothesisResult, TheoremResult, relations
from certify.theorems.spectral import Levels, Path, Problem, levels, prove, search, two_sided_share
from certify.theorems.statements import constants, steps_to_fraction, verify
from certify.theorems.statements.evaluation import Number
from certify.theorems.statements.spectral_width import SPECTRAL_WIDTH
from certify.theorems.statements.witness import written
from certify.workflows.measure import Measurements
from certify.workflows.request import DatasetRequest

STEP = 2.0**-7
"""The step in units of 1/Λ²: the width falls a little as it shrinks."""
LARGEST_LOG2 = 200.0


def spectral_width(
    measured: Measurements, pool: Workers, activation: str, delta: float, alpha: float, width: int | None = None
) -> TheoremResult:
    """The least width found at which ``spectral.width`` is proved, or its verdict at ``width``."""
    theorem = SPECTRAL_WIDTH.of(activation)
    obstacle = _obstacle(measured, activation)
    result = TheoremResult(
        id=theorem.id,
        edition=theorem.edition,
        claim="a finite width suffices" if width is None else f"gradient descent converges linearly at width {width}",
        verdict=Verdict.UNDECIDED,
        kernel=activation,
        assumed=theorem.assumed,
        hypotheses=(),
        label=theorem.label,
        fraction=1e-6,
    )
    if obstacle is not None:
        return replace(result, reason=obstacle[0], would_decide=(obstacle[1],))
    attempt = _Attempt(measured, pool, activation, delta, alpha)
    found = attempt.least() if width is None else attempt.at(width)
    if found is None:
        return replace(
            result, reason="no path to an interpolating solution was found", would_decide=("a greater width",)
        )
    m, values, path, spectrum = found
    checked = verify(theorem, values)
    bounds = constants(theorem, values)
    with precision(WORKING_BITS):
        bounds["step_size"] = Enclosure.from_arb(arb(values["eta"]))
    bounds["width"] = Enclosure.point(m)
    if width is None:
        bounds["required_width"] = Enclosure.point(m)
    steps = steps_to_fraction(theorem, values, Fraction(1, 10**6))
    if steps is not None:
        bounds["steps_to_fraction"] = Enclosure.point(steps)
    return replace(
        result,
        verdict=Verdict.PROVED,
        claim=f"a finite width suffices: m = {m}" if width is None else result.claim,
        hypotheses=(HypothesisResult.of_condition(theorem.conditions[0], Verdict.PROVED), *relations(checked)),
        constants=bounds,
        conclusion=theorem.conclusion,
        witness=_witness(theorem.variant, values, path, spectrum),
    )


def spectral_entry(measured: Measurements, request: DatasetRequest) -> dict[str, Any]:
    """The entry of ``spectral.width`` for the document's activation, or for erf where that is not smooth.

    Raises
    ------
    InputError
        Where there is no kernel for these rows, or neurons are not paired.
    """
    own = request.document_activation
    if request.init != "paired":
        raise InputError("it is stated for paired neurons", "--theorem spectral.width", "--init paired")
    activation = own if SPECTRAL_WIDTH.speaks_of(own) else SPECTRAL_WIDTH.activations[0]
    result = spectral_width(measured, measured.pool, activation, request.delta, request.alpha, request.width)
    entry = result.to_json()
    entry.pop("kernel", None)
    if activation != own:
        normalized = measured.data.normalized
        entry["kernel"] = {"activation": activation, "depth": 1, "bias": False, "normalized": normalized}
    return entry


def _obstacle(measured: Measurements, activation: str) -> tuple[str, str] | None:
    if measured.norm_y is None or measured.data.y is None or measured.data.y.ndim != 1:
        return "there is no target", "the targets (--target COLUMN|FILE)"
    if measured.data.n > MAX_DENSE:
        return f"{measured.data.n} rows are too many for an eigendecomposition", f"at most {MAX_DENSE} rows"
    if not positive(measured.spectrum(activation).lambda_min):
        return "the kernel is not proved to be positive definite", "a positive lower bound of its smallest eigenvalue"
    if not (measured.norm_y.upper or 0) > 0:
        return "the targets are all zero", "other targets"
    return None


Found = tuple[int, dict[str, Number], Path, Levels]


class _Attempt:
    """The data's numbers, measured once, and the attempts at widths."""

    def __init__(self, measured: Measurements, pool: Workers, activation: str, delta: float, alpha: float) -> None:
        data = measured.data
        A = build_gram(data.X, measured.rows, kernel_for(activation), pool)
        assert measured.norm_y is not None and data.y is not None
        self.size = float(measured.norm_y.upper or 0.0)
        self.K: Comparison = comparison(A, np.asarray(data.y, dtype=np.float64), self.size, pool)
        self.spectrum = levels(self.K)
        self.theorem = SPECTRAL_WIDTH.of(activation)
        self.alpha = Fraction(alpha)
        self.n = data.n
        phi = activation_of(activation)
        with precision(WORKING_BITS):
            self.slope = evaluate(phi.slope_bound, {})
            self.curvature = evaluate(phi.curvature_bound, {})
            low = measured.spectrum(activation).lambda_min
            self.lambda0 = lower_float(low.lower_arb())
            self.norm = upper_float(measured.norm_x_squared.upper_arb())
            self.quartic = upper_float(measured.quartic.q_x_squared.upper_arb())
            least = arb(float(self.K.values[0]))
            self.theta = upper_float(arb(self.K.distance) / least) if least > 0 else math.inf
            self.lambda2 = arb(self.alpha) ** 2 * self.slope**2 * arb(self.norm)
            self.eta = Fraction(lower_float(arb(STEP) / self.lambda2))
        self.delta = delta

    def problem(self, m: int) -> tuple[Problem, float] | None:
        trials = m / 2 * self.lambda0 / (float(self.slope) ** 2 * self.norm)
        eps = two_sided_share(self.n, trials, self.delta)
        if eps is None or not self.theta < 1:
            return None
        with precision(WORKING_BITS):
            beta = arb(self.alpha) * self.curvature * (arb(self.quartic) / m).sqrt()
            share = arb(eps) + arb(self.theta) * (1 + arb(eps))
            c = 2 - arb(self.eta) * (self.lambda2 + beta * arb(self.size))
            if not (share < 1 and c > 0):
                return None
            return Problem(upper_float(beta), upper_float(share), self.alpha, upper_float(2 / c), self.size), eps

    def path(self, m: int) -> tuple[Problem, float, Path] | None:
        posed = self.problem(m)
        if posed is None:
            return None
        path = search(posed[0], self.spectrum)
        return None if path is None else (*posed, path)

    def at(self, m: int) -> Found | None:
        """The proof at width m."""
        found = self.path(m)
        if found is None:
            return None
        problem, eps, path = found
        slope = prove(problem, self.spectrum, path)
        if slope is None:
            return None
        x, rho = path.end
        values: dict[str, Number] = {
            "n": self.n, "lambda0": self.lambda0, "norm_x_squared": self.norm, "q_x_squared": self.quartic,
            "norm_y": self.size, "theta": self.theta, "kappa_hat": float(self.K.values[0]), "rho": rho, "x_end": x,
            "s_end": slope, "delta": self.delta, "alpha": self.alpha, "m": m, "eps": eps, "eta": self.eta,
        }  # fmt: skip
        proved = verify(self.theorem, values).verdict is Verdict.PROVED
        return (m, values, path, self.spectrum) if proved else None

    def least(self) -> Found | None:
        """By bisection in floats, to a relative 1e-4; then upwards until the proof succeeds."""
        low, high = 1.0, 2.0
        while self.path(2 * round(2.0**high)) is None:
            low, high = high, high + 4.0
            if high > LARGEST_LOG2:
                return None
        while high - low > 1e-4:
            middle = (low + high) / 2
            if self.path(2 * round(2.0**middle)) is None:
                low = middle
            else:
                high = middle
        for extra in (0.0, 1e-5, 1e-3, 1e-2, 0.1):
            found = self.at(2 * round(2.0 ** (high + extra)))
            if found is not None:
                return found
        return None


def _witness(variant: str, values: dict[str, Number], path: Path, spectrum: Levels) -> dict[str, Any]:
    return {
        "variant": variant,
        "values": {name: written(value) for name, value in values.items()},
        "levels": {
            "bottoms": spectrum.bottoms.tolist(),
            "tops": spectrum.tops.tolist(),
            "tails": spectrum.tails.tolist(),
        },
        "points": len(path.x),
    }
