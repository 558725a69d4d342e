"""The frozen stream: against a second writing of its definition, published vectors, and itself."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from certify.data import LoadOptions, load
from certify.data.sources.sphere import gaussians, logarithm, parse_sphere, words
from certify.errors import InputError

FROZEN = [
    "0x1.fcc8a28fb3b31p-2",
    "0x1.4fc399eb7c00ap-1",
    "-0x1.230484693da6cp-1",
    "0x1.de24f7099d1e6p-1",
    "0x1.ce4c6872aacc7p-3",
    "-0x1.1c00cdc7b40a4p-2",
]
FROZEN_SHA256 = "b4a0dea4d520e55766331536f93867d3500e0a66adb5856a4226609eac88a972"


class SplitMix64:
    """The published generator, one word at a time, with a state."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def next(self) -> int:
        mask = 2**64 - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)


def plain_logarithm(s: float) -> float:
    m, k = math.frexp(s)
    if m < 0.7071067811865476:
        m, k = 2 * m, k - 1
    f = (m - 1.0) / (m + 1.0)
    square, total = f * f, 1.0 / 21
    for denominator in range(19, 0, -2):
        total = total * square + 1.0 / denominator
    return k * 0.6931471805599453 + 2.0 * f * total


def plain_gaussians(count: int, seed: int) -> list[float]:
    generator, found = SplitMix64(seed), []
    while len(found) < count:
        u, v = ((generator.next() >> 11) * 2.0**-52 - 1.0 for _ in range(2))
        s = u * u + v * v
        if 0 < s < 1:
            f = math.sqrt(-2.0 * plain_logarithm(s) / s)
            found += [u * f, v * f]
    return found[:count]


def test_words_are_the_published_ones() -> None:
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert words(1234567, 0, 4).tolist() == published
    assert words(1234567, 2, 2).tolist() == published[2:]
    assert words(2**64 - 1, 0, 1)[0] == SplitMix64(2**64 - 1).next()


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_numbers_are_those_of_the_definition(count: int) -> None:
    assert gaussians(count, 42).tolist() == plain_gaussians(count, 42)


@pytest.mark.parametrize(("n", "d", "seed"), [(3, 2, 7), (20, 5, 0), (1, 1, 2**64 - 1)])
def test_rows_and_signs_are_those_of_the_definition(n: int, d: int, seed: int) -> None:
    data = load(f"sphere:n={n},d={d},seed={seed}", LoadOptions(labels="regression"))
    root = SplitMix64(seed)
    numbers = plain_gaussians(n * d, root.next())
    signs = SplitMix64(root.next())
    for i in range(n):
        row = numbers[i * d : (i + 1) * d]
        with mpmath.workprec(400):
            norm = mpmath.sqrt(sum(mpmath.mpf(x) ** 2 for x in row))
            assert data.X[i].tolist() == [float(mpmath.mpf(x) / norm) for x in row]
    assert data.y is not None
    assert data.y.tolist() == [1.0 if signs.next() >= 2**63 else -1.0 for _ in range(n)]


def test_frozen_vectors() -> None:
    data = load("sphere:n=2,d=3")
    assert data.name == "sphere:n=2,d=3,seed=0"
    assert [x.hex() for x in data.X.ravel()] == FROZEN
    assert load("sphere:n=200,d=50,seed=0").sha256 == FROZEN_SHA256


def test_fewer_rows_are_the_first_rows() -> None:
    few, many = load("sphere:n=5,d=7,seed=3"), load("sphere:n=50,d=7,seed=3")
    assert (many.X[:5] == few.X).all()
    assert many.y is not None
    assert few.y is not None
    assert (many.y[:5] == few.y).all()
    assert not (load("sphere:n=5,d=7,seed=4").X == few.X).any()


def test_rows_have_norm_one_up_to_rounding() -> None:
    for row in load("sphere:n=20,d=50").X:
        assert abs(sum(Fraction(x) ** 2 for x in row.tolist()) - 1) < Fraction(1, 2**51)


def test_logarithm_is_accurate() -> None:
    s = np.concatenate([words(5, 0, 300) * 2.0**-64, [2.0**-100, 0.5, math.nextafter(1, 0), 0.7071067811865476]])
    for x, value in zip(s.tolist(), logarithm(s).tolist(), strict=True):
        assert abs(mpmath.mpf(value) / mpmath.log(x) - 1) < 1e-15


def test_the_numbers_look_gaussian() -> None:
    numbers = np.sort(gaussians(20000, 1))
    normal = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in numbers])
    assert np.abs(normal - (np.arange(20000) + 0.5) / 20000).max() < 1.63 / math.sqrt(20000)  # Kolmogorov, 1%


def test_names() -> None:
    assert parse_sphere("sphere:n=200,d=50,seed=9") == (200, 50, 9)
    assert parse_sphere("sphere:seed=1, d=2, n=3") == (3, 2, 1)
    assert parse_sphere("sphere:n=3,d=2") == (3, 2, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "n=3",
        "n=0,d=2",
        "n=3,d=0",
        "n=3,d=2,seed=-1",
        "n=3,d=2,n=3",
        "n=3,d=2,k=1",
        "n=1.5,d=2",
        "3,2",
        "n=3,d=2,",
        "n=٣,d=2",
        "n=3,d=2,seed=18446744073709551616",
    ],
)
def test_malformed_names_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"malformed; write sphere:n=200,d=50,seed=0 with"):
        load(f"sphere:{text}")


def test_the_signs_are_the_only_target() -> None:
    with pytest.raises(InputError, match=r"the target 'y' names nothing; available: only the stream's own signs"):
        load("sphere:n=3,d=2", LoadOptions(target="y"))
