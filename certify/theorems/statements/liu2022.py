"""Liu, Zhu, Belkin (2022): PL* on a ball, a kernel kept there by small Hessians, and stochastic gradient descent.

Setting
-------
A model ``F: R^p → R^n``, C¹ on ``B(w0, R)``; ``L = ½‖e‖² = Σℓ_i``, ``ℓ_i = ½e_i²``; gradient descent, or
``w(k+1) = w(k) − ηΣ_{i∈I_k}∇ℓ_i`` with s indices drawn with replacement.

Assumptions
-----------
- ``liu2022.pl``: on ``B(w0, R)`` F is L_F-Lipschitz, β_F-smooth and L is μ-PL*; ``R ≥ 2L_F E0/μ``,
  ``η ≤ 1/(L_F² + β_F E0)``;
- ``liu2022.kernel``: ``λ_min(K(w0)) ≥ λ0``, ``‖∇²F_i‖ ≤ H ≤ (λ0 − μ)/(2L_F√n R)`` on ``B(w0, R)``, and the above with
  ``β_F = √n H``;
- ``liu2022.sgd``: on ``B(w0, R)`` every ℓ_i is λ-smooth with ``‖∇F_i‖² ≤ λ``, L is μ-PL*; ``R ≥ 2n√(2λL0)/(μδ)``,
  ``ηλ(nλ + μ(s − 1)) ≤ μ``.

Statement
---------
``L(k) ≤ (1 − ημ)^k L(0)``, all iterates in the ball, an exact solution there; ``liu2022.kernel``: ``λ_min(K) ≥ μ`` on
the ball; ``liu2022.sgd``: with probability ``1 − δ`` the iterates stay, and ``E[L(k); stay] ≤ (1 − μsη/n)^k L(0)``.

Reference
---------
Liu, Zhu, Belkin (2022), Theorems 6 and 7 and Section 4; proved in `proofs/liu2022.md`. `plstar.gd` and `plstar.sgd` are
the sharper forms.

Arguments
---------
``mu_pl`` or ``lambda0`` and ``hessian_norm``, ``lipschitz``, ``smoothness``, ``residual``, ``n``, ``batch``, ``delta``;
free: ``ball``, ``eta``, ``mu_asked``.

Returns
-------
``mu``, ``radius``, ``step_size``, rate.

Example
-------
``μ = 0.5, L_F = 2, β_F = 1, E0 = 0.1``: ``R = 0.8``, ``η = 0.2439``, ``q = 0.878``.
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

_mu, _asked, _E0, _ball = map(s.real, ("mu_pl", "mu_asked", "residual", "ball"))
_L, _beta, _H, _lam, _b = map(s.real, ("lipschitz", "smoothness", "hessian_norm", "sample_smoothness", "batch"))

_PL = Quantity(
    _mu, r"\mu", "a number μ > 0 with ‖∇L‖² ≥ 2μL on B(w(0), R)", Role.DATA, Side.LOWER, "mu_pl",
    bound=r"\mu \leq \inf \|\nabla L\|^2/(2L)",
)  # fmt: skip
_LIPSCHITZ = Quantity(
    _L, "L_F", "Lipschitz constant of F on B(w(0), R)", Role.DATA, Side.UPPER, "lipschitz", bound=r"L_F \geq \sup \|J\|"
)
_RESIDUAL = Quantity(
    _E0, "E_0", "a number E0 ≥ ‖F(w(0)) − y‖", Role.DATA, Side.UPPER, "residual", bound=r"E_0 \geq \|F(w_0) - y\|"
)
_BALL = Quantity(_ball, "R", "the constants hold on B(w(0), R)", Role.FREE)
_SETTING = (
    "A model F: R^p → R^n, C¹ on the closed ball B(w(0), R), with Jacobian J and tangent kernel K = JJᵀ; residual "
    "e = F − y, loss L = ½‖e‖²"
)
_DESCENT = _SETTING + ", gradient descent w(k+1) = w(k) − η∇L(w(k))."
_LABEL = "constants reconstructed from the paper's own proof"
_POSITIVE_MU = Hypothesis("pl", sympy.Gt(_mu, 0), "μ > 0", "a positive PL* constant")


def _theorem(
    name: str,
    title: str,
    number: str,
    setting: str,
    assumed: tuple[str, ...],
    quantities: tuple[Quantity, ...],
    definitions: tuple[Definition, ...],
    hypotheses: tuple[Hypothesis, ...],
    constants: tuple[Constant, ...],
    rate: sympy.Expr,
    largest_step: sympy.Expr,
    conclusion: str,
    bounded: sympy.Symbol = s.L_k,
) -> Theorem:
    return Theorem(
        id=f"liu2022.{name}",
        edition=1,
        variant="published",
        title=title,
        label=_LABEL,
        sources=(Source("liu2022", number, "the statement"),),
        activations=("tanh", "erf", "softplus", "sigmoid"),
        initialisation="given",
        paired=False,
        setting=setting,
        assumed=(s.EXACT_ARITHMETIC, *assumed),
        quantities=quantities,
        definitions=definitions,
        conditions=(),
        hypotheses=hypotheses,
        constants=(*constants, Constant("step_size", s.eta, "the step size η")),
        rate=rate,
        largest_step=largest_step,
        conclusion=conclusion,
        conclusion_relation=sympy.Le(bounded, rate**s.k * s.L_0),
        proof="liu2022.md",
    )


def _ball_holds(mu: sympy.Expr) -> Hypothesis:
    return Hypothesis(
        "ball",
        sympy.Le(2 * _L * _E0, mu * _ball),
        "R ≥ 2L_F E0/μ: the ball contains the path",
        "constants on a larger ball, or a smaller residual",
    )


def _step(smoothness: sympy.Expr) -> Hypothesis:
    return Hypothesis(
        "step-size",
        sympy.Le(s.eta * (_L**2 + smoothness * _E0), 1),
        "η ≤ 1/(L_F² + β_F E0)",
        "a smaller step size",
    )


LIU2022_PL = _theorem(
    "pl",
    "Gradient descent under PL* on a ball converges to an exact solution in it",
    "Theorem 6",
    _DESCENT,
    (),
    (
        _PL,
        _LIPSCHITZ,
        Quantity(
            _beta, r"\beta_F", "Lipschitz constant of J on B(w(0), R)", Role.DATA, Side.UPPER, "smoothness",
            bound=r"\beta_F \geq \sup \|J(w) - J(w')\|/\|w - w'\|",
        ),
        _RESIDUAL,
        _BALL,
        s.ETA,
    ),
    (),
    (_POSITIVE_MU, s.STEP_POSITIVE, _step(_beta), _ball_holds(_mu)),
    (
        Constant("mu", _mu, "the loss is μ-PL* on the ball"),
        Constant("radius", 2 * _L * _E0 / _mu, "bound of ‖w(k) − w(0)‖"),
    ),
    1 - s.eta * _mu,
    1 / (_L**2 + _beta * _E0),
    "L(k) ≤ (1 − ημ)^k L(0) for all k ≥ 0, and w(k) converges to a w* in B(w(0), R) with F(w*) = y",
)  # fmt: skip

LIU2022_KERNEL = _theorem(
    "kernel",
    "Small Hessians keep the tangent kernel on a ball, and gradient descent converges",
    "Section 4 and Theorem 6",
    _DESCENT + " F is C² on the ball.",
    (),
    (
        s.SAMPLES,
        Quantity(
            s.lambda0, r"\lambda_0", "a number 0 < λ0 ≤ λ_min(K(w(0)))", Role.DATA, Side.LOWER, "sigma_squared",
            bound=r"\lambda_0 \leq \lambda_{\min}(K(w_0))",
        ),
        Quantity(
            _H, "H", "a number H ≥ ‖∇²F_i(w)‖ on B(w(0), R), for every sample i", Role.DATA, Side.UPPER,
            "hessian_norm", bound=r"H \geq \sup \|\nabla^2 F_i\|",
        ),
        _LIPSCHITZ,
        _RESIDUAL,
        Quantity(_asked, r"\mu", "the PL* constant to be kept, 0 < μ < λ0", Role.FREE),
        _BALL,
        s.ETA,
    ),
    (
        Definition(_beta, r"\beta_F", sympy.sqrt(s.n) * _H, "Lipschitz constant of J"),
    ),
    (
        Hypothesis("pl", sympy.Gt(_asked, 0), "μ > 0", "a positive PL* constant"),
        Hypothesis(
            "hessian",
            sympy.Le(2 * _L * sympy.sqrt(s.n) * _ball * _H, s.lambda0 - _asked),
            "H ≤ (λ0 − μ)/(2L_F√n R): the kernel outlasts the ball",
            "a smaller residual (train further), or a greater width",
        ),
        s.STEP_POSITIVE,
        _step(_beta),
        _ball_holds(_asked),
    ),
    (
        Constant("mu", _asked, "λ_min(K(w)) ≥ μ on the ball; the loss is μ-PL* there"),
        Constant("radius", _ball, "radius of the ball"),
    ),
    1 - s.eta * _asked,
    1 / (_L**2 + _beta * _E0),
    "λ_min(K(w)) ≥ μ on B(w(0), R), L(k) ≤ (1 − ημ)^k L(0) for all k ≥ 0, and w(k) converges to a w* in the ball with "
    "F(w*) = y",
)  # fmt: skip

_SAMPLING = "s indices drawn uniformly with replacement, afresh at every step"
LIU2022_SGD = _theorem(
    "sgd",
    "Mini-batch SGD under PL* on a ball converges with probability 1 − δ",
    "Theorem 7",
    _SETTING + f" = Σℓ_i, w(k+1) = w(k) − ηΣ_{{i∈I_k}}∇ℓ_i(w(k)); I_k: {_SAMPLING}.",
    (f"sampling: {_SAMPLING}",),
    (
        s.SAMPLES,
        Quantity(_b, "s", "size of a mini-batch", Role.REQUEST),
        _PL,
        Quantity(
            _lam, r"\lambda", "every ℓ_i is λ-smooth on B(w(0), R), and ‖∇F_i‖² ≤ λ there", Role.DATA, Side.UPPER,
            "sample_smoothness", bound=r"\lambda \geq \sup \|\nabla^2 \ell_i\|, \sup \|\nabla F_i\|^2",
        ),
        _RESIDUAL,
        s.DELTA,
        _BALL,
        s.ETA,
    ),
    (),
    (
        Hypothesis("batch", sympy.Ge(_b, 1), "a batch has at least one sample", "a positive batch size"),
        Hypothesis("delta-positive", sympy.Gt(s.delta, 0), "δ > 0", "a probability of failure in (0, 1)"),
        Hypothesis("delta-below-one", sympy.Lt(s.delta, 1), "δ < 1", "a probability of failure in (0, 1)"),
        _POSITIVE_MU,
        s.STEP_POSITIVE,
        Hypothesis(
            "step-size",
            sympy.Le(s.eta * _lam * (s.n * _lam + _mu * (_b - 1)), _mu),
            "η ≤ μ/(λ(nλ + μ(s − 1)))",
            "a smaller step size",
        ),
        Hypothesis(
            "ball",
            sympy.Le(2 * s.n * sympy.sqrt(_lam) * _E0, _mu * s.delta * _ball),
            "R ≥ 2n√(2λL0)/(μδ): the path leaves the ball with probability at most δ (Markov)",
            "a smaller residual (train further), a greater width, or a greater delta",
        ),
    ),
    (
        Constant("mu", _mu, "the loss is μ-PL* on the ball"),
        Constant("radius", 2 * s.n * sympy.sqrt(_lam) * _E0 / (_mu * s.delta), "radius of the ball that is needed"),
    ),
    1 - _mu * _b * s.eta / s.n,
    _mu / (_lam * (s.n * _lam + _mu * (_b - 1))),
    "with probability at least 1 − δ over the sampling all iterates stay in B(w(0), R) and L(k) → 0; "
    "E[L(k); no iterate up to k has left] ≤ (1 − μsη/n)^k L(0)",
    s.EL_k,
)  # fmt: skip
