"""What the theorems say when they can say nothing, and the lines they say it in."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.errors import InputError
from certify.theorems import THEOREMS, Loss, Request, assess, check, loss_value_in, needed, show, step_size_in
from certify.theorems.bibliography import BIBLIOGRAPHY
from certify.theorems.show import proof_text, proofs_directory
from certify.theorems.statements import VARIANTS, reverify, verify
from certify.theorems.statements.model import Role

ROOT = Path(__file__).resolve().parent.parent
DATA: dict[str, Any] = {
    "outputs": 3,
    "n": 20,
    "d": 5,
    "lambda_min": Enclosure(0.05, 0.051),
    "norm_x_squared": Enclosure(6.0, 6.0),
    "norm_y": Enclosure(4.5, 4.5),
    "gram_abs": Enclosure(8.0, 8.0),
    "q_x_squared": Enclosure(4.0, 4.0),
    "unit_rows": Verdict.PROVED,
    "definite": Verdict.PROVED,
}


def without(*names: str) -> dict[str, Any]:
    return {k: v for k, v in DATA.items() if k not in names}


@pytest.mark.parametrize("name", sorted(THEOREMS))
def test_missing_targets_are_named(name: str) -> None:
    result = assess(name, without("norm_y"), Request())
    assert result.verdict is Verdict.UNDECIDED
    assert any("--target" in text for text in result.would_decide)
    assert "required_width" not in result.constants and result.conclusion is None


@pytest.mark.parametrize("name", ["du2019.flow", "du2019.gd"])
@pytest.mark.parametrize("verdict", [Verdict.REFUTED, Verdict.UNDECIDED])
def test_rows_of_other_length_are_named(name: str, verdict: Verdict) -> None:
    result = assess(name, {**DATA, "unit_rows": verdict}, Request())
    assert result.verdict is Verdict.UNDECIDED
    assert any("--normalize" in text for text in result.would_decide)
    assert {h.id: h.verdict for h in result.hypotheses}["unit-rows"] is verdict
    assert not result.constants


@pytest.mark.parametrize("name", sorted(THEOREMS))
def test_a_doubtful_or_singular_kernel(name: str) -> None:
    doubtful = {**DATA, "lambda_min": Enclosure(-1e-12, 1e-9), "definite": Verdict.UNDECIDED}
    result = assess(name, doubtful, Request())
    assert result.verdict is Verdict.UNDECIDED and result.would_decide
    assert {h.id: h.verdict for h in result.hypotheses}["positive"] is Verdict.UNDECIDED
    singular = {**DATA, "lambda_min": Enclosure(0.0, 0.0), "definite": Verdict.REFUTED}
    result = assess(name, singular, Request())
    # sufficient conditions never refute convergence
    assert result.verdict is Verdict.UNDECIDED
    assert {h.id: h.verdict for h in result.hypotheses}["positive"] is Verdict.REFUTED
    unknown = {**DATA, "lambda_min": Enclosure(None, 1.0)}
    assert assess(name, unknown, Request()).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("name", sorted(THEOREMS))
def test_the_claim_at_a_width(name: str) -> None:
    least = assess(name, DATA, Request(init="independent")).constants["required_width"].lower
    assert isinstance(least, int)
    at = assess(name, DATA, Request(init="independent", width=least))
    assert at.verdict is Verdict.PROVED and str(least) in at.claim and "converges linearly" in at.claim
    assert at.constants["width"] == Enclosure.point(least)
    under = assess(name, DATA, Request(init="independent", width=max(1, least // 100)))
    assert under.verdict is Verdict.UNDECIDED
    assert any(h.verdict is Verdict.REFUTED for h in under.hypotheses)
    assert any(str(least) in text for text in under.would_decide)
    assert under.constants["required_width"] == Enclosure.point(least)
    assert "mu" not in under.constants and under.conclusion is None


def test_wider_is_faster() -> None:
    m = assess("relu.width", DATA, Request()).constants["every_width_from"].lower
    assert isinstance(m, int)
    slow = assess("relu.width", DATA, Request(width=m)).constants
    fast = assess("relu.width", DATA, Request(width=10**4 * m)).constants
    assert fast["steps_to_fraction"].lower < slow["steps_to_fraction"].lower
    assert 0.9 * 0.05 < fast["mu"].lower < 0.05


def test_the_price_of_a_small_step_is_said() -> None:
    """Well-conditioned data with a large λ_max(|G|): the Jacobian form needs less width, at a smaller step."""
    data = {**DATA, "n": 200, "d": 50, "lambda_min": Enclosure.point(0.157), "norm_y": Enclosure.point(14.15)}
    data |= {"norm_x_squared": Enclosure.point(8.2835), "gram_abs": Enclosure.point(23.65)}
    result = assess("relu.width", data, Request())
    constants = result.constants
    assert result.witness["variant"] == "jacobian/paired" and 4.7e10 < constants["required_width"].lower < 4.83e10
    full = result.witness["every_width_from_at_largest_step"]
    assert 6.1e10 < full["width"] < 6.25e10 and full["variant"] == "kernel/paired/chernoff"
    assert full["parameters"]["eta"] > 100 * constants["step_size"].lower


def test_scale_other_than_one_is_not_du2019s_setting() -> None:
    result = assess("du2019.gd", DATA, Request(alpha=2))
    assert result.verdict is Verdict.UNDECIDED
    assert {h.id: h.verdict for h in result.hypotheses}["scale-one"] is Verdict.REFUTED
    assert any("--alpha 1" in text for text in result.would_decide)


def test_least_rate() -> None:
    assert assess("du2019.flow", DATA, Request(min_rate=0.5)).verdict is Verdict.PROVED
    refused = assess("du2019.flow", DATA, Request(min_rate=0.75))
    assert refused.verdict is Verdict.UNDECIDED and "rate" in (refused.reason or "")
    for name in ("relu.width", "smooth.width"):
        result = assess(name, DATA, Request(min_rate=0.75, alpha=3))
        assert result.verdict is Verdict.PROVED
        assert result.constants["mu"].lower >= 0.75 * 9 * 0.05


def test_a_given_step_size_is_kept_or_refused() -> None:
    kept = assess("relu.width", DATA, Request(step_size=0.01))
    assert kept.verdict is Verdict.PROVED and kept.constants["step_size"] == Enclosure.point(0.01)
    refused = assess("smooth.width", DATA, Request(step_size=1.0, width=10**9))
    assert refused.verdict is Verdict.UNDECIDED
    assert {h.id: h.verdict for h in refused.hypotheses}["step-size"] is Verdict.REFUTED


def test_no_targets_to_fit_and_tiny_samples() -> None:
    for name in ("relu.width", "smooth.width"):
        assert assess(name, {**DATA, "norm_y": Enclosure.point(0.0)}, Request()).verdict is Verdict.PROVED
    one = {**DATA, "n": 1, "d": 1, "lambda_min": Enclosure.point(0.5), "norm_x_squared": Enclosure.point(1.0)}
    one |= {"norm_y": Enclosure.point(1.0), "gram_abs": Enclosure.point(1.0)}
    for name in ("du2019.flow", "du2019.gd", "relu.width"):
        assert assess(name, one, Request()).verdict is Verdict.PROVED


def test_magnitudes_outside_float64() -> None:
    """Scaling the data by c and the scale α by 1/c is no change at all."""
    names = ("lambda_min", "norm_x_squared", "gram_abs")
    huge = {**DATA, **{k: Enclosure(DATA[k].lower, DATA[k].upper, 2000) for k in names}}
    base = assess("relu.width", DATA, Request())
    scaled = assess("relu.width", huge, Request(alpha=Fraction(1, 2**1000)))
    assert scaled.verdict is Verdict.PROVED
    assert scaled.constants["required_width"] == base.constants["required_width"]


@pytest.mark.parametrize("name", sorted(THEOREMS))
@pytest.mark.parametrize("width", [None, 10**3, 10**40])
def test_json_is_the_contract(name: str, width: int | None) -> None:
    schema = json.loads((ROOT / "certify/certificates/schema/certify-1.json").read_text(encoding="utf-8"))
    member = {"$ref": "#/$defs/theorem", "$defs": schema["$defs"]}
    document = assess(name, DATA, Request(width=width)).to_json()
    jsonschema.validate(json.loads(json.dumps(document, allow_nan=False)), member)
    assert document["id"] == name and document["edition"] == THEOREMS[name].edition


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        ({"delta": 0}, "--delta.*between 0 and 1"),
        ({"delta": 1.0}, "--delta"),
        ({"delta": float("nan")}, "--delta"),
        ({"alpha": 0}, "--alpha"),
        ({"init": "xavier"}, "--init.*paired or independent"),
        ({"width": 3}, "--width.*odd"),
        ({"width": 0}, "--width"),
        ({"min_rate": 2}, "--min-rate"),
        ({"step_size": -1}, "eta"),
        ({"fraction": 1}, "fraction"),
    ],
)
def test_bad_requests_are_one_line(arguments: dict[str, Any], pattern: str) -> None:
    with pytest.raises(InputError, match=pattern) as caught:
        Request(**arguments)
    assert "\n" not in str(caught.value)


BY_VALUE = {"n": "100", "lambda0": "0.076", "norm_x_squared": "14.4", "norm_y": "10", "gram_abs": "20.2"}


def test_check_by_value_is_exact_and_lists_the_callers_word() -> None:
    result = check("relu.width", BY_VALUE)
    assert result.verdict is Verdict.PROVED
    assert result.witness["values"]["lambda0"] == "19/250" and result.witness["values"]["delta"] == "1/20"
    assert any("values given" in text for text in result.assumed)
    m = result.constants["required_width"].lower
    assert check("relu.width", {**BY_VALUE, "m": str(m)}).verdict is Verdict.PROVED
    assert check("relu.width", {**BY_VALUE, "m": 10**6}).verdict is Verdict.UNDECIDED
    du = check("du2019.gd", {"n": 100, "lambda0": "0.076", "norm_y": 10})
    assert du.verdict is Verdict.PROVED and any("‖x_i‖ = 1" in text for text in du.assumed)
    assert check("smooth.width", {**without_name(BY_VALUE, "gram_abs"), "q_x_squared": 7, "init": "independent"})


def without_name(values: dict[str, str], name: str) -> dict[str, str]:
    return {k: v for k, v in values.items() if k != name}


@pytest.mark.parametrize(
    ("name", "values", "pattern"),
    [
        ("relu.width", {"n": 5}, "no value for lambda0.*needed: n, lambda0"),
        ("relu.width", {**BY_VALUE, "lamda0": 1}, "unknown name 'lamda0'.*needed"),
        ("relu.width", {**BY_VALUE, "m": 7}, "odd"),
        ("relu.width", {**BY_VALUE, "m": "7.5"}, "positive integer"),
        ("relu.width", {**BY_VALUE, "delta": "1.5"}, "between 0 and 1"),
        ("relu.width", {**BY_VALUE, "eta": "1"}, "beyond what the theorem allows.*at most 0.069"),
        ("relu.width", {**BY_VALUE, "lambda0": "abc"}, "'abc' is not a number"),
        ("relu.width", {**BY_VALUE, "lambda0": "-1"}, "not positive"),
        ("relu.width", {**BY_VALUE, "lambda0": "nan"}, "not a number"),
        ("relu.width", {**BY_VALUE, "lambda0": 8}, "no data"),
        ("du2019.gd", {"n": 5, "lambda0": "0.6", "norm_y": 1}, "no data"),
        ("du2019.flow", {"n": 5, "lambda0": "0.1", "norm_y": 1, "eta": 1}, "unknown name 'eta'"),
        ("nobody.knows", {}, "unknown theorem.*relu.width"),
        ("relu.width", {**BY_VALUE, "init": "he"}, "paired or independent"),
    ],
)
def test_bad_values_are_one_line(name: str, values: dict[str, Any], pattern: str) -> None:
    with pytest.raises(InputError, match=pattern) as caught:
        check(name, values)
    assert "\n" not in str(caught.value)


def test_the_independent_checkers_door_refuses_odd_widths() -> None:
    theorem = THEOREMS["relu.width"]
    with pytest.raises(InputError, match="odd"):
        verify(theorem, {"m": 5})
    with pytest.raises(InputError, match="positive integer"):
        verify(theorem, {"n": Fraction(1, 2)})
    # a negative scale must not turn the inequalities round
    values = {**{q.name: 1 for q in theorem.quantities}, "m": 10, "alpha": -1}
    assert {d.hypothesis.id: d.decision.verdict for d in verify(theorem, values).decided}["scale"] is Verdict.REFUTED


def test_a_witness_cannot_bring_its_own_constants() -> None:
    result = assess("smooth.width", DATA, Request())
    forged = {**result.witness, "values": {**result.witness["values"], "B1": 1e-9, "B2": 1e-9, "beta": 0, "mu": 1}}
    forged["width"] = 4
    assert reverify(VARIANTS["smooth.width"], result.witness).verdict is Verdict.PROVED
    assert reverify(VARIANTS["smooth.width"], forged).verdict is Verdict.REFUTED
    with pytest.raises(InputError, match="positive integer"):
        reverify(VARIANTS["smooth.width"], {**result.witness, "width": float("nan")})


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    st.sampled_from(["du2019.flow", "du2019.gd", "smooth.width", "relu.width"]),
    st.sampled_from(["paired", "independent"]),
    st.tuples(*(st.floats(-8, 8) for _ in range(6))),
    st.sampled_from([None, 2, 10**5, 10**20, 10**500]),
)
def test_whatever_is_proved_is_proved_again_from_its_witness(
    name: str, init: str, logs: tuple[float, ...], width: int | None
) -> None:
    scale, gap, length, alpha, delta, rows = logs
    top = 10.0**scale
    data = {
        **DATA,
        "n": 1 + int(10 ** abs(rows / 2)),
        "lambda_min": Enclosure(top * 10.0 ** -(1 + abs(gap)), top),
        "norm_x_squared": Enclosure(0.0, top * 4),
        "gram_abs": Enclosure(0.0, top * 6),
        "q_x_squared": Enclosure(0.0, top**2 * 5),
        "norm_y": Enclosure(0.0, 10.0**length),
    }
    request = Request(
        delta=10.0 ** -(0.1 + abs(delta)), alpha=1 if name[0] == "d" else 10.0**alpha, init=init, width=width
    )
    result = assess(name, data, request)
    json.dumps(result.to_json(), allow_nan=False)
    for part in ("required_width", "every_width_from", "every_width_from_at_largest_step"):
        assert (part in result.constants) == (part in result.witness)
        if part in result.constants:
            assert result.witness[part]["width"] == result.constants[part].lower
            assert reverify(VARIANTS[name], result.witness, part).verdict is Verdict.PROVED
    assert (result.verdict is Verdict.PROVED) == (
        "parameters" in result.witness and reverify(VARIANTS[name], result.witness).verdict is Verdict.PROVED
    )


@pytest.mark.parametrize("name", sorted(THEOREMS))
def test_show(name: str) -> None:
    for variant in VARIANTS[name]:
        text = show(name, variant=variant.variant, proof=False)
        for hypothesis in variant.hypotheses:
            assert f"[{hypothesis.id}]" in text
        for quantity in variant.quantities:
            assert f"  {quantity.name}:" in text
        latex = show(name, "latex", variant.variant)
        assert all(condition.latex in latex for condition in variant.conditions)
        assert latex.count(r"\begin") == latex.count(r"\end") and "norm_" not in latex and "lambda0" not in latex
        assert r"\lambda_{0}" in latex or r"\lambda_0" in latex
        assert show(name, "markdown", variant.variant, proof=False).startswith("# ")
    assert proof_text(THEOREMS[name]) in show(name)
    with pytest.raises(InputError, match="unknown format"):
        show(name, "pdf")
    with pytest.raises(InputError, match="unknown variant"):
        show(name, variant="other")


def test_show_of_an_unknown_theorem() -> None:
    with pytest.raises(InputError, match="unknown theorem"):
        show("riemann")


@pytest.mark.parametrize("theorem", [t for variants in VARIANTS.values() for t in variants], ids=lambda t: t.variant)
def test_theorems_are_well_formed(theorem: Any) -> None:
    declared = {q.name for q in theorem.quantities} | {d.symbol.name for d in theorem.definitions} | {"B0", "B1", "B2"}
    used: set[str] = set()
    for item in (*theorem.hypotheses, *theorem.constants, *theorem.definitions):
        expression = item.relation if hasattr(item, "relation") else item.expression
        used |= {symbol.name for symbol in expression.free_symbols}
    assert used <= declared
    assert all(source.key in BIBLIOGRAPHY for source in theorem.sources)
    assert (proofs_directory() / theorem.proof).is_file()
    assert len({h.id for h in theorem.hypotheses}) == len(theorem.hypotheses)
    assert theorem.edition >= 1 and theorem.names(Role.WIDTH) == ("m",)


def test_statement_files_keep_the_order_of_sections() -> None:
    order = ["Setting", "Assumptions", "Statement", "Reference", "Arguments", "Returns", "Example"]
    for stem in ("du2019", "relu_width", "smooth_width"):
        text = (ROOT / f"certify/theorems/statements/{stem}.py").read_text(encoding="utf-8")
        assert re.findall(r"^(\w+)\n-+$", text.split('"""')[1], re.M) == order


