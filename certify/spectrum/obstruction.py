"""What stands against positive definiteness of an exact matrix: which rows, decided exactly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.spectrum.ball import smallest_in_balls

#: Up to this many rows a sign that float64 cannot tell is decided with integers and balls.
MAX_EXACT = 200
_ROWS_AT_ONCE = 256
_CANDIDATES = 8
_BITS, _MOST_BITS = 256, 2048


@dataclass(frozen=True)
class Direction:
    """A vector ``x ≠ 0``, zero but for ``rows``, with ``xᵀAx ≤ 0`` exactly; ``null`` if even ``Ax = 0`` is known."""

    rows: tuple[int, ...]
    entries: tuple[float, ...]
    null: bool
    why: str


@dataclass(frozen=True)
class Pair:
    """Two rows: ``λ_min`` of the whole matrix is at most that of their 2 × 2 block, which ``block`` encloses."""

    rows: tuple[int, int]
    block: Enclosure


def identical_rows(values: Floats) -> list[tuple[int, ...]]:
    """Groups of indices with the same row and the same column, to the bit, each ascending; of ``values`` (n, n)."""
    groups: dict[bytes, list[int]] = {}
    for i in range(len(values)):
        digest = hashlib.blake2b(np.ascontiguousarray(values[i] + 0.0).data)  # -0.0 becomes 0.0
        digest.update(np.ascontiguousarray(values[:, i] + 0.0).data)
        groups.setdefault(digest.digest(), []).append(i)
    found = []
    for group in groups.values():
        same = tuple(
            i
            for i in group
            if np.array_equal(values[i], values[group[0]]) and np.array_equal(values[:, i], values[:, group[0]])
        )
        if len(same) > 1:
            found.append(same)
    return found


def exact_direction(values: Floats) -> Direction | None:
    """A direction in at most two rows that refutes definiteness of ``(A + Aᵀ)/2`` for ``A = values`` (n, n), if found.

    Algorithm
    ---------
    1. A diagonal entry ``≤ 0``: ``eᵢ``. 2. Identical rows and columns i, j: ``A(eᵢ − eⱼ) = 0``. 3. Among the pairs that
    look worst in float64, one with ``a_ii a_jj ≤ a_ij²`` in rational arithmetic: ``x = a_jj eᵢ − a_ij eⱼ`` has ``xᵀAx =
    a_jj (a_ii a_jj − a_ij²) ≤ 0``.
    """
    diagonal = np.diagonal(values)
    if not np.all(diagonal > 0):
        i = int(np.argmin(diagonal))
        value = float(diagonal[i])
        null = value == 0 and not values[i].any() and not values[:, i].any()
        return Direction((i,), (1.0,), null, f"the diagonal entry ({i}, {i}) is {value:.3g}")
    groups = identical_rows(values)
    if groups:
        i, j = groups[0][:2]
        more = f", and {len(groups) - 1} more such groups" if len(groups) > 1 else ""
        rows = ", ".join(map(str, groups[0][:10])) + (", …" if len(groups[0]) > 10 else "")
        return Direction((i, j), (1.0, -1.0), True, f"rows {rows} are identical{more}")
    for i, j in _worst_pairs(values, _CANDIDATES):
        a, b, c = _block(values, i, j)
        if a * b <= c * c:
            x, y = float(diagonal[j]), -float(c)
            if Fraction(y) == -c:
                sign = "0" if a * b == c * c else "negative"
                return Direction((i, j), (x, y), False, f"the 2 × 2 minor of rows {i} and {j} is {sign}")
    return None


def nearest_pairs(values: Floats, count: int = 5) -> list[Pair]:
    """The pairs of rows whose 2 × 2 blocks have the smallest ``λ_min``, as float64 sees them, with exact bounds.

    Notes
    -----
    Cauchy's interlacing: the smallest eigenvalue of a principal submatrix is not below that of the matrix. For a block
    ``[[a, c], [c, b]]`` it is ``2(ab − c²)/(a + b + √((a − b)² + 4c²))``, evaluated in balls.
    """
    found = []
    with precision(_BITS):
        for i, j in _worst_pairs(values, count):
            a, b, c = (arb(q) for q in _block(values, i, j))
            root = ((a - b) ** 2 + 4 * c * c).sqrt()
            size = a + b + root
            value = 2 * (a * b - c * c) / size if size > 0 else (a + b - root) / 2
            found.append(Pair((i, j), Enclosure.from_arb(value)))
    return found


def exact_null_dimension(values: Floats) -> int:
    """The dimension of the null space of ``(A + Aᵀ)/2``, by rational elimination; for up to `MAX_EXACT` rows."""
    n = len(values)
    rows = [[_rational(values[i, j], values[j, i]) for j in range(n)] for i in range(n)]
    return n - int(flint.fmpq_mat(rows).rank())


def positive_in_balls(values: Floats) -> Enclosure | None:
    """An enclosure of ``λ_min`` of ``(A + Aᵀ)/2`` with a positive lower end, in Arb; None where none was found."""
    n = len(values)

    def matrix() -> flint.arb_mat:
        return flint.arb_mat([[(arb(values[i, j]) + arb(values[j, i])) / 2 for j in range(n)] for i in range(n)])

    found = smallest_in_balls(matrix, _BITS, _MOST_BITS)
    if found is None:
        return None
    with precision(found.bits):
        return Enclosure.from_ends(found.lower, found.upper)


def negative_in_balls(values: Floats) -> Floats | None:
    """A float vector (n,) with ``xᵀAx < 0``, proved in rational arithmetic, near the eigenvector of least modulus."""
    n = len(values)
    rows = [[_rational(values[i, j], values[j, i]) for j in range(n)] for i in range(n)]
    exact = flint.fmpq_mat(rows)
    with precision(2 * _BITS):
        try:
            inverse = flint.arb_mat(exact).inv().mid()
        except ZeroDivisionError:
            return None
        v = flint.arb_mat([[arb(1 + (7 * k) % 11)] for k in range(n)])
        for _ in range(12):
            v = (inverse * v).mid()
            length = (v.transpose() * v)[0, 0]
            if not length > 0:
                return None
            v = (v * length.rsqrt()).mid()
        x = np.array([float(v[k, 0].mid()) for k in range(n)])
    if not np.isfinite(x).all():
        return None
    column = flint.fmpq_mat([[_rational(value, value)] for value in x])
    return x if (column.transpose() * (exact * column))[0, 0] < 0 else None


def _rational(first: float, second: float) -> flint.fmpq:
    """``(first + second)/2``, exactly."""
    value = (Fraction(float(first)) + Fraction(float(second))) / 2
    return flint.fmpq(value.numerator, value.denominator)


def _block(values: Floats, i: int, j: int) -> tuple[Fraction, Fraction, Fraction]:
    c = (Fraction(float(values[i, j])) + Fraction(float(values[j, i]))) / 2
    return Fraction(float(values[i, i])), Fraction(float(values[j, j])), c


def _worst_pairs(values: Floats, count: int) -> list[tuple[int, int]]:
    """Pairs ``i < j`` with the smallest ``λ_min`` of their block in float64, ascending."""
    n, diagonal = len(values), np.diagonal(values)
    scale = float(np.abs(values).max()) or 1.0
    d = diagonal / scale
    best: list[tuple[float, int, int]] = []
    with np.errstate(all="ignore"):
        for start in range(0, n, _ROWS_AT_ONCE):
            rows = slice(start, min(start + _ROWS_AT_ONCE, n))
            a, b, c = d[rows, None], d[None, start:], values[rows, start:] / scale
            size = a + b + np.sqrt(np.square(a - b) + 4.0 * np.square(c))
            # (√a√b − |c|)(√a√b + |c|) keeps digits where ab and c² nearly cancel
            mean = np.sqrt(np.maximum(a, 0.0)) * np.sqrt(np.maximum(b, 0.0))
            block = 2.0 * (mean - np.abs(c)) * (mean + np.abs(c)) / size
            block[np.tril_indices(block.shape[0], m=block.shape[1])] = np.inf
            block[np.isnan(block)] = np.inf
            flat = block.ravel()
            few = np.argpartition(flat, min(count, flat.size) - 1)[:count]
            for place in few.tolist():
                i, j = divmod(place, block.shape[1])
                if np.isfinite(flat[place]):
                    best.append((float(flat[place]), i + start, j + start))
    return [(i, j) for _, i, j in sorted(best)[:count]]
