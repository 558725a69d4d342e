"""Mini-batch stochastic gradient descent from weights at hand: it stays near with probability 1 − δ, and converges.

Setting
-------
A model C¹ on the closed ball ``B(w0, R)``, ``K = JJᵀ``, ``L = ½‖e‖²`` over n samples;
``w(k+1) = w(k) − η(n/b)Σ_{i∈I_k} e_i∇F_i``, I_k drawn afresh at every step, uniformly: b indices with replacement
(variant ``replacement``), or a subset of size b (variant ``subset``; an epoch's reshuffling is not that).

Assumptions
-----------
``λ_min(K(w0)) ≥ σ0² > 0``, ``‖e(w0)‖ ≤ E0``; on ``B(w0, R)``: ``‖J(w) − J(w')‖ ≤ β‖w − w'‖``, ``‖J(w)‖² ≤ Λ²``,
``‖∇F_i(w)‖² ≤ κ²`` for all i. With ``μ = (σ0 − βR)²``, ``S = Λ² + β(E0 + ΛR)``, ``V = 2(c1Λ² + c2κ²)``,
``Q = 1 − 2ημ + η²S(c1μ + c2κ²)`` (``c1 = 1 − 1/b``, ``c2 = n/b``; subset: ``c1 = 1 − θ``, ``c2 = nθ``,
``θ = (n−b)/(b(n−1))``): ``βR < σ0``, ``ηSc1 ≤ 2``, ``Q < 1`` and ``η√(VL0) ≤ R(1 − √Q)√δ``, ``L0 = E0²/2``.

Statement
---------
With probability at least ``1 − δ`` over the sampling all iterates stay in ``B(w0, R)``, and then ``L(k) → 0``;
``E[L(k); no iterate up to k has left the ball] ≤ Q^k L(0)``; ``L(k) ≤ Q^k L(0)/δ'`` for all k at once with probability
at least ``1 − δ − δ'``.

Reference
---------
Proved in `proofs/plstar.md`, section 3; compare Liu, Zhu, Belkin (2022), Theorem 7, whose radius grows like 1/δ.

Arguments
---------
``n``, ``batch`` (b), ``sigma_squared``, ``residual``, ``beta``, ``jacobian_norm_squared`` (Λ²),
``gradient_norm_squared`` (κ²), ``delta``; free: ``ball`` (R), ``eta``.

Returns
-------
``h`` (``E0/(2E)``, E the largest E0 that would do), ``mu``, rate Q, ``escape_radius``, ``step_size``,
``loss_smoothness`` (S), ``loss_threshold`` (½E²).

Example
-------
``n = 50, b = 10, σ0² = 1, E0 = 0.01, β = 0.05, Λ² = 4, κ² = 2``, δ = 0.05: ``μ = 0.96``, ``Q = 0.98``.
"""

from __future__ import annotations

import sympy

from certify.theorems.statements import plstar as p
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

_b, _kappa2 = map(s.real, ("batch", "gradient_norm_squared"))
_c1, _c2, _theta, _smooth, _V, _Q = map(s.real, ("c1", "c2", "theta_b", "loss_smoothness", "V", "Q_rate"))
_escape = s.eta * sympy.sqrt(_V / 2) * p.residual


def _largest_residual() -> sympy.Expr:
    """The largest E with which the theorem speaks at these other numbers.

    ``Q = a + bE``, and the escape's hypothesis reads ``√Q ≤ 1 − gE`` with ``g = η√(V/2)/(R√δ)``. Both sides are
    monotone in E, so it holds up to the smaller root of ``g²E² − (2g + b)E + (1 − a) = 0``, which is at most ``1/g``.
    ``Q < 1`` holds there too, and with it ``ηSc1 ≤ 2``.
    """
    weight = _c1 * s.mu + _c2 * _kappa2
    g = s.eta * sympy.sqrt(_V / 2) / (p.ball * sympy.sqrt(s.delta))
    b = s.eta**2 * p.beta * weight
    rest = 2 * s.eta * s.mu - s.eta**2 * (p.S + p.beta * sympy.sqrt(p.S) * p.ball) * weight
    return 2 * rest / (2 * g + b + sympy.sqrt((2 * g + b) ** 2 - 4 * g**2 * rest))


_most = _largest_residual()


