"""B1 = sup|φ'|, B2 = sup|φ''| of each activation: exact expressions, and squares that show it is the most."""

import sympy as sp

z = sp.Symbol("z", real=True)
s = sp.Symbol("s", real=True)  # a value of the activation, its square, or a share of it
tanh, logistic = sp.tanh(z), 1 / (1 + sp.exp(-z))
B2 = {"tanh": 4 * sp.sqrt(3) / 9, "sigmoid": sp.sqrt(3) / 18, "softplus": sp.Rational(1, 4)}
erf2 = sp.sqrt(8 / (sp.pi * sp.E))
third = sp.Rational(1, 3)

IDENTITIES = {
    # φ'² and φ''² as functions of s = tanh²: B1² − φ'² and B2² − φ''² are squares times what is not negative on [0, 1]
    "tanh: φ' = 1 − φ²": sp.diff(tanh, z) - (1 - tanh**2),
    "tanh: φ'' = −2φ(1 − φ²)": sp.diff(tanh, z, 2) + 2 * tanh * (1 - tanh**2),
    "tanh: B2² − φ''² = 4(s − 1/3)²(4/3 − s)": B2["tanh"] ** 2
    - 4 * s * (1 - s) ** 2
    - 4 * (s - third) ** 2 * (4 * third - s),
    "tanh: attained at s = 1/3": 4 * third * (1 - third) ** 2 - B2["tanh"] ** 2,
    "sigmoid: φ' = φ(1 − φ)": sp.diff(logistic, z) - logistic * (1 - logistic),
    "sigmoid: B1 − φ' = (φ − 1/2)²": sp.Rational(1, 4) - s * (1 - s) - (s - sp.Rational(1, 2)) ** 2,
    "sigmoid: φ'' = φ(1 − φ)(1 − 2φ)": sp.diff(logistic, z, 2) - logistic * (1 - logistic) * (1 - 2 * logistic),
    "sigmoid: φ(1 − φ) = (1 − w)/4, w = (1 − 2φ)²": s * (1 - s) - (1 - (1 - 2 * s) ** 2) / 4,
    "sigmoid: B2² − φ''² = (w − 1/3)²(4/3 − w)/16": B2["sigmoid"] ** 2
    - s * (1 - s) ** 2 / 16
    - (s - third) ** 2 * (4 * third - s) / 16,
    "softplus: φ' is the logistic function": sp.diff(sp.log(1 + sp.exp(z)), z) - logistic,
    "softplus: B2 − φ'' = (σ − 1/2)²": B2["softplus"] - s * (1 - s) - (s - sp.Rational(1, 2)) ** 2,
    "erf: φ'' = −2zφ'": sp.diff(sp.erf(z), z, 2) + 2 * z * sp.diff(sp.erf(z), z),
    "erf: (ln φ''²)' vanishes where 2z² = 1 alone": sp.diff(sp.log(z**2 * sp.exp(-2 * z**2)), z)
    - 2 * (1 - 2 * z**2) / z,
    "erf: attained there": sp.diff(sp.erf(z), z, 2).subs(z, 1 / sp.sqrt(2)) + erf2,
    "erf: B1 at 0": sp.diff(sp.erf(z), z).subs(z, 0) - 2 / sp.sqrt(sp.pi),
}
