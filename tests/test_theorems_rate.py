"""`certify theorem rate`: exact certificates against PEPit's values and adversarial functions, and tampered with."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, Command, one_line

from certify.errors import InputError
from certify.theorems.rate import assess_rate, checked, recheck
from certify.theorems.statements.descent_dual import (
    DescentDual,
    Inequality,
    StepClass,
    certified_rate,
    reach,
    semidefinite,
    terms,
)

PEER = json.loads((ROOT / "tests" / "data" / "pepit.json").read_text(encoding="utf-8"))
ONE = Fraction(1)


def case_of(mu: str, eta: str, ell: str = "1") -> StepClass:
    return StepClass(Fraction(mu), ONE, Fraction(ell), Fraction(eta))


@pytest.fixture(scope="module")
def search() -> Iterator[object]:
    pytest.importorskip("cvxpy", reason="the extra 'sdp' is not installed")
    from certify.theorems.search import descent

    yield descent


def closed_form(mu: Fraction) -> DescentDual:
    """At L = ℓ = η = 1, by hand (see proofs/symbolic/plsmooth.py)."""
    at = {("PL", (0,)): 2 * mu, ("I", (0, 1)): Fraction(2), ("PL", (1,)): mu}
    return DescentDual((), {Inequality(*name): value / (2 + mu) for name, value in at.items()})


@pytest.mark.parametrize("row", PEER["rows"], ids=lambda row: f"mu={row['mu']}, eta={row['eta']}")
def test_as_good_as_the_peer(search: object, row: dict[str, object]) -> None:
    """No auxiliary point: PEPit's plain description. One: at least its strengthened one."""
    case = case_of(str(row["mu"]), str(row["eta"]))
    plain = search.find_rate(case, 0)  # type: ignore[attr-defined]
    assert abs(float(plain.rate) - row["cheap"]) < 1e-6  # type: ignore[operator]
    one = search.find_rate(case, 1)  # type: ignore[attr-defined]
    assert float(one.rate) < row["expensive"] + 2e-6  # type: ignore[operator]
    for found in (plain, one):
        assert 0 <= float(found.rate) - found.sdp_value < 1e-6
        assert found.rate >= max((1 - case.mu * case.eta) ** 2, (1 - case.eta) ** 2)


def test_the_numbers_of_the_literature(search: object) -> None:
    case = case_of("1/5", "1")
    plain, one, two = (search.find_rate(case, points) for points in range(3))  # type: ignore[attr-defined]
    assert 0 <= plain.rate - Fraction(8, 11) < Fraction(1, 10**6)
    assert abs(one.rate - Fraction("0.683267")) < Fraction(1, 10**6)
    assert one.rate - two.rate > Fraction(1, 100)
    assert all(found.rate < Fraction(4, 5) for found in (plain, one, two))


def test_units_do_not_matter(search: object) -> None:
    """The same problem at L = 16: the same rate, points divided by 16."""
    small = search.find_rate(case_of("1/5", "1"), 1)  # type: ignore[attr-defined]
    case = StepClass(Fraction(16, 5), 16 * ONE, 16 * ONE, ONE / 16)
    large = search.find_rate(case, 1)  # type: ignore[attr-defined]
    assert large.rate == small.rate and certified_rate(case, large.dual) == large.rate
    assert [16 * a for a, _ in large.dual.points] == [a for a, _ in small.dual.points]
    assert reach(case, large.dual) * 16 == reach(case_of("1/5", "1"), small.dual)


def values_and_slopes(random: np.random.Generator, mu: float, ell: float, eta: float) -> float:
    """f(x₊)/f(x) for a random f on the line, f(0) = 0, of curvature −ℓ, 0, μ or 1, as PL allows; integrated exactly."""
    h, f, g, where = 0.01, 0.0, 0.0, []
    levels, until, curvature = (-ell, 0.0, mu, 1.0), 0, 1.0
    for k in range(int(random.integers(100, 600))):
        if k >= until:
            curvature, until = float(random.choice(levels)), k + int(random.integers(5, 150))
        for bend in sorted({curvature, mu, 1.0}):
            if bend < curvature:
                continue
            new_f, new_g = f + g * h + bend * h * h / 2, g + bend * h
            if new_g >= 0 and new_g * new_g >= 2 * mu * new_f:  # in between: see below
                break
        where.append((f, g, bend))
        f, g = new_f, new_g
    x = len(where) * h
    after = x - eta * g
    if f <= 0:
        return 0.0
    if after <= 0:
        return after * after / 2 / f  # to the left f = x²/2, the steepest there is
    k = min(int(after / h), len(where) - 1)
    (base, slope, bend), rest = where[k], after - k * h
    return (base + slope * rest + bend * rest * rest / 2) / f


