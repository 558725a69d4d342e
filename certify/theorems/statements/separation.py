"""A lower bound of λ_min from the data's separation alone: one angle, one length, n.

Setting
-------
Rows ``x_1..x_n``, none zero; ``K∞_ij = ⟨x_i, x_j⟩·E[φ'(w·x_i)φ'(w·x_j)]``, ``w ~ N(0, I_d)``; variants ``relu``,
``leaky_relu``, ``erf``.

Assumptions
-----------
``0 < s ≤ sin²`` of the angle between any two rows' lines, ``0 < a ≤ ‖x_i‖²``; J any integer ≥ 0; ``ρ = √(1 − s)``.

Statement
---------
ReLU: ``λ_min(K∞) ≥ (a/2π)(T_J(1) − (n−1)T_J(ρ))``, ``T_J(t) = Σ_{j≥J} C(2j,j)4^{−j}t^{2j+2}/(2j+1)``, the tail of
``t·arcsin t``; leaky ReLU: times ``(1 − leak)²``. erf: ``λ_min(K∞) ≥ (4/π)(a/(1+2a))(U_J(q) − (n−1)ρU_J(qρ))``,
``q = 2a/(1+2a)``, U_J the tail of ``(1 − x²)^{−1/2}``.

Reference
---------
Proved in `proofs/separation.md`: Schur powers of the matrix of cosines, and Gershgorin's discs.

Arguments
---------
``n``, ``sine_squared`` (s), ``least_norm_squared`` (a); free: ``terms`` (J).

Returns
-------
``lambda_min_bound``.

Example
-------
``n = 100, s = 0.5, a = 1``, ReLU: ``λ_min ≥ 0.031``.
"""

from __future__ import annotations

import sympy

from certify.symbolic.library import LEAK
from certify.symbolic.tails import ArcsineTail, InverseRootTail
from certify.theorems.statements import symbols as s
from certify.theorems.statements.model import (
    Constant,
    Definition,
    Hypothesis,
    Quantity,
    Role,
    Side,
    Source,
    Theorem,
)

_sine2, _least, _terms = map(s.real, ("sine_squared", "least_norm_squared", "terms"))
_rho, _q, _bound, _true = map(s.real, ("rho", "q_erf", "lambda_bound", "lambda_min"))

_RECTIFIED = _least / (2 * sympy.pi) * (ArcsineTail(_terms, sympy.Integer(1)) - (s.n - 1) * ArcsineTail(_terms, _rho))
_ERF = (
    4 / sympy.pi * _least / (1 + 2 * _least)
    * (InverseRootTail(_terms, _q) - (s.n - 1) * _rho * InverseRootTail(_terms, _q * _rho))
)  # fmt: skip


_RATIO = Definition(_q, "q", 2 * _least / (1 + 2 * _least), "ratio of the series")


def _separation(activation: str, bound: sympy.Expr) -> Theorem:
    return Theorem(
        id="lambda_min.separation",
        edition=1,
        variant=activation,
        title="A lower bound of λ_min from the data's separation alone",
        label="statement and proof of this project, every constant explicit",
        sources=(Source("gershgorin1931", "Theorem", "every eigenvalue is in a disc, used"),),
        activations=(activation,),
        initialisation="independent",
        paired=False,
        setting=(
            "Data x_1..x_n ∈ R^d (rows of X, none zero). K∞_ij = ⟨x_i, x_j⟩·E[φ'(w·x_i)φ'(w·x_j)], w ~ N(0, I_d): the "
            "tangent kernel of a two-layer network of infinite width, first layer trained."
        ),
        assumed=(),
        quantities=(
            s.SAMPLES,
            Quantity(
                _sine2, "s", "a number 0 < s ≤ sin² of the angle between the lines of any two rows", Role.DATA,
                Side.LOWER, "sine_squared", bound=r"s \leq \min_{i \neq j} \sin^2 \angle(x_i, x_j)",
            ),
            Quantity(
                _least, "a", "a number 0 < a ≤ ‖x_i‖² for every row", Role.DATA, Side.LOWER, "least_norm_squared",
                bound=r"a \leq \min_i \|x_i\|^2",
            ),
            Quantity(_terms, "J", "from which power on the series is used", Role.FREE),
        ),
        definitions=(
            Definition(_rho, r"\rho", sympy.sqrt(1 - _sine2), "bound of the cosines' moduli"),
            *([_RATIO] if activation == "erf" else []),
            Definition(_bound, r"\bar\lambda", bound, "what the separation gives"),
        ),
        conditions=(),
        hypotheses=(
            Hypothesis("rows", sympy.Ge(s.n, 1), "n ≥ 1", "at least one row"),
            Hypothesis("separated", sympy.Gt(_sine2, 0), "no two rows are on one line", "no parallel rows"),
            Hypothesis("sine", sympy.Le(_sine2, 1), "s ≤ 1", "a smaller lower bound of sin²"),
            Hypothesis("length", sympy.Gt(_least, 0), "no row is zero", "rows that are not zero"),
            Hypothesis("terms", sympy.Ge(_terms, 0), "J ≥ 0", "a number of terms"),
            Hypothesis(
                "positive", sympy.Gt(_bound, 0), "the bound is positive", "a greater J, or better separated rows"
            ),
        ),
        constants=(Constant("lambda_min_bound", _bound, "λ_min(K∞) ≥ this"),),
        rate=sympy.exp(-2 * _bound),
        largest_step=None,
        conclusion="λ_min(K∞) is at least the bound: gradient flow at infinite width decays like exp(−2λt) or faster",
        conclusion_relation=sympy.Ge(_true, _bound),
        proof="separation.md",
    )  # fmt: skip


SEPARATION = (
    _separation("relu", _RECTIFIED),
    _separation("leaky_relu", (1 - LEAK) ** 2 * _RECTIFIED),
    _separation("erf", _ERF),
)
