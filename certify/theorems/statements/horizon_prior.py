"""A certified loss after finite time with probability 1 − δ over the initial weights, at any width.

Setting
-------
Paired two-layer network of width m, ``N = m/2`` distinct neurons ``w_r ~ N(0, I_d)``, output scale α, first layer
trained; ``ê_j = (I − ηα²K∞)^j y`` is descent at infinite width; k steps, ``T = kη``. No eigenvalue need be positive.

Assumptions
-----------
``Λ = α²B1²‖X‖²``, ``ηΛ ≤ 1``. For numbers c_b > 0, one for each block b of steps: ``W ≥ Σ_b η|b|c_b``,
``U ≥ Σ_b Σ_{j∈b} η ê_j·α²K∞ê_j/c_b``, ``M ≥ Σ_b Σ_{j∈b} η‖ê_j‖²/c_b``; a number t > 0 with
``2exp(−Nt²/(2Λ U + (2/3)Λ√M t)) ≤ δ1``. ``D_K = √W t``. Then as `horizon.smooth` with ``E_T = ‖ê_k‖ + D_K``,
``τ = ηΣ‖ê_j‖ + T D_K``, ``A = min(√(T/(2−ηΛ))E0, √Λ τ)``, δ1 = δ; ReLU: a radius r and a fraction κ with
``nP(Bin(N, erf(r/√2)) > κN) ≤ δ − δ1``, ``ε = 2α²κλ_max(|G|)``, ``dev = ετe^{Tε}``, ``(α‖X‖/√m)(τ + T dev) ≤ r``.

Statement
---------
With probability at least ``1 − δ``: ``L(k) ≤ ((‖ê_k‖ + D_K + dev)/‖y‖)² L(0)``.

Reference
---------
Proved in `proofs/horizon-prior.md`; the second half is `proofs/horizon.md`.

Arguments
---------
``norm_y``, ``norm_y_below``, ``norm_x_squared``, ``terminal``, ``action``, ``weight``, ``energy``, ``mass``, ``eta``,
``steps``, ``delta``, ``alpha``, ``m``, free ``spread`` (t); smooth: ``q_x_squared``, free ``D``; ReLU: ``n``,
``gram_abs``, free ``r``, ``kappa``, ``delta1``.

Returns
-------
``loss_factor``, ``kernel_deviation`` (D_K), ``deviation``.

Example
-------
300 rows of digits, softplus, ``m = 2^20``, δ = 0.05: ``L(T) ≤ 0.3 L(0)``.
"""

from __future__ import annotations

import sympy

from certify.symbolic.procedures import BinomialUpperTail
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

_steps, _T, _end, _tau, _below, _t = map(s.real, ("steps", "T_horizon", "terminal", "action", "norm_y_below", "spread"))
_W, _U, _M, _beta, _D, _dev = map(s.real, ("weight", "energy", "mass", "beta", "D", "deviation"))
_a1, _a2, _A, _DK, _tau0, _top, _epsK = map(s.real, ("a1", "a2", "A_pot", "D_K", "tau_0", "Lambda", "eps_K"))


def _upper(symbol: sympy.Symbol, latex: str, meaning: str, bound: str = "") -> Quantity:
    return Quantity(symbol, latex, meaning, Role.DATA, Side.UPPER, str(symbol.name), bound=bound)


