"""Theorems that are asked of a data set one at a time, beside the widths of ``certify dataset``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.errors import InputError
from certify.kernels import kernel_for
from certify.theorems.result import TheoremResult
from certify.workflows.arora import complexity, per_mode
from certify.workflows.horizon_prior import PriorHorizon, settings_of
from certify.workflows.measure import Measurements
from certify.workflows.separation import by_separation

Settings = Mapping[str, str | Fraction]
Answer = Callable[[Measurements, Settings], TheoremResult]


def _modes(measured: Measurements, settings: Settings) -> TheoremResult:
    eta = settings.get("eta")
    return per_mode(measured, _activation(settings), None if eta is None else Fraction(eta), _count(settings, "steps"))


def _complexity(measured: Measurements, settings: Settings) -> TheoremResult:
    return complexity(measured, _activation(settings))


def _separation(measured: Measurements, settings: Settings) -> TheoremResult:
    found = by_separation(measured, _activation(settings))
    if found is None:
        raise InputError(f"no bound for {_activation(settings)}", "lambda_min.separation", "relu, leaky_relu or erf")
    return found


def _prior(measured: Measurements, settings: Settings, usual: str) -> TheoremResult:
    activation, width, delta, alpha = settings_of(settings)
    return PriorHorizon(measured, kernel_for(activation or usual).activation, alpha).at(width, delta)


_PRIOR = ("activation", "m", "delta", "alpha")
#: Theorem id → its answer, and the names that may be set beside the data.
BY_DATA: dict[str, tuple[Answer, tuple[str, ...]]] = {
    "horizon.prior.smooth": (lambda measured, settings: _prior(measured, settings, "softplus"), _PRIOR),
    "horizon.prior.relu": (lambda measured, settings: _prior(measured, settings, "relu"), _PRIOR),
    "lambda_min.separation": (_separation, ("activation",)),
    "arora2019.modes": (_modes, ("activation", "eta", "steps")),
    "arora2019.generalization": (_complexity, ("activation",)),
}


def ask(identifier: str, data: Dataset, settings: Settings, threads: int | None = None) -> dict[str, Any]:
    """The entry of one theorem of `BY_DATA`.

    Raises
    ------
    InputError
        For a name that cannot be set, and where the theorem does not fit the data.
    """
    answer, names = BY_DATA[identifier]
    for name in settings:
        if name not in names:
            raise InputError(
                f"'{name}' is measured from the data", "--set", f"with --data, set only {', '.join(names)}"
            )
    require_selftest()
    with workers(threads) as pool:
        return answer(Measurements(data, pool), settings).to_json()


def _activation(settings: Settings) -> str:
    return kernel_for(str(settings.get("activation", "relu"))).activation


def _count(settings: Settings, name: str) -> int | None:
    value = settings.get(name)
    if value is None:
        return None
    number = Fraction(value)
    if number.denominator != 1 or number < 0:
        raise InputError(f"{name} is {value}, not a count", name, "give an integer")
    return int(number)