def test_needed_names() -> None:
    required = {n.name for n in needed("du2019.gd") if n.required}
    assert required == {"n", "lambda0", "norm_y"}
    assert {"m", "delta", "eta", "trace_gram"} <= {
        n.name for n in needed("relu.width", "independent") if not n.required
    }


def test_loss_conventions_are_the_same_iteration() -> None:
    """One step of gradient descent on each loss, by numerical differentiation of the loss itself."""
    n, target, weights = 4, [1.0, -2.0, 0.5, 3.0], [0.3, 0.7, -1.1, 0.2]
    losses = {
        Loss.HALF_SUM: lambda w: 0.5 * sum((a - b) ** 2 for a, b in zip(w, target, strict=True)),
        Loss.SUM: lambda w: sum((a - b) ** 2 for a, b in zip(w, target, strict=True)),
        Loss.MEAN: lambda w: sum((a - b) ** 2 for a, b in zip(w, target, strict=True)) / n,
    }

    def step(loss: Loss) -> list[float]:
        eta = step_size_in(loss, n, Enclosure.point(0.125)).lower
        assert isinstance(eta, float)
        new = []
        for i, value in enumerate(weights):
            up, down = list(weights), list(weights)
            up[i], down[i] = value + 1e-4, value - 1e-4
            new.append(value - eta * (losses[loss](up) - losses[loss](down)) / 2e-4)
        return new

    for loss in Loss:
        assert step(loss) == pytest.approx(step(Loss.HALF_SUM), abs=1e-9)
        assert loss_value_in(loss, n, Enclosure.point(losses[Loss.HALF_SUM](weights))).lower == pytest.approx(
            losses[loss](weights), rel=1e-12
        )
