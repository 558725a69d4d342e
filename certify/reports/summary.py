"""What every report says, in words and rounded numbers, before any format touches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from certify.arithmetic.enclosure import Enclosure
from certify.certificates import Certificate, TheoremEntry
from certify.reports import numbers
from certify.reports.below import below
from certify.reports.explanations import explanation, orders_apart
from certify.reports.phrases import clean, compact, optional, sentences, settings
from certify.theorems.loss import Loss, factor

_QUANTITIES = {
    "lambda_min": ("λ_min(K)", "smallest eigenvalue of the kernel matrix"),
    "lambda_max": ("λ_max(K)", "largest eigenvalue of the kernel matrix"),
    "lambda_min_by_separation": ("λ_min(K), by separation", "lower bound from n and the least angle of two rows alone"),
    "norm_x_squared": ("‖X‖²", "squared spectral norm of the data"),
    "norm_y": ("‖y‖", "Euclidean norm of the targets"),
    "gram_abs": ("λ_max(|XXᵀ|)", "largest eigenvalue of the entrywise modulus of XXᵀ"),
    "trace_gram": ("tr(XXᵀ)", "squared Frobenius norm of the data"),
    "residual": ("‖e‖", "Euclidean norm of the residual at the weights"),
    "loss": ("½‖e‖²", "loss at the weights"),
    "q_x_squared": ("q_X²", "largest Σ(x_i·v)⁴ over unit v"),
    "condition": ("λ_max/λ_min", "condition number of the kernel matrix"),
    "log_det": ("log det K", "logarithm of the determinant"),
    "trace_inverse": ("tr(K⁻¹)", "trace of the inverse"),
    "lambda_min_float32": ("λ_min(fl32(K))", "smallest eigenvalue of the matrix rounded to float32"),
    "rounding_float16": ("one rounding, float16", "at most this far rounding each entry once moves an eigenvalue"),
    "rounding_float32": ("one rounding, float32", "at most this far rounding each entry once moves an eigenvalue"),
    "rounding_float64": ("one rounding, float64", "at most this far rounding each entry once moves an eigenvalue"),
}
_CONSTANTS = {
    "required_width": "required width m",
    "every_width_from": "every width from",
    "mu": "PL* constant μ",
    "step_size": "step size η",
    "rate": "rate q, L(k) ≤ q^k·L(0)",
    "contraction": "contraction 1 − q",
    "probability": "probability",
    "steps_to_fraction": "steps to the fraction of the initial loss",
    "time_to_fraction": "time to the fraction of the initial loss",
    "lambda_min": "λ_min of its kernel",
    "first_certified_step": "first certified step k*",
    "h": "the deciding number h, to be below 1/2",
    "sigma_squared": "σ0² ≤ λ_min(K)",
    "beta": "β, Lipschitz constant of J (relu.gd: what stands for it)",
    "residual": "‖e‖, at most",
    "radius": "radius R* of the ball",
    "loss": "loss ½‖e‖²",
    "loss_threshold": "loss ½‖e‖² that would certify",
    "largest_step_size": "largest admissible step size",
    "jacobian_norm_squared": "S ≥ ‖J‖² on the ball",
    "steps_to_target_loss": "steps to the target loss",
    "distance": "distance of the float run from the exact one",
    "loss_factor": "certified L(T)/L(0)",
    "linearised_factor": "L(T)/L(0) with the kernel frozen",
    "kernel_deviation": "what the random kernel costs, at most",
    "deviation": "what the moving kernel costs, at most",
    "kernel_change": "change of the kernel by signs that can change, at most",
    "escape_radius": "distance that SGD exceeds with probability δ at most",
    "loss_smoothness": "Lipschitz constant of the loss's gradient",
    "loss_curvature": "curvature of the loss along the direction found",
    "margin": "curvature that is left at the solution, at least",
}


@dataclass(frozen=True)
class BoundRow:
    """One enclosure: name as in the certificate, symbol, meaning, printed interval, relative width."""

    name: str
    symbol: str
    meaning: str
    interval: str
    relative_width: str


@dataclass(frozen=True)
class HypothesisRow:
    """One hypothesis as printed."""

    statement: str
    interval: str
    margin: str
    verdict: str


@dataclass(frozen=True)
class TheoremRow:
    """One theorem as printed; ``required_width`` is the exact integer, or None."""

    id: str
    edition: int
    verdict: str
    claim: str
    conclusion: str | None
    label: str | None
    source: str | None
    why: str | None
    reason: str | None
    would_decide: tuple[str, ...]
    required_width: int | None
    width: str
    exact_width: str | None
    every_width_from: str | None
    below: str | None
    step_size: str
    rate: str
    probability: str
    steps: str
    flow: bool
    hypotheses: tuple[HypothesisRow, ...]
    constants: tuple[tuple[str, str], ...]
    assumed: tuple[str, ...]
    witness: str | None
    kernel: str | None


@dataclass(frozen=True)
class Summary:
    """Everything a report prints; plain Unicode strings without control characters."""

    kind: str
    verdict: str
    claim: str
    headline: str
    reason: str | None
    would_decide: tuple[str, ...]
    data: str | None
    notes: tuple[str, ...]
    options: str | None
    question: str | None
    data_sha256: str | None
    kernel: str | None
    definite: str | None
    method: str | None
    bounds: tuple[BoundRow, ...]
    theorems: tuple[TheoremRow, ...]
    comparison: str | None
    assumed: tuple[str, ...]
    loss: str
    steps_title: str
    created: str
    environment: tuple[tuple[str, str], ...]
    claims_sha256: str


def summarise(certificate: Certificate) -> Summary:
    """The printed content of a certificate; the numbers are rounded so that they stay true."""
    data = certificate.data or {}
    loss = _loss(certificate)
    entries = [t for t in certificate.theorems if isinstance(t, TheoremEntry)]
    activation = str((certificate.kernel or {}).get("activation", ""))
    rows = tuple(_theorem(entry, loss, data.get("n"), activation) for entry in entries)
    widths = {row.id: row.required_width for row in rows if row.required_width is not None}
    fractions = {_fraction(e) for e in entries if {"steps_to_fraction", "time_to_fraction"} & set(e.constants)}
    return Summary(
        kind=certificate.kind,
        verdict=certificate.verdict.value,
        claim=_capital(_sentence(certificate.claim)),
        headline=f"{certificate.verdict.value.capitalize()}: {_sentence(certificate.claim)}",
        reason=optional(certificate.reason),
        would_decide=tuple(clean(w) for w in certificate.would_decide),
        data=_data(data),
        notes=tuple(clean(note) for note in data.get("notes") or ()),
        options=settings(data.get("options")),
        question=settings(certificate.extra.get("request")),
        data_sha256=data.get("sha256"),
        kernel=_kernel(certificate.kernel),
        definite=optional((certificate.definite or {}).get("verdict")),
        method=optional((certificate.definite or {}).get("method")),
        bounds=tuple(
            _bound(name, value, certificate.bounds) for name, value in _ordered(certificate.bounds, _QUANTITIES)
        ),
        theorems=rows,
        comparison=orders_apart(widths),
        assumed=sentences(certificate.assumed),
        loss=loss.value,
        steps_title=f"steps to {fractions.pop()}" if len(fractions) == 1 else "steps",
        created=clean(certificate.created),
        environment=tuple((clean(k), compact(v)) for k, v in sorted(certificate.environment.items())),
        claims_sha256=certificate.claims_sha256,
    )


def _sentence(claim: str) -> str:
    text = clean(claim)
    return text if text.endswith((".", "!", "?")) else text + "."


def _ordered(members: Mapping[str, Enclosure], first: Mapping[str, object]) -> list[tuple[str, Enclosure]]:
    """The known names in their order, then the others as they come: a file has them all sorted."""
    known = [name for name in first if name in members]
    return [(name, members[name]) for name in (*known, *(name for name in members if name not in first))]


def _capital(sentence: str) -> str:
    """A capital for a first word; a symbol such as λ keeps its case."""
    return sentence[0].upper() + sentence[1:] if sentence[:2].isascii() and sentence[:2].isalpha() else sentence


def _data(data: Mapping[str, Any]) -> str | None:
    if not data:
        return None
    name = clean(data.get("name") or "data")
    return f"{name}: {numbers.count(data['n'])} rows × {numbers.count(data['d'])} columns"


def _kernel(kernel: Mapping[str, Any] | None) -> str | None:
    if not kernel:
        return None
    parts = [clean(kernel.get("activation", "?")), f"depth {kernel.get('depth', '?')}"]
    if kernel.get("trained") == "all":
        parts.append(f"all layers trained, W_std {kernel.get('weight_std')}, b_std {kernel.get('bias_std')}")
    else:
        parts.append("with bias" if kernel.get("bias") else "no bias")
    parts.append("rows normalised" if kernel.get("normalized") else "rows as given")
    return ", ".join(parts)


def _bound(name: str, value: Enclosure, bounds: Mapping[str, Enclosure]) -> BoundRow:
    symbol, meaning = _QUANTITIES.get(name, (clean(name), ""))
    width = _looseness(value, bounds) if name == "lambda_min_by_separation" else numbers.relative_width(value)
    return BoundRow(clean(name), symbol, meaning, numbers.enclosure(value), width)


def _looseness(value: Enclosure, bounds: Mapping[str, Enclosure]) -> str:
    """How many times the computed upper bound of λ_min is the closed form's lower one, rounded up."""
    known = bounds.get("lambda_min")
    if known is None or not known.upper or not value.lower or value.lower <= 0:
        return numbers.UNKNOWN
    times = Fraction(known.upper) / Fraction(value.lower) * Fraction(2) ** (known.exponent - value.exponent)
    return f"{numbers.decimal(times, 2, up=True)} × loose"


