"""Gradient flow from weights at hand: Kantorovich's constant ½ without a step size.

Setting
-------
A model C¹ with a Lipschitz Jacobian on the closed ball ``B(w0, R)``, ``K = JJᵀ``, ``L = ½‖e‖²``;
``dw/dt = −∇L(w)``, ``w(0) = w0``.

Assumptions
-----------
``λ_min(K(w0)) ≥ σ0² > 0``, ``‖e(w0)‖ ≤ E0``; on ``B(w0, R)``: ``‖J(w) − J(w')‖ ≤ β‖w − w'‖``. ``2βE0 < σ0²`` and
``R* = 2E0/(σ0 + √μ) ≤ R`` where ``μ = σ0² − 2βE0``. No bound of ‖J‖ is asked.

Statement
---------
The flow exists for all times and stays in ``B(w0, R*)``; ``L(t) ≤ e^{−2μt} L(0)``, and ``w(t) → w*``, ``F(w*) = y``.

Reference
---------
Proved in `proofs/plstar.md`, section 2.

Arguments
---------
``sigma_squared``, ``residual``, ``beta``; free: ``ball``.

Returns
-------
``mu``, ``radius``, ``h``, rate per unit of time.

Example
-------
``σ0² = 1``, ``β = 1``, ``E0 = 0.4``: ``μ = 0.2``, ``R* = 0.553``.
"""

from __future__ import annotations

import sympy

from certify.theorems.statements import plstar as p
from certify.theorems.statements import symbols as s
from certify.theorems.statements.model import Constant, Definition, Hypothesis, Source, Theorem

_rate = sympy.exp(-2 * s.mu)

PLSTAR_FLOW = Theorem(
    id="plstar.flow",
    edition=1,
    variant="flow",
    title="Gradient flow from weights at hand converges, by Kantorovich's constant ½",
    label="statement and proof of this project, every constant explicit and none improvable",
    sources=(Source("liu2022", "Theorem 6", "the same mechanism for gradient descent"),),
    activations=("tanh", "erf", "softplus", "sigmoid"),
    initialisation="given",
    paired=False,
    setting=p.SETTING.replace(
        "gradient descent w(k+1) = w(k) − η∇L(w(k)) from w(0).", "gradient flow dw/dt = −∇L(w) from w(0) = c."
    ),
    assumed=("gradient flow is meant as the exact solution of the differential equation",),
    quantities=tuple(p.AT_START[name] for name in ("sigma_squared", "residual", "beta", "ball")),
    definitions=(
        Definition(p.sigma0, r"\sigma_0", sympy.sqrt(p.sigma_squared), "σ_min of the Jacobian at w(0)"),
        Definition(p.h, "h", p.beta * p.residual / p.sigma_squared, "Kantorovich's number"),
        Definition(s.mu, r"\mu", p.sigma_squared - 2 * p.beta * p.residual, "PL* constant on the ball"),
        Definition(p.radius, "R_*", 2 * p.residual / (p.sigma0 + sympy.sqrt(s.mu)), "radius of the ball"),
    ),
    conditions=(),
    hypotheses=(
        Hypothesis(
            "positive",
            sympy.Gt(p.sigma_squared, 0),
            "the tangent kernel at the start is positive definite",
            "a positive lower bound of λ_min of the tangent kernel at these weights",
        ),
        Hypothesis(
            "kantorovich",
            sympy.Lt(2 * p.beta * p.residual, p.sigma_squared),
            "h = βE0/σ0² < ½: the kernel outlasts the path",
            "a smaller residual (train further), or a greater width",
        ),
        Hypothesis(
            "ball",
            sympy.Le(p.radius, p.ball),
            "R* ≤ R: the ball on which β is known contains the path",
            "β on a larger ball",
        ),
    ),
    constants=(
        Constant("h", p.h, "β‖e(0)‖/σ0², to be below ½"),
        Constant("radius", p.radius, "bound of ‖w(t) − w(0)‖ and of the path's length; a solution is as near"),
        Constant("mu", s.mu, "d‖e‖²/dt ≤ −2μ‖e‖²; the loss is μ-PL* on the ball"),
    ),
    rate=_rate,
    largest_step=None,
    conclusion="L(t) ≤ exp(−2μt) L(0) for all t ≥ 0, and w(t) converges to a w* with F(w*) = y and ‖w* − w(0)‖ ≤ R*",
    conclusion_relation=sympy.Le(s.L_t, sympy.exp(-2 * s.mu * s.t) * s.L_0),
    proof="plstar.md",
)
