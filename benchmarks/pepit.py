"""Worst-case factors by PEPit, the peer of `certify theorem rate`: writes tests/data/pepit.json.

    pip install pepit && python benchmarks/pepit.py

PEPit's description of smooth functions with a quadratic Lojasiewicz inequality has curvature in [-L, L] and L = 1 here.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from PEPit import PEP
from PEPit.functions import SmoothQuadraticLojasiewiczFunctionCheap, SmoothQuadraticLojasiewiczFunctionExpensive

CASES = [("0.2", "1"), ("0.2", "0.5"), ("0.2", "1.5"), ("0.05", "1"), ("0.05", "1.8"), ("0.5", "1.2"), ("0.9", "1")]


def worst(kind: type, mu: float, eta: float) -> float:
    problem = PEP()
    f = problem.declare_function(kind, L=1.0, mu=mu)
    minimum = f(f.stationary_point())
    x = problem.set_initial_point()
    problem.set_initial_condition(f(x) - minimum <= 1)
    problem.set_performance_metric(f(x - eta * f.gradient(x)) - minimum)
    return float(problem.solve(wrapper="cvxpy", solver="CLARABEL", verbose=0))


def main() -> None:
    rows = [
        {
            "mu": mu,
            "eta": eta,
            "cheap": worst(SmoothQuadraticLojasiewiczFunctionCheap, float(mu), float(eta)),
            "expensive": worst(SmoothQuadraticLojasiewiczFunctionExpensive, float(mu), float(eta)),
        }
        for mu, eta in CASES
    ]
    target = Path(__file__).resolve().parent.parent / "tests" / "data" / "pepit.json"
    target.write_text(json.dumps({"pepit": version("pepit"), "L": 1, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
