"""Text → activation as a sympy expression in `Z`, through a whitelist: nothing of the text is ever executed."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Mapping

import sympy

from certify.errors import InputError
from certify.symbolic.activations import Z

LONGEST, DEEPEST, LARGEST_POWER, MOST_BITS = 200, 40, 16, 400
WHERE = "--activation"

FUNCTIONS: Mapping[str, Callable[[sympy.Expr], sympy.Expr]] = {
    "exp": sympy.exp,
    "log": sympy.log,
    "ln": sympy.log,
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tanh": sympy.tanh,
    "sinh": lambda x: (sympy.exp(x) - sympy.exp(-x)) / 2,
    "cosh": lambda x: (sympy.exp(x) + sympy.exp(-x)) / 2,
    "erf": sympy.erf,
    "erfc": lambda x: 1 - sympy.erf(x),
    "atan": sympy.atan,
    "arctan": sympy.atan,
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "gelu": lambda x: x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2,
    "silu": lambda x: x / (1 + sympy.exp(-x)),
}
CONSTANTS: Mapping[str, sympy.Expr] = {"z": Z, "pi": sympy.pi, "e": sympy.E}
#: Functions with a corner or a jump: named so that the refusal can say so.
_BROKEN = {
    "abs": "not differentiable at 0",
    "max": "not differentiable where its arguments meet",
    "min": "not differentiable where its arguments meet",
    "relu": "not differentiable at 0 (relu and leaky_relu are known by name, alone)",
    "sign": "discontinuous at 0",
    "sgn": "discontinuous at 0",
    "step": "discontinuous at 0",
    "heaviside": "discontinuous at 0",
    "floor": "discontinuous at the integers",
    "ceil": "discontinuous at the integers",
    "round": "discontinuous between the integers",
}


def parse_activation(text: str) -> sympy.Expr:
    """The expression that ``text`` writes: numbers, ``z``, ``pi``, ``e``, ``+ - * / **`` and `FUNCTIONS`.

    Decimals are exact rationals. The text is only ever parsed, and each of its nodes is translated by hand.

    Raises
    ------
    InputError
        One line: what cannot be read, and what can.
    """
    if len(text) > LONGEST:
        raise InputError(f"the expression has {len(text)} characters", WHERE, f"at most {LONGEST}")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise InputError(f"'{text}' is not an expression in z", WHERE, 'write one such as "log(1+exp(z))"') from None
    found = _Translation(text.strip()).of(tree.body, 0)
    if Z not in found.free_symbols:
        raise InputError(f"'{text}' does not depend on z", WHERE, 'write an expression in z such as "tanh(2*z)"')
    return found


class _Translation:
    def __init__(self, text: str) -> None:
        self.text = text

    def fault(self, node: ast.AST, what: str, remedy: str | None = None) -> InputError:
        piece = ast.get_source_segment(self.text, node) or self.text
        return InputError(f"'{piece}' {what}", WHERE, remedy or f"known: z, pi, e, + - * / **, {', '.join(FUNCTIONS)}")

    def of(self, node: ast.expr, depth: int) -> sympy.Expr:
        if depth > DEEPEST:
            raise InputError("the expression is nested too deeply", WHERE, f"at most {DEEPEST} levels")
        if isinstance(node, ast.Constant):
            return self.number(node)
        if isinstance(node, ast.Name):
            if node.id not in CONSTANTS:
                raise self.fault(node, "is not known", self.nearest(node.id, [*CONSTANTS, *FUNCTIONS]))
            return CONSTANTS[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            inner = self.of(node.operand, depth + 1)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp):
            return self.binary(node, depth)
        if isinstance(node, ast.Call):
            return self.call(node, depth)
        raise self.fault(node, "is not part of an expression")

    def number(self, node: ast.Constant) -> sympy.Expr:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fault(node, "is not a number")
        if value != 0 and not 1e-30 < abs(value) < 1e30:
            raise self.fault(node, "is not of a reasonable size", "numbers between 1e-30 and 1e30")
        piece = ast.get_source_segment(self.text, node) or str(value)
        return sympy.Integer(value) if isinstance(value, int) else sympy.Rational(piece.replace("_", ""))

    def binary(self, node: ast.BinOp, depth: int) -> sympy.Expr:
        if isinstance(node.op, ast.BitXor):
            raise self.fault(node, "uses ^", "write powers as **")
        left, right = self.of(node.left, depth + 1), self.of(node.right, depth + 1)
        if isinstance(node.op, ast.Add):
            result = left + right
        elif isinstance(node.op, ast.Sub):
            result = left - right
        elif isinstance(node.op, ast.Mult):
            result = left * right
        elif isinstance(node.op, ast.Div):
            if right == 0:
                raise self.fault(node, "divides by zero", "another denominator")
            result = left / right
        elif isinstance(node.op, ast.Pow):
            result = self.power(node, left, right)
        else:
            raise self.fault(node, "is not an operation known here")
        if any(max(abs(int(a.p)), int(a.q)).bit_length() > MOST_BITS for a in result.atoms(sympy.Rational)):
            raise self.fault(node, "has numbers that are too large", "smaller numbers")
        return result

    def power(self, node: ast.BinOp, base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
        if base is sympy.E:
            return sympy.exp(exponent)
        if not (exponent.is_Rational and abs(exponent) <= LARGEST_POWER):
            raise self.fault(node, "has no power that is known", f"a number up to {LARGEST_POWER}, or exp()")
        if base == 0 and exponent < 0:
            raise self.fault(node, "divides by zero", "another base")
        return base**exponent

    def call(self, node: ast.Call, depth: int) -> sympy.Expr:
        if not isinstance(node.func, ast.Name):
            raise self.fault(node, "is not a function known here")
        name = node.func.id
        if name.lower() in _BROKEN:
            raise self.fault(node, f"is {_BROKEN[name.lower()]}", "a function with a bounded second derivative")
        if name not in FUNCTIONS:
            raise self.fault(node, f"uses the unknown function {name}", self.nearest(name, list(FUNCTIONS)))
        if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
            raise self.fault(node, "needs one argument", f"write {name}(z)")
        return FUNCTIONS[name](self.of(node.args[0], depth + 1))

    @staticmethod
    def nearest(name: str, known: list[str]) -> str | None:
        close = difflib.get_close_matches(name, known, 1)
        return f"did you mean {close[0]}?" if close else None
