"""Gradient descent under PL and curvature bounds: the rate of an exact performance-estimation certificate.

Setting
-------
A model ``F: R^p → R^n``, C¹ on a closed ball D around w(0), with Jacobian J; ``e = F − y``, loss ``½‖e‖²``;
``w(k+1) = w(k) − η∇loss(w(k))``.

Assumptions
-----------
On D: ``‖∇loss‖² ≥ 2μ·loss`` (true where ``λ_min(JJᵀ) ≥ μ``); curvature in [−ℓ, L] (true for ``L = Λ² + βE``,
``ℓ = βE`` where ``‖J‖ ≤ Λ``, J is β-Lipschitz and ``‖e‖ ≤ E``). D contains ``B(w(k), r‖∇loss(w(k))‖)`` for all k: so
where D is ``B(w(0), R + rΛ‖e(0)‖)`` and gradient descent stays in ``B(w(0), R)`` (by `plstar.gd`, say), and where its
radius is at least ``max(η/(1 − √q), r)·Λ‖e(0)‖``. An exact dual certificate proves the factor q.

Statement
---------
``loss(k) ≤ q^k loss(0)``; q < 1 moreover gives ``w(k) → w*`` with ``F(w*) = y``.

Reference
---------
Proved in `proofs/plsmooth.md`; compare Abbaszadehpeivasti, de Klerk, Zamani (2023), Theorem 3, and Rubbens,
Hendrickx, Taylor (2025), Proposition 3.4.

Arguments
---------
``mu``, ``L``, ``ell``, ``eta``.

Returns
-------
``rate`` (q), ``reach`` (r).

Example
-------
``μ = 0.2, L = ℓ = η = 1``: ``q = 0.66876`` (classical 1 − μ/L = 0.8, in closed form 8/11).
"""

from __future__ import annotations

import sympy

from certify.theorems.statements import symbols as s
from certify.theorems.statements.model import (
    Condition,
    Constant,
    Family,
    Hypothesis,
    Quantity,
    Role,
    Side,
    Source,
    Theorem,
)

mu, L, ell, rate, reach = map(s.real, ("mu", "L", "ell", "rate", "reach"))

PLSMOOTH_GD = Theorem(
    id="plsmooth.gd",
    edition=1,
    variant="exact-dual",
    title="The rate of gradient descent under PL and curvature bounds, by exact performance estimation",
    label="statement and proof of this project; its inequalities are those of the performance-estimation literature",
    sources=(
        Source("abbaszadehpeivasti2023", "Theorem 3", "the rate in closed form, which is weaker"),
        Source("rubbens2025", "Proposition 3.4", "the same worst case with one auxiliary point"),
    ),
    activations=("tanh",),
    family=Family.SMOOTH,
    initialisation="given",
    paired=False,
    setting=(
        "A model F: R^p → R^n, C¹ on a closed ball D around w(0), e = F − y, loss ½‖e‖², gradient descent "
        "w(k+1) = w(k) − η∇loss(w(k)). Any model will do, and any loss whose value 0 is the level of the PL inequality."
    ),
    assumed=(
        s.EXACT_ARITHMETIC,
        "PL and the curvature bounds hold on D, and D contains B(w(k), r‖∇loss(w(k))‖) at every step: so if D is "
        "B(w(0), R + rΛ‖e(0)‖) and gradient descent stays in B(w(0), R), or if D has a radius of at least "
        "max(η/(1 − √q), r)·Λ‖e(0)‖",
    ),
    quantities=(
        Quantity(mu, r"\mu", "PL constant on D: ‖∇loss‖² ≥ 2μ·loss", Role.DATA, Side.LOWER, "mu"),
        Quantity(L, "L", "largest curvature on D: Λ² + βE for least squares", Role.DATA, Side.UPPER, "L"),
        Quantity(ell, r"\ell", "largest negative curvature on D: βE for least squares", Role.DATA, Side.UPPER, "ell"),
        s.ETA,
        Quantity(rate, "q", "the factor that the certificate proves", Role.FREE),
        Quantity(reach, "r", "how far the proof reaches from w(k), in units of ‖∇loss(w(k))‖", Role.FREE),
    ),
    definitions=(),
    conditions=(
        Condition(
            "certificate",
            "certificate",
            "non-negative multipliers of the inequalities PL(p) and I(p, q) add up to q·loss(k) − loss(k+1) minus a "
            "positive semidefinite form of the gradients (an exact identity of rationals, and an exact LDLᵀ)",
            r"q F_0 - F_1 - \langle S, \mathrm{Gram}\rangle = \sum_c y_c c, \quad y \geq 0, \quad S \succeq 0",
            "another step size, or another number of auxiliary points",
        ),
    ),
    hypotheses=(
        Hypothesis("pl", sympy.Gt(mu, 0), "the PL constant is positive", "a positive PL constant"),
        s.STEP_POSITIVE,
        Hypothesis("contracts", sympy.Lt(rate, 1), "the factor is below 1", "a smaller step size"),
    ),
    constants=(Constant("reach", reach, "PL and curvature are used on B(w(k), r‖∇loss(w(k))‖)"),),
    rate=rate,
    largest_step=None,
    conclusion="L(k) ≤ q^k L(0) for all k ≥ 0, and w(k) converges to a w* with F(w*) = y",
    conclusion_relation=sympy.Le(s.L_k, rate**s.k * s.L_0),
    proof="plsmooth.md",
)
