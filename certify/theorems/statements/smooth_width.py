"""A-priori width of a two-layer network with a smooth activation.

Setting
-------
Two-layer network of width m with output scale α and activation φ ∈ C¹, ``B1 = sup|φ'|``, φ' Lipschitz
with constant ``B2``; first layer trained, ``|a_r| = 1``, ``L = ½‖F(W) − y‖²``;
``K∞_ij = ⟨x_i, x_j⟩·E[φ'(w·x_i)φ'(w·x_j)]``, ``w ~ N(0, I_d)``.

Assumptions
-----------
``0 < λ0 ≤ λ_min(K∞)``, ``S ≥ ‖X‖²``, ``Q ≥ q_X² = max_{‖v‖=1} Σ_i (x_i·v)⁴``, ``Y ≥ ‖y‖``; N distinct
neurons (m/2 when paired); free ``0 < ε < 1``; with ``σ0² = (1−ε)α²λ0``, ``β = αB2√(Q/m)``, ``E0 ≥ ‖e(0)‖``:

- ``n·exp(−(Nλ0/(B1²S))[ε + (1−ε)ln(1−ε)]) ≤ δ1``;
- ``2βE0 < σ0²`` (Kantorovich's h = βE0/σ0² < ½);
- ``0 < η ≤ 1/(α²B1²S)``.

Statement
---------
With probability at least ``1 − δ`` gradient descent stays in the ball of radius ``R* = 2E0/(σ0 + √μ)``
around ``W(0)``, with ``μ = σ0² − 2βE0``; ``L(k) ≤ (1 − ημ)^{2k} L(0)`` and W(k) converges
to an interpolating solution.

Reference
---------
Proved in `proofs/smooth-width.md`; it uses Tropp (2012), Theorem 1.1; compare Liu, Zhu, Belkin (2022).

Arguments
---------
``n``, ``lambda0``, ``norm_x_squared``, ``q_x_squared``, ``norm_y``, ``delta``, ``alpha``, ``m``; the
activation's ``B1``, ``B2``, ``B0 = sup|φ|``; free: ``eps``, ``eta``, and ``delta1`` (independent
initialisation).

Returns
-------
``required_width``, ``mu``, step size, rate, radius of the ball, Lipschitz constant of the Jacobian.

Example
-------
erf, ``n = 178``, ``λ0 = 0.0054``, ``S = 58.7``, ``Q = 34.7``, ``‖y‖ = 13.3``, ``δ = 0.05``: ``m ≈ 7.6e8``.
"""

from __future__ import annotations

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

_beta, _sigma2, _radius = map(s.real, ("beta", "sigma0_squared", "R_star"))

_SLOPE = Quantity(s.B1, "B_1", "sup|φ'|", Role.ACTIVATION)
_CURVATURE = Quantity(s.B2, "B_2", "Lipschitz constant of φ' (sup|φ''|)", Role.ACTIVATION)
_VALUE = Quantity(s.B0, "B_0", "sup|φ|", Role.ACTIVATION)


def smooth_width(init: str) -> Theorem:
    """The theorem for ``init`` paired, or independent (then for odd bounded activations)."""
    paired = init == "paired"
    budget = s.delta if paired else s.delta1
    residual = s.Y
    if not paired:
        # odd φ: E φ(w·x) = 0 whatever the signs; Gaussian concentration of a Lipschitz function
        residual = (
            s.Y
            + s.alpha * s.B0 * sympy.sqrt(s.n)
            + s.alpha * s.B1 * sympy.sqrt(2 * s.S * sympy.log(1 / (s.delta - s.delta1)))
        )
    signs = (
        s.PAIRED if paired else "the signs a_r = ±1 are independent of the weights (any law); all w_r are independent"
    )
    rate = (1 - s.eta * s.mu) ** 2
    return Theorem(
        id="smooth.width",
        edition=1,
        variant=init,
        title="A width at which gradient descent of a two-layer smooth network converges linearly",
        label="statement and proof of this project, every constant explicit",
        sources=(
            Source("tropp2012", "Theorem 1.1", "matrix Chernoff bound, used"),
            Source("liu2022", "Theorem 6", "the same mechanism"),
        ),
        activations=("erf",),
        initialisation=init,
        paired=paired,
        setting=s.SETTING + " Here φ' is Lipschitz." + ("" if paired else " Here φ is odd and bounded by B0."),
        assumed=(s.GAUSSIAN, signs, s.EXACT_ARITHMETIC),
        quantities=(
            s.SAMPLES,
            s.LAMBDA0,
            s.NORM_X,
            s.QUARTIC,
            s.NORM_Y,
            _SLOPE,
            _CURVATURE,
            *(() if paired else (_VALUE,)),
            s.DELTA,
            s.ALPHA,
            s.THETA,
            s.WIDTH,
            s.EPS,
            s.ETA,
            *(() if paired else (s.DELTA1,)),
        ),
        definitions=(
            s.PAIRS if paired else s.DISTINCT,
            Definition(_sigma2, r"\sigma_0^2", (1 - s.eps) * s.alpha**2 * s.lambda0, "lower bound of λ_min(K(w0))"),
            Definition(_beta, r"\beta", s.alpha * s.B2 * sympy.sqrt(s.Q / s.m), "Lipschitz constant of the Jacobian"),
            Definition(s.E0, "E_0", residual, "bound of ‖e(0)‖"),
            Definition(s.mu, r"\mu", _sigma2 - 2 * _beta * s.E0, "PL* constant on the ball"),
            Definition(_radius, "R_*", 2 * s.E0 / (sympy.sqrt(_sigma2) + sympy.sqrt(s.mu)), "radius of the ball"),
        ),
        conditions=(),
        hypotheses=(
            s.SCALE,
            s.POSITIVE,
            s.SHARE_POSITIVE,
            s.SHARE_BELOW_ONE,
            s.concentration(s.B1, budget),
            Hypothesis(
                "kantorovich",
                sympy.Lt(2 * _beta * s.E0, _sigma2),
                "h = βE0/σ0² < ½: the kernel outlasts the path",
                "a greater width or a greater delta",
            ),
            s.STEP_POSITIVE,
            Hypothesis(
                "step-size",
                sympy.Le(s.eta * s.alpha**2 * s.B1**2 * s.S, 1),
                "η ≤ 1/Λ², Λ = αB1‖X‖ ≥ ‖J(w)‖ everywhere (Schur)",
                "a smaller step size",
            ),
            s.min_rate(s.mu),
        ),
        constants=(
            Constant("mu", s.mu, "‖e(k+1)‖ ≤ (1 − ημ)‖e(k)‖; the loss is μ-PL* on the ball"),
            Constant("initial_residual", s.E0, "bound of ‖e(0)‖"),
            Constant("initial_kernel", _sigma2, "lower bound of λ_min(K(w0))"),
            Constant("radius", _radius, "bound of ‖W(k) − W(0)‖_F and of the path's length"),
            Constant("jacobian_lipschitz", _beta, "Lipschitz constant of the Jacobian"),
        ),
        rate=rate,
        largest_step=1 / (s.alpha**2 * s.B1**2 * s.S),
        conclusion="with probability at least 1 − δ over the initialisation, "
        "L(k) ≤ (1 − ημ)^{2k} L(0) for all k ≥ 0, "
        "and W(k) converges to a W* with F(W*) = y",
        conclusion_relation=sympy.Le(s.L_k, (1 - s.eta * s.mu) ** (2 * s.k) * s.L_0),
        proof="smooth-width.md",
        family=Family.SMOOTH,
    )


SMOOTH_WIDTH = tuple(smooth_width(init) for init in ("paired", "independent"))
