"""The verified enclosure of λ_min against named, unverified peers: medians and ratios of one run.

    python benchmarks/spectrum.py [--neural-tangents PYTHON] [--sizes 2000,4000,8000] [--repeat 3]

Each measurement is a process of its own (clean memory, clean threads) that prints seconds and a value.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass

ROWS = """
import numpy as np
def rows(name):
    if name == "digits":
        from sklearn.datasets import load_digits
        return load_digits().data
    return np.random.default_rng(1).standard_normal((int(name), 50))
X = rows(NAME)
"""
PLAIN = """
def plain(X):
    Z = X / np.linalg.norm(X, axis=1)[:, None]
    R = Z @ Z.T
    np.clip(R, -1, 1, out=R)
    H = np.arccos(R); np.subtract(np.pi, H, out=H); H *= R; H /= 2 * np.pi
    np.fill_diagonal(H, 0.5)
    return H
"""
BALLS = """
import flint
from flint import acb_mat, arb, arb_mat
flint.ctx.prec = 128
start = clock()
R = arb_mat([[arb(float(v)) for v in x] for x in X])
G = (R * R.transpose()).tolist()
n = len(G)
s = [G[i][i].sqrt() for i in range(n)]
K = [[arb(0.5)] * n for _ in range(n)]
for i in range(n):
    for j in range(i):
        c = G[i][j] / (s[i] * s[j])
        K[i][j] = K[j][i] = c * (arb.pi() - c.acos()) / (2 * arb.pi())
"""
JOBS = {
    "verified": """
from certify.arithmetic.selftest import require_selftest
from certify.arithmetic.workers import workers
from certify.kernels import UnitRows, build_gram, kernel_for
from certify.spectrum.extremes import smallest
require_selftest()
start = clock()
with workers() as pool:
    A = build_gram(X, UnitRows.from_data(X, True), kernel_for("relu"), pool)
    box = smallest(A, pool).enclosure
stop(start, [box.lower, box.upper])
""",
    "verified kernel": """
from certify.arithmetic.workers import workers
from certify.kernels import UnitRows, build_gram, kernel_for
start = clock()
with workers() as pool:
    A = build_gram(X, UnitRows.from_data(X, True), kernel_for("relu"), pool)
stop(start, None)
""",
    "eigvalsh": PLAIN
    + """
from scipy.linalg import eigvalsh
start = clock()
stop(start, float(eigvalsh(plain(X), subset_by_index=[0, 0], overwrite_a=True)[0]))
""",
    "dpotrf": PLAIN
    + """
from scipy.linalg import lapack
H = plain(X)
start = clock()
lapack.dpotrf(H.T, lower=1, overwrite_a=1, clean=0)
stop(start, None)
""",
    "NumPy kernel": PLAIN + "start = clock(); plain(X); stop(start, None)\n",
    "Arb eig": BALLS
    + """
values = acb_mat(K).eig(multiple=True)
stop(start, min(float(v.real.mid()) for v in values))
""",
    "Arb Schur": BALLS
    + """
def definite(A):
    m = A.nrows()
    if m == 1:
        return A[0, 0] > 0
    rows, k = A.tolist(), m // 2
    corner = arb_mat([row[:k] for row in rows[:k]])
    if not definite(corner):
        return False
    side = arb_mat([row[k:] for row in rows[:k]])
    return definite(arb_mat([row[k:] for row in rows[k:]]) - side.transpose() * corner.solve(side))
stop(start, definite(arb_mat(K)))
""",
    "neural-tangents": """
