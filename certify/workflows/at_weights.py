"""Everything a theorem wants to know of a network at its weights: kernel, spectrum, residual, Lipschitz constants."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic.balls import WORKING_BITS, arb, precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers
from certify.kernels.policy import positive
from certify.networks.centre import Centre, centre_of
from certify.networks.curvature import lipschitz
from certify.networks.graph import Graph
from certify.networks.kernel import tangent_kernel
from certify.networks.lipschitz import jacobian_lipschitz, jacobian_norm_squared, jacobian_norm_squared_on_ball
from certify.networks.propagate import graph_kernel, propagate
from certify.networks.scale import upward
from certify.networks.two_layer import Forward, Inputs, TwoLayer, norm_down, norm_up, require_moderate
from certify.spectrum.extremes import Extreme, largest, smallest
from certify.theorems.at_weights import AtWeights, ReluAtWeights, radius_needed
from certify.workflows.measure import Measurements
from certify.workflows.relu import known_relu

Progress = Callable[[str, int, int], None]
#: Balls that are tried for a step beyond 1/S, in units of the one that serves a shorter step.
_LONGER = (2.0, 2.2, 2.5, 3.0, 4.0, 6.0, 10.0, 20.0, 50.0)
#: Refinements of the ball's radius: each makes β smaller, and stays valid.
_REFINEMENTS = 6


@dataclass(frozen=True)
class Measured:
    """Everything known at some weights.

    Attributes
    ----------
    known :
        The theorem's numbers, each from its proper side.
    loss :
        ``½‖e‖²``.
    bounds, definite, witness :
        For the certificate.
    pair :
        The two samples that weigh most in the smallest eigenvector.
    """

    known: AtWeights | ReluAtWeights
    loss: Enclosure
    bounds: dict[str, Enclosure]
    definite: Verdict
    witness: dict[str, Any]
    pair: tuple[int, int]


@dataclass(frozen=True)
class _Spectrum:
    bottom: Extreme
    top: Extreme
    lambda_min: Enclosure

    def ends(self) -> tuple[float, float]:
        """A number ≤ λ_min, at least 0, and one ≥ λ_max."""
        top = self.top.enclosure.upper
        return float(self.lambda_min.lower or 0.0), 2.0**900 if top is None else float(top)

    @classmethod
    def of(cls, A: SymmetricEnclosure, pool: Workers, progress: Progress | None) -> _Spectrum:
        """The ends of a kernel's spectrum; the lower one is at least 0, as ``K = JJᵀ``."""
        bottom, top = smallest(A, pool, progress), largest(A, pool, progress)
        low, high = bottom.enclosure.lower, bottom.enclosure.upper
        return cls(bottom, top, Enclosure(max(0.0, low or 0.0), None if high is None else max(0.0, high)))


def measure_at(
    network: TwoLayer,
    inputs: Inputs,
    measured: Measurements,
    found: Forward,
    pool: Workers,
    progress: Progress | None = None,
    distance: float = 0.0,
    step: Fraction | None = None,
) -> Measured:
    """Two layers, the first trained.

    ``distance``: how far the start may be from these weights; ``step``: a step size to be judged, for ½‖e‖².
    """
    kernel = tangent_kernel(network, inputs, found)
    spectrum = _Spectrum.of(kernel, pool, progress)
    quartic = {"s": measured.quartic.s, "lambda_max": measured.quartic.lambda_max.to_json()}
    if network.activation.kinked:
        relu = known_relu(network, inputs, found, kernel, spectrum.ends(), measured.norm_x_squared, distance)
        return _measured(relu, found.norm_below, spectrum, {"quartic": quartic}, network.outputs)
    beta = jacobian_lipschitz(network, measured.quartic.q_x_squared)
    everywhere = jacobian_norm_squared(network, measured.norm_x_squared)
    known = anywhere = AtWeights(
        float(spectrum.lambda_min.lower or 0.0), found.norm, beta, everywhere, 2.0**60, distance
    )
    radius = radius_needed(anywhere)
    if radius is not None:

        def at(R: float) -> AtWeights:
            near = _norm_near(spectrum, beta, math.nextafter(R + distance, math.inf))
            return replace(anywhere, jacobian_norm_squared=min(everywhere, near), ball=R)

        # a smaller S makes E0, and so R*, smaller: the ball still contains the path
        known = _for_long_step(at(radius), step, at)
    return _measured(known, found.norm_below, spectrum, {"quartic": quartic}, network.outputs)


