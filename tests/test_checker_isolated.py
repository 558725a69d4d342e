"""λ_min to its last digit, confirmed by the float route's lift; forged ends and forged neighbours are not."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from tampering import rehash

from certify.arithmetic.workers import workers
from certify.certificates.checker import Status, check_certificate
from certify.certificates.checker.entries import Entries, kernel_family
from certify.certificates.checker.isolated import Isolated
from certify.certificates.checker.report import NotConfirmed
from certify.certificates.checker.rows import PlainData
from certify.data import Dataset
from certify.errors import InputError
from certify.kernels import UnitRows, build_gram, kernel_for
from certify.spectrum.product import dense
from certify.workflows import DatasetRequest, certify_dataset

Document = dict[str, Any]
X = np.random.default_rng(5).standard_normal((204, 6))  # more rows than are taken in balls throughout


@pytest.fixture(scope="module")
def genuine() -> Document:
    request = DatasetRequest(threads=1, effort="high", theorems=("du2019.gd",))
    return certify_dataset(Dataset(X, None), request).certificate.to_json()


def test_the_last_digit_is_claimed_and_confirmed(genuine: Document) -> None:
    low, high = (genuine["bounds"]["lambda_min"][end] for end in ("lower", "upper"))
    assert high - low <= 2 * math.ulp(high)
    report = check_certificate(genuine, (X, None))
    assert report.status is Status.CONFIRMED, [str(c) for c in report.claims if c.status is not Status.CONFIRMED]


def test_a_theorem_of_another_kernel_brings_its_own_witness() -> None:
    """The document's kernel is that of tanh; `relu.width` speaks of the ReLU's."""
    rng = np.random.default_rng(6)
    data = Dataset(rng.standard_normal((30, 7)), rng.standard_normal(30))
    request = DatasetRequest(threads=1, activation="tanh", effort="high")
    document = certify_dataset(data, request).certificate.to_json()
    (entry,) = (entry for entry in document["theorems"] if entry["id"] == "relu.width")
    box = entry["constants"]["lambda_min"]
    assert box["upper"] - box["lower"] <= 2 * math.ulp(box["upper"])
    report = check_certificate(document, data)
    for part in ("values", "constants.lambda_min", "verdict"):
        assert report.claim(f"theorems.relu.width.{part}").status is Status.CONFIRMED


@pytest.mark.parametrize(("end", "towards"), [("lower", math.inf), ("upper", 0.0)])
def test_an_end_two_floats_further_is_not_confirmed(genuine: Document, end: str, towards: float) -> None:
    forged = copy.deepcopy(genuine)
    box = forged["bounds"]["lambda_min"]
    other = "upper" if end == "lower" else "lower"
    box[end] = box[other] = math.nextafter(box[other], towards)
    report = check_certificate(rehash(forged), (X, None))
    assert report.claim(f"bounds.lambda_min.{end}").status is not Status.CONFIRMED


def floor(witness: Document) -> Any:
    family = kernel_family("relu")
    assert family is not None
    found = Isolated.recorded(Entries(PlainData.of(X), family, False), witness)
    return None if found is None else found.floor


def test_what_the_witness_does_not_give_has_no_floor(genuine: Document) -> None:
    witness, low = genuine["witness"]["lambda_min"], genuine["bounds"]["lambda_min"]["lower"]
    assert floor(witness) >= low
    parts = witness["parts"]
    true_second = np.linalg.eigvalsh(exact_midpoints())[1] * 2.0 ** -witness["exponent"]
    for change in (
        {"second": true_second * 1.01},
        {"radius": parts["second"] - true_second * 1.01},
        {"second": low * 2.0 ** -witness["exponent"] / 2},
        {"lift_weight": -1.0},
        {"lift_weight": 0.0},
        {"second": math.nan},
    ):
        assert refused(witness | {"parts": parts | change})
    vector = [*witness["vector"][:3], witness["vector"][3] + 1e-3, *witness["vector"][4:]]
    turned = floor(witness | {"vector": vector})
    assert turned is None or turned < low


def exact_midpoints() -> Any:
    with workers(1) as pool:
        A = build_gram(X, UnitRows.from_data(X, False), kernel_for("relu"), pool)
        return dense(A) * 2.0**A.exponent


def refused(witness: Document) -> bool:
    try:
        return floor(witness) is None
    except (NotConfirmed, InputError):
        return True
