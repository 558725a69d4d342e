#!/usr/bin/env python3
"""Assumptions of every theorem against the allow-lists, then coqchk. Run after `make`.

A theorem is what a source listed in _CoqProject declares with the word `Theorem` (or `Corollary`);
lemmas are steps on the way.
Exit status 0: every theorem rests on allowed axioms only, nothing is admitted, coqchk agrees. 1: one
line says what is not so. `--no-coqchk` leaves out the independent checker, `--list` prints the axioms
of each theorem.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = "NTK"
DECLARATION = re.compile(r"^(?:Theorem|Corollary)\s+([\w']+)", re.M)
UNPROVED = re.compile(r"\b(Admitted|Axioms?|Parameters?|Conjecture|Abort|Unset\s+\w+\s+Checking|bypass_check)\b")
FUNCTOR = re.compile(r"^Module\s+(\w+)\s*\((?!\*).*?^End\s+\1\.", re.S | re.M)


class Fault(Exception):
    """The one line to print before exit status 1."""


def strip_comments(text: str) -> str:
    """`text` without comments, which may nest."""
    while True:
        shorter = re.sub(r"\(\*(?:(?!\(\*).)*?\*\)", "", text, flags=re.S)
        if shorter == text:
            return text
        text = shorter


def sources() -> list[Path]:
    """The files of _CoqProject, relative to this folder."""
    lines = (HERE / "_CoqProject").read_text().splitlines()
    return [Path(line.strip()) for line in lines if line.strip().endswith(".v")]


def module(source: Path) -> str:
    """The logical name of a source."""
    return ".".join([ROOT, *source.with_suffix("").parts])


def names(path: Path) -> list[str]:
    """The uncommented lines of an allow-list."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def theorems(source: Path) -> list[str]:
    """Theorems of a file, but for those inside a functor: they exist when it is applied."""
    text = strip_comments((HERE / source).read_text())
    found = UNPROVED.search(text)
    if found:
        raise Fault(f"{source}: contains {found.group(1)!r}; every statement must be proved")
    return DECLARATION.findall(FUNCTOR.sub("", text))


def assumptions(found: list[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """What `Print Assumptions` lists for each (module, theorem), from one run of coqc."""
    query = [f"Require {name}." for name in dict.fromkeys(name for name, _ in found)]
    query.append("From Coq Require String. Import String.StringSyntax. Open Scope string_scope.")
    for name, theorem in found:
        query += [f'Check "{name} {theorem}".', f"Print Assumptions {name}.{theorem}."]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "query.v"
        script.write_text("\n".join(query) + "\n")
        run = subprocess.run(
            ["coqc", "-R", ".", ROOT, "-w", "none", str(script)], cwd=HERE, capture_output=True, text=True, check=False
        )
    if run.returncode:
        raise Fault(f"coqc cannot load the theory ({' '.join(run.stderr.split())[-200:]}); run make first")
    result: dict[tuple[str, str], list[str]] = {}
    current: tuple[str, str] | None = None
    for line in run.stdout.splitlines():
        if line.startswith('"'):
            name, theorem = line.split('"')[1].split()
            current = (name, theorem)
            result[current] = []
        elif current and line and not line[0].isspace() and line not in ("Axioms:", "Closed under the global context"):
            result[current].append(line.split()[0].rstrip(":"))
    missing = set(found) - set(result)
    if missing:
        raise Fault(f"no answer from Print Assumptions for {sorted(missing)[0]}")
    return result


def check(list_all: bool, coqchk: bool) -> None:
    """Raise `Fault` unless every theorem is as the allow-lists and coqchk want it."""
    files = sources()
    found = [(module(source), theorem) for source in files for theorem in theorems(source)]
    classical = set(names(HERE / "allowed_axioms.txt"))
    machine_lines = names(HERE / "allowed_machine.txt")
    machine_modules = {line.split()[1] for line in machine_lines if line.startswith("module ")}
    machine = {line for line in machine_lines if not line.startswith("module ")}
    for (name, theorem), used in assumptions(found).items():
        allowed = classical | machine if name in machine_modules else classical
        for axiom in used:
            if axiom not in allowed:
                raise Fault(f"{name}.{theorem} rests on {axiom}, which is not on its allow-list")
        if list_all:
            own = [axiom.split(".")[-1] for axiom in used if axiom in classical]
            extra = len(used) - len(own)
            primitives = f" and {extra} machine primitives" if extra else ""
            print(f"{name}.{theorem}: {' '.join(own) or 'no axiom'}{primitives}")
    print(f"{len(found)} theorems rest on allowed axioms only")
    if coqchk:
        modules = [word for source in files for word in ("-norec", module(source))]
        run = subprocess.run(
            ["coqchk", "-silent", "-bytecode-compiler", "yes", "-R", ".", ROOT, *modules],
            cwd=HERE, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if run.returncode:
            raise Fault(f"coqchk rejects the theory: {' '.join((run.stderr or run.stdout).split())[-300:]}")
        print(f"coqchk accepts {len(files)} modules")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--no-coqchk", action="store_true", help="leave out the independent checker")
    parser.add_argument("--list", action="store_true", help="print the axioms of each theorem")
    arguments = parser.parse_args()
    try:
        check(arguments.list, not arguments.no_coqchk)
    except Fault as fault:
        print(f"check_assumptions: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
