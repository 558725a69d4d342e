"""The command's entry: the application, its exit status, and one line for every fault."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from certify import __version__
from certify.cli import check, dataset, diff, doctor, kernel, network, prove, report, theorem
from certify.cli import run as training
from certify.cli.console import complain
from certify.cli.options import examples
from certify.errors import ArithmeticRefused, InputError, MachineFault

PROVED, NOT_PROVED, USAGE, OUR_FAULT, INTERRUPTED = 0, 1, 2, 70, 130

app = typer.Typer(
    name="certify",
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "certify dataset wine --normalize",
        "certify dataset wine --normalize -o wine.json -o wine.html",
        "certify theorem list",
    ),
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"certify {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Rigorous bounds on the neural tangent kernel of a data set, and what they prove about training.

    Every number printed is a proved bound; every answer is a certificate that can be checked.
    Exit status: 0 what was asked is proved, 1 not proved, 2 bad usage or input, 70 a fault of certify's.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("dataset", epilog=dataset.EPILOG)(dataset.dataset)
app.command("prove", epilog=prove.EPILOG)(prove.prove)
app.command("check", epilog=check.EPILOG)(check.check)
app.command("diff", epilog=diff.EPILOG)(diff.diff)
app.command("network", epilog=network.EPILOG)(network.network)
app.command("kernel", epilog=kernel.EPILOG)(kernel.kernel)
app.command("run", epilog=training.EPILOG)(training.run)
app.command("report", epilog=report.EPILOG)(report.report)
app.command("doctor", epilog=doctor.EPILOG)(doctor.doctor)
app.add_typer(theorem.app, name="theorem")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command on ``arguments`` (default: the process's own) and return its exit status."""
    try:
        status = app(args=arguments, prog_name="certify", standalone_mode=False)
    except TyperException as fault:
        message = fault.format_message().replace("Value error, ", "").rstrip(".")
        complain(f"{message}; 'certify {_command(arguments)}--help' shows the usage")
        return USAGE
    except InputError as fault:
        complain(str(fault))
        return USAGE
    except (ArithmeticRefused, MachineFault) as fault:
        complain(str(fault))
        return OUR_FAULT
    except (KeyboardInterrupt, typer.Abort):
        complain("interrupted")
        return INTERRUPTED
    except Exception as fault:
        if os.environ.get("CERTIFY_DEBUG"):
            raise
        complain(f"internal fault: {type(fault).__name__}: {fault}; set CERTIFY_DEBUG=1 to see where")
        return OUR_FAULT
    if status == INTERRUPTED:  # Typer's own word for Ctrl-C
        complain("interrupted")
    return status if isinstance(status, int) else PROVED


def _command(arguments: Sequence[str] | None) -> str:
    """The subcommand as typed, with a blank after it, for the advice in a usage error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    known = {"check", "dataset", "diff", "doctor", "kernel", "network", "prove", "report", "run", "theorem"}
    if not given or given[0] not in known:
        return ""
    deeper = given[0] == "theorem" and len(given) > 1 and given[1] in {"list", "show", "check"}
    return " ".join(given[: 2 if deeper else 1]) + " "


def main() -> NoReturn:
    """Console script: run, and leave with the status."""
    if hasattr(signal, "SIGPIPE"):
        # Whoever reads our output may stop early (`| head`): end quietly, as other programs do.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        # Mathematics is printed with its own signs; a terminal that lacks them gets a substitute.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    if not sys.warnoptions and not os.environ.get("CERTIFY_DEBUG"):
        warnings.simplefilter("ignore")
    sys.exit(run())
