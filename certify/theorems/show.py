"""A theorem as text, Markdown or LaTeX: statement and proof from the one object."""

from __future__ import annotations

from pathlib import Path

import sympy

import certify
from certify.errors import InputError
from certify.symbolic.latex import to_latex
from certify.symbolic.library import activation_of
from certify.theorems.bibliography import BIBLIOGRAPHY
from certify.theorems.statements import AT_WEIGHTS, GIVEN, VARIANTS, Theorem
from certify.theorems.statements.model import Family, Role
from certify.theorems.statements.plsmooth import PLSMOOTH_GD

_ALL = {**VARIANTS, **AT_WEIGHTS, **GIVEN, PLSMOOTH_GD.id: (PLSMOOTH_GD,)}
FORMATS = ("text", "markdown", "latex")
_FAMILIES = {
    Family.NAMED: "",
    Family.SMOOTH: "every φ in C¹ with bounded φ' that is Lipschitz, by name or by expression",
    Family.RECTIFIER: "relu, leaky_relu",
}


def show(theorem_id: str, format: str = "text", variant: str | None = None, proof: bool = True) -> str:
    """The statement, and the proof as it stands in ``proofs/``.

    Parameters
    ----------
    theorem_id:
        A key of `THEOREMS`.
    format:
        ``"text"``, ``"markdown"`` or ``"latex"`` (a fragment; the proof, written in Markdown, is only named).
    variant:
        One of the theorem's variants; the first by default.
    proof:
        Whether to append the proof's text.

    Raises
    ------
    InputError
        For an unknown theorem, variant or format.
    """
    if theorem_id not in _ALL:
        raise InputError(f"unknown theorem '{theorem_id}'", "certify theorem show", f"one of {', '.join(_ALL)}")
    if format not in FORMATS:
        raise InputError(f"unknown format '{format}'", "--format", f"one of {', '.join(FORMATS)}")
    known = {t.variant: t for t in _ALL[theorem_id]}
    if variant is not None and variant not in known:
        raise InputError(f"unknown variant '{variant}' of {theorem_id}", "--variant", f"one of {', '.join(known)}")
    theorem = _ALL[theorem_id][0] if variant is None else known[variant]
    if format == "latex":
        return _latex(theorem)
    statement = _markdown(theorem) if format == "markdown" else _text(theorem)
    return f"{statement}\n{proof_text(theorem)}" if proof else statement


def proof_text(theorem: Theorem) -> str:
    """The Markdown of the theorem's proof. Raises `FileNotFoundError` if the installation lacks it."""
    return (proofs_directory() / theorem.proof).read_text(encoding="utf-8")


def proofs_directory() -> Path:
    """Where the proofs are: inside an installed package, or beside the package in a source checkout."""
    package = Path(certify.__file__).resolve().parent
    for candidate in (package / "_proofs", package.parent / "proofs"):
        if (candidate / "README.md").is_file():
            return candidate
    raise FileNotFoundError("the proofs are not part of this installation")


def _sources(theorem: Theorem) -> list[str]:
    return [f"{BIBLIOGRAPHY[s.key]} {s.number} ({s.role})" for s in theorem.sources]


def _activation_constants(theorem: Theorem) -> list[tuple[str, sympy.Expr]]:
    if not theorem.names(Role.ACTIVATION):
        return []
    activation = activation_of(theorem.activations[0])
    values = {"B0": activation.value_bound, "B1": activation.slope_bound, "B2": activation.curvature_bound}
    names = theorem.names()
    return [(name, value) for name, value in values.items() if name in names and value is not None]


def _others(theorem: Theorem) -> list[str]:
    return [t.variant for t in _ALL[theorem.id] if t.variant != theorem.variant]


