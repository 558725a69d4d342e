"""Why theorems ask for so different widths: a short text for each theorem, and the comparison."""

from __future__ import annotations

from certify.reports.numbers import scientific

_TEXTS = {
    "du2019.gd": (
        "Its proof bounds the kernel matrix entry by entry, with a union over n² entries, pays for the sign "
        "flips and for the initial residual with Markov's inequality (powers of 1/δ), and lets every neuron "
        "move only as far as a worst case over all rows allows: together n⁶/(λ₀⁴·δ³) up to constants."
    ),
    "du2019.flow": (
        "It is the gradient-flow form of the proof of du2019.gd: a union over n² entries and Markov's "
        "inequality for flips and residual give n⁶/(λ₀⁴·δ³) up to constants; only the step-size terms are "
        "missing."
    ),
    "relu.width": (
        "It bounds the kernel matrix as a whole (a matrix Chernoff bound, logarithmic in n and 1/δ), counts "
        "sign flips by exact binomial tails with a union over n rows only, and uses the data's own norm ‖X‖ "
        "where the classical proof has powers of n; the power of 1/δ disappears."
    ),
    "smooth.width": (
        "A smooth activation has no sign flips: the kernel drifts in proportion to the distance the weights "
        "move, so the width grows like ‖y‖²·q²/λ₀² with q² ≤ ‖X‖² from the data, and only logarithmically "
        "with 1/δ. Its λ₀ is that of its own activation's kernel."
    ),
    "smooth.outputs": (
        "It is smooth.width for q outputs: the kernel at initialisation is q times harder to concentrate and the "
        "Jacobian drifts √q times as fast, so the width grows like q‖Y‖²; one-hot targets have ‖Y‖² = n whatever q is."
    ),
}


def explanation(identifier: str, given: str | None = None) -> str | None:
    """The known text for a theorem's id, else the text its entry gives, else None."""
    return _TEXTS.get(identifier, given)


def orders_apart(widths: dict[str, int]) -> str | None:
    """One sentence when certified widths differ a hundredfold or more, else None.

    The factor is rounded down, so "at least" is true.
    """
    positive = {name: value for name, value in widths.items() if value > 0}
    if len(positive) < 2:
        return None
    least, most = min(positive, key=positive.__getitem__), max(positive, key=positive.__getitem__)
    factor = positive[most] // positive[least]
    if factor < 100:
        return None
    return (
        f"The theorems differ by orders of magnitude: {most} requires at least "
        f"{scientific(factor, 2, up=False)} times the width of {least}."
    )
