"""``certify theorem``: what the theorems say, and whether their conditions hold for given numbers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from certify.cli.console import answer, answer_certificate, answer_json
from certify.cli.options import (
    Duplicates,
    Json,
    Labels,
    Normalize,
    Positive,
    Preprocess,
    Target,
    Threads,
    examples,
)
from certify.cli.rate import RATE_EXAMPLES, rate
from certify.errors import InputError

if TYPE_CHECKING:
    from certify.data import LoadOptions

EXAMPLES = (
    "certify theorem list",
    "certify theorem show relu.width",
    "certify theorem show du2019.gd --format latex",
    "certify theorem check du2019.gd --set n=10 --set lambda0=1/5 --set norm_y=3",
    "certify theorem check du2019.gd --data wine --normalize",
    *RATE_EXAMPLES,
    "certify theorem compare --data wine --preprocess standardize,bias,unit --widths 1024,4096",
)

app = typer.Typer(
    help="What the theorems say, and whether their conditions hold.",
    epilog=examples(*EXAMPLES),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Identifier = Annotated[
    str, typer.Argument(metavar="ID", help="As 'certify theorem list' names it.", show_default=False)
]


@app.callback()
def root(context: typer.Context) -> None:
    """What the theorems say, and whether their conditions hold."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("list", epilog=examples(EXAMPLES[0]))
def list_theorems(json: Json = False) -> None:
    """The theorems there are: name, edition, the activations they speak of, and whose they are."""
    from certify.theorems import THEOREMS
    from certify.theorems.statements import AT_WEIGHTS, GIVEN
    from certify.theorems.statements.plsmooth import PLSMOOTH_GD

    theorems = [*THEOREMS.values(), *(variants[0] for variants in (*AT_WEIGHTS.values(), *GIVEN.values())), PLSMOOTH_GD]
    rows = [
        {
            "id": t.id,
            "edition": t.edition,
            "title": t.title,
            "activations": list(t.activations),
            "label": t.label,
        }
        for t in theorems
    ]
    if json:
        answer_json(rows)
        return
    width = max(len(str(row["id"])) for row in rows)
    for theorem in theorems:
        kind = f"{', '.join(theorem.activations)}; edition {theorem.edition}; {theorem.label}"
        answer(f"{theorem.id:<{width}}  {theorem.title}\n{'':<{width}}  {kind}")


@app.command("show", epilog=examples(*EXAMPLES[1:3]))
def show_theorem(
    identifier: Identifier,
    format: Annotated[
        Literal["text", "markdown", "latex"], typer.Option(help="How it is written; LaTeX is a fragment.")
    ] = "text",
    variant: Annotated[
        str | None, typer.Option(metavar="NAME", help="One of the theorem's variants (default: the first).")
    ] = None,
    proof: Annotated[bool, typer.Option("--proof/--no-proof", help="With the proof in full.")] = True,
) -> None:
    """One theorem: hypotheses, constants, conclusion, source and proof."""
    from certify.theorems import show

    answer(show(identifier, format, variant, proof).rstrip("\n"))


@app.command("check", epilog=examples(*EXAMPLES[3:5]))
def check_theorem(
    identifier: Identifier,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A number: decimal or p/q, taken exactly; repeatable."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Measure the data's numbers; --set then gives the request's."),
    ] = None,
    target: Target = None,
    labels: Labels = "auto",
    positive: Positive = None,
    preprocess: Preprocess = "",
    normalize: Normalize = False,
    duplicates: Duplicates = "keep",
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Decide a theorem's conditions for numbers you name, or for a data set. Exit status 0 if proved, else 1.

    Without m the least width is sought; without any --set, one line says which names are needed.
    """
    given = parse_assignments(values or ())
    if data is None:
        from certify.theorems import check

        entry = check(identifier, given).to_json()
    else:
        from certify.data import LoadOptions

        options = LoadOptions(
            target=target,
            labels=labels,
            positive=positive,
            preprocess=LoadOptions.steps(preprocess),
            normalize=normalize,
            duplicates=duplicates,
        )
        entry = _check_on_data(identifier, given, data, options, threads)
    if json:
        from certify.certificates import canonical_text

        answer(canonical_text(entry))
    else:
        answer(describe(entry))
    raise typer.Exit(0 if entry["verdict"] == "proved" else 1)


app.command("rate", epilog=examples(*RATE_EXAMPLES))(rate)


@app.command("compare", epilog=examples(EXAMPLES[-1]))
def compare_theorems(
    data: Annotated[str, typer.Option(metavar="SOURCE", help="The data set, as for 'certify dataset'.")],
    widths: Annotated[
        str, typer.Option(metavar="M,M,...", help="Also certify the loss after finite time at these widths.")
    ] = "",
    activation: Annotated[
        str | None, typer.Option(metavar="NAME|EXPR", help="The network's activation (default: relu).")
    ] = None,
    delta: Annotated[float, typer.Option(metavar="FLOAT", help="Failure probability over the weights.")] = 0.05,
    alpha: Annotated[float, typer.Option(metavar="FLOAT", help="Scale of the network's output.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the weights drawn for --widths.")] = 0,
    format: Annotated[
        Literal["text", "markdown", "latex"], typer.Option(help="How the table is written; LaTeX is a fragment.")
    ] = "text",
    target: Target = None,
    labels: Labels = "auto",
    positive: Positive = None,
    preprocess: Preprocess = "",
    normalize: Normalize = False,
    duplicates: Duplicates = "keep",
    threads: Threads = None,
    json: Json = False,
) -> None:
    """All theorems on one data set in one table: the width each needs, and the loss that is certain at given widths."""
    from certify.data import LoadOptions, load
    from certify.workflows.compare import CompareRequest, compare
    from certify.workflows.comparison_table import render
    from certify.workflows.request import DatasetRequest

    request = CompareRequest(
        DatasetRequest(activation=activation, delta=delta, alpha=alpha, threads=threads), parse_widths(widths), seed
    )
    options = LoadOptions(
        target=target,
        labels=labels,
        positive=positive,
        preprocess=LoadOptions.steps(preprocess),
        normalize=normalize,
        duplicates=duplicates,
    )
    certificate = compare(load(data, options), request)
    if json:
        answer_certificate(certificate)
    else:
        answer(render(certificate, format))


def parse_widths(text: str) -> tuple[int, ...]:
    """``"1024,4096"`` as numbers. Raises `InputError`."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise InputError(f"'{text}' is not a list of widths", "--widths", "write 1024,4096") from None


