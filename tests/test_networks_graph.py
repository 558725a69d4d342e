"""Convolutions, averages, residual sums, several outputs, any choice of trained parameters, against loops in balls."""

from __future__ import annotations

import numpy as np
import pytest
from graph_fixtures import convolved, evaluated, exact_jacobian, example, parameters
from network_fixtures import dot

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.workers import workers
from certify.errors import InputError
from certify.networks.adjoint import adjoint_curvature
from certify.networks.ball import Ball
from certify.networks.centre import centre_of
from certify.networks.curvature import lipschitz
from certify.networks.graph import Graph, Layer, prepared, trained_names
from certify.networks.linear import Convolution, average, convolution
from certify.networks.propagate import graph_kernel, propagate
from certify.networks.rows import Rows
from certify.spectrum.product import dense

Array = np.ndarray
CHOICES = ("all", "first", "last", "c2.w,d.b", "c1.b,v", "d.w,c")


@pytest.mark.parametrize(("train", "name"), [*((t, "tanh") for t in CHOICES), ("all", "relu"), ("c1.w", "erf")])
def test_residual_and_kernel_contain_the_truth(train: str, name: str) -> None:
    graph = example(3, name)
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((2, 24)), rng.standard_normal((2, 2))
    names = trained_names(graph, train, "network")
    with workers(1) as pool:
        graph = prepared(graph, names, pool, "network")
    found = propagate(graph, X, Y)
    A = graph_kernel(graph, found)
    middle = dense(A)
    with precision(200):
        J, outputs = exact_jacobian(graph, X, names)
        residual = found.residual.ravel()
        for k in range(4):
            truth = outputs[k] - arb(float(Y.ravel()[k]))
            assert abs(arb(float(residual[k])) - truth) <= arb(float(found.residual_error.ravel()[k]))
            errors = [abs(arb(float(middle[k, j])) - dot(J[k], J[j])) for j in range(4)]
            assert sum(errors, arb(0)) <= arb(float(A.row_radius[k]))
    assert A.norm_radius < 1e-9


class Plain(complex):
    """A number whose imaginary part carries a derivative; the oracle can send it through tanh."""

    def __add__(self, other: complex) -> Plain:
        return Plain(complex(self) + complex(other))

    def __mul__(self, other: complex) -> Plain:
        return Plain(complex(self) * complex(other))

    def through(self, name: str) -> Plain:
        assert name == "tanh"
        return Plain(np.tanh(complex(self)))


def jacobian(graph: Graph, values: dict[str, Array], X: Array, names: frozenset[str]) -> Array:
    """The Jacobian (n·q, p) by complex steps through the loops: right to rounding."""
    plain = {name: [Plain(t) for t in array.ravel()] for name, array in values.items()}
    columns = []
    for name in values:
        if name in names:
            for k, kept in enumerate(plain[name]):
                plain[name][k] = Plain(kept + 1e-30j)
                out = [t for x in X for t in evaluated(graph, plain, [Plain(t) for t in x], Plain)]
                shift = plain.get("c", [Plain(0)] * graph.outputs) * len(X)
                columns.append([(graph.scale.ends[0] * t + c).imag / 1e-30 for t, c in zip(out, shift, strict=True)])
                plain[name][k] = kept
    return np.array(columns).T


@pytest.mark.parametrize("train", ["all", "c2.w,v", "last"])
def test_no_pair_on_the_ball_beats_the_lipschitz_constant(train: str) -> None:
    """Pairs chosen to be bad: a step along the direction in which the kernel changes most, from the centre."""
    graph = example(5, "tanh")
    rng = np.random.default_rng(1)
    X, Y = rng.standard_normal((2, 24)), np.zeros((2, 2))
    names = trained_names(graph, train, "network")
    with workers(1) as pool:
        graph = prepared(graph, names, pool, "network")
        centre = centre_of(graph, propagate(graph, X, Y), pool)
    values = {name: array.copy() for name, array in parameters(graph)}
    J = jacobian(graph, values, X, names)
    worst = 0.0
    for radius in (0.05, 0.5):
        beta = lipschitz(graph, centre, radius)
        if train == "last":
            assert beta == 0.0
            continue
        each, _ = adjoint_curvature(Ball(graph, centre, radius))
        for trial in range(3):
            step = rng.standard_normal(J.shape[1]) if trial else J[0].copy()
            step *= 0.99 * radius / np.linalg.norm(step)
            place, moved = 0, {name: array.copy() for name, array in values.items()}
            for name in values:
                if name in names:
                    size = moved[name].size
                    moved[name] += step[place : place + size].reshape(moved[name].shape)
                    place += size
            change = jacobian(graph, moved, X, names) - J
            worst = max(worst, float(np.linalg.norm(change, 2)) / np.linalg.norm(step) / beta)
            for i in range(2):  # each sample's own constant
                size = np.linalg.norm(change[2 * i : 2 * i + 2], 2)
                assert size <= each[i] * graph.scale.ends[1] * np.linalg.norm(step)
    assert train == "last" or 0.0005 < worst < 1.0


