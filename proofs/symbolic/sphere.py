"""The eigenvalues of sphere.md against their definition, by integration, in odd dimensions (polynomial weights)."""

import sympy as sp

t = sp.Symbol("t", real=True)


def moment(power: int) -> sp.Expr:
    """``∫_{-1}^{1} t^power (π − arccos t) dt``, by parts: the derivative of ``π − arccos t`` is ``1/√(1−t²)``."""
    k = power + 1
    even = sp.pi * sp.binomial(k, k // 2) / 2**k if k % 2 == 0 else sp.Integer(0)  # ∫ t^k/√(1−t²)
    return sp.pi / k - even / k


def polynomial(d: int, k: int) -> sp.Expr:
    """Legendre's polynomial of degree k in dimension d, 1 at t = 1."""
    if d == 3:
        return sp.legendre(k, t)
    gegenbauer = sp.gegenbauer(k, sp.Rational(d - 2, 2), t)
    return gegenbauer / gegenbauer.subs(t, 1)


def by_integration(d: int, k: int) -> sp.Expr:
    """``E[κ(t)P_k(t)]``, κ(t) = t(π − arccos t)/(2π)."""
    omega = sp.gamma(sp.Rational(d, 2)) / (sp.sqrt(sp.pi) * sp.gamma(sp.Rational(d - 1, 2)))
    weight = (1 - t**2) ** ((d - 3) // 2)
    terms = sp.Poly(sp.expand(t * polynomial(d, k) * weight), t).terms()
    return omega * sum(c * moment(power) for (power,), c in terms) / (2 * sp.pi)


def step(d: int, k: int) -> sp.Expr:
    """``E[1{t > 0}P_k(t)]`` as in sphere.md."""
    if k == 0:
        return sp.Rational(1, 2)
    if k % 2 == 0:
        return sp.Integer(0)
    i, half = (k - 1) // 2, sp.Rational(d - 1, 2)
    front = sp.gamma(sp.Rational(d, 2)) / (sp.sqrt(sp.pi) * 2**k * sp.gamma(k + half))
    return front * sp.factorial(k - 1) * (-1) ** i * sp.binomial(k + half - 1, i)


def closed(d: int, k: int) -> sp.Expr:
    """Step 3 of sphere.md."""
    if k == 0:
        return step(d, 1) ** 2
    return ((k + d - 2) * step(d, k + 1) ** 2 + k * step(d, k - 1) ** 2) / (2 * k + d - 2)


def recurrence(d: int, k: int) -> sp.Expr:
    """``tP_k`` in terms of its neighbours."""
    rest = (k + d - 2) * polynomial(d, k + 1) + k * polynomial(d, k - 1)
    return t * polynomial(d, k) - rest / (2 * k + d - 2)


IDENTITIES = {
    **{f"eigenvalue, d = {d}, degree {k}": by_integration(d, k) - closed(d, k) for d in (3, 5, 7) for k in range(7)},
    **{f"neighbours, d = {d}, degree {k}": recurrence(d, k) for d in (3, 4, 6) for k in (1, 2, 3)},
    "degree 1 in every odd dimension to 11": sum(closed(d, 1) - sp.Rational(1, 4 * d) for d in (3, 5, 7, 9, 11)),
    "moment of power 2, by sympy's own integration": sp.integrate(t**2 * (sp.pi - sp.acos(t)), (t, -1, 1)) - moment(2),
    "moment of power 1, by sympy's own integration": sp.integrate(t * (sp.pi - sp.acos(t)), (t, -1, 1)) - moment(1),
}
