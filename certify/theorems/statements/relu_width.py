"""A-priori width of a two-layer ReLU network from exact binomial flip counts.

Setting
-------
Two-layer ReLU network of width m with output scale α, first layer trained, ``|a_r| = 1``,
``L = ½‖F(W) − y‖²``, rows of any non-zero norm; ``K∞_ij = ⟨x_i, x_j⟩(π − arccos ρ_ij)/(2π)``.

Assumptions
-----------
``0 < λ0 ≤ λ_min(K∞)``, ``S ≥ ‖X‖²``, ``A ≥ λ_max(|G|)``, ``Y ≥ ‖y‖``; N distinct neurons (m/2 when
paired); free ``0 < ε < 1, r > 0, κ, δ1`` with ``λ = (1 − ε)α²λ0``, ``p = erf(r/√2)``, ``E0 ≥ ‖e(0)‖``:

- ``n·exp(−(Nλ0/S)[ε + (1−ε)ln(1−ε)]) ≤ δ1`` and ``n·P(Bin(N, p) > ⌊κN⌋) ≤ δ − δ1``;
- kernel form: ``2α²κA < λ`` and ``α√(S/m)·E0 ≤ r(λ − 2α²κA)``, ``0 < η ≤ 1/(α²S)``;
- Jacobian form: with ``σ0 = √λ, s = α√(κS)``,
  ``γ = max{(1−a)(√(σ0²−s²) − s) − as, σ0 − 2s}``, ``a = ηα²S/2``:
  ``s < σ0``, ``γ > 0``, ``α√(S/m)·E0 ≤ r γ(σ0 − s)``, ``0 < η ≤ 1/(α²S)``.

Statement
---------
With probability at least ``1 − δ`` every neuron stays within r of its start and
``L(k) ≤ (1 − ημ)^{2k} L(0)``, ``μ = λ − 2α²κA`` (kernel form) or ``μ = γ(σ0 − s)`` (Jacobian form).

Reference
---------
Proved in `proofs/relu-width.md`; it uses Tropp (2012), Theorem 1.1. The setting is that of Du et al.
(2019).

Arguments
---------
``n``, ``lambda0``, ``norm_x_squared``, ``norm_y``, ``gram_abs`` (kernel form), ``trace_gram`` (independent
initialisation), ``delta``, ``alpha``, ``m``; free: ``eps``, ``delta1``, ``r``, ``kappa``, ``eta``,
``delta3``.

Returns
-------
``required_width``, ``every_width_from``, ``mu``, step size, rate, neuron movement, flip fraction.

Example
-------
``n = 100``, ``λ0 = 0.076``, ``S = 14.4``, ``A = 20.2``, ``‖y‖ = 10``, ``δ = 0.05``: ``m ≈ 7e11``.
"""

from __future__ import annotations

import sympy

from certify.symbolic.procedures import BinomialUpperTail
from certify.theorems.statements import symbols as s
from certify.theorems.statements.model import Constant, Definition, Family, Hypothesis, Source, Theorem

FORMS = ("kernel", "jacobian")
TAILS = ("exact", "chernoff")

_p, _k0, _eps_k, _s, _sigma, _a, _gamma = map(s.real, ("p", "k0", "eps_K", "s", "sigma0", "a", "gamma"))

_FLIP_PROBABILITY = Definition(
    _p,
    "p",
    sympy.erf(s.r / sympy.sqrt(2)),
    "probability that a neuron starts within r of a sample's hyperplane",
)
_KEPT = Definition(s.lam, r"\lambda", (1 - s.eps) * s.alpha**2 * s.lambda0, "lower bound of λ_min(K(w0))")
_STEP = Hypothesis(
    "step-size",
    sympy.Le(s.eta * s.alpha**2 * s.S, 1),
    "η‖K‖ ≤ 1 for every sign pattern (Schur)",
    "a smaller step size",
)


