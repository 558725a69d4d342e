"""A-priori width from the whole spectrum: the targets' alignment with the kernel decides, not λ_min alone.

Setting
-------
Two-layer network of width m with output scale α and smooth activation, first layer trained, paired initialisation.
``K̂`` is a symmetric matrix of known spectrum with ``(1−θ)K̂ ⪯ K∞ ⪯ (1+θ)K̂`` (an enclosed eigendecomposition of K∞).

Assumptions
-----------
``0 < λ0 ≤ λ_min(K∞)``, ``0 < κ ≤ λ_min(K̂)``, ``S ≥ ‖X‖²``, ``Q ≥ q_X²``, ``Y ≥ ‖y‖``; N = m/2; free ``0 < ε < 1``. With
``ε̂ = ε + θ(1 + ε) < 1``, ``β = αB2√(Q/m)``, ``Λ² = α²B1²S``:

- ``n e^{−N'[ε + (1−ε)ln(1−ε)]} + n e^{−N'[(1+ε)ln(1+ε) − ε]} ≤ δ``, ``N' = Nλ0/(B1²S)``;
- ``0 < ηΛ² ≤ 1``, ``c = 2 − η(Λ² + βY) > 0``;
- the path of the comparison system (`certify.theorems.spectral`) reaches a residual ``x`` after a length ρ with
  a slope s there, such that ``σ_* = ((1−ε̂)α²κ)^{1/2} − βρ > 0``, ``2βx < σ_*²``, ``cs/2 ≥ σ_*``.

Statement
---------
With probability at least ``1 − δ``: ``L(k) ≤ (1 − ημ)^{2k} L(0)``, ``μ = σ_*² − 2βx``, and W(k) converges to an
interpolating solution within ``ρ + 2x/(σ_* + √μ)`` of W(0).

Reference
---------
Proved in `proofs/spectral-width.md`; it uses Tropp (2012), Theorem 1.1.

Arguments
---------
``n``, ``lambda0``, ``norm_x_squared``, ``q_x_squared``, ``norm_y``, ``delta``, ``alpha``, ``m``; ``theta``,
``kappa_hat``, and of the path ``rho``, ``x_end``, ``s_end``; free ``eps``, ``eta``.

Returns
-------
``required_width``, ``mu``, step size, rate, radius.

Example
-------
wine (178 rows), erf, ``δ = 0.05``: ``m ≈ 3.6e7``, where ``smooth.width`` needs 7.6e8.
"""

from __future__ import annotations

import sympy

