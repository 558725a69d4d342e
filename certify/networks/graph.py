"""Networks of any shape as a graph: layers, activations, fixed averages and sums, and a linear output layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.workers import Workers
from certify.errors import InputError
from certify.networks.activation import SmoothActivation
from certify.networks.linear import Average, Convolution, Dense
from certify.networks.scale import Scale, output_scale
from certify.networks.two_layer import LARGEST


@dataclass(frozen=True)
class Layer:
    """``z = A(W)h + b``: a dense layer or a convolution (one bias a channel).

    Attributes
    ----------
    source :
        Index of the node h.
    map :
        A, with its weights.
    bias :
        (out,), or None.
    weight_name, bias_name :
        What ``--train`` calls them.
    trained_weights, trained_bias :
        Whether gradient descent moves them.
    norm :
        Upper bound of ``‖A(W)‖``.
    """

    source: int
    map: Dense | Convolution
    bias: Floats | None
    weight_name: str
    bias_name: str
    trained_weights: bool = True
    trained_bias: bool = True
    norm: float = 0.0

    @property
    def trained(self) -> bool:
        """Is anything of it trained?"""
        return self.trained_weights or self.moving_bias

    @property
    def moving_bias(self) -> bool:
        """Is there a bias, and is it trained?"""
        return self.bias is not None and self.trained_bias


@dataclass(frozen=True)
class Activate:
    """``h = φ(z)``, entrywise."""

    source: int
    activation: SmoothActivation


@dataclass(frozen=True)
class Fixed:
    """A fixed average of entries."""

    source: int
    map: Average


@dataclass(frozen=True)
class Sum:
    """``h = h' + h''``: a residual connection."""

    left: int
    right: int


Node = Layer | Activate | Fixed | Sum


@dataclass(frozen=True)
class Graph:
    """``F = s V h + c``, h being the value of node ``output``; node 0 is the input, node k is ``nodes[k − 1]``.

    Attributes
    ----------
    nodes :
        In order: a node's sources come before it.
    output :
        The node that the output layer reads.
    outer : (q, m)
        V.
    scale :
        s.
    offset : (q,)
        c, or None.
    trained_outer, trained_offset :
        Whether gradient descent moves V and c.
    """

    inputs: int
    nodes: tuple[Node, ...]
    output: int
    outer: Floats
    scale: Scale
    offset: Floats | None
    outer_name: str = "v"
    offset_name: str = "c"
    trained_outer: bool = True
    trained_offset: bool = True
    outer_norm: float = 0.0

    @property
    def outputs(self) -> int:
        """Number q of outputs."""
        return len(self.outer)

    @property
    def moving_offset(self) -> bool:
        """Is there an output bias, and is it trained?"""
        return self.offset is not None and self.trained_offset

    def layers(self) -> list[tuple[int, Layer]]:
        """The layers, with their node's number."""
        return [(k, node) for k, node in enumerate(self.nodes, 1) if isinstance(node, Layer)]

    def kinked(self) -> bool:
        """Has it a piecewise linear activation?"""
        return any(isinstance(node, Activate) and node.activation.kinked for node in self.nodes)

    def names(self) -> list[str]:
        """The names of all parameters, from the input on."""
        found = []
        for _, layer in self.layers():
            found += [layer.weight_name] + ([] if layer.bias is None else [layer.bias_name])
        return [*found, self.outer_name] + ([] if self.offset is None else [self.offset_name])


def sources(node: Node) -> tuple[int, ...]:
    """The nodes that a node reads."""
    return (node.left, node.right) if isinstance(node, Sum) else (node.source,)


def trained_names(graph: Graph, train: str, where: str) -> frozenset[str]:
    """The parameters that ``--train`` names: ``all``, ``first``, ``last``, or a list with commas.

    Raises
    ------
    InputError
        For a name that the network does not have.
    """
    names = graph.names()
    layers = graph.layers()
    last = {graph.outer_name} | ({graph.offset_name} if graph.offset is not None else set())
    if train == "all":
        return frozenset(names)
    if train == "last":
        return frozenset(last)
    if train == "first":
        if not layers:
            raise InputError("there is no hidden layer", "--train first", "use --train last")
        layer = layers[0][1]
        return frozenset({layer.weight_name} | ({layer.bias_name} if layer.bias is not None else set()))
    chosen = [name.strip() for name in train.split(",") if name.strip()]
    for name in chosen:
        if name not in names:
            raise InputError(f"{where} has no parameter '{name}'", "--train", f"choose from {', '.join(names)}")
    if not chosen:
        raise InputError("no parameter is named", "--train", f"all, first, last, or some of {', '.join(names)}")
    return frozenset(chosen)


def prepared(graph: Graph, train: frozenset[str], pool: Workers, where: str) -> Graph:
    """The graph with the parameters of ``train`` trained and every norm verified.

    Raises
    ------
    InputError
        If weights are too large for the error bounds.
    """
    arrays = [layer.map.weights for _, layer in graph.layers()] + [graph.outer]
    if not max(float(np.abs(array).max(initial=0.0)) for array in arrays) <= LARGEST:
        raise InputError("the weights are too large for the error bounds", where, "rescale them")
    nodes: list[Node] = []
    for node in graph.nodes:
        if isinstance(node, Layer):
            node = Layer(
                node.source,
                node.map,
                node.bias,
                node.weight_name,
                node.bias_name,
                node.weight_name in train,
                node.bias_name in train,
                node.map.norm(pool),
            )
        nodes.append(node)
    return Graph(
        graph.inputs,
        tuple(nodes),
        graph.output,
        graph.outer,
        graph.scale,
        graph.offset,
        graph.outer_name,
        graph.offset_name,
        graph.outer_name in train,
        graph.offset_name in train,
        Dense(graph.outer).norm(pool),
    )


def chain(
    weights: Sequence[tuple[Floats, Floats | None]],
    activation: SmoothActivation,
    outer: Floats,
    offset: Floats | None,
    alpha: float | None,
) -> Graph:
    """A fully connected network: hidden layers (W, b) from the input on, output weights (q, m) and biases (q,).

    ``alpha`` is the scale of the NTK parametrisation (``s = α/√m``), None for the standard one (``s = 1``).
    """
    nodes: list[Node] = []
    for k, (W, b) in enumerate(weights, 1):
        nodes.append(Layer(len(nodes), Dense(W), b, f"W{k}", f"b{k}"))
        nodes.append(Activate(len(nodes), activation))
    inputs = weights[0][0].shape[1] if weights else outer.shape[1]
    return Graph(inputs, tuple(nodes), len(nodes), outer, output_scale(alpha, outer.shape[1]), offset)
