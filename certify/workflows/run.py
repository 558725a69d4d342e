"""``certify run``: train a network in float64, and prove that exact gradient descent from its start converges."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np

from certify.arithmetic.balls import WORKING_BITS, precision, upper_float
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.selftest import ASSUMED, require_selftest
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers, workers
from certify.certificates import Certificate
from certify.data import Dataset
from certify.errors import InputError
from certify.networks.activation import CERTIFIED
from certify.networks.descent import UNCERTAIN, Descent, Sharpness
from certify.networks.initial import initial_weights
from certify.networks.lipschitz import jacobian_lipschitz, jacobian_norm_squared
from certify.networks.rehearsal import propose_step
from certify.networks.relu_descent import ORDERS, ReluDescent
from certify.networks.scale import upward
from certify.networks.two_layer import Inputs, TwoLayer, network_of, require_moderate
from certify.theorems import Loss, TheoremResult
from certify.theorems.at_weights import ReluAtWeights, assess_at_weights
from certify.theorems.statements.witness import written
from certify.workflows.at_weights import Measured, measure_at
from certify.workflows.environment import describe_environment
from certify.workflows.measure import Measurements
from certify.workflows.network import (
    LOSSES,
    CertifiedNetwork,
    data_bounds,
    exact_step,
    explain,
    kernel_json,
    require_positive,
    targets_in,
    with_losses,
)
from certify.workflows.not_yet import not_yet
from certify.workflows.sgd import CLAIM as SGD_CLAIM
from certify.workflows.sgd import SAMPLINGS, explain_sgd, sgd_from

Progress = Callable[[str, int, int], None]
_CLAIM = (
    "exact gradient descent from the initial weights converges to an exact zero of the loss, "
    "linearly from a step on that is named"
)
#: A checkpoint is tested when the residual is this many times what the last verified λ_min asks for, then at 1.
_EARLY = 1.1
_FIRST_CHECKPOINT = 32
#: With SGD the next one is when the residual is smaller by this.
_SGD_FACTOR = 1.3
_MOST_LOSSES = 400


@dataclass(frozen=True)
class RunRequest:
    """The question put to `certify_run`.

    Attributes
    ----------
    width, activation, init, seed, alpha :
        The network: ``F = (α/√m) Σ a_rφ(w_r·x)``, its initial weights from the frozen stream.
    step_size :
        For the loss named by ``loss``; None proposes one.
    steps :
        The most steps that are tried.
    loss :
        Convention of step size and losses: ``half-sum``, ``sum``, ``mean``.
    fraction :
        Share of the loss at the certified step whose step count is reported.
    batch, sampling, delta :
        With a ``batch``, the run is full-batch until mini-batch SGD with batches of that size, drawn with
        ``replacement`` or as a ``subset``, is certified to converge from there with probability ``1 − delta``; the step
        size is then that of SGD.
    threads :
        Worker threads; None for all processors. Never changes a claim.

    Raises
    ------
    InputError
        One line naming the option.
    """

    width: int = 512
    activation: str = "tanh"
    init: str = "paired"
    seed: int = 0
    alpha: float = 1.0
    step_size: float | None = None
    steps: int = 10_000
    loss: str = "half-sum"
    fraction: float = 1e-6
    batch: int | None = None
    sampling: str = "replacement"
    delta: float = 0.05
    threads: int | None = None

    def __post_init__(self) -> None:
        for name, word, choices in (
            ("--activation", self.activation, tuple(CERTIFIED)),
            ("--loss", self.loss, LOSSES),
            ("--sampling", self.sampling, SAMPLINGS),
        ):
            if word not in choices:
                raise InputError(f"unknown value '{word}'", name, f"choose from {', '.join(choices)}")
        require_positive("--step-size", self.step_size)
        require_positive("--alpha", self.alpha)
        if self.batch is not None and self.batch < 1:
            raise InputError(f"a batch of {self.batch}", "--batch", "give a positive integer")
        if self.batch is not None and self.activation == "relu":
            raise InputError("SGD of a ReLU network is not certified", "--sgd", "use a smooth --activation")
        if not 0 < self.delta < 1:
            raise InputError(f"delta is {self.delta}", "--delta", "give a probability such as 0.05")
        if self.steps < 1:
            raise InputError(f"{self.steps} steps", "--steps", "give a positive integer")
        if not 0 < self.fraction < 1:
            raise InputError(f"{self.fraction} is not between 0 and 1", "--fraction", "give a number in (0, 1)")
        initial_weights(
            2 if self.init == "paired" and not self.width % 2 else min(self.width, 1), 1, self.init, self.seed
        )

    def to_json(self) -> dict[str, Any]:
        """What determines the claims: everything but ``threads``."""
        return {name: value for name, value in asdict(self).items() if name != "threads"}


@dataclass
class _Log:
    """What the run leaves behind for the report."""

    losses: list[float] = field(default_factory=list)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    goal: float = math.inf

    def checkpoint(self, step: int, at: Measured, result: TheoremResult) -> None:
        """Add a row: everything in it is verified."""
        h = result.constants.get("h")
        self.checkpoints.append(
            {
                "step": step,
                "loss": at.loss.to_json(),
                "lambda_min": at.bounds["lambda_min"].to_json(),
                "distance": at.known.distance,
                "h": None if h is None else h.upper,
                "verdict": str(result.verdict),
            }
        )

    def curve(self) -> dict[str, Any]:
        """The loss of the float run, at most `_MOST_LOSSES` points."""
        stride = max(1, -(-len(self.losses) // _MOST_LOSSES))
        return {"stride": stride, "losses": self.losses[::stride]}


def certify_run(data: Dataset, request: RunRequest | None = None, progress: Progress | None = None) -> CertifiedNetwork:
    """Train by full-batch gradient descent until the theorem speaks, and certify the run from its initial weights.

    Raises
    ------
    ArithmeticRefused
        If this process's arithmetic is not what the lemmas assume.
    InputError
        If the targets are missing.
    """
    request = request or RunRequest()
    require_selftest()
    inputs = Inputs(data.X, targets_in(data))
    require_moderate(inputs)
    outputs = inputs.columns.shape[1]
    weights, outer = initial_weights(request.width, data.d, request.init, request.seed, outputs)
    network = network_of(CERTIFIED[request.activation], weights, outer, request.alpha)
    with workers(request.threads) as pool:
        measured = Measurements(data, pool)
        sharpness = _sharpness(network, measured)
        if request.batch is not None and (outputs != 1 or request.batch > data.n):
            what = f"{outputs} outputs" if outputs != 1 else f"a batch of {request.batch} of {data.n} samples"
            raise InputError(what, "--sgd", "one target a row, and a batch of at most n")
        if request.step_size is None or request.batch is not None:
            eta = Fraction(propose_step(network, inputs, sharpness.beta, request.steps))
        else:
            eta = exact_step(request.step_size, request.loss, inputs.columns.size)
        begin: list[Callable[[], Descent]] = [partial(Descent, network, inputs, eta, sharpness)]
        if network.activation.kinked:  # more digits where those are not enough to tell all signs
            begin = [partial(ReluDescent, network, inputs, eta, sharpness, order) for order in ORDERS]
        for attempt in begin:
            descent, log = attempt(), _Log()
            at, result, fault = _train(descent, request, measured, pool, log, progress)
            if fault is None or descent.obstacle() != UNCERTAIN:
                break
        return CertifiedNetwork(
            _certificate(data, request, descent, measured, at, result, log, fault),
            {
                "W": descent.weights,
                "W_initial": weights,
                "a": outer,
            },
        )


def _sharpness(network: TwoLayer, measured: Measurements) -> Sharpness:
    q = measured.quartic.q_x_squared
    with precision(WORKING_BITS):
        q_x, norm_x = upper_float(q.upper_arb().sqrt()), upper_float(measured.norm_x_squared.upper_arb().sqrt())
    everywhere = upward(math.sqrt(jacobian_norm_squared(network, measured.norm_x_squared)))
    return Sharpness(jacobian_lipschitz(network, q), q_x, norm_x, everywhere)


def _train(
    descent: Descent,
    request: RunRequest,
    measured: Measurements,
    pool: Workers,
    log: _Log,
    progress: Progress | None,
) -> tuple[Measured, TheoremResult, str | None]:
    """Step until certified; the last checkpoint, its result, and what stopped the run early."""
    at, result = _checkpoint(descent, request, measured, pool, log)
    early = True
    while result.verdict is not Verdict.PROVED and descent.step < request.steps:
        if not descent.shadowed():
            at, result = _checkpoint(descent, request, measured, pool, log)
            fault = descent.obstacle()
            if fault is not None:
                where = f"at step {descent.step}, at most {descent.distance:.2g} away"
                return at, result, f"the exact run cannot be followed further ({where}): {fault}"
            continue
        descent.advance()
        log.losses.append(descent.loss())
        if not math.isfinite(log.losses[-1]):
            return at, result, "the run diverged"
        if progress:
            progress("descent", descent.step, request.steps)
        goal = min(_goal(at, descent), log.goal)
        residual = descent.residual_norm()
        due = residual <= (_EARLY * goal if early else goal)
        doubled = descent.step >= _FIRST_CHECKPOINT and descent.step & (descent.step - 1) == 0
        if due or doubled or descent.step == request.steps:
            at, result = _checkpoint(descent, request, measured, pool, log)
            early = early and not due
    if progress:
        progress("descent", request.steps, request.steps)
    return at, result, None


def _goal(at: Measured, descent: Descent) -> float:
    """The residual that the last verified λ_min would admit here (a guide, not a claim)."""
    if isinstance(at.known, ReluAtWeights):
        return float(at.known.tau) * max(0.0, float(at.known.sigma_squared) - float(at.known.kernel_change))
    sigma = math.sqrt(at.known.sigma_squared) - at.known.beta * descent.distance
    return sigma * sigma / (2.0 * at.known.beta) if sigma > 0 and at.known.beta > 0 else 0.0


def _checkpoint(
    descent: Descent, request: RunRequest, measured: Measurements, pool: Workers, log: _Log
) -> tuple[Measured, TheoremResult]:
    at = measure_at(
        descent.network, descent.inputs, measured, descent.here, pool, distance=descent.distance, step=descent.step_size
    )
    top = at.bounds["lambda_max"].upper
    if top is not None:
        descent.anchor(upward(math.sqrt(float(top))))
    if request.batch is not None:
        log.goal = descent.residual_norm() / _SGD_FACTOR
        result = sgd_from(descent, at, measured, request)
        log.checkpoint(descent.step, at, result)
        return at, result
    result = assess_at_weights(
        at.known,
        f"exact gradient descent from the initial weights converges linearly from step {descent.step} on",
        step_size=descent.step_size,
        fraction=request.fraction,
        width=request.width,
    )
    log.checkpoint(descent.step, at, result)
    return at, result


def _certificate(
    data: Dataset,
    request: RunRequest,
    descent: Descent,
    measured: Measurements,
    at: Measured,
    result: TheoremResult,
    log: _Log,
    fault: str | None,
) -> Certificate:
    proved = result.verdict is Verdict.PROVED
    count = descent.inputs.columns.size
    entry = with_losses(result, request.loss, count, at.loss)
    entry["constants"]["distance"] = Enclosure(0.0, descent.distance).to_json()
    if proved:
        entry["constants"]["first_certified_step"] = Enclosure.point(descent.step).to_json()
    reason = explain(result, request.loss, count, at.loss) if request.batch is None else explain_sgd(result)
    if proved:
        reason = f"certified from step {descent.step} on: {reason}"
    advice, unfinished = not_yet(result, at, request.loss, count, request.alpha, request.width)
    would_decide = [*result.would_decide, *advice]
    if not proved:
        reason = f"{fault}; {reason}" if fault else f"after {descent.step} steps: {reason}"
        would_decide = (
            ["a smaller --step-size, or a greater --width"]
            if fault
            else [f"more than --steps {request.steps}", *would_decide]
        )
    digest = sha256(np.ascontiguousarray(descent.weights, dtype="<f8").tobytes()).hexdigest()
    return Certificate(
        kind="run",
        claim=_CLAIM if request.batch is None else SGD_CLAIM,
        verdict=result.verdict,
        reason=reason,
        would_decide=would_decide,
        data={**data.to_json(), "name": data.name, "notes": list(data.notes)},
        kernel=kernel_json(request.activation, (request.width,), bias=False),
        bounds={**at.bounds, **data_bounds(measured)},
        definite={"verdict": str(at.definite), "method": "Cholesky factor of the shifted tangent kernel"},
        theorems=[entry],
        witness={**at.witness, "step_size": written(descent.step_size), "weights_sha256": digest},
        assumed=list(ASSUMED),
        environment={**describe_environment(), "selftest": "passed"},
        extra={
            "request": {**request.to_json(), "loss": str(Loss(request.loss))},
            "run": {
                "steps": descent.step,
                "step_size": float(descent.step_size),
                "checkpoints": log.checkpoints,
                **log.curve(),
            },
            **unfinished,
        },
    )
