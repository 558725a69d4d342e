"""The algebra of smooth-width.md: Lemma L, the majorant q, the relaxation of q_X, erf."""

import sympy as sp

x, g, sigma, tau, s = sp.symbols("x g sigma tau s", positive=True)
E0, sigma0, beta, rho, step = sp.symbols("E_0 sigma_0 beta rho Delta", positive=True)
ratio, dim = sp.symbols("s_relax d", positive=True)
z = sp.Symbol("z", real=True)
S, T, c = sp.symbols("S T c", real=True)

# ‖Ke‖² at the largest value that (K − σ²)(K − τ⁻¹) ⪯ 0 allows
square = (sigma**2 + 1 / tau) * g**2 - sigma**2 / tau * x**2
lemma = x**2 - 2 * tau * g**2 + tau**2 * square - (x - tau * sigma * g) ** 2
shorter = x**2 - 2 * s * tau * g**2 + (s * tau) ** 2 * square - (x - s * tau * sigma * g) ** 2

mu = sigma0**2 - 2 * beta * E0
radius = 2 * E0 / (sigma0 + sp.sqrt(mu))


def q(path: sp.Expr) -> sp.Expr:
    """The majorant of the residual after a path of this length."""
    return E0 - sigma0 * path + beta * path**2 / 2


rest = radius - rho
exponent = sp.Symbol("epsilon", positive=True)
psi = exponent + (1 - exponent) * sp.log(1 - exponent)
curvature = sp.diff(sp.erf(z), z, 2)

IDENTITIES = {
    "lemma L": lemma + tau * (g - sigma * x) ** 2,
    "lemma L, shorter step": shorter + s * tau * ((g - sigma * x) ** 2 + (1 - s) * (g**2 - sigma**2 * x**2)),
    "q vanishes at R*": q(radius),
    "slope at R*": (sigma0 - beta * radius) ** 2 - mu,
    "telescoping": q(rho) - (sigma0 - beta * rho) * step + beta * step**2 / 2 - q(rho + step),
    "remaining path": (sigma0 - beta * rho) * rest - beta * rest**2 / 2 - q(rho),
    "one step's rate": (sigma0 - beta * rho)
    - beta * step / 2
    - ((sigma0 - beta * rho) + (sigma0 - beta * (rho + step))) / 2,
    "attained: best value of the quadratic": (sigma0 * z - beta * z**2 / 2).subs(z, sigma0 / beta)
    - sigma0**2 / (2 * beta),
    "psi is convex": sp.diff(psi, exponent, 2) - 1 / (1 - exponent),
    "psi starts flat": sp.diff(psi, exponent).subs(exponent, 0),
    "Tropp's bound in this form": sp.exp(-psi) - sp.exp(-exponent) / (1 - exponent) ** (1 - exponent),
    "inverse of 1 − s⟨I,·⟩I on I": (1 - ratio * dim) * (1 + ratio * dim / (1 - ratio * dim)) - 1,
    "erf: critical points of φ''": sp.diff(curvature, z).subs(z, 1 / sp.sqrt(2)),
    "erf: B2": curvature.subs(z, 1 / sp.sqrt(2)) + sp.sqrt(8 / (sp.pi * sp.E)),
    "erf: kernel determinant": sp.det(sp.eye(2) + 2 * sp.Matrix([[S, c], [c, T]]))
    - ((1 + 2 * S) * (1 + 2 * T) - 4 * c**2),
}
