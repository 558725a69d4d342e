"""One question to one theorem: does it guarantee linear convergence, and at which width?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.errors import InputError
from certify.symbolic.library import activation_of
from certify.theorems.bibliography import cited
from certify.theorems.quantities import Measured, missing, numbers, remedy
from certify.theorems.request import STANDARD_FRACTION, Request
from certify.theorems.result import HypothesisResult, TheoremResult, relations
from certify.theorems.search import Found, at_width, every_width_from, least_width
from certify.theorems.statements import VARIANTS, Theorem, constants, steps_to_fraction, verify
from certify.theorems.statements.evaluation import Number
from certify.theorems.statements.witness import written

THEOREMS: dict[str, Theorem] = {name: variants[0] for name, variants in VARIANTS.items()}
"""Theorem id → the statement that stands for it (its first variant)."""


def assess(theorem_id: str, quantities: Measured, request: Request) -> TheoremResult:
    """Ask one theorem.

    Parameters
    ----------
    theorem_id:
        A key of `THEOREMS`.
    quantities:
        ``n``, ``d`` (ints or exact enclosures); enclosures ``lambda_min`` (of the kernel of the theorem's
        activation), ``norm_x_squared``, ``norm_y``, ``gram_abs``, ``q_x_squared``, ``trace_gram``; verdicts
        ``unit_rows``, ``definite``. What is absent leaves the theorem undecided, by name.
    request:
        Probability, scale, initialisation, width.

    Raises
    ------
    InputError
        For an unknown theorem.
    """
    candidates = candidates_for(theorem_id, request.init, request.activation)
    theorem = candidates[0]
    values = {**numbers(theorem, quantities), **request.numbers()}
    blocked = _blocked(theorem, values, quantities)
    if blocked:
        return _undecided_before_search(theorem, values, quantities, request, blocked)
    pools = {c.variant: {**numbers(c, quantities), **request.numbers()} for c in candidates}
    return answer(candidates, pools, quantities, request)


def candidates_for(theorem_id: str, init: str, activation: str | None = None) -> tuple[Theorem, ...]:
    """The variants that answer for this initialisation (those with a monotone tail serve the search).

    Raises
    ------
    InputError
        For an unknown theorem or activation, and for an activation of which the theorem does not speak.
    """
    if theorem_id not in VARIANTS:
        raise InputError(f"unknown theorem '{theorem_id}'", "--theorem", f"one of {', '.join(VARIANTS)}")
    variants = [v for v in VARIANTS[theorem_id] if not v.variant.endswith("/chernoff")]
    fitting = [v for v in variants if v.initialisation == init] or variants
    if activation is None:
        return tuple(fitting)
    if not all(v.speaks_of(activation) for v in fitting):
        raise InputError(
            f"{theorem_id} ({fitting[0].initialisation}) does not speak of {activation}",
            "--activation",
            f"{fitting[0].activations[0]}, or another theorem",
        )
    return tuple(v.of(activation) for v in fitting)


def answer(
    candidates: tuple[Theorem, ...],
    pools: Mapping[str, Mapping[str, Number]],
    measured: Measured,
    request: Request,
) -> TheoremResult:
    """Search, prove, and put together the result; ``pools`` holds the exact values of each variant."""
    widths = _required(candidates, pools)
    best = widths.get("required_width")
    shown = best if request.width is None else _shown_at(candidates, pools, request.width, tuple(widths.values()))
    theorem = candidates[0] if shown is None else shown.theorem
    values = _pool(theorem, pools)
    everything = {name: value for pool in pools.values() for name, value in pool.items()}
    conditions = _conditions(theorem, measured)
    if shown is None:
        checked = verify(theorem, values)
        refuted = [d.hypothesis for d in checked.decided if d.decision.verdict is Verdict.REFUTED]
        return _result(
            theorem,
            request,
            claim=_claim(theorem, None, request),
            verdict=Verdict.UNDECIDED,
            hypotheses=(*conditions, *relations(checked)),
            witness=_witness(theorem, everything, None, {}),
            would_decide=tuple(h.remedy for h in refuted)
            or ("a larger lower bound of the kernel's smallest eigenvalue, or a greater delta",),
            reason="; ".join(
                [
                    "no width was found at which the hypotheses are proved",
                    *(f"false: {h.meaning}" for h in refuted),
                ]
            ),
        )
    found_constants = dict(_yielded(shown, values, request)) if shown.proved else {}
    found_constants |= {name: Enclosure.point(found.width) for name, found in widths.items()}
    reason, would_decide = _why_not(shown, best, request)
    return _result(
        theorem,
        request,
        claim=_claim(theorem, best, request),
        verdict=Verdict.PROVED if shown.proved else Verdict.UNDECIDED,
        hypotheses=(*conditions, *relations(shown.verification)),
        constants=found_constants,
        conclusion=theorem.conclusion if shown.proved else None,
        witness=_witness(theorem, everything, shown, widths),
        would_decide=would_decide,
        reason=reason,
    )


def _required(candidates: tuple[Theorem, ...], pools: Mapping[str, Mapping[str, Number]]) -> dict[str, Found]:
    """``required_width``, the least width found over the variants; ``every_width_from``, from which on every
    width is proved; and, where the least width is bought with a small step,
    ``every_width_from_at_largest_step``.
    """
    if candidates[0].id != "relu.width":
        found = least_width(candidates[0], pools[candidates[0].variant])
        return {} if found is None or not found.proved else dict.fromkeys(_WIDTHS, found)
    # the monotone (Chernoff) form is quick to search: it picks the variant, the exact tail then sharpens it
    tails = []
    for theorem in candidates:
        quick = every_width_from(theorem, pools[theorem.variant])
        if quick is not None and quick.proved:
            tails.append((quick, theorem, pools[theorem.variant]))
    if not tails:
        return {}
    every, theorem, values = min(tails, key=lambda entry: entry[0].width)
    exact = least_width(theorem, values)
    sharper = exact is not None and exact.proved and exact.width <= every.width
    widths = dict(zip(_WIDTHS, (exact if exact is not None and sharper else every, every), strict=True))
    full = [quick for quick, other, _ in tails if other.variant.startswith("kernel")]
    return widths if not full or full[0] is every else widths | {"every_width_from_at_largest_step": full[0]}


_WIDTHS = ("required_width", "every_width_from")


def _shown_at(
    candidates: tuple[Theorem, ...],
    pools: Mapping[str, Mapping[str, Number]],
    width: int,
    known: tuple[Found, ...],
) -> Found:
    attempts = [at_width(theorem, pools[theorem.variant], width, known) for theorem in candidates]
    proved = [found for found in attempts if found.proved]
    if proved:
        return max(proved, key=lambda f: _speed(f, _pool(f.theorem, pools)))
    return min(attempts, key=lambda f: len(f.verification.failing()))


def _pool(theorem: Theorem, pools: Mapping[str, Mapping[str, Number]]) -> Mapping[str, Number]:
    return pools[theorem.variant.removesuffix("/chernoff")]


def _speed(found: Found, values: Mapping[str, Number]) -> float:
    bounds = constants(found.theorem, {**values, **found.parameters, "m": found.width})
    mu, eta = bounds["mu"], found.parameters.get("eta", values.get("eta", 1))
    if mu.lower is None:
        return 0.0
    return float(Fraction(mu.lower) * Fraction(2) ** mu.exponent * Fraction(eta))


def _yielded(found: Found, values: Mapping[str, Number], request: Request) -> dict[str, Enclosure]:
    at = {**values, **found.parameters, "m": found.width}
    theorem = found.theorem
    bounds = constants(theorem, at)
    if theorem.largest_step is not None:
        bounds["step_size"] = _point(at["eta"])
    bounds["width"] = Enclosure.point(found.width)
    unit = "steps" if theorem.largest_step is not None else "time"
    asked = STANDARD_FRACTION if request.fraction is None else Fraction(request.fraction)
    fractions = {f"{unit}_to_fraction": asked}
    if request.fraction is not None and float(request.fraction) != float(STANDARD_FRACTION):
        fractions[f"{unit}_to_millionth"] = STANDARD_FRACTION
    for name, fraction in fractions.items():
        steps = steps_to_fraction(theorem, at, fraction)
        if steps is not None:
            bounds[name] = Enclosure.point(steps)
    return bounds


def _point(value: Number) -> Enclosure:
    if isinstance(value, Fraction):
        with precision(256):
            return Enclosure.from_arb(arb(value))
    return Enclosure.point(value)


def _result(theorem: Theorem, request: Request, **parts: Any) -> TheoremResult:
    fraction = request.fraction if request.fraction is not None else STANDARD_FRACTION
    return TheoremResult(
        id=theorem.id,
        edition=theorem.edition,
        kernel=theorem.activations[0],
        assumed=theorem.assumed,
        label=theorem.label,
        source=cited(theorem.sources),
        fraction=float(fraction),
        **parts,
    )


def _claim(theorem: Theorem, best: Found | None, request: Request) -> str:
    method = "gradient descent" if theorem.largest_step is not None else "gradient flow"
    if request.width is not None:
        return f"{method} converges linearly at width {request.width}"
    return "a finite width suffices" if best is None else f"a finite width suffices: m = {best.width}"


def _why_not(shown: Found, best: Found | None, request: Request) -> tuple[str | None, tuple[str, ...]]:
    if shown.proved:
        return None, ()
    failing = shown.verification.failing()
    settled = [d for d in failing if not d.missing]
    reason = "not proved: " + "; ".join(d.hypothesis.meaning for d in settled)
    if len(settled) < len(failing):
        reason = "no free parameters were found for this width: the kernel at initialisation cannot be bounded"
    remedies = list(dict.fromkeys(d.hypothesis.remedy for d in failing))
    if request.width is not None and best is not None and request.width < best.width:
        remedies = [f"a width of at least {best.width}, or a theorem that needs less"]
    return reason, tuple(remedies)


def _conditions(theorem: Theorem, measured: Measured) -> tuple[HypothesisResult, ...]:
    results = []
    for condition in theorem.conditions:
        given = measured.get(condition.source, Verdict.UNDECIDED)
        verdict = given if isinstance(given, Verdict) else Verdict.UNDECIDED
        results.append(HypothesisResult.of_condition(condition, verdict))
    return tuple(results)


def _blocked(theorem: Theorem, values: Mapping[str, Number], measured: Measured) -> list[tuple[str, str]]:
    """Why no width can be searched for: pairs (reason, remedy)."""
    blocked = []
    for condition, result in zip(theorem.conditions, _conditions(theorem, measured), strict=True):
        if result.verdict is not Verdict.PROVED:
            blocked.append((f"needs {condition.statement}", condition.remedy))
    for quantity in missing(theorem, values):
        blocked.append((f"{quantity.name} is not known ({quantity.meaning})", remedy(quantity)))
    if "lambda0" in values and not values["lambda0"] > 0:
        blocked.append(_SINGULAR if _singular(measured) else _NOT_POSITIVE)
    if "B0" in theorem.names() and not centred(theorem):
        blocked.append((f"{theorem.activations[0]} is not odd and bounded", "paired initialisation (--init paired)"))
    checked = verify(theorem, values, frozenset({"scale-one"}))
    blocked += [(f"not the theorem's setting: {d.hypothesis.meaning}", d.hypothesis.remedy) for d in checked.failing()]
    return blocked


def centred(theorem: Theorem) -> bool:
    """Whether its activation is odd and bounded, as independent initialisation needs."""
    activation = activation_of(theorem.activations[0])
    return activation.odd and activation.value_bound is not None


_SINGULAR = (
    "the kernel is singular",
    "data without the dependence that makes the kernel singular (--duplicates drop, another activation)",
)
_NOT_POSITIVE = (
    "the lower bound of the kernel's smallest eigenvalue is not positive",
    "a positive lower bound of the smallest eigenvalue (more precision, or better separated rows)",
)


def _undecided_before_search(
    theorem: Theorem,
    values: Mapping[str, Number],
    measured: Measured,
    request: Request,
    blocked: list[tuple[str, str]],
) -> TheoremResult:
    listed = []
    for result in (*_conditions(theorem, measured), *relations(verify(theorem, values))):
        if result.id == "positive" and result.verdict is Verdict.REFUTED and not _singular(measured):
            # the number λ0 is not positive; about λ_min itself nothing follows from that
            result = replace(result, verdict=Verdict.UNDECIDED)
        listed.append(result)
    return _result(
        theorem,
        request,
        claim=_claim(theorem, None, request),
        verdict=Verdict.UNDECIDED,
        hypotheses=tuple(listed),
        witness=_witness(theorem, values, None, {}),
        would_decide=tuple(dict.fromkeys(cure for _, cure in blocked)),
        reason="; ".join(reason for reason, _ in blocked),
    )


def _singular(measured: Measured) -> bool:
    return measured.get("definite") is Verdict.REFUTED


def _witness(
    theorem: Theorem, values: Mapping[str, Number], shown: Found | None, widths: Mapping[str, Found]
) -> dict[str, Any]:
    witness: dict[str, Any] = {
        "variant": theorem.variant,
        "values": {name: written(value) for name, value in values.items()},
    }
    if shown is not None:
        witness["width"] = shown.width
        witness["parameters"] = {name: written(value) for name, value in shown.parameters.items()}
    for name, found in widths.items():
        witness[name] = {
            "variant": found.theorem.variant,
            "width": found.width,
            "parameters": {key: written(value) for key, value in found.parameters.items()},
        }
    return witness
