"""Sizes of the data's own Gram matrix ``G = XXᵀ`` that the theorems need: ``‖X‖²``, ``λ_max(|G|)``, ``q_X²``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import flint
import ival
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse.linalg import LinearOperator, eigsh

from certify.arithmetic.balls import WORKING_BITS, arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, U, add_up, chunked_dot_error, gamma, mul_up
from certify.arithmetic.storage import IN_CORE, Storage
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.tiles import ArrayTiles
from certify.arithmetic.workers import Workers
from certify.kernels.base import lengths, scaled_strip
from certify.kernels.build import build_gram
from certify.kernels.rows import UnitRows, scale_rows
from certify.spectrum.extremes import largest
from certify.spectrum.perron import perron_bound
from certify.spectrum.product import multiply

_ROWS_AT_ONCE = 512


def norm_squared(X: Floats, rows: UnitRows, pool: Workers) -> Enclosure:
    """Enclose ``‖X‖² = λ_max(XᵀX)``, of the normalised rows if ``rows`` are.

    Notes
    -----
    The smaller of the two Gram matrices is formed, with ``S`` the scaled rows. Its rounding error is at
    most ``c|S|ᵀ|S|`` entrywise, whose norm is at most ``c‖S‖_F²``. Normalised rows ``ẑ = fl(z)`` are right to
    ``U(|z| + 2^-26)``, so that ``‖Ẑ‖²`` differs by at most ``2‖Z‖‖Ẑ − Z‖ + ‖Ẑ − Z‖² ≤ 2.1 n U(1 + 2^-26 √d)``.
    """
    n, d = X.shape
    S = rows.near if rows.normalized else scale_rows(X, np.full(n, -rows.exponent))
    if d <= n:
        gram = np.zeros((d, d))
        for top in range(0, n, _ROWS_AT_ONCE):
            part = S[top : top + _ROWS_AT_ONCE]
            gram += part.T @ part
        error = chunked_dot_error(n, _ROWS_AT_ONCE)
    else:
        gram = S @ S.T
        error = chunked_dot_error(d, d)
    frobenius = mul_up(float(np.square(S).sum()), 1.0 + gamma(n * d + 64))
    radius = add_up(
        mul_up(error, frobenius),
        mul_up(2.1 * U, float(n), 1.0 + 2.0**-26 * float(np.sqrt(d))) if rows.normalized else 0.0,
        mul_up(UNDERFLOW, float(n), float(d)),
    )
    # The product of a matrix with its own transpose need not come out symmetric: the upper half is taken.
    gram = np.triu(gram) + np.triu(gram, 1).T
    size = len(gram)
    enclosure = SymmetricEnclosure(
        ArrayTiles(gram),
        np.diagonal(gram).copy(),
        np.full(size, radius),
        radius,
        0 if rows.normalized else 2 * rows.exponent,
    )
    return largest(enclosure, pool).enclosure


class AbsoluteGram:
    """``|x·x'|``."""

    degree: ClassVar[int] = 2
    steep: ClassVar[bool] = False

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`."""
        length, _ = lengths(rows)
        return abs(cosines) * length[i][:, None] * length[j][None, :]

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """See `EntryFunction.strip`."""
        return scaled_strip(np.abs(cosines), rows.cosine_error, rows.norm[i], rows.norm[j])

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``|x_i|²``."""
        return lengths(rows)[1]

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """``|x·x'|``."""
        return abs(dot)


@dataclass(frozen=True)
class SquaredGram:
    """``(x·x')² − s |x|²|x'|²``."""

    degree: ClassVar[int] = 4
    steep: ClassVar[bool] = False
    s: float

    def entries(self, cosines: ival.Interval, rows: UnitRows, i: slice, j: slice) -> ival.Interval:
        """See `EntryFunction.entries`."""
        _, squared = lengths(rows)
        return (ival.sqr(cosines) - self.s) * squared[i][:, None] * squared[j][None, :]

    def strip(self, cosines: Floats, rows: UnitRows, i: slice, j: slice) -> tuple[Floats, Floats]:
        """``fl(fl(c²) − s)``: ``c²`` moves by ``2|c|e + e² ≤ 2.1e``, and two roundings cost ``2.1U``."""
        values = np.square(cosines)
        values -= self.s
        error = 2.1 * rows.cosine_error + 2.2 * U
        return scaled_strip(values, error, rows.norm_squared[i], rows.norm_squared[j])

    def diagonal(self, rows: UnitRows) -> ival.Interval:
        """``(1 − s)|x_i|⁴``."""
        _, squared = lengths(rows)
        return ival.sqr(squared) * (ival.Interval(1.0) - self.s)

    def entry(self, dot: flint.arb, first: flint.arb, second: flint.arb) -> flint.arb:
        """``(x·x')² − s|x|²|x'|²``."""
        return dot * dot - arb(self.s) * first * second


def absolute_norm(X: Floats, rows: UnitRows, pool: Workers, storage: Storage = IN_CORE) -> Enclosure:
    """Enclose ``λ_max(|G|)``, ``|G|`` the entrywise modulus of ``G = XXᵀ``."""
    with storage.tiles("absolute-gram", rows.n) as tiles:
        return perron_bound(build_gram(X, rows, AbsoluteGram(), pool, tiles=tiles), pool)


@dataclass(frozen=True)
class QuarticBound:
    """Upper bound of ``q_X²`` with its free parameter ``s`` and the eigenvalue it rests on."""

    q_x_squared: Enclosure
    s: float
    lambda_max: Enclosure


def quartic_bound(X: Floats, rows: UnitRows, pool: Workers, storage: Storage = IN_CORE) -> QuarticBound:
    """Bound ``q_X² = max_{|v|=1} Σ_i (x_i·v)⁴`` from above.

    Returns
    -------
    QuarticBound
        The upper end of ``q_x_squared`` is ``λ(1 + s/(1 − sd))`` with ``λ ≥ λ_max(G∘G − s ggᵀ)``,
        ``g = diag G``, ``0 ≤ s < 1/d``: proved in ``proofs/smooth-width.md``. (The lower end is 0; nothing
        needs it.) ``s`` is searched for in floats and then verified at the value found.
    """
    d = rows.d
    s = 0.0
    if d > 1 and rows.n > 1:
        with storage.tiles("quartic-search", rows.n) as tiles:
            A = build_gram(X, rows, SquaredGram(0.0), pool, tiles=tiles)
            s = tiles.journal.remember("s", lambda: _search_s(A, rows, pool, d))
            del A
    with storage.tiles("quartic", rows.n) as tiles:
        top = largest(build_gram(X, rows, SquaredGram(s), pool, tiles=tiles), pool).enclosure
    if top.upper is None or not top.upper > 0:
        return QuarticBound(Enclosure(None, None), s, top)
    with precision(WORKING_BITS):
        bound = top.upper_arb() * (1 + arb(s) / (1 - arb(s) * d))
        upper = Enclosure.from_arb(bound)
    return QuarticBound(Enclosure(0.0, upper.upper, upper.exponent), s, top)


def _search_s(A: SymmetricEnclosure, rows: UnitRows, pool: Workers, d: int) -> float:
    """Minimise ``λ(s)(1 + s/(1 − sd))`` in floats (untrusted): eigenvalues by Lanczos, warm-started."""
    g = rows.norm_squared
    start = [g / np.linalg.norm(g)]

    def objective(s: float) -> float:
        operator = LinearOperator(
            (A.n, A.n),
            matvec=lambda v: multiply(A, np.ravel(v), pool) - s * g * float(g @ np.ravel(v)),
            dtype=np.float64,
        )
        values, vectors = eigsh(operator, k=1, which="LA", v0=start[0], tol=1e-4, ncv=min(A.n, 20))
        start[0] = vectors[:, 0]
        return float(values[0]) * (1.0 + s / (1.0 - s * d))

    if A.n < 3:
        return 0.0
    found = minimize_scalar(
        objective, bounds=(0.0, 0.999 / d), method="bounded", options={"maxiter": 14, "xatol": 1e-3 / d}
    )
    return float(found.x) if found.fun < objective(0.0) else 0.0
