"""The comparison of theorems as a table: text, Markdown, LaTeX."""

from __future__ import annotations

from dataclasses import dataclass

from certify.certificates import Certificate, TheoremEntry
from certify.reports import numbers

FORMATS = ("text", "markdown", "latex")
HEADER = ("theorem", "activation", "answer", "width", "guarantee", "probability")


@dataclass(frozen=True)
class Row:
    """One line: cells as plain Unicode text."""

    theorem: str
    activation: str
    answer: str
    width: str
    guarantee: str
    probability: str

    def cells(self) -> tuple[str, ...]:
        """In the order of `HEADER`."""
        return (self.theorem, self.activation, self.answer, self.width, self.guarantee, self.probability)


def rows(certificate: Certificate) -> list[Row]:
    """One row for each theorem, the least width first, then losses at given widths."""
    own = str((certificate.kernel or {}).get("activation", "?"))
    entries = [entry for entry in certificate.theorems if isinstance(entry, TheoremEntry)]
    widths = [entry for entry in entries if not entry.id.startswith("horizon")]
    widths.sort(key=lambda entry: _width(entry) or 1 << 5000)
    finite = [row for entry in entries if entry.id.startswith("horizon") for row in _horizon_rows(entry, own)]
    return [*(_row(entry, own) for entry in widths), *finite]


def _horizon_rows(entry: TheoremEntry, own: str) -> list[Row]:
    """One row a width; of drawn weights nothing is left to chance."""
    prefix = "loss_factor_at_"
    known = {int(name.removeprefix(prefix)): value for name, value in entry.constants.items() if prefix in name}
    return [
        Row(
            entry.id,
            _activation(entry, own),
            entry.verdict,
            str(width),
            f"L(T) ≤ {numbers.upper_end(known[width], 4)} L(0)",
            numbers.probability(entry.constants.get("probability")) if "prior" in entry.id else "1 (weights drawn)",
        )
        for width in sorted(known)
    ]


def _activation(entry: TheoremEntry, own: str) -> str:
    kernel = entry.document.get("kernel")
    return own if not kernel else str(kernel["activation"])


def _width(entry: TheoremEntry) -> int | None:
    found = entry.constants.get("required_width")
    return found.upper if found is not None and isinstance(found.upper, int) else None


def _row(entry: TheoremEntry, own: str) -> Row:
    activation, constants, width = _activation(entry, own), entry.constants, _width(entry)
    rate = numbers.contraction(constants.get("rate"), gap=constants.get("contraction"))
    flow = "time_to_fraction" in constants
    claim = "—" if width is None else f"L({'t' if flow else 'k'}) ≤ q^{'t' if flow else 'k'} L(0), q = {rate}"
    probability = "—" if width is None else numbers.probability(constants.get("probability"))
    return Row(entry.id, activation, entry.verdict, "—" if width is None else numbers.width(width), claim, probability)


def render(certificate: Certificate, format: str) -> str:
    """The table in one of `FORMATS`; LaTeX is a fragment for booktabs."""
    lines = rows(certificate)
    title = f"{(certificate.data or {}).get('name', 'data')}, n = {(certificate.data or {}).get('n')}"
    if format == "markdown":
        cells = [[cell.replace("|", "\\|") for cell in row.cells()] for row in lines]
        return "\n".join(
            [f"**{title}**", "", f"| {' | '.join(HEADER)} |", "|" + "---|" * len(HEADER)]
            + [f"| {' | '.join(line)} |" for line in cells]
        )
    if format == "latex":
        body = [" & ".join(_latex(cell) for cell in row.cells()) + r" \\" for row in lines]
        return "\n".join(
            [
                rf"% {title}; claims_sha256 {certificate.claims_sha256}",
                r"\begin{tabular}{llllll}",
                r"\toprule",
                " & ".join(HEADER) + r" \\",
                r"\midrule",
                *body,
                r"\bottomrule",
                r"\end{tabular}",
            ]
        )
    shown = [HEADER, *(tuple(_ascii(cell) for cell in row.cells()) for row in lines)]
    sizes = [max(len(line[i]) for line in shown) for i in range(len(HEADER))]
    text = ["  ".join(cell.ljust(size) for cell, size in zip(line, sizes, strict=True)).rstrip() for line in shown]
    text.insert(1, "  ".join("-" * size for size in sizes))
    return "\n".join([_ascii(title), "", *text])


_SPELT = {"≤": "<=", "−": "-", "—": "-", "\u202f": ","}


def _ascii(text: str) -> str:
    for character, spelt in _SPELT.items():
        text = text.replace(character, spelt)
    return text


def _latex(text: str) -> str:
    for character, spelt in (
        ("\\", r"\textbackslash{}"), ("_", r"\_"), ("%", r"\%"), ("&", r"\&"), ("#", r"\#"), ("^", r"\^{}"),
        ("≤", r"$\leq$"), ("−", "$-$"), ("—", "---"), ("*", r"$\ast$"),
    ):  # fmt: skip
        text = text.replace(character, spelt)
    return text