_COMMON = (
    Quantity(s.Y, "E_0", "a number E0 ≥ ‖y‖", Role.DATA, Side.UPPER, "norm_y", bound=r"E_0 \geq \|y\|"),
    Quantity(_below, "E_0^-", "a number 0 < E0⁻ ≤ ‖y‖", Role.DATA, Side.LOWER, "norm_y", bound=r"E_0^- \leq \|y\|"),
    s.NORM_X,
    _upper(_end, "E_T", "a number E_T ≥ ‖ê_k‖", r"E_T \geq \|\hat e_k\|"),
    _upper(_tau, r"\hat\tau", "a number τ̂ ≥ ηΣ_{j<k}‖ê_j‖", r"\hat\tau \geq \eta\sum_{j<k}\|\hat e_j\|"),
    _upper(_W, "W", "a number W ≥ Σ_b η|b|c_b", r"W \geq \sum_b \eta |b| c_b"),
    _upper(
        _U, "U", "a number U ≥ Σ_b Σ_{j∈b} η ê_j·α²K∞ê_j/c_b",
        r"U \geq \sum_b \sum_{j \in b} \eta\,\hat e_j \cdot \alpha^2 K_\infty \hat e_j / c_b",
    ),
    _upper(
        _M, "M", "a number M ≥ Σ_b Σ_{j∈b} η‖ê_j‖²/c_b", r"M \geq \sum_b \sum_{j \in b} \eta\|\hat e_j\|^2 / c_b"
    ),
    Quantity(s.eta, r"\eta", "step size", Role.FREE),
    Quantity(_steps, "k", "number of steps", Role.FREE),
    s.DELTA,
    s.ALPHA,
    s.WIDTH,
    Quantity(_t, "t", "how far the kernel at initialisation may act from that at infinite width", Role.FREE),
)  # fmt: skip
_SLOPE = Quantity(s.B1, "B_1", "sup|φ'|", Role.ACTIVATION)
_CURVATURE = Quantity(s.B2, "B_2", "Lipschitz constant of φ' (sup|φ''|)", Role.ACTIVATION)


def _definitions(smooth: bool) -> list[Definition]:
    slope = s.B1 if smooth else sympy.Integer(1)
    found = [
        s.PAIRS,
        Definition(_T, "T", _steps * s.eta, "horizon: step size times steps"),
        Definition(_top, r"\Lambda", s.alpha**2 * slope**2 * s.S, "bound of ‖K‖ at any weights"),
        Definition(_DK, "D_K", sympy.sqrt(_W) * _t, "bound of ‖ẽ_j − ê_j‖"),
        Definition(_tau0, r"\tau", _tau + _T * _DK, "bound of ηΣ‖ẽ_j‖"),
    ]
    if not smooth:
        return [
            *found,
            Definition(_epsK, r"\varepsilon_K", 2 * s.alpha**2 * s.kappa * s.A, "how much flips change the kernel"),
            Definition(_dev, r"\mathrm{dev}", _epsK * _tau0 * sympy.exp(_T * _epsK), "bound of ‖e_k − ẽ_k‖"),
        ]
    log = sympy.Max(0, sympy.log(_T * _top))
    return [
        *found,
        Definition(_beta, r"\beta", s.alpha * s.B2 * sympy.sqrt(s.Q / s.m), "Lipschitz constant of the Jacobian"),
        Definition(
            _A,
            "A",
            sympy.Min(sympy.sqrt(_T / (2 - s.eta * _top)) * s.Y, sympy.sqrt(_top) * _tau0),
            "how far the weights would move with the kernel frozen",
        ),
        Definition(_a1, "a_1", sympy.sqrt(2 * _T / sympy.E) + s.eta * sympy.sqrt(_top), "Σ of ‖(I−ηJᵀJ)^iJᵀ‖"),
        Definition(_a2, "a_2", 1 - 1 / sympy.E + log / sympy.E + s.eta * _top, "Σ of ‖(I−ηK)^iK‖"),
        Definition(
            _dev, r"\mathrm{dev}", _beta * _D**2 * (1 + _a2) / 2 + _beta * _D * _a1 * s.Y, "bound of ‖e_k − ẽ_k‖"
        ),
    ]


def _spread(budget: sympy.Expr) -> tuple[Hypothesis, ...]:
    return (
        s.SCALE,
        s.STEP_POSITIVE,
        Hypothesis("residual-positive", sympy.Gt(_below, 0), "the network does not start at a solution", "targets"),
        Hypothesis("step-kernel", sympy.Le(s.eta * _top, 1), "η‖K‖ ≤ 1 at any weights", "a smaller step size"),
        Hypothesis("spread-positive", sympy.Gt(_t, 0), "t > 0", "a positive t"),
        Hypothesis(
            "spread",
            sympy.Le(2 * sympy.exp(-s.N * _t**2 / (2 * _top * (_U + sympy.sqrt(_M) * _t / 3))), budget),
            "but with the probability budgeted, the kernel at initialisation acts on the path within t (Bernstein)",
            "a greater width or a greater delta",
        ),
    )


