"""Named quantities that are verified procedures rather than closed forms, usable inside expressions."""

from __future__ import annotations

from typing import Any

import flint
import sympy

from certify.symbolic.binomial import binomial_upper_tail


class VerifiedProcedure(sympy.Function):  # type: ignore[misc]
    """A sympy function whose rigorous value is computed by `enclose` from enclosures of its arguments.

    A subclass states its specification (inputs, output, lemma) in its docstring.
    """

    @staticmethod
    def enclose(*arguments: flint.arb) -> flint.arb:
        """A ball that contains the value for every choice of arguments in the given balls."""
        raise NotImplementedError

    @classmethod
    def eval(cls, *arguments: Any) -> None:
        """Never simplify: the value is established by `enclose` alone."""
        return None

    def formula(self, *arguments: str) -> str:
        """LaTeX of the value, from that of the arguments."""
        raise NotImplementedError

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = self.formula(*(printer.doprint(a) for a in self.args))
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


class BinomialUpperTail(VerifiedProcedure):
    """``BinomialUpperTail(N, k, p) = P(Bin(N, p) > k)``.

    Inputs: N, k exact integers; p a ball in (0, 1). Output: an enclosure, by the block lemma of
    `certify.symbolic.binomial.binomial_upper_tail`. Inexact N or k give the indeterminate ball.
    """

    nargs = (3,)

    @staticmethod
    def enclose(*arguments: flint.arb) -> flint.arb:
        """See the class."""
        trials, count, probability = arguments
        exact_trials, exact_count = exact_integer(trials), exact_integer(count)
        if exact_trials is None or exact_count is None or exact_trials < 0:
            return flint.arb.nan()
        return binomial_upper_tail(exact_trials, exact_count, probability)

    def formula(self, *arguments: str) -> str:
        """See `VerifiedProcedure.formula`."""
        trials, count, probability = arguments
        return rf"\Pr\left[\mathrm{{Bin}}\left({trials}, {probability}\right) > {count}\right]"

    def _sympystr(self, printer: Any) -> str:
        trials, count, probability = (printer.doprint(a) for a in self.args)
        return f"P[Bin({trials}, {probability}) > {count}]"


def exact_integer(ball: flint.arb) -> int | None:
    """The integer a ball of radius zero holds, else ``None``."""
    if not (ball.is_finite() and ball.is_exact() and ball.is_integer()):
        return None
    whole = ball.unique_fmpz()
    return None if whole is None else int(whole)
