"""The loss is not convex, not even in arbitrarily small neighbourhoods of a solution.

Setting
-------
A model ``F: R^p → R^n``, C² on a ball around the weights c at hand; ``L = ½‖F − y‖²``; w* a solution, ``F(w*) = y``,
within a distance R of c. i is one of the samples, u a unit vector.

Assumptions
-----------
``λ_min(K(c)) ≥ σ_c² > 0``; on ``B(c, R)``: ``‖J(w) − J(w')‖ ≤ β‖w − w'‖``, ``‖∇²F_i‖ ≤ h``,
``|∇²F_i(w)[v,v] − ∇²F_i(c)[v,v]| ≤ g‖w − c‖`` for unit v. ``κ ≤ |∇²F_i(c)[u,u]|``, ``t ≥ ‖J(c)u‖``. With
``σ = σ_c − βR > 0``, ``τ = (t + βR)/σ``: ``gR + h(2τ + τ²) < κ``.

Statement
---------
In every neighbourhood of w* there are points where the Hessian of L has a negative eigenvalue: L is convex in none.

Reference
---------
Proved in `proofs/nonconvex.md`; compare Liu, Zhu, Belkin (2022), Section 3.

Arguments
---------
``sigma_squared``, ``beta``, ``radius``, ``curvature`` (κ), ``tangent`` (t), ``hessian_norm`` (h),
``hessian_lipschitz`` (g).

Returns
-------
``tilt`` (τ), ``margin``.

Example
-------
``σ_c² = 1, β = 0.01, R = 0.1, κ = 0.05, t = 10⁻⁹, h = 0.1, g = 0.1``: ``gR + h(2τ + τ²) = 0.0102 < κ``.
"""

from __future__ import annotations

import sympy

from certify.theorems.statements import plstar as p
from certify.theorems.statements.model import (
    Condition,
    Constant,
    Definition,
    Hypothesis,
    Quantity,
    Role,
    Side,
    Source,
    Theorem,
)

_R, _curvature, _tangent, _norm, _drift = (
    sympy.Symbol(name, real=True) for name in ("radius", "curvature", "tangent", "hessian_norm", "hessian_lipschitz")
)
_sigma, _tilt, _lost, _least = (sympy.Symbol(name, real=True) for name in ("sigma", "tilt", "lost", "least_eigenvalue"))

NONCONVEX = Theorem(
    id="nonconvex.local",
    edition=1,
    variant="direction",
    title="The loss is not convex in any neighbourhood of a solution near the weights at hand",
    label="statement and proof of this project, every constant explicit",
    sources=(Source("liu2022", "Section 3", "the phenomenon"),),
    activations=("tanh", "erf", "softplus", "sigmoid"),
    initialisation="given",
    paired=False,
    setting=(
        "A model F: R^p → R^n, C² on a ball around the weights c, with Jacobian J and tangent kernel K = JJᵀ; loss "
        "L = ½‖F − y‖²; a solution w* within R of c; one sample i and one unit vector u."
    ),
    assumed=(),
    quantities=(
        p.QUANTITIES[0],
        Quantity(p.beta, r"\beta", "Lipschitz constant of the Jacobian on B(c, R)", Role.DATA, Side.UPPER, "beta"),
        Quantity(
            _R, "R", "a number R ≥ ‖w* − c‖", Role.DATA, Side.UPPER, "radius", bound=r"R \geq \|w_* - c\|"
        ),
        Quantity(
            _curvature, r"\kappa", "a number 0 < κ ≤ |∇²F_i(c)[u,u]|", Role.DATA, Side.LOWER, "curvature",
            bound=r"\kappa \leq |\nabla^2 F_i(c)[u,u]|",
        ),
        Quantity(_tangent, "t", "a number t ≥ ‖J(c)u‖", Role.DATA, Side.UPPER, "tangent", bound=r"t \geq \|J(c)u\|"),
        Quantity(
            _norm, "h", "a number h ≥ ‖∇²F_i(w)‖ on B(c, R)", Role.DATA, Side.UPPER, "hessian_norm",
            bound=r"h \geq \sup \|\nabla^2 F_i\|",
        ),
        Quantity(
            _drift, "g", "a number g ≥ |∇²F_i(w)[v,v] − ∇²F_i(c)[v,v]|/‖w − c‖ on B(c, R), ‖v‖ = 1", Role.DATA,
            Side.UPPER, "hessian_lipschitz",
        ),
    ),
    definitions=(
        Definition(_sigma, r"\sigma", sympy.sqrt(p.sigma_squared) - p.beta * _R, "σ_min of the Jacobian at w*"),
        Definition(_tilt, r"\tau", (_tangent + p.beta * _R) / _sigma, "how far u is from the null space at w*"),
        Definition(_lost, r"\ell", _drift * _R + _norm * (2 * _tilt + _tilt**2), "what of κ may be lost on the way"),
    ),
    conditions=(
        Condition(
            "solution",
            "solution",
            "there is an exact solution within R of the weights",
            r"\exists w_*: \|w_* - c\| \leq R,\ F(w_*) = y",
            "weights from which plstar.gd is proved (train further)",
        ),
    ),
    hypotheses=(
        Hypothesis("positive", sympy.Gt(_sigma, 0), "the tangent kernel at w* is positive definite", "a smaller R"),
        Hypothesis(
            "curved",
            sympy.Lt(_lost, _curvature),
            "gR + h(2τ + τ²) < κ: a null direction at w* still bends the prediction of sample i",
            "weights nearer to a solution (train further)",
        ),
    ),
    constants=(
        Constant("curvature", _curvature, "|∇²F_i(c)[u,u]|, at least"),
        Constant("tilt", _tilt, "distance of u from the Jacobian's null space at w*, at most"),
        Constant("margin", _curvature - _lost, "|∇²F_i(w*)[u*,u*]| of a null vector u* at w*, at least"),
    ),
    rate=sympy.Integer(1),
    largest_step=None,
    conclusion="in every neighbourhood of w* the Hessian of L has a negative eigenvalue somewhere: L is convex in none",
    conclusion_relation=sympy.Lt(_least, 0),
    proof="nonconvex.md",
)  # fmt: skip
