"""Which blocks are chosen, what they do, and that copies are copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from random_gpt import gpt, texts
from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.language import models
from distill_core.language.models import beginning
from distill_core.language.models.gpt import Shape
from distill_core.mapping.taps import Taps

PAD = 0


def test_a_student_takes_the_blocks_it_is_told_and_the_teacher_keeps_its_own() -> None:
    teacher, student = gpt("gpt-4x64", seed=1), gpt("gpt-2x64", seed=2)
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    beginning.copy_layers(student, teacher, (0, 2))
    taken = student.state_dict()
    for name, value in taken.items():
        assert torch.equal(value, before[name.replace("block2.", "block3.")]), name
    with torch.no_grad():
        student.block1.narrow.weight.zero_()
        student.embedding.weight.zero_()
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())


def test_a_copy_of_all_layers_answers_as_the_teacher() -> None:
    teacher, student, ids = gpt("gpt-4x64", seed=1), gpt("gpt-4x64", seed=2), texts()
    assert not torch.allclose(student(ids), teacher(ids))
    beginning.copy_layers(student, teacher, beginning.uniform(4, 4))
    assert torch.equal(student(ids), teacher(ids))


@pytest.mark.parametrize(
    ("student", "vocabulary", "blocks", "message"),
    [
        ("gpt-2x32", 100, (0, 2), "the student's width is 32 and the teacher's 64"),
        ("gpt-2x64", 99, (0, 2), "the student's vocabulary is 99 and the teacher's 100"),
        ("gpt-2x64", 100, (0, 1, 2), r"got \[1, 2, 3\] for a student of 2 blocks; name one of the teacher's for each"),
        ("gpt-2x64", 100, (0, 4), "the teacher has no block 5; its 4 blocks count from 1 to 4"),
        ("gpt-2x64", 100, (-1, 1), "the teacher has no block 0"),
    ],
)
def test_layers_that_cannot_be_copied_are_explained_and_nothing_is_overwritten(
    student: str, vocabulary: int, blocks: tuple[int, ...], message: str
) -> None:
    model = gpt(student, vocabulary=vocabulary)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ConfigError, match=message):
        beginning.copy_layers(model, gpt("gpt-4x64", seed=1), blocks)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_blocks_spread_evenly_are_those_that_distilbert_took() -> None:
    assert beginning.uniform(12, 6) == (0, 2, 4, 7, 9, 11)
    assert beginning.uniform(4, 2) == (0, 3)
    assert beginning.uniform(5, 3) == (0, 2, 4)
    assert beginning.uniform(4, 1) == (0,)


def test_blocks_from_both_ends() -> None:
    assert beginning.first_last(12, 6) == (0, 1, 2, 9, 10, 11)
    assert beginning.first_last(12, 5) == (0, 1, 2, 10, 11)
    assert beginning.first_last(4, 1) == (0,)
    assert beginning.first_last(3, 3) == (0, 1, 2)


@pytest.mark.parametrize("n", range(1, 9))
def test_a_choice_has_as_many_blocks_as_asked_each_once_in_order(n: int) -> None:
    scores = torch.rand(n, generator=torch.Generator().manual_seed(n))
    for k in range(1, n + 1):
        for chosen in (beginning.uniform(n, k), beginning.first_last(n, k), beginning.by_influence(scores, k)):
            assert len(set(chosen)) == k
            assert list(chosen) == sorted(chosen)
            assert set(chosen) <= set(range(n))


def test_the_most_influential_blocks_are_kept_in_their_order() -> None:
    assert beginning.by_influence(torch.tensor([0.3, 0.1, 0.2, 0.9]), 2) == (0, 3)
    assert beginning.by_influence(torch.tensor([0.1, 0.2, 0.2, 0.2]), 2) == (1, 2)


@pytest.mark.parametrize("k", [0, 5])
def test_more_blocks_than_there_are_or_none_cannot_be_chosen(k: int) -> None:
    for choose in (beginning.uniform, beginning.first_last, lambda n, k: beginning.by_influence(torch.zeros(n), k)):
        with pytest.raises(ConfigError, match=f"{k} of 4 blocks cannot be chosen; choose from 1 to 4"):
            choose(4, k)


def test_influence_is_one_minus_the_cosine_over_all_valid_positions() -> None:
    model = gpt("gpt-2x32")
    batches = [(texts(3, 6), torch.rand(3, 6) > 0.4), (texts(1, 4, seed=1), torch.tensor([[False, True, True, False]]))]
    cosines: list[list[float]] = [[], []]
    for ids, valid in batches:
        with Taps(model, ["embedding", "block1", "block2"]) as taps, torch.no_grad():
            model(ids)
            kept = [value[valid].double().numpy() for value in taps.take().values()]
        for block in range(2):
            for a, b in zip(kept[block], kept[block + 1], strict=True):
                cosines[block].append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    scores = beginning.block_influence(model, batches)
    np.testing.assert_allclose(scores.numpy(), [1 - np.mean(each) for each in cosines], rtol=1e-6)


def test_a_block_that_does_nothing_has_no_influence_and_one_that_turns_tokens_round_has_two() -> None:
    model = gpt("gpt-4x32")
    with torch.no_grad():
        for block in (model.block2, model.block3):
            block.attention.project.weight.zero_()
            block.narrow.weight.zero_()
    model.block3.register_forward_hook(lambda _module, inputs, _output: -2 * inputs[0])
    scores = beginning.block_influence(model, [(texts(), torch.ones(3, 12, dtype=torch.bool))])
    assert scores[1].item() == pytest.approx(0, abs=1e-9)
    assert scores[2].item() == pytest.approx(2, abs=1e-9)
    assert beginning.by_influence(scores, 3) == (0, 2, 3)


def test_padding_does_not_count_as_influence() -> None:
    model, ids = gpt("gpt-2x32"), texts()
    padded = torch.cat([ids, torch.full((3, 5), PAD)], dim=1)
    plain = beginning.block_influence(model, [(ids, ids != PAD)])
    torch.testing.assert_close(beginning.block_influence(model, [(padded, padded != PAD)]), plain, rtol=1e-5, atol=1e-6)


def test_measuring_influence_leaves_the_model_as_it_was() -> None:
    model = gpt("gpt-2x32").train()
    beginning.block_influence(model, [(texts(), texts() > 0)])
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())


def test_influence_of_no_valid_position_is_refused() -> None:
    with pytest.raises(ConfigError, match="no position of these texts is valid"):
        beginning.block_influence(gpt("gpt-2x32"), [(texts(), texts() < 0)])


def test_each_choice_of_a_configuration_names_blocks_and_a_list_counts_from_one() -> None:
    scores = torch.tensor([0.1, 0.9, 0.2, 0.8])
    assert beginning.choose("influence", scores, 2) == (1, 3)
    assert beginning.choose("uniform", scores, 2) == (0, 3)
    assert beginning.choose("first-last", scores, 3) == (0, 1, 3)
    assert beginning.choose((1, 4), scores, 2) == (0, 3)


# Models of others


class Layer(nn.Module):
    """A block that is called by keyword and returns a tuple."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)

    def forward(self, hidden: Tensor) -> tuple[Tensor]:
        return (hidden + self.dense(hidden),)


