"""The Coq library that a proof file rests on: where its sources are, and its compiled copy in the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from certify.errors import InputError

#: In order of dependence; each is ``proofs/coq/NAME.v``.
MODULES = (
    "Spec", "instance/Sums", "instance/Angle", "instance/Rows", "instance/Enclosure", "instance/Check",
    "instance/Foundational", "instance/Limbs", "instance/Machine", "instance/Wide", "SpecWidth", "instance/Width",
    "instance/ReluWidth",
)  # fmt: skip
#: What a proof about a network rests on.
NETWORK_MODULES = (
    "Spec", "SpecNetwork", "instance/Sums", "instance/Angle", "instance/Rows", "instance/Enclosure",
    "theory/FiniteSum", "theory/Normed", "theory/InnerProduct", "theory/PLStar", "theory/PLStarSmooth",
    "theory/LeastSquares", "theory/Euclidean", "theory/LemmaL", "theory/Linearisation", "theory/Residual",
    "theory/MainTheorem", "theory/DataMatrix", "theory/TwoLayer", "theory/Network", "theory/Activations",
    "theory/SmoothNetworks", "instance/Weights", "instance/Smooth", "instance/NetworkFoundational",
    "instance/NetworkMachine",
)  # fmt: skip
LOGICAL_NAME = "NTK"
INSTALL = "apt-get install coq libcoq-interval libcoq-bignums libcoq-coquelicot"

Say = Callable[[str], None]


def coqc() -> str:
    """The Coq compiler's path.

    Raises
    ------
    InputError
        If there is none.
    """
    found = shutil.which("coqc")
    if found is None:
        raise InputError("Coq is not installed: there is no coqc on the PATH", "coqc", INSTALL)
    return found


def sources() -> Path:
    """The directory of the library's sources: of the source tree, or the copy inside an installed package.

    Raises
    ------
    InputError
        If this installation has neither.
    """
    package = Path(__file__).resolve().parent.parent
    for place in (package / "_proofs" / "coq", package.parent / "proofs" / "coq"):
        if all((place / f"{name}.v").is_file() for name in (*MODULES, *NETWORK_MODULES)):
            return place
    raise InputError("this installation lacks the Coq library", "certify", "install the package again")


def compiled(say: Say | None = None, modules: tuple[str, ...] | None = None) -> Path:
    """The directory of the compiled library, made on first use and kept in ``$XDG_CACHE_HOME/certify``.

    The directory's name holds a hash of the sources and of Coq's version: a change of either compiles anew.

    Parameters
    ----------
    say :
        Told one line when there is work to do, which takes ten to thirty seconds.
    modules :
        Which part: `MODULES` (also None) or `NETWORK_MODULES`.

    Raises
    ------
    InputError
        If Coq or one of its libraries is missing, or the cache cannot be written.
    """
    compiler, origin = coqc(), sources()
    modules = MODULES if modules is None else modules
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    digest = hashlib.sha256(version.encode())
    for name in modules:
        digest.update(b"\0" + name.encode() + b"\0" + (origin / f"{name}.v").read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "certify"
    place = cache / f"coq-{digest.hexdigest()[:16]}"
    if place.is_dir():
        return place
    if say:
        say(f"compiling the Coq library into {place}, once: half a minute")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="coq-", dir=cache))
    except OSError as error:
        raise InputError(f"the cache cannot be written ({error.strerror})", str(cache), "set XDG_CACHE_HOME") from None
    try:
        for name in modules:
            target = work / f"{name}.v"
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(origin / f"{name}.v", target)
            _compile(compiler, work, name)
        try:
            work.rename(place)
        except OSError:  # another process was faster
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return place


def _compile(compiler: str, work: Path, name: str) -> None:
    done = subprocess.run(
        [compiler, "-q", "-R", ".", LOGICAL_NAME, f"{name}.v"],
        cwd=work, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        if "Cannot find a physical path" in done.stderr or "Unable to locate library" in done.stderr:
            raise InputError("a library of Coq's is missing", f"{name}.v", INSTALL)
        raise InputError(
            f"this Coq does not compile the library ({' '.join(done.stderr.split())[:200]})", f"{name}.v",
            "use Coq 8.16 with coq-interval 4.6",
        )  # fmt: skip
