"""``certify dataset``: bounds, required widths and the verdict for one data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from certify.arithmetic.balls import WORKING_BITS, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.selftest import ASSUMED, require_selftest
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.certificates import Certificate
from certify.data import Dataset, Rays
from certify.errors import InputError
from certify.kernels import UnitRows, build_gram
from certify.kernels.null_vector import NullVector
from certify.kernels.policy import positive, refinable
from certify.reports import Illustration
from certify.reports.illustration import MAX_EIGENVALUES
from certify.spectrum.estimate import eigenvalues
from certify.symbolic.complement import slopes_add_up
from certify.theorems import THEOREMS, Loss, Request, assess, step_size_in
from certify.workflows.architecture import architecture_certificate, kernel_of
from certify.workflows.certified import Certified
from certify.workflows.environment import describe_environment
from certify.workflows.measure import KernelSpectrum, Measurements
from certify.workflows.request import BY_NAME, DatasetRequest
from certify.workflows.resources import storage_for
from certify.workflows.separation import separation_bound
from certify.workflows.spectral import spectral_entry

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DatasetResult(Certified):
    """The certificate of a data set, with the data it was made from."""

    data: Dataset

    @cached_property
    def illustration(self) -> Illustration:
        """All eigenvalues of the kernel in float64, unverified, for up to 2000 rows."""
        if self.data.n > MAX_EIGENVALUES:
            return Illustration()
        rows = UnitRows.from_data(self.data.X, self.data.normalized)
        kernel = kernel_of(self.certificate.kernel or {}, self.data.d)
        with workers(1) as pool:
            A = build_gram(self.data.X, rows, kernel, pool)
            with np.errstate(over="ignore", under="ignore"):
                values = np.ldexp(eigenvalues(A), A.exponent)
        return Illustration(values if np.isfinite(values).all() else None)


def certify_dataset(
    data: Dataset, request: DatasetRequest | None = None, progress: Progress | None = None
) -> DatasetResult:
    """Answer with proof: how small is ``λ_min(K∞)``, and how wide must a network be?

    Parameters
    ----------
    data :
        The exact data set.
    request :
        What is asked; the defaults of `DatasetRequest`.
    progress :
        Called with (stage, done, total), from any thread.

    Returns
    -------
    DatasetResult
        Its ``certificate`` is the document of kind ``dataset``.

    Raises
    ------
    ArithmeticRefused
        If this process's arithmetic is not what the lemmas assume.
    InputError
        If the n × n matrices fit neither in memory nor where ``request.resources`` would have them.
    MachineFault
        If a disk or a worker fails under way.
    """
    request = request or DatasetRequest()
    require_selftest()
    with (
        workers(request.threads) as pool,
        storage_for(data, request.resources, request.threads, request.to_json()) as storage,
    ):
        measured = Measurements(data, pool, progress, request.effort, storage)
        if request.architecture is not None:
            certificate = architecture_certificate(data, request.architecture, measured, request.to_json())
            return DatasetResult(certificate, data)
        spectrum = measured.spectrum(request.document_activation, both_ends=True)
        entries = [_theorem_entry(name, measured, request) for name in theorems_for(request, data)]
        certificate = _certificate(data, request, measured, spectrum, entries)
    return DatasetResult(certificate, data)


def theorems_for(request: DatasetRequest, data: Dataset) -> tuple[str, ...]:
    """The theorems to ask: those named, or all; of several outputs only where there are several targets."""
    several = data.y is not None and data.y.ndim == 2
    return request.theorems or tuple(name for name in THEOREMS if several or not name.endswith(".outputs"))


def _theorem_entry(name: str, measured: Measurements, request: DatasetRequest) -> dict[str, Any]:
    if name in BY_NAME:
        return spectral_entry(measured, request)
    activations = THEOREMS[name].activations
    applies = request.applies(name)
    activation = request.document_activation if applies else activations[0]
    quantities: dict[str, Any] = {
        "n": measured.data.n,
        "d": measured.data.d,
        "unit_rows": measured.unit_rows,
        "norm_x_squared": measured.norm_x_squared,
        "trace_gram": measured.trace_gram,
    }
    needed = {quantity.source for quantity in THEOREMS[name].quantities}
    y = measured.data.y
    if measured.norm_y is not None and y is not None and (y.ndim == 1 or "outputs" in needed):
        quantities["norm_y"] = measured.norm_y  # the other theorems speak of networks with one output
        quantities["outputs"] = 1 if y.ndim == 1 else y.shape[1]
    try:
        spectrum = measured.spectrum(activation)
        quantities |= {"lambda_min": spectrum.lambda_min, "definite": spectrum.definite}
        if "gram_abs" in needed or name.startswith("relu."):
            quantities["gram_abs"] = measured.gram_abs
        if "q_x_squared" in needed and positive(spectrum.lambda_min):
            quantities["q_x_squared"] = measured.quartic.q_x_squared
    except InputError:
        if applies:  # of the document's own kernel the user must hear; a comparison may be missing
            raise
        spectrum = None
    result = assess(
        name,
        quantities,
        Request(
            delta=request.delta,
            alpha=request.alpha,
            init=request.init if THEOREMS[name].paired else "independent",
            width=request.width,
            min_rate=request.min_rate,
            fraction=None if request.fraction == 1e-6 else request.fraction,
            activation=activation,
        ),
    )
    entry = result.to_json()
    entry.pop("kernel", None)
    if not applies:
        entry["kernel"] = _kernel_json(activation, measured.data)
        if spectrum is not None:
            entry["constants"]["lambda_min"] = spectrum.lambda_min.to_json()
            entry["witness"]["spectrum"] = spectrum.witness
    if "q_x_squared" in quantities:
        entry["witness"]["quartic"] = {"s": measured.quartic.s, "lambda_max": measured.quartic.lambda_max.to_json()}
    step = result.constants.get("step_size")
    if step is not None and step.upper is not None and request.loss != Loss.HALF_SUM:
        converted = step_size_in(Loss(request.loss), measured.data.n, step)
        entry["constants"][f"step_size_for_{request.loss}_loss"] = converted.to_json()
    return entry


def _certificate(
    data: Dataset,
    request: DatasetRequest,
    measured: Measurements,
    spectrum: KernelSpectrum,
    entries: list[dict[str, Any]],
) -> Certificate:
    verdict, reason = _verdict(request, spectrum, entries, measured)
    wanted = [] if verdict is not Verdict.UNDECIDED else _would_decide(request, spectrum, entries, data.normalized)
    bounds = {
        "lambda_min": spectrum.lambda_min,
        "lambda_max": spectrum.lambda_max or Enclosure(None, None),
        "condition": _condition(spectrum),
        "norm_x_squared": measured.norm_x_squared,
        "trace_gram": measured.trace_gram,
    }
    if request.document_activation == "relu":
        bounds["gram_abs"] = measured.gram_abs
    if measured.norm_y is not None:
        bounds["norm_y"] = measured.norm_y
    apart, witness = separation_bound(measured, request.document_activation)
    return Certificate(
        kind="dataset",
        claim=_claim(request),
        verdict=verdict,
        reason=reason,
        would_decide=wanted,
        data={**data.to_json(), "name": data.name, "notes": list(data.notes)},
        kernel=_kernel_json(request.document_activation, data),
        bounds={**bounds, **apart},
        definite=_definite(spectrum, measured),
        theorems=entries,
        witness={**spectrum.witness, **witness},
        assumed=list(ASSUMED),
        environment={**describe_environment(), "selftest": "passed"},
        extra={"request": request.to_json()},
    )


def _claim(request: DatasetRequest) -> str:
    whose = (
        f"theorem {request.theorems[0]}" if request.theorems and len(request.theorems) == 1 else "at least one theorem"
    )
    if request.width is not None:
        return f"{whose} guarantees linear convergence of gradient descent at width {request.width}"
    return f"the kernel matrix K∞ is positive definite and {whose} gives a finite width"


def _coincidences(rays: Rays, activation: str, most: int = 5) -> str:
    """The rows that make the kernel singular, in words."""
    classes = [" and ".join(map(str, rows)) for rows in rays.parallel]
    lines = [f"{one[0]} and {other[0]}" for one, other in rays.antiparallel]
    dependent = activation in ("relu", "leaky_relu") or slopes_add_up(activation)
    said = []
    if classes:
        said.append(f"parallel rows {_listed(classes, most)}")
    if lines:
        said.append(f"antiparallel rows {_listed(lines, most)}" + (" on dependent lines" if dependent else ""))
    return "; ".join(said)


def _annihilated(vector: NullVector | None, most: int = 6) -> str:
    if vector is None or len(vector.rows) > most:
        return ""
    return f"; K∞ annihilates {vector}"


def _listed(items: list[str], most: int) -> str:
    rest = len(items) - most
    return ", ".join(items[:most]) + (f" and {rest} more such sets" if rest > 0 else "")


def _verdict(
    request: DatasetRequest, spectrum: KernelSpectrum, entries: list[dict[str, Any]], measured: Measurements
) -> tuple[Verdict, str]:
    if spectrum.definite is Verdict.REFUTED:
        return Verdict.REFUTED, (
            f"λ_min(K∞) = 0 exactly, with a null space of dimension {spectrum.null_dimension}: "
            f"{_coincidences(measured.rays, spectrum.kernel.activation)}{_annihilated(spectrum.null_vector)}"
        )
    applicable = [entry for entry in entries if request.applies(entry["id"])]
    proved = [entry["id"] for entry in applicable if entry["verdict"] == Verdict.PROVED]
    if spectrum.definite is Verdict.PROVED and proved:
        return Verdict.PROVED, (
            f"λ_min(K∞) > 0 is proved, and {', '.join(proved)} {'applies' if len(proved) == 1 else 'apply'}"
        )
    if spectrum.definite is not Verdict.PROVED:
        return Verdict.UNDECIDED, "λ_min(K∞) > 0 could not be proved"
    return Verdict.UNDECIDED, "λ_min(K∞) > 0 is proved, but no theorem's hypotheses are"


def _would_decide(
    request: DatasetRequest, spectrum: KernelSpectrum, entries: list[dict[str, Any]], normalized: bool
) -> list[str]:
    if spectrum.definite is not Verdict.PROVED:
        more = (
            [f"a larger budget than --effort {request.effort}"]
            if refinable(spectrum.kernel, normalized)
            else ["an activation whose kernel has a closed form (relu, leaky_relu, erf, sin, cos, gelu)"]
        )
        return [*more, "dropping one of the rows that nearly depend on the others"]
    lists = (entry["would_decide"] for entry in entries if request.applies(entry["id"]))
    return list(dict.fromkeys(remedy for remedies in lists for remedy in remedies))


def _kernel_json(activation: str, data: Dataset) -> dict[str, Any]:
    return {"activation": activation, "depth": 1, "bias": False, "normalized": data.normalized}


def _condition(spectrum: KernelSpectrum) -> Enclosure:
    low, high = spectrum.lambda_min, spectrum.lambda_max
    if high is None or not positive(low) or low.upper is None or not positive(high) or high.upper is None:
        return Enclosure(None, None)
    with precision(WORKING_BITS):
        return Enclosure.from_ends(high.lower_arb() / low.upper_arb(), high.upper_arb() / low.lower_arb())


def _definite(spectrum: KernelSpectrum, measured: Measurements) -> dict[str, Any]:
    """Verdict on definiteness, with the rows that speak against it and what Du et al. exclude."""
    rays = measured.rays
    document: dict[str, Any] = {
        "verdict": str(spectrum.definite),
        "method": spectrum.method,
        "null_dimension": spectrum.null_dimension,
        "parallel_rows": [list(rows) for rows in rays.parallel],
        "antiparallel_rows": [[list(side) for side in pair] for pair in rays.antiparallel],
    }
    if spectrum.null_vector is not None:
        document["null_vector"] = spectrum.null_vector.to_json()
    if rays.antiparallel and spectrum.definite is Verdict.PROVED:
        first, second = rays.antiparallel[0][0][0], rays.antiparallel[0][1][0]
        document["reason"] = (
            f"rows {first} and {second} (and {len(rays.antiparallel) - 1} more such lines) are antiparallel: "
            "Theorem 3.1 of Du et al. excludes that, yet the matrix is positive definite, as proved here directly"
        )
    return document
