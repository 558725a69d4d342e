"""What a kernel's entries cost, for estimates before anything is computed."""

from __future__ import annotations

from certify.kernels.base import Kernel
from certify.kernels.deep import DeepKernel
from certify.kernels.hermite import HermiteKernel
from certify.kernels.mixture import MixtureKernel

#: Seconds for an entry by intervals, one core of a 2.6 GHz server; the others below were measured there, too.
USUAL = 1.2e-7
_PAIR = {"bump": 5.5e-9, "step": 1.7e-8, "swish": 3.2e-8}  # of two components of a mixture
_TERM, _LAYER = 2e-9, 1.6e-7
_ROW = 0.035  # the expansion of φ' at one more length


def entry_seconds(kernel: Kernel, n: int, normalized: bool) -> float:
    """Seconds for an entry of the kernel on ``n`` rows, what is prepared for each row included."""
    if isinstance(kernel, DeepKernel):
        return _LAYER * kernel.depth
    if isinstance(kernel, HermiteKernel):
        if not kernel.by_mixture(normalized):
            return _TERM * len(kernel.weights)
        mixture = kernel.other_lengths
    elif isinstance(kernel, MixtureKernel):
        mixture = kernel
    else:
        return USUAL
    if mixture is None:
        return _TERM * 512 + 2 * _ROW / n
    return _PAIR[mixture.kind] * len(mixture.weights) ** 2 + USUAL / 2
