"""How long models take on this CPU, by a protocol that holds on a machine that does other things too.

For a process of its own that has not imported torch. All models are loaded together and take turns in shuffled
rounds, so that whatever the machine does meets all of them alike; each timed call follows an untimed one; no sample is
thrown away. The headline is the CPU time of the thread, which other programs hardly move; wall time stands beside it.
"""

from __future__ import annotations

import hashlib
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill_core.edge import samples, writing
from distill_core.edge.machine import machine_facts
from distill_core.edge.onnx_file import FREE, Input, first_line, input_of, open_session
from distill_core.errors import DistillError

if TYPE_CHECKING:
    import numpy as np

WARM_CALLS, WARM_SECONDS = 10, 0.5
DOUBLINGS, FEWEST_ROUNDS = 2, 10
BATCHES = (8, 32)
LONGEST_CALL = 2e9
"""Nanoseconds of a call, above which a batch is not measured."""
LOADS = 3
NOISE_SAMPLES = 64
FEW_TOKENS = 4
"""Tokens that every vocabulary has."""


@dataclass
class Variant:
    """One model under the clock: `wall[i][j]` and `cpu[i][j]` are nanoseconds of repeat i, round j.

    Of one that writes texts `written` are those, too, of writing a few tokens; else it stays empty.
    """

    name: str
    path: Path
    session: Any
    into: Input
    pool: np.ndarray[Any, Any]
    inputs: str
    load_ms: float
    call_ns: float = 0.0
    wall: list[list[int]] = field(default_factory=list)
    cpu: list[list[int]] = field(default_factory=list)
    writes: bool = False
    written: list[list[int]] = field(default_factory=list)

    @property
    def window(self) -> int:
        """Tokens that a call reads of a text."""
        return int(self.pool.shape[1])

    def writer(self, number: int) -> Callable[[], Any]:
        """A call without arguments: the model writes into one text of its pool; see `writing.write`."""
        text = self.pool[number % len(self.pool)]
        return lambda: writing.write(self.session, self.into, text)

    def caller(self, batch: int, start: int) -> Callable[[], Any]:
        """A call without arguments: the model on `batch` samples of its pool, contiguous, from `start` on."""
        import numpy as np

        places = np.arange(start, start + batch) % len(self.pool)
        feed = {self.into.name: np.ascontiguousarray(self.pool[places])}
        return lambda: self.session.run(None, feed)


def measure(
    files: dict[str, Path],
    images: Path | None = None,
    rounds: int = 100,
    repeats: int = 5,
    threads: int = 1,
    seconds: float = 10.0,
) -> dict[str, Any]:
    """Times models against each other on one sample a call.

    Args:
        files: the models by the names they get in the result; the first is the one ratios are taken to.
        images: an .npy file, float32 `[N, ...]`, normalised as the models expect, or int64 tokens `[N, L]`; a model
            it does not fit, or all models if it is None, get seeded noise, and the result says so.
        rounds: rounds of a repeat; doubled up to twice while a ratio is unstable.
        repeats: repeats, between which a ratio's range is taken.
        threads: threads inside an operator; with more than one, only wall time means something.
        seconds: the most the rounds may take; slow models get fewer rounds, and doubling ends here.

    Returns:
        Plain data: `machine`, `protocol`, `inputs`, `models` (each with `cpu_ms`, `spread` (see `samples.spread`),
        `wall_ms`, `load_ms`, `preempted_share`, `batch` (ms a sample), `bytes`, `sha256`, `samples`), `ratios`
        (`"b/a"`: how many times as
        long b takes as a) and `warnings`. Of models of texts `cpu_ms` is of reading a `window` of so many tokens, and
        `token_ms` of writing one, in the same rounds; see `writing.write`.

    Raises:
        DistillError: if a file cannot be used; the message names it and says why.
    """
    if not files:
        raise DistillError("There is nothing to measure: name at least one ONNX file.")
    machine = machine_facts()
    variants = [_load(name, path, images, threads) for name, path in files.items()]
    for variant in variants:
        _warm(variant)
    on_cpu = threads == 1 and time.get_clock_info("thread_time").resolution <= 1e-6
    rounds, notes = _fit(rounds, repeats, seconds, variants)
    rounds = _take_turns(variants, rounds, repeats, seconds, on_cpu)
    sweep = {variant.name: _sweep(variant, on_cpu) for variant in variants}
    preempted = {v.name: samples.preempted_share(v.wall, v.cpu) for v in variants} if on_cpu else {}
    ratios = _ratios(variants, on_cpu)
    if busy := samples.busy_message(preempted):
        notes.append(busy)
    notes += [
        f"The ratio {pair} is unstable: {ratio.low:.2f} to {ratio.high:.2f} over {repeats} repeats. "
        "Close other programs and measure again."
        for pair, ratio in ratios.items()
        if not ratio.stable
    ]
    return {
        "machine": machine,
        "protocol": {
            "threads": threads,
            "rounds": rounds,
            "repeats": repeats,
            "clock": "thread CPU time" if on_cpu else "wall time",
            "warm_up": f"at least {WARM_CALLS} calls and {WARM_SECONDS} s",
        },
        "inputs": " and ".join(sorted({variant.inputs for variant in variants})),
        "models": {v.name: _figures(v, preempted.get(v.name), sweep[v.name], on_cpu) for v in variants},
        "ratios": {pair: ratio.to_dict() for pair, ratio in ratios.items()},
        "warnings": notes,
    }


