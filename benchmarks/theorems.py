"""What the theorems give on the data sets of the tests: unrounded widths and losses, as a Markdown table.

python benchmarks/theorems.py > benchmarks/theorems.md
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.workers import workers
from certify.data import load
from certify.theorems import Request, assess
from certify.workflows.horizon import horizon
from certify.workflows.horizon_prior import PriorHorizon
from certify.workflows.measure import Measurements
from certify.workflows.request import DatasetRequest
from certify.workflows.separation import by_separation
from certify.workflows.spectral import spectral_width
from certify.workflows.tune import tune

DATA = Path(__file__).parent.parent / "tests" / "data"
NAMES = ("iris", "wine", "digits100", "digits300", "sphere50x10", "sphere100x20", "sphere200x50")
DELTA = 0.05
WIDTHS = (1024, 2**20)


def width_of(measured: Measurements, theorem: str, activation: str) -> int | None:
    """The certified least width (δ = 0.05, α = 1), paired where the theorem is."""
    spectrum = measured.spectrum(activation)
    quantities: dict[str, Any] = {
        "n": measured.data.n, "d": measured.data.d, "lambda_min": spectrum.lambda_min, "definite": spectrum.definite,
        "unit_rows": measured.unit_rows, "norm_x_squared": measured.norm_x_squared, "norm_y": measured.norm_y,
        "trace_gram": measured.trace_gram, "gram_abs": measured.gram_abs, "q_x_squared": measured.quartic.q_x_squared,
    }  # fmt: skip
    init = "independent" if theorem.startswith("du2019") else "paired"
    found = assess(theorem, quantities, Request(delta=DELTA, init=init, activation=activation))
    bound = found.constants.get("required_width")
    return None if bound is None else int(bound.upper or 0)


HEADER = "| data | smooth.width, erf | tuned | spectral.width, erf | relu.width | λ_min over its separation bound |"


def main() -> None:
    """Print both tables."""
    require_selftest()
    print(HEADER)
    print("|---|---|---|---|---|---|")
    losses = []
    for name in NAMES:
        data = load(str(DATA / f"{name}.npz"))
        request, found = tune(data, DatasetRequest(activation="erf", threads=1))
        with workers(1) as pool:
            measured = Measurements(data, pool)
            spectral = spectral_width(measured, pool, "erf", DELTA, 1.0).constants.get("required_width")
            closed = by_separation(measured, "relu")
            bound = None if closed is None else closed.constants.get("lambda_min_bound")
            low = measured.spectrum("relu").lambda_min.upper
            ratio = "—" if bound is None or not bound.lower or low is None else f"{low / bound.lower:.3g}"
            tuned = width_of(measured, "smooth.width", str(request.activation))
            row = (
                name, width_of(measured, "smooth.width", "erf"), f"{tuned} at {found.activation}",
                None if spectral is None else spectral.upper, width_of(measured, "relu.width", "relu"), ratio,
            )  # fmt: skip
            print("|" + "|".join(f" {cell} " for cell in row) + "|", flush=True)
            for activation in ("softplus", "relu"):
                prior = PriorHorizon(measured, activation, Fraction(1))
                cells = []
                for m in WIDTHS:
                    for result in (
                        horizon(measured, pool, activation, m, 0, 1.0) if m <= 2**16 or activation != "relu" else None,
                        prior.at(m, Fraction(1, 20)),
                    ):
                        factor = None if result is None else result.constants.get("loss_factor")
                        cells.append("—" if factor is None else f"{factor.upper:.4g}")
                losses.append((name, activation, *cells))
    print("\n| data | φ | 2^10, drawn | 2^10, prior | 2^20, drawn | 2^20, prior |\n|---|---|---|---|---|---|")
    for line in losses:
        print("|" + "|".join(f" {cell} " for cell in line) + "|")


if __name__ == "__main__":
    main()
