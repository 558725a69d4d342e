"""How a source was turned into a data set: every choice recorded, so that it can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from certify.data.preprocess import require_steps
from certify.errors import InputError

LABELS = ("auto", "regression", "pm1", "onehot")
DUPLICATES = ("keep", "drop")
# Results of loading that stand beside the options in a data set's record.
_RECORDS = ("dropped_rows",)


@dataclass(frozen=True)
class LoadOptions:
    """What `certify.data.load` is asked to do.

    Parameters
    ----------
    target:
        Column by name or index from 0 (csv, tsv, parquet, npy), array key (npz), or a ``.npy`` file (npy).
    x_key, y_key:
        Keys of an ``.npz``; ``X`` and ``y`` when not given.
    labels:
        ``auto``: whole numbers of at most 20 distinct values and words are classes, all else is a
        regression target; ``regression``: the numbers themselves; ``pm1``: classes, mapped to ±1; ``onehot``:
        classes, a column of 0 and 1 for each, in ascending order.
    positive:
        The class that becomes +1; the last one when not given.
    normalize:
        The rows meant are the exact real ``x_i / |x_i|``; no number is changed.
    preprocess:
        Steps of `certify.data.preprocess`, left to right.
    duplicates:
        ``keep``, or ``drop`` the later rows on the ray of an earlier row.

    Raises
    ------
    InputError
        When a choice is not one of those named.
    """

    target: str | int | None = None
    x_key: str | None = None
    y_key: str | None = None
    labels: str = "auto"
    positive: str | int | float | None = None
    normalize: bool = False
    preprocess: tuple[str, ...] = ()
    duplicates: str = "keep"

    def __post_init__(self) -> None:
        _require_choice("--labels", self.labels, LABELS)
        _require_choice("--duplicates", self.duplicates, DUPLICATES)
        object.__setattr__(self, "preprocess", tuple(self.preprocess))
        require_steps(self.preprocess)

    @staticmethod
    def steps(text: str) -> tuple[str, ...]:
        """``"standardize,bias"`` as the tuple of its steps; an empty text has none."""
        return tuple(step.strip() for step in text.split(",")) if text.strip() else ()

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dictionary with every option, defaults included."""
        document = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**document, "preprocess": list(self.preprocess)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> LoadOptions:
        """Inverse of `to_json`; also reads `Dataset.options`, whose records of the outcome it passes over.

        Raises
        ------
        InputError
            For an option this version does not know.
        """
        known = {field.name for field in fields(cls)}
        for name in document:
            if name not in known and name not in _RECORDS:
                raise InputError(f"unknown loading option {name!r}", "options", "use a newer certify")
        chosen = {name: value for name, value in document.items() if name in known}
        return cls(**{**chosen, "preprocess": tuple(chosen.get("preprocess", ()))})


def _require_choice(where: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"unknown choice {value!r}", where, f"choose from {', '.join(choices)}")
