"""Networks from files: ``.npz``, ``.safetensors`` (a small documented layout) and ``.onnx``; weights taken exactly.

Names of the arrays, float32 or float64:

- ``W1 (m1, d), b1 (m1,), W2 (m2, m1), b2, …``: hidden layers; the ``b`` may be absent; ``W``, ``b`` stand for ``W1``,
  ``b1``;
- ``v (m,)`` or ``(q, m)`` for q outputs (also ``a``): output weights; ``c``: output bias, one number or ``(q,)``
  (absent: none);
- ``alpha``: one number; the output is then ``(α/√m) Σ v_r h_r + c``, m the last hidden width, else ``Σ v_r h_r + c``;
- ``activation``: a string (in safetensors: a member of the metadata).

Or the names of a ``torch.nn.Sequential``: ``0.weight, 0.bias, 2.weight, …``, the last layer being the output.
"""

from __future__ import annotations

import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats
from certify.data.exact import one_line, require_finite, widen
from certify.errors import InputError
from certify.networks.activation import SmoothActivation
from certify.networks.graph import Activate, Graph, chain
from certify.networks.graph import Layer as GraphLayer
from certify.networks.graph_model import GraphModel
from certify.networks.linear import Dense
from certify.networks.onnx import read_onnx

_LAYOUT = "use the names W1, b1, W2, b2, …, v, c, alpha, activation"
_ALIASES = {"W": "W1", "b": "b1", "a": "v"}
_SAFE_TYPES = {"F32": "<f4", "F64": "<f8"}
_DAMAGE = (
    ValueError, TypeError, LookupError, OSError, EOFError, struct.error, zlib.error, zipfile.BadZipFile,
    NotImplementedError,
)  # fmt: skip
_MOST_HEADER = 100 * 2**20


@dataclass(frozen=True)
class Layer:
    """A hidden layer: weights (out, in) and bias (out,) or None."""

    weights: Floats
    bias: Floats | None


@dataclass(frozen=True)
class Model:
    """A fully connected network as a file has it; every number exact.

    Attributes
    ----------
    hidden :
        The hidden layers, from the input on.
    outer : (m,), or (q, m) for q outputs
        Output weights.
    offset :
        Output bias, a number or (q,); None where there is none.
    alpha :
        Scale of the NTK parametrisation, None in the standard one.
    activation :
        Its name where the file says it.
    name :
        What messages call it.
    """

    hidden: tuple[Layer, ...]
    outer: Floats
    offset: float | Floats | None = None
    alpha: float | None = None
    activation: str | None = None
    name: str = "network"

    @property
    def inputs(self) -> int:
        """Number of columns the data must have."""
        return int(self.hidden[0].weights.shape[1])

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return tuple(len(layer.weights) for layer in self.hidden)

    @property
    def depth(self) -> int:
        """Number of hidden layers."""
        return len(self.hidden)

    @property
    def biased(self) -> bool:
        """Has a hidden layer a bias?"""
        return any(layer.bias is not None for layer in self.hidden)

    def graph(self, activation: SmoothActivation) -> Graph:
        """The network as a graph."""
        layers = [(layer.weights, layer.bias) for layer in self.hidden]
        return chain(layers, activation, self.matrix, self.offsets, self.alpha)

    @property
    def outputs(self) -> int:
        """Number q of outputs."""
        return len(self.matrix)

    @property
    def matrix(self) -> Floats:
        """The output weights (q, m)."""
        return np.atleast_2d(self.outer)

    @property
    def offsets(self) -> Floats | None:
        """The output bias (q,), None where there is none."""
        return None if self.offset is None else np.atleast_1d(np.asarray(self.offset, dtype=np.float64))

    def arrays(self) -> dict[str, Floats]:
        """Weights and biases of the hidden layers by the names of the layout, and ``v``."""
        named = {f"W{k}": layer.weights for k, layer in enumerate(self.hidden, 1)}
        biases = {f"b{k}": layer.bias for k, layer in enumerate(self.hidden, 1) if layer.bias is not None}
        return {**named, **biases, "v": self.outer}

    def digest(self) -> str:
        """Hexadecimal SHA-256 of a version tag, the shapes and the float64 numbers of all layers, in order."""
        total = sha256(b"certify/network/1\n")
        parts = [array for layer in self.hidden for array in (layer.weights, layer.bias)]
        for array in (*parts, self.outer):
            shape = "none" if array is None else " ".join(map(str, array.shape))
            total.update(f"{shape}\n".encode("ascii"))
            if array is not None:
                total.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        offset = self.offsets
        words = "None" if offset is None else " ".join(repr(float(c)) for c in offset)
        total.update(f"{words} {self.alpha!r}\n".encode("ascii"))
        return total.hexdigest()


