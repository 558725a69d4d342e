"""Almost over-parameterised networks: the loss that descent reaches linearly where zero is not certified."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from certify.arithmetic.exact import Floats
from certify.arithmetic.symmetric import SymmetricEnclosure
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers
from certify.networks.centre import centre_of
from certify.networks.curvature import lipschitz
from certify.networks.graph import Graph
from certify.networks.kernel import tangent_kernel
from certify.networks.propagate import graph_kernel, propagate
from certify.networks.scale import upward
from certify.networks.two_layer import Inputs, TwoLayer, forward, norm_up
from certify.spectrum.decomposition import all_eigenvalues
from certify.spectrum.subspace import projection_norms
from certify.theorems import TheoremResult
from certify.theorems.given import decide_given
from certify.theorems.search.given import propose
from certify.theorems.statements import GIVEN, Theorem
from certify.theorems.statements.evaluation import Number

CLAIM = "gradient descent from these weights brings the loss linearly below the floor that is named"
_CUTS = 16


def assess_floor(
    kernel: SymmetricEnclosure,
    residual: Floats,
    error: float,
    norm: float,
    on_ball: Callable[[float], float],
    step_size: Fraction | None,
    pool: Workers,
    width: int = 1,
) -> TheoremResult:
    """Decide `plstar.epsilon` at some cuts of the kernel's spectrum; the result with the lowest floor.

    Parameters
    ----------
    kernel :
        The tangent kernel at the weights.
    residual, error, norm :
        e (n·q,) as floats, a bound of the norm of its error, and of ``‖e‖``.
    on_ball :
        Radius R → β, valid on ``B(w, R)``; it grows with R.
    step_size :
        For ½‖e‖²; None proposes one.

    Notes
    -----
    For a cut between two clusters of eigenvalues, ``‖Qe‖² ≤ Σ‖𝒫_ce‖²`` over the clusters below it. What is proposed
    within a ball for which β and ``‖J‖²`` are known may be taken.
    """
    theorem = GIVEN["plstar.epsilon"][0]
    spectrum = all_eigenvalues(kernel, pool)
    scale = math.ldexp(1.0, spectrum.exponent)
    parts = projection_norms(spectrum, residual.ravel())
    top = math.sqrt(max(0.0, float(spectrum.upper[-1]) * scale))

    def known(radius: float) -> tuple[float, float]:
        beta = on_ball(radius)
        return beta, upward((top + beta * radius) ** 2)

    found: TheoremResult | None = None
    for cut in sorted({round(k) for k in np.geomspace(1, len(parts), _CUTS)} | {0}):
        if cut >= len(parts):
            continue
        below, head = parts[:cut], float(spectrum.lower[parts[cut][0].start]) * scale
        if not head > 0:
            continue
        tail = float(spectrum.upper[parts[cut - 1][0].stop - 1]) * scale if below else 0.0
        off = upward(math.sqrt(sum(part[2] ** 2 for part in below)) + error) if below else 0.0
        values: dict[str, Number] = {
            "lambda_head": head, "lambda_tail": max(0.0, tail), "tail_residual": off, "residual": norm,
            **({} if step_size is None else {"eta": step_size}),
        }  # fmt: skip
        result = _within(theorem, values, known, 2.0 * norm / math.sqrt(head))
        if result is not None and (found is None or _floor(result) < _floor(found)):
            found = result
    if found is None:
        beta, S = known(1.0)
        bare: dict[str, Number] = {"lambda_head": 0.0, "lambda_tail": norm, "tail_residual": norm, "residual": norm,
                                   "beta": beta, "jacobian_norm_squared": S, "share": 0.5, "path": 1.0, "ball": 1.0,
                                   "eta": step_size or 1.0}  # fmt: skip
        found = decide_given(theorem, bare, word=False)
    verdict = found.verdict if found.verdict is Verdict.PROVED else Verdict.UNDECIDED
    return replace(found, claim=CLAIM, verdict=verdict, witness={**(found.witness or {}), "width": width})


def _within(
    theorem: Theorem,
    values: Mapping[str, Number],
    known: Callable[[float], tuple[float, float]],
    radius: float,
) -> TheoremResult | None:
    """A proved result at free parameters whose ball is one for which β and ``‖J‖²`` are known."""
    best: TheoremResult | None = None
    for _ in range(4):
        beta, S = known(radius)
        if not (math.isfinite(beta) and math.isfinite(S)):
            return best
        full = propose(theorem, {**values, "beta": beta, "jacobian_norm_squared": S})
        if not {"ball", "eta", "share", "path"} <= set(full) or not math.isfinite(float(full["ball"])):
            return best
        if full["ball"] > radius:
            radius = float(full["ball"]) * 1.5
            continue
        result = decide_given(theorem, full, word=False)
        if result.verdict is Verdict.PROVED and (best is None or _floor(result) < _floor(best)):
            best = result
        radius = float(full["ball"]) * 1.01
    return best


def floor_of_two_layers(
    network: TwoLayer, inputs: Inputs, beta: float, step_size: Fraction | None, pool: Workers
) -> TheoremResult:
    """`assess_floor` for two layers, the first trained; β holds everywhere."""
    found = forward(network, inputs)
    kernel = tangent_kernel(network, inputs, found)
    error, width = found.residual_norm_error, network.width
    return assess_floor(kernel, found.residual, error, found.norm, lambda R: beta, step_size, pool, width)


def floor_of_graph(graph: Graph, inputs: Inputs, step_size: Fraction | None, pool: Workers) -> TheoremResult:
    """`assess_floor` for a network of any shape."""
    found = propagate(graph, inputs.rows, inputs.columns)
    centre = centre_of(graph, found, pool)
    error = norm_up(found.residual_error)
    norm = upward(norm_up(found.residual) + error)
    kernel = graph_kernel(graph, found)
    return assess_floor(
        kernel,
        found.residual,
        error,
        norm,
        lambda R: lipschitz(graph, centre, R),
        step_size,
        pool,
        graph.outer.shape[1],
    )


def _floor(result: TheoremResult) -> float:
    upper = result.constants["loss_floor"].upper if "loss_floor" in result.constants else None
    return math.inf if upper is None else float(upper)


def explain_floor(result: TheoremResult, loss: float) -> str:
    """One sentence with the numbers."""
    if result.verdict is not Verdict.PROVED:
        return result.reason or "not proved"
    constants = result.constants
    steps = constants["steps_to_floor"].upper
    return (
        f"the loss (half-sum) falls from {loss:.4g} below {_floor(result):.4g} within {steps} steps of size "
        f"{constants['step_size'].lower:.4g}"
    )