from certify.theorems.statements import symbols as s
from certify.theorems.statements.model import (
    Condition,
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
from certify.theorems.statements.smooth_width import _CURVATURE, _SLOPE

_theta, _kappa, _rho, _x, _s = map(s.real, ("theta", "kappa_hat", "rho", "x_end", "s_end"))
_beta, _hat, _Lambda2, _c, _star, _trials = map(s.real, ("beta", "eps_hat", "Lambda2", "c", "sigma_star", "N_prime"))
_LOWER = s.eps + (1 - s.eps) * sympy.log(1 - s.eps)
_UPPER = (1 + s.eps) * sympy.log(1 + s.eps) - s.eps
_MORE = "a greater width or a greater delta"

SPECTRAL_WIDTH = Theorem(
    id="spectral.width",
    edition=1,
    variant="paired",
    title="A width from the whole spectrum and the targets' alignment with it, smooth activation",
    label="statement and proof of this project, every constant explicit",
    sources=(
        Source("tropp2012", "Theorem 1.1", "matrix Chernoff bounds, both tails, used"),
        Source("liu2022", "Theorem 6", "the mechanism that it refines"),
    ),
    activations=("erf",),
    initialisation="paired",
    paired=True,
    setting=s.SETTING + " Here φ' is Lipschitz.",
    assumed=(s.GAUSSIAN, s.PAIRED, s.EXACT_ARITHMETIC),
    quantities=(
        s.SAMPLES,
        s.LAMBDA0,
        s.NORM_X,
        s.QUARTIC,
        s.NORM_Y,
        _SLOPE,
        _CURVATURE,
        Quantity(_theta, r"\theta", "a number θ with (1−θ)K̂ ⪯ K∞ ⪯ (1+θ)K̂", Role.DATA, Side.UPPER, "theta"),
        Quantity(_kappa, r"\kappa", "a number 0 < κ ≤ λ_min(K̂)", Role.DATA, Side.LOWER, "kappa_hat"),
        Quantity(_rho, r"\rho", "length of the path of the comparison system", Role.DATA, Side.UPPER, "rho"),
        Quantity(_x, r"x", "residual at its end", Role.DATA, Side.UPPER, "x_end"),
        Quantity(_s, r"s", "slope at its end", Role.DATA, Side.LOWER, "s_end"),
        s.DELTA,
        s.ALPHA,
        s.WIDTH,
        s.EPS,
        s.ETA,
    ),
    definitions=(
        s.PAIRS,
        Definition(_trials, "N'", s.N * s.lambda0 / (s.B1**2 * s.S), "number of effective trials"),
        Definition(_hat, r"\hat\varepsilon", s.eps + _theta * (1 + s.eps), "distance of K(w0) from α²K̂, relatively"),
        Definition(_beta, r"\beta", s.alpha * s.B2 * sympy.sqrt(s.Q / s.m), "Lipschitz constant of the Jacobian"),
        Definition(_Lambda2, r"\Lambda^2", s.alpha**2 * s.B1**2 * s.S, "bound of ‖J‖²"),
        Definition(_c, "c", 2 - s.eta * (_Lambda2 + _beta * s.Y), "what a step leaves of the descent"),
        Definition(_star, r"\sigma_*", sympy.sqrt((1 - _hat) * s.alpha**2 * _kappa) - _beta * _rho, "σ_min at the end"),
        Definition(s.mu, r"\mu", _star**2 - 2 * _beta * _x, "PL* constant from there on"),
    ),
    conditions=(
        Condition(
            "spectral-path",
            "spectral_path",
            "the comparison system reaches the residual x within the length ρ, its slope being s there",
            r"\text{the path inequalities hold}",
            _MORE,
        ),
    ),
    hypotheses=(
        s.SCALE,
        s.POSITIVE,
        s.SHARE_POSITIVE,
        s.SHARE_BELOW_ONE,
        Hypothesis("share-hat", sympy.Lt(_hat, 1), "ε̂ < 1", "a sharper eigendecomposition"),
        Hypothesis("comparison", sympy.Le(2 * _theta, 1), "θ ≤ ½", "a sharper eigendecomposition"),
        Hypothesis(
            "concentration",
            sympy.Le(s.n * sympy.exp(-_trials * _LOWER) + s.n * sympy.exp(-_trials * _UPPER), s.delta),
            "(1−ε)α²K∞ ⪯ K(w0) ⪯ (1+ε)α²K∞ (Tropp 2012, Theorem 1.1, both tails)",
            _MORE,
        ),
        s.STEP_POSITIVE,
        Hypothesis("step-size", sympy.Le(s.eta * _Lambda2, 1), "η ≤ 1/Λ²", "a smaller step size"),
        Hypothesis("descent", sympy.Gt(_c, 0), "every step decreases the loss", "a smaller step size"),
        Hypothesis("rank", sympy.Gt(_star, 0), "the Jacobian keeps full rank", _MORE),
        Hypothesis("kantorovich", sympy.Lt(2 * _beta * _x, _star**2), "Kantorovich's ½ at the end of the path", _MORE),
        Hypothesis("slope", sympy.Ge(_c * _s / 2, _star), "the path falls at least as fast as afterwards", _MORE),
    ),
    constants=(
        Constant("mu", s.mu, "‖e(k+1)‖ ≤ (1 − ημ)‖e(k)‖; faster at first"),
        Constant("radius", _rho + 2 * _x / (_star + sympy.sqrt(s.mu)), "bound of ‖W(k) − W(0)‖_F"),
        Constant("jacobian_lipschitz", _beta, "Lipschitz constant of the Jacobian"),
    ),
    rate=(1 - s.eta * s.mu) ** 2,
    largest_step=1 / _Lambda2,
    conclusion="with probability at least 1 − δ over the initialisation, "
    "L(k) ≤ (1 − ημ)^{2k} L(0) for all k ≥ 0, "
    "and W(k) converges to a W* with F(W*) = y",
    conclusion_relation=sympy.Le(s.L_k, (1 - s.eta * s.mu) ** (2 * s.k) * s.L_0),
    proof="spectral-width.md",
    family=Family.SMOOTH,
)
