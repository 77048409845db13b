import pytest

from distill_core.errors import ConfigError
from distill_core.language.skills.instructions import (
    COMMANDS,
    PAIRS,
    SEEN_PAIRS,
    TITLES,
    UNSEEN_PAIRS,
    answer,
    check,
    how_many,
    parse,
    prompt_of,
    word_at,
)


@pytest.mark.parametrize(
    ("prompt", "right"),
    [
        ("rev word=", "drow"),
        ("upp word=", "WORD"),
        ("srt banana=", "aaabnn"),
        ("cnt banana=", "6"),
        ("fst word=", "w"),
        ("lst word=", "d"),
        ("upp+rev word=", "DROW"),
        ("rev+fst word=", "d"),
        ("srt+lst word=", "w"),
        ("fst+rev word=", "w"),
        ("rev+cnt word=", "4"),
        ("srt+rev+upp word=", "WROD"),
    ],
)
def test_answers_are_as_worked_out_by_hand(prompt, right):
    assert answer(prompt) == right


def test_pairs_are_seen_or_unseen_and_every_command_is_seen_in_both_places():
    assert len(PAIRS) == 15
    assert sorted(SEEN_PAIRS + UNSEEN_PAIRS) == sorted(PAIRS)
    firsts, seconds = (tuple(pair.split("+")[place] for pair in UNSEEN_PAIRS) for place in (0, 1))
    assert {first: firsts.count(first) for first in firsts} == {"rev": 2, "upp": 2, "srt": 2}
    assert sorted(seconds) == sorted(COMMANDS)
    for place, commands in ((0, firsts), (1, seconds)):
        assert set(commands) <= {pair.split("+")[place] for pair in SEEN_PAIRS}
    assert set(TITLES) == set(COMMANDS)


def test_every_word_has_one_place():
    assert word_at(0, 3) == "aaa"
    words = {word_at(place, 3) for place in range(how_many(3))}
    assert len(words) == how_many(3) == 17_576
    assert all(len(word) == 3 and word.isalpha() and word.islower() for word in words)


def test_a_prompt_is_read_as_it_was_written():
    assert parse(prompt_of("upp+rev", "word")) == ("upp+rev", "word")


@pytest.mark.parametrize(
    ("written", "strict", "loose"),
    [
        ("drow", True, True),
        (" drow\n", False, True),
        ("DROW", False, True),
        ("d row", False, False),
        ("drow.", False, False),
        ("dro", False, False),
        ("", False, False),
    ],
)
def test_strict_is_to_the_letter_and_loose_forgives_capitals_and_outer_spaces(written, strict, loose):
    verdict = check("rev word=", written)
    assert (verdict.strict, verdict.loose) == (strict, loose)


def test_small_letters_where_capitals_were_asked_for_pass_only_loosely():
    verdict = check("upp+rev word=", "drow")
    assert not verdict.strict
    assert verdict.loose


@pytest.mark.parametrize(
    "prompt", ["", "rev=", "rev word", "rev =", "rev  word=", "rev Word=", "rev wörd=", "rev a b="]
)
def test_what_is_no_instruction_is_refused_with_an_example(prompt):
    with pytest.raises(
        ConfigError, match=r"is no instruction\. Write a command, .* such as rev word= or upp\+rev word="
    ):
        answer(prompt)


@pytest.mark.parametrize("prompt", ["rve word=", "upp+rve word="])
def test_an_unknown_command_is_named_and_guessed(prompt):
    with pytest.raises(ConfigError, match=r"command: 'rve' is not known\. Did you mean 'rev'"):
        answer(prompt)