def _loss(certificate: Certificate) -> Loss:
    """The loss whose convention was asked for, wherever the command recorded its question."""
    witness, data = certificate.witness or {}, certificate.data or {}
    for place in (certificate.extra.get("request"), witness.get("request"), witness, data.get("options")):
        if isinstance(place, Mapping) and place.get("loss") in tuple(Loss):
            return Loss(place["loss"])
    return Loss.HALF_SUM


def _fraction(entry: TheoremEntry) -> str:
    """The fraction of the initial loss that was asked for, by the name its float64 or rational has."""
    given = entry.document.get("fraction")
    return compact(given) if isinstance(given, (float, int, str)) and given else "1e-6"


def _below(entry: TheoremEntry, activation: str) -> str | None:
    """What fails at the next smaller width."""
    kernel = entry.document.get("kernel")
    found = below(entry, str(kernel["activation"]) if kernel else activation)
    if found is None:
        return None
    fails = "; ".join(clean(text) for text in found.fails)
    return f"at {numbers.count(found.width)}, with the same free parameters, not proved: {fails}"


def _theorem(entry: TheoremEntry, loss: Loss, rows: int | None, activation: str) -> TheoremRow:
    constants, document = entry.constants, entry.document
    required = _count(constants.get("required_width"))
    every = _count(constants.get("every_width_from"))
    return TheoremRow(
        id=entry.id,
        edition=entry.edition,
        verdict=entry.verdict.value,
        claim=clean(entry.claim),
        conclusion=optional(entry.conclusion),
        label=optional(document.get("label")),
        source=optional(document.get("source")),
        why=explanation(entry.id, optional(document.get("explanation"))),
        reason=optional(document.get("reason")),
        would_decide=tuple(clean(w) for w in document.get("would_decide") or ()),
        required_width=required,
        width=numbers.UNKNOWN if required is None else numbers.width(required),
        exact_width=None if required is None else numbers.count(required),
        every_width_from=None if every is None or every == required else numbers.count(every),
        below=None if required is None else _below(entry, activation),
        step_size=_step_size(constants.get("step_size"), loss, rows),
        rate=numbers.contraction(constants.get("rate"), gap=constants.get("contraction")),
        probability=numbers.probability(constants.get("probability")),
        steps=_steps(constants),
        flow=is_flow(entry),
        hypotheses=tuple(_hypothesis(h) for h in entry.hypotheses),
        constants=tuple(
            (_CONSTANTS.get(k, clean(k)), _constant(v)) for k, v in _ordered(constants, _CONSTANTS) if _known(v)
        ),
        assumed=sentences(entry.assumed),
        witness=compact(entry.witness) if entry.witness else None,
        kernel=_kernel(document.get("kernel")),
    )


