"""Proof files about networks: true ones are accepted end to end from the weights, tampered ones are not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import flint
import numpy as np
import pytest
from conftest import Command, one_line
from coq_instances import coq_cache, needs_coq
from network_fixtures import exact_forward, train, two_layer
from numpy.typing import NDArray
from oracles import pivots

from certify import certify_network
from certify.arithmetic.balls import arb, precision
from certify.coq import (
    CoqOutcome,
    NetworkInstance,
    NotCertified,
    build_network_instance,
    embedded_dataset,
    network_text,
    run_coqc,
)
from certify.coq.factor import Dyadic
from certify.data import Dataset
from certify.errors import InputError
from certify.networks.files import Layer, Model
from certify.workflows import NetworkRequest

__all__ = ["coq_cache"]

CLASSICAL = {
    "ClassicalDedekindReals.sig_forall_dec",
    "ClassicalDedekindReals.sig_not_dec",
    "Classical_Prop.classic",
    "FunctionalExtensionality.functional_extensionality_dep",
}
MACHINE = re.compile(r"(PrimInt63|Uint63|Sint63|PrimFloat|FloatAxioms)\.\w+")

Trained = tuple[Model, NDArray[np.float64], NDArray[np.float64]]


@cache
def trained(activation: str, n: int = 5, d: int = 3, m: int = 12) -> Trained:
    """A network near enough to a solution, by plain gradient descent."""
    model, X, y = two_layer(n, d, m, 0, activation)
    y = 0.3 * y
    for _ in range(60):
        try:
            build_network_instance(model, Dataset(X, y))
            return model, X, y
        except NotCertified:
            model = train(model, X, y, 400, 0.2)
    raise AssertionError("not trained")


def instance_of(activation: str = "tanh", foundational: bool = False) -> NetworkInstance:
    model, X, y = trained(activation)
    return build_network_instance(model, Dataset(X, y), foundational=foundational)


def value(number: Dyadic) -> flint.arb:
    return arb(number.m) * arb(2) ** number.e


def coq(text: str, tmp_path: Path, audit: bool = False) -> CoqOutcome:
    path = tmp_path / "proof.v"
    path.write_text(text, encoding="ascii")
    return run_coqc(path, audit=audit)


def assert_rejected(text: str, tmp_path: Path) -> None:
    """Rejected by the computation, not by a mistake in the file."""
    outcome = coq(text, tmp_path)
    assert not outcome.accepted
    assert re.match(r'line \d+: The term "eq_refl" has type', str(outcome.reason)), outcome.reason


@pytest.mark.parametrize("activation", ["tanh", "softplus"])
def test_the_numbers_are_true_and_sharp(activation: str) -> None:
    """Against residual and kernel in balls by other formulas: bounds hold, and within a millionth or so."""
    model, X, y = trained(activation)
    instance = instance_of(activation)
    e, K = exact_forward(model, X, y)
    with precision(300):
        sigma = value(instance.kernel.sigma)
        assert all(p > 0 for p in pivots(K, sigma, 300))
        assert any(p < 0 for p in pivots(K, sigma * (1 + arb(1) / 10**6), 300))
        norm = sum((t * t for t in e), arb(0)).sqrt()
        assert norm < value(instance.residual) < norm * (1 + arb(1) / 10**8)
        Z = [[arb(float(v)) for v in row] + [arb(1)] for row in X]
        G = [[sum((a * b for a, b in zip(p, q, strict=True)), arb(0)) for q in Z] for p in Z]
        for shown, A in ((instance.gram, G), (instance.quartic, [[g * g for g in row] for row in G])):
            top = -value(shown.sigma)
            negative = [[-a for a in row] for row in A]
            assert all(p > 0 for p in pivots(negative, -top, 300))
            assert any(p < 0 for p in pivots(negative, -top * (1 - arb(1) / 10**5), 300))
        assert 2 * value(instance.beta) * value(instance.residual) < sigma


def test_it_agrees_with_the_certificate() -> None:
    """The certificate's step may be larger and its β smaller: its matrices are bounded otherwise."""
    model, X, y = trained("tanh")
    result = certify_network(model, Dataset(X, y), NetworkRequest())
    instance = instance_of("tanh")
    assert result.certificate.verdict == "proved"
    lower = result.bounds["lambda_min"].lower
    assert lower is not None
    assert instance.kernel.sigma.times_power(0) == pytest.approx(lower, rel=1e-6)
    known = result.theorem("plstar.gd").constants
    assert known["beta"].upper <= instance.beta.times_power(0) * (1 + 1e-9)
    assert instance.eta.times_power(0) <= known["step_size"].upper


