"""Eigenspaces and functionals of the spectrum, against spectra that are known exactly."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from exact_spectra import cayley, planted, symmetric
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.workers import workers
from certify.spectrum.decomposition import all_eigenvalues, enclose_eigenvalues
from certify.spectrum.functionals import (
    condition_number,
    log_determinant,
    log_determinant_by_factor,
    quadratic_form,
    trace_of_inverse,
)
from certify.spectrum.subspace import eigenspace, projection_norm, projection_norms


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 6), st.integers(0, 2**31))
def test_projections_onto_exact_eigenspaces(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    spectrum = sorted(Fraction(int(v)) for v in rng.integers(1, 4, n))
    Q = cayley(n, rng)
    A, _ = planted(spectrum, Q)
    e = rng.integers(-9, 10, n).astype(float)
    with workers(1) as pool:
        found = all_eigenvalues(A, pool)
    assert [c.stop for c in found.clusters] == [n - spectrum[::-1].index(v) for v in dict.fromkeys(spectrum)]
    for cluster, low, high in projection_norms(found, e):
        columns = range(cluster.start, cluster.stop)
        truth = sum((sum((Q[i][j] * Fraction(e[i]) for i in range(n)), Fraction(0)) ** 2 for j in columns), Fraction(0))
        assert Fraction(low) ** 2 <= truth <= Fraction(high) ** 2
        assert high - low <= 1e-10 * (1 + np.linalg.norm(e))


def test_the_angle_is_not_underestimated() -> None:
    """Rotate one exact eigenvector by t towards another: the sine is at least ``sin t``."""
    A = SymmetricEnclosure.from_matrix(np.diag([1.0, 2.0, 5.0]))
    for t in (1e-7, 1e-3, 0.2):
        Q = np.eye(3)
        Q[:2, :2] = [[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]
        with workers(1) as pool:
            found = enclose_eigenvalues(A, np.array([1.0, 2.0, 5.0]), Q, pool)
        space = eigenspace(found, slice(0, 1))
        assert np.sin(t) * (1 - 1e-12) <= space.sine
        low, high = projection_norm(space, np.array([0.0, 1.0, 0.0]))
        assert low == 0.0 and high >= np.sin(t) - 1e-12
    with pytest.raises(ValueError, match="consecutive"):
        eigenspace(found, slice(2, 2))
    with pytest.raises(ValueError, match="finite vector"):
        projection_norm(space, np.array([np.nan, 0.0, 0.0]))


positive = st.lists(st.fractions(Fraction(1, 10**6), 1000, max_denominator=10**6), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None)
@given(positive, st.integers(0, 2**31))
def test_functionals_of_planted_spectra(spectrum: list[Fraction], seed: int) -> None:
    n = len(spectrum)
    rng = np.random.default_rng(seed)
    A, rationals = planted(spectrum, cayley(n, rng))
    y = rng.integers(-5, 6, n).astype(float)
    with workers(1) as pool:
        found = all_eigenvalues(A, pool)
        low = float(found.lower[0])
        if low <= 0:  # a spectrum of ratio 10^9 and more, whose radii are larger than its smallest member
            return
        factor = log_determinant_by_factor(A, low, pool)
        form = quadratic_form(A, y, low, pool).enclosure
    matrix = flint.fmpq_mat([[flint.fmpq(v.numerator, v.denominator) for v in row] for row in rationals])
    column = flint.fmpq_mat([[flint.fmpq(int(v))] for v in y])
    with precision(300):
        logs = sum((arb(v).log() for v in spectrum), arb(0))
        bounds = {
            "log": (log_determinant(found), logs),
            "factor": (factor, logs),
            "trace": (trace_of_inverse(found), arb(sum((1 / v for v in spectrum), Fraction(0)))),
            "condition": (
                condition_number(found.enclosure(0), found.enclosure(-1)),
                arb(max(spectrum) / min(spectrum)),
            ),
            "form": (form, arb((column.transpose() * matrix.inv() * column)[0, 0])),
        }
        for name, (bound, truth) in bounds.items():
            assert (bound.lower is not None and bound.upper is not None) or name == "factor", name
            if bound.lower is not None and bound.upper is not None:
                inside = arb(bound.lower) <= truth <= arb(bound.upper)
                assert inside or truth.overlaps(arb(bound.lower)) or truth.overlaps(arb(bound.upper)), name


def test_functionals_are_tight_on_well_conditioned_data() -> None:
    rng = np.random.default_rng(8)
    n = 300
    half = rng.standard_normal((n, 3 * n))
    A = SymmetricEnclosure.from_matrix(symmetric(half @ half.T))
    with workers(2) as pool:
        found = all_eigenvalues(A, pool)
        low = float(found.lower[0])
        bounds = (
            log_determinant(found),
            log_determinant_by_factor(A, low, pool),
            trace_of_inverse(found),
            quadratic_form(A, rng.standard_normal((n, 2)), low, pool).enclosure,
        )
    assert bounds[0].lower is not None and bounds[1].lower is not None and bounds[1].upper is not None
    assert bounds[1].lower <= bounds[0].lower <= bounds[1].upper
    for bound in bounds:
        assert bound.lower is not None and bound.upper is not None
        assert bound.upper - bound.lower <= 1e-10 * abs(bound.lower)


def test_quadratic_forms_of_every_member_and_at_other_scales() -> None:
    rng = np.random.default_rng(4)
    n = 8
    half = rng.standard_normal((n, n))
    matrix, radius = symmetric(half @ half.T) + np.eye(n), np.full((n, n), 1e-6)
    y = rng.standard_normal(n)
    A = SymmetricEnclosure.from_matrix(matrix, radius)
    with workers(1) as pool:
        form = quadratic_form(A, y, 0.9, pool).enclosure
        shifted = SymmetricEnclosure(A.tiles, A.diagonal, A.row_radius, A.max_radius, exponent=40)
        scaled = quadratic_form(shifted, y, 0.9, pool).enclosure
        with pytest.raises(ValueError, match="positive bound"):
            quadratic_form(A, y, 0.0, pool)
    assert form.lower is not None and form.upper is not None and form.upper - form.lower < 1e-3 * form.lower
    assert scaled == Enclosure(form.lower * 2.0**-40, form.upper * 2.0**-40)
    for _ in range(50):
        member = matrix + radius * symmetric(np.sign(rng.standard_normal((n, n))))
        assert form.lower <= float(y @ np.linalg.solve(member, y)) <= form.upper


def test_nothing_is_claimed_of_an_indefinite_matrix() -> None:
    A = SymmetricEnclosure.from_matrix(np.diag([-1.0, 2.0]))
    with workers(1) as pool:
        found = all_eigenvalues(A, pool)
        assert log_determinant_by_factor(A, 0.5, pool) == Enclosure(None, None)
    unknown = Enclosure(None, None)
    assert log_determinant(found) == trace_of_inverse(found) == unknown
    assert condition_number(found.enclosure(0), found.enclosure(1)) == unknown
