"""``certify network --nonconvex``: a verified direction of negative curvature, arbitrarily near a solution."""

from __future__ import annotations

from dataclasses import replace

import sympy

from certify.arithmetic.balls import WORKING_BITS, arb, lower_float, precision, upper_float
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.errors import InputError
from certify.networks.bending import Along, Directions, along, exact_norm_squared
from certify.networks.two_layer import Inputs, TwoLayer
from certify.symbolic.activations import Z
from certify.symbolic.evaluate import evaluate
from certify.symbolic.supremum import supremum
from certify.theorems.at_weights import AtWeights
from certify.theorems.given import decide_given
from certify.theorems.result import HypothesisResult, TheoremResult
from certify.theorems.statements.evaluation import Number
from certify.theorems.statements.nonconvex import NONCONVEX

CLAIM = "the loss is not convex in any neighbourhood of a solution"
SAMPLES = 3
"""Samples whose predictions are tried."""
MOST_WORK = 1 << 22
"""Entries n·m that are evaluated in balls."""


def nonconvex(network: TwoLayer, inputs: Inputs, known: object, solution: TheoremResult) -> TheoremResult:
    """``nonconvex.local`` at these weights; ``solution`` is the result of ``plstar.gd`` there.

    Its constants hold, whatever the verdict, ``loss_curvature``: ``∇²L[U, U]/‖U‖²`` at the weights themselves along the
    direction found, which is a proof of non-convexity by itself where it is negative.

    Raises
    ------
    InputError
        For several outputs, a piecewise linear activation, or too large a network.
    """
    if network.outputs != 1 or network.activation.kinked or not isinstance(known, AtWeights):
        raise InputError("one output and a smooth activation are needed", "--nonconvex", "leave it out")
    if inputs.n * network.width > MOST_WORK:
        raise InputError(f"{inputs.n} rows and {network.width} neurons are too many", "--nonconvex", "fewer rows")
    search = Directions(network, inputs)
    loss = along(network, inputs, search.of_loss())
    with precision(WORKING_BITS):
        bent = Enclosure.from_arb(loss.loss_curvature())
    here = {"loss_curvature": bent} if bent.upper is not None and bent.upper < 0 else {}
    condition = NONCONVEX.conditions[0]
    first = HypothesisResult.of_condition(condition, solution.verdict)
    radius = solution.constants.get("radius")
    if solution.verdict is not Verdict.PROVED or radius is None or radius.upper is None:
        return TheoremResult(
            id=NONCONVEX.id,
            edition=NONCONVEX.edition,
            claim=CLAIM,
            verdict=Verdict.UNDECIDED,
            kernel="",
            assumed=NONCONVEX.assumed,
            hypotheses=(first,),
            constants=here,
            reason="no solution is proved to be near",
            would_decide=(condition.remedy,),
            label=NONCONVEX.label,
        )
    attempts = []
    for i in search.samples(SAMPLES):
        values = _numbers(network, inputs, known, float(radius.upper), i, along(network, inputs, search.of_sample(i)))
        attempts.append((float(values["curvature"]), i, decide_given(NONCONVEX, values, word=False)))
    _, sample, best = max(attempts, key=lambda a: (a[2].verdict is Verdict.PROVED, a[0]))
    proved = best.verdict is Verdict.PROVED
    return replace(
        best,
        claim=CLAIM,
        verdict=Verdict.PROVED if proved else Verdict.UNDECIDED,
        assumed=NONCONVEX.assumed,
        hypotheses=(first, *best.hypotheses),
        constants={**{k: v for k, v in best.constants.items() if k not in ("rate", "contraction")}, **here},
        witness={**best.witness, "sample": sample},
    )


def _numbers(
    network: TwoLayer, inputs: Inputs, known: AtWeights, radius: float, i: int, found: Along
) -> dict[str, Number]:
    symbolic = network.activation.symbolic
    third = supremum(sympy.diff(symbolic.expression, Z, 3)).upper
    with precision(WORKING_BITS):
        size = arb(exact_norm_squared(inputs.rows[i])).sqrt()
        base = network.scale.ball() * arb(network.outer_largest)
        curve = evaluate(symbolic.curvature_bound, {})
        norm = found.norm_squared.sqrt()
        tangent = sum((t * t for t in found.tangent), arb(0)).sqrt() / norm
        return {
            "sigma_squared": known.sigma_squared,
            "beta": known.beta,
            "radius": radius,
            "curvature": max(0.0, lower_float(abs(found.bending[i]) / found.norm_squared)),
            "tangent": upper_float(tangent),
            "hessian_norm": upper_float(base * curve * size**2),
            "hessian_lipschitz": upper_float(base * arb(third) * size**3),
        }