@pytest.mark.parametrize("foundational", [False, True], ids=["fast", "foundational"])
def test_data_and_targets_come_back_to_the_bit(foundational: bool, tmp_path: Path) -> None:
    instance = instance_of("tanh", foundational)
    text = network_text(instance)
    assert instance.data.sha256 in "".join(text.split()) and instance.model.digest() in "".join(text.split())
    (tmp_path / "Proof.v").write_text(text, encoding="ascii")
    assert embedded_dataset(tmp_path / "Proof.v").sha256 == instance.data.sha256


def test_the_theorem_says_what_was_asked() -> None:
    text = network_text(instance_of("tanh"))
    statement = "Theorem network_trains : trains 4 12 5 (matrix inputs) y c tanh dtanh step mu radius (matrix weights)."
    assert f"\n{statement}\nProof." in text
    assert "\nDefinition mu := lambda0 - 2 * lipschitz * misfit.\n" in text
    assert "\nDefinition c (r : nat) : R := dyadic 1 0 / sqrt (INR 12) * matrix outer 0 r.\n" in text
    assert "\nDefinition y (i : nat) : R := matrix targets i 0 - dyadic 1 (-2).\n" in text
    assert not re.search(r"Admitted|Axiom|admit|Parameter|Hypothesis|Unset|bypass", text)


@needs_coq
@pytest.mark.parametrize("foundational", [False, True], ids=["fast", "foundational"])
@pytest.mark.parametrize("activation", ["tanh", "softplus"])
def test_accepted_with_the_listed_assumptions(activation: str, foundational: bool, tmp_path: Path) -> None:
    outcome = coq(network_text(instance_of(activation, foundational)), tmp_path, audit=True)
    assert outcome.accepted, outcome.reason
    assert outcome.assumptions is not None and CLASSICAL & set(outcome.assumptions)
    beyond = set(outcome.assumptions) - CLASSICAL
    assert all(MACHINE.fullmatch(axiom) for axiom in beyond)
    assert bool(beyond) is not foundational


@needs_coq
def test_accepted_without_bias_offset_or_scale(tmp_path: Path) -> None:
    """The standard parametrisation: output weights as they are."""
    model, X, y = trained("tanh")
    inner, bias = model.hidden[0].weights, model.hidden[0].bias
    assert bias is not None and model.alpha == 1.0 and model.offset == 0.25
    plain = Model(
        (Layer(np.column_stack([inner, bias]), None),), model.outer / 12**0.5, None, None, "tanh", 'a *) "model"'
    )
    data = Dataset(np.column_stack([X, np.ones(len(X))]), y - 0.25)
    text = network_text(build_network_instance(plain, data))
    assert "Definition inputs := data.\n" in text and "Definition c (r : nat) : R := matrix outer 0 r.\n" in text
    outcome = coq(text, tmp_path)
    assert outcome.accepted, outcome.reason


@needs_coq
@pytest.mark.parametrize("name", ["lambda0", "lipschitz", "misfit", "step"])
def test_a_bolder_number_is_rejected(name: str, tmp_path: Path) -> None:
    """λ_0 and the step raised by 1e-5 relative, β and E lowered by as much: in statement and question alike."""
    text = network_text(instance_of("tanh"))
    m = re.search(rf"^Definition {name} := dyadic (\d+) ", text, re.M)
    assert m is not None
    change = int(m[1]) // 100_000 * (1 if name in ("lambda0", "step") else -1)
    assert text.count(m[1]) == 2
    assert_rejected(text.replace(m[1], str(int(m[1]) + change)), tmp_path)


@needs_coq
def test_a_claim_is_what_was_checked(tmp_path: Path) -> None:
    """Only the statement is changed: then it is no longer the statement that the check speaks of."""
    text = network_text(instance_of("tanh"))
    m = re.search(r"^Definition step := dyadic (\d+) ", text, re.M)
    assert m is not None
    outcome = coq(text.replace(f"step := dyadic {m[1]} ", f"step := dyadic {int(m[1]) - 1} "), tmp_path)
    assert not outcome.accepted and "Unable to unify" in str(outcome.reason)


