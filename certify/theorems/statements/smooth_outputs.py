"""A-priori width of a two-layer network with a smooth activation and q outputs.

Setting
-------
Two-layer network of width m, ``F_ik(W) = (α/√m) Σ_r a_rk φ(w_r·x_i)``, ``k ≤ q``, ``a_rk = ±1``, first layer trained,
``L = ½‖F(W) − Y‖_F²``; paired: neurons r and r + m/2 share w_r and have opposite sign vectors; the ``N = m/2`` distinct
w_r are ``N(0, I_d)``, their sign vectors uniform, all independent. ``K∞`` as for one output.

Assumptions
-----------
``0 < λ0 ≤ λ_min(K∞)``, ``S ≥ ‖X‖²``, ``Q ≥ q_X²``, ``Y ≥ ‖Y‖_F``; free ``0 < ε < 1``; ``σ0² = (1−ε)α²λ0``,
``β = αB2√(qQ/m)``:

- ``nq·exp(−(Nλ0/(qB1²S))[ε + (1−ε)ln(1−ε)]) + q·exp(−(N/q)(2 ln 2 − 1)) ≤ δ``;
- ``2βY < σ0²``;
- ``0 < η ≤ 1/(2α²B1²S)``.

Statement
---------
With probability at least ``1 − δ`` gradient descent stays in the ball of radius ``R* = 2Y/(σ0 + √μ)``,
``μ = σ0² − 2βY``; ``L(k) ≤ (1 − ημ)^{2k} L(0)``, and W(k) converges to an interpolating solution of all q outputs.

Reference
---------
Proved in `proofs/smooth-outputs.md`; it uses Tropp (2012), Theorem 1.1.

Arguments
---------
``n``, ``outputs`` (q), ``lambda0``, ``norm_x_squared``, ``q_x_squared``, ``norm_y``, ``delta``, ``alpha``, ``m``; the
activation's ``B1``, ``B2``; free: ``eps``, ``eta``.

Returns
-------
``required_width``, ``mu``, step size, rate, radius of the ball, Lipschitz constant of the Jacobian.

Example
-------
erf, ``n = 100, q = 3, λ0 = 0.04, S = 14, Q = 7, ‖Y‖ = 10``, δ = 0.05: ``m ≈ 6e6``.
"""

from __future__ import annotations

from dataclasses import replace

import sympy

from certify.theorems.statements import symbols as s
from certify.theorems.statements.model import (
    Constant,
    Definition,
    Family,
    Hypothesis,
    Quantity,
    Role,
    Source,
    Theorem,
)

outputs = sympy.Symbol("outputs", real=True)
_beta, _sigma2, _radius = map(s.real, ("beta", "sigma0_squared", "R_star"))
_failure = (
    s.n * outputs * sympy.exp(-(s.N * s.lambda0 / (outputs * s.B1**2 * s.S)) * s.CHERNOFF_RATE)
    + outputs * sympy.exp(-s.N * (2 * sympy.log(2) - 1) / outputs)
)  # fmt: skip

