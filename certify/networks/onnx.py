"""Fully connected networks from ONNX files, read without ONNX: the few messages needed of its protocol-buffer format.

Field numbers are those of ``onnx.proto`` (ONNX IR): they are frozen by that format's own rules of compatibility.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.errors import InputError

ACTIVATIONS = {"Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus", "Erf": "erf"}
SUPPORTED = ("Gemm", "MatMul", "Add", *ACTIVATIONS, "Identity", "Constant")
_DTYPES = {1: "<f4", 11: "<f8"}


@dataclass
class _Node:
    kind: str = ""
    name: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Graph:
    nodes: list[_Node] = field(default_factory=list)
    tensors: dict[str, NDArray[Any]] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


def read_onnx(raw: bytes, where: str) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Arrays ``W1, b1, …, v, c`` and the activation of a chain of affine layers with one activation between them.

    Raises
    ------
    InputError
        For an operator outside `SUPPORTED`, by name and node; for a graph that is no such chain.
    ValueError
        If the bytes are no ONNX model.
    """
    graphs = [value for number, value in _fields(raw) if number == 7]
    if len(graphs) != 1 or not isinstance(graphs[0], bytes):
        raise ValueError("it holds no graph")
    graph = _graph(graphs[0])
    affine, kinds = _chain(graph, where)
    if len(set(kinds)) > 1:
        raise InputError(f"several activations: {', '.join(sorted(set(kinds)))}", where, "use one activation")
    if len(affine) != len(kinds) + 1 or not kinds:
        raise InputError("the graph does not alternate affine layers and activations", where, "use Gemm, Tanh, …, Gemm")
    arrays: dict[str, NDArray[Any]] = {}
    for place, (weights, bias) in enumerate(affine, 1):
        last = place == len(affine)
        arrays["v" if last else f"W{place}"] = weights
        if bias is not None:
            arrays["c" if last else f"b{place}"] = bias
    return arrays, {"activation": kinds[0]}


def _chain(graph: _Graph, where: str) -> tuple[list[tuple[NDArray[Any], NDArray[Any] | None]], list[str]]:
    """Follow the data from the graph's only input to its only output."""
    sources = [name for name in graph.inputs if name not in graph.tensors]
    if len(sources) != 1 or len(graph.outputs) != 1:
        raise InputError(f"{len(sources)} inputs and {len(graph.outputs)} outputs", where, "use a graph with one each")
    current = sources[0]
    affine: list[tuple[NDArray[Any], NDArray[Any] | None]] = []
    kinds: list[str] = []
    for node in graph.nodes:
        at = f"{where}, node '{node.name or node.kind}'"
        if node.kind not in SUPPORTED:
            raise InputError(f"the operator {node.kind} is not supported", at, f"supported: {', '.join(SUPPORTED)}")
        if node.kind == "Constant":
            continue
        constants = [graph.tensors[name] for name in node.inputs if name in graph.tensors]
        if [name for name in node.inputs if name not in graph.tensors and name] != [current]:
            raise InputError("it does not continue the chain from the input", at, "use a graph without branches")
        if len(node.outputs) != 1:
            raise InputError(f"{len(node.outputs)} outputs", at, "use a graph without branches")
        first = node.inputs[0] == current
        if node.kind in ACTIVATIONS:
            kinds.append(ACTIVATIONS[node.kind])
        elif node.kind == "Gemm":
            affine.append(_gemm(node, constants, first, at))
        elif node.kind == "MatMul":
            if len(constants) != 1 or not first or constants[0].ndim != 2:
                raise InputError("it is not data times a matrix", at, "put the data first")
            affine.append((np.ascontiguousarray(constants[0].T), None))
        elif node.kind == "Add":
            if len(constants) != 1 or len(affine) != len(kinds) + 1 or affine[-1][1] is not None:
                raise InputError("it is not the bias of the layer before", at, "add one bias after MatMul")
            affine[-1] = affine[-1][0], _bias(constants[0], len(affine[-1][0]), at)
        current = node.outputs[0]
        if len(affine) - len(kinds) not in (0, 1):
            raise InputError("affine layers and activations do not alternate", at, "use Gemm, Tanh, …, Gemm")
    if current != graph.outputs[0]:
        raise InputError("the chain does not end at the graph's output", where, "use a graph without branches")
    return affine, kinds


