"""`python -m distill_core bench --losses`: what each loss costs a step; two of them beside plain PyTorch.

The work is that of the other benchmark (`work`). All losses, and some pairs of them, take turns, some steps each,
so that whatever else the machine does falls on all; ratios are taken within a round and the median is shown. Soft
labels have their answers kept, as in any run after its first passes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from json import dumps
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

from distill_core.home import default_home
from distill_core.losses.registry import LOSSES

if TYPE_CHECKING:
    from distill_core.bench.work import BenchTask, Say
    from distill_core.config import DistillConfig
    from distill_core.task import Data

STEPS = 8
BETWEEN_CNNS = tuple(name for name in LOSSES if name not in ("ce", "deit", "vit-attention"))
TOGETHER = ("at+hint", "hint+rkd", "dkd+hint")
BESIDE_PYTORCH: tuple[Literal["at", "hint"], ...] = ("at", "hint")
REQUIRED = 1.3


def bench_losses(rounds: int = 7, json: bool = False) -> int:
    """Runs the benchmark and prints it; progress goes to stderr.

    Returns:
        The exit code: 0 if attention transfer and hints keep their promise, else 1.
    """
    result = run_losses(rounds, say=lambda line: print(line, file=sys.stderr, flush=True))
    print(dumps(result) if json else losses_report(result))
    return 0 if result["passed"] else 1


def run_losses(
    rounds: int = 7,
    home: Path | None = None,
    say: Say = lambda _line: None,
    timed: tuple[str, ...] = (*BETWEEN_CNNS, *TOGETHER),
) -> dict[str, Any]:
    """Measures every loss that CNNs can use.

    Args:
        rounds: in each of which every loss takes `STEPS` steps.
        home: where the benchmark's teacher is kept; None for the default.
        say: told how it goes.
        timed: losses, "kd" and those of `BESIDE_PYTORCH` among them.

    Returns:
        Plain data: images per second, cost relative to soft labels, and how many times the ordinary loop. Losses taken
        together are joined by "+".
    """
    import torch

    from distill_core.bench.work import BATCH, BenchTask, Size, recipe, trained_teacher

    size = Size(images=2560, test_images=500, epochs=5, short_epochs=1, seeds=0, teacher_epochs=1)
    task, load = BenchTask(size), os.getloadavg()[0]
    teacher = trained_teacher(task, size, home or default_home(), say)
    data = task.load_data(recipe(size, teacher, 5, 0), Path())
    with tempfile.TemporaryDirectory(prefix="distill-bench-") as scratch:
        config = recipe(size, teacher, size.epochs, seed=0)
        ours = {name: _Stepper(_with(config, name), task, Path(scratch)) for name in timed}
        theirs = {name: _Ordinary(config, task, data, teacher, name) for name in BESIDE_PYTORCH}
        seconds: dict[str, list[float]] = {name: [] for name in (*ours, *(f"ordinary {name}" for name in theirs))}
        for number in range(1 + rounds):
            for name, stepper in ours.items():
                seconds[name].append(stepper.seconds(STEPS))
            for name, loop in theirs.items():
                seconds[f"ordinary {name}"].append(loop.seconds())
            say(f"round {number} of {rounds}" if number else "warmed up")
    warm = {name: each[1:] for name, each in seconds.items()}
    checks = {name: _ratios(warm[f"ordinary {name}"], warm[name]) for name in BESIDE_PYTORCH}
    return {
        "images_per_second": {name: BATCH / median(each) for name, each in warm.items()},
        "cost_relative_to_kd": {name: _ratios(warm[name], warm["kd"]) for name in ours},
        "times_ordinary": checks,
        "required": REQUIRED,
        "passed": all(check[0] >= REQUIRED for check in checks.values()),
        "rounds": rounds,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "load_at_start": load,
    }


def losses_report(result: dict[str, Any]) -> str:
    """The result of `run_losses` as Markdown that also reads well in a terminal."""
    lines = ["| loss | images/s | cost a step, plain soft labels = 1 |", "|---|---:|---:|"]
    for name, (middle, low, high) in result["cost_relative_to_kd"].items():
        rate = result["images_per_second"][name]
        title = " + ".join(LOSSES[part].title for part in name.split("+"))
        lines.append(f"| {title} (`{name}`) | {rate:,.0f} | {middle:.2f} ({low:.2f} to {high:.2f}) |")
    lines.append("")
    for name, (middle, low, high) in result["times_ordinary"].items():
        verdict = "PASS" if middle >= result["required"] else "FAIL"
        rate = result["images_per_second"][f"ordinary {name}"]
        lines.append(
            f"{LOSSES[name].title}: {middle:.2f} times ({low:.2f} to {high:.2f}) the ordinary PyTorch loop "
            f"({rate:,.0f} images/s); promised {result['required']:g}: {verdict}"
        )
    lines.append(
        f"torch {result['torch']}, {result['threads']} threads, {result['rounds']} rounds, "
        f"load {result['load_at_start']:.1f} at the start."
    )
    return "\n".join(lines)


class _Stepper:
    """The workbench's trainer, a few steps at a time."""

    def __init__(self, config: DistillConfig, task: BenchTask, home: Path) -> None:
        import torch

        from distill_core.train.control import RunControl
        from distill_core.train.moment import levels_of
        from distill_core.train.sampler import Sampler
        from distill_core.train.trainer import Trainer

        self._trainer = Trainer(config, task, lambda _event: None, RunControl(), home=home)
        self._span = self._trainer.shop.spans[0]
        everything = torch.arange(len(self._trainer.shop.data.train))
        self._batches = Sampler(everything, config.training.batch_size, seed=0, stream=0)
        self._asks = self._trainer.shop.terms.asks(levels_of(config, self._span.phase))
        if self._asks == "logits" and self._trainer.shop.answers:
            self._trainer.shop.answers.prepare(0, everything)

    def seconds(self, steps: int) -> float:
        """Of one step, over several."""
        trainer = self._trainer
        begun = time.perf_counter()
        for step in range(steps):
            indices, passes = self._batches.batch(step)
            trainer._learn(self._span, indices, passes * 0, self._asks, shows_gradients=False)
        return (time.perf_counter() - begun) / steps


