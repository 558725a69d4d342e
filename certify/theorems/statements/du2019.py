"""Du et al. (2019), Theorems 3.2 and 4.1, with the constants of their own proof made explicit.

Setting
-------
Two-layer ReLU network of width m, first layer trained, ``α = 1``, rows of norm 1; independent
``w_r(0) ~ N(0, I_d)`` and uniform independent signs ``a_r``; ``L = ½‖F(W) − y‖²``;
``H∞_ij = ⟨x_i, x_j⟩(π − arccos⟨x_i, x_j⟩)/(2π)``.

Assumptions
-----------
``‖x_i‖ = 1`` for all i; ``0 < λ0 ≤ λ_min(H∞)``; ``Y ≥ ‖y‖``; with ``E0² = 3(Y² + n/2)/δ``:

- both: ``m ≥ 8n² ln(6n²/δ)/λ0²``;
- flow: ``m > 4nE0²/(λ0²R²)`` with ``R = √(2π) δ λ0/(48 n²)``;
- descent: ``0 < η ≤ λ0/(4n²)`` and ``m > 16nE0²/(λ0²R²)`` with ``R = √(2π) δ λ0/(48(n² + n^{3/2}))``.

Statement
---------
With probability at least ``1 − δ`` over the initialisation, ``L(t) ≤ e^{−λ0 t} L(0)`` (flow) and
``L(k) ≤ (1 − ηλ0/2)^k L(0)`` (descent).

Reference
---------
Du, Zhai, Póczos, Singh (2019), Theorem 3.2 and Theorem 4.1. The paper states widths as Ω(·): the
constants here are reconstructed from its own proof, which `proofs/du2019.md` writes out.

Arguments
---------
``n``, ``lambda0``, ``norm_y``, ``delta``, ``alpha``, ``m`` and, for descent, ``eta``.

Returns
-------
``required_width`` (independent neurons, not paired), ``mu = λ0/2``, the rate, and for descent the step size.

Example
-------
``n = 100``, ``λ0 = 0.076``, ``‖y‖ = 10``, ``δ = 0.05``: ``m ≈ 7.7e24`` for descent.
"""

from __future__ import annotations

import sympy

from certify.theorems.statements import symbols as s
from certify.theorems.statements.model import Condition, Constant, Definition, Hypothesis, Source, Theorem

_LABEL = "constants reconstructed from the paper's own proof"
_R = sympy.Symbol("R", real=True)
_E2 = sympy.Symbol("E0_squared", real=True)

_RESIDUAL = Definition(
    _E2, r"E_0^2", 3 * (s.Y**2 + s.n / 2) / s.delta, "bound of ‖e(0)‖² but with probability δ/3 (Markov)"
)
_UNIT_ROWS = Condition(
    "unit-rows",
    "unit_rows",
    "‖x_i‖ = 1 for every row",
    r"\|x_i\| = 1 \quad (i = 1, \dots, n)",
    "--normalize (exact normalisation of the rows)",
)
_SCALE_ONE = Hypothesis("scale-one", sympy.Eq(s.alpha, 1), "the theorem is stated for output scale 1", "--alpha 1")
_CONCENTRATION = Hypothesis(
    "concentration",
    sympy.Ge(s.m, 8 * s.n**2 * sympy.log(6 * s.n**2 / s.delta) / s.lambda0**2),
    "‖H(0) − H∞‖ ≤ λ0/4 but with probability δ/3 (Hoeffding, union over n² entries)",
    "a greater width or a greater delta",
)
_ASSUMED = (
    s.GAUSSIAN,
    "the signs a_r are uniform ±1, independent of each other and of the weights (this theorem brings its own "
    "initialisation: m independent neurons, not paired)",
)


def _movement(factor: int) -> Hypothesis:
    return Hypothesis(
        "movement",
        sympy.Gt(s.m, factor * s.n * _E2 / (s.lambda0**2 * _R**2)),
        "every neuron stays within R of its start",
        "a greater width or a greater delta",
    )


