"""Su and Yang's operator on the sphere: eigenvalues by quadrature, their trace, and what is never learned."""

import mpmath
import pytest

from certify.arithmetic.balls import precision
from certify.symbolic.sphere import multiplicity, sphere_eigenvalue
from certify.theorems import check


def by_quadrature(d, k):
    with mpmath.workdps(30):
        omega = mpmath.gamma(mpmath.mpf(d) / 2) / (mpmath.sqrt(mpmath.pi) * mpmath.gamma(mpmath.mpf(d - 1) / 2))
        half = mpmath.mpf(d - 2) / 2
        if d == 2:
            legendre = lambda t: mpmath.chebyt(k, t)  # noqa: E731
        else:
            legendre = lambda t: mpmath.gegenbauer(k, half, t) / mpmath.gegenbauer(k, half, 1)  # noqa: E731

        def integrand(angle):
            t = mpmath.cos(angle)
            return t * (mpmath.pi - angle) / (2 * mpmath.pi) * legendre(t) * mpmath.sin(angle) ** (d - 2)

        return omega * mpmath.quad(integrand, mpmath.linspace(0, mpmath.pi, 9))


@pytest.mark.parametrize("d", [2, 3, 4, 10, 33])
def test_eigenvalues_agree_with_quadrature(d):
    for k in (0, 1, 2, 3, 4, 5, 6, 10):
        with precision(128):
            value = sphere_eigenvalue(d, k)
            close = mpmath.mpf(value.mid().str(30, radius=False))
        assert abs(close - by_quadrature(d, k)) < mpmath.mpf("1e-15")
        assert (k % 2 == 1 and k >= 3) == bool(value == 0)


@pytest.mark.parametrize("d", [3, 5, 8])
def test_trace_is_the_diagonal(d):
    with precision(128):
        total = sum(multiplicity(d, k) * float(sphere_eigenvalue(d, k).mid()) for k in range(400))
    assert 0.5 - 0.02 < total < 0.5


def test_multiplicities():
    assert [multiplicity(3, k) for k in range(5)] == [1, 3, 5, 7, 9]
    assert [multiplicity(4, k) for k in range(4)] == [1, 4, 9, 16] and multiplicity(2, 7) == 2


def test_verdicts():
    result = check("suyang2019", {"d": 10, "degree": 2})
    assert result.verdict == "proved"
    least = result.constants["lambda_least"]
    assert least.lower <= float(min(by_quadrature(10, k) for k in (0, 1, 2))) <= least.upper * (1 + 1e-14)
    refused = check("suyang2019", {"d": 10, "degree": 3})
    assert refused.verdict == "refuted" and "never learned" in refused.would_decide[0]
    assert check("suyang2019", {"d": 10, "degree": 1}).verdict == "proved"
    assert check("suyang2019", {"d": 1, "degree": 2}).verdict != "proved"
    assert check("suyang2019", {"d": 10, "degree": "1/2"}).verdict == "undecided"
