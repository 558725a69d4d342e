r"""Loss conventions: the theorems speak of ``L = ½‖e‖²``; users may mean another multiple of it.

If ``L' = c·L`` with ``c > 0`` then ``∇L' = c∇L``, so gradient descent on ``L'`` with step ``η'`` *is*
gradient descent on ``L`` with step ``η = cη'``: step sizes divide by c, loss values multiply by c, the
PL* constant of ``L'`` is ``cμ`` (``‖∇L'‖² = c²‖∇L‖² ≥ 2c²μL = 2(cμ)L'``), and the ratio
``L'(k)/L'(0) = L(k)/L(0)`` (rate, number of steps) is unchanged.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from certify.arithmetic.balls import precision
from certify.arithmetic.enclosure import Enclosure


class Loss(StrEnum):
    """``half-sum``: ½‖e‖²; ``sum``: ‖e‖²; ``mean``: ‖e‖²/n."""

    HALF_SUM = "half-sum"
    SUM = "sum"
    MEAN = "mean"


def factor(loss: Loss, n: int) -> Fraction:
    """The c of ``L' = c·½‖e‖²`` for n samples: 1, 2 or 2/n."""
    return {Loss.HALF_SUM: Fraction(1), Loss.SUM: Fraction(2), Loss.MEAN: Fraction(2, n)}[loss]


def step_size_in(loss: Loss, n: int, step: Enclosure) -> Enclosure:
    """The step size of the user's loss that is the same iteration: ``η' = η/c``, enclosed."""
    return _scaled(step, 1 / factor(loss, n))


def loss_value_in(loss: Loss, n: int, value: Enclosure) -> Enclosure:
    """A value (or PL* constant) of ``½‖e‖²`` in the user's convention: ``c`` times it, enclosed."""
    return _scaled(value, factor(loss, n))


def _scaled(value: Enclosure, multiple: Fraction) -> Enclosure:
    with precision(256):
        return Enclosure.from_arb(value.to_arb() * multiple.numerator / multiple.denominator)
