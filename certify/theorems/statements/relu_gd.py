"""Gradient descent of a two-layer ReLU network from weights at hand: the kernel changes only where signs do.

Setting
-------
``F_i(W) = s Σ_r v_r (w_r·x_i)_+ + c`` with q outputs; W is trained, V, s, c are not. ``L = ½‖e‖²``. The numbers are
known at a centre C; the start ``W(0)`` lies within a distance t of it. K is the tangent kernel of a recorded pattern of
signs, that of the pre-activations at C as computed.

Assumptions
-----------
``0 < λ0 ≤ λ_min(K)``, ``κ ≥ λ_max(K)``, ``‖e(C)‖ ≤ E_c``, ``S ≥ s²‖V‖²‖X‖²``, ``E0 = E_c + √S t``; an action T with
``T ≥ ηΣ_k‖(I − ηK)^k e(0)‖``; a free τ and a number ``ε ≥ ‖J̄J'ᵀ − K‖`` for all slopes J̄, J' in [0, 1] that differ from
the pattern's only where ``|w_r(C)·x_i| ≤ ‖x_i‖t + s‖v_r‖‖Xx_i‖τ``: ``ε < λ0``, ``Tλ0 ≤ τ(λ0 − ε)``, ``0 < η ≤ 1/κ``.

Statement
---------
No other pre-activation ever differs from the pattern, ``‖e(k+1)‖ ≤ (1 − ημ)‖e(k)‖`` with ``μ = λ0 − ε``,
``ηΣ‖e(k)‖ ≤ τ``, ``L(k) → 0``, and ``W(k)`` converges to an exact zero of the loss within ``√S τ``.

Reference
---------
Proved in `proofs/network.md`, section 6; the setting is that of Du et al. (2019).

Arguments
---------
``sigma_squared`` (λ0), ``residual`` (E_c), ``jacobian_norm_squared`` (S), ``kernel_norm`` (κ), ``distance`` (t),
``action`` (T), ``kernel_change`` (ε at τ); free: ``tau``, ``eta``.

Returns
-------
``h`` (half of ``ε/λ0 + T/τ``, to be at most ½), ``beta`` (``ε/(2E0)``), ``mu``, ``radius``, rate, the largest loss that
would be certified. The Jacobian jumps, so it has no Lipschitz constant; ``beta`` is that of a smooth network with the
same ``μ = λ0 − 2βE0``.

Example
-------
``λ0 = 0.1, E_c = 0.01, S = 14, κ = 5, t = 0, T = 0.1, ε = 0.02, τ = 0.2``: ``μ = 0.08``.
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
from certify.theorems.statements.plstar import S, distance, h, residual, sigma_squared

_norm, _action, _eps, _tau = map(s.real, ("kernel_norm", "action", "kernel_change", "tau"))


def _upper(symbol: sympy.Symbol, latex: str, meaning: str, bound: str) -> Quantity:
    return Quantity(symbol, latex, meaning, Role.DATA, Side.UPPER, str(symbol.name), bound=bound)


RELU_GD = Theorem(
    id="relu.gd",
    edition=1,
    variant="action",
    title="Gradient descent of a two-layer ReLU network from weights at hand converges",
    label="statement and proof of this project, every constant explicit",
    sources=(Source("du2019", "Theorem 4.1", "the setting; there the width makes signs rarely change"),),
    activations=("relu",),
    initialisation="given",
    paired=False,
    setting=(
        "A two-layer ReLU network F(W)_i = s Σ_r v_r (w_r·x_i)_+ + c with q outputs, the first layer trained; "
        "residual e = F − y, loss L = ½‖e‖², gradient descent W(k+1) = W(k) − η∇L(W(k)) from W(0), which is "
        "within t of the centre C; K is the kernel of the pattern of signs recorded at C."
    ),
    assumed=(s.EXACT_ARITHMETIC,),
    quantities=(
        Quantity(
            sigma_squared,
            r"\lambda_0",
            "a number 0 < λ0 ≤ λ_min(K)",
            Role.DATA,
            Side.LOWER,
            "sigma_squared",
            bound=r"\lambda_0 \leq \lambda_{\min}(K)",
        ),
        _upper(residual, "E_c", "a number E_c ≥ ‖e(C)‖", r"E_c \geq \|e(C)\|"),
        _upper(S, "S", "a number S ≥ s²‖V‖²‖X‖²", r"S \geq s^2 \|V\|^2 \|X\|^2"),
        _upper(_norm, r"\kappa", "a number κ ≥ λ_max(K)", r"\kappa \geq \lambda_{\max}(K)"),
        _upper(distance, "t", "a number t ≥ ‖W(0) − C‖", r"t \geq \|W(0) - C\|"),
        _upper(
            _action,
            "T",
            "a number T ≥ ηΣ‖(I − ηK)^k e(0)‖, such as (e(0)ᵀK⁻¹e(0)/λ0)^½ or ‖e(0)‖/λ0",
            r"T \geq \eta \sum_k \|(I - \eta K)^k e(0)\|",
        ),
        _upper(
            _eps,
            r"\varepsilon",
            "a number ε ≥ ‖J̄J'ᵀ − K‖ for all slopes that differ from the pattern's only where "
            "|w_r(C)·x_i| ≤ ‖x_i‖t + s‖v_r‖‖Xx_i‖τ",
            r"\varepsilon \geq \sup \|\bar J J'^{\mathsf T} - K\|",
        ),
        Quantity(_tau, r"\tau", "bound of ηΣ‖e(k)‖, for which ε holds", Role.FREE),
        s.ETA,
    ),
    definitions=(
        Definition(s.E0, "E_0", residual + sympy.sqrt(S) * distance, "bound of ‖e(0)‖"),
        Definition(s.mu, r"\mu", sigma_squared - _eps, "what signs that change leave of λ0"),
        Definition(h, "h", (_eps / sigma_squared + _action / _tau) / 2, "half the shares of ε in λ0 and of T in τ"),
    ),
    conditions=(),
    hypotheses=(
        Hypothesis(
            "positive",
            sympy.Gt(sigma_squared, 0),
            "the tangent kernel is positive definite",
            "a positive lower bound of λ_min of the tangent kernel at these weights",
        ),
        Hypothesis(
            "kernel-change",
            sympy.Lt(_eps, sigma_squared),
            "ε < λ0: the kernel stays definite whatever signs change",
            "a smaller residual (train further), or a greater width",
        ),
        Hypothesis(
            "action",
            sympy.Le(_action * sigma_squared, _tau * (sigma_squared - _eps)),
            "Tλ0 ≤ τ(λ0 − ε): no pre-activation moves farther than τ allows",
            "a smaller residual (train further), or a greater width",
        ),
        s.STEP_POSITIVE,
        Hypothesis("step-size", sympy.Le(s.eta * _norm, 1), "η ≤ 1/κ", "a smaller step size"),
    ),
    constants=(
        Constant("h", h, "to be at most ½: half the shares of ε in λ0 and of T in τ"),
        Constant("sigma_squared", sigma_squared, "lower bound of λ_min(K)"),
        Constant(
            "beta",
            _eps / (2 * s.E0),
            "ε/(2E0): no Lipschitz constant of the Jacobian (it jumps), but the β with which μ = λ0 − 2βE0",
        ),
        Constant("residual", s.E0, "bound of ‖e(0)‖"),
        Constant("radius", sympy.sqrt(S) * _tau, "bound of ‖W(k) − W(0)‖ and of the path's length"),
        Constant("mu", s.mu, "‖e(k+1)‖ ≤ (1 − ημ)‖e(k)‖"),
        Constant("kernel_change", _eps, "bound of the kernel's change by all signs that can change"),
        Constant("jacobian_norm_squared", S, "bound of ‖J‖² everywhere"),
        Constant(
            "loss_threshold",
            (_tau * (sigma_squared - _eps) * s.E0 / (_action * sigma_squared)) ** 2 / 2,
            "below this loss ½‖e‖², with e in this direction, the theorem speaks at these weights",
        ),
    ),
    rate=(1 - s.eta * s.mu) ** 2,
    largest_step=1 / _norm,
    conclusion="L(k) ≤ (1 − ημ)^{2k} L(0) for all k ≥ 0, and W(k) converges to a W* with F(W*) = y and "
    "‖W* − W(0)‖ ≤ √S τ",
    conclusion_relation=sympy.Le(s.L_k, (1 - s.eta * s.mu) ** (2 * s.k) * s.L_0),
    proof="network.md",
)
