"""Networks as graphs, and an oracle for them: plain loops over scalars, which may be balls with derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np
from network_fixtures import EXACT

from certify.arithmetic.balls import arb
from certify.networks.activation import CERTIFIED
from certify.networks.graph import Activate, Fixed, Graph, Layer, Node, Sum
from certify.networks.linear import Dense, average, convolution
from certify.networks.scale import output_scale

Array = np.ndarray


class Dual:
    """A ball with one directional derivative."""

    def __init__(self, value: flint.arb, slope: flint.arb | None = None) -> None:
        self.value, self.slope = value, arb(0) if slope is None else slope

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    def through(self, name: str) -> Dual:
        if name == "relu":
            assert self.value > 0 or self.value < 0
            return self if self.value > 0 else Dual(arb(0))
        value, slope = EXACT[name]
        return Dual(value(self.value), slope(self.value) * self.slope)


def example(seed: int, name: str = "tanh", outputs: int = 2, bias: bool = True) -> Graph:
    """2 channels of 4×3 → convolution → φ → (convolution + identity) → φ → average → dense → φ → output."""
    rng = np.random.default_rng(seed)
    phi = CERTIFIED[name]
    draw = lambda *shape: 0.6 * rng.standard_normal(shape)  # noqa: E731
    first, shape = convolution(draw(2, 2, 3, 2), (2, 4, 3), (1, 1), (1, 0, 1, 1), (1, 1))
    assert shape == (2, 4, 3)
    second, shape = convolution(draw(2, 2, 1, 1), shape, (1, 1), (0, 0, 0, 0), (1, 1))
    pool, shape = average(shape, (2, 2), (2, 1), (0, 0, 0, 0), True)
    assert shape == (2, 2, 2)
    some = (lambda k: draw(k)) if bias else (lambda k: None)
    nodes: tuple[Node, ...] = (
        Layer(0, first, some(2), "c1.w", "c1.b"),
        Activate(1, phi),
        Layer(2, second, some(2), "c2.w", "c2.b"),
        Sum(3, 2),
        Activate(4, phi),
        Fixed(5, pool),
        Layer(6, Dense(draw(5, 8)), some(5), "d.w", "d.b"),
        Activate(7, phi),
    )
    return Graph(24, nodes, 8, draw(outputs, 5), output_scale(1.5, 5), some(outputs))


def convolved(weights: Any, h: Sequence[Any], shape: tuple[int, ...], pads: tuple[int, ...], add: Callable[..., Any]):
    """A convolution with stride 1 by loops; weights[o][c][i][j]."""
    channels, rows, columns = shape
    high, wide = len(weights[0][0]), len(weights[0][0][0])
    out = []
    for kernel in weights:
        for r in range(rows + pads[0] + pads[2] - high + 1):
            for s in range(columns + pads[1] + pads[3] - wide + 1):
                terms = []
                for c in range(channels):
                    for i in range(high):
                        for j in range(wide):
                            a, b = r + i - pads[0], s + j - pads[1]
                            if 0 <= a < rows and 0 <= b < columns:
                                terms.append(kernel[c][i][j] * h[(c * rows + a) * columns + b])
                out.append(add(terms))
    return out


def parameters(graph: Graph) -> list[tuple[str, Array]]:
    """All parameters in order."""
    found = []
    for _, layer in graph.layers():
        found.append((layer.weight_name, layer.map.weights))
        if layer.bias is not None:
            found.append((layer.bias_name, layer.bias))
    found.append((graph.outer_name, graph.outer))
    return found + ([] if graph.offset is None else [(graph.offset_name, graph.offset)])


def evaluated(graph: Graph, values: dict[str, list[Any]], x: list[Any], constant: Callable[[float], Any]) -> list[Any]:
    """`example` (with output scale) at one sample, in any arithmetic; values: name → flat list."""
    name = next(n.activation.name for n in graph.nodes if isinstance(n, Activate))

    def add(terms: Sequence[Any]) -> Any:
        total = constant(0.0)
        for term in terms:
            total = total + term
        return total

    def dense(weights: list[Any], h: list[Any], bias: str) -> list[Any]:
        rows = [weights[k * len(h) : (k + 1) * len(h)] for k in range(len(weights) // len(h))]
        z = [add([p * q for p, q in zip(row, h, strict=True)]) for row in rows]
        return [t + c for t, c in zip(z, values[bias], strict=True)] if bias in values else z

    def nested(flat: list[Any], o: int, c: int, i: int, j: int) -> list[Any]:
        return [
            [[[flat[((a * c + b) * i + d) * j + e] for e in range(j)] for d in range(i)] for b in range(c)]
            for a in range(o)
        ]

    def biased(z: list[Any], bias: str) -> list[Any]:
        return [t + values[bias][k // 12] for k, t in enumerate(z)] if bias in values else z

    through = lambda h: [t.through(name) for t in h]  # noqa: E731
    first = through(biased(convolved(nested(values["c1.w"], 2, 2, 3, 2), x, (2, 4, 3), (1, 0, 1, 1), add), "c1.b"))
    second = biased(convolved(nested(values["c2.w"], 2, 2, 1, 1), first, (2, 4, 3), (0, 0, 0, 0), add), "c2.b")
    h = through([a + b for a, b in zip(second, first, strict=True)])
    pooled = [
        constant(0.25) * add([h[(c * 4 + 2 * r + i) * 3 + s + j] for i in (0, 1) for j in (0, 1)])
        for c in range(2)
        for r in range(2)
        for s in range(2)
    ]
    return dense(values["v"], through(dense(values["d.w"], pooled, "d.b")), "none")


def exact_jacobian(graph: Graph, X: Array, trained: frozenset[str]) -> tuple[list[list[flint.arb]], list[flint.arb]]:
    """Rows (n·q) of derivatives in the trained parameters, and the outputs, by dual numbers."""
    low, high = graph.scale.ends
    s = graph.scale.ball()
    assert arb(low) <= s <= arb(high)
    named = parameters(graph)
    flat = {name: [float(t) for t in array.ravel()] for name, array in named}
    columns: list[list[flint.arb]] = []

    def run(moving: tuple[str, int] | None) -> list[Dual]:
        values = {
            name: [Dual(arb(t), arb(1) if (name, k) == moving else None) for k, t in enumerate(list_)]
            for name, list_ in flat.items()
        }
        found = []
        for x in X:
            out = evaluated(graph, values, [Dual(arb(float(t))) for t in x], lambda t: Dual(arb(t)))
            scaled = [Dual(s) * t for t in out]
            found += [t + c for t, c in zip(scaled, values["c"], strict=True)] if "c" in values else scaled
        return found

    for name, list_ in flat.items():
        if name in trained:
            columns += [[d.slope for d in run((name, k))] for k in range(len(list_))]
    return [[column[i] for column in columns] for i in range(len(columns[0]))], [d.value for d in run(None)]
