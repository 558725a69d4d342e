"""What an expression does for all ``z ≥ T``: a small calculus of enclosures at infinity.

Lemma. An `AtInfinity` ``(g, P, r)`` at ``T ≥ 1`` stands for every function ``f`` with, for all ``z ≥ T``,

    f(z) = e^{g(z)} (P(z) + ρ(z)),   g(z) = Σ g_p z^p (p > 0),   P(z) = Σ P_p z^p,   |ρ(z)| ≤ C z^k e^{−sz},

with coefficients in the balls that are stored, ``s > 0``, ``k ≥ 0``; no remainder means ``ρ = 0``. Each rule below
returns an object that contains the result for all members of its operands; they are proved in
``proofs/activations.md``. A rule that does not apply raises `NoTail`: also where the expression is not defined.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import flint
import sympy

from certify.arithmetic.balls import arb
from certify.symbolic.activations import Z

Powers = dict[Fraction, flint.arb]
_ZERO = Fraction(0)


class NoTail(Exception):
    """No rule applies at this T; a larger one may do."""


@dataclass(frozen=True)
class Remainder:
    """``|ρ(z)| ≤ C z^k e^{−sz}``."""

    C: flint.arb
    k: flint.arb
    s: flint.arb

    def largest(self, T: flint.arb) -> flint.arb:
        """An upper bound of ``C z^k e^{−sz}`` over ``z ≥ T``: its value at T, or its maximum, at k/s."""
        falls = bool(self.k <= self.s * T)
        at = T if falls else self.k / self.s
        value = self.C * (self.k * at.log() - (self.s * T if falls else self.k)).exp()
        return value.abs_upper()


@dataclass(frozen=True)
class AtInfinity:
    """See the module's lemma."""

    T: flint.arb
    P: Powers
    r: Remainder | None = None
    g: Powers = field(default_factory=dict)

    # --- sizes

    def bounded(self) -> flint.arb:
        """A ball that contains all values for ``z ≥ T``. Raises `NoTail` where they grow, or are not known not to."""
        if self.g:
            flat = _decayed(self)
            return flat.bounded()
        total = arb(0)
        for power, coefficient in self.P.items():
            if power > 0:
                raise NoTail("grows")
            total += _on_tail(coefficient, power, self.T)
        if self.r is not None:
            size = self.r.largest(self.T)
            total += (-size).union(size)
        return total

    def grows(self) -> bool:
        """Whether ``|f(z)| → ∞`` is proved."""
        if not self.P or not _nonzero(_leading(self.P)[1]):
            return False
        return bool(_leading(self.g)[1] > 0) if self.g else _leading(self.P)[0] > 0


def at_infinity(expression: sympy.Expr, T: flint.arb) -> AtInfinity:
    """The behaviour of ``expression`` in `Z` for ``z ≥ T ≥ 1``. Raises `NoTail`, `TypeError` (unknown head)."""
    if expression == Z:
        return AtInfinity(T, {Fraction(1): arb(1)})
    if isinstance(expression, sympy.Rational):
        value = Fraction(int(expression.p), int(expression.q))
        return AtInfinity(T, {_ZERO: arb(value)} if value else {})
    if expression is sympy.pi:
        return AtInfinity(T, {_ZERO: flint.arb.pi()})
    if expression is sympy.E:
        return AtInfinity(T, {_ZERO: arb(1).exp()})
    if isinstance(expression, sympy.Add):
        result = at_infinity(expression.args[0], T)
        for argument in expression.args[1:]:
            result = _add(result, at_infinity(argument, T))
        return result
    if isinstance(expression, sympy.Mul):
        result = at_infinity(expression.args[0], T)
        for argument in expression.args[1:]:
            result = _multiply(result, at_infinity(argument, T))
        return result
    if isinstance(expression, sympy.Pow):
        base, exponent = expression.args
        if base is sympy.E:
            return _exp(at_infinity(exponent, T))
        if isinstance(exponent, sympy.Rational):
            return _power(at_infinity(base, T), Fraction(int(exponent.p), int(exponent.q)))
        raise TypeError(f"no rule for the power {exponent}")
    if type(expression) in _RULES:
        return _RULES[type(expression)](at_infinity(expression.args[0], T))
    raise TypeError(f"no rule for {type(expression).__name__}")


