"""From targets as they stand in a source to the numbers that are fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from certify.data.exact import Float64Array
from certify.data.options import LoadOptions
from certify.data.sources.table import Target, listed
from certify.errors import InputError

MOST_CLASSES = 20
#: More columns than this are taken for a mistake.
MOST_HOT = 200


def fitted_targets(y: Target, options: LoadOptions, where: str) -> tuple[Float64Array, tuple[str, ...]]:
    """The targets to fit, and a remark that says what became of them.

    Numbers that are not whole, or have more than 20 distinct values, are a regression target. Two classes
    or more become ±1: ``positive`` (default: the last class in ascending order) against the rest.
    Targets ``(n, q)`` and a single class are left as they are. ``onehot`` makes a column of 0 and 1 for each class.

    Raises
    ------
    InputError
        For words under ``regression``, more than 20 words, a positive class that is none of the
        classes, or classes demanded where there are none.
    """
    words = isinstance(y, tuple)
    numbers_asked = options.labels == "regression"
    if numbers_asked and words:
        raise InputError("words are no regression target", f"{where}, target", "use --labels pm1")
    if not isinstance(y, tuple) and y.ndim == 2 and y.shape[1] > 1:
        return _several(y, options, where)
    flat: list[Any] = list(y) if isinstance(y, tuple) else y.ravel().tolist()
    classes: list[Any] = sorted(set(flat))
    if numbers_asked or (options.labels == "auto" and not words and not _are_classes(classes)):
        _no_positive(options, where)
        return np.array(flat, dtype=np.float64), ("targets: taken as numbers to fit",)
    if words and len(classes) > MOST_CLASSES:
        what = f"the target has {len(classes)} distinct words, more than {MOST_CLASSES} classes"
        raise InputError(what, f"{where}, target", "name another column by --target")
    if len(classes) < 2:
        if options.labels in ("pm1", "onehot") or words:
            what = f"there is only one class, {_name(classes[0])}"
            raise InputError(what, f"{where}, target", "add rows of another class")
        _no_positive(options, where)
        return np.array(flat, dtype=np.float64), ("targets: one value only, taken as it is",)
    if options.labels == "onehot":
        _no_positive(options, where)
        _require_few(classes, where)
        hot = np.array([[1.0 if value == one else 0.0 for one in classes] for value in flat])
        return hot, (
            f"targets: one-hot, {len(classes)} columns, for the classes {listed([_name(v) for v in classes])}",
        )
    positive = classes[-1] if options.positive is None else _chosen(options.positive, classes, where)
    mapped = np.array([1.0 if value == positive else -1.0 for value in flat])
    ones = int((mapped > 0).sum())
    others = [value for value in classes if value != positive]
    rest = f"class {_name(others[0])}" if len(others) == 1 else "the rest"
    remark = f"targets: class {_name(positive)} is +1 ({ones} rows), {rest} is -1 ({len(flat) - ones} rows)"
    return mapped, (remark,)


def _several(y: Float64Array, options: LoadOptions, where: str) -> tuple[Float64Array, tuple[str, ...]]:
    if options.labels in ("pm1", "onehot"):
        what = f"y has {y.shape[1]} columns, not classes"
        raise InputError(what, f"{where}, target", "use --labels regression")
    _no_positive(options, where)
    return y, (f"targets: {y.shape[1]} outputs, taken as numbers to fit",)


def _require_few(classes: Sequence[Any], where: str) -> None:
    if len(classes) > MOST_HOT:
        what = f"the target has {len(classes)} distinct values, more than {MOST_HOT} classes"
        raise InputError(what, f"{where}, target", "use --labels regression")


def _are_classes(values: Sequence[float]) -> bool:
    return len(values) <= MOST_CLASSES and all(float(value).is_integer() for value in values)


def _no_positive(options: LoadOptions, where: str) -> None:
    if options.positive is not None:
        what = f"there are no classes, so none is {options.positive!r}"
        raise InputError(what, f"{where}, --positive", "leave the option out or use --labels pm1")


def _chosen(positive: str | int | float, classes: Sequence[Any], where: str) -> Any:
    for value in classes:
        if value == positive or _name(value) == str(positive) or _as_number(positive) == value:
            return value
    names = listed([_name(value) for value in classes])
    raise InputError(f"there is no class {positive!r}", f"{where}, --positive", f"choose from {names}")


def _as_number(text: str | int | float) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _name(value: str | float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)