class _Ordinary:
    """The ordinary loop, an epoch of a few batches at a time."""

    def __init__(
        self, config: DistillConfig, task: BenchTask, data: Data, teacher: Path, loss: Literal["at", "hint"]
    ) -> None:
        from distill_core.bench.ordinary_layers import OrdinaryLayersLoop
        from distill_core.bench.work import BATCH, STUDENT
        from distill_core.task import Split

        few = Split(data.train.inputs[: STEPS * BATCH], data.train.labels[: STEPS * BATCH])
        small = type(data)(data.facts, few, data.validation, data.test)
        model, _card = task.load_teacher(str(teacher), data.facts)
        student = task.build(STUDENT, data.facts, 0)
        self._loop = OrdinaryLayersLoop(small, student, model, config, 0, loss)

    def seconds(self) -> float:
        """Of one step, over an epoch."""
        begun = time.perf_counter()
        self._loop.epoch()
        return (time.perf_counter() - begun) / STEPS


def _with(config: DistillConfig, losses: str) -> DistillConfig:
    """Soft labels as they are; other losses with labels instead of them, at a weight that keeps training calm."""
    if losses == "kd":
        return config
    return config.changed({"alpha": 0, "terms": [{"loss": loss, "weight": 0.01} for loss in losses.split("+")]})


def _ratios(numerators: list[float], denominators: list[float]) -> tuple[float, float, float]:
    ratios = [above / below for above, below in zip(numerators, denominators, strict=True)]
    return median(ratios), min(ratios), max(ratios)