# --- helpers


def _on_tail(coefficient: flint.arb, power: Fraction, T: flint.arb) -> flint.arb:
    """``coefficient · z^power`` for all ``z ≥ T``, ``power ≤ 0``: between 0 and its value at T."""
    if power == 0:
        return coefficient
    return arb(0).union(1 / _raise(T, -power)) * coefficient


def _raise(T: flint.arb, power: Fraction) -> flint.arb:
    return T ** int(power) if power.denominator == 1 else (T.log() * arb(power)).exp()


def _leading(P: Powers) -> tuple[Fraction, flint.arb]:
    power = max(P)
    return power, P[power]


def _nonzero(ball: flint.arb) -> bool:
    """Whether every number of the ball differs from 0 (not the same as not being equal to 0)."""
    return bool(ball != 0)


def _sign(ball: flint.arb) -> int:
    if ball > 0:
        return 1
    if ball < 0:
        return -1
    raise NoTail("the sign of a leading coefficient is not known")


def _tidy(P: Powers) -> Powers:
    return {power: c for power, c in P.items() if not c.is_zero()}


def _sum_powers(P: Powers, Q: Powers, sign: int = 1) -> Powers:
    total = dict(P)
    for power, c in Q.items():
        total[power] = total.get(power, arb(0)) + sign * c
    return _tidy(total)


def _plus(a: Remainder | None, b: Remainder | None) -> Remainder | None:
    if a is None or b is None:
        return a or b
    return Remainder(a.C + b.C, a.k.max(b.k), a.s.min(b.s))


def _scale(r: Remainder | None, P: Powers, T: flint.arb) -> Remainder | None:
    """``|P(z)| · r``."""
    if r is None or not P:
        return None
    top = max(max(P), _ZERO)
    size = arb(0)
    for power, c in P.items():
        size += abs(c) / _raise(T, top - power)
    return Remainder(r.C * size.abs_upper(), r.k + arb(top), r.s)


def _times(a: Remainder | None, b: Remainder | None) -> Remainder | None:
    return None if a is None or b is None else Remainder(a.C * b.C, a.k + b.k, a.s + b.s)


def _decay(g: Powers, T: flint.arb) -> Remainder:
    """``e^{g(z)} ≤ C e^{−sz}`` for a g whose leading term is negative, of power at least 1."""
    power, leading = _leading(g)
    if not (power >= 1 and leading < 0):
        raise NoTail("does not decay")
    slope = leading
    for other, c in g.items():
        if other != power:
            slope += abs(c) / _raise(T, power - other)
    if not slope < 0:
        raise NoTail("not yet decaying at T")
    return Remainder(arb(1), arb(0), (-slope * _raise(T, power - 1)).lower())


def _decayed(f: AtInfinity) -> AtInfinity:
    """``f`` as a bare remainder, where its exponential decays."""
    if not f.g:
        return f
    envelope = _decay(f.g, f.T)
    return AtInfinity(f.T, {}, _plus(_scale(envelope, f.P, f.T), _times(envelope, f.r)))


def _flat(f: AtInfinity) -> AtInfinity:
    """``f`` with ``g = 0``."""
    if f.g and _leading(f.g)[1] > 0:
        raise NoTail("grows exponentially")
    return _decayed(f)


def _constant(f: AtInfinity) -> flint.arb | None:
    """The constant c of ``f = c + remainder``, if f has that form."""
    if f.g or any(power != 0 for power in f.P):
        return None
    return f.P.get(_ZERO, arb(0))


# --- rules


