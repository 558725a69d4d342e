"""What a theorem is, as data: quantities, hypotheses, constants, conclusion, source and proof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import sympy

from certify.symbolic.library import activation_of


class Role(StrEnum):
    """Where the value of a quantity comes from."""

    DATA = "data"
    ACTIVATION = "activation"
    REQUEST = "request"
    WIDTH = "width"
    FREE = "free"


class Side(StrEnum):
    """Which bound of the true quantity the symbol stands for; the theorem holds for any such number."""

    EXACT = "exact"
    LOWER = "lower"
    UPPER = "upper"


@dataclass(frozen=True)
class Quantity:
    """A named number that enters a theorem from outside.

    ``source`` is the name under which it is measured (``lambda_min`` for the symbol ``lambda0``);
    ``optional`` quantities may be absent, and then the hypotheses that mention them are not asked. ``bound``
    is LaTeX for what the number bounds.
    """

    symbol: sympy.Symbol
    latex: str
    meaning: str
    role: Role
    side: Side = Side.EXACT
    source: str = ""
    optional: bool = False
    bound: str = ""

    @property
    def name(self) -> str:
        """The symbol's name, by which values are given."""
        return str(self.symbol.name)


@dataclass(frozen=True)
class Definition:
    """An abbreviation: ``symbol := expression``."""

    symbol: sympy.Symbol
    latex: str
    expression: sympy.Expr
    meaning: str


@dataclass(frozen=True)
class Hypothesis:
    """A relation to be decided on numbers; ``remedy`` names what would decide it or make it true."""

    id: str
    relation: sympy.Rel
    meaning: str
    remedy: str


@dataclass(frozen=True)
class Condition:
    """A hypothesis whose verdict another stage gives (unit rows, definiteness), by the name of it."""

    id: str
    source: str
    statement: str
    latex: str
    remedy: str


@dataclass(frozen=True)
class Constant:
    """A quantity the theorem yields once its hypotheses are proved."""

    name: str
    expression: sympy.Expr
    meaning: str


@dataclass(frozen=True)
class Source:
    """Cite key (see `certify.theorems.bibliography`), number in that work, and what it is to this theorem."""

    key: str
    number: str
    role: str


class Family(StrEnum):
    """Which activations a theorem holds for."""

    NAMED = "named"  # those it names
    SMOOTH = "smooth"  # every φ ∈ C¹ with bounded φ' that is Lipschitz; the bounds are the activation's
    RECTIFIER = "rectifier"  # φ' takes two values of [0, 1], and jumps at 0


RECTIFIERS = ("relu", "leaky_relu")


@dataclass(frozen=True)
class Theorem:
    """One theorem (in one variant): the single object every output is derived from.

    Attributes
    ----------
    id, edition, variant:
        Name, version of the statement, and which of the alternatives under that name this is.
    label:
        Whose statement and constants these are, in one honest clause.
    activations:
        The activations it speaks of, the first being the default.
    paired:
        Whether the width counts mirrored pairs and so must be even.
    rate:
        The factor q of the conclusion ``L(k) ≤ q^k L(0)`` (gradient flow: per unit of time).
    largest_step:
        The largest step size the hypotheses allow; ``None`` for gradient flow.
    family:
        Beyond ``activations``, which ones it holds for.
    """

    id: str
    edition: int
    variant: str
    title: str
    label: str
    sources: tuple[Source, ...]
    activations: tuple[str, ...]
    initialisation: str
    paired: bool
    setting: str
    assumed: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    definitions: tuple[Definition, ...]
    conditions: tuple[Condition, ...]
    hypotheses: tuple[Hypothesis, ...]
    constants: tuple[Constant, ...]
    rate: sympy.Expr
    largest_step: sympy.Expr | None
    conclusion: str
    conclusion_relation: sympy.Rel
    proof: str
    family: Family = Family.NAMED

    @property
    def unit(self) -> int:
        """Widths are multiples of this: 2 for paired initialisation, else 1."""
        return 2 if self.paired else 1

    def speaks_of(self, activation: str) -> bool:
        """Whether the statement, with that activation's constants, is proved for it. Raises `InputError` if unknown."""
        if activation in self.activations:
            return True
        if self.family is Family.SMOOTH:
            return activation_of(activation).curvature_bound is not None
        return self.family is Family.RECTIFIER and activation in RECTIFIERS

    def of(self, activation: str) -> Theorem:
        """The statement about this activation. Raises `ValueError` if it is none about that."""
        if not self.speaks_of(activation):
            raise ValueError(f"{self.id} does not speak of {activation}")
        return self if activation == self.activations[0] else replace(self, activations=(activation,))

    def names(self, *roles: Role) -> tuple[str, ...]:
        """Names of the quantities with one of the given roles (all roles when none is given)."""
        return tuple(q.name for q in self.quantities if not roles or q.role in roles)

    def quantity(self, name: str) -> Quantity:
        """The quantity of that name. Raises `KeyError`."""
        for quantity in self.quantities:
            if quantity.name == name:
                return quantity
        raise KeyError(name)

    def latex_names(self) -> dict[str, str]:
        """Symbol name → LaTeX, over quantities and definitions."""
        named = {q.name: q.latex for q in self.quantities}
        named |= {str(d.symbol.name): d.latex for d in self.definitions}
        stay = r"\mathbb{E}\left[L(w_k)\,\mathbf{1}\{w_0, \ldots, w_k \in B(w_0, R)\}\right]"
        return {
            "least_eigenvalue": r"\inf_{w \in U} \lambda_{\min}\left(\nabla^2 L(w)\right)",
            "lambda_min": r"\lambda_{\min}(K_\infty)",
            "population_loss": r"L_{\mathcal D}",
            "published_remainder": r"O\left(\sqrt{\log(n/(\lambda_0\delta))/n}\right)",
            **named,
            "L_k": "L(w_k)",
            "L_0": "L(w_0)",
            "L_t": "L(w(t))",
            "EL_k": stay,
            "Lmin_k": r"\min_{j \leq k} L(w_j)",
            "k": "k",
            "t": "t",
        }
