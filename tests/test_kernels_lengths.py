"""Kernels for rows of any length: against quadrature in the plane, the series at length 1, and ball arithmetic."""

import math

import flint
import numpy as np
import pytest

from certify.arithmetic.balls import precision
from certify.arithmetic.workers import workers
from certify.data import find_rays
from certify.errors import InputError
from certify.kernels import UnitRows, build_gram, kernel_for
from certify.kernels.arcsine import ARCSINE_ERROR, arcsine
from certify.kernels.cost import entry_seconds
from certify.kernels.escalate import ball_gram
from certify.kernels.series import series_for
from certify.spectrum.product import dense
from certify.symbolic.hermite_rows import row_coefficients
from certify.symbolic.library import activation_of
from certify.symbolic.mixture import logistic_mixture

SLOPES = {
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
    "sigmoid": lambda z: 0.25 / np.cosh(z / 2) ** 2,
    "softplus": lambda z: 0.5 + 0.5 * np.tanh(z / 2),
    "silu": lambda z: 0.5 + 0.5 * np.tanh(z / 2) + 0.25 * z / np.cosh(z / 2) ** 2,
    "gelu": lambda z: (
        0.5 * np.vectorize(math.erfc)(-z / math.sqrt(2)) + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    ),
    "tanh(z/3)": lambda z: 1 / np.cosh(z / 3) ** 2 / 3,
    "softplus(2*z)": lambda z: 1 + np.tanh(z),
    "-log(1+exp(3*z))/3": lambda z: -0.5 - 0.5 * np.tanh(1.5 * z),
}


def in_the_plane(slope, r, s, rho, step=0.1, reach=60.0):
    """``ρrs E φ'(u)φ'(v)`` by the trapezoidal rule on both axes; the functions are constant beyond ``reach``."""
    g = np.arange(-reach, reach + step / 2, step)
    with np.errstate(over="ignore"):
        f = slope(g)
    u, v = g[:, None] / r, g[None, :] / s
    sine = 1 - rho * rho
    density = np.exp(-(u * u - 2 * rho * u * v + v * v) / (2 * sine)) / (2 * math.pi * r * s * math.sqrt(sine))
    return rho * r * s * float(f @ density @ f) * step * step


@pytest.mark.parametrize("name", SLOPES)
@pytest.mark.parametrize(("r", "s", "rho"), [(0.7, 2.0, 0.6), (5.0, 4.0, -0.9), (3.0, 6.0, 0.3)])
def test_entry_is_the_gaussian_integral(name, r, s, rho):
    expected = in_the_plane(SLOPES[name], r, s, rho)
    with precision(128):
        entry = kernel_for(name).entry(*map(flint.arb, (rho * r * s, r * r, s * s)))
    assert float(entry.mid()) == pytest.approx(expected, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_entry_of_very_long_rows(name):
    """The bump sees but the density near 0: rows of raw data sets."""
    r, s, rho = 900.0, 400.0, 0.999
    expected = in_the_plane(SLOPES[name], r, s, rho)
    with precision(128):
        entry = kernel_for(name).entry(*map(flint.arb, (rho * r * s, r * r, s * s)))
    assert float(entry.mid()) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "silu", "gelu"])
def test_at_length_one_it_is_the_hermite_series(name):
    """Two independent roads to one number: the balls must overlap, and lie within 4e-16."""
    kernel, one = kernel_for(name), flint.arb(1)
    with precision(160):
        for rho in (-0.99, -0.4, 0.001, 0.7, 0.9999):
            series = kernel.entry(flint.arb(rho), one, one)
            mixture = kernel.other_lengths.entry(flint.arb(rho), one, one)
            assert series.overlaps(mixture)
            assert abs(series - mixture) < 1e-15


