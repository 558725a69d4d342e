"""``certify theorem compare`` and the theorems whose numbers are all given."""

import json

import pytest
from conftest import Command, one_line

from certify.errors import InputError
from certify.theorems import check
from certify.theorems.statements import GIVEN

DATA = ("theorem", "compare", "--data", "sphere:n=12,d=4,seed=1", "--threads", "1")
HORIZON = {
    "norm_y": 3, "norm_y_below": 3, "kernel_norm": 2, "terminal": "1/10", "potential": 2, "action": 1,
    "beta": "1/1000", "eta": "1/4", "steps": 40, "D": "21/10",
}  # fmt: skip


def test_document_has_every_theorem_and_the_losses(certify_here: Command) -> None:
    run = certify_here(*DATA, "--json", "--widths", "256,1024")
    document = json.loads(run.stdout)
    entries = {entry["id"]: entry for entry in document["theorems"]}
    assert {"du2019.gd", "relu.width", "smooth.width", "horizon.smooth", "horizon.relu"} <= set(entries)
    for name in ("relu.width", "smooth.width"):
        width = entries[name]["constants"]["required_width"]
        assert width["lower"] == width["upper"] and isinstance(width["lower"], int)
    for name in ("horizon.smooth", "horizon.relu"):
        constants = entries[name]["constants"]
        assert constants["loss_factor"] == constants["loss_factor_at_1024"]
        assert 0 < constants["loss_factor_at_1024"]["upper"] < constants["loss_factor_at_256"]["upper"]
        assert entries[name]["witness"]["seed"] == 0


@pytest.mark.parametrize(("format", "said"), [("text", "theorem  "), ("markdown", "|---|"), ("latex", r"\bottomrule")])
def test_tables(certify_here: Command, format: str, said: str) -> None:
    run = certify_here(*DATA, "--format", format, "--activation", "tanh", "--normalize")
    assert run.returncode == 0 and said in run.stdout
    lines = [line for line in run.stdout.splitlines() if "width" in line and "tanh" in line]
    assert len(lines) == len([line for line in lines if "smooth.width" in line or "spectral.width" in line]) > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--widths", "1023"), "even"),
        (("--widths", "many"), "list of widths"),
        (("--activation", "exp(z)"), "unbounded"),
        (("--delta", "2"), "between 0 and 1"),
    ],
)
def test_refusals(certify_here: Command, arguments: tuple[str, ...], said: str) -> None:
    run = certify_here(*DATA, *arguments)
    assert run.returncode == 2 and said in one_line(run.stderr)


def test_a_horizon_from_given_numbers() -> None:
    result = check("horizon.smooth", HORIZON)
    assert result.verdict == "proved"
    assert check("horizon.smooth", {**HORIZON, "D": 2}).verdict == "refuted"  # D ≥ A + something positive
    assert check("horizon.smooth", {**HORIZON, "eta": 1}).verdict == "refuted"  # η‖K0‖ > 1
    deviation = result.constants["deviation"].upper
    T, D, beta = 10.0, 2.1, 1e-3
    a1 = (2 * T / 2.718281828459045) ** 0.5 + 0.25 * 2**0.5
    a2 = 1 - 1 / 2.718281828459045 + 2.995732273553991 / 2.718281828459045 + 0.5
    assert deviation == pytest.approx(beta * D**2 * (1 + a2) / 2 + beta * D * a1 * 3, rel=1e-12)
    assert result.constants["loss_factor"].upper == pytest.approx(((0.1 + deviation) / 3) ** 2, rel=1e-12)


def test_missing_numbers_are_all_named() -> None:
    for name in GIVEN:
        with pytest.raises(InputError, match="needed: "):
            check(name, {})


def test_rows_without_a_kernel_at_infinite_width_are_still_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the comparison activation has no kernel for the rows, the drawn networks' losses stay in the table."""
    from certify.workflows import compare as module

    def refuse(*arguments: object) -> None:
        raise InputError("the rows are too long", "kernel", "--normalize")

    monkeypatch.setattr(module, "PriorHorizon", refuse)
    measured = object()
    request = module.CompareRequest(widths=(4,))
    assert module._prior(measured, "softplus", request) == {}  # type: ignore[arg-type]
    with pytest.raises(InputError):
        module._prior(measured, "relu", request)  # type: ignore[arg-type]
    assert request.asks_prior("softplus", 1000) and not request.asks_prior("softplus", 1001)
    assert request.asks_prior("relu", 10**6)
