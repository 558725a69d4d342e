#!/usr/bin/env python3
"""Assumptions of every theorem against the allow-lists, then coqchk. Run after `make`.

A theorem is what a source listed in _CoqProject declares with the word `Theorem` (or `Corollary`);
lemmas are steps on the way.
Exit status 0: every theorem rests on allowed axioms only, nothing is admitted, coqchk agrees. 1: one
line says what is not so. coqchk has no virtual machine and is slow on the modules that compute with
machine integers and floats, so it checks these only if `--machine` asks for it; `--no-coqchk` leaves it
out altogether, `--list` prints the axioms of each theorem.
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
SILENT = ("Axioms:", "Closed under the global context")


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


def ask(queries: dict[str, str], requires: list[str]) -> dict[str, list[str]]:
    """What `Print Assumptions` lists for each named query (a term), from one run of coqc."""
    script = [f"Require {name}." for name in dict.fromkeys(requires)]
    script.append("From Coq Require String. Import String.StringSyntax. Open Scope string_scope.")
    for index, (label, term) in enumerate(queries.items()):
        script += [f"Definition query{index} := {term}.", f'Check "{label}".', f"Print Assumptions query{index}."]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "query.v"
        path.write_text("\n".join(script) + "\n")
        command = ["coqc", "-R", ".", ROOT, "-w", "none", str(path)]
        run = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    if run.returncode:
        raise Fault(f"coqc cannot load the theory ({' '.join(run.stderr.split())[-200:]}); run make first")
    answers: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in run.stdout.splitlines():
        if line.startswith('"'):
            current = answers[line.split('"')[1]] = []
        elif current is None or not line or line[0].isspace() or line in SILENT:
            continue
        else:
            current.append(line.split()[0].rstrip(":"))
    missing = queries.keys() - answers.keys()
    if missing:
        raise Fault(f"no answer from Print Assumptions for {min(missing)}")
    return answers


def check(list_all: bool, coqchk: bool, with_machine: bool) -> None:
    """Raise `Fault` unless every theorem is as the allow-lists and coqchk want it."""
    files = sources()
    found = [(module(source), theorem) for source in files for theorem in theorems(source)]
    classical = set(names(HERE / "allowed_axioms.txt"))
    machine_lines = names(HERE / "allowed_machine.txt")
    machine_modules = {line.split()[1] for line in machine_lines if line.startswith("module ")}
    machine = {line for line in machine_lines if not line.startswith("module ")}
    groups = {
        "classical": ([pair for pair in found if pair[0] not in machine_modules], classical),
        "machine": ([pair for pair in found if pair[0] in machine_modules], classical | machine),
    }
    for label, (group, allowed) in groups.items():
        if not group:
            continue
        terms = {f"{name}.{theorem}": f"@{name}.{theorem}" for name, theorem in group}
        requires = [name for name, _ in group]
        # One conjunction first: it is thirty times faster than one question a theorem.
        together = ask({label: f"({', '.join(terms.values())}, tt)"}, requires)[label]
        wrong = [axiom for axiom in together if axiom not in allowed]
        if not (wrong or list_all):
            continue
        for theorem, used in ask(terms, requires).items():
            for axiom in used:
                if axiom not in allowed:
                    raise Fault(f"{theorem} rests on {axiom}, which is not on its allow-list")
            own = [axiom.split(".")[-1] for axiom in used if axiom in classical]
            extra = len(used) - len(own)
            primitives = f" and {extra} machine primitives" if extra else ""
            print(f"{theorem}: {' '.join(own) or 'no axiom'}{primitives}")
        if wrong:
            raise Fault(f"the {label} theorems rest on {wrong[0]}, which is not on their allow-list")
    print(f"{len(found)} theorems rest on allowed axioms only")
    if coqchk:
        chosen = [name for name in map(module, files) if with_machine or name not in machine_modules]
        modules = [word for name in chosen for word in ("-norec", name)]
        run = subprocess.run(
            ["coqchk", "-silent", "-bytecode-compiler", "yes", "-R", ".", ROOT, *modules],
            cwd=HERE, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if run.returncode:
            raise Fault(f"coqchk rejects the theory: {' '.join((run.stderr or run.stdout).split())[-300:]}")
        print(f"coqchk accepts {len(chosen)} modules")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--no-coqchk", action="store_true", help="leave out the independent checker")
    parser.add_argument("--list", action="store_true", help="print the axioms of each theorem")
    parser.add_argument("--machine", action="store_true", help="coqchk the machine modules too (minutes)")
    arguments = parser.parse_args()
    try:
        check(arguments.list, not arguments.no_coqchk, arguments.machine)
    except Fault as fault:
        print(f"check_assumptions: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