def _displacement(contraction: sympy.Expr) -> Hypothesis:
    return Hypothesis(
        "displacement",
        sympy.Le(s.alpha * sympy.sqrt(s.S / s.m) * s.E0, s.r * contraction),
        "no neuron ever moves farther than r",
        "a greater width or a greater delta",
    )


def _flips(tail: str) -> tuple[Hypothesis, ...]:
    if tail == "exact":
        return (
            Hypothesis(
                "flips",
                sympy.Le(s.n * BinomialUpperTail(s.N, _k0, _p), s.delta2),
                "on every sample at most the fraction κ of the neurons starts within r of its hyperplane",
                "a greater width or a greater delta",
            ),
        )
    divergence = s.kappa * sympy.log(s.kappa / _p) + (1 - s.kappa) * sympy.log((1 - s.kappa) / (1 - _p))
    return (
        Hypothesis("flips-above-mean", sympy.Ge(s.kappa, _p), "κ is not below the mean", "a greater κ"),
        Hypothesis("flips-below-one", sympy.Lt(s.kappa, 1), "κ < 1", "a κ in (0, 1)"),
        Hypothesis(
            "flips",
            sympy.Le(s.n * sympy.exp(-s.N * divergence), s.delta2),
            "the same by Chernoff's bound, which falls as the width grows",
            "a greater width or a greater delta",
        ),
    )


def _kernel_form() -> tuple[tuple[Definition, ...], tuple[Hypothesis, ...], sympy.Expr]:
    definitions = (
        Definition(
            _eps_k,
            r"\varepsilon_K",
            2 * s.alpha**2 * s.kappa * s.A,
            "bound of the kernel's change in spectral norm",
        ),
    )
    below = Hypothesis(
        "perturbation",
        sympy.Lt(_eps_k, s.lam),
        "the kernel stays definite",
        "a greater width or a greater delta",
    )
    contraction = s.lam - _eps_k
    return definitions, (below, _displacement(contraction)), contraction


def _jacobian_form() -> tuple[tuple[Definition, ...], tuple[Hypothesis, ...], sympy.Expr]:
    descent = (1 - _a) * (sympy.sqrt(_sigma**2 - _s**2) - _s) - _a * _s
    definitions = (
        Definition(_s, "s", s.alpha * sympy.sqrt(s.kappa * s.S), "bound of the Jacobian's change"),
        Definition(_sigma, r"\sigma_0", sympy.sqrt(s.lam), "lower bound of σ_min(J(w0)ᵀ)"),
        Definition(_a, "a", s.eta * s.alpha**2 * s.S / 2, "half the step in units of 1/Λ²"),
        Definition(_gamma, r"\gamma", sympy.Max(descent, _sigma - 2 * _s), "loss of ‖e‖ per unit of path"),
    )
    hypotheses = (
        Hypothesis("perturbation", sympy.Lt(_s, _sigma), "the Jacobian keeps full rank", "a greater width"),
        Hypothesis("descent", sympy.Gt(_gamma, 0), "every step decreases the residual", "a greater width"),
        _displacement(_gamma * (_sigma - _s)),
    )
    return definitions, hypotheses, _gamma * (_sigma - _s)


