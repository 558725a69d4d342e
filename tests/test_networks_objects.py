"""Networks as objects: modules and parameter trees by duck typing, the callback, and PyTorch itself where it is."""

from __future__ import annotations

import numpy as np
import pytest

from certify import monitor
from certify.arithmetic.verdict import Verdict
from certify.data import Dataset
from certify.errors import InputError
from certify.networks.files import Layer, Model
from certify.networks.graph_model import GraphModel
from certify.networks.objects import model_from
from certify.workflows.network import NetworkRequest, certify_network

Array = np.ndarray
RNG = np.random.default_rng(0)
WEIGHTS = [RNG.standard_normal(s).astype(np.float32) for s in ((6, 4), (5, 6), (2, 5))]
BIASES = [RNG.standard_normal(k).astype(np.float32) for k in (6, 5, 2)]


class Leaf:
    def __init__(self, weight: Array, bias: Array | None) -> None:
        self.weight, self.bias = weight, bias


class Tree:
    def __init__(self, layers: list[Leaf]) -> None:
        self.layers = layers


def flax() -> dict[str, dict[str, dict[str, Array]]]:
    """As Flax has it: kernels (in, out), ten dense layers' worth of names out of order."""
    return {"params": {f"Dense_{k}": {"bias": BIASES[i], "kernel": WEIGHTS[i].T} for i, k in ((2, 10), (0, 2), (1, 9))}}


def test_parameter_trees_are_read_exactly() -> None:
    equinox = Tree([Leaf(w, b) for w, b in zip(WEIGHTS, BIASES, strict=True)])
    listed = [{"weight": w, "bias": b} for w, b in zip(WEIGHTS, BIASES, strict=True)]
    for tree in (flax(), equinox, listed):
        found = model_from(tree, "tanh")
        assert isinstance(found, Model) and found.activation == "tanh" and found.outputs == 2
        for layer, w, b in zip(found.hidden, WEIGHTS, BIASES, strict=False):
            assert np.array_equal(layer.weights, w.astype(float)) and np.array_equal(layer.bias, b.astype(float))
        assert np.array_equal(found.outer, WEIGHTS[2].astype(float))
    same = Model((Layer(np.eye(2), None),), np.ones(2), None, None, "tanh")
    assert model_from(same) is same
    for bad, says in (
        ({"a": 1.0}, "no layer"),
        ({"kernel": WEIGHTS[0].T}, "1 dense layers"),
        ([{"weight": WEIGHTS[0]}, {"weight": WEIGHTS[2]}], "where .6,. or"),
        ([{"weight": WEIGHTS[0] * np.nan}, {"weight": WEIGHTS[1]}], "NaN"),
    ):
        with pytest.raises(InputError, match=says):
            model_from(bad, "tanh")


def test_a_tree_is_certified_like_the_model() -> None:
    X, y = RNG.standard_normal((3, 4)), RNG.standard_normal((3, 2))
    request = NetworkRequest(activation="tanh", train="last")
    result = certify_network(flax(), Dataset(X, y), request)
    again = certify_network(model_from(flax(), "tanh"), Dataset(X, y), request)
    assert result.verdict is Verdict.PROVED
    assert result.theorem("plstar.gd").constants == again.theorem("plstar.gd").constants


def test_the_monitor_says_when_the_guarantee_starts() -> None:
    """A training loop of one's own in NumPy; from the step that is named, the loss obeys the certificate."""
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((5, 8)) / 8**0.5, rng.standard_normal(5)
    W, v = rng.standard_normal((600, 8)), rng.choice([-1.0, 1.0], 600) / 600**0.5
    lines: list[str] = []
    step = 0.4 * 5 / 2  # of the mean loss: the same iteration as 0.4 of the half-sum
    watch = monitor(
        [{"weight": W}, {"weight": v[None]}], X, y[:, None], every=20, activation="tanh", train="first",
        step_size=step, say=lines.append,
    )  # fmt: skip
    losses, radius = [], []
    for k in range(1, 2001):
        Z = X @ W.T
        e = np.tanh(Z) @ v - y
        W -= 0.4 * v[:, None] * (((1 - np.tanh(Z) ** 2) * e[:, None]).T @ X)
        now = float(np.mean((np.tanh(X @ W.T) @ v - y) ** 2))
        losses.append(now)
        done = watch(loss=now)
        if done and not radius:
            radius = [k]
        if done and k > watch.first_certified_step + 100:
            break
    assert watch.first_certified_step == radius[0] and watch.first_certified_step % 20 == 0
    assert "proved" in lines[-1] and 2 <= len(lines) < watch.first_certified_step / 20 + 1
    assert watch.certificate is not None
    constants = watch.certificate.theorem("plstar.gd").constants
    rate = constants["rate"].upper
    assert rate is not None
    for k in range(100):
        assert losses[watch.first_certified_step - 1 + k] <= losses[watch.first_certified_step - 1] * rate**k * 1.0001
    with pytest.raises(InputError, match="positive"):
        monitor([], X, y, every=0)


def test_pytorch_modules() -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)
    mlp = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Sequential(nn.Linear(6, 5), nn.Tanh()), nn.Linear(5, 2))
    found = model_from(mlp)
    assert isinstance(found, Model) and found.activation == "tanh" and found.widths == (6, 5)
    assert np.array_equal(found.hidden[1].weights, mlp[2][0].weight.detach().double().numpy())
    image = nn.Sequential(
        nn.Unflatten(1, (1, 4, 4)), nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(8, 1),
    )  # fmt: skip
    graph = model_from(image)
    assert isinstance(graph, GraphModel) and graph.inputs == 16 and "1.weight" in graph.arrays()
    X = torch.randn(3, 16, dtype=torch.float64)
    y = image.double()(X).detach()
    result = certify_network(image, Dataset(X.numpy(), y.numpy()[:, 0]), NetworkRequest(threads=1))
    assert result.bounds["residual"].upper < 1e-13
    with pytest.raises(InputError, match=r"module GELU is not supported.*'1'|'1'.*"):
        model_from(nn.Sequential(nn.Linear(2, 2), nn.GELU(), nn.Linear(2, 1)))
    act, twice = nn.Tanh(), nn.Linear(3, 3)
    reused = model_from(nn.Sequential(nn.Linear(4, 6), act, nn.Linear(6, 5), act, nn.Linear(5, 2)))
    assert isinstance(reused, Model) and reused.widths == (6, 5)
    for bad in (
        nn.Sequential(nn.Linear(4, 3), act, twice, act, twice, act, nn.Linear(3, 1)),
        nn.Sequential(nn.Unflatten(1, (1, 4, 4)), nn.Conv2d(1, 2, 3), nn.Flatten(2), nn.Linear(4, 1)),
    ):
        with pytest.raises(InputError, match=r"share|flatten everything"):
            model_from(bad)
    optimizer = torch.optim.SGD(mlp.parameters(), lr=0.05)
    data, target = torch.randn(3, 4), torch.randn(3, 2)
    watch = monitor(mlp, data, target, every=50, train="last", loss="mean")
    for _ in range(100):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(mlp(data), target).backward()
        optimizer.step()
        watch()
    assert watch.first_certified_step == 50