def plstar_sgd(replacement: bool) -> Theorem:
    """The theorem for indices drawn with replacement, or for uniform subsets."""
    sampling = (
        "b indices drawn uniformly with replacement, afresh at every step"
        if replacement
        else "a uniform subset of b samples drawn afresh at every step, independent of the past"
    )
    factors = (
        (
            Definition(_c1, "c_1", 1 - 1 / _b, "weight of ‖∇L‖² in E‖g‖²"),
            Definition(_c2, "c_2", s.n / _b, "weight of Σe_i²‖∇F_i‖² in E‖g‖²"),
        )
        if replacement
        else (
            Definition(_theta, r"\theta", (s.n - _b) / (_b * (s.n - 1)), "what a subset leaves to chance"),
            Definition(_c1, "c_1", 1 - _theta, "weight of ‖∇L‖² in E‖g‖²"),
            Definition(_c2, "c_2", s.n * _theta, "weight of Σe_i²‖∇F_i‖² in E‖g‖²"),
        )
    )
    return Theorem(
        id="plstar.sgd",
        edition=1,
        variant="replacement" if replacement else "subset",
        title="Mini-batch SGD from weights at hand converges with probability 1 − δ",
        label="statement and proof of this project, every constant explicit",
        sources=(Source("liu2022", "Theorem 7", "the same claim with a radius that grows like 1/δ"),),
        activations=("tanh", "erf", "softplus", "sigmoid"),
        initialisation="given",
        paired=False,
        setting=(
            "A model F: R^p → R^n, C¹ on the closed ball B(w(0), R), with Jacobian J and tangent kernel K = JJᵀ; "
            "residual e = F − y, loss L = ½‖e‖², stochastic gradient descent "
            "w(k+1) = w(k) − η(n/b)Σ_{i∈I_k} e_i∇F_i(w(k)); I_k: " + sampling + "."
        ),
        assumed=(s.EXACT_ARITHMETIC, f"sampling: {sampling}"),
        quantities=(
            s.SAMPLES,
            Quantity(_b, "b", "size of a mini-batch", Role.REQUEST),
            *(p.AT_START[name] for name in ("sigma_squared", "residual", "beta", "jacobian_norm_squared")),
            Quantity(
                _kappa2,
                r"\kappa^2",
                "a number κ² ≥ ‖∇F_i(w)‖² on B(w(0), R), for every sample i",
                Role.DATA,
                Side.UPPER,
                "gradient_norm_squared",
                bound=r"\kappa^2 \geq \sup \|\nabla F_i(w)\|^2",
            ),
            s.DELTA,
            p.AT_START["ball"],
            s.ETA,
        ),
        definitions=(
            *factors,
            Definition(p.sigma0, r"\sigma_0", sympy.sqrt(p.sigma_squared), "σ_min of the Jacobian at w(0)"),
            Definition(s.mu, r"\mu", (p.sigma0 - p.beta * p.ball) ** 2, "PL* constant on the ball"),
            Definition(
                _smooth,
                "S",
                p.S + p.beta * (p.residual + sympy.sqrt(p.S) * p.ball),
                "Lipschitz constant of ∇L on the ball",
            ),
            Definition(_V, "V", 2 * (_c1 * p.S + _c2 * _kappa2), "E‖g‖² ≤ V L"),
            Definition(
                _Q,
                "Q",
                1 - 2 * s.eta * s.mu + s.eta**2 * _smooth * (_c1 * s.mu + _c2 * _kappa2),
                "factor of the expected loss, per step",
            ),
        ),
        conditions=(),
        hypotheses=(
            Hypothesis("batch", sympy.Ge(_b, 1), "a batch has at least one sample", "a positive batch size"),
            *(
                ()
                if replacement
                else (
                    Hypothesis("batch-fits", sympy.Le(_b, s.n), "b ≤ n", "a batch of at most n"),
                    Hypothesis("several", sympy.Ge(s.n, 2), "n ≥ 2", "at least two samples"),
                )
            ),
            Hypothesis("delta-positive", sympy.Gt(s.delta, 0), "δ > 0", "a probability of failure in (0, 1)"),
            Hypothesis("delta-below-one", sympy.Lt(s.delta, 1), "δ < 1", "a probability of failure in (0, 1)"),
            Hypothesis(
                "positive",
                sympy.Gt(p.sigma_squared, 0),
                "the tangent kernel at the start is positive definite",
                "a positive lower bound of λ_min of the tangent kernel at these weights",
            ),
            Hypothesis(
                "kernel-on-ball",
                sympy.Lt(p.beta * p.ball, p.sigma0),
                "βR < σ0: the tangent kernel stays positive definite on the ball",
                "a smaller residual (train further), or a greater width",
            ),
            s.STEP_POSITIVE,
            Hypothesis("step-size", sympy.Le(s.eta * _smooth * _c1, 2), "ηSc1 ≤ 2", "a smaller step size"),
            Hypothesis("contraction", sympy.Lt(_Q, 1), "Q < 1: the expected loss falls", "a smaller step size"),
            Hypothesis("contraction-sign", sympy.Ge(_Q, 0), "Q ≥ 0", "constants that are bounds of one model"),
            Hypothesis(
                "escape",
                sympy.Le(_escape, p.ball * (1 - sympy.sqrt(_Q)) * sympy.sqrt(s.delta)),
                "η√(VL0)/((1 − √Q)√δ) ≤ R: the path leaves the ball with probability at most δ (Chebyshev)",
                "a smaller residual (train further), a greater width, a larger batch, or a greater delta",
            ),
        ),
        constants=(
            Constant("h", p.residual / (2 * _most), "to be at most ½: half of E0's share in the largest that would do"),
            Constant("sigma_squared", p.sigma_squared, "lower bound of λ_min(K(w(0)))"),
            Constant("beta", p.beta, "Lipschitz constant of the Jacobian on the ball"),
            Constant("residual", p.residual, "bound of ‖e(0)‖"),
            Constant("mu", s.mu, "the loss is μ-PL* on the ball"),
            Constant("radius", p.ball, "radius of the ball the iterates stay in"),
            Constant(
                "escape_radius",
                _escape / ((1 - sympy.sqrt(_Q)) * sympy.sqrt(s.delta)),
                "beyond this distance the path goes with probability at most δ",
            ),
            Constant("loss_smoothness", _smooth, "Lipschitz constant of ∇L on the ball"),
            Constant("step_size", s.eta, "the step size η"),
            Constant("loss_threshold", _most**2 / 2, "up to this loss ½‖e‖² the theorem speaks at these other numbers"),
        ),
        rate=_Q,
        largest_step=2 * s.mu / (_smooth * (_c1 * s.mu + _c2 * _kappa2)),
        conclusion="with probability at least 1 − δ over the sampling all iterates stay in B(w(0), R) and L(k) → 0; "
        "E[L(k); no iterate up to k has left] ≤ Q^k L(0)",
        conclusion_relation=sympy.Le(s.EL_k, _Q**s.k * s.L_0),
        proof="plstar.md",
    )


PLSTAR_SGD = tuple(plstar_sgd(replacement) for replacement in (True, False))