@pytest.mark.parametrize(("mu", "ell", "eta"), [("1/5", "1", "1"), ("1/5", "1", "9/5"), ("1/20", "1/10", "3/2")])
def test_no_function_on_the_line_is_worse(search: object, mu: str, ell: str, eta: str) -> None:
    """g² − 2μf moves at the rate 2g(f″ − μ) on a piece, of one sign: PL at both ends of a piece is PL on it."""
    found = search.find_rate(case_of(mu, eta, ell), 2)  # type: ignore[attr-defined]
    random = np.random.default_rng(0)
    numbers = float(Fraction(mu)), float(Fraction(ell)), float(Fraction(eta))
    worst = max(values_and_slopes(random, *numbers) for _ in range(1500))
    quadratics = max((1 - numbers[0] * numbers[2]) ** 2, (1 - numbers[2]) ** 2)
    assert 0.97 * quadratics < worst <= float(found.rate)


def test_it_holds_for_least_squares_on_the_ball(search: object) -> None:
    """F(w) = σw − ½βw² on the line, all constants of the corollary exact, steps beyond 1/Λ²."""
    for sigma, beta, target, eta in [(1.0, 0.01, 0.05, 1.7), (1.0, 0.2, -0.005, 1.6), (2.0, 0.1, 0.02, 0.4)]:
        first = abs(target)
        radius = 12 * eta * sigma * first
        top, bottom = sigma + beta * radius, sigma - beta * radius
        E = first + top * radius
        case = StepClass(*(Fraction(v) for v in (bottom**2, top**2 + beta * E, beta * E, eta)))
        found = search.find_rate(case, 1)  # type: ignore[attr-defined]
        tau, r = float(found.rate), float(reach(case, found.dual))
        assert eta > 1 / top**2
        assert tau < 1 and max(eta / (1 - math.sqrt(tau)), r) * top * first <= radius  # alternative (b)
        w, losses = 0.0, []
        for _ in range(40):
            e = sigma * w - beta * w * w / 2 - target
            losses.append(e * e / 2)
            w -= eta * (sigma - beta * w) * e
        ratios = [b / a for a, b in pairwise(losses) if a > 1e-20]
        assert max(ratios) <= tau


def tampered(dual: DescentDual, inequality: Inequality, change: Fraction) -> DescentDual:
    return DescentDual(dual.points, {**dual.multipliers, inequality: dual.multipliers[inequality] + change})


def test_the_closed_form_is_proved_exactly_and_changes_are_noticed() -> None:
    """The check stands on rationals alone."""
    case, dual = case_of("1/5", "1"), closed_form(Fraction(1, 5))
    assert certified_rate(case, dual) == Fraction(8, 11)
    assert checked(case, dual).verdict == "proved"
    tiny = Fraction(1, 10**15)
    with pytest.raises(ValueError, match="balance"):
        certified_rate(case, tampered(dual, Inequality("PL", (1,)), tiny))
    with pytest.raises(ValueError, match="not positive semidefinite"):  # a better rate than the worst case
        certified_rate(case, tampered(dual, Inequality("PL", (0,)), tiny))
    moved = tampered(tampered(dual, Inequality("PL", (1,)), tiny), Inequality("I", (0, 1)), -tiny)
    with pytest.raises(ValueError, match="not positive semidefinite"):
        certified_rate(case, moved)
    with pytest.raises(ValueError, match="negative"):
        certified_rate(case, tampered(dual, Inequality("PL", (0,)), Fraction(-1)))
    with pytest.raises(ValueError, match="no such inequality"):
        certified_rate(case, DescentDual((), {Inequality("PL*", (0,)): ONE}))
    with pytest.raises(ValueError, match="no point"):
        certified_rate(case, DescentDual((), {Inequality("PL", (2,)): ONE}))


