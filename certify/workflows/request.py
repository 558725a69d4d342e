"""What is asked of a data set, checked at the door."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from certify.errors import InputError
from certify.kernels import kernel_for
from certify.kernels.policy import EFFORTS
from certify.theorems import THEOREMS
from certify.theorems.statements.spectral_width import SPECTRAL_WIDTH
from certify.workflows.architecture import Architecture
from certify.workflows.resources import Resources

#: Asked by name only, since it needs an eigendecomposition: `certify theorem compare` has it too.
BY_NAME = {SPECTRAL_WIDTH.id: SPECTRAL_WIDTH}
KNOWN = {**THEOREMS, **BY_NAME}
INITS = ("paired", "independent")
LOSSES = ("half-sum", "sum", "mean")
TRAINED = ("first", "all")


@dataclass(frozen=True)
class DatasetRequest:
    """The question put to `certify_dataset`.

    Attributes
    ----------
    activation :
        Name or expression in z: the kernel the document speaks of. None: ``relu``, or what the named theorems
        speak of.
    delta :
        Failure probability over the initial weights, in (0, 1); the float64 given is the number meant.
    alpha :
        Output scale of the network, > 0.
    init :
        ``paired`` (the network starts at 0) or ``independent``.
    theorems :
        Ids to evaluate; None for all.
    width :
        Ask about this width instead of the least one.
    min_rate :
        Ask for ``μ ≥ min_rate · α² λ0``, in (0, 1).
    loss :
        Convention in which step sizes and losses are reported beside ½‖e‖²: ``half-sum``, ``sum``, ``mean``.
    fraction :
        Loss fraction whose step count is reported, in (0, 1).
    depth :
        Hidden layers of the network whose kernel is meant.
    train :
        ``first``: the first layer of a two-layer network, the kernel that the width theorems are about. ``all``: every
        weight and bias (`certify.workflows.architecture.Architecture`). None: ``all`` if ``depth`` is above 1.
    weight_std, bias_std :
        Scales of weights and biases where all layers are trained, as ``W_std`` and ``b_std`` of neural-tangents.
    effort :
        ``low``, ``normal`` or ``high``: budget of operations for near-singular data.
    threads :
        Worker threads; None for all processors. Never changes a claim.
    resources :
        Where the matrices are kept. Never changes a claim.

    Raises
    ------
    InputError
        One line naming the option.
    """

    activation: str | None = None
    delta: float = 0.05
    alpha: float = 1.0
    init: str = "paired"
    theorems: tuple[str, ...] | None = None
    width: int | None = None
    min_rate: float | None = None
    loss: str = "half-sum"
    fraction: float = 1e-6
    depth: int = 1
    train: str | None = None
    weight_std: float = 1.0
    bias_std: float = 0.0
    effort: str = "normal"
    threads: int | None = None
    resources: Resources = field(default_factory=Resources)

    def __post_init__(self) -> None:
        if self.activation is not None:
            object.__setattr__(self, "activation", kernel_for(self.activation).activation)
        for name, value in (("--delta", self.delta), ("--fraction", self.fraction), ("--min-rate", self.min_rate)):
            if value is not None and not 0 < value < 1:
                raise InputError(f"{value} is not between 0 and 1", name, "give a number in (0, 1)")
        if not (self.alpha > 0 and math.isfinite(self.alpha)):
            raise InputError(f"{self.alpha} is not a positive number", "--alpha", "give a finite number above 0")
        for name, word, choices in (
            ("--init", self.init, INITS),
            ("--loss", self.loss, LOSSES),
            ("--effort", self.effort, tuple(EFFORTS)),
        ):
            if word not in choices:
                raise InputError(f"unknown value '{word}'", name, f"choose from {', '.join(choices)}")
        for name, count in (("--width", self.width), ("--threads", self.threads)):
            if count is not None and count < 1:
                raise InputError(f"{count} is not positive", name, "give an integer of at least 1")
        self._check_architecture()
        for name in self.theorems or ():
            if name not in KNOWN:
                raise InputError(f"unknown theorem '{name}'", "--theorem", f"choose from {', '.join(KNOWN)}")
            if not self.applies(name):
                speaks = ", ".join(KNOWN[name].activations)
                raise InputError(
                    f"the theorem speaks of {speaks}, not of {self.document_activation}",
                    f"--theorem {name}",
                    f"add --activation {KNOWN[name].activations[0]}",
                )
        paired = self.init == "paired" and any(KNOWN[name].paired for name in self.theorems or THEOREMS)
        if self.width is not None and paired and self.width % 2:
            raise InputError(
                f"{self.width} is odd, and paired initialisation needs an even width",
                "--width",
                f"try {self.width + 1}, or --init independent",
            )

    def _check_architecture(self) -> None:
        if self.train is None:
            object.__setattr__(self, "train", "first" if self.depth == 1 else "all")
        if self.train not in TRAINED:
            raise InputError(f"unknown value '{self.train}'", "--train", f"choose from {', '.join(TRAINED)}")
        if self.train == "first":
            for name, asked in (("--depth", self.depth != 1), ("--weight-std", self.weight_std != 1.0)):
                if asked:
                    raise InputError("only the first of two layers is trained", name, "add --train all")
            if self.bias_std != 0.0:
                raise InputError(
                    "there are no biases where the first layer is trained", "--bias-std", "add --train all"
                )
            return
        for name, given in (("--theorem", self.theorems), ("--width", self.width), ("--min-rate", self.min_rate)):
            if given is not None:
                raise InputError(
                    "no width theorem here is of networks whose layers are all trained", name, "leave it out"
                )
        assert self.architecture is not None  # its own checks

    @property
    def architecture(self) -> Architecture | None:
        """The network, where all of its layers are trained."""
        if self.train != "all":
            return None
        return Architecture(self.document_activation, self.depth, self.weight_std, self.bias_std)

    @property
    def document_activation(self) -> str:
        """The activation of the document's kernel."""
        if self.activation is not None:
            return self.activation
        return KNOWN[self.theorems[0]].activations[0] if self.theorems else "relu"

    def applies(self, theorem: str) -> bool:
        """Does the theorem speak of the document's activation?"""
        return KNOWN[theorem].speaks_of(self.document_activation)

    def to_json(self) -> dict[str, Any]:
        """What determines the claims: not ``threads`` and ``resources``; the architecture where it is asked for."""
        network = ("depth", "train", "weight_std", "bias_std")
        if self.architecture is not None:
            return {name: getattr(self, name) for name in network} | {
                "activation": self.document_activation, "effort": self.effort,
            }  # fmt: skip
        machine = ("threads", "resources", *network)
        document = {name: value for name, value in asdict(self).items() if name not in machine}
        return {**document, "activation": self.document_activation}
