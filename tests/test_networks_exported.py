"""Networks written by PyTorch's exporters: they compute what PyTorch computes, and are certified from the shell.

`tests/data/onnx/export.py` made the files; the outputs are PyTorch's own, in float64.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, Command, one_line

from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import workers
from certify.data import Dataset
from certify.networks.files import Model, read_model
from certify.networks.graph_model import GraphModel
from certify.networks.propagate import propagate
from certify.workflows.network import NetworkRequest, certify_network, prepare_graph

FOLDER = ROOT / "tests" / "data" / "onnx"
FILES = sorted(path.name for path in FOLDER.glob("*.onnx"))


@pytest.mark.parametrize("name", FILES)
def test_the_network_computes_what_pytorch_computes(name: str) -> None:
    model = read_model(FOLDER / name)
    kind = name.split("_")[0]
    assert isinstance(model, Model if kind == "dense" else GraphModel)
    with np.load(FOLDER / "outputs.npz") as stored:
        X, Y = stored[f"{kind}_x"], stored[f"{kind}_y"]
    data = Dataset(X, Y if Y.shape[1] > 1 else Y[:, 0])
    with workers(1) as pool:
        graph, inputs = prepare_graph(model, data, None, "all", pool)
    found = propagate(graph, inputs.rows, inputs.columns)
    assert float(np.abs(found.residual).max()) < 1e-14  # PyTorch's own rounding
    assert float(found.residual_error.max()) < 1e-12


def test_both_exporters_give_one_network() -> None:
    for kind in ("residual", "image", "pools", "dense"):
        first, second = (read_model(FOLDER / f"{kind}_{how}.onnx") for how in ("script", "dynamo"))
        assert first.digest() == second.digest() and first.widths == second.widths
    model = read_model(FOLDER / "image_script.onnx")
    assert isinstance(model, GraphModel) and list(model.arrays()) == [
        "c1.weight", "c1.bias", "c2.weight", "c2.bias", "f.weight", "f.bias"
    ]  # fmt: skip
    assert model.arrays()["c1.weight"].shape == (3, 9) and model.structure()[4] == "5 sum of 2 and 4"


def test_from_the_shell(certify_here: Command, tmp_path: Path) -> None:
    """The output layer alone: a linear model on convolutional features, certified from the exported weights."""
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", X=rng.standard_normal((8, 64)), y=rng.standard_normal(8))
    path = str(FOLDER / "image_dynamo.onnx")
    run = certify_here("network", path, "--data", "d.npz", "--train", "f.weight,f.bias", "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["network"]["structure"][0] == "1 convolution c1.weight of 0: 64 to 192"
    assert found["kernel"]["activation"] == "tanh" and found["theorems"][0]["constants"]["beta"]["upper"] == 0.0
    run = certify_here("network", path, "--data", "d.npz", "--json")
    found = json.loads(run.stdout)
    assert run.returncode == 1 and found["network"]["trained"] == "all" and found["not_yet"]["loss"]["below"] > 0
    run = certify_here("network", path, "--data", "d.npz", "--activation", "erf")
    assert run.returncode == 2 and "--activation" in one_line(run.stderr)
    run = certify_here("network", path, "--data", "d.npz", "--train", "c9")
    assert run.returncode == 2 and "c1.weight" in one_line(run.stderr)
    np.savez(tmp_path / "d.npz", X=rng.standard_normal((8, 63)), y=rng.standard_normal(8))
    run = certify_here("network", path, "--data", "d.npz")
    assert run.returncode == 2 and "64 inputs" in one_line(run.stderr)


def test_small_residuals_are_certified_and_large_ones_have_a_threshold() -> None:
    """With the network's own outputs as targets the residual is about 0; moved by half the threshold it still holds."""
    model = read_model(FOLDER / "image_script.onnx")
    with np.load(FOLDER / "outputs.npz") as stored:
        X, y = stored["image_x"], stored["image_y"][:, 0]
    near = certify_network(model, Dataset(X, y), NetworkRequest(threads=1))
    assert near.verdict is Verdict.PROVED
    far = certify_network(model, Dataset(X, y + 1.0), NetworkRequest(threads=1))
    assert far.verdict is Verdict.UNDECIDED
    wanted = (2.0 * far.theorem("plstar.gd").constants["loss_threshold"].lower) ** 0.5
    for factor, verdict in ((0.99, Verdict.PROVED), (1.2, Verdict.UNDECIDED)):
        moved = y + factor * wanted * np.array([0.6, 0.0, 0.0, 0.8, 0.0])
        assert certify_network(model, Dataset(X, moved), NetworkRequest(threads=1)).verdict is verdict
