"""Sympy → LaTeX with this project's names for the symbols."""

from __future__ import annotations

from collections.abc import Mapping

import sympy


def to_latex(expression: sympy.Basic, names: Mapping[str, str] | None = None) -> str:
    """LaTeX (math mode, no dollar signs) of an expression or relation.

    Parameters
    ----------
    names:
        Symbol name → LaTeX; a symbol without one is printed by sympy's rules.
    """
    symbols = {s: names[s.name] for s in expression.free_symbols if names and s.name in names}
    return str(sympy.latex(expression, symbol_names=symbols, order="none"))