def test_the_mixture_is_near_tanh():
    """Sampled with mpmath's tanh and erf, 30 digits: never beyond the proved errors, which are not slack either."""
    mp = pytest.importorskip("mpmath").mp
    mixture = logistic_mixture()
    worst = [0.0, 0.0, 0.0]
    with mp.workdps(30):
        parts = [(mp.sqrt(mp.mpf(b)), mp.mpf(w)) for b, w in zip(mixture.squares, mixture.weights, strict=True)]
        for k in range(160):
            z = mp.mpf(k) ** 2 / 900
            value = mp.tanh(z) - sum(w * mp.erf(b * z) for b, w in parts)
            slope = mp.sech(z) ** 2 - sum(w * 2 * b / mp.sqrt(mp.pi) * mp.exp(-((b * z) ** 2)) for b, w in parts)
            for place, error in enumerate((value, slope, value + z * slope)):
                worst[place] = max(worst[place], abs(float(error)))
    proved = (mixture.value_error, mixture.slope_error, mixture.swish_error)
    assert all(found <= bound <= 4 * found for found, bound in zip(worst, proved, strict=True))


def test_arcsine_within_its_error():
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [rng.uniform(-1, 1, 3000), 1 - 2.0 ** -rng.uniform(1, 53, 500), [0.5, -0.5, 1.0, -1.0, 0.0, 1e-300]]
    )
    found = arcsine(x, np.empty_like(x), np.empty_like(x))
    with precision(128):
        off = [
            float(abs(flint.arb(v).asin() - flint.arb(w)).upper())
            for v, w in zip(x.tolist(), found.tolist(), strict=True)
        ]
    assert max(off) <= ARCSINE_ERROR


def awkward_rows():
    """Lengths from 1e-4 to 1e4, nearly parallel and nearly antiparallel rows."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(18, 5)) * np.exp(3 * rng.normal(size=18))[:, None]
    X[3], X[5] = 3 * X[2] * (1 + 1e-7 * X[4]), -0.5 * X[6] * (1 + 1e-3)
    return X


@pytest.mark.parametrize("name", ["tanh", "sigmoid(2*z)", "softplus", "silu", "gelu", "gelu(3*z)"])
def test_arrays_contain_the_balls(name):
    X, kernel = awkward_rows(), kernel_for(name)
    rows = UnitRows.from_data(X, False)
    with workers(1) as pool:
        A = build_gram(X, rows, kernel, pool)
    middle = dense(A)
    with precision(256):
        exact = ball_gram(X, False, kernel)
        off = np.array(
            [[float(abs(exact[i, j] - flint.arb(middle[i, j])).lower()) for j in range(18)] for i in range(18)]
        )
    assert (off.sum(axis=1) <= A.row_radius).all()
    assert off.max() <= A.max_radius
    assert A.max_radius <= 1e-8 * middle.max()
    ordinary = np.ix_(range(7, 18), range(7, 18))
    scale = np.sqrt(np.outer(np.diagonal(middle), np.diagonal(middle)))
    assert (off[ordinary] <= 1e-14 * scale[ordinary]).all()


@pytest.mark.parametrize("name", ["tanh", "softplus", "silu"])
def test_entry_radii_are_as_for_unit_rows(name):
    """One tile of random rows of length about 3: radii of some roundoffs of ``|x||x'|``."""
    X = np.random.default_rng(2).normal(size=(40, 9))
    kernel, rows = kernel_for(name), UnitRows.from_data(X, False)
    _, radius = kernel.strip(rows.cosines(slice(0, 20), slice(20, 40)), rows, slice(0, 20), slice(20, 40))
    length = np.linalg.norm(X, axis=1)
    assert (radius <= 2e-14 * np.outer(length[:20], length[20:])).all()


def test_unit_rows_of_a_steep_activation_go_by_the_mixture():
    """tanh(4z) has a series of 512 terms with a tail of 5e-6: the mixture is right to 1e-13."""
    X, kernel = awkward_rows()[:6], kernel_for("tanh(4*z)")
    with workers(1) as pool:
        A = build_gram(X, UnitRows.from_data(X, True), kernel, pool)
    assert kernel.tail > 1e-6 and A.max_radius < 1e-8
    values = dense(A)
    rho = float(X[0] @ X[1] / math.sqrt((X[0] @ X[0]) * (X[1] @ X[1])))
    assert values[0, 1] == pytest.approx(
        in_the_plane(lambda z: 4 / np.cosh(4 * z) ** 2, 1, 1, rho, 0.02, 12), abs=1e-11
    )


