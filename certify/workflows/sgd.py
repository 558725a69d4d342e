"""Mini-batch SGD from a run's weights: the numbers of `plstar.sgd`, and the choice of its ball and step."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from certify.arithmetic.balls import WORKING_BITS, arb, lower_float, precision
from certify.arithmetic.verdict import Verdict
from certify.networks.descent import Descent
from certify.networks.lipschitz import jacobian_norm_squared
from certify.networks.rows import row_norms
from certify.networks.scale import upward
from certify.networks.two_layer import Forward, Inputs, TwoLayer
from certify.theorems import Loss, TheoremResult
from certify.theorems.at_weights import AtWeights
from certify.theorems.given import decide_given
from certify.theorems.loss import factor
from certify.theorems.search.given import propose
from certify.theorems.statements import GIVEN
from certify.theorems.statements.evaluation import Number
from certify.workflows.at_weights import Measured
from certify.workflows.measure import Measurements

CLAIM = (
    "full-batch gradient descent from the initial weights, and from a step on that is named mini-batch SGD, "
    "converges to zero loss with the probability that is named"
)
SAMPLINGS = ("replacement", "subset")
_ROUNDS = 6


class _Request(Protocol):
    @property
    def batch(self) -> int | None: ...
    @property
    def sampling(self) -> str: ...
    @property
    def delta(self) -> float: ...
    @property
    def step_size(self) -> float | None: ...
    @property
    def loss(self) -> str: ...


def gradient_norm(network: TwoLayer, inputs: Inputs, found: Forward) -> float:
    """Upper bound of ``max_i ‖∇F_i‖ = max_i s‖v∘φ'(z_i)‖‖x_i‖`` at these weights (one output)."""
    sizes = row_norms(found.slopes * network.outer[0]) + network.outer_norm * found.slope_error
    return upward(network.scale.ends[1] * float((sizes * row_norms(inputs.rows)).max()))


def assess_sgd(
    known: AtWeights,
    lambda_max: float,
    gradient: float,
    everywhere: tuple[float, float],
    request: tuple[int, int, Fraction, str],
    width: int,
    step_size: Fraction | None,
) -> TheoremResult:
    """Decide `plstar.sgd` from every start within ``known.distance`` of the weights measured.

    Parameters
    ----------
    lambda_max, gradient :
        Bounds at the weights: of ``λ_max(K)`` and of ``max_i ‖∇F_i‖``.
    everywhere :
        Bounds of ``‖J‖²`` and ``max_i ‖∇F_i‖²`` everywhere.
    request :
        n, b, δ, and the sampling, of `SAMPLINGS`.
    width :
        Recorded in the witness.
    step_size :
        To be judged, for ½‖e‖²; None proposes one.

    Notes
    -----
    On ``B(w, R)`` around a start w within t: ``‖J‖ ≤ √λ_max + β(t + R)``, and likewise for each ``∇F_i``. A smaller R
    makes these smaller; a ball that is proposed within the one for which they hold may be taken.
    """
    n, b, delta, sampling = request
    theorem = next(t for t in GIVEN["plstar.sgd"] if t.variant == sampling)
    with precision(WORKING_BITS):
        t, beta = arb(known.distance), arb(known.beta)
        sigma = arb(known.sigma_squared).sqrt() - beta * t
        bottom = lower_float(sigma**2) if sigma > 0 else 0.0
    start = upward(float(known.residual) + math.sqrt(everywhere[0]) * float(known.distance))
    base: dict[str, Number] = {"n": n, "batch": b, "sigma_squared": bottom, "residual": start, "beta": known.beta,
                               "delta": delta}  # fmt: skip
    if step_size is not None:
        base["eta"] = step_size

    def on_ball(radius: float) -> dict[str, Number]:
        way = float(known.beta) * (float(known.distance) + radius)
        J, g = upward((math.sqrt(lambda_max) + way) ** 2), upward((gradient + way) ** 2)
        return {**base, "jacobian_norm_squared": min(everywhere[0], J), "gradient_norm_squared": min(everywhere[1], g)}

    radius = math.sqrt(bottom) / float(known.beta) if bottom > 0 and known.beta > 0 else 1.0
    values = on_ball(radius)
    best: TheoremResult | None = None
    for _ in range(_ROUNDS):
        full = propose(theorem, values)
        if not ("ball" in full and "eta" in full and 0 < full["ball"] <= radius):
            break
        result = decide_given(theorem, full, word=False)
        if best is None or result.verdict is Verdict.PROVED:
            best = result
        radius = float(full["ball"])
        values = on_ball(radius)
    if best is None:
        best = decide_given(theorem, {**values, "ball": radius, "eta": base.get("eta", 1.0)}, word=False)
    # a sufficient condition that fails refutes nothing
    verdict = best.verdict if best.verdict is Verdict.PROVED else Verdict.UNDECIDED
    return replace(best, claim=CLAIM, verdict=verdict, witness={**(best.witness or {}), "width": width})


def sgd_from(descent: Descent, at: Measured, measured: Measurements, request: _Request) -> TheoremResult:
    """Decide the theorem where a run is: SGD starts from the exact run's weights."""
    assert isinstance(at.known, AtWeights) and request.batch is not None
    network, inputs = descent.network, descent.inputs
    phi, n = network.activation, inputs.n
    S = jacobian_norm_squared(network, measured.norm_x_squared)
    most = upward((network.scale.ends[1] * phi.slope_bound * network.outer_norm * inputs.longest) ** 2)
    top = at.bounds["lambda_max"].upper
    step = None if request.step_size is None else Fraction(request.step_size) * factor(Loss(request.loss), n)
    return assess_sgd(
        at.known,
        S if top is None else float(top),
        gradient_norm(network, inputs, descent.here),
        (S, most),
        (n, request.batch, Fraction(request.delta), request.sampling),
        network.width,
        step,
    )


def explain_sgd(result: TheoremResult) -> str:
    """One sentence with the numbers."""
    if result.verdict is not Verdict.PROVED:
        return result.reason or "not proved"
    constants = result.constants
    step, p, rate = constants["step_size"].lower, constants["probability"].lower, constants["rate"].upper
    return (
        f"SGD with step size {step:.4g} (loss half-sum) converges with probability at least {p:.4g}; "
        f"the expected loss falls by the factor {rate:.8g} a step"
    )
