"""The kernels by the name of their activation."""

from __future__ import annotations

from certify.errors import InputError
from certify.kernels.base import Kernel
from certify.kernels.erf import ErfKernel
from certify.kernels.relu import ReluKernel

KERNELS: dict[str, Kernel] = {kernel.activation: kernel for kernel in (ReluKernel(), ErfKernel())}


def kernel_for(activation: str) -> Kernel:
    """The kernel of an activation. Raises `InputError` listing those there are."""
    if activation not in KERNELS:
        raise InputError(f"unknown activation '{activation}'", "--activation", f"choose from {', '.join(KERNELS)}")
    return KERNELS[activation]
