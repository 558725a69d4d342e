"""Strong scaling: one data set in core, in files and on Dask workers; wall time, processor time, peak memory.

python benchmarks/scaling.py [--rows 8000] [--dimension 50] [--repeat 3] [--memory 1GiB]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any


def measure(options: list[str], source: str) -> tuple[float, float, int, str]:
    """Wall seconds, processor seconds of all processes, peak KiB of the largest, and the claims' hash."""
    command = [sys.executable, "-m", "certify", "dataset", source, "--theorem", "relu.width", "--json", *options]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    document: dict[str, Any] = json.load(process.stdout)
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, document["claims_sha256"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=8000)
    parser.add_argument("--dimension", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory", default="1GiB")
    given = parser.parse_args()
    source = f"sphere:n={given.rows},d={given.dimension},seed=0"
    modes = {
        "in core, 1 thread": ["--threads", "1"],
        "in core, 2 threads": ["--threads", "2"],
        f"files, {given.memory}, 2 threads": ["--threads", "2", "--memory", given.memory],
        "Dask, 1 worker": ["--workers", "1", "--threads", "1"],
        "Dask, 2 workers": ["--workers", "2", "--threads", "2"],
    }
    print(f"n = {given.rows}, d = {given.dimension}; medians of {given.repeat}; load before: {os.getloadavg()[0]:.1f}")
    hashes = set()
    for name, options in modes.items():
        runs = [measure(options, source) for _ in range(given.repeat)]
        hashes |= {run[3] for run in runs}
        wall, cpu, peak = (statistics.median(run[k] for run in runs) for k in range(3))
        print(f"| {name} | {wall:.1f} s | {cpu:.1f} s | {peak / 2**10:.0f} MiB |", flush=True)
    print(f"load after: {os.getloadavg()[0]:.1f}; {len(hashes)} claims_sha256: {', '.join(sorted(hashes))}")


if __name__ == "__main__":
    main()
