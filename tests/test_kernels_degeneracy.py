"""Exact singularity, against a brute-force null space in rational arithmetic on the jump conditions."""

from __future__ import annotations

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracles import exact_kernel, pivots
from scipy.special import erf

from certify.arithmetic.balls import arb, precision
from certify.data import find_rays
from certify.kernels import kernel_for
from certify.kernels.degeneracy import exact_rank
from certify.symbolic.complement import slopes_add_up

Floats = NDArray[np.float64]


def null_dimension(X: Floats, activation: str = "relu", normalized: bool = True) -> int:
    return kernel_for(activation).null_dimension(X, find_rays(X), normalized)


def rank_in_balls(X: Floats, activation: str, normalized: bool) -> int:
    """Rank of the exact kernel, read off its eigenvalues' sizes at 300 bits (small integer data)."""
    K = exact_kernel(X, activation, normalized, bits=300)
    with precision(300):
        # Shifted by ∓2^-150 the numbers of negative pivots count the eigenvalues below ±2^-150.
        below = sum(1 for p in pivots(K, arb(2) ** -150, 300) if p < 0)
        far_below = sum(1 for p in pivots(K, -(arb(2) ** -150), 300) if p < 0)
    assert far_below == 0
    return len(X) - below


def test_points_on_the_circle() -> None:
    four = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    assert null_dimension(four) == 0
    eight = np.vstack([four, [[3.0, 4.0], [-4.0, 3.0], [-3.0, -4.0], [4.0, -3.0]]])
    assert null_dimension(eight) == 2
    assert rank_in_balls(eight, "relu", True) == 6 and rank_in_balls(four, "relu", True) == 4


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.lists(st.integers(-2, 2), min_size=2, max_size=3), min_size=1, max_size=7),
    st.sampled_from(["relu", "erf"]),
    st.booleans(),
)
def test_null_dimension_is_the_true_one_on_small_integers(
    rows: list[list[int]], activation: str, normalized: bool
) -> None:
    d = max(map(len, rows))
    X = np.array([row + [0] * (d - len(row)) for row in rows], dtype=float)
    X[~X.any(axis=1), 0] = 1.0
    assert null_dimension(X, activation, normalized) == len(X) - rank_in_balls(X, activation, normalized)


@pytest.mark.parametrize(
    ("extra", "dimension"),
    [
        (lambda x: 3 * x, 0),  # fl(3x) is usually not parallel to x
        (lambda x: np.nextafter(x, 9), 0),
        (lambda x: x * 2.0**-700, 1),
        (lambda x: -x, 0),  # one antiparallel pair alone is independent
        (lambda x: x, 1),
    ],
)
def test_near_and_exact_coincidence_is_decided(extra, dimension: int) -> None:  # type: ignore[no-untyped-def]
    X = np.random.default_rng(0).standard_normal((6, 5))
    assert null_dimension(np.vstack([X, extra(X[0])])) == dimension


def test_magnitudes_that_no_product_survives() -> None:
    assert null_dimension(np.array([[1e300, 1e-300], [1e300, 0.0]])) == 0
    assert null_dimension(np.array([[5e-324, 1e-323], [1.0, 2.0]])) == 1


def test_all_lines_doubled_beyond_the_dimension() -> None:
    X = np.random.default_rng(0).standard_normal((6, 5))
    assert null_dimension(np.vstack([X, -X])) == 1
    assert null_dimension(np.vstack([X, -X]), "erf") == 6
    assert null_dimension(np.vstack([X, -2 * X]), "erf", normalized=False) == 0


SLOPES = {
    "softplus": lambda z: 1 / (1 + np.exp(-z)),
    "silu": lambda z: (1 + np.exp(-z) * (1 + z)) / (1 + np.exp(-z)) ** 2,
    "gelu": lambda z: (1 + erf(z / np.sqrt(2))) / 2 + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi),
    "z+cos(z)": lambda z: 1 - np.sin(z),
    "sigmoid": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    "2*softplus(z)+z": lambda z: 2 / (1 + np.exp(-z)) + 1,
    "softplus(z)+tanh(z)": lambda z: 1 / (1 + np.exp(-z)) + 1 / np.cosh(z) ** 2,
}