class Other(nn.Module):
    """A language model of another make: blocks in a list, and a head that is not the embedding."""

    def __init__(self, depth: int, width: int = 8, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.shape = Shape(20, width, depth, 2)
        self.blocks = tuple(f"trunk.{number}" for number in range(depth))
        self.embedding = nn.Embedding(20, width)
        self.trunk = nn.ModuleList(Layer(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, 20)

    def features(self, ids: Tensor) -> Tensor:
        hidden = self.embedding(ids)
        for layer in self.trunk:
            (hidden,) = layer(hidden=hidden)
        return self.norm(hidden)

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.features(ids))


def test_a_model_of_another_make_is_copied_whole_with_a_head_of_its_own() -> None:
    teacher, student, ids = Other(3, seed=1), Other(3, seed=2), torch.arange(12).reshape(2, 6)
    beginning.copy_layers(student, teacher, (0, 1, 2))
    assert torch.equal(student(ids), teacher(ids))
    small = Other(1, seed=3)
    beginning.copy_layers(small, teacher, (2,))
    assert torch.equal(small.trunk[0].dense.weight, teacher.trunk[2].dense.weight)
    assert torch.equal(small.out.weight, teacher.out.weight)


def test_influence_is_measured_of_blocks_that_take_keywords_and_give_tuples() -> None:
    model, ids = Other(2), torch.arange(12).reshape(2, 6)
    with torch.no_grad():
        model.trunk[1].dense.weight.zero_()
        model.trunk[1].dense.bias.zero_()
    scores = beginning.block_influence(model, [(ids, ids >= 0)])
    assert scores[0] > 0.01
    assert scores[1].item() == pytest.approx(0, abs=1e-9)


def test_layers_of_another_make_are_refused_before_anything_is_overwritten() -> None:
    student = Other(2, width=64)
    student.shape = Shape(100, 64, 2, 2)
    before = {name: value.clone() for name, value in student.state_dict().items()}
    with pytest.raises(ConfigError, match=r"'embedding\.weight' has no counterpart of its shape in the teacher"):
        beginning.copy_layers(student, gpt("gpt-4x64"), (0, 1))
    assert all(torch.equal(value, before[name]) for name, value in student.state_dict().items())


@pytest.mark.parametrize("lacks", ["shape", "blocks"])
def test_a_model_that_is_no_stack_of_blocks_is_refused_by_name(lacks: str) -> None:
    model: Any = Other(2)
    delattr(model, lacks)
    with pytest.raises(ConfigError, match=f"Other is no stack of named blocks .it has no '{lacks}'"):
        beginning.stack_of(model)


def test_whether_layers_fit_is_told_of_models_without_memory() -> None:
    with torch.device("meta"):
        student, teacher = (models.build(name, 100, 0) for name in ("gpt-2x64", "gpt-4x64"))
    beginning.check_layers(student, teacher, (0, 3))
    with pytest.raises(ConfigError, match="the teacher has no block 5"):
        beginning.check_layers(student, teacher, (0, 4))


def test_a_name_of_another_depth_keeps_the_width() -> None:
    assert models.of_depth("gpt-4x160", 2) == "gpt-2x160"
    with pytest.raises(ConfigError, match="at least 1 block"):
        models.of_depth("gpt-4x160", 0)
