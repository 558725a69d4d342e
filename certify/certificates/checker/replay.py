"""Exact gradient descent followed again, in ball arithmetic with far more digits than the run had.

Each step is evaluated in balls around the weights before it and its midpoints are taken on; what that leaves out is
carried along by the shadowing lemma (`proofs/network.md`, section 3), with a cruder Lipschitz constant than the run's.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker.report import NotCheckable
from certify.certificates.checker.rows import Floats
from certify.certificates.checker.tangent import FUNCTIONS, Ball

FIRST_BITS, LAST_BITS = 128, 1024
#: Values of φ in all steps together: half a minute, or with ``exact`` five.
MOST_VALUES, MOST_VALUES_EXACT = 25_000_000, 250_000_000
_FAR = Fraction(1, 1 << 40)


@dataclass(frozen=True)
class Course:
    """A run to be followed: ``F_i(W) = s Σ_r a_rφ(w_r·x_i)``, W trained with the exact step size η for ½‖F − y‖².

    Attributes
    ----------
    norm_squared :
        ``≥ ‖J‖²`` for all weights.
    bend :
        ``≥ s max|a_r| B2 q_X``, so that ``‖Σ e_i∇²F_i‖ ≤ bend·‖e‖`` (Cauchy–Schwarz).
    """

    X: Floats
    y: Floats
    weights: Floats
    outer: Floats
    activation: str
    squared_scale: Fraction
    step_size: Fraction
    norm_squared: Ball
    bend: Ball


def distance(course: Course, steps: int, final: Floats, claimed: Fraction, exact: bool) -> Ball:
    """A ball whose upper end bounds ``‖w_k − final‖_F`` after ``steps`` exact steps.

    Raises
    ------
    NotCheckable
        Where that many steps would take too long, or the distance cannot be told from ``claimed``.
    """
    values = steps * len(course.X) * len(course.outer)
    if values > (MOST_VALUES_EXACT if exact else MOST_VALUES):
        hint = "" if exact or values > MOST_VALUES_EXACT else "; --exact has more patience"
        raise NotCheckable(f"{steps} steps take {values} values of the activation to follow again{hint}")
    bits = FIRST_BITS
    while bits <= LAST_BITS:
        with precision(bits):
            found = _follow(course, steps)
            if found is not None:
                W, apart = found
                squares = ((arb(v) - W[r, j]) ** 2 for r, row in enumerate(final.tolist()) for j, v in enumerate(row))
                whole = sum(squares, arb(0)).sqrt() + apart
                if apart < arb(claimed) / 16 or apart < whole / 16:
                    return whole
        bits *= 2
    raise NotCheckable(f"the exact run cannot be followed again with {LAST_BITS} bits")


def _follow(course: Course, steps: int) -> tuple[flint.arb_mat, Ball] | None:
    """Midpoints after that many steps, and how far the exact run may be from them; None where that is too far.

    The map ``w ↦ w − η∇L(w)`` has the derivative ``(I − ηJᵀJ) − ηΣe_i∇²F_i``, of norm at most
    ``max(1, η‖J‖² − 1) + η·bend·‖e‖``, and ``‖e‖`` grows by at most ``‖J‖d`` on the ball of radius d. Of ReLU
    the map is affine (``bend = 0``) where no sign changes on that ball: ``|w_r·x_i| > ‖x_i‖d`` for all i, r.
    """
    phi = FUNCTIONS[course.activation]
    X = flint.arb_mat([[arb(v) for v in row] for row in course.X.tolist()])
    y = [arb(v) for v in course.y.tolist()]
    W = flint.arb_mat([[arb(v) for v in row] for row in course.weights.tolist()])
    eta, scale = arb(course.step_size), arb(course.squared_scale).sqrt()
    signs = [scale * arb(a) for a in course.outer.tolist()]
    column = flint.arb_mat([[a] for a in signs])
    stretch, norm = (eta * course.norm_squared - 1).max(arb(1)), course.norm_squared.sqrt()
    lengths = [sum((arb(v) ** 2 for v in row), arb(0)).sqrt() for row in course.X.tolist()]
    apart = arb(0)
    for _ in range(steps):
        Z = (X * W.transpose()).tolist()
        if course.activation == "relu" and not _signs_certain(Z, [length * apart for length in lengths]):
            return None
        pairs = [[phi(z) for z in row] for row in Z]
        out = flint.arb_mat([[value for value, _ in row] for row in pairs]) * column
        e = [out[i, 0] - y[i] for i in range(len(y))]
        weighted = flint.arb_mat([[slope * e_i for _, slope in row] for row, e_i in zip(pairs, e, strict=True)])
        gradient = (weighted.transpose() * X).tolist()
        new = [
            [w - eta * a * g for w, g in zip(row, grads, strict=True)]
            for row, a, grads in zip(W.tolist(), signs, gradient, strict=True)
        ]
        rounding = sum((w.rad() ** 2 for row in new for w in row), arb(0)).sqrt()
        size = sum((t * t for t in e), arb(0)).sqrt() + norm * apart
        apart = (((stretch + eta * course.bend * size) * apart + rounding) * arb(1 + Fraction(1, 1 << 40))).upper()
        if not apart < arb(_FAR):
            return None
        W = flint.arb_mat([[w.mid() for w in row] for row in new])
    return W, apart


def _signs_certain(Z: list[list[Ball]], moved: list[Ball]) -> bool:
    return all(abs(z) > most for row, most in zip(Z, moved, strict=True) for z in row)