def rank_by_quadrature(X: Floats, activation: str, normalized: bool) -> int:
    """Rank of the gradients at the nodes of a rule for the Gaussian measure of the plane.

    The kernel's matrix under the rule is JJᵀ, so the singular values of J are the roots of its eigenvalues: those that
    are 0 stand out clearly.
    """
    if normalized:
        X = X / np.linalg.norm(X, axis=1)[:, None]
    line = np.arange(-8, 8.01, 0.16)
    w = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    weight = np.exp(-(w**2).sum(axis=1) / 4) * 0.16 / np.sqrt(2 * np.pi)
    J = (X[:, None, :] * (SLOPES[activation](w @ X.T) * weight[:, None]).T[:, :, None]).reshape(len(X), -1)
    sizes = np.linalg.svd(J, compute_uv=False)
    assert not ((sizes > 1e-12) & (sizes < 1e-10)).any(), sizes
    return int((sizes > 1e-11).sum())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([(1, 0), (0, 1), (1, 1), (-1, 2), (2, 0)]), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from([-1.0, -1.0, 1.0, -2.0, 2.0]), min_size=4, max_size=4),
    st.sampled_from(sorted(SLOPES)),
    st.booleans(),
)
def test_slopes_that_add_up_to_a_constant(
    rows: list[tuple[int, int]], factors: list[float], activation: str, normalized: bool
) -> None:
    """Opposite rows on dependent lines: the dimension is exact, whether or not the rows are a pair."""
    base = np.array(rows, dtype=float)
    X = np.vstack([base, base * np.array(factors[: len(base)])[:, None]])
    assert null_dimension(X, activation, normalized) == len(X) - rank_by_quadrature(X, activation, normalized)


def test_lengths_matter_to_a_smooth_activation() -> None:
    lines = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 4.0]])
    for activation, far in (("softplus", 0), ("relu", 1)):
        assert null_dimension(np.vstack([lines, -lines]), activation, False) == 1
        stretched = np.vstack([lines, -lines * [[1.0], [1.0], [2.0]]])
        assert null_dimension(stretched, activation, False) == far
        assert null_dimension(stretched, activation, True) == 1
    four = np.array([[1.0, 2.0], [-1.0, -2.0], [2.0, 4.0], [-2.0, -4.0]])
    assert null_dimension(four, "softplus", False) == 1 and null_dimension(four, "softplus", True) == 2
    nearly = four + np.array([[0, 0], [0, 0], [0, 0], [0, 2.0**-50]])
    assert null_dimension(nearly, "softplus", False) == 0


def test_which_slopes_are_found_to_add_up() -> None:
    for activation in ("softplus", "silu", "gelu", "softplus(2*z)", "3*gelu(z/2)", "z+cos(z)", "z+sqrt(1+z**2)"):
        assert slopes_add_up(activation)
    # the last misses a constant by less than any tolerance
    for activation in ("relu", "tanh", "erf", "cos", "sigmoid", "softplus(z)+tanh(z)", "softplus(z)+sin(z)/10**12"):
        assert not slopes_add_up(activation)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 5), st.integers(0, 2**31))
def test_rank_of_planted_matrices(k: int, d: int, rank: int, seed: int) -> None:
    rank = min(rank, k, d)
    rng = np.random.default_rng(seed)
    rows = rng.integers(-9, 10, (k, rank)) @ rng.integers(-9, 10, (rank, d))
    X = rows[rows.any(axis=1)].astype(float)
    if len(X):
        assert exact_rank(X) == flint.fmpq_mat([[int(v) for v in row] for row in X.tolist()]).rank()
    assert exact_rank(X[:0]) == 0