def _add(a: AtInfinity, b: AtInfinity) -> AtInfinity:
    difference = _sum_powers(a.g, b.g, -1)
    if difference and a.g and b.g and not _nonzero(_leading(difference)[1]):
        a, b = _decayed(a), _decayed(b)  # which of the two is larger is not known
    elif difference:
        if _sign(_leading(difference)[1]) < 0:
            a, b = b, a
            difference = {power: -c for power, c in difference.items()}
        if not a.g:
            b = _decayed(b)
        else:
            b = _decayed(AtInfinity(b.T, b.P, b.r, {power: -c for power, c in difference.items()}))
    return AtInfinity(a.T, _sum_powers(a.P, b.P), _plus(a.r, b.r), a.g)


def _multiply(a: AtInfinity, b: AtInfinity) -> AtInfinity:
    product: Powers = {}
    for p, c in a.P.items():
        for q, e in b.P.items():
            product[p + q] = product.get(p + q, arb(0)) + c * e
    rest = _plus(_plus(_scale(a.r, b.P, a.T), _scale(b.r, a.P, a.T)), _times(a.r, b.r))
    return AtInfinity(a.T, _tidy(product), rest, _sum_powers(a.g, b.g))


def _power(f: AtInfinity, exponent: Fraction) -> AtInfinity:
    if exponent.denominator == 1 and exponent >= 0:
        result = AtInfinity(f.T, {_ZERO: arb(1)})
        for _ in range(int(exponent)):
            result = _multiply(result, f)
        return result
    if exponent.denominator == 1:
        return _power(_reciprocal(f), -exponent)
    power, bracket = _bracket(f)
    if not bracket > 0:
        raise NoTail("a root of what may be negative")
    g = {p: c * arb(exponent) for p, c in f.g.items()}
    return AtInfinity(f.T, {power * exponent: (bracket.log() * arb(exponent)).exp()}, None, g)


def _bracket(f: AtInfinity) -> tuple[Fraction, flint.arb]:
    """``P + ρ = z^p · bracket`` with p the leading power."""
    if not f.P:
        raise NoTail("may vanish")
    power, _ = _leading(f.P)
    total = arb(0)
    for other, c in f.P.items():
        total += _on_tail(c, other - power, f.T)
    if f.r is not None:
        # z^{−p} ≤ 1 for p ≥ 0, else one more power of z
        r = f.r if power >= 0 else Remainder(f.r.C, f.r.k - arb(power), f.r.s)
        size = r.largest(f.T)
        total += (-size).union(size)
    return power, total


def _reciprocal(f: AtInfinity) -> AtInfinity:
    g = {power: -c for power, c in f.g.items()}
    c = _constant(AtInfinity(f.T, f.P, f.r))
    if c is not None and c != 0:
        if f.r is None:
            return AtInfinity(f.T, {_ZERO: 1 / c}, None, g)
        room = abs(c) - f.r.largest(f.T)
        if not room > 0:
            raise NoTail("the denominator may vanish")
        return AtInfinity(f.T, {_ZERO: 1 / c}, Remainder((f.r.C / (abs(c) * room)).abs_upper(), f.r.k, f.r.s), g)
    power, bracket = _bracket(f)
    if not _nonzero(bracket):
        raise NoTail("the denominator may vanish")
    return AtInfinity(f.T, {-power: 1 / bracket}, None, g)


def _exp(f: AtInfinity) -> AtInfinity:
    f = _flat(f)
    growing = {power: c for power, c in f.P.items() if power > 0}
    rest = arb(0)
    for power, c in f.P.items():
        if power <= 0:
            rest += _on_tail(c, power, f.T)
    factor = rest.exp()
    remainder = None
    if f.r is not None:
        remainder = Remainder((f.r.C * f.r.largest(f.T).exp() * factor).abs_upper(), f.r.k, f.r.s)
    return AtInfinity(f.T, {_ZERO: factor}, remainder, growing)


