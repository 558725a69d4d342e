"""--tune: the scale found against a search of its own, and a certificate at that scale."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import Command, one_line

from certify.arithmetic.verdict import Verdict
from certify.data import Dataset, load
from certify.errors import InputError
from certify.workflows import DatasetRequest, certify_dataset
from certify.workflows.tune import tune, written


def float_width(X: np.ndarray, y: np.ndarray, c: float, q_squared: float) -> float:
    """T3 by hand for erf(cz), δ = 0.05, paired: the least m over ε of the two conditions' larger one."""
    G = c * c * X @ X.T
    a = np.diag(G)
    K = c * c * 4 / math.pi * (X @ X.T) / np.sqrt(np.outer(1 + 2 * a, 1 + 2 * a) - 4 * G**2)
    low, top = np.linalg.eigvalsh(K)[0], np.linalg.eigvalsh(X @ X.T)[-1]
    if low <= 0:
        return math.inf
    b1, b2 = c * 2 / math.sqrt(math.pi), c * c * math.sqrt(8 / (math.pi * math.e))
    eps = np.linspace(1e-3, 0.99, 4000)
    chernoff = 2 * b1**2 * top * math.log(len(y) / 0.05) / (low * (eps + (1 - eps) * np.log1p(-eps)))
    newton = 4 * b2**2 * q_squared * (y @ y) / ((1 - eps) * low) ** 2
    return float(np.maximum(chernoff, newton).min())


@pytest.mark.parametrize("name", ["sphere50x10", "digits100"])
def test_no_scale_is_much_better(name: str) -> None:
    data = load(f"tests/data/{name}.npz")
    request, found = tune(data, DatasetRequest(activation="erf", threads=1))
    result = certify_dataset(data, request)
    entry = result.theorem("smooth.width")
    assert entry.verdict is Verdict.PROVED and request.activation == written("erf", found.scale)
    width = entry.constants["required_width"].upper
    assert found.width is not None and found.plain is not None
    assert abs(width - found.width) <= 1e-6 * width and width < found.plain
    q_squared = entry.document["witness"]["values"]["q_x_squared"]
    others = [float_width(data.X, data.y, float(c), q_squared) for c in np.geomspace(0.2, 64, 60)]
    assert width <= 1.02 * min(others) + 2
    assert width == pytest.approx(float_width(data.X, data.y, float(found.scale), q_squared), rel=1e-3)


def test_what_cannot_be_tuned() -> None:
    data = load("tests/data/sphere50x10.npz")
    for activation in ("relu", "erf(2*z)"):
        with pytest.raises(InputError, match="--tune"):
            tune(data, DatasetRequest(activation=activation, threads=1))
    with pytest.raises(InputError, match="target"):
        tune(Dataset(data.X, None), DatasetRequest(activation="erf", threads=1))
    # equal rows: no scale helps, and the activation stays what it is
    twins = Dataset(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([1.0, 1.0]))
    request, found = tune(twins, DatasetRequest(activation="erf", threads=1))
    assert request.activation == "erf" or found.width is not None
    assert certify_dataset(twins, request).verdict is Verdict.REFUTED
    assert written("erf", Fraction(3, 2)) == "erf(3/2*z)"


def test_from_the_shell(certify: Command, tmp_path: Path) -> None:
    np.savez(
        tmp_path / "six.npz", X=np.random.default_rng(4).standard_normal((6, 3)), y=np.array([1.0, -1, 1, 1, -1, -1])
    )
    run = certify("dataset", "six.npz", "--activation", "erf", "--tune", "--json", "--threads", "1")
    document = json.loads(run.stdout)
    assert document["kernel"]["activation"].startswith("erf(") and "tuned: erf(" in run.stderr
    assert document["request"]["activation"] == document["kernel"]["activation"]
    refused = certify("dataset", "six.npz", "--activation", "tanh", "--tune")
    assert refused.returncode == 2 and "--tune" in one_line(refused.stderr)
