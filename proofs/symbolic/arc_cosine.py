"""The kernels of step and ReLU from the Gaussian integral, in the plane of two unit vectors at the angle theta.

A standard Gaussian vector projected to that plane has polar coordinates (r, p) of density ``r exp(-r²/2)/(2π)``. With
the first vector at the angle 0 and the second at theta in (0, π), both inner products are positive for p between
``theta - π/2`` and ``π/2``, where they are ``r cos p`` and ``r cos(p - theta)``.
"""

import sympy as sp

r = sp.Symbol("r", positive=True)
p, theta = sp.symbols("p theta", real=True)
a, t = sp.symbols("a t", real=True)
radial = r * sp.exp(-(r**2) / 2)
between = (p, theta - sp.pi / 2, sp.pi / 2)

both = (sp.pi - theta) / (2 * sp.pi)  # E 1{w·x > 0} 1{w·y > 0}
one = theta / (2 * sp.pi)  # … and of 1{w·x > 0} 1{w·y < 0}
product = (sp.sin(theta) + (sp.pi - theta) * sp.cos(theta)) / (2 * sp.pi)  # E max(0, w·x) max(0, w·y)
of_cosine = (sp.sqrt(1 - t**2) + (sp.pi - sp.acos(t)) * t) / (2 * sp.pi)

IDENTITIES = {
    "radial part": sp.integrate(radial, (r, 0, sp.oo)) - 1,
    "step: the share of half planes with both": sp.integrate(1, between) / (2 * sp.pi) - both,
    "all four quadrants": 2 * both + 2 * one - 1,
    "leaky slopes 1 and a": (both + 2 * a * one + a**2 * both) - ((1 - a) ** 2 * both + a),
    "radial part, second moment": sp.integrate(radial * r**2, (r, 0, sp.oo)) - 2,
    "ReLU: the degree-one kernel": 2 * sp.integrate(sp.cos(p) * sp.cos(p - theta), between) / (2 * sp.pi) - product,
    "its derivative in the cosine is the step's kernel": sp.diff(of_cosine, t) - (sp.pi - sp.acos(t)) / (2 * sp.pi),
    "a row with itself": (t * (sp.pi - sp.acos(t)) / (2 * sp.pi)).subs(t, 1) - sp.Rational(1, 2),
    "a row with its opposite": (t * (sp.pi - sp.acos(t)) / (2 * sp.pi)).subs(t, -1),
    "half the chord of unit vectors is the sine of half the angle": (2 - 2 * sp.cos(theta)) / 4
    - sp.sin(theta / 2) ** 2,
}
