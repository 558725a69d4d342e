"""The algebra of relu-width.md: Gaussian moments of the ReLU, the split of the descent inequality."""

import sympy as sp

z = sp.Symbol("z", real=True)
density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
mean = sp.integrate(z * density, (z, 0, sp.oo))
second = sp.integrate(z**2 * density, (z, 0, sp.oo))
r = sp.Symbol("r", positive=True)

inner, a, g2 = sp.symbols("xy a g2", real=True)
eta, mu, start = sp.symbols("eta mu E_0", positive=True)
k = sp.Symbol("k", integer=True, nonnegative=True)
kappa, p = sp.symbols("kappa p", positive=True)
divergence = kappa * sp.log(kappa / p) + (1 - kappa) * sp.log((1 - kappa) / (1 - p))

IDENTITIES = {
    "mean of the ReLU": mean - 1 / sp.sqrt(2 * sp.pi),
    "variance of the ReLU": second - mean**2 - (sp.Rational(1, 2) - 1 / (2 * sp.pi)),
    "margin probability": sp.integrate(density, (z, -r, r)) - sp.erf(r / sp.sqrt(2)),
    "split of the descent inequality": (inner - a * g2) - ((1 - a) * inner + a * (inner - g2)),
    "geometric path": sp.summation((1 - eta * mu) ** k, (k, 0, 5)) * eta * mu - (1 - (1 - eta * mu) ** 6),
    "divergence vanishes at the mean": divergence.subs(kappa, p),
    "divergence's slope vanishes at the mean": sp.diff(divergence, kappa).subs(kappa, p),
    "divergence is convex": sp.diff(divergence, kappa, 2) - 1 / (kappa * (1 - kappa)),
}