DU2019_FLOW = Theorem(
    id="du2019.flow",
    edition=1,
    variant="flow",
    title="Gradient flow of an over-parameterised two-layer ReLU network converges linearly",
    label=_LABEL,
    sources=(
        Source("du2019", "Theorem 3.2", "the theorem"),
        Source("hoeffding1963", "Theorem 2", "tail bound, used"),
    ),
    activations=("relu",),
    initialisation="independent",
    paired=False,
    setting=s.SETTING.replace(
        "gradient descent W(k+1) = W(k) − η∇L(W(k))",
        "gradient flow dW/dt = −∇L(W): absolutely continuous solutions of the Filippov inclusion. Here α = 1, φ = ReLU",
    ),
    assumed=(*_ASSUMED, "gradient flow is followed exactly, in continuous time"),
    quantities=(s.SAMPLES, s.LAMBDA0, s.NORM_Y, s.DELTA, s.ALPHA, s.THETA, s.WIDTH),
    definitions=(
        _RESIDUAL,
        Definition(
            _R,
            "R",
            sympy.sqrt(2 * sympy.pi) * s.delta * s.lambda0 / (48 * s.n**2),
            "admitted movement of a neuron",
        ),
    ),
    conditions=(_UNIT_ROWS,),
    hypotheses=(
        _SCALE_ONE,
        s.POSITIVE,
        _CONCENTRATION,
        _movement(4),
        s.min_rate(s.lambda0 / 2, "a --min-rate of at most 1/2, or another theorem"),
    ),
    constants=(
        Constant("mu", s.lambda0 / 2, "PL* constant along the flow: ‖∇L‖² ≥ 2μL"),
        Constant("neuron_movement", _R, "bound of ‖w_r(t) − w_r(0)‖ for all r, t"),
    ),
    rate=sympy.exp(-s.lambda0),
    largest_step=None,
    conclusion="with probability at least 1 − δ over the initialisation, L(t) ≤ exp(−λ0 t) L(0) for all t ≥ 0",
    conclusion_relation=sympy.Le(s.L_t, sympy.exp(-s.lambda0 * s.t) * s.L_0),
    proof="du2019.md",
)

DU2019_GD = Theorem(
    id="du2019.gd",
    edition=1,
    variant="gd",
    title="Gradient descent of an over-parameterised two-layer ReLU network converges linearly",
    label=_LABEL,
    sources=(
        Source("du2019", "Theorem 4.1", "the theorem"),
        Source("hoeffding1963", "Theorem 2", "tail bound, used"),
    ),
    activations=("relu",),
    initialisation="independent",
    paired=False,
    setting=s.SETTING + " Here α = 1, φ = ReLU.",
    assumed=(*_ASSUMED, s.EXACT_ARITHMETIC),
    quantities=(s.SAMPLES, s.LAMBDA0, s.NORM_Y, s.DELTA, s.ALPHA, s.THETA, s.WIDTH, s.ETA),
    definitions=(
        _RESIDUAL,
        Definition(
            _R,
            "R",
            sympy.sqrt(2 * sympy.pi) * s.delta * s.lambda0 / (48 * (s.n**2 + s.n ** sympy.Rational(3, 2))),
            "admitted movement of a neuron",
        ),
    ),
    conditions=(_UNIT_ROWS,),
    hypotheses=(
        _SCALE_ONE,
        s.POSITIVE,
        _CONCENTRATION,
        _movement(16),
        s.STEP_POSITIVE,
        Hypothesis(
            "step-size",
            sympy.Le(s.eta, s.lambda0 / (4 * s.n**2)),
            "the step is short enough for the descent inequality",
            "a smaller step size",
        ),
        s.min_rate(s.lambda0 / 2, "a --min-rate of at most 1/2, or another theorem"),
    ),
    constants=(
        Constant("mu", s.lambda0 / 2, "PL* constant at the iterates: ‖∇L‖² ≥ 2μL"),
        Constant("neuron_movement", _R, "bound of ‖w_r(k) − w_r(0)‖ for all r, k"),
    ),
    rate=1 - s.eta * s.lambda0 / 2,
    largest_step=s.lambda0 / (4 * s.n**2),
    conclusion="with probability at least 1 − δ over the initialisation, L(k) ≤ (1 − ηλ0/2)^k L(0) for all k ≥ 0",
    conclusion_relation=sympy.Le(s.L_k, (1 - s.eta * s.lambda0 / 2) ** s.k * s.L_0),
    proof="du2019.md",
)
