"""``certify kernel``: is a given symmetric matrix positive definite, and what is its spectrum?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.selftest import ASSUMED, require_selftest
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers, workers
from certify.certificates import Certificate
from certify.data.matrix import Matrix, matrix_from
from certify.reports import Illustration, numbers
from certify.reports.illustration import MAX_EIGENVALUES
from certify.spectrum.decomposition import MAX_DENSE
from certify.spectrum.estimate import eigenvalues
from certify.spectrum.extremes import Extreme, largest, smallest
from certify.spectrum.obstruction import MAX_EXACT, Pair, exact_direction, identical_rows, nearest_pairs
from certify.spectrum.partial import refine_largest, refine_smallest
from certify.workflows.certified import Certified
from certify.workflows.definiteness import Findings, decide, functionals
from certify.workflows.environment import describe_environment
from certify.workflows.float_type import RoundingCost, modulus_norm, reading, rounding_cost

CLAIM = "the matrix is positive definite"
NARROW_FAILS = "rounded to float32 it is no longer positive definite: that is the arithmetic, not the kernel"
_SHOWN_ROWS = 5

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class KernelResult(Certified):
    """The certificate of a matrix, with the matrix."""

    matrix: Matrix

    @cached_property
    def illustration(self) -> Illustration:
        """All eigenvalues in float64, unverified, for up to 2000 rows."""
        if self.matrix.n > MAX_EIGENVALUES:
            return Illustration()
        A = self.matrix.enclosure()
        with workers(1), np.errstate(over="ignore", under="ignore"):
            values = np.ldexp(eigenvalues(A), A.exponent)
        return Illustration(values if np.isfinite(values).all() else None)


def certify_kernel(
    matrix: Any,
    *,
    symmetrize: bool = False,
    name: str = "array",
    threads: int | None = None,
    progress: Progress | None = None,
) -> KernelResult:
    """Decide, with proof, whether a symmetric matrix is positive definite.

    Parameters
    ----------
    matrix : (n, n)
        A `Matrix`, or anything with ``__array__``: NumPy, JAX (neural-tangents), a PyTorch tensor, a kernel of
        scikit-learn. Its floats are taken as the exact numbers they are.
    symmetrize :
        Certify ``(A + Aᵀ)/2``, exactly.
    name :
        How the certificate calls it.
    threads :
        Worker threads; None for all processors. Never changes a claim.
    progress :
        Called with (stage, done, total), from any thread.

    Returns
    -------
    KernelResult
        ``proved``: positive definite. ``refuted``: there is ``x ≠ 0`` with ``xᵀAx ≤ 0``. Else ``undecided``.

    Raises
    ------
    InputError
        If it is not a finite, square, symmetric matrix of real floats, or cannot fit in memory.
    ArithmeticRefused
        If this process's arithmetic is not what the lemmas assume.
    """
    require_selftest()
    given = matrix if isinstance(matrix, Matrix) else matrix_from(matrix, symmetrize=symmetrize, name=name)
    with workers(threads) as pool:
        A = given.enclosure()
        bottom = smallest(A, pool, progress)
        low = bottom.enclosure.lower
        if low is not None and (low > 0 or A.n <= MAX_DENSE) and "second" not in bottom.parts:
            bottom = refine_smallest(A, bottom, pool) or bottom
        top = largest(A, pool, progress)
        if A.n <= MAX_DENSE and "second" not in top.parts:
            top = refine_largest(A, top, pool) or top
        found = decide(given.values, A, bottom, top, pool)
        if found.verdict is Verdict.PROVED:
            found.more = functionals(A, found, pool)
        norm = modulus_norm(A, pool)
        costs = [rounding_cost(A.n, norm, dtype) for dtype in _float_types(given)]
        narrow = _in_float32(given, found, costs[-1], pool)
    return KernelResult(_certificate(given, found, costs, narrow, bottom.vector), given)


def _in_float32(given: Matrix, found: Findings, cost: RoundingCost, pool: Workers) -> Extreme | str | None:
    """``λ_min`` of the matrix rounded to float32, where that could change the verdict; or why not."""
    if given.dtype != "float64" or found.verdict is not Verdict.PROVED:
        return None
    if cost.dtype != "float32":
        return "it does not fit in float32"
    times = cost.roundings(found.lambda_min)
    if times is not None and times > 1:
        return "rounded to float32 it stays positive definite"
    with np.errstate(under="ignore"):
        narrow = given.values.astype(np.float32).astype(np.float64)
    if given.n > MAX_DENSE:
        return "rounded to float32 it may not be positive definite"
    if exact_direction(narrow) is not None:
        return NARROW_FAILS
    return smallest(replace(given, values=narrow).enclosure(), pool)


def _certificate(
    given: Matrix, found: Findings, costs: list[RoundingCost], narrow: Extreme | str | None, vector: Floats
) -> Certificate:
    pairs = nearest_pairs(given.values)
    rows = np.argsort(-np.abs(vector), kind="stable")[:_SHOWN_ROWS]
    bounds = {"lambda_min": found.lambda_min, "lambda_max": found.lambda_max, **(found.more or {})}
    bounds |= {f"rounding_{cost.dtype}": cost.shift for cost in costs}
    notes = [*given.notes, reading(found.verdict, found.lambda_min, costs[0], found.identical)]
    if isinstance(narrow, Extreme):
        bounds["lambda_min_float32"] = narrow.enclosure
        notes.append(_float32_note(narrow.enclosure))
    elif narrow is not None:
        notes.append(narrow)
    notes += _obstruction_notes(pairs, rows, vector)
    definite = {
        "verdict": str(found.verdict),
        "method": found.method,
        "classification": _classification(found),
        "null_dimension": found.null_dimension,
        "identical_rows": [list(rows) for rows in identical_rows(given.values)],
        "obstruction": {
            "rows": rows.tolist(),
            "weights": np.abs(vector[rows]).tolist(),
            "pairs": [{"rows": list(p.rows), "lambda_min_at_most": p.block.to_json()} for p in pairs],
        },
        "float_types": [cost.to_json() for cost in costs],
    }
    return Certificate(
        kind="kernel",
        claim=CLAIM,
        verdict=found.verdict,
        reason=found.reason,
        would_decide=_would_decide(given, found),
        data={**given.to_json(), "notes": notes},
        bounds=bounds,
        definite=definite,
        witness=found.witness,
        assumed=list(ASSUMED),
        environment={**describe_environment(), "selftest": "passed"},
    )


def _would_decide(given: Matrix, found: Findings) -> list[str]:
    if found.verdict is not Verdict.UNDECIDED:
        return []
    exact = f"a submatrix of at most {MAX_EXACT} rows (these are decided exactly)"
    wider = "the kernel computed in float64" if given.dtype != "float64" else "the kernel computed with more digits"
    return [f"{wider}, or without the nearly equal rows that the notes name", exact]


def _classification(found: Findings) -> str:
    if found.verdict is Verdict.PROVED:
        return "positive definite"
    if found.verdict is Verdict.UNDECIDED:
        return "undecided"
    low, high = found.lambda_min.upper, found.lambda_max
    if low is not None and low < 0:
        if high.upper is not None and high.upper < 0:
            return "negative definite"
        return "indefinite" if high.lower is not None and high.lower > 0 else "not positive semidefinite"
    return "singular or indefinite"


def _float32_note(rounded: Enclosure) -> str:
    if rounded.upper is not None and rounded.upper < 0:
        return NARROW_FAILS
    if rounded.lower is not None and rounded.lower > 0:
        return "rounded to float32 it is still positive definite"
    return "rounded to float32 its definiteness is undecided"


def _obstruction_notes(pairs: list[Pair], rows: np.ndarray[Any, Any], vector: Floats) -> list[str]:
    weights = ", ".join(f"{int(i)} ({abs(float(vector[i])):.2f})" for i in rows)
    notes = [f"the vector of the smallest quotient is largest on rows {weights}"]
    if pairs:
        (i, j), block = pairs[0].rows, pairs[0].block
        notes.append(f"nearest pair: rows {i} and {j} alone force λ_min ≤ {numbers.upper_end(block, 6)}")
    return notes


def _float_types(given: Matrix) -> list[str]:
    """The type the matrix came in, and float32 where its entries fit."""
    own = given.dtype if given.dtype in ("float16", "float32") else "float64"
    fits = float(np.abs(given.values).max()) <= float(np.finfo(np.float32).max)
    return list(dict.fromkeys([own, *(["float32"] if fits else [])]))
