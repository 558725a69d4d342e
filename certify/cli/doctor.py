"""``certify doctor``: is this machine's arithmetic what the lemmas assume, and what runs here."""

from __future__ import annotations

from typing import Any

import typer

from certify import __version__
from certify.cli.console import answer, answer_json
from certify.cli.options import Json, Quiet, examples

EPILOG = examples("certify doctor", "certify doctor --json")


def doctor(quiet: Quiet = False, json: Json = False) -> None:
    """Test the arithmetic of this machine, and name its libraries, BLAS and processor.

    Exit status: 0 if every test passed, else 70: nothing can be certified here.
    """
    from certify.arithmetic.selftest import run_selftest

    outcome = run_selftest()
    checks = [{"name": c.name, "passed": c.passed, "detail": c.detail} for c in outcome.checks]
    machine = describe_machine()
    if json:
        answer_json({"passed": outcome.passed, "checks": checks, **machine})
    elif not quiet:
        answer(_as_text(checks, machine))
    raise typer.Exit(0 if outcome.passed else 70)


def describe_machine() -> dict[str, Any]:
    """What a certificate records of its environment, and the memory that may be used, in bytes."""
    from certify.workflows.environment import describe_environment

    return {"certify": __version__, **describe_environment(), "memory": _memory()}


def _memory() -> int | None:
    from certify.data.memory import memory_limits

    return min(memory_limits().values(), default=None)


def _as_text(checks: list[dict[str, Any]], machine: dict[str, Any]) -> str:
    """A plain table: the checks, then the machine."""
    rows = [("ok" if c["passed"] else "FAILED", c["name"], c["detail"]) for c in checks]
    width = max(len(name) for _, name, _ in rows)
    lines = [f"{state:<7} {name:<{width}}  {detail}" for state, name, detail in rows]
    libraries = ", ".join(f"{name} {found or 'absent'}" for name, found in machine["libraries"].items())
    blas = "; ".join(f"{b['internal_api']} {b['version']} ({b['architecture']})" for b in machine["blas"])
    memory = f"{machine['memory'] / 2**30:.1f} GiB" if machine["memory"] else "unknown"
    lines += [
        "",
        f"certify    {machine['certify']} on Python {machine['python']} ({machine['system']})",
        f"libraries  {libraries}",
        f"BLAS       {blas or 'unknown'}",
        f"processor  {machine['processor']}, {machine['processors']} usable",
        f"memory     {memory} may be used",
        "",
        "The arithmetic is what the lemmas assume."
        if all(c["passed"] for c in checks)
        else "Nothing can be certified here: a test failed.",
    ]
    return "\n".join(lines)
