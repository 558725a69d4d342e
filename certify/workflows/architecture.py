"""Kernels of networks whose layers are all trained: what may be asked of them, and their certificate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.selftest import ASSUMED
from certify.arithmetic.verdict import Verdict
from certify.certificates import Certificate
from certify.data import Dataset
from certify.errors import InputError
from certify.kernels import Kernel, kernel_for
from certify.kernels.deep import DEEP_ACTIVATIONS, DEEPEST, DeepKernel
from certify.workflows.environment import describe_environment
from certify.workflows.measure import KernelSpectrum, Measurements

CLAIM = "the kernel matrix K∞ is positive definite"
NO_WIDTH = (
    "a statement about the kernel alone: the width theorems here are of two-layer networks whose first layer is trained"
)


@dataclass(frozen=True)
class Architecture:
    """A fully connected network with ``depth`` hidden layers, NTK parametrisation, all weights and biases trained.

    Attributes
    ----------
    weight_std, bias_std :
        ``W_std`` and ``b_std`` of neural-tangents' ``stax.Dense``: the float64 numbers given are meant.

    Raises
    ------
    InputError
        One line naming the option.
    """

    activation: str
    depth: int
    weight_std: float
    bias_std: float

    def __post_init__(self) -> None:
        if self.activation not in DEEP_ACTIVATIONS:
            raise InputError(
                f"no kernel with all layers trained is known for {self.activation}",
                "--activation",
                f"choose from {', '.join(DEEP_ACTIVATIONS)}",
            )
        if not 1 <= self.depth <= DEEPEST:
            raise InputError(f"{self.depth} hidden layers", "--depth", f"give an integer from 1 to {DEEPEST}")
        if not (math.isfinite(self.weight_std) and 1e-30 < self.weight_std < 1e30):
            raise InputError(f"{self.weight_std} is no scale", "--weight-std", "give a number above 0")
        if not (self.bias_std == 0.0 or (math.isfinite(self.bias_std) and 1e-30 < self.bias_std < 1e30)):
            raise InputError(f"{self.bias_std} is no scale", "--bias-std", "give a number of at least 0")

    def kernel(self, d: int) -> DeepKernel:
        """Its kernel for inputs of d numbers."""
        sigma, beta = Fraction(self.weight_std), Fraction(self.bias_std)
        return DeepKernel(self.activation, self.depth, sigma * sigma, beta * beta, Fraction(1, d))

    def to_json(self) -> dict[str, Any]:
        """Members of the document's ``kernel`` beyond the plain ones' names."""
        return {
            "activation": self.activation,
            "depth": self.depth,
            "bias": self.bias_std > 0,
            "trained": "all",
            "weight_std": float(self.weight_std),
            "bias_std": float(self.bias_std),
        }


def kernel_of(document: Mapping[str, Any], d: int) -> Kernel:
    """The kernel that a certificate's member ``kernel`` describes."""
    if document.get("trained") == "all":
        names = ("activation", "depth", "weight_std", "bias_std")
        return Architecture(*(document[name] for name in names)).kernel(d)
    return kernel_for(str(document["activation"]))


def architecture_certificate(
    data: Dataset, architecture: Architecture, measured: Measurements, request: dict[str, Any]
) -> Certificate:
    """The document of kind ``dataset`` for such a kernel: bounds of its spectrum, and no theorem."""
    spectrum = measured.spectrum_of(architecture.kernel(data.d), both_ends=True)
    definite = spectrum.definite
    reasons = {
        Verdict.PROVED: "λ_min(K∞) > 0 is proved",
        Verdict.REFUTED: f"λ_min(K∞) = 0 exactly: coinciding rows give {spectrum.null_dimension} null vectors",
        Verdict.UNDECIDED: "λ_min(K∞) > 0 could not be proved",
    }
    wanted = [f"a larger budget than --effort {request['effort']}"] if definite is Verdict.UNDECIDED else []
    return Certificate(
        kind="dataset",
        claim=CLAIM,
        verdict=definite,
        reason=f"{reasons[definite]}; {NO_WIDTH}",
        would_decide=wanted,
        data={**data.to_json(), "name": data.name, "notes": list(data.notes)},
        kernel={**architecture.to_json(), "normalized": data.normalized},
        bounds={
            "lambda_min": spectrum.lambda_min,
            "lambda_max": spectrum.lambda_max or Enclosure(None, None),
            "trace_gram": measured.trace_gram,
        },
        definite=_definite(spectrum, measured),
        theorems=[],
        witness=spectrum.witness,
        assumed=list(ASSUMED),
        environment={**describe_environment(), "selftest": "passed"},
        extra={"request": request},
    )


def _definite(spectrum: KernelSpectrum, measured: Measurements) -> dict[str, Any]:
    rays = measured.rays
    return {
        "verdict": str(spectrum.definite),
        "method": spectrum.method,
        "null_dimension": spectrum.null_dimension,
        "parallel_rows": [list(rows) for rows in rays.parallel],
        "antiparallel_rows": [[list(side) for side in pair] for pair in rays.antiparallel],
    }
