"""What is recorded of the language teacher agrees with itself, with that teacher and with what documents say."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from distill_core.cards import read_card
from distill_core.insight import lesson_language as module
from distill_core.insight.lesson_answers import STOPS
from distill_core.insight.lesson_language import ARRAYS, COMMAND, FACTS, REST, language_lesson, likeliest
from distill_core.language.skills.examples import content_of, split_of
from distill_core.language.task import teacher_folder
from distill_core.presets import load
from distill_core.softening import entropy_bits, softened

ROOT = Path(module.__file__).parents[2]
LESSON = language_lesson()


def test_what_the_teacher_wrote_is_its_likeliest_token_each_time_up_to_the_end() -> None:
    for number, asked in enumerate(LESSON.prompts):
        answers = LESSON[f"answers_{number}"]
        assert answers.shape == (len(asked.written), len(LESSON.tokens))
        assert tuple(LESSON.tokens[token] for token in answers.argmax(axis=1)) == asked.written
        assert asked.written[-1] == "end"


def test_every_prompt_is_of_the_test_split_and_each_kind_of_test_has_one() -> None:
    assert all(split_of(content_of(asked.prompt)) == "test" for asked in LESSON.prompts)
    assert {asked.test for asked in LESSON.prompts} == set(LESSON.facts["bits"])


def test_the_teacher_is_surest_of_sums_least_of_what_it_never_saw_and_open_to_all_at_a_high_temperature() -> None:
    sums, words, unseen = (LESSON.bits(test, 1.0) for test in ("reasoning", "instructions", "unseen-pairs"))
    assert sums < words < unseen
    for test in LESSON.facts["bits"]:
        at_each_stop = [LESSON.bits(test, stop) for stop in STOPS]
        assert at_each_stop == sorted(at_each_stop)
        assert at_each_stop[-1] < math.log2(len(LESSON.tokens))


def test_it_is_of_the_teacher_inside_as_it_is_now() -> None:
    assert LESSON.facts["teacher"] == load(LESSON.facts["preset"]).teacher
    card = read_card(teacher_folder(LESSON.facts["teacher"]))
    assert LESSON.facts["teacher_sha256"] == card.weights_sha256
    assert LESSON.facts["parameters"] == card.parameters
    assert len(LESSON.tokens) == len(card.classes)


@pytest.mark.slow
def test_asked_again_the_teacher_answers_the_same() -> None:
    import torch

    from distill_core.language.data import load as load_data
    from distill_core.language.tokens import encode, encode_prompt
    from distill_core.task import task_named

    config = load(LESSON.facts["preset"])
    teacher, _ = task_named(config.task).load_teacher(LESSON.facts["teacher"], load_data(config).facts)
    for number, asked in enumerate(LESSON.prompts):
        prompt = encode_prompt(asked.prompt)
        with torch.no_grad():
            logits = teacher.eval()(torch.tensor([[*prompt, *encode("".join(asked.written[:-1]))]]))[0]
        assert np.allclose(logits[len(prompt) - 1 :].numpy(), LESSON[f"answers_{number}"], atol=1e-2)


def test_the_likeliest_tokens_come_first_and_the_rest_is_one_number() -> None:
    rows = likeliest(np.array([0.1, 0.6, 0.05, 0.25]), ["a", "b", "c", "d"], 2)
    assert [name for name, _ in rows] == ["b", "d", REST]
    assert [share for _, share in rows] == pytest.approx([0.6, 0.25, 0.15])


def test_a_recorded_answer_has_the_entropy_of_all_its_shares() -> None:
    shares = softened(LESSON["answers_0"], 1.0)
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert entropy_bits(shares).max() > 2


def test_its_command_is_the_documented_one_and_says_how_it_was_made() -> None:
    assert f"`{COMMAND}`" in (ROOT / "docs" / "CONTRIBUTING.md").read_text("utf-8")
    for part in (COMMAND, "seed 0", "1 thread", f"torch {LESSON.facts['versions']['torch']}", LESSON.facts["date"]):
        assert part in LESSON.made_by


def test_a_prompt_says_what_it_asks_for() -> None:
    first = LESSON.prompts[0]
    assert first.prompt.startswith("srt+rev ")
    assert first.asks == "srt, letters in alphabetical order; then rev, write it backwards"
    assert "modulo 10" in next(asked for asked in LESSON.prompts if asked.test == "reasoning").asks


def test_it_is_small() -> None:
    assert ARRAYS.stat().st_size + FACTS.stat().st_size < 30_000
