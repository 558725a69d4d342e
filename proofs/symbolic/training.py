"""The algebra of the theorems about training: larger steps, two trained layers, batches, depth, geometry."""

from itertools import combinations, product

import sympy as sp

E0, sigma0, beta, c, J0, rho = sp.symbols("E_0 sigma_0 beta c J_0 rho", positive=True)
p, s, x, y, omega, d1, c2 = sp.symbols("p s x y omega d c_2", positive=True)
eta, mu, S, c1, kappa2 = sp.symbols("eta mu S c_1 kappa_2", positive=True)

# larger steps: ‖e‖ ≤ E0 − (c/2)(σ0ρ − βρ²/2), which vanishes at R*
root = sp.sqrt(sigma0**2 - 4 * beta * E0 / c)
radius = (sigma0 - root) / beta


def left(path: sp.Expr) -> sp.Expr:
    """What the residual is below after a path of this length."""
    return E0 - c / 2 * (sigma0 * path - beta * path**2 / 2)


# two trained layers: (px + sy)² + s²x² over the unit circle; the largest eigenvalue of its matrix
two = ((p + sp.sqrt(p**2 + 4 * s**2)) / 2) ** 2
quadratic = sp.Matrix([[p**2 + s**2, p * s], [p * s, s**2]])

# deep networks: ω c_2 x² + 2 d x y over the unit circle
deep = (omega * c2 + sp.sqrt(omega**2 * c2**2 + 4 * d1**2)) / 2

# mini-batches: n samples, batch b; ĝ = (n/b)Σ v_i over the batch, v_i = e_i∇F_i as numbers
n, size = 4, 3
v = sp.symbols("v_0:4", real=True)
total, squares = sum(v), sum(a**2 for a in v)


def mean(batches: list[tuple[int, ...]]) -> sp.Expr:
    """``E ĝ²`` over equally likely batches."""
    return sum((sp.Rational(n, size) * sum(v[i] for i in batch)) ** 2 for batch in batches) / len(batches)


theta = sp.Rational(n - size, size * (n - 1))
Q = 1 - 2 * eta * mu + eta**2 * S * (c1 * mu + c2 * kappa2)
best = mu / (S * (c1 * mu + c2 * kappa2))

# distance of the nearest solution: J0ρ + βρ²/2 = E0
nearest = (-J0 + sp.sqrt(J0**2 + 2 * beta * E0)) / beta

# orthogonal training: tangents p_i q_iᵀ − q_i p_iᵀ
P, Qv, P2, Q2 = (sp.Matrix(sp.symbols(f"{name}_0:3", real=True)) for name in ("p", "q", "r", "s"))
skew, skew2 = P * Qv.T - Qv * P.T, P2 * Q2.T - Q2 * P2.T
na, nb, inner = sp.symbols("n_a n_b inner", positive=True)

IDENTITIES = {
    "larger steps: the bound vanishes at R*": left(radius),
    "larger steps: stable form of R*": radius - (4 * E0 / c) / (sigma0 + root),
    "larger steps: slope at R*": (sigma0 - beta * radius) ** 2 - (sigma0**2 - 4 * beta * E0 / c),
    "larger steps: c → 2 is the main theorem's": radius.subs(c, 2)
    - (sigma0 - sp.sqrt(sigma0**2 - 2 * beta * E0)) / beta,
    "two layers: the form": (p * x + s * y) ** 2
    + s**2 * x**2
    - (sp.Matrix([[x, y]]) * quadratic * sp.Matrix([x, y]))[0],
    "two layers: an eigenvalue": (quadratic - two * sp.eye(2)).det(),
    "two layers: the larger one, as the other is their product by it": quadratic.det() - s**4,
    "deep: an eigenvalue": (sp.Matrix([[omega * c2, d1], [d1, 0]]) - deep * sp.eye(2)).det(),
    "deep: the other one is negative": sp.Matrix([[omega * c2, d1], [d1, 0]]).det() + d1**2,
    "batches with replacement": mean(list(product(range(n), repeat=size)))
    - ((1 - sp.Rational(1, size)) * total**2 + sp.Rational(n, size) * squares),
    "batches without replacement": mean(list(combinations(range(n), size)))
    - ((1 - theta) * total**2 + n * theta * squares),
    "batches: the best step's factor": Q.subs(eta, best) - (1 - best * mu),
    "nearest solution": J0 * nearest + beta * nearest**2 / 2 - E0,
    "nearest solution, stable form": nearest - 2 * E0 / (J0 + sp.sqrt(J0**2 + 2 * beta * E0)),
    "orthogonal training: kernel": (skew.T * skew2).trace() / 2 - (P.dot(P2) * Qv.dot(Q2) - P.dot(Q2) * P2.dot(Qv)),
    "unit vectors: distance after normalising": (2 - 2 * inner / (na * nb))
    - ((na**2 + nb**2 - 2 * inner) - (na - nb) ** 2) / (na * nb),
}
