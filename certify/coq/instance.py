"""An instance: a data set, a claim on its kernel's smallest eigenvalue, and what makes Coq accept it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.linalg import LinAlgError

from certify.arithmetic.workers import workers
from certify.coq.factor import LOSS, Factor, float_factor
from certify.coq.precise import precise_factor
from certify.coq.rows import IntegerRows
from certify.data import Dataset, find_rays
from certify.errors import InputError
from certify.kernels import ReluKernel, UnitRows, build_gram
from certify.spectrum.product import dense

#: A row of n entries needs ``n 4^limb < 2^59`` in ``Limbs.v``.
_LARGEST_LIMB = 25
#: Squares of rows of integers beyond this overflow float64.
_FLOAT_BITS = 1000
FOUNDATIONAL_ROWS = 200
#: Beyond, Coq's check with numbers of any size takes too long: the claim is lowered instead.
PRECISE_ROWS = 400
#: Greatest relative loss that float64's factor may cost before numbers of more digits are taken.
WANTED = 9e-7


@dataclass(frozen=True)
class Instance:
    """Everything a proof file holds.

    Attributes
    ----------
    data :
        The exact data set.
    rows :
        It as integers.
    directions :
        ``x_i/|x_i|`` in units of ``2^-direction_bits``: a hint.
    factor :
        Claim, tolerance and Cholesky factor: a hint, but for the claim.
    loss :
        How much the claim is below the smallest eigenvalue, relatively, by estimate.
    arithmetic :
        ``Machine``, ``Wide`` or ``Foundational``: the Coq file that checks it.
    parameter :
        Size of a limb, or bits of interval precision.
    """

    data: Dataset
    rows: IntegerRows
    directions: list[list[int]]
    direction_bits: int
    factor: Factor
    loss: float
    arithmetic: str
    parameter: int


def build_instance(data: Dataset, *, foundational: bool = False, loss: float | None = None) -> Instance:
    """Find a claim within about ``1e-6`` of the smallest eigenvalue, and its witness.

    Parameters
    ----------
    data :
        Normalised data ask for H∞, others for K∞.
    foundational :
        Use no machine arithmetic in Coq.
    loss :
        First relative loss that is tried; it is doubled until the tolerance covers all errors.

    Raises
    ------
    InputError
        If the kernel matrix is singular, or too nearly so for every precision, or too large.
    """
    _require_definite(data)
    if foundational and data.n > FOUNDATIONAL_ROWS:
        raise InputError(
            f"{data.n} rows are too many without machine arithmetic", "--foundational",
            f"leave it out, or take at most {FOUNDATIONAL_ROWS} rows",
        )  # fmt: skip
    rows = IntegerRows.from_data(data.X)
    limb = _limb(max(data.n, data.d))
    try:
        try:
            factor, reached = _in_floats(data, rows, limb, loss or LOSS, most=0.0 if loss else WANTED)
            if foundational:  # Coq's own integers take time by the bit
                limb = min(limb, (8 - math.floor(math.log2(factor.delta.times_power(0)))) // 2)
                factor, reached = _in_floats(data, rows, limb, reached, most=2 * reached)
        except LinAlgError:
            if data.n > PRECISE_ROWS:
                factor, reached = _in_floats(data, rows, limb, loss or LOSS, most=0.5)
            else:
                factor, reached = precise_factor(rows, data.normalized, loss or LOSS), loss or LOSS
    except LinAlgError:
        raise InputError(
            "the kernel matrix is too nearly singular for a proof", data.name,
            "look for nearly parallel rows: certify dataset names them; drop one of each",
        ) from None  # fmt: skip
    if foundational:
        arithmetic, parameter, bits = "Foundational", factor.bits + 5, factor.bits
    elif factor.bits > 2 * _LARGEST_LIMB or max(rows.squares).bit_length() > _FLOAT_BITS:
        arithmetic, parameter, bits = "Wide", factor.bits + 20, factor.bits
    else:
        arithmetic, parameter, bits = "Machine", limb, 2 * limb - 1
    return Instance(data, rows, rows.directions(bits), bits, factor, reached, arithmetic, parameter)


def _in_floats(data: Dataset, rows: IntegerRows, limb: int, loss: float, most: float) -> tuple[Factor, float]:
    with workers(1) as pool:
        H = dense(build_gram(data.X, UnitRows.from_data(data.X, True), ReluKernel(), pool))
    magnitudes, A = [0] * data.n, H
    if not data.normalized:
        norms = rows.scaled_norms()
        magnitudes, A = rows.magnitudes, H * norms[:, None] * norms[None, :]
    # intervals of float64, and directions right to half a unit in every coordinate, on average a third of that
    error = 2.0**-50 + math.sqrt(data.d / 3.0) * 2.0 ** -(2 * limb)
    return float_factor(A, magnitudes, error, 2 * limb, loss, max(loss, most))


def _require_definite(data: Dataset) -> None:
    rays = find_rays(data.X)
    if null := ReluKernel().null_dimension(data.X, rays, data.normalized):
        remedy = "use --duplicates drop" if rays.parallel else "drop one row of a pair"
        raise InputError(f"the kernel matrix is singular: its null space has dimension {null}", data.name, remedy)


def _limb(length: int) -> int:
    for limb in range(_LARGEST_LIMB, 16, -1):
        if length << (2 * limb) < 1 << 59:
            return limb
    raise InputError(f"rows of length {length} are too long for a proof", "data", "take fewer rows or columns")
