"""``plsmooth.gd``: the certified factor of a gradient step, searched for or re-checked from its witness."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from certify.arithmetic.verdict import Verdict
from certify.errors import InputError
from certify.theorems.check import parse
from certify.theorems.result import HypothesisResult, TheoremResult, relations
from certify.theorems.statements.descent_dual import DescentDual, StepClass, certified_rate, reach
from certify.theorems.statements.evaluation import Number, constants, verify
from certify.theorems.statements.plsmooth import PLSMOOTH_GD
from certify.theorems.statements.witness import written

#: Auxiliary points by default: more gain little, and the search takes longer.
POINTS = 2
_NAMES = ("mu", "L", "ell", "eta")


def assess_rate(values: Mapping[str, Number], points: int = POINTS) -> TheoremResult:
    """Find and check a certificate.

    Parameters
    ----------
    values :
        ``mu``, ``L``, ``eta``, and ``ell`` (by default L), taken exactly.
    points :
        How many auxiliary points the search may use.

    Raises
    ------
    InputError
        For a missing or impossible number, if cvxpy is not installed, or if the search finds nothing.
    """
    from certify.theorems.search.descent import find_rate

    case = step_class(values)
    if case.mu > case.L:
        raise InputError(f"the PL constant {float(case.mu):g} exceeds L", "mu", "no function is like that: take mu ≤ L")
    if case.eta * case.L >= 2:
        raise InputError(f"the step size {float(case.eta):g} is 2/L or more", "eta", "take a step size below 2/L")
    return checked(case, find_rate(case, points).dual)


def check_rate(texts: Mapping[str, str | Number]) -> TheoremResult:
    """`assess_rate` at numbers as a user writes them. Raises `InputError`."""
    return assess_rate({name: parse(name, value) for name, value in texts.items()})


def checked(case: StepClass, dual: DescentDual) -> TheoremResult:
    """What the certificate proves, by exact arithmetic alone."""
    try:
        rate, fault = max(certified_rate(case, dual), Fraction(0)), None  # the loss is not negative
    except (ValueError, ZeroDivisionError) as error:
        rate, fault = Fraction(1), str(error)
    values: dict[str, Number] = {"mu": case.mu, "L": case.L, "ell": case.ell, "eta": case.eta, "rate": rate}
    values["reach"] = reach(case, dual)
    verification = verify(PLSMOOTH_GD, values)
    condition = PLSMOOTH_GD.conditions[0]
    sound = Verdict.PROVED if fault is None else Verdict.UNDECIDED
    proved = fault is None and verification.verdict is Verdict.PROVED
    failing = [condition.remedy] * (fault is not None) + [d.hypothesis.remedy for d in verification.failing()]
    return TheoremResult(
        id=PLSMOOTH_GD.id,
        edition=PLSMOOTH_GD.edition,
        claim="one gradient step, and so every one, multiplies the loss by at most q < 1",
        verdict=Verdict.PROVED if proved else Verdict.UNDECIDED,
        kernel=PLSMOOTH_GD.activations[0],
        assumed=(*PLSMOOTH_GD.assumed, "the values given bound what they are named after: L, ell, eta, mu"),
        hypotheses=(HypothesisResult.of_condition(condition, sound), *relations(verification)),
        constants=dict(constants(PLSMOOTH_GD, values)) if proved else {},
        conclusion=PLSMOOTH_GD.conclusion if proved else None,
        witness={
            "variant": PLSMOOTH_GD.variant,
            "values": {name: written(values[name]) for name in _NAMES},
            "certificate": dual.to_json(),
        },
        would_decide=() if proved else tuple(dict.fromkeys(failing)),
        reason=None if proved else (fault or "the factor that is proved is not below 1"),
        label=PLSMOOTH_GD.label,
    )


def recheck(entry: Mapping[str, Any], where: str) -> TheoremResult:
    """The answer again from a stored one's witness: nothing else of it is used, and no search is made.

    Raises
    ------
    InputError
        If it is no answer about ``plsmooth.gd``.
    """
    try:
        if entry["id"] != PLSMOOTH_GD.id:
            raise ValueError(f"it is about {entry['id']}")
        witness = entry["witness"]
        case = StepClass(*(Fraction(str(witness["values"][name])) for name in _NAMES))
        return checked(case, DescentDual.from_json(witness["certificate"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
        raise InputError(
            f"not a certificate of a rate ({' '.join(str(error).split())})",
            where,
            "give a file of certify theorem rate",
        ) from None


def step_class(values: Mapping[str, Number]) -> StepClass:
    """The numbers by name. Raises `InputError`."""
    listing = "needed: mu, L, eta; optional: ell (default: L)"
    unknown = [name for name in values if name not in _NAMES]
    absent = [name for name in _NAMES if name not in values and name != "ell"]
    if unknown:
        raise InputError(f"unknown name '{unknown[0]}'", PLSMOOTH_GD.id, listing)
    if absent:
        raise InputError(f"no value for {', '.join(absent)}", PLSMOOTH_GD.id, listing)
    exact = {name: Fraction(value) for name, value in values.items()}
    exact.setdefault("ell", exact["L"])
    for name, value in exact.items():
        if value < 0 or (value == 0 and name != "ell"):
            raise InputError(f"{value} is not positive", name, "give a positive number")
    return StepClass(*(exact[name] for name in _NAMES))
