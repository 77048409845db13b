from __future__ import annotations

from pathlib import Path

import pytest
import torch

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.language.data import BEYOND, KINDS, TOKENS, load, prompts_of
from distill_core.language.datasets import SIZES
from distill_core.language.tokens import BOS, EOS, PAD, decode
from distill_core.task import Data, Foreseen, task_named


def test_a_label_is_the_token_after_its_position_and_the_first_answer_token_has_one(small_skills: Data) -> None:
    train = small_skills.train
    said = train.labels[:, :-1] >= 0
    assert torch.equal(train.labels[:, :-1][said], train.inputs[:, 1:][said])
    for row, begin in zip(range(20), (train.labels >= 0).int().argmax(dim=1), strict=False):
        assert decode([train.inputs[row, begin]]) == "=", "the last token of the prompt must predict the answer"


def test_the_end_is_learned_and_padding_is_not(small_skills: Data) -> None:
    train = small_skills.train
    for labels, tokens in zip(train.labels, train.inputs, strict=True):
        valid = labels[labels >= 0]
        assert valid[-1] == EOS
        assert (valid == EOS).sum() == 1
        assert PAD not in valid
        assert tokens[0] == BOS


def test_every_training_prompt_has_a_kind_and_a_length_and_only_the_test_goes_beyond(small_skills: Data) -> None:
    assert small_skills.facts.groups == KINDS
    assert small_skills.facts.classes == TOKENS
    for split in (small_skills.train, small_skills.validation):
        assert split.kinds is not None
        assert split.hardness is not None
        assert int(split.kinds.min()) >= 0
        assert int(split.hardness.min()) >= 2
    kinds = small_skills.test.groups
    assert int((kinds == BEYOND).sum()) == int((kinds != BEYOND).sum())


def texts(dataset: str) -> DistillConfig:
    return DistillConfig(task="language", teacher="gpt-skills", student="gpt-2x64", dataset=dataset)


def test_prompts_are_found_again(small_skills: Data) -> None:
    prompts = prompts_of(small_skills.train)
    assert prompts is not None
    assert all(decode(prompt).endswith("=") for prompt in prompts)


def test_plain_english_is_read_from_the_beginning_in_windows() -> None:
    data = load(texts("plain-english"))
    assert prompts_of(data.train) is None
    assert data.train.inputs.shape[1] == 64
    assert data.facts.groups == ("text",)
    overlapping = data.test.labels[1]
    assert bool((overlapping[:32] < 0).all()), "what the window before has foretold does not count again"


def test_another_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'skills'"):
        load(texts("skils"))


@pytest.mark.parametrize("dataset", SIZES)
@pytest.mark.slow
def test_what_is_known_of_texts_is_what_loading_finds(dataset: str, tmp_path: Path) -> None:
    config = texts(dataset)
    data = task_named("language").load_data(config, tmp_path)
    assert task_named("language").foreseen(config) == Foreseen(
        data.facts.classes, data.facts.input_shape, len(data.train), kinds=data.facts.kinds
    )