def test_maps_agree_with_loops_and_their_transposes() -> None:
    rng = np.random.default_rng(2)
    W = rng.standard_normal((3, 2, 2, 3))
    map_, shape = convolution(W, (2, 5, 4), (1, 1), (1, 0, 0, 2), (1, 1))
    assert shape == (3, 5, 4)
    h, b = rng.standard_normal((4, 40)), rng.standard_normal((4, 60))
    z = map_.apply(Rows.exact(h), 1.0).middle
    for row, found in zip(h, z, strict=True):
        loops = convolved(W.tolist(), row.tolist(), (2, 5, 4), (1, 0, 0, 2), sum)
        assert np.allclose(loops, found, rtol=0, atol=1e-13)
    back = map_.transpose(Rows.exact(b), 1.0).middle
    assert np.allclose((z * b).sum(axis=1), (h * back).sum(axis=1), rtol=1e-12)
    assert np.allclose(map_.matrix() @ h[0], z[0], rtol=0, atol=1e-13)
    with workers(1) as pool:
        truth = np.linalg.norm(map_.matrix(), 2)
        assert truth <= map_.norm(pool) * (1 + 1e-14) and map_.norm(pool) <= truth * (1 + 1e-9)
        bound = np.sqrt(map_.multiplicity) * np.linalg.norm(map_.weights, 2)
        assert truth <= bound
    pool_, shape = average((2, 6), (3,), (2,), (1, 1), False)
    assert shape == (2, 3)
    found = pool_.apply(Rows.exact(np.arange(12.0)[None])).middle
    assert np.allclose(found, [[0.5, 2.0, 4.0, 6.5, 8.0, 10.0]])
    A = np.stack([pool_.apply(Rows.exact(e[None])).middle[0] for e in np.eye(12)], axis=1)
    assert np.linalg.norm(A, 2) <= pool_.norm_bound
    assert np.allclose(pool_.transpose(Rows.exact(np.ones((1, 6)))).middle[0], A.T @ np.ones(6))


def test_strides_and_dilations() -> None:
    rng = np.random.default_rng(4)
    W, x = rng.standard_normal((1, 1, 3)), rng.standard_normal(11)
    map_, shape = convolution(W, (1, 11), (2,), (2, 1), (2,))
    padded = np.concatenate([np.zeros(2), x, np.zeros(1)])
    loops = [sum(W[0, 0, k] * padded[2 * p + 2 * k] for k in range(3)) for p in range(shape[1])]
    assert isinstance(map_, Convolution) and np.allclose(map_.apply(Rows.exact(x[None]), 1.0).middle[0], loops)
    with pytest.raises(ValueError, match="does not fit"):
        convolution(W, (1, 3), (1,), (0, 0), (2,))


def test_names_of_trained_parameters() -> None:
    graph = example(0)
    assert trained_names(graph, "first", "net") == {"c1.w", "c1.b"}
    assert trained_names(graph, "last", "net") == {"v", "c"}
    with pytest.raises(InputError, match=r"no parameter 'zz'.*choose from c1\.w, c1\.b"):
        trained_names(graph, "v,zz", "net")
    with pytest.raises(InputError, match="no parameter"):
        trained_names(graph, ",", "net")
    assert sum(isinstance(node, Layer) for node in graph.nodes) == 3