def _smooth() -> tuple[Hypothesis, ...]:
    return (
        *_spread(s.delta),
        Hypothesis("radius-positive", sympy.Gt(_D, 0), "D > 0", "a positive D"),
        Hypothesis(
            "movement",
            sympy.Ge(_D, _A + _a1 * _beta * _D**2 / 2 + _beta * _D * sympy.Min(_T * s.Y, _tau0 + _T * _dev)),
            "the weights stay within D of their start",
            "a shorter horizon or a greater width",
        ),
        Hypothesis(
            "step-size",
            sympy.Le(s.eta * ((sympy.sqrt(_top) + _beta * _D) ** 2 + _beta * s.Y), 2),
            "the loss does not increase",
            "a smaller step size",
        ),
    )


def _relu() -> tuple[Hypothesis, ...]:
    p = sympy.erf(s.r / sympy.sqrt(2))
    return (
        Hypothesis("share-of-delta", sympy.Gt(s.delta1, 0), "δ1 > 0", "a share of δ"),
        *_spread(s.delta1),
        Hypothesis("radius-positive", sympy.Gt(s.r, 0), "r > 0", "a positive radius"),
        Hypothesis(
            "flips",
            sympy.Le(s.n * BinomialUpperTail(s.N, sympy.floor(s.kappa * s.N), p), s.delta - s.delta1),
            "on every sample at most the fraction κ of the neurons starts within r of its hyperplane",
            "a greater width or a greater delta",
        ),
        Hypothesis(
            "displacement",
            sympy.Le(s.alpha * sympy.sqrt(s.S / s.m) * (_tau0 + _T * _dev), s.r),
            "no neuron moves farther than r",
            "a shorter horizon or a greater width",
        ),
    )


def _prior(smooth: bool) -> Theorem:
    factor = ((_end + _DK + _dev) / _below) ** 2
    own = (
        (s.QUARTIC, _SLOPE, _CURVATURE, Quantity(_D, "D", "how far the weights may move", Role.FREE))
        if smooth
        else (s.SAMPLES, s.GRAM_ABS, s.RADIUS, s.KAPPA, s.DELTA1)
    )
    return Theorem(
        id="horizon.prior.smooth" if smooth else "horizon.prior.relu",
        edition=1,
        variant="paired",
        title="A certified loss after finite time with probability 1 − δ, at any width, "
        + ("smooth activation" if smooth else "ReLU activation"),
        label="statement and proof of this project, every constant explicit",
        sources=(
            Source("su2019", "Theorem 2", "the same regime, rates by the operator's spectrum"),
            Source("pinelis1994", "Theorem 3.2", "sums of independent vectors, proved again here"),
        ),
        activations=("softplus",) if smooth else ("relu",),
        initialisation="paired",
        paired=True,
        setting=s.SETTING,
        assumed=(s.GAUSSIAN, s.PAIRED, s.EXACT_ARITHMETIC),
        quantities=(*_COMMON, *own),
        definitions=tuple(_definitions(smooth)),
        conditions=(),
        hypotheses=_smooth() if smooth else _relu(),
        constants=(
            Constant("loss_factor", factor, "L(k) ≤ loss_factor · L(0)"),
            Constant("kernel_deviation", _DK, "‖ẽ_k − ê_k‖, at most: what the random kernel costs"),
            Constant("deviation", _dev, "‖e_k − ẽ_k‖, at most: what the moving kernel costs"),
            Constant("linearised_factor", (_end / _below) ** 2, "what the kernel at infinite width alone would give"),
            Constant("horizon", _T, "T = kη"),
        ),
        rate=factor,
        largest_step=1 / _top,
        conclusion="with probability at least 1 − δ over the initialisation, L(k) ≤ loss_factor · L(0) after k steps",
        conclusion_relation=sympy.Le(s.L_k, factor * s.L_0),
        proof="horizon-prior.md",
        family=Family.SMOOTH if smooth else Family.NAMED,
    )


HORIZON_PRIOR_SMOOTH, HORIZON_PRIOR_RELU = _prior(True), _prior(False)