def relu_width(form: str, init: str, tail: str) -> Theorem:
    """One variant: ``form`` of `FORMS`, ``init`` paired or independent, ``tail`` of `TAILS`."""
    paired = init == "paired"
    form_definitions, form_hypotheses, contraction = _kernel_form() if form == "kernel" else _jacobian_form()
    spent = s.delta1 if paired else s.delta1 + s.delta3
    residual = s.Y
    if not paired:
        # conditional on the signs, with |Σa_r| ≤ √(2m ln(4/δ3)) but with probability δ3/2
        mean_square = s.T * (sympy.Rational(1, 2) - 1 / (2 * sympy.pi) + sympy.log(4 / s.delta3) / sympy.pi)
        residual = s.Y + s.alpha * sympy.sqrt(mean_square) + s.alpha * sympy.sqrt(2 * s.S * sympy.log(2 / s.delta3))
    count = (Definition(_k0, "k_0", sympy.floor(s.kappa * s.N), "admitted number of flips"),) if tail == "exact" else ()
    extra = () if paired else (s.TRACE,)
    gram = (s.GRAM_ABS,) if form == "kernel" else ()
    free = (s.EPS, s.DELTA1, s.RADIUS, s.KAPPA, s.ETA) + (() if paired else (s.DELTA3,))
    rate = (1 - s.eta * s.mu) ** 2
    signs = (
        s.PAIRED
        if paired
        else "the signs a_r are uniform ±1, independent of each other and of the weights; all m neurons are independent"
    )
    return Theorem(
        id="relu.width",
        edition=1,
        variant=f"{form}/{init}" + ("" if tail == "exact" else "/chernoff"),
        title="A width at which gradient descent of a two-layer ReLU network converges linearly"
        + (" (kernel form)" if form == "kernel" else " (Jacobian form)"),
        label="statement and proof of this project, every constant explicit",
        sources=(
            Source("tropp2012", "Theorem 1.1", "matrix Chernoff bound, used"),
            Source("du2019", "Theorem 4.1", "the same setting"),
        ),
        activations=("relu",),
        initialisation=init,
        paired=paired,
        setting=s.SETTING + " Here φ = ReLU.",
        assumed=(s.GAUSSIAN, signs, s.EXACT_ARITHMETIC),
        quantities=(
            s.SAMPLES,
            s.LAMBDA0,
            s.NORM_X,
            s.NORM_Y,
            *gram,
            *extra,
            s.DELTA,
            s.ALPHA,
            s.THETA,
            s.WIDTH,
            *free,
        ),
        definitions=(
            s.PAIRS if paired else s.DISTINCT,
            _KEPT,
            _FLIP_PROBABILITY,
            *count,
            Definition(s.delta2, r"\delta_2", s.delta - spent, "share of δ for the flip counts"),
            Definition(s.E0, "E_0", residual, "bound of ‖e(0)‖"),
            *form_definitions,
            Definition(s.mu, r"\mu", contraction, "contraction per unit of time"),
        ),
        conditions=(),
        hypotheses=(
            s.SCALE,
            s.POSITIVE,
            s.SHARE_POSITIVE,
            s.SHARE_BELOW_ONE,
            s.concentration(sympy.Integer(1), s.delta1),
            *_flips(tail),
            *form_hypotheses,
            s.STEP_POSITIVE,
            _STEP,
            s.min_rate(s.mu),
        ),
        constants=(
            Constant("mu", s.mu, "‖e(k+1)‖ ≤ (1 − ημ)‖e(k)‖; the loss is μ-PL* at the iterates"),
            Constant("initial_residual", s.E0, "bound of ‖e(0)‖"),
            Constant("initial_kernel", s.lam, "lower bound of λ_min(K(w0))"),
            Constant("neuron_movement", s.r, "bound of ‖w_r(k) − w_r(0)‖ for all r, k"),
            Constant("flip_fraction", s.kappa, "bound of the fraction of neurons that change sign on one sample"),
        ),
        rate=rate,
        largest_step=1 / (s.alpha**2 * s.S),
        conclusion="with probability at least 1 − δ over the initialisation, L(k) ≤ (1 − ημ)^{2k} L(0) for all k ≥ 0",
        conclusion_relation=sympy.Le(s.L_k, (1 - s.eta * s.mu) ** (2 * s.k) * s.L_0),
        proof="relu-width.md",
        family=Family.RECTIFIER if paired else Family.NAMED,
    )


RELU_WIDTH = tuple(
    relu_width(form, init, tail) for tail in TAILS for init in ("paired", "independent") for form in FORMS
)
