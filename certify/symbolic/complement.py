"""Activations whose slopes at z and −z add up to a constant: softplus, SiLU, GELU, and what sympy shows to be such."""

from __future__ import annotations

from functools import lru_cache

import sympy

from certify.symbolic.activations import Z
from certify.symbolic.library import activation_of

#: Where the sum is looked at in floats first: simplification is slow, and needed only where it can succeed.
_POINTS = (0.37, 1.3, 2.9)
_NEAR = 1e-9


@lru_cache(maxsize=64)
def slopes_add_up(activation: str) -> bool:
    """Is ``φ'(z) + φ'(−z)`` shown to be one constant other than 0?

    Only for smooth φ. False says nothing: the sum may be a constant that sympy does not recognise.

    Raises
    ------
    InputError
        For a text that is no activation.
    """
    found = activation_of(activation)
    if found.curvature_bound is None:
        return False
    slope = sympy.diff(found.expression, Z)
    total, constant = slope + slope.subs(Z, -Z), sympy.simplify(2 * slope.subs(Z, 0))
    if not constant.is_nonzero:
        return False
    for point in _POINTS:
        there = (total - constant).subs(Z, sympy.Float(point, 30)).evalf()
        if not (there.is_Float or there.is_Integer) or abs(there) > _NEAR:
            return False
    return bool(any(sympy.simplify(form) == 0 for form in (total - constant, (total - constant).rewrite(sympy.exp))))
