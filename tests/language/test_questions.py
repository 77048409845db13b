"""What language models can be asked, and how their tokens read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from distill_core.config import DistillConfig
from distill_core.language.data import load
from distill_core.language.pieces import END, asked, pieces
from distill_core.language.questions import is_judged, is_right, questions_of, right_answer, unreadable
from distill_core.language.tokens import CHARACTER_READER, CHARACTERS
from distill_core.presets import load as preset


def of(**settings: object) -> DistillConfig:
    return preset("language-quick").changed(settings)


def test_the_questions_are_the_prompts_of_the_test_split() -> None:
    config = of()
    questions = questions_of(config)
    assert list(dict.fromkeys(each.kind for each in questions)) == [
        "A sum", "An instruction", "A longer chain", "An unseen pair",
    ]  # fmt: skip
    test = load(config).test
    prompts = {CHARACTER_READER.decode(row[1:].tolist()) for row in test.inputs}
    assert all(any(text.startswith(each.prompt) for text in prompts) for each in questions[::200])
    assert all(is_right(each.prompt, str(each.answer)) for each in questions[::50])


def test_a_skill_is_judged_and_what_is_none_is_not() -> None:
    assert is_judged(of())
    assert not is_judged(of(dataset="plain-english"))
    assert (is_right("3-8+7=", "5,2;2"), is_right("3-8+7=", "5,2;3")) == (True, False)
    assert (is_right("rev abc=", "cba"), right_answer("rev abc=")) == (True, "cba")
    assert is_right("hello", "world") is right_answer("hello") is None


def test_running_text_is_begun_and_goes_on() -> None:
    question = questions_of(of(dataset="plain-english"))[0]
    assert question.answer is not None
    assert question.answer.startswith(" ")
    assert len(question.prompt) <= 48
    assert asked(CHARACTER_READER, "ab", "plain-english") == [1, *CHARACTER_READER.encode("ab")]


def test_of_ones_own_file_the_test_prompts_come_with_their_responses_if_any(tmp_path: Path) -> None:
    lines = [{"prompt": f"word {n}"} | ({"response": str(n)} if n % 2 else {}) for n in range(200)]
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    questions = questions_of(of(dataset="jsonl", data_folder=str(file)))
    assert 5 < len(questions) < 40
    assert {each.answer is None for each in questions} == {True, False}


@pytest.mark.parametrize("text", ["5,2;2", "a b  c", ""])
def test_pieces_put_together_are_the_text(text: str) -> None:
    tokens = [*CHARACTER_READER.encode(text), CHARACTER_READER.eos]
    found = pieces(CHARACTER_READER, tokens)
    assert ("".join(found[:-1]), found[-1]) == (text, END)
    assert len(found) == len(tokens)


def test_characters_that_no_model_knows_are_named_once() -> None:
    assert unreadable("née Müller, née", CHARACTERS) == ["é", "ü"]
