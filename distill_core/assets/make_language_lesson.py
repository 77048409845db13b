"""Records what the Learn page shows of language: `python -m distill_core.assets.make_language_lesson`.

The teacher inside answers test prompts that it never saw: its logits for each token that it writes to a few of them,
and how open its answers are on all. Nothing is trained; it takes about a minute on one thread.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from distill_core import presets
from distill_core.assets.provenance import made_with
from distill_core.insight.lesson_answers import STOPS
from distill_core.insight.lesson_language import ARRAYS, COMMAND, FACTS
from distill_core.language.data import TOKENS, load
from distill_core.language.skills.examples import Example, make_examples
from distill_core.language.tokens import EOS, IGNORED, PAD, batch, encode_prompt
from distill_core.language.writing import write
from distill_core.softening import entropy_bits, softened
from distill_core.task import task_named

PRESET, THREADS, LONGEST = "language-quick", 1, 24
TESTS = ("instructions", "reasoning", "unseen-pairs", "longer-chains")
Array = npt.NDArray[Any]
_SHOWN = {" ": "space", "\n": "new line", "eos": "end"}


def main() -> None:
    """Asks the teacher, and writes arrays and facts."""
    torch.set_num_threads(THREADS)
    config = presets.load(PRESET)
    task = task_named(config.task)
    teacher, card = task.load_teacher(str(config.teacher), load(config).facts)
    tests = make_examples().tests
    answers = {test: _answers(teacher, examples) for test, examples in tests.items()}
    chosen = [(test, tests[test][place]) for test, place in prompts_to_show(tests, answers)]
    arrays, prompts = {}, []
    for number, (test, example) in enumerate(chosen):
        ids = torch.tensor(encode_prompt(example.prompt))
        written = write(teacher, [ids], LONGEST, EOS, PAD).answers[0]
        arrays[f"answers_{number}"] = _logits(teacher, torch.cat([ids, written])[None])[0, len(ids) - 1 : -1]
        names = [_SHOWN.get(TOKENS[token], TOKENS[token]) for token in written.tolist()]
        prompts.append({"test": test, "prompt": example.prompt, "right": example.answer, "written": names})
    facts = {
        "command": COMMAND,
        "preset": PRESET,
        "seed": 0,
        "threads": THREADS,
        **made_with(("torch", "numpy")),
        "teacher": config.teacher,
        "teacher_sha256": card.weights_sha256,
        "parameters": card.parameters,
        "tokens": [_SHOWN.get(token, token) for token in TOKENS],
        "stops": list(STOPS),
        "bits": {test: [mean_bits(each, stop) for stop in STOPS] for test, each in sorted(answers.items())},
        "counts": {test: len(examples) for test, examples in sorted(tests.items())},
        "prompts": prompts,
    }
    np.savez_compressed(ARRAYS, **arrays)  # type: ignore[arg-type]
    FACTS.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {ARRAYS} ({ARRAYS.stat().st_size:,} bytes) and {FACTS} ({FACTS.stat().st_size:,} bytes)")


def prompts_to_show(tests: dict[str, Any], answers: dict[str, list[Array]]) -> list[tuple[str, int]]:
    """Test and place of each: an ordinary instruction, and of each test that on which the teacher hesitates most.

    Args:
        tests: examples by test.
        answers: the teacher's logits `[n, V]` on the tokens of each right answer, by test.
    """
    doubt = {
        test: np.array([entropy_bits(softened(each, 1.0)).max() for each in some]) for test, some in answers.items()
    }
    of_one = np.array(["+" not in example.kind for example in tests["instructions"]])
    ordinary = np.flatnonzero(of_one)[np.argsort(doubt["instructions"][of_one], kind="stable")[of_one.sum() // 2]]
    first, *most = [(test, int(doubt[test].argmax())) for test in TESTS]
    return [first, ("instructions", int(ordinary)), *most]


def mean_bits(answers: list[Array], temperature: float) -> float:
    """Mean entropy of all tokens of some answers."""
    return float(np.concatenate([entropy_bits(softened(each, temperature)) for each in answers]).mean())


def _answers(teacher: nn.Module, examples: tuple[Example, ...]) -> list[Array]:
    """Logits `[n, V]` for each token of each right answer."""
    inputs, labels = batch([(example.prompt, example.answer) for example in examples])
    logits = np.concatenate([_logits(teacher, part) for part in inputs.split(100)])
    counted = (labels != IGNORED).numpy()
    return [each[where] for each, where in zip(logits, counted, strict=True)]


def _logits(teacher: nn.Module, ids: Tensor) -> Array:
    """`[N, L]` -> `[N, L, V]`."""
    teacher.eval()
    with torch.no_grad():
        found: Array = teacher(ids).float().numpy()
    return found


if __name__ == "__main__":
    main()