def _load(name: str, path: Path, images: Path | None, threads: int) -> Variant:
    took: list[float] = []
    while len(took) < LOADS and sum(took) < 1e9:
        start = time.perf_counter_ns()
        session = open_session(path, threads)
        took.append(time.perf_counter_ns() - start)
    into = input_of(session, path)
    pool, inputs = _pool(into, images)
    return Variant(name, path, session, into, pool, inputs, samples.milliseconds(statistics.median(took)))


def _pool(into: Input, images: Path | None) -> tuple[np.ndarray[Any, Any], str]:
    import numpy as np

    if images is not None:
        try:
            pool = np.load(images, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DistillError(f"{images} is not an .npy file of images ({first_line(error)}).") from None
        if len(pool) and _fits(pool.shape[1:], into):
            return (pool.astype(np.int64), "texts") if into.tokens else (pool.astype(np.float32), "images")
    shape = (NOISE_SAMPLES, *into.sample_shape)
    if into.tokens:
        return np.random.default_rng(0).integers(0, FEW_TOKENS, shape), "noise"
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32), "noise"


def _fits(shape: tuple[int, ...], into: Input) -> bool:
    return len(shape) == len(into.shape) and all(
        wanted in (FREE, size) for size, wanted in zip(shape, into.shape, strict=True)
    )


def _warm(variant: Variant) -> None:
    """At least 10 calls and half a second; what a call took is kept for planning."""
    call = variant.caller(1, 0)
    took: list[int] = []
    started = time.perf_counter()
    try:
        while len(took) < WARM_CALLS or time.perf_counter() - started < WARM_SECONDS:
            start = time.perf_counter_ns()
            call()
            took.append(time.perf_counter_ns() - start)
        variant.call_ns = statistics.median(took)
        if variant.into.tokens and variant.window > 1 and writing.writes(call()[0], variant.window):
            variant.writes = True
            variant.writer(0)()
    except Exception as error:
        raise DistillError(f"{variant.path} cannot be run on one sample ({first_line(error)}).") from None


def _fit(rounds: int, repeats: int, seconds: float, variants: list[Variant]) -> tuple[int, list[str]]:
    """As many rounds as asked for, or as the time allows; and a word on it if they are fewer."""
    affordable = int(seconds * 1e9 / (_round_ns(variants) * repeats))
    fitted = min(rounds, max(affordable, FEWEST_ROUNDS))
    if fitted == rounds:
        return rounds, []
    return fitted, [f"The models are slow: {fitted} rounds a repeat instead of {rounds}, to end in time."]


def _round_ns(variants: list[Variant]) -> float:
    return sum((2 + (writing.WRITTEN if variant.writes else 0)) * variant.call_ns for variant in variants)