def read_model(path: Path) -> Model | GraphModel:
    """The network in a file.

    Raises
    ------
    InputError
        One line: a missing or damaged file, an unknown format, names outside the layout, shapes that do not fit,
        a number that is not finite.
    """
    if not path.is_file():
        raise InputError("there is no such file", str(path), "give a network as .npz, .safetensors or .onnx")
    readers = {".npz": _read_npz, ".safetensors": _read_safetensors}
    kind = path.suffix.lower()
    reader = readers.get(kind)
    if reader is None and kind != ".onnx":
        raise InputError("not a known network format", str(path), f"accepted: {' '.join(readers)} .onnx")
    try:
        if reader is None:
            return model_of_graph(read_onnx(path.read_bytes(), str(path)), str(path))
        arrays, words = reader(path)
    except _DAMAGE as error:
        raise InputError(f"the file cannot be read ({one_line(error)})", str(path), "write it again") from error
    return model_of(arrays, words, str(path))


def _read_npz(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    words = {name: str(arrays.pop(name)) for name in list(arrays) if arrays[name].dtype.kind == "U"}
    return arrays, words


def _read_safetensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    if not 2 <= length <= min(_MOST_HEADER, len(raw) - 8):
        raise ValueError("the header's length is wrong")
    header = json.loads(raw[8 : 8 + length])
    words = {str(k): str(v) for k, v in (header.pop("__metadata__", None) or {}).items()}
    body = memoryview(raw)[8 + length :]
    arrays = {}
    for name, entry in header.items():
        if entry["dtype"] not in _SAFE_TYPES:
            raise ValueError(f"{name} has dtype {entry['dtype']}, known are F32 and F64")
        start, end = entry["data_offsets"]
        dtype = np.dtype(_SAFE_TYPES[entry["dtype"]])
        if not 0 <= start <= end <= len(body) or end - start != dtype.itemsize * int(np.prod(entry["shape"])):
            raise ValueError(f"{name} does not fit into the file")
        arrays[name] = np.frombuffer(body[start:end], dtype=dtype).reshape(entry["shape"])
    return arrays, words


def model_of_graph(graph: Graph, where: str) -> Model | GraphModel:
    """A `Model` where the graph is a chain of dense layers with one activation between them, else a `GraphModel`."""
    hidden: list[Layer] = []
    kinds: set[str] = set()
    for number, node in enumerate(graph.nodes):
        if number % 2 == 0 and isinstance(node, GraphLayer) and isinstance(node.map, Dense) and node.source == number:
            hidden.append(Layer(node.map.weights, node.bias))
        elif number % 2 == 1 and isinstance(node, Activate) and node.source == number:
            kinds.add(node.activation.name)
        else:
            return GraphModel(graph, where)
    if len(kinds) != 1 or len(graph.nodes) % 2:
        return GraphModel(graph, where)
    one = graph.outputs == 1
    offset = None if graph.offset is None else float(graph.offset[0]) if one else graph.offset
    return Model(tuple(hidden), graph.outer[0] if one else graph.outer, offset, None, kinds.pop(), where)


def model_of(arrays: Mapping[str, Any], words: Mapping[str, str], where: str) -> Model:
    """A network from named arrays; see the module for the names. Raises `InputError`."""
    exact = {}
    for name, array in arrays.items():
        exact[name] = widen(array, f"{where}, array '{name}'")
        require_finite(exact[name], f"{where}, array '{name}'")
    if any(re.fullmatch(r"\d+\.(weight|bias)", name) for name in exact):
        exact = _sequential(exact, where)
    exact = {_ALIASES.get(name, name): array for name, array in exact.items()}
    depth = next((k for k in range(len(exact) + 1) if f"W{k + 1}" not in exact), 0)
    known = {f"{letter}{k}" for k in range(1, depth + 1) for letter in "Wb"} | {"v", "c", "alpha"}
    for name in exact:
        if name not in known:
            raise InputError(f"unknown array '{name}'", where, _LAYOUT)
    for name in ("W1", "v"):
        if name not in exact:
            raise InputError(f"there is no array '{name}'", where, _LAYOUT)
    hidden: list[Layer] = []
    for k in range(1, depth + 1):
        weights, bias = exact[f"W{k}"], exact.get(f"b{k}")
        if weights.ndim != 2 or 0 in weights.shape:
            raise InputError(f"shape {weights.shape} where (out, in) is needed", f"{where}, array 'W{k}'", "reshape it")
        if hidden and weights.shape[1] != len(hidden[-1].weights):
            what = f"it takes {weights.shape[1]} inputs, the layer before has {len(hidden[-1].weights)} neurons"
            raise InputError(what, f"{where}, array 'W{k}'", "check the order and orientation of the layers")
        if bias is not None and bias.shape != (len(weights),):
            what = f"shape {bias.shape} where ({len(weights)},) is needed"
            raise InputError(what, f"{where}, array 'b{k}'", "one bias a neuron")
        hidden.append(Layer(weights, bias))
    outer = exact["v"]
    m = len(hidden[-1].weights)
    if outer.ndim not in (1, 2) or outer.shape[-1] != m or 0 in outer.shape:
        what = f"shape {outer.shape} where ({m},) or (outputs, {m}) is needed"
        raise InputError(what, f"{where}, array 'v'", "one output weight a neuron and output")
    q = 1 if outer.ndim == 1 else len(outer)
    return Model(
        tuple(hidden),
        outer.reshape(-1) if q == 1 else outer,
        _number(exact, "c", where) if q == 1 else _offsets(exact, q, where),
        _number(exact, "alpha", where),
        words.get("activation"),
        where,
    )


def _offsets(arrays: Mapping[str, Floats], outputs: int, where: str) -> Floats | None:
    if "c" not in arrays:
        return None
    if arrays["c"].shape != (outputs,):
        raise InputError(
            f"shape {arrays['c'].shape} for {outputs} outputs", f"{where}, array 'c'", "one bias an output"
        )
    return arrays["c"]


def _number(arrays: Mapping[str, Floats], name: str, where: str) -> float | None:
    if name not in arrays:
        return None
    if arrays[name].size != 1:
        raise InputError(f"shape {arrays[name].shape} where one number is needed", f"{where}, array '{name}'", _LAYOUT)
    value = float(arrays[name].reshape(-1)[0])
    if name == "alpha" and not value > 0:
        raise InputError(f"alpha is {value}, not positive", where, "give a positive scale")
    return value


def _sequential(arrays: Mapping[str, Floats], where: str) -> dict[str, Floats]:
    """``0.weight, 0.bias, 2.weight, …`` in the layout's own names."""
    numbers = sorted({int(name.split(".")[0]) for name in arrays if re.fullmatch(r"\d+\.(weight|bias)", name)})
    renamed: dict[str, Floats] = {}
    for place, number in enumerate(numbers, 1):
        last = place == len(numbers)
        for kind, short in (("weight", "v" if last else f"W{place}"), ("bias", "c" if last else f"b{place}")):
            if f"{number}.{kind}" in arrays:
                renamed[short] = arrays[f"{number}.{kind}"]
    rest = {name: array for name, array in arrays.items() if not re.fullmatch(r"\d+\.(weight|bias)", name)}
    return {**renamed, **rest}