def test_the_inequalities_hold_and_are_tight_where_they_should_be() -> None:
    """On exact quadratics of curvature c in R²: PL and I hold, and I is an equality at c = L and at c = −ℓ."""
    case = StepClass(Fraction(1, 4), Fraction(2), Fraction(1, 2), Fraction(3, 4))
    points = ((Fraction(1, 3), Fraction(-2, 5)), (Fraction(2), Fraction(1, 7)))
    for c in (Fraction(1, 4), ONE, Fraction(2), Fraction(-1, 2)):
        gradient = [c * 3]  # x = 3, f = c x²/2
        gradient.append(c * (3 - case.eta * gradient[0]))
        gradient += [c * (3 - a * gradient[0] - b * gradient[1]) for a, b in points]
        values = [g * g / (2 * c) for g in gradient]
        for p in range(4):
            for q in range(4):
                if p == q:
                    continue
                linear, quadratic = terms(case, points, Inequality("I", (p, q)))
                total = sum(k * values[i] for i, k in linear.items())
                total += sum(quadratic[i][j] * gradient[i] * gradient[j] for i in range(4) for j in range(4))
                assert total >= 0
                assert total == 0 or c not in (case.L, -case.ell)
            linear, quadratic = terms(case, points, Inequality("PL", (p,)))
            assert c < 0 or quadratic[p][p] * gradient[p] ** 2 + linear[p] * values[p] >= 0


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ("4 2 1; 2 5 3; 1 3 6", True), ("1 2; 2 4", True), ("1 2; 2 399999999999/100000000000", False),
        ("0 0; 0 1", True), ("0 1; 1 1", False), ("1 1 0; 1 1 1; 0 1 1", False), ("-1", False), ("0", True),
    ],
)  # fmt: skip
def test_semidefinite_is_decided_exactly(rows: str, answer: bool) -> None:
    assert semidefinite([[Fraction(v) for v in row.split()] for row in rows.split(";")]) is answer


def test_the_answer_and_its_recheck(search: object, tmp_path: Path) -> None:
    result = assess_rate({"mu": Fraction(1, 5), "L": 1, "eta": 1})
    assert result.verdict == "proved"
    entry = json.loads(json.dumps(result.to_json()))
    assert recheck(entry, "here").to_json() == result.to_json()
    entry["witness"]["values"]["mu"] = "1/6"
    assert recheck(entry, "here").verdict != "proved" or recheck(entry, "here").constants != result.constants
    entry["witness"]["certificate"]["multipliers"][0]["value"] = "1/3"
    worse = recheck(entry, "here")
    assert (worse.verdict, worse.conclusion, worse.constants) == ("undecided", None, {})
    with pytest.raises(InputError, match="not a certificate of a rate"):
        recheck({"id": "du2019.gd"}, "here")


def test_the_command(search: object, certify_here: Command, tmp_path: Path) -> None:
    made = certify_here("theorem", "rate", "--mu", "0.2", "--L", "1", "--step", "1", "--points", "1", "-o", "r.json")
    assert made.returncode == 0 and "rate = 0.68326" in made.stdout
    again = certify_here("theorem", "rate", "--check", "r.json", "--json")
    assert again.returncode == 0
    stored = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert json.loads(again.stdout) == stored
    stored["witness"]["certificate"]["points"][0][0] = "1/2"
    Path("bad.json").write_text(json.dumps(stored), encoding="utf-8")
    bad = certify_here("theorem", "rate", "--check", "bad.json")
    assert bad.returncode == 1 and "not positive semidefinite" in bad.stdout
    by_name = certify_here("theorem", "check", "plsmooth.gd", "--set", "mu=0.2", "--set", "L=1", "--set", "eta=1")
    assert by_name.returncode == 0 and "rate = 0.66875" in by_name.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--mu 0.2", "no --L, --step"),
        ("--mu 2 --L 1 --step 1", "exceeds L"),
        ("--mu 0.2 --L 1 --step 2", "2/L or more"),
        ("--mu 0.2 --L 1 --step -1", "not positive"),
        ("--mu x --L 1 --step 1", "'x' is not a number"),
        ("--check none.json", "none.json"),
        ("--check none.json --mu 1", "give the file alone"),
        ("--mu 0.2 --L 1 --step 1 -o r.txt", ".json"),
    ],
)
def test_mistakes_are_one_line(certify_here: Command, arguments: str, says: str) -> None:
    run = certify_here("theorem", "rate", *arguments.split())
    assert (run.returncode, run.stdout) == (2, "")
    assert says in one_line(run.stderr)


def test_without_cvxpy_one_line_says_what_to_install(certify_here: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cvxpy", None)
    run = certify_here("theorem", "rate", "--mu", "0.2", "--L", "1", "--step", "1")
    assert run.returncode == 2 and "certify-ntk[sdp]" in one_line(run.stderr)
