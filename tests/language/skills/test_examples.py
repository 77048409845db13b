import hashlib
import os
import subprocess
import sys
from collections import Counter

import pytest

from distill_core.errors import ConfigError
from distill_core.language.skills import instructions, reasoning
from distill_core.language.skills.examples import (
    SINGLES,
    Cell,
    Example,
    content_of,
    draw,
    make_examples,
    sha256,
    split_of,
)
from distill_core.language.tokens import width_of

DEFAULT_SHA256 = "d1a6354e1c1f638401d95cced9bf645b6a18a4fb1f74bad131f75a3778ff774d"
"""Of the examples that ship with nothing but this code: if it changes, published teachers must be retrained."""


@pytest.fixture(scope="module")
def examples():
    return make_examples()


def every_split(examples):
    return {"train": examples.train, "validation": examples.validation, **examples.tests}


def contents(split):
    return {content_of(example.prompt) for example in split}


def test_the_counts_are_those_promised(examples):
    assert {name: len(split) for name, split in every_split(examples).items()} == {
        "train": 20_000,
        "validation": 500,
        "reasoning": 500,
        "instructions": 500,
        "longer-chains": 500,
        "unseen-pairs": 500,
    }
    assert Counter(example.skill for example in examples.train) == {"reasoning": 10_000, "instructions": 10_000}
    assert Counter(example.skill for example in examples.validation) == {"reasoning": 250, "instructions": 250}


def test_no_expression_and_no_word_is_in_two_of_train_validation_and_test(examples):
    train, validation = contents(examples.train), contents(examples.validation)
    test = set().union(*(contents(split) for split in examples.tests.values()))
    assert not train & validation
    assert not train & test
    assert not validation & test


def test_a_word_stays_in_its_split_for_every_seed(examples):
    other = make_examples(train=4_000, seed=7)
    assert other.train[:100] != examples.train[:100]
    test = set().union(*(contents(split) for split in examples.tests.values()))
    assert not contents(other.train) & test


def test_no_prompt_comes_twice(examples):
    for split in every_split(examples).values():
        assert len({example.prompt for example in split}) == len(split)


def test_kinds_and_steps_are_balanced_to_within_one(examples):
    for split in every_split(examples).values():
        counts = Counter((example.skill, "+" in example.kind, example.kind, example.steps) for example in split)
        for skill, pair in {key[:2] for key in counts}:
            alike = [count for key, count in counts.items() if key[:2] == (skill, pair)]
            assert max(alike) - min(alike) <= 1
    train = Counter(example.kind for example in examples.train)
    assert all(train[command] == 1_250 for command in instructions.COMMANDS)
    assert sum(train[pair] for pair in instructions.SEEN_PAIRS) == 2_500


def test_pairs_kept_out_are_only_in_their_own_test(examples):
    for name, split in every_split(examples).items():
        unseen = {example.kind for example in split} & set(instructions.UNSEEN_PAIRS)
        assert unseen == (set(instructions.UNSEEN_PAIRS) if name == "unseen-pairs" else set())


def test_steps_are_the_operations_or_the_letters(examples):
    for name, split in every_split(examples).items():
        for example in split:
            if example.skill == "reasoning":
                assert example.steps == sum(sign in "+-*" for sign in example.prompt)
                assert example.steps in ((5, 6) if name == "longer-chains" else (2, 3, 4))
                assert reasoning.check(example.prompt, example.answer).sound
            else:
                assert example.prompt == f"{example.kind} {content_of(example.prompt)}="
                assert example.steps == len(content_of(example.prompt))
                assert 3 <= example.steps <= 7
                assert instructions.check(example.prompt, example.answer).strict


def test_what_is_alike_does_not_stand_together(examples):
    # Of 20,000 in an order of chance, about 10,000 +- 71 are followed by the other skill.
    changes = sum(a.skill != b.skill for a, b in zip(examples.train, examples.train[1:], strict=False))
    assert 9_600 < changes < 10_400
    assert abs(sum(example.skill == "reasoning" for example in examples.train[:2_000]) - 1_000) < 120
    rank = [example.steps for example in examples.tests["reasoning"]]
    assert rank != sorted(rank)


def test_everything_fits_in_32_tokens(examples):
    for split in every_split(examples).values():
        assert max(width_of(example.prompt, example.answer) for example in split) <= 32


def test_the_split_of_a_content_is_that_of_its_sha256():
    for content in ("3-8+7", "word", "abc", "0*0"):
        place = int(hashlib.sha256(content.encode()).hexdigest()[:16], 16) % 100
        assert split_of(content) == ("train" if place < 80 else "validation" if place < 90 else "test")
    shares = Counter(split_of(reasoning.chain_at(place, 2)) for place in range(9_000))
    assert abs(shares["train"] - 7_200) < 160
    assert abs(shares["test"] - 900) < 120


def test_the_default_examples_are_the_published_ones(examples):
    assert examples.sha256 == DEFAULT_SHA256


def test_another_seed_gives_others(examples):
    assert make_examples(train=100, seed=1).sha256 != make_examples(train=100, seed=2).sha256


def test_fewer_to_learn_from_leaves_the_tests_as_they_are(examples):
    fewer = make_examples(train=90)
    assert fewer.tests == examples.tests
    assert fewer.validation == examples.validation
    assert fewer.sha256 != examples.sha256


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_python_hashing_another_way_changes_nothing(hash_seed):
    code = "from distill_core.language.skills.examples import make_examples as m; print(m(60, 40, 40, seed=3).sha256)"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert printed.strip() == make_examples(60, 40, 40, seed=3).sha256


def test_the_hash_is_of_every_field_in_order():
    one = Example("reasoning", "chain", 1, "1+2=", "3;3")
    two = Example("instructions", "rev", 3, "rev abc=", "cba")
    assert sha256([one]) == hashlib.sha256(b"reasoning\tchain\t1\t1+2=\t3;3\n").hexdigest()
    assert sha256([one, two]) != sha256([two, one])


def test_more_than_there_are_is_refused_before_drawing():
    with pytest.raises(
        ConfigError, match=r"train: 16,667 different chains of 2 operations .* about 7,200, of which 6,480"
    ):
        make_examples(train=100_000)
    with pytest.raises(ConfigError, match=r"test: 2,000 different words of 3 letters .* about 1,757, of which 1,581"):
        draw(2_000, [Cell("instructions", "rev", 3)], "test", seed=0)


def test_almost_all_there_are_can_be_drawn():
    drawn = draw(6_400, [Cell("reasoning", "chain", 2)], "train", seed=0)
    assert len({example.prompt for example in drawn}) == 6_400


def test_an_unknown_split_or_a_count_below_zero_is_refused():
    with pytest.raises(ConfigError, match=r"split: 'tests' is not known\. Did you mean 'test'"):
        draw(10, SINGLES, "tests", seed=0)
    with pytest.raises(ConfigError, match="validation: -1 examples cannot be drawn"):
        draw(-1, SINGLES, "validation", seed=0)
    assert draw(0, SINGLES, "test", seed=0) == ()
