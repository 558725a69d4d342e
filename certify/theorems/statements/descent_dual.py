"""An exact proof that one gradient step contracts: a certificate in rational numbers, and its check in them.

For a function with curvature in [−ℓ, L] and ``‖g‖² ≥ 2μF`` (F the value above the level of the PL inequality) take the
points ``w``, ``w₊ = w − ηg₀`` and ``w − a g₀ − b g₁`` for some (a, b). Each of the inequalities

    PL(p):    ‖g_p‖²/(2μ) − F_p ≥ 0
    I(p, q):  F_p − F_q − ⟨g_q, d⟩ + ½ℓ‖d‖² − ‖g_p − g_q + ℓd‖²/(2(L + ℓ)) ≥ 0,   d = p − q

is linear in the values F and the Gram matrix of the gradients. If multipliers ≥ 0 make their sum
``τF₀ − F₁ − ⟨S, Gram⟩`` with S positive semidefinite, then ``F₁ ≤ τF₀``. That, and nothing else, is decided here; the
inequalities are proved in ``proofs/plsmooth.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Rows = list[list[Fraction]]

#: A little more than √2.
_ROOT_TWO = Fraction(99, 70)


@dataclass(frozen=True)
class StepClass:
    """The functions and the step: PL constant μ, curvature in [−ℓ, L], step size η."""

    mu: Fraction
    L: Fraction
    ell: Fraction
    eta: Fraction


@dataclass(frozen=True)
class Inequality:
    """``PL`` at one point, or ``I`` at a pair; points are numbered: 0 is w, 1 is w₊, then the auxiliary ones."""

    kind: str
    at: tuple[int, ...]


@dataclass(frozen=True)
class DescentDual:
    """Auxiliary points (a, b) and a multiplier for each inequality that is used."""

    points: tuple[tuple[Fraction, Fraction], ...]
    multipliers: Mapping[Inequality, Fraction]

    def to_json(self) -> dict[str, Any]:
        """As the witness stores it; rationals are strings ``"p/q"``."""
        return {
            "points": [[str(a), str(b)] for a, b in self.points],
            "multipliers": [
                {"inequality": c.kind, "at": list(c.at), "value": str(v)} for c, v in self.multipliers.items()
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> DescentDual:
        """Inverse of `to_json`. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        points = tuple((Fraction(str(a)), Fraction(str(b))) for a, b in stored["points"])
        found: dict[Inequality, Fraction] = {}
        for item in stored["multipliers"]:
            inequality = Inequality(str(item["inequality"]), tuple(int(p) for p in item["at"]))
            if inequality in found:
                raise ValueError(f"{inequality} occurs twice")
            found[inequality] = Fraction(str(item["value"]))
        return cls(points, found)


def inequalities(count: int) -> list[Inequality]:
    """All of them, for `count` points in total."""
    pairs = [Inequality("I", (p, q)) for p in range(count) for q in range(count) if p != q]
    return [*(Inequality("PL", (p,)) for p in range(count)), *pairs]


def terms(
    case: StepClass, points: tuple[tuple[Fraction, Fraction], ...], inequality: Inequality
) -> tuple[dict[int, Fraction], Rows]:
    """The inequality as ``Σ values[p] F_p + ⟨quadratic, Gram⟩ ≥ 0``; the matrix is symmetric.

    Raises
    ------
    ValueError
        If it names a point that is not there, or is of no known kind.
    """
    count = 2 + len(points)
    if any(not 0 <= p < count for p in inequality.at):
        raise ValueError(f"there is no point {max(inequality.at)}")
    zero = [Fraction(0)] * count
    quadratic = [list(zero) for _ in range(count)]
    if inequality.kind == "PL" and len(inequality.at) == 1:
        (p,) = inequality.at
        quadratic[p][p] = 1 / (2 * case.mu)
        return {p: Fraction(-1)}, quadratic
    if inequality.kind != "I" or len(set(inequality.at)) != 2:
        raise ValueError(f"no such inequality: {inequality.kind}{inequality.at}")
    p, q = inequality.at
    at = [(Fraction(0), Fraction(0)), (case.eta, Fraction(0)), *points]
    step = list(zero)  # d = p − q in the basis g_0, g_1, ...
    step[0], step[1] = at[q][0] - at[p][0], at[q][1] - at[p][1]
    bend = [case.ell * v for v in step]
    bend[p] += 1
    bend[q] -= 1
    for i in range(count):
        for j in range(count):
            inner = (step[j] * (i == q) + step[i] * (j == q)) / 2
            quadratic[i][j] = case.ell * step[i] * step[j] / 2 - inner - bend[i] * bend[j] / (2 * (case.L + case.ell))
    return {p: Fraction(1), q: Fraction(-1)}, quadratic


def combined(case: StepClass, dual: DescentDual) -> tuple[list[Fraction], Rows]:
    """Coefficients of the values F_p, and the matrix S, of the sum of all inequalities with their multipliers."""
    count = 2 + len(dual.points)
    values = [Fraction(0)] * count
    S = [[Fraction(0)] * count for _ in range(count)]
    for inequality, multiplier in dual.multipliers.items():
        linear, quadratic = terms(case, dual.points, inequality)
        for p, coefficient in linear.items():
            values[p] += multiplier * coefficient
        for i in range(count):
            for j in range(count):
                S[i][j] -= multiplier * quadratic[i][j]
    return values, S


def certified_rate(case: StepClass, dual: DescentDual) -> Fraction:
    """The τ that the certificate proves: ``F(w₊) ≤ τ F(w)``.

    Raises
    ------
    ValueError
        If it proves nothing: what is wrong, in one clause.
    """
    if min(case.mu, case.L, case.eta) <= 0 or case.ell < 0:
        raise ValueError("μ, L and η must be positive, ℓ not negative")
    if any(multiplier < 0 for multiplier in dual.multipliers.values()):
        raise ValueError("a multiplier is negative")
    values, S = combined(case, dual)
    if values[1] != -1 or any(values[2:]):
        raise ValueError("the function values do not balance")
    if not semidefinite(S):
        raise ValueError("the matrix of the gradients is not positive semidefinite")
    return values[0]


def semidefinite(S: Rows) -> bool:
    """Whether the symmetric matrix is positive semidefinite: an exact LDLᵀ, a pivot 0 only before a row of zeros."""
    A = [list(row) for row in S]
    for k in range(len(A)):
        if A[k][k] < 0 or (A[k][k] == 0 and any(A[k][k + 1 :])):
            return False
        for i in range(k + 1, len(A)):
            if A[i][k]:
                factor = A[i][k] / A[k][k]
                for j in range(k + 1, len(A)):
                    A[i][j] -= factor * A[k][j]
    return True


def reach(case: StepClass, dual: DescentDual) -> Fraction:
    """A number r: all that the proof asks of the function, it asks on ``B(w, r‖g₀‖)``."""
    turned = max(abs(1 - case.eta * case.L), 1 + case.eta * case.ell)  # ‖g₁‖ ≤ this ‖g₀‖
    farthest = max([case.eta, *(abs(a) + abs(b) * turned for a, b in dual.points)])
    return _ROOT_TWO * farthest
