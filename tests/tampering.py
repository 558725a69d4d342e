"""Certificates to tamper with, on data whose truth is known exactly, and the catalogue of what is done to them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import flint
import numpy as np

from certify.arithmetic.balls import arb, lower_float, precision, upper_float
from certify.certificates.checker import CheckReport, Status
from certify.certificates.document import claims_sha256
from certify.data import Dataset
from certify.workflows import DatasetRequest, certify_dataset

Document = dict[str, Any]
Arrays = tuple[np.ndarray, np.ndarray | None]


@dataclass(frozen=True)
class Case:
    """A genuine document with its data."""

    document: Document
    data: Arrays


@dataclass(frozen=True)
class Mutation:
    """A tampered document, re-hashed so that its hash does not betray it."""

    name: str
    document: Document
    data: Arrays


TARGETS = {4: [1.0, -1.0, 1.0, 1.0], 5: [1.0, -1.0, 1.0, 1.0, -1.0]}


def _random(n: int, d: int) -> Arrays:
    stream = np.random.default_rng(3)
    return stream.standard_normal((n, d)), stream.standard_normal(n)


@cache
def case(name: str) -> Case:
    """Orthogonal rows (λ = ½), simplex rows (two known eigenvalues), singular, general, erf, and an asked width."""
    general = _random(8, 3)
    data, normalized, request = {
        "orthogonal": ((3.0 * np.eye(5), np.array(TARGETS[5])), True, DatasetRequest(threads=1)),
        "simplex": ((4.0 * np.eye(4) - 1.0, np.array(TARGETS[4])), True, DatasetRequest(threads=1, init="independent")),
        "singular": ((np.array([[1.0, 2], [2, 4], [0, 1]]), np.array([1.0, -1, 1])), False, DatasetRequest(threads=1)),
        "general": (general, False, DatasetRequest(threads=1, loss="mean", fraction=1e-3, min_rate=0.25)),
        "erf": (_random(6, 4), False, DatasetRequest(threads=1, activation="erf", theorems=("smooth.width",))),
        "narrow": (_random(6, 4), False, DatasetRequest(threads=1, width=1000)),
    }[name]
    result = certify_dataset(Dataset(*data, normalized=normalized), request)
    return Case(result.certificate.to_json(), data)


def truths(name: str) -> dict[str, tuple[float, float]]:
    """The tightest floats around bounds that are known exactly."""
    with precision(256):
        if name == "orthogonal":
            exact = {"lambda_min": arb(1) / 2, "lambda_max": arb(1) / 2, "norm_x_squared": arb(1), "gram_abs": arb(1)}
            exact |= {"trace_gram": arb(5), "norm_y": arb(5).sqrt(), "condition": arb(1)}
        else:
            pi = flint.arb.pi()
            other = -(pi - (-arb(1) / 3).acos()) / (6 * pi)
            exact = {"lambda_min": arb(1) / 2 + 3 * other, "lambda_max": arb(1) / 2 - other}
            exact |= {"norm_x_squared": arb(4) / 3, "gram_abs": arb(2), "trace_gram": arb(4), "norm_y": arb(2)}
            exact |= {"condition": exact["lambda_max"] / exact["lambda_min"]}
        return {key: (lower_float(ball), upper_float(ball)) for key, ball in exact.items()}


def rehash(document: Document) -> Document:
    document["claims_sha256"] = claims_sha256(document)
    return document


def changed(base: Case, change: Callable[[Document], Any]) -> Document:
    document = copy.deepcopy(base.document)
    change(document)
    return rehash(document)


def at(document: Document, path: str) -> Any:
    """The member at ``theorems.du2019.gd/constants/mu``-like paths: ``theorems/ID/...`` finds an entry by id."""
    value: Any = document
    for step in path.split("/"):
        if isinstance(value, list):
            found = [entry for entry in value if isinstance(entry, dict) and entry.get("id") == step]
            value = found[0] if found else value[int(step)]
        else:
            value = value[step]
    return value


def put(path: str, value: Any) -> Callable[[Document], None]:
    parent, _, last = path.rpartition("/")

    def change(document: Document) -> None:
        holder = at(document, parent) if parent else document
        new = value(holder[last]) if callable(value) else value
        holder[int(last) if isinstance(holder, list) else last] = new

    return change


def drop(path: str) -> Callable[[Document], None]:
    parent, _, last = path.rpartition("/")

    def change(document: Document) -> None:
        holder = at(document, parent) if parent else document
        del holder[int(last) if isinstance(holder, list) else last]

    return change


def together(*changes: Callable[[Document], Any]) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        for one in changes:
            one(document)

    return change


def inward(ends: Document) -> Iterator[tuple[str, Document]]:
    """An enclosure made tighter, at each end, by one ulp and by 1e-9 of its value."""
    for end, direction in (("lower", math.inf), ("upper", -math.inf)):
        value = ends[end]
        if value is None:
            continue
        if isinstance(value, int):
            steps = {"one": value + (1 if direction > 0 else -1)}
        else:
            away = value + math.copysign(1e-9 * max(abs(value), 1e-300), direction)
            steps = {"ulp": math.nextafter(value, direction), "1e-9": away}
        for size, moved in steps.items():
            both = {**ends, end: moved}
            if both["lower"] is not None and both["upper"] is not None and both["lower"] > both["upper"]:
                both = {**ends, "lower": moved, "upper": moved}
            yield f"{end} moved in by {size}", both


def bounds(name: str) -> Iterator[Mutation]:
    """Bounds moved past a truth that is known exactly, by one ulp and by 1e-9 relative."""
    base = case(name)
    for key, (low, high) in truths(name).items():
        for size in ("ulp", "1e-9"):
            above = math.nextafter(high, math.inf) if size == "ulp" else high * (1 + 1e-9)
            below = math.nextafter(low, -math.inf) if size == "ulp" else low * (1 - 1e-9)
            for what, ends in (
                ("lower end", {"lower": above, "upper": 2 * above}),
                ("upper end", {"lower": below / 2, "upper": below}),
                ("both ends above", {"lower": above, "upper": above}),
                ("both ends below", {"lower": below, "upper": below}),
            ):
                label = f"{name}: {what} of {key} past the truth by {size}"
                yield Mutation(label, changed(base, put(f"bounds/{key}", ends)), base.data)


def theorem(name: str, identifier: str) -> Iterator[Mutation]:
    """One entry: hypotheses, verdicts, edition, δ, widths, constants, witness."""
    base, place = case(name), f"theorems/{identifier}"
    entry = at(base.document, place)

    def made(what: str, change: Callable[[Document], Any]) -> Mutation:
        return Mutation(f"{name} {identifier}: {what}", changed(base, change), base.data)

    yield made("another edition", put(f"{place}/edition", 2))
    yield made("edition beyond all", put(f"{place}/edition", 10**30))
    yield made("refuted", put(f"{place}/verdict", "refuted"))
    yield made("conclusion strengthened", put(f"{place}/conclusion", "L(k) = 0 for all k ≥ 1"))
    yield made("conclusion dropped", put(f"{place}/conclusion", None))
    yield made("claim of a smaller width", put(f"{place}/claim", "a finite width suffices: m = 2"))
    yield made("label removed from the reconstruction", put(f"{place}/label", "as published"))
    yield made("witness dropped", put(f"{place}/witness", None))
    yield made("unknown theorem", put(f"{place}/id", "du2020.gd"))
    yield made("another variant", put(f"{place}/witness/variant", "none"))
    for i, text in enumerate(entry["assumed"]):
        yield made(f"assumption {i} dropped", put(f"{place}/assumed", [t for t in entry["assumed"] if t != text]))
    for i, hypothesis in enumerate(entry["hypotheses"]):
        yield made(f"hypothesis {i} dropped", drop(f"{place}/hypotheses/{i}"))
        yield made(f"hypothesis {i} refuted", put(f"{place}/hypotheses/{i}/verdict", "refuted"))
        if hypothesis["margin"]:
            for what, ends in inward(hypothesis["margin"]):
                yield made(f"margin of hypothesis {i}: {what}", put(f"{place}/hypotheses/{i}/margin", ends))
    yield made("hypothesis reworded", put(f"{place}/hypotheses/0/statement", "nothing is needed"))
    for constant, ends in entry["constants"].items():
        for what, tighter in inward(ends):
            yield made(f"{constant}: {what}", put(f"{place}/constants/{constant}", tighter))
    yield made("a constant nobody proved", put(f"{place}/constants/speed", {"lower": 1.0, "upper": 2.0}))
    yield from _widths(name, identifier, base, entry, made)
    yield from _numbers(name, identifier, base, entry, made)


def _widths(name: str, identifier: str, base: Case, entry: Document, made: Any) -> Iterator[Mutation]:
    place = f"theorems/{identifier}"
    for part in ("required_width", "every_width_from"):
        if part not in entry["witness"]:
            continue
        width = entry["witness"][part]["width"]
        for step in (-2, -1, 1, 2, 10**6):
            moved = {"lower": width + step, "upper": width + step}
            sentence = entry["claim"].replace(str(width), str(width + step)) if part == "required_width" else None
            changes = [
                put(f"{place}/constants/{part}", moved),
                put(f"{place}/witness/{part}/width", width + step),
            ]
            yield made(f"{part} {step:+} in constant and witness", together(*changes))
            if part == "required_width":
                consistent = [
                    *changes,
                    put(f"{place}/claim", sentence),
                    put(f"{place}/witness/width", width + step),
                    put(f"{place}/constants/width", moved),
                ]
                yield made(f"{part} {step:+} wherever it stands", together(*consistent))
            yield made(f"{part} {step:+} in the constant alone", put(f"{place}/constants/{part}", moved))
        yield made(f"{part} astronomically large", put(f"{place}/witness/{part}/width", 10**5000))
        yield made(f"{part} a float", put(f"{place}/witness/{part}/width", float(width)))
        yield made(f"{part} negative", put(f"{place}/witness/{part}/width", -width))


def _numbers(name: str, identifier: str, base: Case, entry: Document, made: Any) -> Iterator[Mutation]:
    place = f"theorems/{identifier}/witness"
    for key, value in entry["witness"]["values"].items():
        for factor in (1 - 1e-9, 1 + 1e-9, 2.0):
            changed_value = value + 1 if isinstance(value, int) else value * factor
            yield made(f"value {key} × {factor}", put(f"{place}/values/{key}", changed_value))
    yield made("δ changed in witness and request", together(
        put(f"{place}/values/delta", 0.04), put("request/delta", 0.04)
    ))  # fmt: skip
    for key, value in entry["witness"].get("parameters", {}).items():
        for factor in (1 - 1e-6, 1 + 1e-6, -1.0):
            moved = value * factor if isinstance(value, float) else f"-{value}"
            both = [put(f"{place}/parameters/{key}", moved), put(f"{place}/required_width/parameters/{key}", moved)]
            yield made(f"parameter {key} × {factor}", together(*both))
    yield made("λ0 smuggled in as a parameter", put(f"{place}/parameters/lambda0", 1.0))
    yield made("a constant of the activation smuggled in", put(f"{place}/values/B1", 0.0))
    yield made("a parameter that is no number", put(f"{place}/parameters/eta", "1e999999999"))
    yield made("a parameter that is true", put(f"{place}/parameters/eta", True))
    yield made("parameters that are a list", put(f"{place}/parameters", []))


def document(name: str) -> Iterator[Mutation]:
    """The document as a whole: verdicts, claim, kernel, request, data, witness."""
    base = case(name)

    def made(what: str, change: Callable[[Document], Any], data: Arrays | None = None) -> Mutation:
        return Mutation(f"{name}: {what}", changed(base, change), base.data if data is None else data)

    for verdict in ("proved", "refuted"):
        if base.document["verdict"] != verdict:
            yield made(f"verdict {verdict}", put("verdict", verdict))
        if base.document["definite"]["verdict"] != verdict:
            yield made(f"definite {verdict}", put("definite/verdict", verdict))
    yield made("claim replaced", put("claim", "the network converges in one step"))
    yield made("kernel replaced", put("kernel/activation", "erf" if name != "erf" else "relu"))
    yield made("unknown kernel", put("kernel/activation", "tanh"))
    yield made("kernel with bias", put("kernel/bias", True))
    yield made("deeper kernel", put("kernel/depth", 2))
    yield made("normalisation flipped", put("kernel/normalized", lambda old: not old))
    yield made("null dimension", put("definite/null_dimension", lambda old: old + 1))
    yield made("parallel rows invented", put("definite/parallel_rows", [[0, 2]]))
    yield made("antiparallel rows invented", put("definite/antiparallel_rows", [[[0], [2]]]))
    yield made("assumptions dropped", put("assumed", []))
    yield made("a bound nobody knows", put("bounds/spectral_gap", {"lower": 1.0, "upper": 2.0}))
    yield made("request dropped", drop("request"))
    for key, value in (
        ("delta", 0.5),
        ("alpha", 2.0),
        ("delta", 2.0),
        ("delta", "0.05"),
        ("width", 4),
        ("init", "zero"),
    ):
        yield made(f"request {key} = {value!r}", put(f"request/{key}", value))
    yield made("hash of other data", put("data/sha256", "0" * 64))
    yield made("n", put("data/n", 10**40))
    yield made("d", put("data/d", 1))
    X, y = base.data
    order = [1, 0, *range(2, len(X))]
    yield made("rows permuted", lambda d: None, (X[order], None if y is None else y[order]))
    yield made("columns permuted", lambda d: None, (X[:, [1, 0, *range(2, X.shape[1])]], y))
    bit = X.copy()
    bit[0, 0] = np.nextafter(bit[0, 0], np.inf)
    yield made("last bit of an entry", lambda d: None, (bit, y))
    yield made("targets negated", lambda d: None, (X, None if y is None else -y))
    yield made("targets left out", lambda d: None, (X, None))
    yield made("a row left out", lambda d: None, (X[1:], None if y is None else y[1:]))
    yield from _vectors(name, made)


def _vectors(name: str, made: Any) -> Iterator[Mutation]:
    for end in ("lambda_min", "lambda_max"):
        if name in ("orthogonal", "singular"):
            break  # there every vector will do, or none is needed
        place = f"witness/{end}"
        yield made(f"vector of {end} dropped", drop(f"{place}/vector"))
        yield made(f"vector of {end} shortened", put(f"{place}/vector", lambda v: v[:-1]))
        yield made(f"vector of {end} zero", put(f"{place}/vector", lambda v: [0.0] * len(v)))
        yield made(f"vector of {end} perturbed", put(f"{place}/vector", lambda v: [v[0] + 0.01, *v[1:]]))
        yield made(f"vector of {end} huge", put(f"{place}/vector", lambda v: [10**400, *v[1:]]))
        yield made(f"vector of {end} of words", put(f"{place}/vector", lambda v: ["one", *v[1:]]))
        yield made(f"vector of {end} a number", put(f"{place}/vector", 1.0))
        yield made(
            f"vector of {end} replaced", put(f"{place}/vector", lambda v: [float(i == 0) for i in range(len(v))])
        )
    if name not in ("singular",):
        yield made("shift below its bound", put("witness/lambda_min/shift", lambda s: s * 0.99))
        yield made("shift above the spectrum", put("witness/lambda_min/shift", lambda s: s * 1.01))


def assert_values_refused(report: CheckReport, identifier: str) -> None:
    """A theorem's number was past its truth: what follows from it may be right, but nothing rests on it."""
    assert report.claim(f"theorems.{identifier}.values").status is Status.NOT_CONFIRMED
    assert report.claim(f"theorems.{identifier}.hypotheses").status is Status.CONFIRMED
    for claim in (f"theorems.{identifier}.verdict", "verdict"):
        assert report.claim(claim).status is not Status.CONFIRMED
