"""The loss that is certain after finite time for a network drawn at a given width."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.optimize import brentq

from certify.arithmetic.balls import WORKING_BITS, arb, precision, upper_float
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import U, gamma
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers
from certify.errors import InputError
from certify.networks.activation import SMOOTH
from certify.networks.drawn import DrawnKernel, drawn_kernel, rows_of
from certify.spectrum.comparison import Comparison, comparison
from certify.spectrum.decomposition import MAX_DENSE
from certify.symbolic.evaluate import evaluate
from certify.theorems.bibliography import cited
from certify.theorems.flips import FlipBound, deviation
from certify.theorems.horizon import LinearisedPath, guess, linearised
from certify.theorems.result import TheoremResult, relations
from certify.theorems.statements import Theorem, constants, verify
from certify.theorems.statements.evaluation import Number
from certify.theorems.statements.horizon import HORIZON_RELU, HORIZON_SMOOTH
from certify.theorems.statements.witness import written
from certify.workflows.measure import Measurements

STEP = 2.0**-7
"""The step in units of 1/‖K0‖: what is proved improves a little as the step shrinks."""


def horizon(
    measured: Measurements, pool: Workers, activation: str, width: int, seed: int, alpha: float
) -> TheoremResult:
    """The least loss factor ``L(T)/L(0)`` that is proved over horizons, for the paired network drawn from ``seed``.

    Raises
    ------
    InputError
        Without targets, for an activation whose slopes have no proved array function, for too many rows.
    """
    theorem = theorem_for(activation)
    data = measured.data
    if measured.norm_y is None or data.y is None or data.y.ndim != 1:
        raise InputError("there is no target", theorem.id, "--target COLUMN|FILE")
    if data.n > MAX_DENSE:
        raise InputError(f"{data.n} rows are too many for it (at most {MAX_DENSE})", theorem.id, "fewer rows")
    if not (measured.norm_y.lower or 0) > 0:
        raise InputError("the targets are all zero", theorem.id, "other targets")
    drawn = drawn_kernel(activation, data.X, measured.rows, width, seed, Fraction(alpha))
    norm = float(measured.norm_y.upper or 0.0)
    K = comparison(drawn.kernel, np.asarray(data.y, dtype=np.float64), norm, pool)
    base = {"norm_y": norm, "norm_y_below": float(measured.norm_y.lower or 0.0)}
    if activation == "relu":
        found = _relu(theorem, measured, drawn, K, width, Fraction(alpha), base)
    else:
        found = _smooth(theorem, measured, K, width, Fraction(alpha), base)
    return _result(theorem, found, width, seed, alpha, activation)


def theorem_for(activation: str) -> Theorem:
    """``horizon.smooth`` or ``horizon.relu``. Raises `InputError` for other activations."""
    if activation == "relu":
        return HORIZON_RELU
    if activation not in SMOOTH:
        raise InputError(f"no finite-width kernel for {activation}", "--activation", f"relu, {', '.join(SMOOTH)}")
    return HORIZON_SMOOTH.of(activation)


def _horizons(K: Comparison) -> tuple[Fraction, list[int]]:
    top = float(K.values[-1]) + K.distance
    eta = Fraction(STEP / top * (1 - 2.0**-40))
    ends = np.geomspace(0.02 / top, 1e5 / top, 161)
    return eta, sorted({max(1, round(t / float(eta))) for t in ends})


Found = tuple[LinearisedPath, dict[str, Number]]


def _smooth(
    theorem: Theorem, measured: Measurements, K: Comparison, width: int, alpha: Fraction, base: dict[str, float]
) -> Found | None:
    eta, choices = _horizons(K)
    activation = SMOOTH[theorem.activations[0]].symbolic
    with precision(WORKING_BITS):
        curvature = evaluate(activation.curvature_bound, {})
        beta = upper_float(arb(alpha) * curvature * measured.quartic.q_x_squared.upper_arb().sqrt() / arb(width).sqrt())
    top, norm = float(K.values[-1]) + K.distance, base["norm_y"]

    def outcome(steps: int) -> tuple[float, float]:
        terminal, potential, action = guess(K, float(eta), steps)
        D = radius_for(potential * (1 + 1e-4), action * 1.02, beta, norm, float(eta), steps, top)
        return (math.inf, 0.0) if D is None else (terminal + deviation_of(D, beta, norm, float(eta), steps, top), D)

    for steps in sorted(choices, key=lambda k: outcome(k)[0])[:3]:
        path = linearised(K, norm, eta, steps)
        D = radius_for(path.potential, float(path.action), beta, norm, float(eta), steps, top)
        if D is None:
            continue
        values: dict[str, Number] = {
            **base, "kernel_norm": path.kernel_norm, "terminal": path.terminal, "potential": path.potential,
            "action": path.action, "beta": beta, "eta": eta, "steps": steps, "D": D * (1 + 1e-9),
        }  # fmt: skip
        if verify(theorem, values).verdict is Verdict.PROVED:
            return path, values
    return None


def deviation_of(D: float, beta: float, norm: float, eta: float, steps: int, top: float) -> float:
    """The theorem's dev, in floats."""
    a1, a2 = _sums(eta, steps, top)
    return 0.5 * beta * D * D * (1 + a2) + beta * D * a1 * norm


