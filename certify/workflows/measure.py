"""Everything the theorems want to know of a data set, each number measured once and rigorously."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import numpy as np

from certify.arithmetic.balls import WORKING_BITS, arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.journal import fingerprint
from certify.arithmetic.rounding import sum_down, sum_up
from certify.arithmetic.storage import IN_CORE, Storage
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers
from certify.data import Dataset, Rays, find_rays
from certify.kernels import Kernel, UnitRows, build_gram, kernel_for
from certify.kernels.base import lengths
from certify.kernels.data_gram import QuarticBound, absolute_norm, norm_squared, quartic_bound
from certify.kernels.null_vector import NullVector, null_vector
from certify.kernels.policy import positive, pursue
from certify.kernels.separation import Separation, separation
from certify.kernels.sharpen import sharpen
from certify.spectrum.extremes import Extreme, largest, smallest
from certify.spectrum.partial import refine_smallest

Progress = Callable[[str, int, int], None]
METHODS = {
    "null space": "coinciding directions give an exact null space",
    "direct": "Cholesky factor of the shifted matrix with a bounded defect; Rayleigh quotient",
    "differences": "Cholesky factor in the basis of differences of nearly parallel rows",
    "congruence": "the kernel H of the normalised rows is positive definite: λ_min(K) ≥ λ_min(H) min|x_i|²",
    "balls": "Schur complements in ball arithmetic",
}


@dataclass(frozen=True)
class KernelSpectrum:
    """The verified ends of one kernel's spectrum on the data.

    Attributes
    ----------
    null_dimension :
        Dimension of the null space known exactly; the smallest eigenvalue is then exactly 0.
    null_vector :
        One of its vectors, exact.
    lambda_min :
        Its lower end is at least 0: ``K∞ = E[J Jᵀ]`` is positive semidefinite whatever the data are.
    definite :
        ``proved`` if the lower end is positive, ``refuted`` if the null space is not trivial.
    """

    kernel: Kernel
    null_dimension: int
    null_vector: NullVector | None
    lambda_min: Enclosure
    lambda_max: Enclosure | None
    definite: Verdict
    method: str
    witness: dict[str, Any]


class Measurements:
    """Measures lazily and once; one array of ``8n²`` bytes at a time.

    Parameters
    ----------
    data :
        The exact data set.
    pool :
        Tested workers.
    effort :
        Budget of the policy that takes over where the direct enclosure is not tight (`certify.kernels.policy`).
    storage :
        Where the matrices are kept.
    """

    def __init__(
        self,
        data: Dataset,
        pool: Workers,
        progress: Progress | None = None,
        effort: str = "normal",
        storage: Storage = IN_CORE,
    ) -> None:
        self.data, self._pool, self._progress, self._effort = data, pool, progress, effort
        self._storage = storage
        self._spectra: dict[tuple[str, bool], KernelSpectrum] = {}

    @property
    def pool(self) -> Workers:
        """The workers it measures with."""
        return self._pool

    @cached_property
    def rows(self) -> UnitRows:
        """Unit rows and lengths."""
        return UnitRows.from_data(self.data.X, self.data.normalized)

    @cached_property
    def rays(self) -> Rays:
        """Coinciding directions, exactly."""
        return find_rays(self.data.X)

    @cached_property
    def separation(self) -> Separation:
        """The least angle of two rows, and the least length."""
        return separation(self.data.X, self.rows)

    @cached_property
    def norm_x_squared(self) -> Enclosure:
        """``‖X‖²``."""
        return norm_squared(self.data.X, self.rows, self._pool)

    @cached_property
    def gram_abs(self) -> Enclosure:
        """``λ_max(|G|)``."""
        return self._storage.journal.remember(
            "gram_abs", lambda: absolute_norm(self.data.X, self.rows, self._pool, self._storage)
        )

    @cached_property
    def quartic(self) -> QuarticBound:
        """``q_X²`` with its witness."""
        return self._storage.journal.remember(
            "quartic", lambda: quartic_bound(self.data.X, self.rows, self._pool, self._storage)
        )

    @cached_property
    def norm_y(self) -> Enclosure | None:
        """``‖y‖``, of the exact floats; None without targets."""
        if self.data.y is None:
            return None
        with precision(WORKING_BITS):
            return Enclosure.from_arb(_sum_of_squares(self.data.y.ravel().tolist()).sqrt())

    @cached_property
    def trace_gram(self) -> Enclosure:
        """``Σ‖x_i‖²``; exactly n for normalised rows."""
        if self.data.normalized:
            return Enclosure.point(float(self.data.n))
        squared = lengths(self.rows)[1]
        return Enclosure.scaled(sum_down(squared.lo), sum_up(squared.hi), 2 * self.rows.exponent)

    @cached_property
    def unit_rows(self) -> Verdict:
        """Is ``|x_i| = 1`` for every row, exactly?"""
        if self.data.normalized:
            return Verdict.PROVED
        if not np.all((self.rows.norm_squared > 0.999) & (self.rows.norm_squared < 1.001)) or self.rows.exponent:
            scaled = np.ldexp(self.rows.norm, min(max(self.rows.exponent, -1000), 1000))
            if not np.all((scaled > 0.999) & (scaled < 1.001)):  # the norms are right to a few ulps
                return Verdict.REFUTED
        with precision(4096):  # squares of floats are multiples of 2^-2148, so sums near 1 are exact here
            exact = all(_sum_of_squares(x.tolist()) == 1 for x in self.data.X)
        return Verdict.PROVED if exact else Verdict.REFUTED

    def spectrum(self, activation: str, both_ends: bool = False) -> KernelSpectrum:
        """The spectrum's ends for the kernel of ``activation``; ``λ_max`` only with ``both_ends``."""
        return self.spectrum_of(kernel_for(activation), both_ends)

    def spectrum_of(self, kernel: Kernel, both_ends: bool = False) -> KernelSpectrum:
        """`spectrum` for a kernel at hand."""
        for known in ((kernel.activation, True), (kernel.activation, both_ends)):
            if known in self._spectra:
                return self._spectra[known]
        found = self._measure(kernel, both_ends)
        self._spectra[kernel.activation, both_ends] = found
        return found

    def _measure(self, kernel: Kernel, both_ends: bool) -> KernelSpectrum:
        X, rows = self.data.X, self.rows
        null = kernel.null_dimension(X, self.rays, self.data.normalized)
        name = f"{_file_name(kernel.activation)}-{'both' if both_ends else 'bottom'}"
        bottom, top = self._storage.journal.remember(name, lambda: self._extremes(kernel, rows, name, both_ends))
        witness: dict[str, Any] = {"lambda_min": bottom.witness()}
        if top is not None:
            witness["lambda_max"] = top.witness()
        lambda_min, method = bottom.enclosure, "direct"
        if null:
            lambda_min, method = Enclosure(0.0, 0.0), "null space"
        else:
            pursuit = self._storage.journal.remember(
                f"{name}-policy",
                lambda: pursue(X, rows, kernel, bottom.enclosure, self._pool, self._effort, self._storage),
            )
            lambda_min, method = _not_negative(pursuit.enclosure), pursuit.method
            witness |= {"policy": {"effort": self._effort, "tried": pursuit.tried}, **pursuit.witness}
        definite = Verdict.REFUTED if null else Verdict.PROVED if positive(lambda_min) else Verdict.UNDECIDED
        return KernelSpectrum(
            kernel,
            null,
            null_vector(X, self.rays, kernel, self.data.normalized) if null else None,
            lambda_min,
            top.enclosure if top else None,
            definite,
            METHODS[method],
            witness,
        )

    def _extremes(self, kernel: Kernel, rows: UnitRows, name: str, both_ends: bool) -> tuple[Extreme, Extreme | None]:
        """The ends of the kernel's matrix, each noted when it is known."""
        with self._storage.tiles(name, rows.n) as tiles:
            A = build_gram(self.data.X, rows, kernel, self._pool, self._progress, tiles)
            bottom = tiles.journal.remember("bottom", lambda: smallest(A, self._pool, self._progress))
            if self._effort == "high":
                bottom = tiles.journal.remember("refined", lambda: self._refined(A, kernel, bottom))
            top = largest(A, self._pool, self._progress) if both_ends else None
        return bottom, top

    def _refined(self, A: SymmetricEnclosure, kernel: Kernel, bottom: Extreme) -> Extreme:
        """The smallest eigenvalue to the last digits, where it is isolated."""
        refined = refine_smallest(A, bottom, self._pool) or bottom
        return sharpen(self.data.X, kernel, self.data.normalized, refined, self._progress) or refined


def _file_name(activation: str) -> str:
    """A name for files: an expression is no such name."""
    return activation if activation.isidentifier() else fingerprint(activation)


def _not_negative(enclosure: Enclosure) -> Enclosure:
    """Raise a negative or unknown lower end to 0, as the matrix is known to be semidefinite by its form."""
    low = 0.0 if enclosure.lower is None else max(0.0, enclosure.lower)
    return Enclosure(low, enclosure.upper, enclosure.exponent)


def _sum_of_squares(values: list[float]) -> flint.arb:
    column = flint.arb_mat([[arb(v)] for v in values])
    return (column.transpose() * column)[0, 0]
