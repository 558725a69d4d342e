"""Gradient descent from weights at hand: Kantorovich's constant ½.

Setting
-------
A model ``F: R^p → R^n``, C¹ on a closed ball, with Jacobian J and tangent kernel ``K = JJᵀ``; targets y, residual
``e = F − y``, ``L = ½‖e‖²``; ``w(k+1) = w(k) − η∇L(w(k))``. The numbers are known at a centre c; the start
``w(0)`` lies within a distance t of c (t = 0: the start is the centre).

Assumptions
-----------
``λ_min(K(c)) ≥ σ_c² > 0`` and ``‖e(c)‖ ≤ E_c``; on the ball ``B(c, t + R)``: ``‖J(w) − J(w')‖ ≤ β‖w − w'‖`` and
``‖J(w)‖² ≤ S``. With ``σ0 = σ_c − βt``, ``E0 = E_c + √S t``: ``σ0 > 0``, ``h = βE0/σ0² ≤ ½`` (strictly below for a
linear rate), ``R* = 2E0/(σ0 + √μ) ≤ R`` where ``μ = σ0² − 2βE0``, and ``0 < η ≤ 1/S``.

Statement
---------
Gradient descent stays in ``B(w(0), R*)``, its path is no longer than R*, ``‖e(k+1)‖ ≤ (1 − ημ)‖e(k)‖``, and
``w(k) → w*`` with ``F(w*) = y``.

Reference
---------
Proved in `proofs/network.md`; compare Liu, Zhu, Belkin (2022), Theorem 6, and Kantorovich's theorem.

Arguments
---------
``sigma_squared`` (σ_c²), ``residual`` (E_c), ``beta``, ``jacobian_norm_squared`` (S), ``distance`` (t), ``ball``
(R), ``eta``.

Returns
-------
``h``, ``radius`` (R*), ``mu``, rate, and the largest loss that these weights' neighbourhood would certify.

Example
-------
``σ_c² = 1``, ``β = 1``, ``E_c = 0.4``, ``S = 2``, ``t = 0``, ``R = 1``: ``μ = 0.2``, ``R* = 0.553``, ``η = ½``.
"""

from __future__ import annotations

import sympy

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

sigma_squared, residual, beta, S = map(s.real, ("sigma_squared", "residual", "beta", "jacobian_norm_squared"))
distance, ball = s.real("distance"), s.real("ball")
sigma0, h, radius = s.real("sigma0"), s.real("h"), s.real("R_star")

QUANTITIES = (
    Quantity(
        sigma_squared,
        r"\sigma_c^2",
        "a number 0 < σ_c² ≤ λ_min(K(c)) of the tangent kernel at the centre c",
        Role.DATA,
        Side.LOWER,
        "sigma_squared",
        bound=r"\sigma_c^2 \leq \lambda_{\min}(K(c))",
    ),
    Quantity(
        residual,
        "E_c",
        "a number E_c ≥ ‖e(c)‖",
        Role.DATA,
        Side.UPPER,
        "residual",
        bound=r"E_c \geq \|e(c)\|",
    ),
    Quantity(
        beta,
        r"\beta",
        "Lipschitz constant of the Jacobian on B(c, t + R)",
        Role.DATA,
        Side.UPPER,
        "beta",
        bound=r"\beta \geq \sup \|J(w) - J(w')\| / \|w - w'\|",
    ),
    Quantity(
        S,
        "S",
        "a number S ≥ ‖J(w)‖² on B(c, t + R)",
        Role.DATA,
        Side.UPPER,
        "jacobian_norm_squared",
        bound=r"S \geq \sup \|J(w)\|^2",
    ),
    Quantity(
        distance,
        "t",
        "a number t ≥ ‖w(0) − c‖: how far the start may be from the centre",
        Role.DATA,
        Side.UPPER,
        "distance",
        bound=r"t \geq \|w(0) - c\|",
    ),
    Quantity(ball, "R", "β and S hold on B(c, t + R)", Role.FREE),
    s.ETA,
)

#: The same numbers where the start is the centre.
AT_START = {
    "sigma_squared": Quantity(
        sigma_squared,
        r"\sigma_0^2",
        "a number 0 < σ0² ≤ λ_min(K(w(0))) of the tangent kernel at the start",
        Role.DATA,
        Side.LOWER,
        "sigma_squared",
        bound=r"\sigma_0^2 \leq \lambda_{\min}(K(w_0))",
    ),
    "residual": Quantity(
        residual, "E_0", "a number E0 ≥ ‖e(0)‖", Role.DATA, Side.UPPER, "residual", bound=r"E_0 \geq \|e_0\|"
    ),
    "beta": Quantity(
        beta,
        r"\beta",
        "Lipschitz constant of the Jacobian on B(w(0), R)",
        Role.DATA,
        Side.UPPER,
        "beta",
        bound=r"\beta \geq \sup \|J(w) - J(w')\| / \|w - w'\|",
    ),
    "jacobian_norm_squared": Quantity(
        S,
        r"\Lambda^2",
        "a number Λ² ≥ ‖J(w)‖² on B(w(0), R)",
        Role.DATA,
        Side.UPPER,
        "jacobian_norm_squared",
        bound=r"\Lambda^2 \geq \sup \|J(w)\|^2",
    ),
    "ball": Quantity(ball, "R", "the constants hold on B(w(0), R)", Role.FREE),
}

