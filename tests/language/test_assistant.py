from __future__ import annotations

from collections import Counter

from distill_core.language.assistant import COUNTS, KINDS, TEMPLATES, questions


def test_no_question_comes_twice_or_in_two_splits() -> None:
    every = [question.prompt for part in questions().values() for question in part]
    assert len(every) == len(set(every)) == sum(len(template.fillers) for template in TEMPLATES)


def test_every_split_has_its_number_and_each_kind() -> None:
    for name, part in questions().items():
        assert len(part) == COUNTS[name]
        assert set(Counter(question.kind for question in part)) == set(range(len(KINDS)))


def test_they_are_the_same_on_every_machine() -> None:
    found = questions()
    assert [question.prompt for question in found["test"][:2]] == ["What is a volcano?", "Where does a horse live?"]
    assert found["train"][0].prompt == "How do I descale a kettle?"
