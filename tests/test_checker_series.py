"""The checker's expansions of kernels without a closed form, against integrals by other means; and certificates."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from scipy.integrate import dblquad
from tampering import put, rehash

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.facts import entries_of, family_of
from certify.certificates.checker.report import NotCheckable
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.series import expansion, series_family
from certify.data import Dataset
from certify.workflows import DatasetRequest, certify_dataset

#: φ' as complex balls, by formulas other than the library's.
SLOPES = {
    "tanh": lambda z: 1 / z.cosh() ** 2,
    "sigmoid": lambda z: 1 / (4 * (z / 2).cosh() ** 2),
    "softplus": lambda z: z.exp() / (1 + z.exp()),
    "silu": lambda z: z.exp() / (1 + z.exp()) + z / (4 * (z / 2).cosh() ** 2),
    "gelu": lambda z: (1 + (z / arb(2).sqrt()).erf()) / 2 + z * (-z * z / 2).exp() / (2 * flint.arb.pi()).sqrt(),
}


@pytest.mark.parametrize("activation", SLOPES)
@pytest.mark.parametrize("square", [Fraction(1), Fraction(9, 16), Fraction(4)])
def test_coefficients_against_adaptive_integration(activation: str, square: Fraction) -> None:
    """Arb's own adaptive rule (Petras) on the same integrals; what it leaves out beyond ±16 is below 2^-180."""
    found = expansion(activation, square)
    slope = SLOPES[activation]
    with precision(192):
        length = arb(square).sqrt()

        def integral(k: int, squared: bool = False) -> flint.arb:
            def density(z: Any, analytic: Any) -> Any:
                value = slope(z * length)
                a, b = flint.acb(0), flint.acb(1)
                for j in range(k):
                    a, b = b, (z * b - arb(j).sqrt() * a) / arb(j + 1).sqrt()
                gauss = (-z * z / 2).exp() / (2 * flint.arb.pi()).sqrt()
                return (value * value if squared else value * b) * gauss

            whole = flint.acb.integral(density, -16, 16, rel_tol=arb(2) ** -110, abs_tol=arb(2) ** -110)
            return whole.real + flint.arb(0, 1e-30)

        assert found.square.overlaps(integral(0, squared=True)) and float(found.square.rad()) < 1e-20
        for k in (0, 1, 2, 7, 24):
            assert found.coefficients[k].overlaps(integral(k))
            assert float(found.coefficients[k].rad()) < 1e-22
        rest = found.square - sum((a * a for a in found.coefficients), arb(0))
        assert bool(found.rest >= rest.lower()) and found.rest >= 0


@pytest.mark.parametrize("activation", ["tanh", "softplus", "sqrt(1+z**2)"])
@pytest.mark.parametrize("normalized", [True, False])
def test_entries_against_a_double_integral(activation: str, normalized: bool) -> None:
    X = np.array([[1.0, 0.5], [-0.25, 1.0], [-2.0, -1.0], [0.5, 0.25]])
    matrix = entries_of(PlainData.of((X, None)), family_of(activation), normalized).matrix(128)
    rows = X / np.linalg.norm(X, axis=1)[:, None] if normalized else X

    def slope(z: float) -> float:
        return {"tanh": lambda: 1 / np.cosh(z) ** 2, "softplus": lambda: 1 / (1 + np.exp(-z))}.get(
            activation, lambda: z / np.sqrt(1 + z * z)
        )()

    for i in range(4):
        for j in range(i + 1):

            def density(a: float, b: float, i: int = i, j: int = j) -> float:
                w = np.array([a, b])
                return float(slope(w @ rows[i]) * slope(w @ rows[j]) * np.exp(-(a * a + b * b) / 2) / (2 * np.pi))

            expected = rows[i] @ rows[j] * dblquad(density, -8, 8, -8, 8, epsabs=1e-9, epsrel=1e-9)[0]
            assert float(matrix[i, j].mid()) == pytest.approx(expected, abs=2e-7)
            assert float(matrix[i, j].rad()) < 1e-9