@needs_coq
@pytest.mark.parametrize("name", ["data", "weights", "outer", "targets", "kernel_witness", "gram_witness"])
def test_one_changed_number_is_noticed(name: str, tmp_path: Path) -> None:
    """A thousandth of a weight or input, an eighth of a target, a sign, a millionth of a factor's entry."""
    text = network_text(instance_of("tanh"))
    head, start, tail = text.partition(f"Definition {name} ")
    entry = re.search(r"(?<=\[)\(?(-?\d{6,})\)?(?=[;\]])", tail)
    if name == "outer":
        entry = re.search(r"(?<=\[)\(?(-?1)\)?(?=;)", tail)
    assert entry is not None
    old = int(entry[1])
    shift = {"data": 10, "weights": 10, "targets": 3}.get(name, 20)
    new = -old if name == "outer" else old + (abs(old) >> shift)
    changed = tail[: entry.start()] + f"({new})" + tail[entry.end() :]
    assert_rejected(head + start + changed, tmp_path)


def test_weights_far_from_a_solution_are_not_certified() -> None:
    model, X, y = two_layer(5, 3, 12, 0, "tanh")
    with pytest.raises(NotCertified, match=r"h = .*: train until the loss"):
        build_network_instance(model, Dataset(X, y))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"activation": "erf"}, "no functions here for 'erf'"),
        ({"outer": np.ones((2, 12))}, "two layers and one output"),
        ({"hidden": (Layer(np.ones((12, 7)), None),)}, "takes 7 columns"),
    ],
)
def test_what_coq_cannot_speak_of_is_refused(change: dict[str, object], says: str) -> None:
    model, X, y = trained("tanh")
    with pytest.raises(InputError, match=says):
        build_network_instance(replace(model, **change), Dataset(X, y))  # type: ignore[arg-type]


def saved() -> None:
    model, X, y = trained("tanh")
    layer = model.hidden[0]
    np.savez("m.npz", W=layer.weights, b=layer.bias, a=model.outer, c=model.offset, alpha=1.0, activation="tanh")
    np.savez("d.npz", X=X, y=y)


@needs_coq
def test_the_command_proves_and_checks(certify_here: Command) -> None:
    saved()
    run = certify_here("prove", "m.npz", "--data", "d.npz", "-o", "N.v", "--check")
    assert (run.returncode, run.stdout) == (0, "")
    assert "accepted by Coq" in run.stderr and "gradient descent of m.npz" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ("prove m.npz --data d.npz -o N.v --step-size 50", 2, "beyond what the theorem allows"),
        ("prove m.npz --data d.npz -o N.v --normalize", 2, "--preprocess unit"),
        ("prove wine -o N.v --step-size 1", 2, "--data SOURCE"),
        ("prove none.npz --data d.npz -o N.v", 2, "no such file"),
        ("prove far.npz --data d.npz -o N.v", 1, "not certified: h = "),
    ],
)
def test_what_goes_wrong_is_one_line(certify_here: Command, arguments: str, status: int, says: str) -> None:
    saved()
    model = two_layer(5, 3, 12, 1, "tanh")[0]
    np.savez("far.npz", W=model.hidden[0].weights, a=model.outer, alpha=1.0, activation="tanh")
    run = certify_here(*arguments.split())
    assert (run.returncode, run.stdout) == (status, "")
    assert says in one_line(run.stderr)
    assert not Path("N.v").exists()


@needs_coq
def test_a_certificate_of_a_network_is_checked_by_coq(certify_here: Command) -> None:
    """Its own weights and data, by their hashes; other weights are refused."""
    saved()
    assert certify_here("network", "m.npz", "--data", "d.npz", "-o", "c.json", "--quiet").returncode == 0
    words = ("check", "c.json", "--data", "d.npz", "--coq", "--json")
    for weights, status in (("m.npz", "confirmed"), ("other.npz", "not confirmed"), (None, "not checkable")):
        model, _, _ = trained("tanh")
        np.savez("other.npz", W=model.hidden[0].weights, a=model.outer, alpha=1.0, activation="tanh")
        run = certify_here(*words, *(() if weights is None else ("--weights", weights)))
        claim = json.loads(run.stdout)["claims"][-1]
        assert (claim["claim"], claim["status"]) == ("coq", status), claim
