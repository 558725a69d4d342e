"""Networks as objects of other libraries: PyTorch modules, parameter trees of Flax and Equinox; no library is imported.

A PyTorch module is known by its classes' names: ``Sequential`` (also nested) of ``Linear``, ``Conv1d``, ``Conv2d``,
``AvgPool1d``, ``AvgPool2d``, ``AdaptiveAvgPool1d(1)``, ``AdaptiveAvgPool2d(1)``, ``Flatten``, ``Unflatten``,
``Identity``, ``Dropout`` (as in evaluation), ``Tanh``, ``Sigmoid``, ``Softplus`` (without its threshold), ``ReLU``. A
parameter tree is a mapping of dense layers in order, each with ``kernel (in, out)`` or ``weight (out, in)`` and perhaps
``bias``; or an object with ``layers`` that have these attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from certify.arithmetic.exact import Floats
from certify.data.exact import require_finite, widen
from certify.errors import InputError
from certify.networks.activation import CERTIFIED
from certify.networks.files import Model, model_of, model_of_graph
from certify.networks.graph import Activate, Fixed, Graph, Layer, Node
from certify.networks.graph_model import GraphModel
from certify.networks.linear import Convolution, Dense, average, convolution
from certify.networks.scale import output_scale

ACTIVATIONS = {"Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus", "ReLU": "relu"}
_SAME = ("Identity", "Dropout", "Dropout1d", "Dropout2d")
_CONVOLUTIONS = {"Conv1d": 1, "Conv2d": 2}
_POOLS = {"AvgPool1d": 1, "AvgPool2d": 2}
_GLOBAL = {"AdaptiveAvgPool1d": 1, "AdaptiveAvgPool2d": 2}
SUPPORTED = ("Sequential", "Linear", *_CONVOLUTIONS, *_POOLS, *_GLOBAL, "Flatten", "Unflatten", *_SAME, *ACTIVATIONS)


def model_from(network: Any, activation: str | None = None, name: str = "network") -> Model | GraphModel:
    """The network in an object, its weights copied exactly (float32 or float64).

    Parameters
    ----------
    network :
        A `Model`, a PyTorch module, or a tree of parameters; see the module.
    activation :
        Its name, where the tree does not say it.

    Raises
    ------
    InputError
        For a module that is not supported, named; for parameters that are no chain of dense layers.
    """
    if isinstance(network, Model | GraphModel):
        return network
    if hasattr(network, "named_children") and hasattr(network, "state_dict"):
        return _from_torch(network, name)
    layers = list(_dense_layers(network, name))
    if len(layers) < 2:
        raise InputError(f"{len(layers)} dense layers", name, "give a hidden and an output layer at least")
    arrays: dict[str, Any] = {}
    for place, (weights, bias) in enumerate(layers, 1):
        last = place == len(layers)
        arrays["v" if last else f"W{place}"] = weights
        if bias is not None:
            arrays["c" if last else f"b{place}"] = bias
    return model_of(arrays, {} if activation is None else {"activation": activation}, name)


def _array(values: Any, where: str) -> Floats:
    """An array of any library, widened exactly; a tensor is detached from its graph first."""
    for step in ("detach", "cpu", "numpy"):
        if hasattr(values, step):
            values = getattr(values, step)()
    array = widen(np.array(values), where)
    require_finite(array, where)
    return array


def _natural(key: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*?)(\d+)", key)
    return (match[1], int(match[2])) if match else (key, -1)


def _dense_layers(tree: Any, name: str) -> Iterator[tuple[Floats, Floats | None]]:
    """Weights (out, in) and biases of the layers of a tree, in order; ``Dense_10`` comes after ``Dense_9``."""
    if isinstance(tree, Mapping):
        if "kernel" in tree or "weight" in tree:
            kernel = "kernel" in tree
            weights = _array(tree["kernel" if kernel else "weight"], f"{name}, weights")
            bias = tree.get("bias")
            yield weights.T if kernel else weights, None if bias is None else _array(bias, f"{name}, bias")
            return
        keys = list(tree)
        numbered = all(re.fullmatch(r".*\d+", str(key)) for key in keys)
        for key in sorted(keys, key=lambda k: _natural(str(k))) if numbered else keys:
            yield from _dense_layers(tree[key], f"{name}.{key}")
    elif hasattr(tree, "layers"):
        for number, layer in enumerate(tree.layers):
            yield from _dense_layers(layer, f"{name}.layers[{number}]")
    elif hasattr(tree, "weight"):
        bias = getattr(tree, "bias", None)
        yield _array(tree.weight, f"{name}.weight"), None if bias is None else _array(bias, f"{name}.bias")
    elif isinstance(tree, list | tuple):
        for number, part in enumerate(tree):
            yield from _dense_layers(part, f"{name}[{number}]")
    elif not callable(tree):
        raise InputError(
            f"{type(tree).__name__} is no layer", name, "give dense layers with weight or kernel, and bias"
        )


@dataclass
class _Chain:
    where: str
    nodes: list[Node] = field(default_factory=list)
    inputs: int = 0
    shape: tuple[int, ...] = ()

    def add(self, node: Node, shape: tuple[int, ...]) -> None:
        self.nodes.append(node)
        self.shape = shape


def _leaves(module: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    if type(module).__name__ == "Sequential":
        # not named_children, which leaves out a module that occurs twice
        for key, child in module._modules.items():
            yield from _leaves(child, f"{prefix}{key}.")
    else:
        yield prefix, module


def _from_torch(module: Any, name: str) -> Model | GraphModel:
    chain = _Chain(name)
    seen: set[int] = set()
    for prefix, leaf in _leaves(module, ""):
        if hasattr(leaf, "weight"):
            if id(leaf.weight) in seen:
                raise InputError("its weights are those of a layer before", f"{name}, '{prefix}'", "do not share them")
            seen.add(id(leaf.weight))
        _torch_layer(chain, leaf, prefix, f"{name}, module '{prefix.rstrip('.')}'")
    last = chain.nodes[-1] if chain.nodes else None
    if not isinstance(last, Layer) or not isinstance(last.map, Dense) or len(chain.nodes) < 2:
        raise InputError("the last module is no Linear layer", name, "end with a Linear layer behind a hidden one")
    graph = Graph(
        chain.inputs, tuple(chain.nodes[:-1]), last.source, last.map.weights, output_scale(None, 1), last.bias,
        last.weight_name, last.bias_name,
    )  # fmt: skip
    return model_of_graph(graph, name)


def _pair(value: Any, axes: int) -> list[int]:
    return [int(v) for v in value] if isinstance(value, tuple | list) else [int(value)] * axes


def _torch_layer(chain: _Chain, leaf: Any, prefix: str, at: str) -> None:
    kind = type(leaf).__name__
    source = len(chain.nodes)
    if kind in _SAME:
        return
    if kind in ACTIVATIONS:
        if kind == "Softplus" and getattr(leaf, "beta", 1) != 1:
            raise InputError(f"beta is {leaf.beta}", at, "use beta 1")
        chain.add(Activate(source, CERTIFIED[ACTIVATIONS[kind]]), chain.shape)
    elif kind == "Flatten":
        if (leaf.start_dim, leaf.end_dim) != (1, -1):
            raise InputError("it does not flatten everything behind the batch", at, "use Flatten()")
        chain.shape = (int(np.prod(chain.shape)),) if chain.shape else ()
    elif kind == "Unflatten":
        if leaf.dim != 1 or len(chain.shape) > 1:
            raise InputError("it does not unflatten a table's rows", at, "use Unflatten(1, (channels, …))")
        chain.shape = tuple(int(v) for v in leaf.unflattened_size)
        chain.inputs = chain.inputs or int(np.prod(chain.shape))
    elif kind == "Linear":
        weights = _array(leaf.weight, f"{at}, weight")
        chain.inputs = chain.inputs or weights.shape[1]
        if chain.shape not in ((), (weights.shape[1],)):
            raise InputError(
                f"it takes {weights.shape[1]} inputs, its data have the shape {chain.shape}", at, "flatten"
            )
        bias = None if leaf.bias is None else _array(leaf.bias, f"{at}, bias")
        chain.add(Layer(source, Dense(weights), bias, f"{prefix}weight", f"{prefix}bias"), (len(weights),))
    elif kind in _CONVOLUTIONS or kind in _POOLS or kind in _GLOBAL:
        axes = {**_CONVOLUTIONS, **_POOLS, **_GLOBAL}[kind]
        if len(chain.shape) != axes + 1:
            raise InputError(f"data of shape {chain.shape}", at, "begin with Unflatten(1, (channels, …))")
        try:
            _windows(chain, leaf, kind, axes, prefix, at)
        except ValueError as error:
            raise InputError(str(error), at, "check the shapes") from error
    else:
        raise InputError(f"the module {kind} is not supported", at, f"supported: {', '.join(SUPPORTED)}")


def _windows(chain: _Chain, leaf: Any, kind: str, axes: int, prefix: str, at: str) -> None:
    source = len(chain.nodes)
    if kind in _GLOBAL:
        if _pair(leaf.output_size, axes) != [1] * axes:
            raise InputError(f"the output size {leaf.output_size}", at, "use 1")
        map_, shape = average(chain.shape, chain.shape[1:], [1] * axes, [0] * (2 * axes), True)
        chain.add(Fixed(source, map_), shape)
        return
    if isinstance(leaf.padding, str) or getattr(leaf, "padding_mode", "zeros") != "zeros":
        raise InputError("padding by name, or not with zeros", at, "give the padding as a number")
    strides, pads = _pair(leaf.stride, axes), _pair(leaf.padding, axes) * 2
    if kind in _POOLS:
        if leaf.ceil_mode or getattr(leaf, "divisor_override", None) is not None:
            raise InputError("ceil_mode or divisor_override", at, "use plain average pooling")
        map_, shape = average(chain.shape, _pair(leaf.kernel_size, axes), strides, pads, bool(leaf.count_include_pad))
        chain.add(Fixed(source, map_), shape)
        return
    weights = _array(leaf.weight, f"{at}, weight")
    if leaf.groups != 1 or weights.shape[1] != chain.shape[0]:
        raise InputError(f"groups {leaf.groups}, weights {weights.shape}, data {chain.shape}", at, "use groups=1")
    bias = None if leaf.bias is None else _array(leaf.bias, f"{at}, bias")
    layer: Convolution
    layer, shape = convolution(weights, chain.shape, strides, pads, _pair(leaf.dilation, axes))
    chain.add(Layer(source, layer, bias, f"{prefix}weight", f"{prefix}bias"), shape)
