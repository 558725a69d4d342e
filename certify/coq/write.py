"""The text of a proof file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from certify.coq.factor import Dyadic
from certify.coq.instance import Instance
from certify.coq.rows import IntegerRows
from certify.coq.syntax import bracket, comment, exact, integer, lines, pair, safe
from certify.coq.width import relu_required_width, required_width
from certify.data import Dataset

#: Binary digits in which Coq compares the width with its bound.
_WIDTH_BITS = 200

_TRUST = {
    "Machine": "Assumed: Coq's classical reals, and that its machine integers and floats meet their specification.",
    "Wide": "Assumed: Coq's classical reals, and that its machine integers meet their specification.",
    "Foundational": "Assumed: Coq's classical reals, nothing else.",
}


def proof_text(instance: Instance, delta: float = 0.05) -> str:
    """The whole ``.v`` file, ASCII, with the theorem.

    The data and the targets stand in it exactly, so that `certify.coq.embedded_dataset` can hash them again.
    With targets and normalised rows, a second theorem states the width of Du et al. at failure probability ``delta``.
    """
    data, factor = instance.data, instance.factor
    machine = instance.arithmetic != "Foundational"
    question = " ".join(
        ["true" if data.normalized else "false", str(data.n), str(data.d)]
        + [integer(v) for v in (factor.sigma.m, factor.sigma.e, factor.delta.m, factor.delta.e)]
        + [str(instance.direction_bits), str(factor.bits)]
    )
    matrix = f"(normalized {data.d} (matrix data))" if data.normalized else "(matrix data)"
    number = _NUMBERS[instance.arithmetic](instance.parameter)
    scope = "%uint63" if instance.arithmetic == "Machine" else "%positive"
    parts = [
        comment(_header(instance)),
        "From Coq Require Import ZArith List" + (" Uint63 Sint63." if machine else "."),
        "From NTK Require Import Spec SpecWidth." if has_width(data) else "From NTK Require Import Spec.",
        f"From NTK.instance Require Import {'Width ReluWidth ' if has_width(data) else ''}{instance.arithmetic}.",
        "Import ListNotations.\n",
        comment(f"The inputs, {data.n} rows of {data.d}."),
        exact("data", instance.rows, machine),
        *_targets(data, machine),
        comment("Hints to the check, of which nothing is taken on trust."),
        _matrix("directions", instance.directions, machine, number),
        _matrix("factor", factor.lower, machine, number),
        comment("The claim."),
        f"Definition sigma := dyadic {integer(factor.sigma.m)} {integer(factor.sigma.e)}.\n",
        f"Theorem ntk_lambda_min : lambda_min_ge {data.n} (gram {data.d} {matrix}) sigma.",
        "Proof.",
        f"apply (accept_sound {instance.parameter}{scope} (Question {question}) data directions factor).",
        "vm_cast_no_check (eq_refl true).",
        "Qed.",
        *(_width(instance, delta) if has_width(data) else []),
    ]
    return "\n".join(parts) + "\n"


def has_width(data: Dataset) -> bool:
    """Du et al. speak of rows of norm 1 with targets."""
    return data.normalized and data.y is not None


def _width(instance: Instance, delta: float) -> list[str]:
    data, sigma = instance.data, instance.factor.sigma
    assert data.y is not None
    entries = [Fraction(v) for v in data.y.ravel().tolist()]
    m = required_width(data.n, sum((v * v for v in entries), Fraction(0)), delta, sigma)
    columns = len(entries) // data.n
    p = Dyadic.below(delta)
    numbers = f"{integer(p.m)} {integer(p.e)} {integer(sigma.m)} {integer(sigma.e)} {m}"
    own = [] if columns > 1 else _relu_width(data.n, sum((v * v for v in entries), Fraction(0)), delta, sigma)
    return [
        "",
        comment(
            f"Du et al. 2019, Theorem 4.1: this many neurons suffice with probability 1 - delta, delta = {delta!r}. "
            "What the theorem says is explained in SpecWidth.v."
        ),
        f"Definition delta := dyadic {integer(p.m)} {integer(p.e)}.\n",
        "Theorem required_width : du2019_gd_width "
        f"{data.n} (total_square {data.n} {columns} (matrix targets)) delta sigma {m}.",
        "Proof.",
        f"apply (width_sound {_WIDTH_BITS} {data.n} {columns} targets {numbers}).",
        "vm_cast_no_check (eq_refl true).",
        "Qed.",
        *own,
    ]


def _relu_width(n: int, norm_y_squared: Fraction, delta: float, sigma: Dyadic) -> list[str]:
    found = relu_required_width(n, norm_y_squared, delta, sigma)
    numbers = " ".join(map(pair, (Dyadic.of(delta), sigma, found.eps, found.delta1, found.r, found.kappa)))
    return [
        "",
        comment(
            "This project's own theorem (proofs/relu-width.md): this many neurons suffice, in pairs, with the same "
            "probability. What is said is explained in SpecWidth.v."
        ),
        f"Theorem relu_required_width : relu_width {n} (total_square {n} 1 (matrix targets)) delta sigma {found.m}.",
        "Proof.",
        f"apply (relu_width_sound {_WIDTH_BITS} {n} 1 targets {numbers} {found.m}).",
        "vm_cast_no_check (eq_refl true).",
        "Qed.",
    ]


def _header(instance: Instance) -> str:
    data = instance.data
    which = "H-infinity, of the normalised rows" if data.normalized else "K-infinity, of the rows as they are"
    value = instance.factor.sigma.times_power(0)
    trust = _TRUST[instance.arithmetic]
    return (
        f"The smallest eigenvalue of the ReLU tangent kernel's Gram matrix ({which}) is at least sigma, about "
        f"{value:.17g}. Source: {safe(data.name)}. data.sha256 = {data.sha256}; that this file's data and targets have "
        "that hash: python -c 'from certify.coq import embedded_dataset as e; print(e(\"Proof.v\").sha256)', "
        "with this file's name. "
        f"What the theorem says is explained on one page, Spec.v of the library NTK. {trust} "
        "Print Assumptions ntk_lambda_min lists all that is assumed."
    )


def _limbs(limb: int) -> Callable[[int], str]:
    """One machine word a number, as ``unpack`` in ``Limbs.v`` expects it."""
    offset = (1 << 2 * limb) + (1 << (limb - 1))
    return lambda v: str(v + offset)


def _two_words(_: int) -> Callable[[int], str]:
    """Two machine words a number, as ``unpack`` in ``Wide.v`` expects them."""
    return lambda v: f"{(v >> 61) + (1 << 61)}; {v & ((1 << 61) - 1)}"


_NUMBERS: dict[str, Callable[[int], Callable[[int], str]]] = {
    "Machine": _limbs,
    "Wide": _two_words,
    "Foundational": lambda _: integer,
}


def _matrix(name: str, rows: Sequence[Sequence[int]], machine: bool, number: Callable[[int], str]) -> str:
    body = lines(bracket(map(number, row)) for row in rows)
    kind, scope = ("int", "uint63") if machine else ("Z", "Z")
    return f"Definition {name} : list (list {kind}) := {body}%{scope}.\n"


def _targets(data: Dataset, machine: bool) -> list[str]:
    if data.y is None:
        return []
    rows = IntegerRows.from_data(data.y.reshape(data.n, -1))
    return [
        comment("The targets. The theorem does not speak of them; with the data they have the hash above."),
        exact("targets", rows, machine),
    ]
