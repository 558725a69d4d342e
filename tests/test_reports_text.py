"""The terminal report: says what the certificate says, in 80 ASCII columns where it must."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from certificate_fixtures import DU, RELU, wine, wine_eigenvalues

from certify.arithmetic.enclosure import Enclosure
from certify.reports import Illustration, render_text, wants_colour
from certify.reports.explanations import orders_apart


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def flat(text: str) -> str:
    return " ".join(text.split())


def test_plain_text_is_ascii_in_eighty_columns() -> None:
    text = render_text(wine(), Illustration(wine_eigenvalues()), colour=False)
    assert text.isascii() and "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert not text.endswith("\n")


def test_content() -> None:
    text = flat(render_text(wine(), Illustration(wine_eigenvalues()), colour=False))
    for part in (
        "Proved: K_inf is positive definite and at least one applicable theorem gives a finite width.",
        "wine: 178 rows x 14 columns",
        "lambda_min(K) 0.00136700002[13, 51] 2.8e-9",
        "||X||^2 71.331004[10, 20]",
        "du2019.gd proved 1.99e25 1.07e-8 1-7.36e-12 0.95-5e-17 1.88e12",
        "least width 19,843,211,560,034,221,877,093,412",
        "Step sizes: loss half-sum.",
        "would decide: give a target with --target",
        "reconstructed: constants from the paper's own proof",
        "The theorems differ by orders of magnitude: du2019.gd requires at least 2.6e16 times",
        "union over n^2 entries",
        "Assumed, not proved: - BLAS evaluates",
        "unverified: float64 eigenvalues from",
        wine().claims_sha256,
    ):
        assert part in text, part


@pytest.mark.parametrize(("loss", "step"), [("half-sum", "0.25"), ("sum", "0.125"), ("mean", "1")])
def test_step_size_is_converted_to_the_loss_asked_for(loss: str, step: str) -> None:
    """½·8·¼ = 1 for the mean over 8 rows, ¼/2 for the sum: powers of two, so exact."""
    entry = {**RELU, "constants": {"step_size": {"lower": 0.25, "upper": 0.25}}}
    data = {"sha256": "0" * 64, "n": 8, "d": 1, "options": {}}
    text = flat(render_text(wine(data=data, theorems=[entry], extra={"request": {"loss": loss}}), colour=False))
    assert f"relu.width proved - {step} -" in text and f"loss {loss}" in text


def test_undecided_names_what_would_decide_it() -> None:
    text = flat(
        render_text(
            wine(verdict="undecided", reason="precision ran out", would_decide=["more bits"], theorems=[]),
            colour=False,
        )
    )
    assert text.startswith("Undecided: ") and "precision ran out" in text and "would decide: more bits" in text


def test_gradient_flow_is_marked() -> None:
    constants = {
        "required_width": {"lower": 10, "upper": 10},
        "rate": {"lower": 0.5, "upper": 0.5},
        "time_to_fraction": {"lower": 19.9, "upper": 19.93},
    }
    text = flat(render_text(wine(theorems=[{**DU, "id": "du2019.flow", "constants": constants}]), colour=False))
    assert "10 - 0.5* - 20*" in text and "per unit of time" in text


def test_sparse_certificates_are_no_fault() -> None:
    bare = wine(kind="kernel", data=None, kernel=None, bounds={}, definite=None, theorems=[], witness=None, assumed=[])
    assert render_text(bare, colour=False).startswith("Proved: ")
    empty = wine(theorems=[{**RELU, "constants": {}, "hypotheses": [], "conclusion": None}])
    assert "relu.width" in render_text(empty, colour=False)
    unknown = wine(bounds={"lambda_min": Enclosure(None, None), "lambda_max": Enclosure(None, 2.0)})
    assert "[-, 2]" in render_text(unknown, colour=False)


def test_hostile_text_stays_text() -> None:
    text = render_text(wine(claim="x\x1b[31m [bold]y[/bold]\n\u202ez", theorems=[]), colour=True)
    assert "\x1b[31m" not in text and "[bold]y[/bold]" in text and "\u202e" not in text
    assert "\\x1b[31m" in text


def test_colour_is_for_terminals_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Terminal()) and not wants_colour(io.StringIO())
    coloured = render_text(wine(), stream=Terminal())
    assert "\x1b[1;32mProved" in coloured and "λ_min" in coloured
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in coloured.splitlines()) <= 100
    assert render_text(wine(), stream=io.StringIO()).isascii()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal()) and render_text(wine(), stream=Terminal()).isascii()


def test_comparison_is_rounded_down_and_only_for_orders_of_magnitude() -> None:
    assert orders_apart({"a": 10, "b": 999}) is None
    assert orders_apart({"a": 10}) is None
    assert "b requires at least 1.2e2 times the width of a" in (orders_apart({"a": 10, "b": 1299}) or "")


def test_illustration_is_a_sorted_private_copy() -> None:
    values = np.array([2.0, 1.0])
    illustration = Illustration(values)
    values[0] = 9
    assert illustration.eigenvalues is not None and illustration.eigenvalues.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError):
        illustration.eigenvalues[0] = 3
    for bad in (np.array([np.nan]), np.zeros((2, 2)), np.zeros(2001), np.zeros(0)):
        with pytest.raises(ValueError, match="finite numbers"):
            Illustration(bad)


def test_question_options_and_assumptions_are_said_once() -> None:
    shared = "weights are independent"
    theorems = [{**RELU, "assumed": [shared]}, {**DU, "assumed": [shared]}]
    request = {"delta": 0.05, "width": None, "fraction": 1e-06}
    text = flat(render_text(wine(theorems=theorems, extra={"request": request}), colour=False))
    assert "asked: delta: 0.05, fraction: 1e-6 " in text
    assert f"relu.width, du2019.gd: {shared}" in text and text.count(shared) == 1


@pytest.mark.parametrize(("fraction", "title"), [(None, "1e-6"), (1e-3, "0.001"), ("1/1000", "1/1000")])
def test_the_fraction_is_in_the_title(fraction: object, title: str) -> None:
    text = flat(render_text(wine(theorems=[{**RELU, "fraction": fraction}]), colour=False))
    assert f"to {title} " in text.split("relu.width")[0]
