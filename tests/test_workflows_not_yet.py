"""What a certificate says where the theorem does not speak yet, each piece of advice followed."""

from __future__ import annotations

import numpy as np

from certify.arithmetic.verdict import Verdict
from certify.data import Dataset
from certify.networks.files import Layer, Model
from certify.networks.initial import initial_weights
from certify.workflows.network import NetworkRequest, certify_network
from certify.workflows.run import RunRequest, certify_run


def data(near: float = 1.0) -> Dataset:
    rng = np.random.default_rng(3)
    X = rng.standard_normal((5, 6))
    X[4] = X[1] + near * rng.standard_normal(6)
    return Dataset(X / 6**0.5, np.array([1.0, -1.0, 1.0, 1.0, -1.0]))


def network(alpha: float, width: int) -> Model:
    weights, outer = initial_weights(width, 6, "paired", 0)
    return Model((Layer(weights, None),), outer, None, alpha, "tanh", "m")


def test_the_output_scale_and_the_loss_that_are_named_are_enough() -> None:
    """At paired weights the output is 0, so the residual does not depend on the scale: the estimate is exact."""
    result = certify_network(network(1.0, 64), data(), NetworkRequest(loss="mean"))
    assert result.verdict is Verdict.UNDECIDED
    found = result.certificate.extra["not_yet"]
    assert found["hypothesis"] == "kantorovich"
    h = result.theorem("plstar.gd").constants["h"].upper
    assert h is not None and found["h_over_half"] == 2 * h and found["output_scale"] >= 2 * h
    assert any("output scale" in line for line in result.certificate.would_decide)
    assert certify_network(network(found["output_scale"] * 1.001, 64), data()).verdict is Verdict.PROVED
    assert certify_network(network(found["output_scale"] * 0.98, 64), data()).verdict is Verdict.UNDECIDED
    # targets scaled down to the loss that is named are certified; a little more is not
    base, wanted = data(), found["loss"]["below"]
    assert base.y is not None and found["loss"]["name"] == "mean"
    for factor, verdict in ((0.999, Verdict.PROVED), (1.001, Verdict.UNDECIDED)):
        scaled = Dataset(base.X, base.y * (wanted * factor / float(np.mean(base.y**2))) ** 0.5)
        assert certify_network(network(1.0, 64), scaled).verdict is verdict


def test_the_pair_of_samples_is_the_near_one() -> None:
    for near in (1e-2, 1e-4):
        found = certify_network(network(1.0, 64), data(near)).certificate
        assert list(found.extra["not_yet"]["samples"]) == [1, 4]
        assert any("rows: 1 and 4" in line for line in found.would_decide)


def test_runs_say_it_too_and_proved_ones_say_nothing() -> None:
    short = certify_run(data(), RunRequest(width=512, steps=2)).certificate
    assert short.extra["not_yet"]["hypothesis"] == "kantorovich"
    proved = certify_run(data(), RunRequest(width=64, alpha=1e4, steps=5))
    assert proved.verdict is Verdict.PROVED and "not_yet" not in proved.certificate.extra
