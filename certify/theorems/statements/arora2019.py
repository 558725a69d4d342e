"""Arora et al. (2019): convergence mode by mode, and the data's complexity as an indicator of generalisation.

Setting
-------
Two-layer network, first layer trained, of infinite width: descent with the frozen kernel K∞ from ``F = 0``,
``ẽ_k = −(I − ηK∞)^k y``. Published for ReLU, ``‖x_i‖ = 1``, ``|y_i| ≤ 1``.

Assumptions
-----------
``modes``: ``Λ ≥ λ_max(K∞)``, ``ηΛ ≤ 1``, ``E_k^- ≤ (Σ_i (1−ηλ_i)^{2k}(v_i·y)²)^{1/2} ≤ E_k``, ``0 < Y^- ≤ ‖y‖``.
``generalization``: the remainder ``O(√(log(n/(λ0δ))/n))`` has no named constant, so nothing can be proved from it.

Statement
---------
``modes``: ``L(k) ≤ (E_k/Y^-)² L(0)`` for descent with the frozen kernel; a network of the paper's (asymptotic) width
stays near it. ``generalization``: the leading term of the population loss is ``√(2yᵀK∞⁻¹y/n)``.

Reference
---------
Arora, Du, Hu, Li, Wang (2019), Theorems 4.1 and 5.1; proved, as far as it is: `proofs/arora2019.md`.

Arguments
---------
``norm_y_below``, ``kernel_norm``, ``terminal``, ``eta``, ``steps``; ``n``, ``quadratic_form``.

Returns
-------
``loss_factor``; ``indicator``.

Example
-------
``n = 100, yᵀK∞⁻¹y = 50``: indicator 1, which says nothing of a loss in [0, 1].
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
    Side,
    Source,
    Theorem,
)

_below, _top, _end, _steps, _form, _remainder = (
    sympy.Symbol(name, real=True)
    for name in ("norm_y_below", "kernel_norm", "terminal", "steps", "quadratic_form", "published_remainder")
)
_indicator, _population = map(s.real, ("indicator", "population_loss"))
_factor = (_end / _below) ** 2
_SETTING = (
    "Data x_1..x_n ∈ R^d, targets y; K∞ the tangent kernel of a two-layer network of infinite width, first layer "
    "trained, eigenpairs (λ_i, v_i). "
)

ARORA2019_MODES = Theorem(
    id="arora2019.modes",
    edition=1,
    variant="frozen kernel",
    title="Convergence mode by mode: √Σ(1 − ηλ_i)^{2k}(v_i·y)²",
    label="leading term of the published theorem, exact for the frozen kernel; its width is asymptotic and not claimed",
    sources=(Source("arora2019", "Theorem 4.1", "the leading term"),),
    activations=("relu",),
    initialisation="independent",
    paired=False,
    setting=_SETTING + "Gradient descent with the kernel frozen at K∞, from F = 0: e(k) = −(I − ηK∞)^k y, L = ½‖e‖².",
    assumed=("the network is infinitely wide: its kernel does not move, and it starts at 0", s.EXACT_ARITHMETIC),
    quantities=(
        Quantity(
            _below, "Y^-", "a number 0 < Y⁻ ≤ ‖y‖", Role.DATA, Side.LOWER, "norm_y", bound=r"Y^- \leq \|y\|"
        ),
        Quantity(
            _top, r"\Lambda", "a number Λ ≥ λ_max(K∞)", Role.DATA, Side.UPPER, "lambda_max",
            bound=r"\Lambda \geq \lambda_{\max}(K_\infty)",
        ),
        Quantity(
            _end, "E_k", "a number E_k ≥ (Σ_i (1 − ηλ_i)^{2k}(v_i·y)²)^{1/2}", Role.DATA, Side.UPPER, "terminal",
            bound=r"E_k \geq \left(\sum_i (1-\eta\lambda_i)^{2k}(v_i \cdot y)^2\right)^{1/2}",
        ),
        Quantity(s.eta, r"\eta", "step size", Role.REQUEST),
        Quantity(_steps, "k", "number of steps", Role.REQUEST),
    ),
    definitions=(),
    conditions=(),
    hypotheses=(
        s.STEP_POSITIVE,
        Hypothesis("step-kernel", sympy.Le(s.eta * _top, 1), "ηλ_max ≤ 1", "a smaller step size"),
        Hypothesis("targets", sympy.Gt(_below, 0), "the targets are not all zero", "other targets"),
        Hypothesis("steps", sympy.Ge(_steps, 0), "k ≥ 0", "a number of steps"),
    ),
    constants=(Constant("loss_factor", _factor, "L(k) ≤ loss_factor · L(0) with the frozen kernel"),),
    rate=_factor,
    largest_step=1 / _top,
    conclusion="after the k steps L(k) ≤ loss_factor · L(0), with the kernel frozen at K∞",
    conclusion_relation=sympy.Le(s.L_k, _factor * s.L_0),
    proof="arora2019.md",
    family=Family.SMOOTH,
)  # fmt: skip

ARORA2019_GENERALIZATION = Theorem(
    id="arora2019.generalization",
    edition=1,
    variant="indicator",
    title="The data's complexity √(2yᵀK∞⁻¹y/n), leading term of a bound of the population loss",
    label="an indicator: the published remainder is unnamed, so this is never proved",
    sources=(Source("arora2019", "Theorem 5.1", "the leading term"),),
    activations=("relu",),
    initialisation="independent",
    paired=False,
    setting=_SETTING
    + "Samples independent from a non-degenerate distribution, a loss in [0, 1] that is 1-Lipschitz, gradient "
    "descent of a ReLU network of the paper's (asymptotic) width, small initial weights.",
    assumed=("samples are independent, from a distribution that is non-degenerate in the paper's sense",),
    quantities=(
        s.SAMPLES,
        Quantity(
            _form, "Q", "a number Q ≥ yᵀK∞⁻¹y", Role.DATA, Side.UPPER, "quadratic_form",
            bound=r"Q \geq y^{\mathsf T} K_\infty^{-1} y",
        ),
    ),
    definitions=(Definition(_indicator, r"\mathcal{C}", sympy.sqrt(2 * _form / s.n), "the data's complexity"),),
    conditions=(),
    hypotheses=(
        Hypothesis(
            "remainder",
            sympy.Lt(_indicator + _remainder, 1),
            "the leading term and the published remainder O(√(log(n/(λ0δ))/n)) are below 1, the trivial bound",
            "a published constant in the remainder O(√(log(n/(λ0δ))/n)): there is none",
        ),
    ),
    constants=(Constant("indicator", _indicator, "√(2yᵀK∞⁻¹y/n), at most"),),
    rate=sympy.Integer(1),
    largest_step=None,
    conclusion="the population loss is at most the indicator and the published remainder",
    conclusion_relation=sympy.Le(_population, _indicator + _remainder),
    proof="arora2019.md",
)  # fmt: skip
