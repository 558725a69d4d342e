"""Infinite width: enclosures of the tangent kernel's Gram matrix, and of the Gram matrix of the data."""

from certify.kernels.base import Kernel
from certify.kernels.build import build_gram
from certify.kernels.erf import ErfKernel
from certify.kernels.registry import KERNELS, kernel_for
from certify.kernels.relu import ReluKernel
from certify.kernels.rows import UnitRows

__all__ = ["KERNELS", "ErfKernel", "Kernel", "ReluKernel", "UnitRows", "build_gram", "kernel_for"]
