"""The algebra of plsmooth.md: the inequality between two points, and the closed form without auxiliary points."""

import sympy as sp

mu, L, ell, eta = sp.symbols("mu L ell eta", positive=True)
hp, hq, Hp, Hq, d, M = sp.symbols("h_p h_q H_p H_q d M", positive=True)  # values and gradients of h on a line

# h(q) + H_q (z − q) ≤ h(z) ≤ h(p) + H_p (z − p) + M/2 (z − p)² at z = p − (H_p − H_q)/M, d = p − q
u = Hp - Hq
lower = hq + Hq * (d - u / M)
upper = hp - Hp * u / M + u**2 / (2 * M)

# the same written for f = h − ½ℓ x², with p = q + d
fp, fq, gp, gq, q = sp.symbols("f_p f_q g_p g_q q", real=True)
for_h = (
    (fp + ell * (q + d) ** 2 / 2)
    - (fq + ell * q**2 / 2)
    - (gq + ell * q) * d
    - (gp - gq + ell * d) ** 2 / (2 * (L + ell))
)
for_f = fp - fq - gq * d + ell * d**2 / 2 - (gp - gq + ell * d) ** 2 / (2 * (L + ell))

# one step of 1/L, curvature in [−L, L]: values F, and gradients as numbers (a quadratic form is its polynomial)
F0, F1, g0, g1 = sp.symbols("F_0 F_1 g_0 g_1", real=True)
step = g0 / L  # w − w₊
between = F0 - F1 - g1 * step + L * step**2 / 2 - (g0 - g1 + L * step) ** 2 / (4 * L)
total = (
    2 * mu / (2 * L + mu) * (g0**2 / (2 * mu) - F0)
    + 2 * L / (2 * L + mu) * between
    + mu / (2 * L + mu) * (g1**2 / (2 * mu) - F1)
)


IDENTITIES = {
    "I(p, q): the two sides at z": (upper - lower) - (hp - hq - Hq * d - u**2 / (2 * M)),
    "I(p, q): from h to f": for_h - for_f,
    "closed form: (2L − 2μ)/(2L + μ), and nothing remains of the gradients": total
    - ((2 * L - 2 * mu) / (2 * L + mu) * F0 - F1),
    "I(p, q) of a quadratic of the largest curvature is an equality": for_f.subs(
        {fp: L * (q + d) ** 2 / 2, fq: L * q**2 / 2, gp: L * (q + d), gq: L * q}
    ),
    "I(p, q) of a quadratic of the least curvature is an equality": for_f.subs(
        {fp: -ell * (q + d) ** 2 / 2, fq: -ell * q**2 / 2, gp: -ell * (q + d), gq: -ell * q}
    ),
    "square root of two from above": sp.Rational(99, 70) ** 2 - 2 - sp.Rational(1, 4900),
}