SETTING = (
    "A model F: R^p → R^n, C¹ on a closed ball around the centre c, with Jacobian J and tangent kernel K = JJᵀ; "
    "targets y, residual e = F − y, loss L = ½‖e‖², gradient descent w(k+1) = w(k) − η∇L(w(k)) from w(0)."
)


def plstar_gd(linear: bool) -> Theorem:
    """The theorem with a linear rate (h < ½), or its boundary case (h ≤ ½: convergence alone is claimed)."""
    relation = sympy.Lt if linear else sympy.Le
    decay = "L(k) ≤ (1 − ημ)^{2k} L(0) for all k ≥ 0, and " if linear else ""
    return Theorem(
        id="plstar.gd",
        edition=1,
        variant="linear" if linear else "boundary",
        title="Gradient descent from weights at hand converges, by Kantorovich's constant ½",
        label="statement and proof of this project, every constant explicit and none improvable",
        sources=(Source("liu2022", "Theorem 6", "the same mechanism, with a constant of 1/4 or less"),),
        activations=("tanh", "erf", "softplus", "sigmoid"),
        initialisation="given",
        paired=False,
        setting=SETTING,
        assumed=(s.EXACT_ARITHMETIC,),
        quantities=QUANTITIES,
        definitions=(
            Definition(
                sigma0, r"\sigma_0", sympy.sqrt(sigma_squared) - beta * distance, "σ_min of the Jacobian at the start"
            ),
            Definition(s.E0, "E_0", residual + sympy.sqrt(S) * distance, "bound of ‖e(0)‖"),
            Definition(h, "h", beta * s.E0 / sigma0**2, "Kantorovich's number"),
            Definition(s.mu, r"\mu", sigma0**2 - 2 * beta * s.E0, "PL* constant on the ball"),
            Definition(radius, "R_*", 2 * s.E0 / (sigma0 + sympy.sqrt(s.mu)), "radius of the ball"),
        ),
        conditions=(),
        hypotheses=(
            Hypothesis(
                "positive",
                sympy.Gt(sigma0, 0),
                "the tangent kernel at the start is positive definite",
                "a positive lower bound of λ_min of the tangent kernel at these weights",
            ),
            Hypothesis(
                "kantorovich",
                relation(2 * beta * s.E0, sigma0**2),
                "h = βE0/σ0² " + ("< ½" if linear else "≤ ½") + ": the kernel outlasts the path",
                "a smaller residual (train further), or a greater width",
            ),
            Hypothesis(
                "ball",
                sympy.Le(radius, ball),
                "R* ≤ R: the ball on which β and S are known contains the path",
                "β and S on a larger ball",
            ),
            s.STEP_POSITIVE,
            Hypothesis("step-size", sympy.Le(s.eta * S, 1), "η ≤ 1/S", "a smaller step size"),
        ),
        constants=(
            Constant("h", h, "β‖e(0)‖/σ0², to be at most ½"),
            Constant("sigma_squared", sigma0**2, "lower bound of λ_min(K(w(0)))"),
            Constant("beta", beta, "Lipschitz constant of the Jacobian"),
            Constant("residual", s.E0, "bound of ‖e(0)‖"),
            Constant("radius", radius, "bound of ‖w(k) − w(0)‖ and of the path's length; a solution is as near"),
            Constant("mu", s.mu, "‖e(k+1)‖ ≤ (1 − ημ)‖e(k)‖; the loss is μ-PL* on the ball"),
            Constant("jacobian_norm_squared", S, "bound of ‖J‖² on the ball; the step size is at most 1/S"),
            Constant(
                "loss_threshold",
                (sigma0**2 / (2 * beta)) ** 2 / 2,
                "below this loss ½‖e‖² the theorem speaks at weights with this σ0², and this β where it needs it",
            ),
        ),
        rate=(1 - s.eta * s.mu) ** 2,
        largest_step=1 / S,
        conclusion=f"{decay}w(k) converges to a w* with F(w*) = y and ‖w* − w(0)‖ ≤ R*",
        conclusion_relation=sympy.Le(s.L_k, (1 - s.eta * s.mu) ** (2 * s.k) * s.L_0),
        proof="network.md",
    )


PLSTAR_GD = tuple(plstar_gd(linear) for linear in (True, False))