def _for_long_step(known: AtWeights, step: Fraction | None, at: Callable[[float], AtWeights]) -> AtWeights:
    """A step beyond 1/S goes farther: the first ball tried that holds its path; ``at(R)`` is what is known there."""
    if step is None or step * Fraction(known.jacobian_norm_squared) <= 1:
        return known
    for longer in _LONGER:
        wider = at(float(known.ball) * longer)
        needed = radius_needed(wider, step)
        if needed is not None and needed <= wider.ball:
            return wider
    return known


def measure_graph(
    graph: Graph,
    inputs: Inputs,
    pool: Workers,
    progress: Progress | None = None,
    step: Fraction | None = None,
) -> Measured:
    """A network of any shape; ``step``: a step size to be judged, for ½‖e‖².

    The radius R of the ball is free; ``β(R)`` grows with it. First about the largest R with ``Rβ(R) ≤ σ`` is taken, for
    there the admissible residual ``σ²/(2β)`` is largest. Where the theorem speaks with ``R* ≤ R``, R* itself is a valid
    radius with a smaller β, and so on.
    """
    require_moderate(inputs)
    found = propagate(graph, inputs.rows, inputs.columns)
    spectrum = _Spectrum.of(graph_kernel(graph, found), pool, progress)
    centre = centre_of(graph, found, pool)
    error = norm_up(found.residual_error)
    norm = upward(norm_up(found.residual) + error)
    below = max(0.0, math.nextafter(norm_down(found.residual) - error, 0.0))
    del found
    sigma_squared = float(spectrum.lambda_min.lower or 0.0)
    radius = _widest(graph, centre, math.sqrt(sigma_squared)) if sigma_squared > 0 else 0.0
    beta = lipschitz(graph, centre, radius)
    known = AtWeights(sigma_squared, norm, beta if math.isfinite(beta) else 2.0**900, 1.0, radius)
    for _ in range(_REFINEMENTS):
        needed = radius_needed(known)
        if needed is None or needed > known.ball:
            break
        known = replace(known, beta=lipschitz(graph, centre, needed), ball=needed)

    def with_norm(known: AtWeights) -> AtWeights:
        near = _norm_near(spectrum, float(known.beta), float(known.ball))
        return replace(known, jacobian_norm_squared=near if math.isfinite(near) else 2.0**900)

    def at(R: float) -> AtWeights:
        beta = lipschitz(graph, centre, R)
        return with_norm(replace(known, beta=beta if math.isfinite(beta) else 2.0**900, ball=R))

    known = _for_long_step(with_norm(known), step, at)
    return _measured(known, below, spectrum, {}, graph.outputs)


def _widest(graph: Graph, centre: Centre, sigma: float) -> float:
    """About the largest R with ``R β(R) ≤ σ`` (a free choice): it maximises ``σ²/(2β(R)) = σR/2``.

    A constant Jacobian (``β = 0``, as when the output layer alone is trained) allows any R.
    """
    low, high = 0.0, sigma
    if lipschitz(graph, centre, 2.0**40) == 0.0:
        return 2.0**40
    while high > 1e-300 and not high * lipschitz(graph, centre, high) <= sigma:
        high /= 4.0
    while high * 4.0 * lipschitz(graph, centre, high * 4.0) <= sigma and high < 2.0**40:
        high *= 4.0
    low, high = high, high * 4.0
    for _ in range(20):
        middle = math.sqrt(low * high)
        if middle * lipschitz(graph, centre, middle) <= sigma:
            low = middle
        else:
            high = middle
    return low


def _norm_near(spectrum: _Spectrum, beta: float, radius: float) -> float:
    top = spectrum.top.enclosure
    return math.inf if top.upper is None else jacobian_norm_squared_on_ball(top, beta, radius)


def _measured(
    known: AtWeights | ReluAtWeights,
    norm_below: float,
    spectrum: _Spectrum,
    witness: dict[str, Any],
    outputs: int,
) -> Measured:
    norm = float(known.residual)
    with precision(WORKING_BITS):
        loss = Enclosure.from_ends(arb(norm_below) ** 2 / 2, arb(norm) ** 2 / 2)
    bounds = {
        "lambda_min": spectrum.lambda_min,
        "lambda_max": spectrum.top.enclosure,
        "residual": Enclosure(norm_below, norm),
        "loss": loss,
    }
    weights = np.linalg.norm(spectrum.bottom.vector.reshape(-1, outputs), axis=1)
    pair = np.argsort(-weights, kind="stable")[:2]
    return Measured(
        known,
        loss,
        bounds,
        Verdict.PROVED if positive(spectrum.lambda_min) else Verdict.UNDECIDED,
        {"lambda_min": spectrum.bottom.witness(), "lambda_max": spectrum.top.witness(), **witness},
        (int(pair.min()), int(pair.max())),
    )
