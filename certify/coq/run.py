"""Run coqc on a proof file, and say in one line what it said."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from certify.coq.library import LOGICAL_NAME, NETWORK_MODULES, Say, compiled, coqc
from certify.errors import InputError

#: Logical name of the directory that a proof is compiled in.
PROOF_NAME = "Certified"
#: In every proof file about a network, and in no other.
_NETWORK = b"\nTheorem network_trains : "
_AXIOM = re.compile(r"^([A-Za-z_][\w.']*)(?: :|$)", re.M)


@dataclass(frozen=True)
class CoqOutcome:
    """What coqc made of a file.

    Attributes
    ----------
    accepted :
        Every line was, the theorem's ``Qed`` included.
    reason :
        Coq's complaint in one line; None if accepted.
    seconds, peak_bytes :
        Processor time and largest memory of coqc.
    assumptions :
        Names of the axioms the theorem rests on; None unless asked for.
    """

    accepted: bool
    reason: str | None
    seconds: float
    peak_bytes: int
    assumptions: tuple[str, ...] | None = None


def run_coqc(
    proof_path: str | Path, keep_dir: str | Path | None = None, *, audit: bool = False, say: Say | None = None
) -> CoqOutcome:
    """Compile a proof file with coqc against the project's library.

    Parameters
    ----------
    proof_path :
        The ``.v`` file; any name will do.
    keep_dir :
        Where the file and what Coq makes of it are left, as ``Proof.v``, ``Proof.vo``; else nothing is.
    audit :
        Also list the axioms that the theorem rests on; some five seconds more.
    say :
        Told one line when the library must be compiled first.

    Raises
    ------
    InputError
        If Coq, one of its libraries, or the file is missing.
    """
    path = Path(proof_path)
    if not path.is_file():
        raise InputError("no such file", str(path))
    about_network = _NETWORK in path.read_bytes()
    library = compiled(say, NETWORK_MODULES if about_network else None)
    with tempfile.TemporaryDirectory(prefix="certify-coq-") as scratch:
        work = Path(keep_dir) if keep_dir is not None else Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        target = work / "Proof.v"
        if not (target.exists() and target.samefile(path)):
            shutil.copyfile(path, target)
        status, _, complaint, usage = _run(_command(library, target.name), work)
        theorem = "network_trains" if about_network else "ntk_lambda_min"
        assumptions = _audit(work, library, theorem) if audit and status == 0 else None
    reason = None if status == 0 else _one_line(complaint) or f"coqc ended with status {status}"
    return CoqOutcome(status == 0, reason, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, assumptions)


def _command(library: Path, name: str) -> list[str]:
    """With a logical name for the proof's own directory: ``coqchk`` asks for one."""
    return [coqc(), "-q", "-R", str(library), LOGICAL_NAME, "-R", ".", PROOF_NAME, name]


def _audit(work: Path, library: Path, theorem: str) -> tuple[str, ...]:
    query = f"Require {PROOF_NAME}.Proof.\nPrint Assumptions {PROOF_NAME}.Proof.{theorem}.\n"
    (work / "Audit.v").write_text(query, encoding="ascii")
    status, answer, complaint, _ = _run(_command(library, "Audit.v"), work)
    if status != 0:
        return (f"unknown: {_one_line(complaint)}",)
    return tuple(sorted(_AXIOM.findall(answer.partition("Axioms:")[2])))


def _run(command: list[str], work: Path) -> tuple[int, str, str, os.struct_rusage]:  # type: ignore[name-defined]
    """Status, output, errors and resources of a command of its own process group; Ctrl-C ends that too."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command, cwd=work, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
        try:
            _, state, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        process.returncode = os.waitstatus_to_exitcode(state)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
        return process.returncode, texts[0], texts[1], usage


def _one_line(complaint: str) -> str:
    """``line 7: The term …`` from Coq's message of many lines."""
    line = re.search(r"line (\d+)", complaint)
    message = " ".join(complaint.rpartition("Error:")[2].split())
    return f"line {line[1]}: {message[:300]}" if line else message[:300]
