"""Arora et al. (2019) on a data set: the residual mode by mode, and the complexity of the targets."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic.balls import WORKING_BITS, arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.errors import InputError
from certify.kernels import build_gram, kernel_for
from certify.kernels.policy import positive
from certify.spectrum.decomposition import MAX_DENSE, all_eigenvalues
from certify.spectrum.functionals import quadratic_form
from certify.spectrum.subspace import projection_norms
from certify.theorems.given import decide_given
from certify.theorems.modes import Mode, residual
from certify.theorems.result import TheoremResult
from certify.theorems.statements.arora2019 import ARORA2019_GENERALIZATION, ARORA2019_MODES
from certify.theorems.statements.evaluation import Number
from certify.workflows.measure import Measurements

STEPS = tuple(10**k for k in range(7))
"""Steps at which the share of the residual that is left is reported."""
DEFAULT_STEPS = 1000
SHOWN = 20
"""Modes that a witness lists, the largest eigenvalues first."""


def modes_of(measured: Measurements, activation: str) -> tuple[Mode, ...]:
    """The clusters of K∞'s eigenvalues with the targets' projections, ascending.

    Raises
    ------
    InputError
        Without targets (one a row), or for too many rows.
    """
    y = _targets(measured, ARORA2019_MODES.id)
    if measured.data.n > MAX_DENSE:
        raise InputError(f"{measured.data.n} rows", ARORA2019_MODES.id, f"at most {MAX_DENSE} rows")
    A = build_gram(measured.data.X, measured.rows, kernel_for(activation), measured.pool)
    spectrum = all_eigenvalues(A, measured.pool)
    # as `projection_norm` takes only sizes near 1
    power = -int(np.frexp(np.abs(y).max())[1])
    found = []
    for cluster, low, high in projection_norms(spectrum, np.ldexp(y, power)):
        bottom, top = float(spectrum.lower[cluster.start]), float(spectrum.upper[cluster.stop - 1])
        if not math.isfinite(bottom + top):
            raise InputError("the eigenvalues could not be enclosed", ARORA2019_MODES.id, "other rows")
        values = Enclosure.scaled(max(0.0, bottom), max(0.0, top), spectrum.exponent)
        found.append(Mode(values, Enclosure.scaled(low, high, -power), cluster.stop - cluster.start))
    return tuple(found)


def per_mode(
    measured: Measurements, activation: str, eta: Fraction | None = None, steps: int | None = None
) -> TheoremResult:
    """``arora2019.modes``: the loss after ``steps`` (1000) with the kernel frozen, at ``eta`` (about 1/λ_max)."""
    modes = modes_of(measured, activation)
    count = DEFAULT_STEPS if steps is None else steps
    norm = measured.norm_y
    assert norm is not None
    top = modes[-1].eigenvalue
    with precision(WORKING_BITS):
        limit = Enclosure.from_arb(1 / top.upper_arb())
    if limit.lower is None or limit.exponent or not (norm.lower or 0) > 0 or norm.exponent:
        raise InputError("kernel or targets are beyond float64's range", ARORA2019_MODES.id, "rescale them")
    step = Fraction(limit.lower) if eta is None else eta
    if not 0 < step <= Fraction(limit.lower):
        raise InputError(f"the step size is {float(step):g}", "eta", f"between 0 and {limit.lower:.6g}")
    end = residual(modes, step, count)
    with precision(WORKING_BITS):
        largest = Enclosure.from_arb(top.upper_arb())
    values: dict[str, Number] = {
        "norm_y_below": float(norm.lower or 0.0),
        "kernel_norm": _upper(largest),
        "terminal": min(_upper(end), float(norm.upper or math.inf)),
        "eta": step,
        "steps": count,
    }
    result = decide_given(replace(ARORA2019_MODES, activations=(activation,)), values, word=False)
    found = dict(result.constants)
    found.pop("rate", None), found.pop("contraction", None)
    for k in sorted({*STEPS, count}):
        found[f"residual_share_at_{k}"] = _share(residual(modes, step, k), norm)
    found["steps"] = Enclosure.point(count)
    shown = [
        {"eigenvalue": m.eigenvalue.to_json(), "projection": m.projection.to_json(), "count": m.count}
        for m in reversed(modes[-SHOWN:])
    ]
    return replace(
        result,
        claim=f"with the kernel frozen at K∞ the loss after {count} steps is at most loss_factor times the first",
        constants=found,
        witness={**result.witness, "clusters": len(modes), "modes": shown},
    )


def complexity(measured: Measurements, activation: str) -> TheoremResult:
    """``arora2019.generalization``: the enclosed indicator; never proved."""
    theorem = ARORA2019_GENERALIZATION
    y = _targets(measured, theorem.id)
    spectrum = measured.spectrum(activation)
    if not positive(spectrum.lambda_min):
        raise InputError("the kernel is not proved positive definite", theorem.id, "--duplicates drop")
    A = build_gram(measured.data.X, measured.rows, kernel_for(activation), measured.pool)
    low = spectrum.lambda_min
    with precision(WORKING_BITS):
        stored = Enclosure.from_arb(low.lower_arb() * arb(2) ** -A.exponent).lower or 0.0
    form = quadratic_form(A, y, float(stored), measured.pool).enclosure
    if form.upper is None or form.lower is None or form.exponent:
        raise InputError("the quadratic form could not be enclosed", theorem.id, "better conditioned rows")
    values: dict[str, Number] = {"n": measured.data.n, "quadratic_form": float(form.upper)}
    result = decide_given(replace(theorem, activations=(activation,)), values, word=False)
    with precision(WORKING_BITS):
        ends = [(2 * arb(end) / measured.data.n).sqrt() for end in (form.lower, form.upper)]
        indicator = Enclosure.from_ends(*ends)
    notes = [] if activation == "relu" else [f"the paper speaks of relu, not of {activation}"]
    if str(measured.unit_rows) != "proved":
        notes.append("the paper asks for ‖x_i‖ = 1")
    if float(np.abs(y).max()) > 1:
        notes.append("the paper asks for |y_i| ≤ 1")
    return replace(
        result,
        claim="the population loss is small",
        constants={"indicator": indicator, "quadratic_form": form, "lambda_min": low},
        reason="; ".join([result.reason or "", *notes]),
    )


def _targets(measured: Measurements, name: str) -> Any:
    y = measured.data.y
    if y is None or y.ndim != 1:
        raise InputError("one target a row is needed", name, "--target COLUMN|FILE")
    if not np.any(y):
        raise InputError("the targets are all zero", name, "other targets")
    return y


def _share(end: Enclosure, norm: Enclosure) -> Enclosure:
    with precision(WORKING_BITS):
        share = Enclosure.from_ends(end.lower_arb() / norm.upper_arb(), end.upper_arb() / norm.lower_arb())
    return Enclosure(share.lower, min(1.0, share.upper or 1.0)) if not share.exponent else share


def _upper(value: Enclosure) -> float:
    if value.exponent or value.upper is None:
        raise InputError("the kernel is beyond float64's range", ARORA2019_MODES.id, "rescale the rows")
    return float(value.upper)
