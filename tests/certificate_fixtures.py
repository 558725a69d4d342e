"""A hand-made certificate of realistic size and shape for the wine data; its numbers are not claims."""

from __future__ import annotations

from typing import Any

import numpy as np

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates import Certificate


def ends(lower: float | int | None, upper: float | int | None, **more: int) -> dict[str, Any]:
    return {"lower": lower, "upper": upper, **more}


def point(value: float | int) -> dict[str, Any]:
    return ends(value, value)


DU: dict[str, Any] = {
    "id": "du2019.gd",
    "edition": 1,
    "claim": "With probability at least 1 − δ gradient descent on a two-layer ReLU network of the "
    "required width converges linearly to zero training loss",
    "verdict": "proved",
    "label": "reconstructed: constants from the paper's own proof",
    "source": "Du, Zhai, Póczos, Singh, ICLR 2019, Theorem 4.1",
    "assumed": ["first-layer weights are independent standard Gaussian vectors, signs independent and uniform"],
    "hypotheses": [
        {
            "statement": "‖x_i‖ = 1 for every row",
            "interval": point(1.0),
            "bound": 1.0,
            "margin": 0.0,
            "verdict": "proved",
        },
        {
            "statement": "m ≥ 8n²·ln(6n²/δ)/λ₀²",
            "interval": ends(2.8730178561e11, 2.8730178562e11),
            "bound": 1.2345678e27,
            "margin": 4.29e15,
            "verdict": "proved",
        },
        {
            "statement": "no two rows are parallel",
            "interval": None,
            "margin": None,
            "verdict": "proved",
        },
    ],
    "constants": {
        "required_width": point(19843211560034221877093412),
        "mu": ends(0.00068350001, 0.00068350002),
        "step_size": ends(1.0786e-8, 1.0787e-8),
        "rate": ends(0.99999999999262, 0.99999999999264),
        "probability": point(0.95),
        "steps_to_fraction": point(1877214500114),
        "lambda_min": ends(0.0013670000214, 0.0013670000251),
    },
    "conclusion": "L(k) ≤ q^k·L(0) for every step k",
    "witness": {"delta": 0.05, "split": [0.016666666666666666, 0.016666666666666666, 0.016666666666666666]},
}
RELU: dict[str, Any] = {
    "id": "relu.width",
    "edition": 1,
    "claim": "With probability at least 1 − δ gradient descent on a paired two-layer ReLU network of the "
    "required width converges linearly to zero training loss",
    "verdict": "proved",
    "source": "matrix Chernoff bound with exact binomial flip counts",
    "assumed": [],
    "hypotheses": [
        {
            "statement": "ε < λ: the flips change the kernel by less than its smallest eigenvalue",
            "interval": ends(0.00063218822, 0.00063218823),
            "bound": ends(0.0012440000, 0.0012440001),
            "margin": 0.00061181177,
            "verdict": "proved",
        },
        {
            "statement": "η ≤ 1/(α²‖X‖²)",
            "interval": ends(0.0139999, 0.0140001),
            "bound": 0.0141,
            "margin": 9.99e-05,
            "verdict": "proved",
        },
    ],
    "constants": {
        "required_width": point(1418220113474638),
        "every_width_from": point(1418220113474640),
        "mu": ends(0.000611811, 0.000611812),
        "step_size": point(0.014),
        "rate": ends(0.99998286934, 0.99998286935),
        "probability": point(0.95),
        "steps_to_fraction": point(806464),
        "lambda_min": ends(0.0013670000214, 0.0013670000251),
    },
    "conclusion": "L(k) ≤ q^k·L(0) for every step k",
    "witness": {"route": "T4K", "radius": 3.1e-06, "epsilon": 0.09, "delta": [0.01, 0.04]},
}
SMOOTH: dict[str, Any] = {
    "id": "smooth.width",
    "edition": 1,
    "claim": "With probability at least 1 − δ gradient descent on a paired two-layer erf network of the "
    "required width converges linearly to zero training loss",
    "verdict": "proved",
    "source": None,
    "assumed": [],
    "kernel": {"activation": "erf", "depth": 1, "bias": False, "normalized": True},
    "hypotheses": [
        {
            "statement": "h = β‖e₀‖/σ₀² < ½",
            "interval": ends(0.49999999, 0.4999999999),
            "bound": 0.5,
            "margin": 1.0e-10,
            "verdict": "proved",
        }
    ],
    "constants": {
        "required_width": point(758112346),
        "mu": ends(2.1e-05, 2.2e-05),
        "step_size": ends(0.011, 0.0111),
        "rate": ends(0.99999953, 0.99999954),
        "probability": point(0.95),
        "steps_to_fraction": point(30034805),
        "lambda_min": ends(0.0008345671112, 0.0008345671198),
    },
    "conclusion": "L(k) ≤ q^k·L(0) for every step k",
    "witness": {"epsilon": 0.011},
}
FLOW: dict[str, Any] = {
    "id": "du2019.flow",
    "edition": 1,
    "claim": "Gradient flow converges linearly",
    "verdict": "undecided",
    "label": "reconstructed: constants from the paper's own proof",
    "reason": "its hypothesis on the target's norm was not evaluated",
    "would_decide": ["give a target with --target"],
    "assumed": [],
    "hypotheses": [{"statement": "‖y‖ is known", "interval": None, "margin": None, "verdict": "undecided"}],
    "constants": {"required_width": None, "mu": ends(None, None)},
    "conclusion": None,
    "witness": None,
}


def wine(**changes: Any) -> Certificate:
    """The fixture; keyword arguments replace members."""
    members: dict[str, Any] = {
        "kind": "dataset",
        "created": "2025-06-01T12:00:00Z",
        "claim": "K∞ is positive definite and at least one applicable theorem gives a finite width",
        "verdict": Verdict.PROVED,
        "data": {
            "sha256": "9c1185a5c5e9fc54612808977ee8f548b2258d31" + "0" * 24,
            "n": 178,
            "d": 14,
            "name": "wine",
            "notes": ["three classes: class 2 against the rest (pm1)"],
            "options": {
                "normalize": True,
                "preprocess": ["standardize", "bias", "unit"],
                "loss": "half-sum",
                "delta": 0.05,
            },
        },
        "kernel": {"activation": "relu", "depth": 1, "bias": False, "normalized": True},
        "bounds": {
            "lambda_min": Enclosure(0.0013670000214, 0.0013670000251),
            "lambda_max": Enclosure(33.81231244121, 33.81231244129),
            "norm_x_squared": Enclosure(71.3310041, 71.3310042),
            "norm_y": Enclosure(13.341664064126334, 13.341664064126336),
            "gram_abs": Enclosure(78.11234, 78.11235),
            "underflowed": Enclosure(0.5, 0.75, -1500),
        },
        "definite": {"verdict": "proved", "by": "cholesky"},
        "theorems": [DU, FLOW, RELU, SMOOTH],
        "witness": {"shift": 0.0013670000214, "vector": [i / 178 for i in range(178)]},
        "assumed": ["BLAS evaluates the standard formula in some order, without Strassen or emulation"],
        "environment": {"certify": "0.1.0", "python": "3.11.2", "numpy": "2.3.1", "threads": 2},
    }
    return Certificate(**{**members, **changes})


def wine_eigenvalues() -> np.ndarray:
    """178 numbers shaped like the spectrum of a kernel matrix, between the fixture's bounds."""
    inner = np.exp(np.linspace(np.log(4.0), np.log(0.0021), 176)) * (1 + 0.02 * np.sin(np.arange(176)))
    return np.concatenate([[33.81231244125], inner, [0.00136700002]])
