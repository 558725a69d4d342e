"""The kernel of an activation, by its name or its expression."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import sympy

from certify.errors import InputError
from certify.kernels.base import Kernel
from certify.kernels.erf import ErfKernel
from certify.kernels.hermite import hermite_kernel
from certify.kernels.relu import ReluKernel
from certify.kernels.scaled import LeakyReluKernel, ScaledErfKernel, WaveKernel
from certify.symbolic.library import LEAK, activation_of, scale_of

KERNELS: dict[str, Kernel] = {kernel.activation: kernel for kernel in (ReluKernel(), ErfKernel())}
"""Those with a form of their own; `kernel_for` knows all."""


@lru_cache(maxsize=64)
def kernel_for(activation: str) -> Kernel:
    """The kernel of an activation: its closed form where there is one, else its Hermite series.

    Raises
    ------
    InputError
        For an activation that is not known, cannot be read, or has no bounded φ', φ''.
    """
    if activation in KERNELS:
        return KERNELS[activation]
    found = activation_of(activation)
    if found.name in KERNELS:
        return KERNELS[found.name]
    if found.name == "leaky_relu":
        return LeakyReluKernel(found.name, Fraction(int(LEAK.p), int(LEAK.q)))
    for head, sign in ((sympy.erf, 0), (sympy.sin, 1), (sympy.cos, -1)):
        c = scale_of(found, head)
        if c is not None:
            scale = abs(Fraction(int(c.p), int(c.q)))
            return WaveKernel(found.name, scale, sign) if sign else ScaledErfKernel(found.name, scale)
    if found.curvature_bound is None:
        raise InputError(f"no kernel is known for {activation}", "--activation", "a smooth activation, or relu")
    return hermite_kernel(found.name)
