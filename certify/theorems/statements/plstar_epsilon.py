"""Almost over-parameterised models: the loss falls linearly to a floor that the spectrum's tail sets.

Setting
-------
A model C¹ on the closed ball ``B(w0, R)``, ``K0 = J0J0ᵀ`` at w0 with eigenvalues in descending order, ``L = ½‖e‖²``,
gradient descent. ℓ is any index; Q projects on the eigenvectors ℓ+1..n of K0. K0 may be singular.

Assumptions
-----------
``0 < λ ≤ λ_ℓ(K0)``, ``λ' ≥ λ_{ℓ+1}(K0)`` (0 if ℓ = n), ``q ≥ ‖Qe(0)‖``, ``E0 ≥ ‖e(0)‖``; on ``B(w0, R)``:
``‖J(w) − J(w')‖ ≤ β‖w − w'‖``, ``‖J(w)‖² ≤ Λ²``. Free: a share ``0 < ς < 1``, a path length P, η. With
``ē = (q + √λ' P + βP²/2)/ς``,
``σ = √(λ(1 − ς²))``, ``c = 2 − η(Λ² + βE0)``: ``c > 0``, ``0 < ē ≤ E0``, ``4β(E0 − ē) < cσ²``,
``R_ε = (4(E0 − ē)/c)/(σ + √μ) ≤ P`` where ``μ = σ² − 4β(E0 − ē)/c``, and ``P + ηΛE0 ≤ R``.

Statement
---------
As long as ``‖e‖ ≥ ē``, ``‖e(k+1)‖² ≤ (1 − cημ)‖e(k)‖²``; the loss is below ``½ē²`` after at most
``1 + ⌊2 ln(E0/ē)/(−ln(1 − cημ))⌋`` steps, and until then the path is no longer than R_ε.

Reference
---------
Proved in `proofs/plstar.md`, section 4; the condition is the PL*_ε of Liu, Zhu, Belkin (2022), ``ε = ½ē²``.

Arguments
---------
``lambda_head`` (λ), ``lambda_tail`` (λ'), ``tail_residual`` (q), ``residual`` (E0), ``beta``, ``jacobian_norm_squared``
(Λ²); free: ``share`` (ς), ``path`` (P), ``ball`` (R), ``eta``.

Returns
-------
``h`` (``2β(E0 − ē)/(cσ²)``, to be below ½), ``sigma_squared`` (σ²), ``loss_floor`` (½ē²), ``mu``, rate,
``steps_to_floor``, ``radius``, ``loss_threshold``.

Example
-------
``λ = 1, λ' = 10⁻⁴, q = 0.001, E0 = 0.1, β = 0.01, Λ² = 2``: the loss falls from 0.005 below 6e-6.
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

_head, _tail, _q = map(s.real, ("lambda_head", "lambda_tail", "tail_residual"))
_share, _path = map(s.real, ("share", "path"))
_floor, _sigma, _c, _gap = map(s.real, ("floor", "sigma", "step_factor", "gap"))
_rate = 1 - _c * s.eta * s.mu


def _largest_residual() -> sympy.Expr:
    """The largest E with which the theorem speaks at these other numbers.

    ``R_ε ≤ P`` and the condition on h follow from ``E − ē ≤ kc``, ``k = P(2σ − βP)/4``: where ``βP ≤ σ`` it is the
    former (``R_ε = (σ − √μ)/β``), else it is stronger than the latter, under which ``R_ε ≤ σ/β``. ``c`` is linear in E.
    """
    k = _path * (2 * _sigma - p.beta * _path) / 4
    path = (_floor + k * (2 - s.eta * p.S)) / (1 + s.eta * p.beta * k)
    return sympy.Min(path, (p.ball - _path) / (s.eta * sympy.sqrt(p.S)))


PLSTAR_EPSILON = Theorem(
    id="plstar.epsilon",
    edition=1,
    variant="spectral",
    title="An almost over-parameterised model is trained linearly down to a loss that its spectrum's tail sets",
    label="statement and proof of this project, every constant explicit",
    sources=(Source("liu2022", "almost over-parameterised systems", "the notion; the spectrum's part is proved here"),),
    activations=("tanh", "erf", "softplus", "sigmoid"),
    initialisation="given",
    paired=False,
    setting=p.SETTING.replace("around the centre c,", "around the start w(0),")
    + " Q is the orthogonal projector on the eigenvectors ℓ+1..n of K(w(0)), for one ℓ; K(w(0)) may be singular.",
    assumed=(s.EXACT_ARITHMETIC,),
    quantities=(
        Quantity(
            _head,
            r"\lambda",
            "a number 0 < λ ≤ λ_ℓ(K(w(0)))",
            Role.DATA,
            Side.LOWER,
            "lambda_head",
            bound=r"\lambda \leq \lambda_\ell(K_0)",
        ),
        Quantity(
            _tail,
            r"\lambda'",
            "a number λ' ≥ λ_{ℓ+1}(K(w(0))), 0 if ℓ = n",
            Role.DATA,
            Side.UPPER,
            "lambda_tail",
            bound=r"\lambda' \geq \lambda_{\ell+1}(K_0)",
        ),
        Quantity(
            _q,
            "q",
            "a number q ≥ ‖Qe(0)‖",
            Role.DATA,
            Side.UPPER,
            "tail_residual",
            bound=r"q \geq \|Qe_0\|",
        ),
        p.AT_START["residual"],
        p.AT_START["beta"],
        p.AT_START["jacobian_norm_squared"],
        Quantity(_share, r"\varsigma", "share of the residual that the tail may hold, 0 < ς < 1", Role.FREE),
        Quantity(_path, "P", "bound of the path's length", Role.FREE),
        p.AT_START["ball"],
        s.ETA,
    ),
    definitions=(
        Definition(
            _floor,
            r"\bar e",
            (_q + sympy.sqrt(_tail) * _path + p.beta * _path**2 / 2) / _share,
            "the residual's floor",
        ),
        Definition(_sigma, r"\sigma", sympy.sqrt(_head * (1 - _share**2)), "what the head of the spectrum gives"),
        Definition(_c, "c", 2 - s.eta * (p.S + p.beta * p.residual), "what the step leaves of the descent"),
        Definition(_gap, "g", p.residual - _floor, "how far the residual has to fall"),
        Definition(s.mu, r"\mu", _sigma**2 - 4 * p.beta * _gap / _c, "PL* constant above the floor"),
        Definition(p.radius, r"R_\varepsilon", 4 * _gap / (_c * (_sigma + sympy.sqrt(s.mu))), "length of the path"),
    ),
    conditions=(),
    hypotheses=(
        Hypothesis("head", sympy.Gt(_head, 0), "λ_ℓ(K0) > 0", "a smaller ℓ"),
        Hypothesis("tail", sympy.Ge(_tail, 0), "λ' ≥ 0", "a bound of an eigenvalue of K0"),
        Hypothesis("share-positive", sympy.Gt(_share, 0), "ς > 0", "a share in (0, 1)"),
        Hypothesis("share-below-one", sympy.Lt(_share, 1), "ς < 1", "a share in (0, 1)"),
        Hypothesis("path-positive", sympy.Gt(_path, 0), "P > 0", "a positive path length"),
        s.STEP_POSITIVE,
        Hypothesis("step-size", sympy.Gt(_c, 0), "η < 2/(Λ² + βE0): the loss cannot rise", "a smaller step size"),
        Hypothesis("floor-positive", sympy.Gt(_floor, 0), "ē > 0", "a positive bound of the tail"),
        Hypothesis(
            "floor-below-start",
            sympy.Le(_floor, p.residual),
            "ē ≤ E0: there is a floor below the start",
            "another ℓ, or a greater width",
        ),
        Hypothesis(
            "kantorovich",
            sympy.Lt(4 * p.beta * _gap, _c * _sigma**2),
            "β(E0 − ē)/σ² < c/4: the kernel's head outlasts the path",
            "another ℓ, a smaller residual, a smaller step size, or a greater width",
        ),
        Hypothesis(
            "path", sympy.Le(p.radius, _path), "R_ε ≤ P: the path is as short as the floor takes it", "a greater P"
        ),
        Hypothesis(
            "ball",
            sympy.Le(_path + s.eta * sympy.sqrt(p.S) * p.residual, p.ball),
            "P + ηΛE0 ≤ R: the ball on which β and Λ are known contains every step",
            "β and Λ on a larger ball",
        ),
    ),
    constants=(
        Constant("h", 2 * p.beta * _gap / (_c * _sigma**2), "2β(E0 − ē)/(cσ²), to be below ½"),
        Constant("sigma_squared", _sigma**2, "σ² = λ(1 − ς²): what the head of the spectrum gives"),
        Constant("beta", p.beta, "Lipschitz constant of the Jacobian on the ball"),
        Constant("residual", p.residual, "bound of ‖e(0)‖"),
        Constant("loss_floor", _floor**2 / 2, "the loss falls below this"),
        Constant("loss_floor_factor", (_floor / p.residual) ** 2, "the floor as a share of ½E0²"),
        Constant("mu", s.mu, "‖e(k+1)‖² ≤ (1 − cημ)‖e(k)‖² as long as ‖e(k)‖ ≥ ē"),
        Constant("step_factor", _c, "c = 2 − η(Λ² + βE0)"),
        Constant("radius", p.radius, "bound of the path's length until the floor is reached"),
        Constant(
            "steps_to_floor",
            1 + sympy.floor(2 * sympy.log(p.residual / _floor) / -sympy.log(_rate)),
            "after at most so many steps the loss has been below the floor",
        ),
        Constant("step_size", s.eta, "the step size η"),
        Constant(
            "loss_threshold",
            _largest_residual() ** 2 / 2,
            "up to this loss ½‖e‖² (and down to the floor) the theorem speaks at these other numbers",
        ),
    ),
    rate=_rate,
    largest_step=2 / (p.S + p.beta * p.residual),
    conclusion="L(k) ≤ (1 − cημ)^k L(0) until the loss is below ½ē², which it is within the steps named",
    conclusion_relation=sympy.Le(s.Lmin_k, sympy.Max(_floor**2 / 2, _rate**s.k * s.L_0)),
    proof="plstar.md",
)
