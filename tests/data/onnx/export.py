"""Writes the networks of this folder with PyTorch's two exporters, and what they compute (float64) in outputs.npz.

Needs torch 2.13.0 (CPU), onnx and onnxscript: ``python tests/data/onnx/export.py``.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent


class Residual(nn.Module):
    """Dense layers around a residual connection, two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.a(x))
        return self.c(h + torch.tanh(self.b(h)))


class Image(nn.Module):
    """Convolutions of 8×8 images with a residual connection and average pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.pool, self.f = nn.AvgPool2d(2), nn.Linear(48, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.c1(x.reshape(-1, 1, 8, 8)))
        h = h + torch.tanh(self.c2(h))
        return self.f(torch.flatten(self.pool(h), 1))


def networks() -> dict[str, tuple[nn.Module, int]]:
    """Name → network, number of inputs."""
    signal = nn.Sequential(
        nn.Unflatten(1, (1, 12)), nn.Conv1d(1, 2, 3, stride=2, dilation=2), nn.Softplus(), nn.AdaptiveAvgPool1d(1),
        nn.Flatten(), nn.Linear(2, 1),
    )  # fmt: skip
    pools = nn.Sequential(
        nn.Unflatten(1, (1, 6, 6)), nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AvgPool2d(3, stride=1, padding=1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    )  # fmt: skip
    dense = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))
    return {"residual": (Residual(), 4), "image": (Image(), 64), "signal": (signal, 12), "pools": (pools, 36),
            "dense": (dense, 4)}  # fmt: skip


def main() -> None:
    """Write everything."""
    torch.manual_seed(0)
    outputs = {}
    for name, (network, d) in networks().items():
        network.eval()
        x = torch.zeros(2, d)
        torch.onnx.export(
            network, (x,), HERE / f"{name}_script.onnx", dynamo=False, input_names=["x"], output_names=["y"],
            dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}},
        )  # fmt: skip
        if name != "signal":  # its Softplus becomes the thresholded one
            shapes = ({0: torch.export.Dim("batch")},)
            path = HERE / f"{name}_dynamo.onnx"
            torch.onnx.export(network, (x,), path, dynamo=True, external_data=False, dynamic_shapes=shapes)
        points = torch.randn(5, d, dtype=torch.float64)
        outputs[f"{name}_x"] = points.numpy()
        outputs[f"{name}_y"] = network.double()(points).detach().numpy()
    np.savez(HERE / "outputs.npz", **outputs)


if __name__ == "__main__":
    main()