def _sums(eta: float, steps: int, top: float) -> tuple[float, float]:
    T = eta * steps
    a1 = math.sqrt(2 * T / math.e) + eta * math.sqrt(top)
    return a1, 1 - 1 / math.e + max(0.0, math.log(T * top)) / math.e + eta * top


def radius_for(A: float, tau: float, beta: float, norm: float, eta: float, steps: int, top: float) -> float | None:
    """The least D of the movement hypothesis, in floats."""
    T, (a1, _) = eta * steps, _sums(eta, steps, top)

    def excess(D: float) -> float:
        dev = deviation_of(D, beta, norm, eta, steps, top)
        return A + 0.5 * a1 * beta * D * D + beta * D * min(T * norm, tau + T * dev) - D

    D = A
    for _ in range(60):
        if excess(D) <= 0:
            return float(brentq(excess, A * 0.999, D, xtol=1e-12 * D)) if D > A else D
        D *= 1.1
    return None


def _relu(
    theorem: Theorem, measured: Measurements, drawn: DrawnKernel, K: Comparison, width: int, alpha: Fraction,
    base: dict[str, float],
) -> Found | None:  # fmt: skip
    eta, choices = _horizons(K)
    rows, row_error = rows_of(measured.data.X, measured.rows)
    flips = FlipBound(_modulus(rows, row_error), drawn.radii, drawn.flips, alpha**2 / width)
    with precision(WORKING_BITS):
        reach = Fraction(upper_float(arb(alpha) * (measured.norm_x_squared.upper_arb() / width).sqrt()))

    def attempts() -> Iterator[tuple[float, Found]]:
        best, worse = math.inf, 0
        for steps in choices[::4]:
            path = linearised(K, base["norm_y"], eta, steps)
            dev = deviation(path, flips, reach)
            total = math.inf if dev is None else path.terminal + dev
            if dev is not None:
                values: dict[str, Number] = {
                    **base, "kernel_norm": path.kernel_norm, "terminal": path.terminal, "deviation": dev, "eta": eta,
                    "steps": steps,
                }  # fmt: skip
                yield total, (path, values)
            worse = 0 if total < best else worse + 1
            best = min(best, total)
            if worse == 6:
                return

    ranked = sorted(attempts(), key=lambda entry: entry[0])
    for _, found in ranked[:3]:
        if verify(theorem, found[1]).verdict is Verdict.PROVED:
            return found
    return None


def _modulus(rows: Floats, row_error: float) -> Floats:
    """Upper bounds of ``|G_ij|``."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows)) * (1.0 + 2.0**-30)
    error = gamma(rows.shape[1] + 4)
    bound = np.abs(rows @ rows.T) + (error * lengths)[:, None] * lengths[None, :]
    if row_error:
        bound += (row_error * lengths)[:, None] + (row_error * lengths)[None, :] + row_error**2
    return np.asarray(bound * (1.0 + 8 * U) + 2.0**-900)


def _result(
    theorem: Theorem, found: Found | None, width: int, seed: int, alpha: float, activation: str
) -> TheoremResult:
    result = TheoremResult(
        id=theorem.id,
        edition=theorem.edition,
        claim=f"gradient descent at width {width} reaches a smaller loss in finite time",
        verdict=Verdict.UNDECIDED,
        kernel=activation,
        assumed=(
            *theorem.assumed,
            f"the network is the paired one of width {width} that seed {seed} draws (frozen stream), "
            f"output scale {alpha:g}",
        ),
        hypotheses=(),
        label=theorem.label,
        source=cited(theorem.sources),
    )
    if found is None:
        reason = "no horizon was found at which the hypotheses are proved"
        return replace(result, reason=reason, would_decide=("a greater width",))
    path, values = found
    checked = verify(theorem, values)
    bounds = constants(theorem, values)
    bounds.pop("rate"), bounds.pop("contraction")
    bounds["width"], bounds["steps"] = Enclosure.point(width), Enclosure.point(path.steps)
    with precision(WORKING_BITS):
        bounds["step_size"] = Enclosure.from_arb(arb(path.eta))
    below_one = bounds["loss_factor"].upper is not None and bounds["loss_factor"].upper < 1
    return replace(
        result,
        verdict=Verdict.PROVED if below_one else Verdict.UNDECIDED,
        reason=None if below_one else "the bound proved is not below the initial loss",
        hypotheses=relations(checked),
        constants=bounds,
        conclusion=theorem.conclusion if below_one else None,
        witness={
            "variant": theorem.variant,
            "values": {name: written(value) for name, value in values.items()},
            "seed": seed,
            "width": width,
        },
    )
