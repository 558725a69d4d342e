"""``certify prove``: a data set's bound as a Coq theorem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

import typer

from certify.cli.console import complain, say
from certify.cli.options import (
    OUTPUT,
    QUESTION,
    Duplicates,
    Labels,
    Normalize,
    Positive,
    Preprocess,
    Quiet,
    Source,
    Target,
    XKey,
    YKey,
    examples,
)
from certify.cli.targets import check_targets
from certify.errors import InputError

if TYPE_CHECKING:
    from certify.coq import Instance, NetworkInstance
    from certify.data import Dataset

Kind = TypeVar("Kind")

EPILOG = examples(
    "certify prove wine --normalize -o Wine.v",
    "certify prove iris --duplicates drop -o Iris.v",
    "certify prove model.npz --data data.npz -o Network.v",
    "certify prove sphere:n=20,d=5,seed=0 --foundational -o Sphere.v",
)


def prove(
    source: Source,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="The proof file (.v).", rich_help_panel=OUTPUT),
    ] = None,
    foundational: Annotated[
        bool,
        typer.Option(
            "--foundational",
            help="Assume nothing but Coq's real numbers: no machine arithmetic; slow, up to 200 rows.",
            rich_help_panel=QUESTION,
        ),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Have coqc check the file at once.", rich_help_panel=QUESTION)
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --check: leave what coqc makes here.", rich_help_panel=OUTPUT),
    ] = None,
    delta: Annotated[
        float,
        typer.Option(
            metavar="FLOAT",
            help="Failure probability in the required width that is stated for normalised rows with targets.",
            rich_help_panel=QUESTION,
        ),
    ] = 0.05,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="The data of a network: SOURCE is then its file, and the theorem that training from its weights "
            "converges.",
            rich_help_panel=QUESTION,
        ),
    ] = None,
    activation: Annotated[
        Literal["tanh", "softplus"] | None,
        typer.Option(help="The network's activation, where its file does not name it.", rich_help_panel=QUESTION),
    ] = None,
    step_size: Annotated[
        float | None,
        typer.Option(
            metavar="FLOAT",
            help="The network's step size for the loss ½‖F - y‖² (default: the largest admissible one).",
            rich_help_panel=QUESTION,
        ),
    ] = None,
    target: Target = None,
    labels: Labels = "auto",
    positive: Positive = None,
    x_key: XKey = None,
    y_key: YKey = None,
    preprocess: Preprocess = "",
    normalize: Normalize = False,
    duplicates: Duplicates = "keep",
    quiet: Quiet = False,
) -> None:
    """Write a Coq file whose theorem bounds the ReLU tangent kernel's smallest eigenvalue on a data set.

    With --data: whose theorem says that gradient descent from a network's weights fits the data, at a linear rate.

    coqc accepts the file if and only if the bound is proved: of what certify computed nothing is trusted.
    Exit status 0 if the file is written (with --check: and accepted), 1 if Coq rejects it.
    """
    if data is None and (activation is not None or step_size is not None):
        raise InputError("there is no network", "--activation, --step-size", "name its data: --data SOURCE")
    if data is not None and normalize:
        raise InputError("a network takes the rows as they are", "--normalize", "use --preprocess unit")
    if output is None:
        raise InputError("there is no file to write", "-o", "name one: -o Proof.v")
    if keep is not None and not check:
        raise InputError("nothing to keep without a check", "--keep", "add --check")
    check_targets([output], (".v",))
    from certify.certificates import write_atomically
    from certify.coq import build_instance, check_with_retries, proof_text
    from certify.coq.library import coqc
    from certify.data import LoadOptions, load, require_memory

    if check:
        coqc()  # its absence is better known before the work than after it
    options = LoadOptions(
        target=target,
        labels=labels,
        positive=positive,
        x_key=x_key,
        y_key=y_key,
        preprocess=LoadOptions.steps(preprocess),
        normalize=normalize,
        duplicates=duplicates,
    )
    rows = load(source if data is None else data, options)
    require_memory(rows.n, rows.d, rows.name)
    proof: _Proof[Any]
    if data is None:
        proof = _Proof(
            lambda loss: build_instance(rows, foundational=foundational, loss=loss),
            lambda found: proof_text(found, delta),
            lambda found: _describe(found, output),
        )
    else:
        proof = _network_proof(Path(source), rows, activation, step_size, foundational, output)
    instance = _or_nothing(lambda: proof.build(None), source)
    write_atomically(output, proof.text(instance))
    say(proof.told(instance), quiet=quiet)
    if check:
        teller = None if quiet else say
        last, outcome = check_with_retries(proof.build, proof.text, output, keep, say=teller, first=instance)
        if not outcome.accepted:
            complain(f"{output}: Coq rejects it: {outcome.reason}")
            raise typer.Exit(1)
        if last is not instance:
            say(proof.told(last), quiet=quiet)
        say(f"accepted by Coq: {outcome.seconds:.1f} s, {outcome.peak_bytes / 2**20:.0f} MiB", quiet=quiet)


@dataclass(frozen=True)
class _Proof(Generic[Kind]):
    """How an instance is made (with a given loss), written and spoken of."""

    build: Callable[[float | None], Kind]
    text: Callable[[Kind], str]
    told: Callable[[Kind], str]


def _or_nothing(build: Callable[[], Kind], source: str) -> Kind:
    """The instance; leaves with exit status 1 if there is nothing to prove."""
    from certify.coq import NotCertified

    try:
        return build()
    except NotCertified as reason:
        complain(f"{source}: not certified: {reason}")
        raise typer.Exit(1) from None


def _describe(instance: Instance, output: Path) -> str:
    which = "H∞" if instance.data.normalized else "K∞"
    sigma = instance.factor.sigma.times_power(0)
    return f"written: {output}: λ_min({which}) ≥ {sigma:.17g}, {instance.data.n} rows; to be checked by coqc"


def _network_proof(
    path: Path, data: Dataset, activation: str | None, step_size: float | None, foundational: bool, output: Path
) -> _Proof[NetworkInstance]:
    from certify.coq import build_network_instance, network_text
    from certify.networks.files import Model, read_model

    model = read_model(path)
    if not isinstance(model, Model):
        raise InputError("the proof is about two layers and one output", str(path), "give such a network")

    def build(loss: float | None) -> NetworkInstance:
        chosen = foundational or None
        return build_network_instance(
            model, data, activation, step_size=step_size, foundational=chosen, loss=loss
        )  # fmt: skip

    def told(instance: NetworkInstance) -> str:
        eta = instance.eta.times_power(0)
        return (
            f"written: {output}: gradient descent of {path} with step size {eta:.17g} fits {data.n} rows, the residual "
            f"times at most 1 - {eta * instance.mu:.3g} a step; to be checked by coqc"
        )

    return _Proof(build, network_text, told)
