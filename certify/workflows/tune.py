"""``--tune``: the scale c of an activation φ(cz) at which ``smooth.width`` needs the least width (a free choice).

The search is in floats and nobody trusts it: the activation found is then certified like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.errors import InputError
from certify.kernels import build_gram, kernel_for
from certify.spectrum.estimate import eigenvalues
from certify.theorems import Request, assess
from certify.workflows.measure import Measurements
from certify.workflows.request import DatasetRequest

HEADS = ("erf", "sin", "cos")
"""Activations whose kernel has a closed form at every scale."""
SCALES = tuple(Fraction(2) ** k * step for k in range(-2, 9) for step in (Fraction(1), Fraction(3, 2)))
ROUNDS = 3
"""How often the neighbourhood of the best scale is halved."""
MOST_ROWS = 2000
"""Rows that the search looks at; evenly spaced where there are more."""


@dataclass(frozen=True)
class Tuned:
    """The activation found, its scale, and the widths in floats there and at scale 1 (None: no width was found)."""

    activation: str
    scale: Fraction
    width: int | None
    plain: int | None


def tune(data: Dataset, request: DatasetRequest) -> tuple[DatasetRequest, Tuned]:
    """The request at the scale that is best for ``smooth.width``.

    Raises
    ------
    InputError
        For another activation than `HEADS`, and without targets (one a row).
    """
    name = request.document_activation
    if name == "relu" and request.activation is None:
        name = "erf"
    if name not in HEADS:
        raise InputError(f"the scale of {name} is not tuned", "--tune", f"--activation {', '.join(HEADS)}")
    if data.y is None or data.y.ndim != 1 or not np.any(data.y):
        raise InputError("one target a row is needed, not all zero", "--tune", "--target COLUMN|FILE")
    seen = data
    if data.n > MOST_ROWS:
        chosen = np.linspace(0, data.n - 1, MOST_ROWS).astype(np.int64)
        seen = Dataset(data.X[chosen], data.y[chosen], normalized=data.normalized)
    with workers(request.threads) as pool:
        search = _Search(Measurements(seen, pool), name, request)
        plain = search.width(Fraction(1))
        for c in SCALES:
            search.width(c)
        for _ in range(ROUNDS):
            best = search.best()
            known = sorted(search.found)
            i = known.index(best)
            for j in (i - 1, i + 1):
                if 0 <= j < len(known):
                    search.width((best + known[j]) / 2)
        best = search.best()
        width = search.found[best]
    activation = name if best == 1 or width is None else written(name, best)
    return replace(request, activation=activation), Tuned(activation, best, width, plain)


def written(name: str, scale: Fraction) -> str:
    """``erf(3/2*z)``."""
    return f"{name}({scale}*z)"


class _Search:
    def __init__(self, measured: Measurements, name: str, request: DatasetRequest) -> None:
        self.measured, self.name, self.request = measured, name, request
        self.found: dict[Fraction, int | None] = {}

    def width(self, c: Fraction) -> int | None:
        """The width that the float64 λ_min at scale c would need."""
        if c not in self.found:
            activation = kernel_for(self.name if c == 1 else written(self.name, c)).activation
            measured, request = self.measured, self.request
            A = build_gram(measured.data.X, measured.rows, kernel_for(activation), measured.pool)
            least = float(eigenvalues(A)[0])
            if not least > 0 or not np.isfinite(least) or measured.norm_y is None:
                self.found[c] = None
                return None
            quantities: dict[str, Enclosure | Verdict | int] = {
                "n": measured.data.n, "d": measured.data.d, "lambda_min": Enclosure.scaled(least, least, A.exponent),
                "norm_x_squared": measured.norm_x_squared, "q_x_squared": measured.quartic.q_x_squared,
                "norm_y": measured.norm_y,
            }  # fmt: skip
            asked = Request(delta=request.delta, alpha=request.alpha, init=request.init, activation=activation)
            bound = assess("smooth.width", quantities, asked).constants.get("required_width")
            self.found[c] = None if bound is None else int(bound.upper or 0)
        return self.found[c]

    def best(self) -> Fraction:
        """The scale with the least width; 1 where none has a width."""
        known = {c: width for c, width in self.found.items() if width is not None}
        return min(known, key=lambda c: (known[c], abs(c - 1)), default=Fraction(1))
