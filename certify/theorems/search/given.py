"""Free parameters of the theorems about given numbers: proposed in floats, proved afterwards where they stand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np

from certify.arithmetic.balls import precision, upper_float
from certify.symbolic.evaluate import evaluate
from certify.theorems.statements.evaluation import BITS, Number, environment
from certify.theorems.statements.model import Theorem

Proposal = Callable[[Theorem, Mapping[str, Number]], dict[str, Number]]
_UP, _DOWN = 1 + 1e-9, 1 - 1e-9
_RADII, _STEPS, _SHARES = 400, 160, 99


def propose(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Number]:
    """``values`` with the free parameters that are missing; none where the theorem has no proposal.

    What is proposed is no claim: the hypotheses decide. Numbers that no float search can treat are left out.
    """
    found = dict(values)
    if theorem.id in PROPOSALS:
        try:
            found = {**PROPOSALS[theorem.id](theorem, values), **values}
        except (ArithmeticError, ValueError, KeyError):
            return dict(values)
    return found


def above(theorem: Theorem, name: str, values: Mapping[str, Number]) -> float | None:
    """A float not below the definition ``name`` at ``values``; None where it has no finite value there."""
    (definition,) = [d for d in theorem.definitions if d.symbol.name == name]
    with precision(BITS):
        ball = evaluate(definition.expression, environment(theorem, values))
        return upper_float(ball) if ball.is_finite() else None


def _flow(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Number]:
    radius = above(theorem, "R_star", values)
    return {"ball": 2.0**60 if radius is None else radius}


def _sgd(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Number]:
    n, b, sigma2, e0, beta, top, kappa2, delta = (
        float(values[name])
        for name in (
            "n", "batch", "sigma_squared", "residual", "beta", "jacobian_norm_squared", "gradient_norm_squared",
            "delta",
        )
    )  # fmt: skip
    theta = (n - b) / (b * (n - 1)) if theorem.variant == "subset" and n > 1 else 0.0
    c1, c2 = (1 - theta, n * theta) if theorem.variant == "subset" else (1 - 1 / b, n / b)
    sigma, spread = math.sqrt(sigma2), math.sqrt(c1 * top + c2 * kappa2) * e0 / math.sqrt(delta)
    least = max(spread / sigma2, 1e-150)
    most = sigma / beta if beta > 0 else 1e6 * least
    radii = (
        np.geomspace(min(least, 0.5 * most), most * _DOWN, _RADII) if "ball" not in values else float(values["ball"])
    )
    R = np.atleast_1d(radii)[:, None]
    mu = np.square(sigma - beta * R)
    S = top + beta * (e0 + math.sqrt(top) * R)
    noise = S * (c1 * mu + c2 * kappa2)
    # beyond the best step the rate falls again and the radius grows: not beyond it
    eta = (
        mu / noise * np.geomspace(1e-4, 1, _STEPS)[None, :]
        if "eta" not in values
        else np.full((len(R), 1), float(values["eta"]))
    )
    Q = 1 - 2 * eta * mu + np.square(eta) * noise
    with np.errstate(all="ignore"):
        escape = eta * spread / (1 - np.sqrt(Q))
        lack = np.where((Q < 1) & (Q >= 0), escape * _UP / R, np.inf)
    if np.any(lack <= 1):
        best = np.unravel_index(np.argmin(np.where(lack <= 1, Q, np.inf)), Q.shape)
    else:
        best = np.unravel_index(np.argmin(lack), Q.shape)
    return {"ball": float(R[best[0], 0]), "eta": float(eta[best])}


def _epsilon(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Number]:
    head, tail, q, e0, beta, top = (
        float(values[name])
        for name in ("lambda_head", "lambda_tail", "tail_residual", "residual", "beta", "jacobian_norm_squared")
    )
    smooth = top + beta * e0
    steps = [float(values["eta"])] if "eta" in values else [x / smooth for x in (1.0, 0.5, 0.25, 0.1)]
    shares = [float(values["share"])] if "share" in values else np.linspace(0.01, 0.99, _SHARES).tolist()

    def floor(share: float, path: float) -> float:
        return (q + math.sqrt(tail) * path + beta * path * path / 2) / share

    def length(share: float, eta: float, path: float) -> float:
        gap, c = e0 - floor(share, path), 2 - eta * smooth
        if gap < 0:
            return 0.0
        sigma2 = head * (1 - share * share)
        inner = sigma2 - 4 * beta * gap / c
        return math.inf if inner <= 0 else 4 * gap / c / (math.sqrt(sigma2) + math.sqrt(inner))

    choices = []
    for eta in steps:
        best = (math.inf, 0.0, 0.0)
        for share in shares:
            low, high = 0.0, 4 * e0 / math.sqrt(head * (1 - share * share)) / max(2 - eta * smooth, 1e-3)
            for _ in range(80):
                middle = (low + high) / 2
                low, high = (low, middle) if length(share, eta, middle) <= middle else (middle, high)
            best = min(best, (floor(share, high), share, high))
        choices.append((eta, *best))
    least = min(choice[1] for choice in choices)
    # a longer step is worth a floor that is a little higher
    eta, _, share, path = next(choice for choice in choices if choice[1] <= 1.05 * least)
    path *= _UP
    return {"eta": eta, "share": share, "path": path, "ball": (path + eta * math.sqrt(top) * e0) * _UP}


def _pl(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Number]:
    mu, L, beta, e0 = (float(values[name]) for name in ("mu_pl", "lipschitz", "smoothness", "residual"))
    return {"ball": 2 * L * e0 / mu * _UP, "eta": _DOWN / (L * L + beta * e0)}


def _kernel(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Number]:
    n, lam, H, L, e0 = (float(values[name]) for name in ("n", "lambda0", "hessian_norm", "lipschitz", "residual"))
    inner = lam * lam - 16 * L * L * math.sqrt(n) * e0 * H * _UP
    mu = (lam + math.sqrt(inner)) / 2 * _DOWN if inner > 0 else lam / 2
    return {"mu_asked": mu, "ball": 2 * L * e0 / mu * _UP, "eta": _DOWN / (L * L + math.sqrt(n) * H * e0)}


def _published_sgd(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Number]:
    n, b, mu, lam, e0, delta = (
        float(values[name]) for name in ("n", "batch", "mu_pl", "sample_smoothness", "residual", "delta")
    )
    return {
        "ball": 2 * n * math.sqrt(lam) * e0 / (mu * delta) * _UP,
        "eta": mu / (lam * (n * lam + mu * (b - 1))) * _DOWN,
    }


def _separation(theorem: Theorem, values: Mapping[str, Number]) -> dict[str, Number]:
    return {"terms": first_term(int(values["n"]), float(values["sine_squared"]), odd=theorem.variant == "erf")}


def first_term(n: int, sine_squared: float, odd: bool) -> int:
    """The first j with ``(n−1)ρ^k ≤ 1``, ``k = 2j + 1`` (``odd``) or ``2j + 2``, in floats."""
    if n < 3 or sine_squared >= 1:
        return 0
    power = 2 * math.log(n - 1) / -math.log1p(-sine_squared)
    return max(0, math.ceil((power - (1 if odd else 2)) / 2))


PROPOSALS: dict[str, Proposal] = {
    "lambda_min.separation": _separation,
    "plstar.flow": _flow,
    "plstar.sgd": _sgd,
    "plstar.epsilon": _epsilon,
    "liu2022.pl": _pl,
    "liu2022.kernel": _kernel,
    "liu2022.sgd": _published_sgd,
}
"""Theorem id → the proposal for its free parameters."""

DEFAULTS: dict[str, Number] = {"delta": Fraction(1, 20), "alpha": 1}
"""Numbers of the request that may be left out."""
