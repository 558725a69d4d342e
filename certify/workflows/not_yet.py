"""What would be enough where the theorem does not speak yet: which loss, output scale or width, and which samples."""

from __future__ import annotations

import math
from typing import Any

from certify.arithmetic.verdict import Verdict
from certify.theorems import Loss, TheoremResult, loss_value_in
from certify.theorems.at_weights import RELU_GD
from certify.workflows.at_weights import Measured


def not_yet(
    result: TheoremResult, at: Measured, loss: str, count: int, alpha: float | None, width: int | None
) -> tuple[list[str], dict[str, Any]]:
    """Sentences for ``would_decide``, and the same as a member of the certificate; both empty where all is proved.

    Notes
    -----
    The failing hypothesis and the loss are facts. Scale and width are estimates at this residual: the kernel grows with
    the square of the output scale and β with the scale, so h falls like its inverse; in NTK parametrisation β, and so
    h, falls like the root of the width.
    """
    if result.verdict is Verdict.PROVED:
        return [], {}
    first, second = at.pair
    failing = [h.id for h in result.hypotheses if h.verdict is not Verdict.PROVED]
    # a step can be chosen anew; what is wrong with the weights cannot
    named = next((name for name in failing if name != "step-size"), failing[0])
    found: dict[str, Any] = {"hypothesis": named, "samples": [first, second]}
    advice = []
    threshold = result.constants.get("loss_threshold")
    if threshold is not None and threshold.lower is not None and threshold.upper is not None:
        wanted = loss_value_in(Loss(loss), count, threshold).lower
        found["loss"] = {"name": loss, "below": wanted}
    h = result.constants["h"].upper if "h" in result.constants else None
    if h is not None and h >= 0.5:
        found["h_over_half"] = 2.0 * h
        if result.id != RELU_GD.id and 2.0 * h < 1e6:
            scale = found["output_scale"] = _three_digits_up(2.0 * h * (alpha or 1.0))
            told = f"an output scale of {scale:g}" + (" times this one" if alpha is None else f" (now {alpha:g})")
            if width is not None:
                wide = found["width"] = math.ceil(width * (2.0 * h) ** 2)
                told += f", or a width of {_three_digits_up(float(wide)):.3g} (now {width})"
            advice.append(f"at this residual (estimates): {told}")
    if first != second:
        advice.append(f"better separated rows: {first} and {second} weigh most in the smallest eigenvector")
    return advice, {"not_yet": found}


def _three_digits_up(value: float) -> float:
    power = math.floor(math.log10(value)) - 2
    return float(f"{math.ceil(value / 10.0**power)}e{power}")
