"""coqc's time and memory on proof files of bundled data, beside the generator's time and the certified bound."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from certify import certify_dataset
from certify.coq import build_instance, compiled, proof_text, run_coqc
from certify.data import LoadOptions, load
from certify.workflows import DatasetRequest

CASES = (
    ("iris", True, False), ("iris", False, False), ("wine", True, False), ("breast_cancer", True, False),
    ("breast_cancer", False, False), ("digits", True, False), ("digits", False, False), ("iris", True, True),
)  # fmt: skip


def measure(source: str, normalize: bool, foundational: bool) -> str:
    """One line of the table."""
    data = load(source, LoadOptions(normalize=normalize, duplicates="drop"))
    request = DatasetRequest(activation="relu", theorems=("du2019.gd",))
    certified = certify_dataset(data, request).bounds["lambda_min"].lower
    start = time.process_time()
    instance = build_instance(data, foundational=foundational)
    text = proof_text(instance)
    generator = time.process_time() - start
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Proof.v"
        path.write_text(text, encoding="ascii")
        outcome = run_coqc(path)
    sigma = instance.factor.sigma.times_power(0)
    return (
        f"| {source} | {data.n} × {data.d} | {'H∞' if normalize else 'K∞'} | {instance.arithmetic} "
        f"| {'yes' if outcome.accepted else 'NO'} | {outcome.seconds:.1f} s | {outcome.peak_bytes / 2**20:.0f} MiB "
        f"| {generator:.1f} s | {len(text) / 1e6:.1f} MB | {sigma:.10g} | {sigma / float(certified or 'nan'):.8f} |"
    )


def main() -> None:
    """Print the table; ``--only NAME`` repeats."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append")
    wanted = parser.parse_args().only
    compiled(lambda line: print(line, file=sys.stderr))
    print("| data | size | matrix | arithmetic | accepted | coqc, CPU | peak | generator | file | σ | σ / certified |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for source, normalize, foundational in CASES:
        if not wanted or source in wanted:
            print(measure(source, normalize, foundational), flush=True)


if __name__ == "__main__":
    main()