def _steps(constants: Mapping[str, Enclosure]) -> str:
    """The certified number of steps or, for gradient flow, the time, rounded up."""
    steps = _count(constants.get("steps_to_fraction"))
    return numbers.upper_end(constants.get("time_to_fraction")) if steps is None else numbers.width(steps)


def _count(bound: Enclosure | None) -> int | None:
    """The upper end of a count: the number that is proved to suffice."""
    return bound.upper if bound is not None and isinstance(bound.upper, int) else None


def _known(value: Enclosure) -> bool:
    return value.lower is not None or value.upper is not None


def _constant(value: Enclosure) -> str:
    if isinstance(value.lower, int) and value.lower == value.upper:
        return numbers.count(value.lower)
    return numbers.enclosure(value)


def is_flow(entry: TheoremEntry) -> bool:
    """Whether the theorem speaks of gradient flow: it has a rate (per unit of time) and no step size."""
    rate, step = entry.constants.get("rate"), entry.constants.get("step_size")
    return rate is not None and rate.upper is not None and (step is None or not _known(step))


def _step_size(bound: Enclosure | None, loss: Loss, rows: int | None) -> str:
    """The certified step size of ½‖e‖² as a step size of the loss asked for, rounded down."""
    if bound is None or bound.lower is None or (loss is Loss.MEAN and not rows):
        return numbers.UNKNOWN
    step = Fraction(bound.lower) / factor(loss, rows or 1)
    return numbers.decimal(step, 3, up=False, exponent=bound.exponent)


def _hypothesis(hypothesis: Mapping[str, Any]) -> HypothesisRow:
    return HypothesisRow(
        statement=clean(hypothesis["statement"]),
        interval=_quantity(hypothesis.get("interval")),
        margin=_quantity(hypothesis.get("margin"), lower=True),
        verdict=hypothesis["verdict"],
    )


def _quantity(value: object, *, lower: bool = False) -> str:
    if value is None:
        return numbers.UNKNOWN
    if isinstance(value, Mapping):
        value = Enclosure.from_json(dict(value))
        return numbers.lower_end(value, 3) if lower and value.lower is not None else numbers.enclosure(value)
    if isinstance(value, (int, float)):
        return numbers.decimal(value, 3, up=False)
    return clean(value)
