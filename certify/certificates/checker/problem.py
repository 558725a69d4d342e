"""A symmetric matrix and the three things a certificate says of its spectrum, derived again.

Two routes: ball arithmetic throughout (small matrices), or one LAPACK factorisation with its residual from
exactly split products (large ones). Both start from entries in ball arithmetic.
"""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import flint
import numpy as np

from certify.arithmetic.balls import arb, lower_float, precision, upper_float
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.definite import definite
from certify.certificates.checker.report import NotCheckable
from certify.certificates.checker.residual import ULP, Floats, residual_norm

FIRST_BITS, LAST_BITS = 128, 1024
#: Matrices of more rows are not taken with as many bits as `LAST_BITS`.
_MANY_ROWS, _LAST_OF_MANY = 600, 512
_SLACK = 1.0 + 2.0**-30
_TINY = 2.0**-960
_DENSE = 200


class Problem(ABC):
    """A symmetric matrix of n rows, known through enclosures of its entries."""

    n: int
    route: str
    sharp: bool = True
    """Whether more digits make its entries sharper without end."""

    @abstractmethod
    def at_least(self, bound: flint.arb, hint: flint.arb | None = None) -> Verdict:
        """Is ``λ_min ≥ bound``? ``hint``: a number just above ``bound`` that is thought to be one too."""

    @abstractmethod
    def at_most(self, bound: flint.arb, hint: flint.arb | None = None) -> Verdict:
        """Is ``λ_max ≤ bound``?"""

    @abstractmethod
    def quotient(self, vector: list[float]) -> flint.arb:
        """A ball around ``vᵀAv/vᵀv``: never below ``λ_min``, never above ``λ_max``."""

    @abstractmethod
    def midpoints(self) -> Floats:
        """The matrix in float64, up to a power of two: for searches, never for a claim."""

    def search_largest(self) -> list[float]:
        """A vector near the eigenvector of ``λ_max``, by unverified floats; `quotient` verifies what it gives."""
        A = self.midpoints()
        if self.n <= _DENSE:
            return [float(x) for x in np.linalg.eigh(A)[1][:, -1]]
        from scipy.sparse.linalg import eigsh

        start = np.random.default_rng(0).standard_normal(self.n)
        return [float(x) for x in eigsh(A, k=1, which="LA", v0=start, tol=1e-14)[1][:, 0]]


class BallProblem(Problem):
    """By ball arithmetic alone, at 128 bits and more where that is needed."""

    def __init__(self, n: int, matrix: Callable[[int], flint.arb_mat], what: str, sharp: bool = True) -> None:
        _require_memory(n, 500)
        self.n, self._matrix, self.sharp = n, matrix, sharp
        self._known: dict[int, flint.arb_mat] = {}
        self.route = f"{what}: entries, elimination and quotients in ball arithmetic (no floating point)"

    def matrix(self, bits: int) -> flint.arb_mat:
        """The matrix at ``bits``."""
        if bits not in self._known:
            self._known[bits] = self._matrix(bits)
        return self._known[bits]

    def _decide(self, bound: flint.arb, sign: int) -> Verdict:
        bits, last = FIRST_BITS, LAST_BITS if self.n <= _MANY_ROWS else _LAST_OF_MANY
        last = last if self.sharp else 2 * FIRST_BITS
        while True:
            with precision(bits):
                rows = self.matrix(bits).tolist()
                if sign < 0:
                    rows = [[-entry for entry in row] for row in rows]
                for i in range(self.n):
                    rows[i][i] -= sign * bound
                verdict = definite(flint.arb_mat(rows))
            if verdict is not Verdict.UNDECIDED or bits >= last:
                return verdict
            bits *= 2

    def at_least(self, bound: flint.arb, hint: flint.arb | None = None) -> Verdict:
        """See `Problem`; ``refuted`` where ``λ_min ≤ bound`` is proved."""
        return self._decide(bound, 1)

    def at_most(self, bound: flint.arb, hint: flint.arb | None = None) -> Verdict:
        """See `Problem`; ``refuted`` where ``λ_max ≥ bound`` is proved."""
        return self._decide(bound, -1)

    def quotient(self, vector: list[float]) -> flint.arb:
        """See `Problem`."""
        with precision(2 * FIRST_BITS):
            v = flint.arb_mat([[arb(x)] for x in vector])
            return (v.transpose() * (self.matrix(2 * FIRST_BITS) * v))[0, 0] / (v.transpose() * v)[0, 0]

    def midpoints(self) -> Floats:
        """See `Problem`."""
        with precision(FIRST_BITS):
            rows = self.matrix(FIRST_BITS).tolist()
            size = max((abs(rows[i][i]) for i in range(self.n)), key=lambda ball: ball.mid())
            shrink = arb(2) ** -_exponent(size)
            return np.array([[float((entry * shrink).mid()) for entry in row] for row in rows])