def _take_turns(variants: list[Variant], rounds: int, repeats: int, seconds: float, on_cpu: bool) -> int:
    """Fills the samples, doubling the rounds while a ratio is unstable; returns the rounds of a repeat in the end."""
    order = random.Random(0)
    for variant in variants:
        variant.wall, variant.cpu = [[] for _ in range(repeats)], [[] for _ in range(repeats)]
        variant.written = [[] for _ in range(repeats)]
    done, more = 0, rounds
    for _ in range(1 + DOUBLINGS):
        for repeat in range(repeats):
            _play(variants, repeat, range(done, done + more), order, on_cpu)
        done, more = done + more, done + more
        stable = all(ratio.stable for ratio in _ratios(variants, on_cpu).values())
        if stable or (done + more) * repeats * _round_ns(variants) > seconds * 1e9:
            break
    return done


def _play(variants: list[Variant], repeat: int, rounds: range, order: random.Random, on_cpu: bool) -> None:
    turns = list(variants)
    for number in rounds:
        order.shuffle(turns)
        for variant in turns:
            call = variant.caller(1, number)
            call()
            wall, cpu = _timed(call)
            variant.wall[repeat].append(wall)
            variant.cpu[repeat].append(cpu)
            if variant.writes:
                variant.written[repeat].append(_timed(variant.writer(number))[1 if on_cpu else 0])


def _timed(call: Callable[[], Any]) -> tuple[int, int]:
    """Nanoseconds on the wall and on this thread's CPU."""
    wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
    call()
    return time.perf_counter_ns() - wall, time.thread_time_ns() - cpu


def _ratios(variants: list[Variant], on_cpu: bool) -> dict[str, samples.Ratio]:
    first, *others = variants
    return {
        f"{other.name}/{first.name}": samples.paired_ratio(
            other.cpu if on_cpu else other.wall, first.cpu if on_cpu else first.wall
        )
        for other in others
    }


def _sweep(variant: Variant, on_cpu: bool) -> dict[str, float | None]:
    """Milliseconds a sample at larger batches: the median of up to 15 calls, fewer where a call is long.

    None where the file takes one batch size alone, and for a batch that would take longer than `LONGEST_CALL`.
    """
    result: dict[str, float | None] = {}
    for batch in BATCHES:
        if variant.into.fixed_batch is not None or variant.call_ns * batch > LONGEST_CALL:
            result[str(batch)] = None
            continue
        calls = max(5, min(15, int(0.25e9 / (variant.call_ns * batch))))
        call = variant.caller(batch, 0)
        call()
        took = [_timed(call)[1 if on_cpu else 0] for _ in range(calls)]
        result[str(batch)] = samples.milliseconds(statistics.median(took) / batch)
    return result


def _figures(variant: Variant, preempted: float | None, sweep: dict[str, float | None], on_cpu: bool) -> dict[str, Any]:
    content = variant.path.read_bytes()
    cpu = samples.milliseconds(statistics.median(samples.flat(variant.cpu))) if on_cpu else None
    one = cpu if cpu is not None else samples.milliseconds(statistics.median(samples.flat(variant.wall)))
    return {
        "cpu_ms": cpu,
        "spread": samples.spread(variant.cpu if on_cpu else variant.wall),
        "wall_ms": samples.wall_percentiles(variant.wall, preempted),
        "load_ms": variant.load_ms,
        "preempted_share": None if preempted is None else round(preempted, 4),
        "batch": {"1": one, **sweep},
        **_of_texts(variant),
        "inputs": variant.inputs,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "samples": {"wall_ns": variant.wall, "cpu_ns": variant.cpu},
    }


def _of_texts(variant: Variant) -> dict[str, Any]:
    """How many tokens a call reads, and milliseconds for each that is written; nothing of other models."""
    if not variant.writes:
        return {}
    took = statistics.median(samples.flat(variant.written)) / writing.tokens_written(variant.window)
    return {"window": variant.window, "token_ms": samples.milliseconds(took)}
