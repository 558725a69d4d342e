"""The few messages needed of ONNX's protocol-buffer format, read without ONNX.

Field numbers are those of ``onnx.proto`` (ONNX IR): they are frozen by that format's own rules of compatibility.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DTYPES = {1: "<f4", 6: "<i4", 7: "<i8", 11: "<f8"}


@dataclass
class OnnxNode:
    """An operator: its kind, name, tensors read and written, attributes."""

    kind: str = ""
    name: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class OnnxGraph:
    """Nodes in order, constant tensors by name, inputs with their shapes (0 for what is not fixed), outputs."""

    nodes: list[OnnxNode] = field(default_factory=list)
    tensors: dict[str, NDArray[Any]] = field(default_factory=dict)
    inputs: dict[str, list[int]] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)


def read_messages(raw: bytes) -> OnnxGraph:
    """The graph of a model. Raises `ValueError` if the bytes are no ONNX model."""
    graphs = [value for number, value in _fields(raw) if number == 7]
    if len(graphs) != 1 or not isinstance(graphs[0], bytes):
        raise ValueError("it holds no graph")
    return _graph(graphs[0])


def _graph(raw: bytes) -> OnnxGraph:
    graph = OnnxGraph()
    for number, value in _fields(raw):
        if number == 1:
            node = _node(value)
            graph.nodes.append(node)
            if node.kind == "Constant" and "value" in node.attributes:
                graph.tensors[node.outputs[0]] = node.attributes["value"]
        elif number == 5:
            name, tensor = _tensor(value)
            graph.tensors[name] = tensor
        elif number == 11:
            name, shape = _value_info(value)
            graph.inputs[name] = shape
        elif number == 12:
            graph.outputs.append(_value_info(value)[0])
    return graph


def _value_info(raw: bytes) -> tuple[str, list[int]]:
    """Name and shape: ValueInfoProto → TypeProto → Tensor → TensorShapeProto → Dimension."""
    name, shape = "", []
    for number, value in _fields(raw):
        if number == 1:
            name = str(value, "utf-8")
        elif number == 2:
            for key, tensor in _fields(value):
                for inner, dims in _fields(tensor) if key == 1 else ():
                    if inner == 2:
                        shape = [dict(_fields(dim)).get(1, 0) for one, dim in _fields(dims) if one == 1]
    return name, [size if isinstance(size, int) else 0 for size in shape]


def _node(raw: bytes) -> OnnxNode:
    node = OnnxNode()
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
            content = _signed(value)
        elif number == 4:
            content = str(value, "utf-8", "replace")
        elif number == 5:
            content = _tensor(value)[1]
        elif number == 8:
            content = [*(content or []), *map(_signed, _varints(value) if isinstance(value, bytes) else [value])]
    return name, content


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


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
        elif (number, kind) == (7, 7):
            whole = map(_signed, _varints(value) if isinstance(value, bytes) else [value])
            typed += np.array(list(whole), dtype="<i8").tobytes()
        elif number == 14 and value == 1:
            raise ValueError(f"the weights of '{name}' are in another file")
    dtype = _DTYPES.get(kind)
    if dtype is None:  # booleans, strings, half precision: never weights
        return name, np.zeros(0, dtype=bool)
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
