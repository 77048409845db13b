"""What a run's language models can be asked: prompts of the test set with their right answers, and how one is put."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from distill_core.config import DistillConfig
from distill_core.language.datasets import JUDGED

BEGINNING = 48
"""Characters of running text that stand for a prompt."""
_TITLES = {
    "reasoning": "A sum",
    "instructions": "An instruction",
    "longer-chains": "A longer chain",
    "unseen-pairs": "An unseen pair",
}


@dataclass(frozen=True)
class Question:
    """A prompt of the test set; `answer` is the right one, None where nobody knows it."""

    kind: str
    prompt: str
    answer: str | None = None


def questions_of(config: DistillConfig) -> list[Question]:
    """The prompts a run was tested on, kind by kind; what a model wrote as a label is no right answer.

    Raises:
        DataUnavailable: if a file is missing or damaged.
    """
    if config.dataset in JUDGED:
        from distill_core.language.skills.examples import make_examples

        tests = make_examples(train=0, validation=0, seed=0 if config.dataset == "skills" else 1).tests
        return [Question(_TITLES[name], each.prompt, each.answer) for name in _TITLES for each in tests[name]]
    if config.dataset == "assistant-small":
        from distill_core.language.assistant import KINDS, questions

        return [Question(KINDS[each.kind].capitalize(), each.prompt) for each in questions()["test"]]
    if config.dataset == "jsonl":
        from distill_core.language.jsonl import read_lines, shares
        from distill_core.language.prompts import given_file

        path = given_file(config)
        return [Question("A prompt", line.prompt, line.response) for line in shares(read_lines(path), path)["test"]]
    from distill_core.language.skills.text import split_paragraphs

    long_enough = [text for text in split_paragraphs().test if len(text) > 2 * BEGINNING]
    return [Question("A beginning", *_cut(text)) for text in long_enough]


def is_judged(config: DistillConfig) -> bool:
    """Whether every prompt has one right answer that can be worked out."""
    return config.dataset in JUDGED


def is_right(prompt: str, written: str) -> bool | None:
    """Whether a skill's prompt was answered rightly: a sum by its result, an instruction to the letter.

    None of a prompt that is neither.
    """
    from distill_core.errors import ConfigError
    from distill_core.language.skills import instructions, reasoning

    try:
        if prompt[:1].isdigit():
            return reasoning.check(prompt, written).right
        return instructions.check(prompt, written).strict
    except ConfigError:
        return None


def right_answer(prompt: str) -> str | None:
    """What a skill's prompt is to be answered; None of a prompt that is no skill's."""
    from distill_core.errors import ConfigError
    from distill_core.language.skills import instructions, reasoning

    try:
        return reasoning.answer(prompt) if prompt[:1].isdigit() else instructions.answer(prompt)
    except ConfigError:
        return None


def unreadable(text: str, characters: str) -> Sequence[str]:
    """The characters of a text that a model of characters does not know, each once."""
    return list(dict.fromkeys(each for each in text if each not in characters))


def _cut(text: str) -> tuple[str, str]:
    """A text's beginning up to a whole word, and how it goes on."""
    end = text.rfind(" ", 0, BEGINNING)
    end = BEGINNING if end < 0 else end
    return text[:end], text[end : end + BEGINNING * 2]
