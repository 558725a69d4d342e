"""Data sets that come with scikit-learn: real, small, and there without a network."""

from __future__ import annotations

from certify.data.exact import widen
from certify.data.options import LoadOptions
from certify.data.sources.table import Table, no_such_target

# diabetes unscaled: its usual scaling is computed while loading, with bits that depend on NumPy.
_ARGUMENTS: dict[str, dict[str, bool]] = {
    "iris": {},
    "wine": {},
    "breast_cancer": {},
    "diabetes": {"scaled": False},
    "digits": {},
}
BUNDLED = tuple(_ARGUMENTS)


def read_bundled(name: str, options: LoadOptions) -> Table:
    """Read one of `BUNDLED`. Raises `InputError` for a target: each set has its own."""
    if options.target is not None:
        raise no_such_target(options.target, name, "only the set's own target, without --target")
    from sklearn import datasets  # imported late: it is slow

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True, **_ARGUMENTS[name])
    notes = ("the columns are the raw ones, unscaled",) if name == "diabetes" else ()
    return Table(widen(X, name), widen(y, f"{name}, target"), name, notes)