def _gemm(node: _Node, constants: list[NDArray[Any]], first: bool, at: str) -> tuple[NDArray[Any], NDArray[Any] | None]:
    known = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0, **node.attributes}
    if not first or not constants or constants[0].ndim != 2 or len(constants) != len(node.inputs) - 1:
        raise InputError("it is not data times a constant matrix", at, "put the data first")
    if (known["alpha"], known["beta"], known["transA"]) != (1.0, 1.0, 0):
        raise InputError("alpha and beta other than 1, or transA, are not supported", at, "export a plain Linear layer")
    weights = np.ascontiguousarray(constants[0] if known["transB"] else constants[0].T)
    return weights, _bias(constants[1], len(weights), at) if len(constants) > 1 else None


def _bias(values: NDArray[Any], size: int, at: str) -> NDArray[Any]:
    if values.size not in (1, size) or values.ndim > 2 or (values.ndim == 2 and len(values) != 1):
        raise InputError(f"a bias of shape {values.shape} for {size} neurons", at, "one bias a neuron")
    return np.array(np.broadcast_to(values.reshape(-1), (size,)))


def _graph(raw: bytes) -> _Graph:
    graph = _Graph()
    for number, value in _fields(raw):
        if number == 1:
            node = _node(value)
            graph.nodes.append(node)
            if node.kind == "Constant" and "value" in node.attributes:
                graph.tensors[node.outputs[0]] = node.attributes["value"]
        elif number == 5:
            name, tensor = _tensor(value)
            graph.tensors[name] = tensor
        elif number in (11, 12):
            names = [str(text, "utf-8") for key, text in _fields(value) if key == 1]
            (graph.inputs if number == 11 else graph.outputs).extend(names)
    return graph


def _node(raw: bytes) -> _Node:
    node = _Node()
    for number, value in _fields(raw):
        if number in (1, 2):
            (node.inputs if number == 1 else node.outputs).append(str(value, "utf-8"))
        elif number == 3:
            node.name = str(value, "utf-8")
        elif number == 4:
            node.kind = str(value, "utf-8")
        elif number == 5:
            name, content = _attribute(value)
            node.attributes[name] = content
        elif number == 7 and value not in (b"", b"ai.onnx"):
            raise ValueError(f"an operator of the domain {value!r}")
    return node


def _attribute(raw: bytes) -> tuple[str, Any]:
    name, content = "", None
    for number, value in _fields(raw):
        if number == 1:
            name = str(value, "utf-8")
        elif number == 2:
            content = struct.unpack("<f", value)[0]
        elif number == 3:
            content = value
        elif number == 5:
            content = _tensor(value)[1]
    return name, content


def _tensor(raw: bytes) -> tuple[str, NDArray[Any]]:
    name, kind, body, typed = "", 0, None, b""
    shape: list[int] = []
    for number, value in _fields(raw):
        if number == 1:
            shape += _varints(value) if isinstance(value, bytes) else [value]
        elif number == 2:
            kind = value
        elif number == 8:
            name = str(value, "utf-8")
        elif number == 9:
            body = value
        elif (number, kind) in ((4, 1), (10, 11)):
            typed += value
        elif number == 14 and value == 1:
            raise ValueError(f"the weights of '{name}' are in another file")
    dtype = _DTYPES.get(kind)
    if dtype is None:  # an integer shape or the like: never weights
        return name, np.zeros(0)
    return name, np.frombuffer(typed if body is None else body, dtype=dtype).reshape(shape)


def _varints(raw: bytes) -> list[int]:
    values, place = [], 0
    while place < len(raw):
        value, place = _varint(raw, place)
        values.append(value)
    return values


def _varint(raw: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(raw) or shift > 63:
            raise ValueError("truncated or damaged")
        byte = raw[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _fields(raw: bytes) -> Iterator[tuple[int, Any]]:
    """Field number and value: an int for varints, bytes for everything else."""
    place = 0
    while place < len(raw):
        key, place = _varint(raw, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, place = _varint(raw, place)
            yield number, value
            continue
        if kind == 2:
            size, place = _varint(raw, place)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError("no protocol buffer")
        if place + size > len(raw):
            raise ValueError("truncated")
        yield number, raw[place : place + size]
        place += size
