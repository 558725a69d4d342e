"""``certify network``: files in, a certificate out, one line for whatever does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, Command, one_line
from jsonschema import Draft202012Validator
from network_fixtures import train, two_layer

from certify.arithmetic.verdict import Verdict
from certify.data import Dataset
from certify.networks.files import read_model
from certify.workflows.network import NetworkRequest, certify_network

SCHEMA = json.loads((ROOT / "certify" / "certificates" / "schema" / "certify-1.json").read_text(encoding="utf-8"))


def write_safetensors(path: Path, arrays: dict[str, np.ndarray], metadata: dict[str, str] | None = None) -> None:
    header: dict[str, object] = {} if metadata is None else {"__metadata__": metadata}
    body = b""
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array).tobytes()
        kind = {4: "F32", 8: "F64"}[array.dtype.itemsize]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    model, X, y = two_layer(5, 7, 300, 3)
    model = train(model, X, 0.5 * y, 4000, 0.1)
    layer = model.hidden[0]
    assert layer.bias is not None
    np.savez(tmp_path / "data.npz", X=X, y=0.5 * y)
    arrays = {"W": layer.weights, "b": layer.bias, "a": model.outer, "c": np.array(0.25), "alpha": np.array(1.0)}
    np.savez(tmp_path / "model.npz", activation="tanh", **arrays)
    return tmp_path


def test_the_command_and_its_document(certify: Command, trained: Path) -> None:
    run = certify("network", "model.npz", "--data", "data.npz", "--json", "-o", "n.html", "-o", "n.md", "-o", "n.tex")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    Draft202012Validator(SCHEMA).validate(found)
    assert found["kind"] == "network" and found["verdict"] == "proved" and found["kernel"]["bias"] is True
    constants = found["theorems"][0]["constants"]
    names = {"h", "sigma_squared", "beta", "residual", "radius", "mu", "step_size", "rate", "loss_threshold"}
    assert set(constants) >= names
    for name in ("n.html", "n.md", "n.tex"):
        assert found["claims_sha256"] in (trained / name).read_text(encoding="utf-8")
    text = certify("network", "model.npz", "--data", "data.npz")
    assert "number h" in text.stderr and text.stdout == ""


def test_step_sizes_are_judged_in_the_users_convention(certify_here: Command, trained: Path) -> None:
    base = ("network", "model.npz", "--data", "data.npz", "--json")
    own = json.loads(certify_here(*base).stdout)["theorems"][0]["constants"]["step_size"]["lower"]
    assert certify_here(*base, "--step-size", repr(own)).returncode == 0
    above = repr(float(np.nextafter(own, 1)))
    longer = json.loads(certify_here(*base, "--step-size", above).stdout)
    assert longer["theorems"][0]["witness"]["variant"] == "long-step" and longer["verdict"] == "proved"
    refused = json.loads(certify_here(*base, "--step-size", repr(2.0 * own)).stdout)
    assert refused["verdict"] == "undecided" and "smaller step size" in refused["would_decide"][0]
    # ½‖e‖² at step η is the mean loss at step ηn/2 (n = 5): 1/S and 2/S are at 2.5 and 5
    for factor, variant in ((2.4999, "linear"), (2.5001, "long-step")):
        run = certify_here(*base, "--loss", "mean", "--step-size", repr(factor * own))
        assert json.loads(run.stdout)["theorems"][0]["witness"]["variant"] == variant
    assert certify_here(*base, "--loss", "mean", "--step-size", repr(5.0001 * own)).returncode == 1


def test_not_yet_names_the_loss_that_would_do(trained: Path) -> None:
    model, data = read_model(trained / "model.npz"), np.load(trained / "data.npz")
    raw, X, y = two_layer(5, 7, 300, 3)
    result = certify_network(raw, Dataset(X, 0.5 * y), NetworkRequest(loss="mean", threads=1))
    assert result.verdict is Verdict.UNDECIDED
    constants = result.theorem("plstar.gd").constants
    assert constants["h"].upper is not None and constants["h"].upper > 0.5
    threshold, now = constants["loss_threshold"].lower, constants["loss"].upper
    assert threshold is not None and now is not None and threshold < now
    assert "train until the loss (mean) is below" in str(result.certificate.reason)
    assert "radius" not in constants and "rate" not in constants
    done = certify_network(model, Dataset(data["X"], data["y"]), NetworkRequest(threads=1))
    reached = done.theorem("plstar.gd").constants["loss"].upper
    assert done.verdict is Verdict.PROVED and reached is not None and reached < threshold


def test_safetensors_and_torch_names_are_the_same_network(trained: Path) -> None:
    model = read_model(trained / "model.npz")
    layer = model.hidden[0]
    assert layer.bias is not None and model.alpha == 1.0
    flat = {"W1": layer.weights, "b1": layer.bias, "v": model.outer, "c": np.array([0.25]), "alpha": np.array([1.0])}
    write_safetensors(trained / "m.safetensors", flat, {"activation": "tanh"})
    other = read_model(trained / "m.safetensors")
    assert other.digest() == model.digest() and other.activation == "tanh"
    single = {"0.weight": layer.weights.astype(np.float32), "0.bias": layer.bias.astype(np.float32)}
    single |= {"2.weight": model.outer[None, :].astype(np.float32), "2.bias": np.array([0.5], dtype=np.float32)}
    write_safetensors(trained / "t.safetensors", single)
    torch = read_model(trained / "t.safetensors")
    assert torch.alpha is None and torch.offset == 0.5
    assert np.array_equal(torch.hidden[0].weights, layer.weights.astype(np.float32).astype(np.float64))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"W": np.full((300, 7), np.nan)}, "NaN"),
        ({"b": np.ones(4)}, "(300,)"),
        ({"a": np.ones(3)}, "(300,)"),
        ({"W": np.ones((300, 6))}, "6 inputs"),
        ({"W": np.ones((300, 7)) * 1e200}, "too large"),
        ({"surplus": np.ones(3)}, "surplus"),
        ({"alpha": np.array(-1.0)}, "not positive"),
        ({"activation": np.array("gelu")}, "gelu"),
        ({"a": np.zeros(300)}, "output weights are 0"),
        ({"a": np.full(300, 1e-200)}, "as good as 0"),
        ({"alpha": np.array(1e-200)}, "output scale"),
        ({"W": np.array([["x"]])}, "unknown array"),
        ({"W": np.array([{}], dtype=object)}, "cannot be read"),
    ],
)
def test_networks_that_do_not_fit_are_one_line(
    certify_here: Command, trained: Path, change: dict[str, np.ndarray], says: str
) -> None:
    with np.load(trained / "model.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    np.savez(trained / "bad.npz", **{**arrays, **change})
    run = certify_here("network", "bad.npz", "--data", "data.npz")
    assert (run.returncode, run.stdout) == (2, "")
    assert says in one_line(run.stderr)


def test_other_bad_input_is_one_line(certify_here: Command, trained: Path) -> None:
    np.savez(trained / "untold.npz", X=np.load(trained / "data.npz")["X"])
    (trained / "cut.npz").write_bytes((trained / "model.npz").read_bytes()[:900])
    (trained / "cut.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    (trained / "model.onnx").write_bytes(b"")
    (trained / "model.txt").write_text("")
    for arguments, says in (
        (("model.npz", "--data", "untold.npz"), "--target"),
        (("cut.npz", "--data", "data.npz"), "cut.npz"),
        (("cut.safetensors", "--data", "data.npz"), "cut.safetensors"),
        (("model.onnx", "--data", "data.npz"), "no graph"),
        (("model.txt", "--data", "data.npz"), ".safetensors"),
        (("none.npz", "--data", "data.npz"), "no such file"),
        (("model.npz", "--data", "data.npz", "--fraction", "2"), "--fraction"),
        (("model.npz", "--data", "data.npz", "--step-size", "0"), "--step-size"),
    ):
        run = certify_here("network", *arguments)
        assert (run.returncode, run.stdout) == (2, ""), arguments
        assert says in one_line(run.stderr)


def test_several_checkpoints(certify_here: Command, tmp_path: Path) -> None:
    """The first of a run's checkpoints that is certified; those behind it are not looked at."""
    model, X, y = two_layer(5, 6, 400, 3)
    for k, steps in enumerate((0, 2, 100)):
        now = train(model, X, y, steps, 0.3)
        arrays = {"W": now.hidden[0].weights, "b": now.hidden[0].bias, "a": now.outer, "alpha": 1.0, "c": now.offset}
        np.savez(tmp_path / f"c{k}.npz", **{**arrays, "activation": "tanh"})
    np.savez(tmp_path / "c3.npz", W=np.ones(3))
    np.savez(tmp_path / "d.npz", X=X, y=y)
    names = [f"c{k}.npz" for k in range(3)]
    run = certify_here("network", *names, "--data", "d.npz", "--json")
    found = json.loads(run.stdout)
    assert run.returncode == 0 and found["network"]["name"] == "c2.npz"
    assert [row["verdict"] for row in found["checkpoints"]] == ["undecided", "undecided", "proved"]
    assert found["checkpoints"][0]["h"] > 0.5 > found["checkpoints"][2]["h"] and "c0.npz: undecided" in run.stderr
    run = certify_here("network", *names[:2], "--data", "d.npz", "--quiet")
    assert run.returncode == 1 and "c0.npz" not in run.stderr
    run = certify_here("network", *names, "c3.npz", "--data", "d.npz")
    assert run.returncode == 2 and "c3.npz" in one_line(run.stderr)
