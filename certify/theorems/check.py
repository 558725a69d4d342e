"""A theorem's conditions for numbers somebody names: ``certify theorem check ID --set name=value``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.errors import InputError
from certify.symbolic.evaluate import evaluate
from certify.symbolic.library import activation_of
from certify.symbolic.sphere import multiplicity, sphere_eigenvalue
from certify.theorems.assess import answer, candidates_for
from certify.theorems.at_weights import AtWeights, assess_at_weights, radius_needed, step_limit
from certify.theorems.given import decide_given
from certify.theorems.quantities import Measured
from certify.theorems.request import INITIALISATIONS, Request
from certify.theorems.result import TheoremResult
from certify.theorems.statements import AT_WEIGHTS, GIVEN, Theorem
from certify.theorems.statements.evaluation import Number, environment
from certify.theorems.statements.model import Role
from certify.theorems.statements.plsmooth import PLSMOOTH_GD

DEFAULT_DELTA = Fraction(1, 20)


@dataclass(frozen=True)
class Needed:
    """A name `check` understands."""

    name: str
    meaning: str
    required: bool


def needed(theorem_id: str, init: str = "paired") -> tuple[Needed, ...]:
    """The names `check` takes for a theorem: data quantities must be given, the rest may be."""
    names: dict[str, Needed] = {}
    for theorem in candidates_for(theorem_id, init):
        for quantity in theorem.quantities:
            if quantity.role is Role.DATA:
                required = quantity.name != "trace_gram"
                names[quantity.name] = Needed(quantity.name, quantity.meaning, required)
            elif quantity.role in (Role.REQUEST, Role.WIDTH) or quantity.name == "eta":
                names[quantity.name] = Needed(quantity.name, quantity.meaning, False)
    names["init"] = Needed("init", "paired or independent", False)
    names["activation"] = Needed("activation", "a name or an expression in z", False)
    names["fraction"] = Needed("fraction", "share of the initial loss whose step number is wanted", False)
    return tuple(names.values())


def check(theorem_id: str, values: Mapping[str, str | Number]) -> TheoremResult:
    """Decide a theorem's conditions at named values.

    Parameters
    ----------
    values:
        Name → number. A decimal string is the exact rational it writes (``"0.1"`` is 1/10), ``"p/q"`` too;
        a float is the exact float64. Without ``m`` the least width is sought. Conditions on the data that
        are not numbers (unit rows) are taken on the caller's word and listed as assumed.

    Raises
    ------
    InputError
        One line: an unknown theorem or name, a missing name (all needed are listed), a value that is no
        number or outside its range.
    """
    if theorem_id == PLSMOOTH_GD.id:
        from certify.theorems.rate import check_rate  # it has its own search, and a witness that is no list of numbers

        return check_rate(values)
    if theorem_id in GIVEN:
        named = _chosen(theorem_id, values)
        theorem = named.of(str(values.get("activation", named.activations[0])))
        exact = {name: parse(name, value) for name, value in values.items() if name not in ("activation", "variant")}
        result = decide_given(theorem, exact)
        return (
            replace(result, constants={**result.constants, **_levels(exact)}) if theorem_id == "suyang2019" else result
        )
    if theorem_id in AT_WEIGHTS:
        return _check_at_weights(theorem_id, values)
    init = str(values.get("init", "paired"))
    if init not in INITIALISATIONS:
        raise InputError(f"unknown initialisation '{init}'", "init", "use paired or independent")
    activation = None if "activation" not in values else str(values["activation"])
    candidates = candidates_for(theorem_id, init, activation)
    if not candidates[0].paired:
        init = "independent"
    known = needed(theorem_id, init)
    _check_names(theorem_id, values, known)
    exact = {name: parse(name, value) for name, value in values.items() if name not in ("init", "activation")}
    for name, value in exact.items():
        _check_range(name, value)
    if "trace_gram" in {n.name for n in known} and "trace_gram" not in exact:
        exact["trace_gram"] = Fraction(exact["norm_x_squared"]) * int(exact["n"])
    _check_possible(candidates[0], exact)
    request = replace(_request(exact, init), activation=activation)
    if request.step_size is not None:
        _check_step(candidates, exact, request.step_size)
    pools = {
        theorem.variant: {
            **{k: v for k, v in exact.items() if k in theorem.names(Role.DATA)},
            **request.numbers(),
        }
        for theorem in candidates
    }
    asserted: Measured = {condition.source: Verdict.PROVED for condition in candidates[0].conditions}
    result = answer(candidates, pools, asserted, request)
    word = [f"the values given bound what they are named after: {', '.join(sorted(pools[candidates[0].variant]))}"]
    word += [f"{condition.statement} (by the caller's word)" for condition in candidates[0].conditions]
    return replace(result, assumed=(*result.assumed, *word))


def _chosen(theorem_id: str, values: Mapping[str, str | Number]) -> Theorem:
    """The variant named by ``variant``, or the first. Raises `InputError` for one there is not."""
    variants = {theorem.variant: theorem for theorem in GIVEN[theorem_id]}
    name = str(values.get("variant", next(iter(variants))))
    if name not in variants:
        raise InputError(f"unknown variant '{name}' of {theorem_id}", "variant", f"one of {', '.join(variants)}")
    return variants[name]


def _levels(exact: Mapping[str, Number]) -> dict[str, Enclosure]:
    """Eigenvalues on the sphere and their multiplicities, by degree: facts, whatever the verdict."""
    d, degree = exact["d"], exact["degree"]
    if d != int(d) or degree != int(degree) or d < 2 or degree < 0:
        return {}
    found: dict[str, Enclosure] = {}
    with precision(256):
        for k in range(min(int(degree), 63) + 1):
            found[f"lambda_{k}"] = Enclosure.from_arb(sphere_eigenvalue(int(d), k))
            found[f"multiplicity_{k}"] = Enclosure.point(multiplicity(int(d), k))
    return found


def _check_at_weights(theorem_id: str, values: Mapping[str, str | Number]) -> TheoremResult:
    """The theorem about weights at hand; β and S are taken to hold on the ball that the theorem needs."""
    names = {q.name: q.meaning for q in AT_WEIGHTS[theorem_id][0].quantities if q.role is Role.DATA}
    optional = ("distance", "eta", "fraction")
    known = tuple(Needed(name, names.get(name, ""), name not in optional) for name in (*names, "eta", "fraction"))
    _check_names(theorem_id, values, known)
    exact = {name: parse(name, value) for name, value in values.items()}
    for name, value in exact.items():
        if value < 0 or (value == 0 and name not in ("distance", "residual", "beta")):
            raise InputError(f"{value} is not positive", name, "give a positive number")
    at = AtWeights(
        sigma_squared=exact["sigma_squared"],
        residual=exact["residual"],
        beta=exact["beta"],
        jacobian_norm_squared=exact["jacobian_norm_squared"],
        ball=2**60,
        distance=exact.get("distance", 0),
    )
    if "eta" in exact and not exact["eta"] < (most := step_limit(at)):
        what = f"the step size {float(exact['eta']):g} is beyond what the theorem allows"
        raise InputError(what, "eta", f"below {float(most):.6g}")
    radius = radius_needed(at, exact.get("eta"))
    at = at if radius is None else replace(at, ball=radius)
    claim = "gradient descent converges linearly to zero loss"
    result = assess_at_weights(at, claim, step_size=exact.get("eta"), fraction=exact.get("fraction"))
    word = f"the values given bound what they are named after: {', '.join(sorted(exact))}"
    return replace(result, assumed=(*result.assumed, word))


def parse(name: str, value: str | Number) -> Number:
    """The exact number a value denotes. Raises `InputError`."""
    if isinstance(value, int | float | Fraction) and not isinstance(value, bool):
        if isinstance(value, float) and not abs(value) < float("inf"):
            raise InputError(f"{value} is not a finite number", name, "give a finite number")
        return value
    try:
        exact = Fraction(str(value).strip())
    except (ValueError, ZeroDivisionError):
        raise InputError(f"'{value}' is not a number", name, "give a decimal or p/q") from None
    return int(exact) if exact.denominator == 1 else exact


def _check_names(theorem_id: str, values: Mapping[str, str | Number], known: tuple[Needed, ...]) -> None:
    required = ", ".join(n.name for n in known if n.required)
    optional = ", ".join(n.name for n in known if not n.required)
    listing = f"needed: {required}; optional: {optional}"
    unknown = [name for name in values if name not in {n.name for n in known}]
    if unknown:
        raise InputError(f"unknown name '{unknown[0]}'", theorem_id, listing)
    absent = [n.name for n in known if n.required and n.name not in values]
    if absent:
        raise InputError(f"no value for {', '.join(absent)}", theorem_id, listing)


def _check_range(name: str, value: Number) -> None:
    if name in ("n", "m", "outputs") and (value != int(value) or value < 1):
        raise InputError(f"{value} is not a positive integer", name, "give a positive integer")
    if name in ("norm_x_squared", "gram_abs", "q_x_squared", "trace_gram", "lambda0") and value <= 0:
        raise InputError(f"{value} is not positive", name, "give a positive number")
    if name == "norm_y" and value < 0:
        raise InputError(f"{value} is negative", name, "give a norm")


def _request(exact: Mapping[str, Number], init: str) -> Request:
    return Request(
        delta=exact.get("delta", DEFAULT_DELTA),
        alpha=exact.get("alpha", 1),
        init=init,
        width=int(exact["m"]) if "m" in exact else None,
        min_rate=exact.get("min_rate"),
        step_size=exact.get("eta"),
        fraction=exact.get("fraction"),
    )


def _check_possible(theorem: Theorem, exact: Mapping[str, Number]) -> None:
    """λ_min is at most the least diagonal entry: about ‖x_i‖²/2 (ReLU), B1²‖x_i‖² (smooth), with ‖x_i‖² ≤ S."""
    least: Fraction = Fraction(exact["lambda0"])
    if theorem.id.startswith("smooth."):
        slope = activation_of(theorem.activations[0]).slope_bound
        with precision(256):
            excessive = bool(arb(least) > evaluate(slope**2, {}) * arb(Fraction(exact["norm_x_squared"])))
    else:
        share = (1 + Fraction(1, 100) ** 2) / 2  # that of leaky_relu, the larger one
        excessive = least > Fraction(exact.get("norm_x_squared", 1)) * share
    if excessive:
        raise InputError(f"no data have a smallest eigenvalue of {float(least):g}", "lambda0", "give a smaller one")


def _check_step(candidates: tuple[Theorem, ...], exact: Mapping[str, Number], step: Number) -> None:
    theorem = candidates[0]
    assert theorem.largest_step is not None
    with precision(256):
        values = {"alpha": 1, **exact}
        largest = evaluate(theorem.largest_step, environment(theorem, values))
        if arb(step) > largest:
            raise InputError(
                f"the step size {float(step):g} is beyond what the theorem allows",
                "eta",
                f"at most {float(largest.mid()):.6g}",
            )
