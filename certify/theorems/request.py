"""What is asked of a theorem: probability, scale, initialisation, and perhaps a width."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from certify.errors import InputError

Real = int | float | Fraction
INITIALISATIONS = ("paired", "independent")
STANDARD_FRACTION = Fraction(1, 10**6)


@dataclass(frozen=True)
class Request:
    """The user's side of a question.

    Attributes
    ----------
    delta:
        Admitted probability of failure; a float means the exact float64.
    alpha:
        Output scale of the network.
    init:
        ``"paired"`` or ``"independent"``; Du et al.'s theorems bring their own initialisation.
    width:
        The width asked about; ``None`` asks for the least one.
    min_rate:
        θ: asks for μ ≥ θ α² λ0.
    step_size:
        A step size to be used instead of the largest one (for the loss ½‖e‖²).
    fraction:
        A further fraction of the initial loss whose guaranteed step number is wanted.
    activation:
        The activation meant; ``None`` for the theorem's own.

    Raises
    ------
    InputError
        When a value is outside its range.
    """

    delta: Real = 0.05
    alpha: Real = 1
    init: str = "paired"
    width: int | None = None
    min_rate: Real | None = None
    step_size: Real | None = None
    fraction: Real | None = None
    activation: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.delta < 1:
            raise InputError(
                f"delta is {self.delta}, not between 0 and 1", "--delta", "give a probability such as 0.05"
            )
        if not 0 < self.alpha < float("inf"):
            raise InputError(f"alpha is {self.alpha}, not positive and finite", "--alpha", "give a positive number")
        if self.init not in INITIALISATIONS:
            raise InputError(f"unknown initialisation '{self.init}'", "--init", "use paired or independent")
        if self.width is not None and self.width < 1:
            raise InputError(f"the width is {self.width}, not a positive integer", "--width", "give a positive integer")
        if self.width is not None and self.init == "paired" and self.width % 2:
            raise InputError(
                f"the width {self.width} is odd, and neurons are paired",
                "--width",
                "give an even width or --init independent",
            )
        if self.min_rate is not None and not 0 < self.min_rate <= 1:
            raise InputError(f"the least rate is {self.min_rate}, not in (0, 1]", "--min-rate", "give a share of λ0")
        if self.step_size is not None and not 0 < self.step_size < float("inf"):
            raise InputError(
                f"the step size is {self.step_size}, not positive and finite", "eta", "give a positive number"
            )
        if self.fraction is not None and not 0 < self.fraction < 1:
            raise InputError(
                f"the fraction is {self.fraction}, not between 0 and 1", "fraction", "give one such as 1e-3"
            )

    def numbers(self) -> dict[str, Real]:
        """The request's values under the names of the theorems' quantities."""
        values: dict[str, Real] = {"delta": self.delta, "alpha": self.alpha}
        if self.min_rate is not None:
            values["min_rate"] = self.min_rate
        if self.step_size is not None:
            values["eta"] = self.step_size
        return values