def test_rows_of_one_ray_and_other_lengths_are_not_a_null_space():
    X = np.array([[1.0, 2.0], [2.0, 4.0], [-1.0, -2.0], [1.0, 0.0], [1.0, -0.0]])
    rays = find_rays(X)
    assert kernel_for("softplus").null_dimension(X, rays, False) == 1
    assert kernel_for("tanh").null_dimension(X, rays, False) == 2
    assert kernel_for("softplus").null_dimension(X, rays, True) == 2


def test_rows_too_long_or_parallel_are_refused_by_an_infinite_radius_not_by_a_wrong_number():
    X = np.array([[1e30, 1e30], [1e30, 1.0000001e30], [1.0, 2.0]])
    kernel, rows = kernel_for("tanh"), UnitRows.from_data(X, False)
    _, radius = kernel.strip(rows.cosines(slice(0, 1), slice(1, 2)), rows, slice(0, 1), slice(1, 2))
    assert np.isinf(radius).all()


def series(name, X):
    rows = UnitRows.from_data(X, False)
    return series_for(activation_of(name), rows), rows


def test_series_coefficients_against_mpmath():
    """``E φ'(rg)h_k(g)`` by mpmath's quadrature, 25 digits, for φ = z·tanh(z) at two lengths."""
    mp = pytest.importorskip("mpmath").mp
    activation = activation_of("z*tanh(z)")
    found = row_coefficients(activation.derivative, flint.arb(2), [0.5, 2.5])
    with mp.workdps(25):
        for r, row in zip((0.5, 2.5), found, strict=True):
            for k in (0, 7, 12):

                def integrand(z, r=r, k=k):
                    h = mp.hermite(k, z / mp.sqrt(2)) / mp.sqrt(mp.mpf(2) ** k * mp.factorial(k))
                    return (mp.tanh(r * z) + r * z * mp.sech(r * z) ** 2) * h * mp.npdf(z)

                value = mp.quad(integrand, mp.linspace(-12, 12, 25))
                assert abs(value - mp.mpf(str(row.coefficients[k].mid().str(25, radius=False)))) < 1e-17
                assert float(row.coefficients[k].rad()) < 1e-15


def test_series_against_the_mixture():
    """Two independent roads for rows of length about 3, every entry: the expansion, and tanh as a mixture."""
    X = np.random.default_rng(3).normal(size=(12, 9))
    one, rows = series("tanh", X)
    with workers(1) as pool:
        A, B = build_gram(X, rows, one, pool), build_gram(X, rows, kernel_for("tanh"), pool)
    off = np.abs(dense(A) - dense(B))
    assert (off.sum(axis=1) <= A.row_radius + B.row_radius).all()
    assert off.max() <= A.max_radius + B.max_radius
    assert max(A.max_radius, B.max_radius) < 2e-13


@pytest.mark.parametrize("name", ["z*tanh(z)", "sin(z)+tanh(z/2)"])
def test_kernel_of_an_expression_for_rows_as_given(name):
    slopes = {
        "z*tanh(z)": lambda z: np.tanh(z) + z / np.cosh(z) ** 2,
        "sin(z)+tanh(z/2)": lambda z: np.cos(z) + 0.5 / np.cosh(z / 2) ** 2,
    }
    X = np.random.default_rng(4).normal(size=(6, 3))
    rows = UnitRows.from_data(X, False)
    with workers(1) as pool:
        middle = dense(build_gram(X, rows, kernel_for(name), pool))
    length = np.linalg.norm(X, axis=1)
    for i in range(1, 6):
        rho = float(X[0] @ X[i] / (length[0] * length[i]))
        expected = in_the_plane(slopes[name], length[0], length[i], rho, step=0.05)
        assert middle[0, i] == pytest.approx(expected, rel=1e-10, abs=1e-11)


def test_long_rows_of_an_expression_are_refused():
    X = np.array([[100.0, 1.0], [2.0, 3.0]])
    with workers(1) as pool, pytest.raises(InputError, match="as long as 100"):
        build_gram(X, UnitRows.from_data(X, False), kernel_for("z*tanh(z)"), pool)


def test_estimates_know_what_costs():
    """Unit rows by the series, others by pairs of components: the estimate must not be the same."""
    unit, given = (entry_seconds(kernel_for("softplus"), 1797, n) for n in (True, False))
    assert 20 * unit < given < 1e-4
    assert entry_seconds(kernel_for("gelu"), 1797, False) < unit
