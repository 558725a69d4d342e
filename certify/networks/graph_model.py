"""A network of any shape, as a file has it: a graph with its name, its hash and its arrays."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from certify.arithmetic.exact import Floats
from certify.networks.graph import Activate, Fixed, Graph, Layer, Node, Sum
from certify.networks.linear import Convolution, Dense


@dataclass(frozen=True)
class GraphModel:
    """A network that is no chain of dense layers; in the standard parametrisation.

    Attributes
    ----------
    network :
        Its graph, every number exact.
    name :
        What messages call it.
    """

    network: Graph
    name: str = "network"
    alpha: None = None

    @property
    def inputs(self) -> int:
        """Number of columns the data must have."""
        return self.network.inputs

    @property
    def outputs(self) -> int:
        """Number q of outputs."""
        return self.network.outputs

    @property
    def depth(self) -> int:
        """Number of layers but the output."""
        return len(self.network.layers())

    @property
    def widths(self) -> tuple[int, ...]:
        """Entries of the layers' values."""
        return tuple(layer.map.outputs for _, layer in self.network.layers())

    @property
    def biased(self) -> bool:
        """Has a layer a bias?"""
        return any(layer.bias is not None for _, layer in self.network.layers())

    @property
    def activation(self) -> str:
        """The names of its activations."""
        used = {node.activation.name: None for node in self.network.nodes if isinstance(node, Activate)}
        return "+".join(used) or "linear"

    def graph(self) -> Graph:
        """Its graph; it has its own activations."""
        return self.network

    def arrays(self) -> dict[str, Floats]:
        """Weights and biases by name, convolutions with their rows flattened."""
        found: dict[str, Floats] = {}
        for _, layer in self.network.layers():
            found[layer.weight_name] = layer.map.weights
            if layer.bias is not None:
                found[layer.bias_name] = layer.bias
        found[self.network.outer_name] = self.network.outer
        if self.network.offset is not None:
            found[self.network.offset_name] = self.network.offset
        return found

    def structure(self) -> list[str]:
        """One line a node: what it is, and which nodes it reads."""
        return [f"{number} {_described(node)}" for number, node in enumerate(self.network.nodes, 1)]

    def digest(self) -> str:
        """Hexadecimal SHA-256 of a version tag, the structure, and names, shapes and float64 numbers of the arrays."""
        total = sha256(b"certify/network-graph/1\n")
        for line in [f"inputs {self.inputs} output {self.network.output}", *self.structure()]:
            total.update(f"{line}\n".encode())
        for node in self.network.nodes:
            if isinstance(node, Layer | Fixed) and not isinstance(node.map, Dense):
                total.update(np.ascontiguousarray(node.map.index, dtype="<i8").tobytes())
        for name, array in self.arrays().items():
            total.update(f"{name} {' '.join(map(str, array.shape))}\n".encode())
            total.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return total.hexdigest()


def _described(node: Node) -> str:
    if isinstance(node, Layer):
        kind = "convolution" if isinstance(node.map, Convolution) else "dense"
        return f"{kind} {node.weight_name} of {node.source}: {node.map.inputs} to {node.map.outputs}"
    if isinstance(node, Activate):
        return f"{node.activation.name} of {node.source}"
    if isinstance(node, Sum):
        return f"sum of {node.left} and {node.right}"
    return f"average of {node.source}: {node.map.inputs} to {node.map.outputs}"