@pytest.mark.parametrize(
    ("activation", "coincide"),
    [("tanh", "signs"), ("sigmoid", "signs"), ("softplus", "rows"), ("gelu", "rows"), ("silu", "rows"),
     ("sqrt(1+z**2)", "signs"), ("log(1+exp(z))", "rows"), ("tanh(z-1)", "rows")],
)  # fmt: skip
def test_which_rows_have_parallel_gradients(activation: str, coincide: str) -> None:
    """φ' is even or odd for tanh and the sigmoid; for the softplus the rows x and −x are different."""
    family = series_family(activation)
    assert family is not None and family.coincide == coincide


REQUESTS = [
    ("tanh", True), ("sigmoid", True), ("softplus", True), ("gelu", True), ("silu", True), ("log(1+exp(2*z))", True),
    ("softplus", False),
]  # fmt: skip


def data_for(normalized: bool) -> Dataset:
    stream = np.random.default_rng(4)
    return Dataset(stream.standard_normal((6, 3)) / 2, stream.standard_normal(6), normalized=normalized)


@pytest.mark.parametrize(("activation", "normalized"), REQUESTS)
def test_genuine_certificates_are_confirmed_and_forged_ones_are_not(activation: str, normalized: bool) -> None:
    data = data_for(normalized)
    document = certify_dataset(data, DatasetRequest(activation=activation, threads=1)).certificate.to_json()
    report = check_certificate(document, data)
    assert [claim for claim in report.claims if claim.status is not Status.CONFIRMED] == []
    for name in ("lambda_min", "lambda_max"):
        ends = document["bounds"][name]
        for past in (
            {"lower": ends["upper"] * (1 + 1e-9), "upper": 2 * ends["upper"]},
            {"lower": 0.0, "upper": ends["lower"] * (1 - 1e-9)},
        ):
            forged = copy.deepcopy(document)
            put(f"bounds/{name}", past)(forged)
            assert check_certificate(rehash(forged), data).status is Status.NOT_CONFIRMED
    other = {"tanh": "sigmoid", "softplus": "silu"}.get(activation, "softplus")
    forged = copy.deepcopy(document)
    forged["kernel"]["activation"] = forged["request"]["activation"] = other
    assert check_certificate(rehash(forged), data).status is Status.NOT_CONFIRMED


def test_opposite_rows() -> None:
    """One tanh row of a pair ±x is superfluous; the softplus keeps both apart."""
    X = data_for(False).X[:4]
    data = Dataset(np.vstack([X, -X[:1]]), normalized=True)
    for activation, verdict in (("tanh", "refuted"), ("softplus", "proved")):
        document = certify_dataset(data, DatasetRequest(activation=activation, threads=1)).certificate.to_json()
        assert document["definite"]["verdict"] == verdict
        report = check_certificate(document, data)
        assert report.claim("definite").status is Status.CONFIRMED
        other = "refuted" if verdict == "proved" else "proved"
        document["definite"]["verdict"] = other
        assert check_certificate(rehash(document), data).claim("definite").status is not Status.CONFIRMED


def test_what_cannot_be_expanded_is_not_checkable() -> None:
    stream = np.random.default_rng(0)
    data = PlainData.of((stream.standard_normal((60, 3)), None))
    with pytest.raises(NotCheckable, match="lengths"):
        entries_of(data, family_of("tanh"), False).matrix(128)
    with pytest.raises(NotCheckable, match=r"long|singularities"):
        expansion("tanh", Fraction(10**9))


def test_bounds_beyond_the_expansions_are_not_checkable() -> None:
    """Rows so long that 512 terms leave a rest: nothing is confirmed, and nothing called false."""
    data = Dataset(4.0 * np.eye(3) + 3.0, np.ones(3))
    report = check_certificate(certify_dataset(data, DatasetRequest(activation="tanh", threads=1)).certificate, data)
    assert not report.of(Status.NOT_CONFIRMED)
