"""The theorems, one file each: statements as data, and their rigorous evaluation on numbers.

`VARIANTS` maps a theorem id to its alternatives; the first paired (or only) one is the statement shown.
"""

from __future__ import annotations

from certify.theorems.statements.arora2019 import ARORA2019_GENERALIZATION, ARORA2019_MODES
from certify.theorems.statements.du2019 import DU2019_FLOW, DU2019_GD
from certify.theorems.statements.evaluation import Verification, constants, steps_to_fraction, verify
from certify.theorems.statements.horizon import HORIZON_RELU, HORIZON_SMOOTH
from certify.theorems.statements.horizon_prior import HORIZON_PRIOR_RELU, HORIZON_PRIOR_SMOOTH
from certify.theorems.statements.liu2022 import LIU2022_KERNEL, LIU2022_PL, LIU2022_SGD
from certify.theorems.statements.model import Theorem
from certify.theorems.statements.nonconvex import NONCONVEX
from certify.theorems.statements.plstar import PLSTAR_GD
from certify.theorems.statements.plstar_epsilon import PLSTAR_EPSILON
from certify.theorems.statements.plstar_flow import PLSTAR_FLOW
from certify.theorems.statements.plstar_long import PLSTAR_LONG
from certify.theorems.statements.plstar_sgd import PLSTAR_SGD
from certify.theorems.statements.relu_gd import RELU_GD
from certify.theorems.statements.relu_width import RELU_WIDTH
from certify.theorems.statements.separation import SEPARATION
from certify.theorems.statements.smooth_outputs import SMOOTH_OUTPUTS
from certify.theorems.statements.smooth_width import SMOOTH_WIDTH
from certify.theorems.statements.spectral_width import SPECTRAL_WIDTH
from certify.theorems.statements.suyang2019 import SUYANG2019
from certify.theorems.statements.witness import reverify, stored_values

VARIANTS: dict[str, tuple[Theorem, ...]] = {
    "du2019.flow": (DU2019_FLOW,),
    "du2019.gd": (DU2019_GD,),
    "relu.width": RELU_WIDTH,
    "smooth.width": SMOOTH_WIDTH,
    "smooth.outputs": (SMOOTH_OUTPUTS,),
}

#: Theorems about weights at hand: they have no width to search for.
AT_WEIGHTS: dict[str, tuple[Theorem, ...]] = {"plstar.gd": (*PLSTAR_GD, PLSTAR_LONG)}


#: Theorems about a finite time at given weights, and others whose numbers are all given.
GIVEN: dict[str, tuple[Theorem, ...]] = {
    "spectral.width": (SPECTRAL_WIDTH,),
    "horizon.smooth": (HORIZON_SMOOTH,),
    "horizon.relu": (HORIZON_RELU,),
    "horizon.prior.smooth": (HORIZON_PRIOR_SMOOTH,),
    "horizon.prior.relu": (HORIZON_PRIOR_RELU,),
    "suyang2019": (SUYANG2019,),
    "relu.gd": (RELU_GD,),
    "arora2019.modes": (ARORA2019_MODES,),
    "arora2019.generalization": (ARORA2019_GENERALIZATION,),
    "lambda_min.separation": SEPARATION,
    "plstar.flow": (PLSTAR_FLOW,),
    "plstar.sgd": PLSTAR_SGD,
    "plstar.epsilon": (PLSTAR_EPSILON,),
    "nonconvex.local": (NONCONVEX,),
    "liu2022.pl": (LIU2022_PL,),
    "liu2022.kernel": (LIU2022_KERNEL,),
    "liu2022.sgd": (LIU2022_SGD,),
}


def variant(theorem_id: str, name: str) -> Theorem:
    """The variant of that name. Raises `KeyError`."""
    for candidate in {**VARIANTS, **AT_WEIGHTS, **GIVEN}[theorem_id]:
        if candidate.variant == name:
            return candidate
    raise KeyError(name)


__all__ = [
    "AT_WEIGHTS",
    "GIVEN",
    "VARIANTS",
    "Theorem",
    "Verification",
    "constants",
    "reverify",
    "steps_to_fraction",
    "stored_values",
    "variant",
    "verify",
]
