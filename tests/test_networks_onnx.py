"""ONNX files, written here by the wire format's own rules (and by the real package where it is installed)."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from certify.errors import InputError
from certify.networks.files import read_model

Array = np.ndarray


def varint(value: int) -> bytes:
    out = b""
    while True:
        value, low = value >> 7, value & 0x7F
        out += bytes([low | (0x80 if value else 0)])
        if not value:
            return out


def part(number: int, content: bytes | str | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def tensor(name: str, array: Array, typed: bool = False) -> bytes:
    kind = {np.dtype("<f4"): 1, np.dtype("<f8"): 11}[array.dtype]
    head = b"".join(part(1, size) for size in array.shape) + part(2, kind) + part(8, name)
    return head + (part({1: 4, 11: 10}[kind], array.tobytes()) if typed else part(9, array.tobytes()))


def attribute(name: str, value: int | float) -> bytes:
    if isinstance(value, int):
        return part(1, name) + part(3, value) + part(20, 2)
    return part(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + part(20, 1)


def node(kind: str, inputs: list[str], output: str, **attributes: int | float) -> bytes:
    body = b"".join(part(1, name) for name in inputs) + part(2, output) + part(3, f"n_{output}") + part(4, kind)
    return body + b"".join(part(5, attribute(name, value)) for name, value in attributes.items())


def model(nodes: list[bytes], tensors: list[bytes], output: str) -> bytes:
    graph = b"".join(part(1, n) for n in nodes) + part(2, "g") + b"".join(part(5, t) for t in tensors)
    graph += part(11, part(1, "x")) + part(12, part(1, output))
    return part(1, 8) + part(2, "hand") + part(7, graph) + part(8, part(1, "") + part(2, 17))


@pytest.fixture
def weights() -> dict[str, Array]:
    rng = np.random.default_rng(0)
    shapes = {"W1": (4, 3), "b1": (4,), "W2": (5, 4), "b2": (5,), "v": (1, 5), "c": (1,)}
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def torch_like(w: dict[str, Array], kind: str = "Tanh") -> bytes:
    nodes = [
        node("Gemm", ["x", "W1", "b1"], "a", alpha=1.0, beta=1.0, transB=1),
        node(kind, ["a"], "h"),
        node("Gemm", ["h", "W2", "b2"], "b", alpha=1.0, beta=1.0, transB=1),
        node(kind, ["b"], "k"),
        node("Gemm", ["k", "v", "c"], "y", alpha=1.0, beta=1.0, transB=1),
    ]
    return model(nodes, [tensor(name, array) for name, array in w.items()], "y")


def keras_like(w: dict[str, Array]) -> bytes:
    tensors = [tensor(n, np.ascontiguousarray(w[n].T), typed=True) for n in ("W1", "W2", "v")]
    tensors += [tensor(n, w[n]) for n in ("b1", "b2")] + [tensor("c", w["c"].astype("<f8"))]
    nodes = [
        node("MatMul", ["x", "W1"], "p"),
        node("Add", ["p", "b1"], "a"),
        node("Sigmoid", ["a"], "h"),
        node("MatMul", ["h", "W2"], "q"),
        node("Add", ["b2", "q"], "b"),
        node("Sigmoid", ["b"], "k"),
        node("Identity", ["k"], "i"),
        node("MatMul", ["i", "v"], "r"),
        node("Add", ["r", "c"], "y"),
    ]
    return model(nodes, tensors, "y")


@pytest.mark.parametrize(("write", "name"), [(torch_like, "tanh"), (keras_like, "sigmoid")])
def test_the_weights_are_exact(tmp_path: Path, weights: dict[str, Array], write, name: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "m.onnx").write_bytes(write(weights))
    found = read_model(tmp_path / "m.onnx")
    assert found.activation == name and found.alpha is None and found.widths == (4, 5)
    for k, layer in enumerate(found.hidden, 1):
        assert layer.bias is not None
        assert np.array_equal(layer.weights, weights[f"W{k}"].astype(np.float64))
        assert np.array_equal(layer.bias, weights[f"b{k}"].astype(np.float64))
    assert np.array_equal(found.outer, weights["v"][0].astype(np.float64)) and found.offset == float(weights["c"][0])


def test_what_is_not_supported_is_named_with_its_node(tmp_path: Path, weights: dict[str, Array]) -> None:
    path = tmp_path / "m.onnx"
    whole = torch_like(weights)
    tensors = [tensor(name, array) for name, array in weights.items()]
    first = node("Gemm", ["x", "W1", "b1"], "a", transB=1)
    turned = [first, node("Tanh", ["a"], "h"), node("MatMul", ["W2", "h"], "y")]
    square = weights["W1"][:3, :3]
    tensors.append(tensor("S", square))
    tied = [node("Gemm", ["x", "S"], "p", transB=1), node("Tanh", ["p"], "t"), node("Gemm", ["t", "S"], "y", transB=1)]
    no_layer = [first, node("Tanh", ["a"], "h")]
    half = [node("Gemm", ["x", "W1", "b1"], "a", alpha=0.5, transB=1)]
    for raw, says in (
        (torch_like(weights, "Elu"), "Elu is not supported"),
        (model(turned, tensors, "y"), "n_y.*data first"),
        (model(half, tensors, "a"), "alpha"),
        (model(no_layer, tensors, "h"), "no dense layer"),
        (model([first], tensors, "z"), "end at the graph"),
        (model(tied, tensors, "y"), "two layers share 'S'"),
        (whole[: len(whole) // 2], "cannot be read"),
        (b"", "cannot be read"),
        (b"\xff" * 40, "cannot be read"),
    ):
        path.write_bytes(raw)
        with pytest.raises(InputError, match=says):
            read_model(path)


def test_damage_never_passes_for_a_fault_of_ours(tmp_path: Path, weights: dict[str, Array]) -> None:
    whole = bytearray(torch_like(weights))
    rng = np.random.default_rng(1)
    for _ in range(300):
        bad = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            bad[place] = int(rng.integers(0, 256))
        (tmp_path / "m.onnx").write_bytes(bad)
        try:
            read_model(tmp_path / "m.onnx")
        except InputError as fault:
            assert "\n" not in str(fault)


def test_the_real_package_writes_what_is_read(tmp_path: Path, weights: dict[str, Array]) -> None:
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    nodes = [
        helper.make_node("Gemm", ["x", "W1", "b1"], ["a"], transB=1),
        helper.make_node("Softplus", ["a"], ["h"]),
        helper.make_node("Gemm", ["h", "V", "c"], ["y"], transB=1),
    ]
    arrays = {"W1": weights["W1"], "b1": weights["b1"], "V": weights["v"][:, :4], "c": weights["c"]}
    value = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["n", k]) for n, k in (("x", 3), ("y", 1))]
    tensors = [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "g", value[:1], value[1:], tensors)
    onnx.save(helper.make_model(graph), str(tmp_path / "m.onnx"))
    found = read_model(tmp_path / "m.onnx")
    assert found.activation == "softplus" and np.array_equal(found.hidden[0].weights, weights["W1"].astype(np.float64))
    assert np.array_equal(found.outer, weights["v"][0, :4].astype(np.float64))
