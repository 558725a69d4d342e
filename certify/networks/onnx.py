"""Networks from ONNX files: dense layers and convolutions, activations, residual sums, averages; weights taken exactly.

Every value that depends on the data is a node of a `Graph` with a shape behind the batch; what concerns shapes alone
(``Shape``, ``Slice``, ``Concat``, …) is carried out on integers, the batch's size standing as −1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.data.exact import require_finite, widen
from certify.errors import InputError
from certify.networks.activation import CERTIFIED
from certify.networks.graph import Activate, Fixed, Graph, Layer, Node, Sum, sources
from certify.networks.linear import Convolution, Dense, average, convolution
from certify.networks.onnx_messages import OnnxGraph, OnnxNode, read_messages
from certify.networks.scale import output_scale

ACTIVATIONS = {"Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus", "Erf": "erf", "Relu": "relu"}
_SHAPES_ALONE = ("Shape", "Slice", "Concat", "Mod", "Gather", "Cast")
_RESHAPING = ("Reshape", "Flatten", "Squeeze", "Unsqueeze")
_POOLS = ("AveragePool", "GlobalAveragePool", "ReduceMean")
SUPPORTED = (
    "Gemm", "MatMul", "Add", "Conv", *ACTIVATIONS, *_POOLS, *_RESHAPING, "Identity", "Dropout", "Constant",
    *_SHAPES_ALONE,
)  # fmt: skip
Shape = tuple[int, ...]


@dataclass(frozen=True)
class _Value:
    """A node of the graph, and its shape without the batch."""

    node: int
    shape: Shape


@dataclass
class _Reader:
    graph: OnnxGraph
    where: str
    batch: int = 0
    nodes: list[Node] = field(default_factory=list)
    values: dict[str, _Value] = field(default_factory=dict)
    whole: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    def add(self, node: Node, shape: Shape) -> _Value:
        self.nodes.append(node)
        return _Value(len(self.nodes), shape)

    def constant(self, name: str, at: str) -> NDArray[Any]:
        """A weight, widened exactly."""
        if name not in self.graph.tensors:
            raise InputError(f"'{name}' is no constant", at, "use a graph whose weights are constants")
        array = widen(self.graph.tensors[name], f"{self.where}, array '{name}'")
        require_finite(array, f"{self.where}, array '{name}'")
        return array

    def integers(self, name: str, at: str) -> NDArray[np.int64]:
        """A shape or the like."""
        if name in self.whole:
            return self.whole[name]
        tensor = self.graph.tensors.get(name)
        if tensor is None or tensor.dtype.kind != "i":
            raise InputError(f"'{name}' is no constant", at, "use a graph of fixed shapes")
        return tensor.astype(np.int64)


def read_onnx(raw: bytes, where: str) -> Graph:
    """The network in the bytes of an ONNX model, all parameters trained.

    Raises
    ------
    InputError
        For an operator outside `SUPPORTED`, by name and node; for a graph that is no network with a dense output layer.
    ValueError
        If the bytes are no ONNX model.
    """
    messages = read_messages(raw)
    free = {name: shape for name, shape in messages.inputs.items() if name not in messages.tensors}
    if len(free) != 1 or len(messages.outputs) != 1:
        what = f"{len(free)} inputs and {len(messages.outputs)} outputs"
        raise InputError(what, where, "use a graph with one each")
    reader = _Reader(messages, where)
    ((name, shape),) = free.items()
    reader.values[name] = _Value(0, _input_shape(messages, name, shape, where))
    reader.batch = shape[0] if shape else 0
    for node in messages.nodes:
        at = f"{where}, node '{node.name or node.kind}'"
        if node.kind not in SUPPORTED:
            raise InputError(f"the operator {node.kind} is not supported", at, f"supported: {', '.join(SUPPORTED)}")
        if node.kind == "Constant":
            if "value" not in node.attributes:
                raise InputError("a constant that is no tensor", at, "export it as a tensor")
            continue
        _read_node(reader, node, at)
    if messages.outputs[0] not in reader.values:
        raise InputError("the chain does not end at the graph's output", where, "use a graph without branches")
    return _finish(reader, reader.values[messages.outputs[0]], _size(reader.values[name].shape))


def _input_shape(messages: OnnxGraph, name: str, shape: list[int], where: str) -> Shape:
    """The input's shape behind the batch; where the file does not say it, that of the first layer's weights."""
    inner = tuple(shape[1:])
    if inner and all(size > 0 for size in inner):
        return inner
    for node in messages.nodes:
        if node.kind in ("Gemm", "MatMul") and node.inputs[:1] == [name] and node.inputs[1] in messages.tensors:
            weights = messages.tensors[node.inputs[1]]
            if weights.ndim == 2:
                return (int(weights.shape[1 if node.attributes.get("transB") else 0]),)
    raise InputError(f"the shape of the input '{name}' is not fixed", where, "export it with a fixed shape")


def _read_node(reader: _Reader, node: OnnxNode, at: str) -> None:
    data = [name for name in node.inputs if name in reader.values]
    if not data or node.kind == "Shape":
        reader.whole[node.outputs[0]] = _whole_numbers(reader, node, at)
        return
    if len(node.outputs) > 1 and node.kind != "Dropout":
        raise InputError(f"{len(node.outputs)} outputs", at, "use an operator with one")
    handler = _HANDLERS.get(node.kind)
    if handler is None or (node.kind != "Add" and node.inputs[0] not in reader.values):
        raise InputError("it does not take the data first", at, "put the data first")
    reader.values[node.outputs[0]] = handler(reader, node, at)


def _activation(reader: _Reader, node: OnnxNode, at: str) -> _Value:
    value = reader.values[node.inputs[0]]
    return reader.add(Activate(value.node, CERTIFIED[ACTIVATIONS[node.kind]]), value.shape)


def _dense(reader: _Reader, node: OnnxNode, at: str, W: NDArray[Any], bias: NDArray[Any] | None, name: str) -> _Value:
    value = reader.values[node.inputs[0]]
    if value.shape != (W.shape[1],):
        raise InputError(f"it takes {W.shape[1]} inputs, its data have the shape {value.shape}", at, "flatten the data")
    bias_name = node.inputs[2] if bias is not None else f"{name}.bias"
    return reader.add(Layer(value.node, Dense(np.ascontiguousarray(W)), bias, name, bias_name), (len(W),))


def _gemm(reader: _Reader, node: OnnxNode, at: str) -> _Value:
    known = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0, **node.attributes}
    if (known["alpha"], known["beta"], known["transA"]) != (1.0, 1.0, 0):
        raise InputError("alpha and beta other than 1, or transA, are not supported", at, "export a plain Linear layer")
    W = reader.constant(node.inputs[1], at)
    if W.ndim != 2:
        raise InputError(f"weights of shape {W.shape}", at, "use a matrix")
    W = W if known["transB"] else W.T
    has_bias = len(node.inputs) > 2 and bool(node.inputs[2])
    bias = _bias(reader.constant(node.inputs[2], at), len(W), at) if has_bias else None
    return _dense(reader, node, at, W, bias, node.inputs[1])


def _matmul(reader: _Reader, node: OnnxNode, at: str) -> _Value:
    W = reader.constant(node.inputs[1], at)
    if W.ndim != 2:
        raise InputError(f"weights of shape {W.shape}", at, "use a matrix")
    return _dense(reader, node, at, W.T, None, node.inputs[1])


def _bias(values: NDArray[Any], size: int, at: str) -> NDArray[Any]:
    if values.size not in (1, size) or values.ndim > 2 or (values.ndim == 2 and len(values) != 1):
        raise InputError(f"a bias of shape {values.shape} for {size} neurons", at, "one bias a neuron")
    return np.array(np.broadcast_to(values.reshape(-1), (size,)))


def _add(reader: _Reader, node: OnnxNode, at: str) -> _Value:
    first, second = (reader.values.get(name) for name in node.inputs)
    if first is not None and second is not None:
        if first.shape != second.shape:
            raise InputError(f"shapes {first.shape} and {second.shape}", at, "add values of one shape")
        return reader.add(Sum(first.node, second.node), first.shape)
    value, name = (first, node.inputs[1]) if first is not None else (second, node.inputs[0])
    assert value is not None
    last = reader.nodes[value.node - 1] if value.node else None
    readers = sum(value.node in sources(other) for other in reader.nodes)
    if not isinstance(last, Layer) or not isinstance(last.map, Dense) or last.bias is not None or readers:
        raise InputError("a constant that is not the bias of the layer before", at, "add one bias after MatMul")
    bias = _bias(reader.constant(name, at), last.map.outputs, at)
    reader.nodes[value.node - 1] = Layer(last.source, last.map, bias, last.weight_name, name)
    return value


def _pads(node: OnnxNode, axes: int, at: str) -> list[int]:
    if node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise InputError(f"auto_pad {node.attributes['auto_pad']}", at, "export explicit pads")
    return list(node.attributes.get("pads") or [0] * (2 * axes))


def _spatial(value: _Value, at: str) -> int:
    if len(value.shape) not in (2, 3):
        raise InputError(f"data of shape {value.shape}", at, "use 1-d or 2-d data with channels first")
    return len(value.shape) - 1


def _conv(reader: _Reader, node: OnnxNode, at: str) -> _Value:
    value = reader.values[node.inputs[0]]
    axes = _spatial(value, at)
    W = reader.constant(node.inputs[1], at)
    if node.attributes.get("group", 1) != 1 or W.ndim != axes + 2 or W.shape[1] != value.shape[0]:
        what = f"weights of shape {W.shape}, group {node.attributes.get('group', 1)}, for data {value.shape}"
        raise InputError(what, at, "use a convolution over all channels (group 1)")
    ones = [1] * axes
    strides, dilations = (node.attributes.get(name) or ones for name in ("strides", "dilations"))
    try:
        map_, shape = convolution(W, value.shape, strides, _pads(node, axes, at), dilations)
    except ValueError as error:
        raise InputError(str(error), at, "check the input's shape") from error
    has_bias = len(node.inputs) > 2 and bool(node.inputs[2])
    bias = _bias(reader.constant(node.inputs[2], at), len(W), at) if has_bias else None
    names = node.inputs[1], node.inputs[2] if has_bias else f"{node.inputs[1]}.bias"
    return reader.add(Layer(value.node, map_, bias, *names), shape)


def _pool(reader: _Reader, node: OnnxNode, at: str) -> _Value:
    value = reader.values[node.inputs[0]]
    axes = _spatial(value, at)
    attributes = node.attributes
    if attributes.get("ceil_mode", 0) or any(d != 1 for d in attributes.get("dilations") or []):
        raise InputError("ceil_mode or dilations", at, "use plain average pooling")
    strides = attributes.get("strides") or [1] * axes
    whole = bool(attributes.get("count_include_pad", 0))
    try:
        map_, shape = average(value.shape, attributes["kernel_shape"], strides, _pads(node, axes, at), whole)
    except ValueError as error:
        raise InputError(str(error), at, "check the input's shape") from error
    return reader.add(Fixed(value.node, map_), shape)


def _global_average(reader: _Reader, node: OnnxNode, at: str) -> _Value:
    value = reader.values[node.inputs[0]]
    axes = _spatial(value, at)
    keep = True
    if node.kind == "ReduceMean":
        named = node.attributes.get("axes")
        if named is None and len(node.inputs) > 1:
            named = reader.integers(node.inputs[1], at).tolist()
        if named is None or sorted(a % (axes + 2) for a in named) != list(range(2, axes + 2)):
            raise InputError("a mean over other axes than all spatial ones", at, "use global average pooling")
        keep = bool(node.attributes.get("keepdims", 1))
    map_, shape = average(value.shape, value.shape[1:], [1] * axes, [0] * (2 * axes), True)
    return reader.add(Fixed(value.node, map_), shape if keep else shape[:1])


def _reshape(reader: _Reader, node: OnnxNode, at: str) -> _Value:
    value = reader.values[node.inputs[0]]
    size, old = _size(value.shape), (-1, *value.shape)
    if node.kind == "Flatten":
        if node.attributes.get("axis", 1) != 1:
            raise InputError("it does not flatten everything behind the batch", at, "use axis 1")
        return _Value(value.node, (size,))
    axes = None
    if node.kind in ("Squeeze", "Unsqueeze"):
        given = node.attributes.get("axes")
        axes = given if given is not None else reader.integers(node.inputs[1], at).tolist()
    if node.kind == "Squeeze":
        dropped = {a % len(old) for a in axes or []}
        new = [s for a, s in enumerate(old) if a not in dropped]
        if any(old[a] != 1 for a in dropped):
            raise InputError("an axis that is not 1", at, "check the shapes")
    elif node.kind == "Unsqueeze":
        new = list(old)
        for a in sorted(a % (len(old) + len(axes or [])) for a in axes or []):
            new.insert(a, 1)
    else:
        shape = reader.integers(node.inputs[1], at).tolist()
        new = [old[a] if s == 0 and a < len(old) and not node.attributes.get("allowzero") else s
               for a, s in enumerate(shape)]  # fmt: skip
    if new[0] not in (-1, reader.batch or -1) or any(s < -1 or s == 0 for s in new[1:]):
        raise InputError(f"the shape {new} moves the batch", at, "keep the batch first")
    inner = new[1:]
    if inner.count(-1) == 1:
        rest = int(np.prod([s for s in inner if s != -1]))
        inner[inner.index(-1)] = size // max(rest, 1)
    if _size(tuple(inner)) != size or -1 in inner:
        raise InputError(f"the shape {new} for {size} entries a row", at, "keep the batch first")
    return _Value(value.node, tuple(inner))


def _same(reader: _Reader, node: OnnxNode, at: str) -> _Value:
    return reader.values[node.inputs[0]]


_HANDLERS: dict[str, Callable[[_Reader, OnnxNode, str], _Value]] = {
    **dict.fromkeys(ACTIVATIONS, _activation),
    "Gemm": _gemm, "MatMul": _matmul, "Add": _add, "Conv": _conv, "AveragePool": _pool,
    "GlobalAveragePool": _global_average, "ReduceMean": _global_average, **dict.fromkeys(_RESHAPING, _reshape),
    "Identity": _same, "Dropout": _same,
}  # fmt: skip


def _whole_numbers(reader: _Reader, node: OnnxNode, at: str) -> NDArray[np.int64]:
    """An operator on shapes alone."""
    if node.kind == "Shape":
        if node.inputs[0] not in reader.values:
            raise InputError("the shape of something else than the data", at, "use a graph of fixed shapes")
        return np.array([-1, *reader.values[node.inputs[0]].shape], dtype=np.int64)
    parts = [reader.integers(name, at) for name in node.inputs if name]
    if node.kind == "Slice":
        steps = parts[4] if len(parts) > 4 else np.ones(1, dtype=np.int64)
        end = min(int(parts[2].item()), len(parts[0]))
        return parts[0][int(parts[1].item()) : end : int(steps.item())]
    if node.kind == "Concat":
        return np.concatenate([part.reshape(-1) for part in parts])
    if node.kind == "Gather":
        return np.asarray(parts[0][parts[1]])
    if node.kind in ("Add", "Mod"):
        return np.asarray(parts[0] + parts[1] if node.kind == "Add" else np.mod(parts[0], parts[1]))
    if node.kind in ("Reshape", "Squeeze", "Unsqueeze"):
        return parts[0].reshape(-1)
    if node.kind in ("Cast", "Identity"):
        return parts[0]
    raise InputError(
        "it does not continue the chain from the input", at, "use a graph in which all depends on the input"
    )


def _finish(reader: _Reader, output: _Value, inputs: int) -> Graph:
    """The last dense layer becomes the output layer."""
    last = reader.nodes[output.node - 1] if output.node else None
    read = any(output.node in sources(node) for node in reader.nodes)
    if not isinstance(last, Layer) or isinstance(last.map, Convolution) or output.node != len(reader.nodes) or read:
        raise InputError("the last node is no dense layer", reader.where, "end with a Linear layer")
    names = last.weight_name, last.bias_name
    _require_own_weights(reader)
    nodes = tuple(reader.nodes[:-1])
    if not any(isinstance(node, Layer) for node in nodes):
        raise InputError("there is no hidden layer", reader.where, "a linear model needs no certificate of this kind")
    return Graph(inputs, nodes, last.source, last.map.weights, output_scale(None, 1), last.bias, *names)


def _require_own_weights(reader: _Reader) -> None:
    """Refuse weights that two layers share. (Exporters store equal tensors once: biases of zeros may be one array.)"""
    seen: set[str] = set()
    for node in reader.nodes:
        if isinstance(node, Layer):
            shared = {node.weight_name} & seen
            if node.bias is not None and node.bias.any():
                shared |= {node.bias_name} & seen
            if shared:
                raise InputError(f"two layers share '{shared.pop()}'", reader.where, "give each its own parameters")
            seen |= {node.weight_name, node.bias_name}


def _size(shape: Shape) -> int:
    return int(np.prod(shape))