class FloatProblem(Problem):
    """Entries rounded once from balls to float64, then the float route of `residual`.

    The matrix is ``(M + Δ)·2^exponent``, ``|Δ_ij| ≤ 2^-52 |M_ij|`` plus the balls' radii. ``reached`` is the bound that
    the last undecided question did reach, of the scaled matrix.
    """

    def __init__(self, n: int, rows: Callable[[int], Iterator[list[flint.arb]]], size: flint.arb, what: str) -> None:
        self.n = n
        _require_memory(n, 40)
        self.route = (
            f"{what}: entries in ball arithmetic, rounded once; one Cholesky factorisation by LAPACK with the "
            "residual from exactly split products (Ozaki et al. 2012); quotients in extended precision"
        )
        self.exponent = _exponent(size)
        self.M: Floats = np.zeros((n, n))
        wide = np.zeros(n)
        with precision(FIRST_BITS):
            shrink = None if self.exponent == 0 else arb(2) ** -self.exponent
            for i, row in enumerate(rows(FIRST_BITS)):
                balls = row if shrink is None else [entry * shrink for entry in row]
                self.M[i, : i + 1] = [float(entry.mid()) for entry in balls]
                for j, entry in enumerate(balls):
                    if entry.rel_accuracy_bits() < 64:  # an entry near 0: its radius counts absolutely
                        radius = upper_float(entry.rad())
                        wide[i] += radius
                        wide[j] += radius
        self.M += np.tril(self.M, -1).T
        self._wide = float(wide.max()) * _SLACK
        self._usable = bool(np.isfinite(self.M).all()) and math.isfinite(self._wide)
        # the largest row sum of |Δ|; the rounding of an entry is at most one ulp, whichever way it went
        sums = np.abs(self.M).sum(axis=1) if self._usable else np.full(n, np.inf)
        self.reached: float | None = None
        self._rounding = float(sums.max()) * ULP * (1.0 + 2.0**-10) + self._wide + n * _TINY

    def _scaled(self, value: flint.arb) -> flint.arb:
        return value * arb(2) ** -self.exponent

    def _proves(self, bound: flint.arb, hint: flint.arb | None, sign: float) -> bool:
        """``sign·A ⪰ sign·bound``, from a factor of ``sign·(M − shift·I)`` and what separates the two."""
        with precision(FIRST_BITS):
            target = self._scaled(bound)
            edge = float(target.mid())
            gaps = [4.0 * self._rounding * 2.0**k for k in (0, 3, 6)]
            if hint is not None and self._scaled(hint).is_finite():
                hinted = sign * (float(self._scaled(hint).mid()) - edge)
                gaps = [gap for gap in (hinted, hinted / 4) if 0 < gap < math.inf] + gaps
        for gap in gaps:
            A = sign * self.M
            shift = edge + sign * gap
            diagonal = A.diagonal().copy()
            moved = diagonal - sign * shift
            np.fill_diagonal(A, moved)
            try:
                L = np.tril(np.linalg.cholesky(A))
            except np.linalg.LinAlgError:
                continue
            defect = residual_norm(A, L)
            if defect is None:
                continue
            ulps = float(np.abs(moved).max()) * ULP + _TINY  # of the subtraction on the diagonal
            with precision(FIRST_BITS):
                reached = arb(shift) - arb(sign) * (arb(defect) + arb(self._rounding) + arb(ulps))
                if (reached >= target) if sign > 0 else (reached <= target):
                    return True
                self.reached = upper_float(reached) if sign < 0 else lower_float(reached)
        return False

    def at_least(self, bound: flint.arb, hint: flint.arb | None = None) -> Verdict:
        """See `Problem`."""
        return Verdict.PROVED if self._usable and self._proves(bound, hint, 1.0) else Verdict.UNDECIDED

    def at_most(self, bound: flint.arb, hint: flint.arb | None = None) -> Verdict:
        """See `Problem`."""
        return Verdict.PROVED if self._usable and self._proves(bound, hint, -1.0) else Verdict.UNDECIDED

    def quotient(self, vector: list[float]) -> flint.arb:
        """See `Problem`.

        ``Mv`` and ``vᵀ(Mv)`` are summed in the widest format NumPy has, unit roundoff ``u``: together an error of at
        most ``γ_{2n+2}(u)·|v|ᵀ|M||v|`` (Higham 2002, (3.5)); ``Δ`` adds ``|v|ᵀ|Δ||v|``.
        """
        v = np.array(vector)
        v = v / np.ldexp(1.0, int(np.frexp(np.abs(v).max())[1]))
        wide, unit = _extended()
        with np.errstate(over="ignore", invalid="ignore"):
            image = np.array([(row.astype(wide) * v).sum() for row in self.M])
            form = float((image * v).sum())
            size = float(np.abs(v) @ (np.abs(self.M) @ np.abs(v))) * _SLACK
        k = 2 * self.n + 4
        error = size * (k * unit / (1.0 - k * unit) + 2 * ULP) + _TINY * self.n
        error += self._wide * float(v @ v) * _SLACK + abs(form) * ULP
        if not (self._usable and math.isfinite(form) and math.isfinite(error)):
            return flint.arb.nan()
        with precision(FIRST_BITS):
            column = flint.arb_mat([[arb(x)] for x in v.tolist()])
            length = (column.transpose() * column)[0, 0]
            return (arb(form) + flint.arb(0, error)) / length * arb(2) ** self.exponent

    def midpoints(self) -> Floats:
        """See `Problem`."""
        return self.M


def _require_memory(n: int, entry: int) -> None:
    """Raise `NotCheckable` where a matrix, its copies and factors, of so many bytes an entry, do not fit in memory."""
    needed, free = entry * n * n, available_memory()
    if free is not None and needed > free:
        gigabytes = f"{needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free"
        raise NotCheckable(f"a matrix of {n} rows needs {gigabytes}")


def available_memory() -> int | None:
    """Bytes that can be had without swapping; None where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def _exponent(size: flint.arb) -> int:
    """0 where float64 holds the entries comfortably, else the binary exponent of the largest."""
    if not size.is_finite() or not size > 0:
        return 0
    mantissa, power = size.mid().man_exp()
    top = int(power) + int(mantissa).bit_length()
    return 0 if -200 < top < 200 else top


def _extended() -> tuple[Any, float]:
    """NumPy's long double where it is an IEEE format of a known unit roundoff, else float64; and that roundoff."""
    bits = int(np.finfo(np.longdouble).nmant)
    return (np.longdouble, 2.0 ** -(bits + 1)) if bits in (63, 112) else (np.float64, 2.0**-53)
