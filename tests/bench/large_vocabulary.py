"""What a loss over a large vocabulary costs in chunks of rows, beside all rows at once.

    python tests/bench/large_vocabulary.py [--positions 1024] [--classes 49152] [--rounds 5]

Each loss's value and gradient are computed both ways, each way in a process of its own with one thread, at
temperature 2. Prints one JSON object, by loss:

    memory          peak above the answers themselves, in chunks over at once
    answers_chunked the same peak in chunks, in answers of the student: its gradient alone is 1
    answers_plain   the same at once
    time            least CPU time of a round, in chunks over at once

Of the peak in chunks 1.2 answers are needed. What is above that glibc 2.36 has and cannot use again: with
GLIBC_TUNABLES=glibc.malloc.tcache_count=0 in the environment it is gone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOSSES = ("kd", "top-k", "hard", "ce", "rkl")
TOP_K, TEMPERATURE = 64, 2.0


def measure(positions: int = 1024, classes: int = 49_152, rounds: int = 5) -> dict[str, dict[str, float]]:
    """Every loss both ways, and their ratios."""
    figures = {}
    for loss in LOSSES:
        plain, chunked = (_in_a_process(loss, way, positions, classes, rounds) for way in ("plain", "chunked"))
        figures[loss] = {
            "memory": round(chunked["answers"] / plain["answers"], 3),
            "answers_chunked": round(chunked["answers"], 2),
            "answers_plain": round(plain["answers"], 2),
            "time": round(chunked["seconds"] / plain["seconds"], 3),
        }
    return figures


def _in_a_process(loss: str, way: str, positions: int, classes: int, rounds: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", loss, way]
    command += ["--positions", str(positions), "--classes", str(classes), "--rounds", str(rounds)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(told.stdout)
    return figures


def _one(loss: str, way: str, positions: int, classes: int, rounds: int) -> dict[str, float]:
    import torch

    from distill_core.edge.memory import high_water
    from distill_core.losses import rows
    from distill_core.losses.divergences import reverse_kl_loss
    from distill_core.losses.hard_labels import choice_loss
    from distill_core.losses.soft_labels import label_loss, soft_label_loss
    from distill_core.losses.truncated import keep, truncated_kl

    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    student = torch.randn(positions, classes, generator=generator).requires_grad_()
    teacher = torch.randn(positions, classes, generator=generator)
    kept = keep(teacher, TOP_K, TEMPERATURE) if loss == "top-k" else None
    if way == "plain":
        rows.AT_ONCE = positions * classes

    def value() -> Any:
        if loss == "kd":
            return soft_label_loss(student, teacher, TEMPERATURE)
        if loss == "top-k":
            return truncated_kl(student, kept, TEMPERATURE)
        if loss == "hard":
            return choice_loss(student, teacher.argmax(dim=1), TEMPERATURE)
        if loss == "ce":
            return label_loss(student, torch.arange(positions), torch.arange(positions) % 2 > 0)
        return reverse_kl_loss(student, teacher, TEMPERATURE)

    seconds, before = [], high_water()
    for _ in range(rounds):
        began = time.process_time()
        torch.autograd.grad(value(), student)
        seconds.append(time.process_time() - began)
    return {"answers": (high_water() - before) / (4 * positions * classes), "seconds": min(seconds)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--positions", type=int, default=1024)
    parser.add_argument("--classes", type=int, default=49_152)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", nargs=2, metavar=("LOSS", "WAY"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    sizes = given.positions, given.classes, given.rounds
    print(json.dumps(_one(*given.one, *sizes) if given.one else measure(*sizes), indent=None if given.one else 2))
