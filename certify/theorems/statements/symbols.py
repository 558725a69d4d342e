"""The symbols the theorems share, each with the bound of the true quantity it stands for."""

from __future__ import annotations

import sympy

from certify.theorems.statements.model import Definition, Hypothesis, Quantity, Role, Side


def real(name: str) -> sympy.Symbol:
    """A real number's symbol."""
    return sympy.Symbol(name, real=True)


n, d, m, N = map(real, ("n", "d", "m", "N"))
lambda0, S, Y = map(real, ("lambda0", "norm_x_squared", "norm_y"))
A, Q, T = map(real, ("gram_abs", "q_x_squared", "trace_gram"))
delta, alpha, theta, eta = map(real, ("delta", "alpha", "min_rate", "eta"))
eps, delta1, delta3, r, kappa = map(real, ("eps", "delta1", "delta3", "r", "kappa"))
B0, B1, B2 = map(real, ("B0", "B1", "B2"))
lam, E0, mu, delta2 = map(real, ("lambda", "E0", "mu", "delta2"))
L_k, L_0, L_t, k, t = map(real, ("L_k", "L_0", "L_t", "k", "t"))
#: The expected loss at step k, counted only where no iterate up to k has left the ball.
EL_k = real("EL_k")
#: The least loss up to step k.
Lmin_k = real("Lmin_k")

SAMPLES = Quantity(n, "n", "number of samples", Role.DATA, source="n")
LAMBDA0 = Quantity(
    lambda0,
    r"\lambda_0",
    "a number 0 < λ0 ≤ λ_min(K∞)",
    Role.DATA,
    Side.LOWER,
    "lambda_min",
    bound=r"\lambda_0 \leq \lambda_{\min}(K_\infty)",
)
NORM_X = Quantity(
    S,
    r"S",
    "a number S ≥ ‖X‖² = λ_max(XXᵀ)",
    Role.DATA,
    Side.UPPER,
    "norm_x_squared",
    bound=r"S \geq \|X\|^2",
)
NORM_Y = Quantity(Y, r"Y", "a number Y ≥ ‖y‖", Role.DATA, Side.UPPER, "norm_y", bound=r"Y \geq \|y\|")
GRAM_ABS = Quantity(
    A,
    r"A",
    "a number A ≥ λ_max(|G|), |G| the entrywise modulus of G = XXᵀ",
    Role.DATA,
    Side.UPPER,
    "gram_abs",
    bound=r"A \geq \lambda_{\max}(|XX^{\mathsf T}|)",
)
QUARTIC = Quantity(
    Q,
    r"Q",
    "a number Q ≥ q_X² = max{Σ_i (x_i·v)⁴ : ‖v‖ = 1}",
    Role.DATA,
    Side.UPPER,
    "q_x_squared",
    bound=r"Q \geq \max_{\|v\|=1} \sum_i (x_i \cdot v)^4",
)
TRACE = Quantity(
    T,
    r"T",
    "a number T ≥ tr(XXᵀ) = Σ‖x_i‖²",
    Role.DATA,
    Side.UPPER,
    "trace_gram",
    bound=r"T \geq \sum_i \|x_i\|^2",
)
WIDTH = Quantity(m, "m", "width: number of hidden neurons", Role.WIDTH)
DELTA = Quantity(delta, r"\delta", "admitted probability of failure, 0 < δ < 1", Role.REQUEST)
ALPHA = Quantity(alpha, r"\alpha", "output scale of the network, α > 0", Role.REQUEST)
THETA = Quantity(theta, r"\theta", "asked least rate: μ ≥ θ α² λ0", Role.REQUEST, optional=True)
ETA = Quantity(eta, r"\eta", "step size", Role.FREE)
EPS = Quantity(eps, r"\varepsilon", "share of λ0 given up to the random kernel, 0 < ε < 1", Role.FREE)
DELTA1 = Quantity(delta1, r"\delta_1", "share of δ for the kernel at initialisation", Role.FREE)
DELTA3 = Quantity(delta3, r"\delta_3", "share of δ for the initial predictions", Role.FREE)
RADIUS = Quantity(r, "r", "how far one neuron may move", Role.FREE)
KAPPA = Quantity(kappa, r"\kappa", "admitted fraction of neurons that change sign on one sample", Role.FREE)

PAIRS = Definition(N, "N", m / 2, "number of distinct neurons: each is there twice, with opposite signs")
DISTINCT = Definition(N, "N", m, "number of distinct neurons")

CHERNOFF_RATE = eps + (1 - eps) * sympy.log(1 - eps)


def concentration(slope_bound: sympy.Expr, budget: sympy.Expr) -> Hypothesis:
    """Matrix Chernoff: λ_min(K(w0)) > (1−ε)α²λ0 but with probability ≤ ``budget``."""
    return Hypothesis(
        "concentration",
        sympy.Le(n * sympy.exp(-(N * lambda0 / (slope_bound**2 * S)) * CHERNOFF_RATE), budget),
        "the kernel at initialisation keeps the share 1 − ε of λ0 (Tropp 2012, Theorem 1.1)",
        "a greater width or a greater delta",
    )


POSITIVE = Hypothesis(
    "positive",
    sympy.Gt(lambda0, 0),
    "the infinite-width kernel of the data is positive definite",
    "a positive lower bound of the kernel's smallest eigenvalue",
)
SHARE_POSITIVE = Hypothesis("share-positive", sympy.Gt(eps, 0), "ε > 0", "a free parameter ε in (0, 1)")
SHARE_BELOW_ONE = Hypothesis("share-below-one", sympy.Lt(eps, 1), "ε < 1", "a free parameter ε in (0, 1)")
STEP_POSITIVE = Hypothesis("step-positive", sympy.Gt(eta, 0), "the step size is positive", "a positive step size")


def min_rate(contraction: sympy.Expr, remedy: str = "a greater width or a smaller --min-rate") -> Hypothesis:
    """The asked least rate (only with ``min_rate`` given)."""
    return Hypothesis(
        "min-rate",
        sympy.Ge(contraction, theta * alpha**2 * lambda0),
        "the asked least rate is met (if one is asked)",
        remedy,
    )


SETTING = (
    "Data x_1..x_n ∈ R^d (rows of X, none zero), targets y ∈ R^n. Two-layer network "
    "F_i(W) = (α/√m) Σ_r a_r φ(w_r·x_i), |a_r| = 1, only the first layer is trained; residual "
    "e = F(W) − y, loss L = ½‖e‖², gradient descent W(k+1) = W(k) − η∇L(W(k))."
)
GAUSSIAN = "the initial weights w_r(0) are independent and exactly N(0, I_d) distributed"
EXACT_ARITHMETIC = "gradient descent is carried out in exact real arithmetic"
PAIRED = (
    "paired initialisation: m is even, neurons r and r + m/2 start with the same w_r and opposite a_r = ±1, "
    "the m/2 distinct w_r are independent of each other and of the signs"
)
SCALE = Hypothesis("scale", sympy.Gt(alpha, 0), "the output scale is positive", "a positive --alpha")