SMOOTH_OUTPUTS = Theorem(
    id="smooth.outputs",
    edition=1,
    variant="paired",
    title="A width at which gradient descent of a two-layer smooth network with q outputs converges linearly",
    label="statement and proof of this project, every constant explicit",
    sources=(
        Source("tropp2012", "Theorem 1.1", "matrix Chernoff bound, used"),
        Source("liu2022", "Theorem 6", "the same mechanism"),
    ),
    activations=("erf",),
    initialisation="paired",
    paired=True,
    setting=(
        "Data x_1..x_n ∈ R^d (rows of X, none zero), targets Y ∈ R^{n×q}. Two-layer network with q outputs "
        "F_ik(W) = (α/√m) Σ_r a_rk φ(w_r·x_i), a_rk = ±1, φ' Lipschitz, only the first layer is trained; residual "
        "e = F(W) − Y, loss L = ½‖e‖_F², gradient descent W(k+1) = W(k) − η∇L(W(k))."
    ),
    assumed=(
        s.GAUSSIAN,
        "paired initialisation: m is even, neurons r and r + m/2 start with the same w_r and opposite sign vectors; "
        "the m/2 distinct w_r and their sign vectors, uniform on {−1, 1}^q, are independent",
        s.EXACT_ARITHMETIC,
    ),
    quantities=(
        s.SAMPLES,
        Quantity(outputs, "q", "number of outputs", Role.DATA, source="outputs"),
        s.LAMBDA0,
        s.NORM_X,
        s.QUARTIC,
        replace(s.NORM_Y, meaning="a number Y ≥ ‖Y‖_F", bound=r"Y \geq \|Y\|_F"),
        Quantity(s.B1, "B_1", "sup|φ'|", Role.ACTIVATION),
        Quantity(s.B2, "B_2", "Lipschitz constant of φ' (sup|φ''|)", Role.ACTIVATION),
        s.DELTA,
        s.ALPHA,
        s.THETA,
        s.WIDTH,
        s.EPS,
        s.ETA,
    ),
    definitions=(
        s.PAIRS,
        Definition(_sigma2, r"\sigma_0^2", (1 - s.eps) * s.alpha**2 * s.lambda0, "lower bound of λ_min(K(w0))"),
        Definition(
            _beta, r"\beta", s.alpha * s.B2 * sympy.sqrt(outputs * s.Q / s.m), "Lipschitz constant of the Jacobian"
        ),
        Definition(s.mu, r"\mu", _sigma2 - 2 * _beta * s.Y, "PL* constant on the ball"),
        Definition(_radius, "R_*", 2 * s.Y / (sympy.sqrt(_sigma2) + sympy.sqrt(s.mu)), "radius of the ball"),
    ),
    conditions=(),
    hypotheses=(
        s.SCALE,
        Hypothesis("outputs", sympy.Ge(outputs, 1), "q ≥ 1", "targets"),
        s.POSITIVE,
        s.SHARE_POSITIVE,
        s.SHARE_BELOW_ONE,
        Hypothesis(
            "concentration",
            sympy.Le(_failure, s.delta),
            "the kernel at initialisation keeps the share 1 − ε of λ0, and the signs are orthogonal enough (Tropp)",
            "a greater width or a greater delta",
        ),
        Hypothesis(
            "kantorovich",
            sympy.Lt(2 * _beta * s.Y, _sigma2),
            "h = βE0/σ0² < ½: the kernel outlasts the path",
            "a greater width or a greater delta",
        ),
        s.STEP_POSITIVE,
        Hypothesis(
            "step-size",
            sympy.Le(2 * s.eta * s.alpha**2 * s.B1**2 * s.S, 1),
            "η ≤ 1/Λ², Λ² = 2α²B1²‖X‖² ≥ ‖J(w)‖² everywhere (Schur)",
            "a smaller step size",
        ),
        s.min_rate(s.mu),
    ),
    constants=(
        Constant("mu", s.mu, "‖e(k+1)‖ ≤ (1 − ημ)‖e(k)‖; the loss is μ-PL* on the ball"),
        Constant("initial_residual", s.Y, "‖e(0)‖_F = ‖Y‖_F, at most"),
        Constant("initial_kernel", _sigma2, "lower bound of λ_min(K(w0))"),
        Constant("radius", _radius, "bound of ‖W(k) − W(0)‖_F and of the path's length"),
        Constant("jacobian_lipschitz", _beta, "Lipschitz constant of the Jacobian"),
    ),
    rate=(1 - s.eta * s.mu) ** 2,
    largest_step=1 / (2 * s.alpha**2 * s.B1**2 * s.S),
    conclusion="with probability at least 1 − δ over the initialisation, L(k) ≤ (1 − ημ)^{2k} L(0) for all k ≥ 0, "
    "and W(k) converges to a W* with F(W*) = Y",
    conclusion_relation=sympy.Le(s.L_k, (1 - s.eta * s.mu) ** (2 * s.k) * s.L_0),
    proof="smooth-outputs.md",
    family=Family.SMOOTH,
)
