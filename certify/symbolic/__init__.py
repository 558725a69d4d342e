"""Sympy expressions as the one source of a formula: to Arb enclosures, to verdicts, to LaTeX."""

from certify.symbolic.decide import Decision, decide
from certify.symbolic.evaluate import MissingValue, evaluate

__all__ = ["Decision", "MissingValue", "decide", "evaluate"]