def _text(theorem: Theorem) -> str:
    lines = [
        f"{theorem.id} (edition {theorem.edition}, {theorem.variant}): {theorem.title}",
        f"label: {theorem.label}",
        *(f"source: {source}" for source in _sources(theorem)),
        "",
        f"Setting. {theorem.setting}",
        f"Activations: {_FAMILIES[theorem.family] or ', '.join(theorem.activations)}.",
        "",
        "Quantities",
        *(f"  {q.name}: {q.meaning} [{q.role}]" for q in theorem.quantities),
        *(f"  {name} = {value} for {theorem.activations[0]}" for name, value in _activation_constants(theorem)),
        "",
        "Definitions",
        *(f"  {d.symbol} := {d.expression}  ({d.meaning})" for d in theorem.definitions),
        "",
        "Hypotheses",
        *(f"  [{c.id}] {c.statement}" for c in theorem.conditions),
        *(f"  [{h.id}] {h.relation}  ({h.meaning})" for h in theorem.hypotheses),
        "",
        f"Conclusion: {theorem.conclusion}.",
        f"  {theorem.conclusion_relation}",
        "",
        "Constants",
        *(f"  {c.name} = {c.expression}  ({c.meaning})" for c in theorem.constants),
        f"  rate q = {theorem.rate}",
        *([] if theorem.largest_step is None else [f"  largest step size = {theorem.largest_step}"]),
        "",
        "Assumed",
        *(f"  - {text}" for text in theorem.assumed),
        "",
    ]
    if _others(theorem):
        lines += [f"Other variants: {', '.join(_others(theorem))}.", ""]
    return "\n".join([*lines, "Proof", ""])


def _markdown(theorem: Theorem) -> str:
    names = theorem.latex_names()

    def math(expression: sympy.Basic) -> str:
        return f"${to_latex(expression, names)}$"

    lines = [
        f"# {theorem.title}",
        "",
        f"`{theorem.id}`, edition {theorem.edition}, variant `{theorem.variant}`. {theorem.label}.",
        "",
        *(f"- {source}" for source in _sources(theorem)),
        "",
        f"**Setting.** {theorem.setting}",
        "",
        "| quantity | symbol | meaning | from |",
        "|---|---|---|---|",
        *(
            f"| `{q.name}` | ${q.latex}$ | {q.meaning.replace('|', chr(92) + '|')} | {q.role} |"
            for q in theorem.quantities
        ),
        "",
        "**Definitions.**",
        "",
        *(f"- ${d.latex} :=$ {math(d.expression)}: {d.meaning}" for d in theorem.definitions),
        "",
        "**Hypotheses.**",
        "",
        *(f"- {c.statement}" for c in theorem.conditions),
        *(f"- {math(h.relation)}: {h.meaning}" for h in theorem.hypotheses),
        "",
        f"**Conclusion.** {theorem.conclusion[0].upper()}{theorem.conclusion[1:]}:",
        "",
        f"{math(theorem.conclusion_relation)}.",
        "",
        "**Constants.**",
        "",
        *(f"- `{c.name}` = {math(c.expression)}: {c.meaning}" for c in theorem.constants),
        "",
        "**Assumed.**",
        "",
        *(f"- {text}" for text in theorem.assumed),
        "",
    ]
    return "\n".join(lines)


def _with_probability(theorem: Theorem) -> str:
    """What introduces the conclusion: of an expected loss, the probability is that of staying in the ball."""
    if "least_eigenvalue" in {symbol.name for symbol in theorem.conclusion_relation.free_symbols}:
        return "then, for every neighbourhood $U$ of $w_*$,"
    if "delta" not in theorem.names():
        return "then"
    likely = r"then with probability at least $1-\delta$"
    if "EL_k" in {symbol.name for symbol in theorem.conclusion_relation.free_symbols}:
        return likely + " all $w_k \\in B(w_0, R)$ and $L(w_k) \\to 0$, and"
    return likely


def _latex(theorem: Theorem) -> str:
    names = theorem.latex_names()

    def math(expression: sympy.Basic) -> str:
        return to_latex(expression, names)

    given = ",\\quad ".join(q.bound for q in theorem.quantities if q.bound)
    definitions = ",\\quad ".join(f"{d.latex} := {math(d.expression)}" for d in theorem.definitions)
    statements = [c.latex for c in theorem.conditions] + [math(h.relation) for h in theorem.hypotheses]
    hypotheses = " \\\\\n".join(f"  &{statement}" for statement in statements)
    cites = ", ".join(rf"\cite[{s.number}]{{{s.key}}}" for s in theorem.sources)
    return "\n".join(
        [
            f"% {theorem.id}, edition {theorem.edition}, {theorem.variant}; proof: proofs/{theorem.proof}",
            *(f"% {line}" for line in (theorem.setting, *theorem.assumed)),
            rf"\begin{{theorem}}[{{{cites}}}]",
            "Let",
            rf"\[ {given} \]",
            *(["and", rf"\[ {definitions}. \]"] if definitions else []),
            r"If",
            r"\begin{align*}",
            hypotheses,
            r"\end{align*}",
            _with_probability(theorem),
            rf"\[ {math(theorem.conclusion_relation)}. \]",
            r"\end{theorem}",
            "",
        ]
    )
