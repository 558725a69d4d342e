"""The algebra of du2019.md: how the constants come about."""

import sympy as sp

n, lambda0, delta, eta, Y, m = sp.symbols("n lambda_0 delta eta Y m", positive=True)
residual = 3 * (Y**2 + n / 2) / delta
flow_radius = sp.sqrt(2 * sp.pi) * delta * lambda0 / (48 * n**2)
descent_radius = sp.sqrt(2 * sp.pi) * delta * lambda0 / (48 * (n**2 + n ** sp.Rational(3, 2)))

hoeffding_width = 8 * n**2 * sp.log(6 * n**2 / delta) / lambda0**2
deviation = sp.sqrt(sp.log(6 * n**2 / delta) / (2 * m))

factor = (
    1
    - eta * lambda0
    + 12 * eta * (n**2 + n ** sp.Rational(3, 2)) * descent_radius / (sp.sqrt(2 * sp.pi) * delta)
    + eta**2 * n**2
)

IDENTITIES = {
    "Hoeffding's failure probability": 2 * sp.exp(-2 * m * deviation**2) - delta / (3 * n**2),
    "entries to norm": sp.expand_log((n * deviation) ** 2).subs(m, hoeffding_width) - (lambda0 / 4) ** 2,
    "flow: the kernel moves by λ0/4": 12 * n**2 * flow_radius / (sp.sqrt(2 * sp.pi) * delta) - lambda0 / 4,
    "flow: width": 4 * n * residual / (lambda0**2 * flow_radius**2)
    - 4 * 48**2 * 3 / (2 * sp.pi) * n**5 * (Y**2 + n / 2) / (lambda0**4 * delta**3),
    "descent: width": 16 * n * residual / (lambda0**2 * descent_radius**2)
    - 16
    * 48**2
    * 3
    / (2 * sp.pi)
    * n
    * (n**2 + n ** sp.Rational(3, 2)) ** 2
    * (Y**2 + n / 2)
    / (lambda0**4 * delta**3),
    "descent: the step's factor at the largest step": factor.subs(eta, lambda0 / (4 * n**2))
    - (1 - lambda0**2 / (8 * n**2)),
    "descent: movement": sp.sqrt(n / m) * eta * 2 / (eta * lambda0 / 2) - 4 * sp.sqrt(n) / (sp.sqrt(m) * lambda0),
}
