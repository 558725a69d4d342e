"""Gradient descent from weights at hand with steps beyond 1/S: the same mechanism through the descent lemma.

Setting
-------
As in `certify.theorems.statements.plstar`: a model C¹ on a closed ball around the centre c, ``K = JJᵀ``,
``L = ½‖e‖²``, gradient descent from a start within a distance t of c.

Assumptions
-----------
``λ_min(K(c)) ≥ σ_c² > 0``, ``‖e(c)‖ ≤ E_c``; on ``B(c, t + R)``: ``‖J(w) − J(w')‖ ≤ β‖w − w'‖``, ``‖J(w)‖² ≤ S``. With
``σ0 = σ_c − βt > 0``, ``E0 = E_c + √S t``, ``c = 2 − η(S + βE0) > 0``: ``4βE0 < cσ0²`` and
``R* = (4E0/c)/(σ0 + √μ) ≤ R`` where ``μ = σ0² − 4βE0/c``.

Statement
---------
Gradient descent stays in ``B(w(0), R*)``, its path is no longer than R*, ``‖e(k+1)‖² ≤ (1 − cημ)‖e(k)‖²``, and
``w(k) → w*`` with ``F(w*) = y``.

Reference
---------
Proved in `proofs/plstar.md`, section 1; the step ``η ≤ 1/(S + βE0)`` is that of Liu, Zhu, Belkin (2022), Theorem 6.

Arguments
---------
``sigma_squared``, ``residual``, ``beta``, ``jacobian_norm_squared``, ``distance``, ``ball``, ``eta``.

Returns
-------
``h``, ``radius``, ``mu``, rate, ``step_factor`` (c), ``loss_threshold``.

Example
-------
``σ_c² = 1``, ``β = 0.1``, ``E_c = 0.4``, ``S = 2``, ``η = 0.7``: ``c = 0.572``, ``μ = 0.72``, ``R* = 1.513``.
"""

from __future__ import annotations

import sympy

from certify.theorems.statements import plstar as p
from certify.theorems.statements import symbols as s
from certify.theorems.statements.model import Constant, Definition, Hypothesis, Source, Theorem

_smooth, _c = map(s.real, ("smoothness", "step_factor"))
_rate = 1 - _c * s.eta * s.mu

PLSTAR_LONG = Theorem(
    id="plstar.gd",
    edition=1,
    variant="long-step",
    title="Gradient descent from weights at hand converges, with steps up to 2/(S + βE0)",
    label="statement and proof of this project, every constant explicit",
    sources=(Source("liu2022", "Theorem 6", "the same mechanism; its step is c = 1 here"),),
    activations=("tanh", "erf", "softplus", "sigmoid"),
    initialisation="given",
    paired=False,
    setting=p.SETTING,
    assumed=(s.EXACT_ARITHMETIC,),
    quantities=p.QUANTITIES,
    definitions=(
        Definition(
            p.sigma0, r"\sigma_0", sympy.sqrt(p.sigma_squared) - p.beta * p.distance, "σ_min of the Jacobian at w(0)"
        ),
        Definition(s.E0, "E_0", p.residual + sympy.sqrt(p.S) * p.distance, "bound of ‖e(0)‖"),
        Definition(_smooth, r"S'", p.S + p.beta * s.E0, "Lipschitz constant of ∇L along the path"),
        Definition(_c, "c", 2 - s.eta * _smooth, "what the step leaves of the descent"),
        Definition(p.h, "h", p.beta * s.E0 / p.sigma0**2, "Kantorovich's number, to be below c/4"),
        Definition(s.mu, r"\mu", p.sigma0**2 - 4 * p.beta * s.E0 / _c, "PL* constant on the ball"),
        Definition(p.radius, "R_*", 4 * s.E0 / (_c * (p.sigma0 + sympy.sqrt(s.mu))), "radius of the ball"),
    ),
    conditions=(),
    hypotheses=(
        Hypothesis(
            "positive",
            sympy.Gt(p.sigma0, 0),
            "the tangent kernel at the start is positive definite",
            "a positive lower bound of λ_min of the tangent kernel at these weights",
        ),
        s.STEP_POSITIVE,
        Hypothesis("step-size", sympy.Gt(_c, 0), "η < 2/(S + βE0): the loss cannot rise", "a smaller step size"),
        Hypothesis(
            "kantorovich",
            sympy.Lt(4 * p.beta * s.E0, _c * p.sigma0**2),
            "h = βE0/σ0² < c/4, c = 2 − η(S + βE0): the kernel outlasts the path",
            "a smaller residual (train further), a smaller step size, or a greater width",
        ),
        Hypothesis(
            "ball",
            sympy.Le(p.radius, p.ball),
            "R* ≤ R: the ball on which β and S are known contains the path",
            "β and S on a larger ball",
        ),
    ),
    constants=(
        Constant("h", p.h, "β‖e(0)‖/σ0², to be below c/4"),
        Constant("step_factor", _c, "c = 2 − η(S + βE0)"),
        Constant("sigma_squared", p.sigma0**2, "lower bound of λ_min(K(w(0)))"),
        Constant("beta", p.beta, "Lipschitz constant of the Jacobian"),
        Constant("residual", s.E0, "bound of ‖e(0)‖"),
        Constant("radius", p.radius, "bound of ‖w(k) − w(0)‖ and of the path's length; a solution is as near"),
        Constant("mu", s.mu, "‖e(k+1)‖² ≤ (1 − cημ)‖e(k)‖²; the loss is μ-PL* on the ball"),
        Constant("jacobian_norm_squared", p.S, "bound of ‖J‖² on the ball"),
        Constant(
            "loss_threshold",
            ((2 - s.eta * p.S) * p.sigma0**2 / (p.beta * (4 + s.eta * p.sigma0**2))) ** 2 / 2,
            "below this loss ½‖e‖² the theorem speaks at weights with this σ0² at this step",
        ),
    ),
    rate=_rate,
    largest_step=2 / _smooth,
    conclusion="L(k) ≤ (1 − cημ)^k L(0) for all k ≥ 0, and w(k) converges to a w* with F(w*) = y and ‖w* − w(0)‖ ≤ R*",
    conclusion_relation=sympy.Le(s.L_k, _rate**s.k * s.L_0),
    proof="plstar.md",
)