import jax; jax.config.update("jax_enable_x64", True)
from neural_tangents import stax
_, _, kernel = stax.serial(stax.Dense(1), stax.Relu(), stax.Dense(1))
kernel = jax.jit(kernel, static_argnums=(2,))
Z = X / np.linalg.norm(X, axis=1)[:, None]
kernel(Z, None, "ntk").block_until_ready()  # compilation is not counted
start = clock()
kernel(Z, None, "ntk").block_until_ready()
stop(start, None)
""",
}
FRAME = """
import json, resource, time
clock = time.perf_counter
def stop(start, value):
    seconds = clock() - start
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, value]))
"""


@dataclass(frozen=True)
class Measured:
    """Median seconds, peak GiB and the last value of one job on one data set."""

    seconds: float
    memory: float
    value: object


class Crashed(Exception):
    """A peer's process was killed by a signal: OpenBLAS's dpotrf faults at 16,000 rows in SciPy 1.17.1."""


def measure(job: str, name: str, repeat: int, python: str) -> Measured:
    """Run a job ``repeat`` times."""
    code = f"NAME = {name!r}\n" + FRAME + ROWS + JOBS[job]
    results = []
    for _ in range(repeat):
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, env=environment(job), check=False)
        if done.returncode:
            if done.returncode < 0:
                raise Crashed(f"{job} on {name} died of signal {-done.returncode}")
            raise SystemExit(f"{job} on {name} failed: {done.stderr.strip().splitlines()[-1]}")
        results.append(json.loads(done.stdout.strip().splitlines()[-1]))
    return Measured(statistics.median(r[0] for r in results), max(r[1] for r in results), results[-1][2])


def environment(job: str) -> dict[str, str]:
    """Peers choose their own number of threads; OpenBLAS picks its kernel itself."""
    hidden = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    return {k: v for k, v in os.environ.items() if k not in hidden}


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="digits,2000,4000,8000")
    parser.add_argument("--arb", default="100,200")
    parser.add_argument("--no-eigvalsh", default="16000", help="sizes at which the slowest peer is left out")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--neural-tangents", metavar="PYTHON")
    options = parser.parse_args()
    print("| rows | verified, s | peak GiB | relative width | ÷ (kernel + eigvalsh) | ÷ dpotrf | ÷ (kernel + dpotrf) |")
    print("|---|---|---|---|---|---|---|")
    for name in filter(None, (options.sizes + "," + options.no_eigvalsh).split(",")):
        large = name in options.no_eigvalsh.split(",")
        repeat = 1 if large else options.repeat
        ours = measure("verified", name, repeat, sys.executable)
        low, high = ours.value  # type: ignore[misc]
        cells = ["–"]
        if not large:
            eig = measure("eigvalsh", name, repeat, sys.executable)
            assert low <= eig.value * (1 + 1e-6) and eig.value * (1 - 1e-6) <= high  # type: ignore[operator]
            cells = [f"{ours.seconds / eig.seconds:.2f}"]
        try:
            dpotrf = measure("dpotrf", name, repeat, sys.executable)
            plain = measure("NumPy kernel", name, repeat, sys.executable)
            cells += [f"{ours.seconds / peer:.2f}" for peer in (dpotrf.seconds, plain.seconds + dpotrf.seconds)]
        except Crashed:
            cells += ["crashed", "–"]
        print(
            f"| {name} | {ours.seconds:.2f} | {ours.memory:.2f} | {(high - low) / high:.1e} | "
            + " | ".join(cells)
            + " |",
            flush=True,
        )
    print("\n| rows | verified, s | Arb eig ÷ verified | Arb's definiteness by Schur complements ÷ verified |")
    print("|---|---|---|---|")
    for name in filter(None, options.arb.split(",")):
        ours = measure("verified", name, 3, sys.executable)
        peers = [measure(job, name, 1, sys.executable).seconds / ours.seconds for job in ("Arb eig", "Arb Schur")]
        print(f"| {name} | {ours.seconds:.3f} | {peers[0]:.0f} | {peers[1]:.1f} |", flush=True)
    print(
        "\n| rows | verified kernel, s | NumPy kernel, s | neural-tangents, s | verified ÷ neural-tangents |\n"
        "|---|---|---|---|---|"
    )
    for name in ("4000", "8000"):
        ours = measure("verified kernel", name, options.repeat, sys.executable)
        plain = measure("NumPy kernel", name, options.repeat, sys.executable)
        cells = ["–", "–"]
        if options.neural_tangents:
            peer = measure("neural-tangents", name, options.repeat, options.neural_tangents)
            cells = [f"{peer.seconds:.2f}", f"{ours.seconds / peer.seconds:.2f}"]
        print(f"| {name} | {ours.seconds:.2f} | {plain.seconds:.2f} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
