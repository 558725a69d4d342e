"""Beside a least width: the next smaller one, and the hypotheses that fail there."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from certify.arithmetic.verdict import Verdict
from certify.certificates import Certificate
from certify.certificates.document import claims_sha256
from certify.data import Dataset
from certify.reports.below import below
from certify.reports.markdown import render_markdown
from certify.reports.summary import summarise
from certify.theorems.statements import VARIANTS, constants, stored_values, verify
from certify.workflows import DatasetRequest, certify_dataset


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    X = 3 * np.eye(5)
    return certify_dataset(
        Dataset(X, np.array([1.0, -1, 1, 1, -1]), normalized=True), DatasetRequest(threads=1)
    ).certificate


@pytest.mark.parametrize("name", ["du2019.gd", "relu.width", "smooth.width"])
def test_what_fails_is_refuted_there_and_proved_at_the_width(certificate: Certificate, name: str) -> None:
    entry = next(e for e in certificate.theorems if e.id == name)
    activation = (entry.document.get("kernel") or certificate.kernel)["activation"]
    found = below(entry, activation)
    width = entry.constants["required_width"].upper
    assert found is not None and width > found.width and width - found.width == (1 if name == "du2019.gd" else 2)
    recorded = entry.witness["required_width"]
    theorem = next(t for t in VARIANTS[name] if t.variant == recorded["variant"]).of(activation)
    values = stored_values(entry.witness, "required_width")
    meanings = {h.meaning: h for h in theorem.hypotheses}
    for meaning in found.fails:
        one = frozenset({meanings[meaning].id})
        assert verify(theorem, values, one).verdict is Verdict.PROVED
        assert verify(theorem, {**values, "m": found.width}, one).verdict is Verdict.REFUTED
    rest = frozenset(h.id for h in theorem.hypotheses if h.meaning not in found.fails)
    assert verify(theorem, {**values, "m": found.width}, rest).verdict is Verdict.PROVED
    assert constants(theorem, values)["mu"].lower > 0


def test_reports_say_it_and_forgeries_only_lose_it(certificate: Certificate) -> None:
    rows = {row.id: row for row in summarise(certificate).theorems}
    assert "not proved" in rows["relu.width"].below and "with the same free parameters" in render_markdown(certificate)
    document = copy.deepcopy(certificate.to_json())
    for entry in document["theorems"]:
        entry["witness"]["required_width"] = {"variant": "nonsense", "width": "x", "parameters": {}}
    document["claims_sha256"] = claims_sha256(document)
    assert all(row.below is None for row in summarise(Certificate.from_json(document)).theorems)
