"""A certified loss after finite time, at any width: gradient descent stays near descent with the initial kernel.

Setting
-------
Two-layer network of width m with output scale α, first layer trained, ``|a_r| = 1``, at given weights w0 with kernel
``K0``; ``L = ½‖e‖²``; ``ẽ_j = (I − ηK0)^j e0``; a horizon of k steps, ``T = kη``. No eigenvalue need be positive.

Assumptions
-----------
``Λ ≥ ‖K0‖``, ``ηΛ ≤ 1``, ``E_T ≥ ‖ẽ_k‖``, ``E0 ≥ ‖e0‖``.

- smooth: ``A ≥ ‖K0^{−1/2}(I − (I−ηK0)^k)e0‖``, ``τ ≥ ηΣ_{j<k}‖ẽ_j‖``, β a Lipschitz constant of J; with
  ``a1 = √(2T/e) + η√Λ``, ``a2 = 1 − 1/e + ln⁺(TΛ)/e + ηΛ``, ``dev = ½βD²(1 + a2) + βD a1E0`` a number D > 0 with
  ``D ≥ A + ½a1βD² + βD·min(TE0, τ + T dev)`` and ``η((√Λ + βD)² + βE0) ≤ 2``;
- ReLU: ``dev`` from the recursion of flips (`certify.theorems.flips`).

Statement
---------
``‖e_k − ẽ_k‖ ≤ dev``, so ``L(k) ≤ ((E_T + dev)/‖e0‖)² L(0)``; smooth: every weight vector on the way within D of w0.

Reference
---------
Proved in `proofs/horizon.md`. Compare Su, Yang (2019).

Arguments
---------
``norm_y``, ``norm_y_below``, ``kernel_norm``, ``terminal``, ``eta``, ``steps``; smooth: ``potential``, ``action``,
``beta``, free ``D``; ReLU: ``deviation``.

Returns
-------
``loss_factor``, ``deviation``, ``linearised_factor``; smooth: ``radius``.

Example
-------
300 rows of digits, softplus, ``m = 1024``: ``L(T) ≤ 0.55 L(0)``.
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

_steps, _T, _top, _end, _below = map(s.real, ("steps", "T_horizon", "kernel_norm", "terminal", "norm_y_below"))
_A, _tau, _beta, _D, _dev = map(s.real, ("potential", "action", "beta", "D", "deviation"))
_a1, _a2 = map(s.real, ("a1", "a2"))

_COMMON = (
    Quantity(
        s.Y, r"E_0", "a number E0 ≥ ‖e0‖ (paired: ‖y‖)", Role.DATA, Side.UPPER, "norm_y",
        bound=r"E_0 \geq \|e_0\|",
    ),
    Quantity(
        _below, r"E_0^-", "a number 0 < E0⁻ ≤ ‖e0‖", Role.DATA, Side.LOWER, "norm_y",
        bound=r"E_0^- \leq \|e_0\|",
    ),
    Quantity(
        _top, r"\Lambda", "a number Λ ≥ ‖K0‖", Role.DATA, Side.UPPER, "kernel_norm",
        bound=r"\Lambda \geq \|K_0\|",
    ),
    Quantity(
        _end, r"E_T", "a number E_T ≥ ‖(I − ηK0)^k e0‖", Role.DATA, Side.UPPER, "terminal",
        bound=r"E_T \geq \|(I-\eta K_0)^k e_0\|",
    ),
    Quantity(s.eta, r"\eta", "step size", Role.FREE),
    Quantity(_steps, "k", "number of steps", Role.FREE),
)  # fmt: skip
_SMOOTH = (
    Quantity(
        _A, "A", "a number A ≥ ‖K0^{−1/2}(I − (I − ηK0)^k)e0‖", Role.DATA, Side.UPPER, "potential",
        bound=r"A \geq \|K_0^{-1/2}(I-(I-\eta K_0)^k)e_0\|",
    ),
    Quantity(
        _tau, r"\tau", "a number τ ≥ ηΣ_{j<k}‖(I − ηK0)^j e0‖", Role.DATA, Side.UPPER, "action",
        bound=r"\tau \geq \eta\sum_{j<k}\|(I-\eta K_0)^j e_0\|",
    ),
    Quantity(_beta, r"\beta", "a Lipschitz constant of the Jacobian", Role.DATA, Side.UPPER, "beta"),
    Quantity(_D, "D", "how far the weights may move", Role.FREE),
)  # fmt: skip
_DEVIATION = Quantity(
    _dev, r"\mathrm{dev}", "a bound of ‖e_k − ẽ_k‖ by the recursion of flips", Role.DATA, Side.UPPER, "deviation"
)
_HORIZON = Definition(_T, "T", _steps * s.eta, "horizon: step size times steps")
_CONTRACTION = Hypothesis("step-kernel", sympy.Le(s.eta * _top, 1), "η‖K0‖ ≤ 1", "a smaller step size")
_POSITIVE = Hypothesis("residual-positive", sympy.Gt(_below, 0), "the network does not start at a solution", "targets")


def _horizon(smooth: bool) -> Theorem:
    deviation = _beta * _D**2 * (1 + _a2) / 2 + _beta * _D * _a1 * s.Y
    definitions = [_HORIZON]
    hypotheses = [s.STEP_POSITIVE, _POSITIVE, _CONTRACTION]
    if smooth:
        definitions += [
            Definition(_a1, "a_1", sympy.sqrt(2 * _T / sympy.E) + s.eta * sympy.sqrt(_top), "Σ of ‖(I−ηJᵀJ)^iJᵀ‖"),
            Definition(
                _a2,
                "a_2",
                1 - 1 / sympy.E + sympy.Max(0, sympy.log(_T * _top)) / sympy.E + s.eta * _top,
                "Σ of ‖(I−ηK)^iK‖",
            ),
            Definition(_dev, r"\mathrm{dev}", deviation, "bound of ‖e_k − ẽ_k‖"),
        ]
        hypotheses += [
            Hypothesis("radius-positive", sympy.Gt(_D, 0), "D > 0", "a positive D"),
            Hypothesis(
                "movement",
                sympy.Ge(_D, _A + _a1 * _beta * _D**2 / 2 + _beta * _D * sympy.Min(_T * s.Y, _tau + _T * _dev)),
                "the weights stay within D of their start",
                "a shorter horizon or a greater width",
            ),
            Hypothesis(
                "step-size",
                sympy.Le(s.eta * ((sympy.sqrt(_top) + _beta * _D) ** 2 + _beta * s.Y), 2),
                "the loss does not increase",
                "a smaller step size",
            ),
        ]
    factor = ((_end + _dev) / _below) ** 2
    return Theorem(
        id="horizon.smooth" if smooth else "horizon.relu",
        edition=1,
        variant="weights",
        title="A certified loss after finite time at any width, "
        + ("smooth activation" if smooth else "ReLU activation"),
        label="statement and proof of this project, every constant explicit",
        sources=(Source("su2019", "Theorem 2", "the same regime, rates by the operator's spectrum"),),
        activations=("softplus",) if smooth else ("relu",),
        initialisation="paired",
        paired=True,
        setting=s.SETTING + " The weights w0 are given: nothing is left to chance.",
        assumed=(s.EXACT_ARITHMETIC,),
        quantities=(*_COMMON, *(_SMOOTH if smooth else (_DEVIATION,))),
        definitions=tuple(definitions),
        conditions=(),
        hypotheses=tuple(hypotheses),
        constants=(
            Constant("loss_factor", factor, "L(k) ≤ loss_factor · L(0)"),
            Constant("deviation", _dev, "‖e_k − ẽ_k‖, at most"),
            Constant("linearised_factor", (_end / _below) ** 2, "what the frozen kernel alone would give"),
            Constant("horizon", _T, "T = kη"),
            *((Constant("radius", _D, "‖W(j) − W(0)‖_F for j ≤ k, at most"),) if smooth else ()),
        ),
        rate=factor,
        largest_step=1 / _top,
        conclusion="after the k steps L(k) ≤ loss_factor · L(0)",
        conclusion_relation=sympy.Le(s.L_k, factor * s.L_0),
        proof="horizon.md",
        family=Family.SMOOTH if smooth else Family.NAMED,
    )


HORIZON_SMOOTH, HORIZON_RELU = _horizon(True), _horizon(False)
