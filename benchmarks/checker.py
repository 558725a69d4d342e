"""Time of the independent check against time of the search it checks: the ratio in one run, each in its own process.

    python benchmarks/checker.py [--cases 200,600,digits,2000,network:150,run:50] [--exact] [--repeat 1]

A case is a number of Gaussian rows in R^50 with ±1 targets, or a bundled data set's name. The search is the whole
``certify_dataset`` (all theorems, both kernels), the check every claim of its certificate, data included. ``network:N``
is a random tanh network of 512 neurons on N rows, ``run:N`` a run of such a network on the sphere, followed again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from typing import Any

JOB = """
import json, sys, time
import numpy as np
from certify.certificates.checker import check_certificate
from certify.data import Dataset, load
from certify.data.options import LoadOptions
from certify.networks.files import Layer, Model
from certify.workflows import NetworkRequest, RunRequest, certify_dataset, certify_network, certify_run

name, exact = sys.argv[1], sys.argv[2] == "exact"
kind, _, size = name.rpartition(":")
weights = None
if kind == "network":
    stream = np.random.default_rng(1)
    data = Dataset(stream.standard_normal((int(size), 20)) / 20**0.5, stream.standard_normal(int(size)))
    layer = Layer(stream.standard_normal((512, 20)), stream.standard_normal(512))
    weights = Model((layer,), stream.choice([-1.0, 1.0], 512), 0.5, 1.0, "tanh")
elif kind == "run":
    data = load(f"sphere:n={size},d=20,seed=0", LoadOptions())
elif name.isdigit():
    stream = np.random.default_rng(1)
    X, y = stream.standard_normal((int(name), 50)), np.where(stream.standard_normal(int(name)) > 0, 1.0, -1.0)
    data = Dataset(X, y, normalized=True)
else:
    data = load(name, LoadOptions(normalize=True))
start = np.array([time.perf_counter(), time.process_time()])
if kind == "network":
    certificate = certify_network(weights, data, NetworkRequest()).certificate
elif kind == "run":
    result = certify_run(data, RunRequest(width=512))
    certificate, weights = result.certificate, {"W": result.weights["W"], "v": result.weights["a"]}
else:
    certificate = certify_dataset(data).certificate
middle = np.array([time.perf_counter(), time.process_time()])
report = check_certificate(certificate, data, exact, weights)
end = np.array([time.perf_counter(), time.process_time()])
print(json.dumps({
    "n": data.n, "d": data.d, "search": list(middle - start), "check": list(end - middle), "status": str(report.status),
    "open": [claim.claim for claim in report.claims if claim.status != "confirmed"],
    "floats": len(report.assumed) > 1,
}))
"""


def measure(name: str, exact: bool) -> dict[str, Any]:
    """One search and one check in a fresh process."""
    command = [sys.executable, "-c", JOB, name, "exact" if exact else "default"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def main() -> None:
    """Print a table, and claims that were not confirmed below it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="200,600,digits,2000,network:150,run:50")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    print("| data | n | search, s | check, s | ratio | search, CPU s | check, CPU s | ratio | route | every claim |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in options.cases.split(","):
        runs = [measure(name, options.exact) for _ in range(options.repeat)]
        times = []
        for clock in (0, 1):
            search, check = (statistics.median(run[part][clock] for run in runs) for part in ("search", "check"))
            times.append(f"{search:.2f} | {check:.2f} | {check / search:.1f}")
        route = "float, entries by balls" if runs[0]["floats"] else "balls"
        last = f"{' | '.join(times)} | {route} | {runs[0]['status']}"
        print(f"| {name if not name.isdigit() else 'Gaussian'} | {runs[0]['n']} | {last} |", flush=True)
        for claim in runs[0]["open"]:
            print(f"  not confirmed: {claim}", file=sys.stderr)


if __name__ == "__main__":
    main()