def parse_assignments(texts: list[str] | tuple[()]) -> dict[str, str]:
    """``["n=10", "delta=1/20"]`` as a dictionary.

    Raises
    ------
    InputError
        For a text without ``=`` or without a name, and for a name that is given twice.
    """
    values: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            raise InputError(f"'{text}' is not NAME=VALUE", "--set", "write --set n=10")
        if name in values:
            raise InputError(f"'{name}' is given twice", "--set", "give each name once")
        values[name] = value
    return values


def _check_on_data(
    identifier: str, given: Mapping[str, str], source: str, options: LoadOptions, threads: int | None
) -> dict[str, Any]:
    """The theorem's entry in the certificate of the data set."""
    from certify.data import load
    from certify.theorems.check import parse
    from certify.workflows import DatasetRequest, certify_dataset
    from certify.workflows.by_data import BY_DATA, ask

    if identifier in BY_DATA:
        settings = {n: value if n == "activation" else Fraction(parse(n, value)) for n, value in given.items()}
        return ask(identifier, load(source, options), settings, threads)
    names = {"delta": "delta", "alpha": "alpha", "m": "width", "min_rate": "min_rate", "fraction": "fraction"}
    request: dict[str, Any] = {"theorems": (identifier,), "threads": threads}
    for name, value in given.items():
        if name == "init":
            request["init"] = value
        elif name not in names:
            known = ", ".join([*names, "init"])
            raise InputError(f"'{name}' is measured from the data", "--set", f"with --data, set only {known}")
        else:
            number = parse(name, value)
            request[names[name]] = int(number) if name == "m" and number == int(number) else float(number)
    result = certify_dataset(load(source, options), DatasetRequest(**request))
    return result.theorem(identifier).to_json()


def describe(entry: Mapping[str, Any]) -> str:
    """A theorem's answer as lines of text; numbers are rounded outward."""
    from certify.arithmetic.enclosure import Enclosure
    from certify.certificates.canonical import integer_text
    from certify.reports import numbers

    def shown(value: Mapping[str, Any] | None) -> str:
        if value is not None and isinstance(value["lower"], int) and value["lower"] == value["upper"]:
            return integer_text(value["lower"])
        return numbers.UNKNOWN if value is None else numbers.enclosure(Enclosure.from_json(dict(value)), 9)

    lines = [f"{entry['id']} (edition {entry['edition']}): {entry['verdict']}", str(entry["claim"])]
    lines += [f"reason: {entry['reason']}"] if entry["reason"] else []
    lines += [f"would decide: {text}" for text in entry["would_decide"]]
    lines += ["", "hypotheses"]
    for hypothesis in entry["hypotheses"]:
        lines.append(f"  {hypothesis['verdict']:<10} {hypothesis['statement']}")
        if hypothesis["interval"] is not None:
            left, right = shown(hypothesis["interval"]), shown(hypothesis["bound"])
            lines.append(f"  {'':<10}   left side {left}, right side {right}")
    if entry["constants"]:
        lines += [
            "",
            "constants",
            *(f"  {name} = {shown(value)}" for name, value in entry["constants"].items()),
        ]
    if entry["conclusion"]:
        lines += ["", f"conclusion: {entry['conclusion']}"]
    lines += ["", "assumed", *(f"  - {text}" for text in entry["assumed"])]
    return "\n".join(lines)