def _log(f: AtInfinity) -> AtInfinity:
    c = _constant(AtInfinity(f.T, f.P, f.r))
    if c is not None and c > 0:
        remainder = None
        if f.r is not None:
            room = c - f.r.largest(f.T)
            if not room > 0:
                raise NoTail("the logarithm of what may be negative")
            remainder = Remainder((f.r.C / room).abs_upper(), f.r.k, f.r.s)
        return AtInfinity(f.T, _sum_powers(f.g, {_ZERO: c.log()}), remainder)
    power, bracket = _bracket(f)
    if not bracket > 0:
        raise NoTail("the logarithm of what may be negative")
    grown = {Fraction(1): arb(0).union(arb(1)) * arb(power)}
    return AtInfinity(f.T, _sum_powers(f.g, _sum_powers(grown, {_ZERO: bracket.log()})))


def _bounded_odd(at: Callable[[flint.arb], flint.arb], slope: flint.arb) -> Callable[[AtInfinity], AtInfinity]:
    """sin, erf: ``f(c + ρ) = f(c) + ρ'``, ``|ρ'| ≤ slope·|ρ|``; on other arguments their values on the range."""

    def rule(f: AtInfinity) -> AtInfinity:
        f = _flat(f)
        c = _constant(f)
        if c is not None:
            remainder = None if f.r is None else Remainder(f.r.C * slope, f.r.k, f.r.s)
            return AtInfinity(f.T, _tidy({_ZERO: at(c)}), remainder)
        return AtInfinity(f.T, {_ZERO: at(f.bounded())})

    return rule


def _sine(f: AtInfinity) -> AtInfinity:
    return _wave(lambda x: x.sin(), f)


def _cosine(f: AtInfinity) -> AtInfinity:
    return _wave(lambda x: x.cos(), f)


def _wave(at: Callable[[flint.arb], flint.arb], f: AtInfinity) -> AtInfinity:
    try:
        return _bounded_odd(at, arb(1))(f)
    except NoTail:
        return AtInfinity(f.T, {_ZERO: arb(-1).union(arb(1))})


def _erf(f: AtInfinity) -> AtInfinity:
    try:
        return _bounded_odd(lambda x: x.erf(), (2 / flint.arb.pi().sqrt()).abs_upper())(f)
    except NoTail:
        pass
    if f.g:
        raise NoTail("erf of an exponential")
    sign = _sign(_leading(f.P)[1])
    if not _bracket(f)[1] * sign > 0:
        raise NoTail("the argument of erf may change its sign")
    square = _multiply(f, f)
    gap = _decayed(_exp(_multiply(square, AtInfinity(f.T, {_ZERO: arb(-1)}))))
    if gap.P:
        raise NoTail("erf does not saturate")
    return AtInfinity(f.T, {_ZERO: arb(sign)}, gap.r)


def _tanh(f: AtInfinity) -> AtInfinity:
    if not f.g and not f.P and f.r is not None:
        return AtInfinity(f.T, {}, f.r)
    e = _exp(_multiply(f, AtInfinity(f.T, {_ZERO: arb(2)})))
    one = AtInfinity(f.T, {_ZERO: arb(1)})
    return _add(one, _multiply(AtInfinity(f.T, {_ZERO: arb(-2)}), _reciprocal(_add(one, e))))


def _atan(f: AtInfinity) -> AtInfinity:
    try:
        return _bounded_odd(lambda x: x.atan(), arb(1))(f)
    except NoTail:
        pass
    if f.g:
        raise NoTail("atan of an exponential")
    power, bracket = _bracket(f)
    sign = _sign(bracket)
    reached = (flint.arb.pi() / 2) * sign
    return AtInfinity(f.T, {_ZERO: reached, -power: -arb(0).union(1 / bracket)})


_RULES: dict[type, Callable[[AtInfinity], AtInfinity]] = {
    sympy.exp: _exp,
    sympy.log: _log,
    sympy.sin: _sine,
    sympy.cos: _cosine,
    sympy.erf: _erf,
    sympy.tanh: _tanh,
    sympy.atan: _atan,
}
