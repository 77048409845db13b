from pathlib import Path

import pytest
import torch
from torch import nn

from distill_core.config import Augmentation
from distill_core.task import DataFacts, Split
from distill_core.train.folding import folded, freeze
from distill_core.train.targets import PLAIN, TeacherAnswers, answers_key
from distill_core.vision import models
from distill_core.vision.feed import ImageFeed

FACTS = DataFacts("tiny", ("a", "b", "c"), (1, 8, 8), (0.5,), (0.25,), "sha")
COUNT = 40


@pytest.fixture
def feed() -> ImageFeed:
    images = torch.randint(0, 256, (COUNT, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return ImageFeed(Split(images, torch.zeros(COUNT)), FACTS, Augmentation(crop_padding=1), torch.device("cpu"), False)


@pytest.fixture
def teacher() -> nn.Module:
    torch.manual_seed(0)
    return freeze(
        nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 3))
    )


def answers(teacher: nn.Module, feed: ImageFeed, folder: Path | None = None, **options: object) -> TeacherAnswers:
    return TeacherAnswers(teacher, feed, COUNT, 3, folder, **options)  # type: ignore[arg-type]


def test_kept_answers_equal_a_live_teachers(teacher: nn.Module, feed: ImageFeed) -> None:
    kept, live = answers(teacher, feed), answers(teacher, feed, keep=False)
    indices, draws = torch.tensor([5, 39, 0, 7, 5]), torch.tensor([0, 0, 1, 1, 1])
    for draw in (0, 1):
        kept.prepare(draw, torch.arange(COUNT))
    torch.testing.assert_close(kept.at(indices, draws), live.at(indices, draws), rtol=1e-4, atol=1e-6)


def test_an_answer_depends_on_the_augmentation_and_not_on_the_index_alone(teacher: nn.Module, feed: ImageFeed) -> None:
    kept = answers(teacher, feed)
    everything = torch.arange(COUNT)
    kept.prepare(0, everything)
    kept.prepare(1, everything)
    draws = torch.zeros_like(everything)
    assert not torch.allclose(kept.at(everything, draws), kept.at(everything, draws + 1))


def test_no_image_is_answered_twice(teacher: nn.Module, feed: ImageFeed) -> None:
    kept = answers(teacher, feed)
    half, everything = torch.arange(0, COUNT, 2), torch.arange(COUNT)
    kept.prepare(0, half)
    assert kept.forwards == COUNT // 2
    kept.prepare(0, everything)
    kept.prepare(0, everything)
    assert kept.forwards == COUNT
    for _ in range(4):
        kept.at(everything, torch.zeros_like(everything))
    assert kept.hit_rate == pytest.approx(0.75)


def test_looking_plain_answers_up_again_does_not_raise_the_hit_rate(teacher: nn.Module, feed: ImageFeed) -> None:
    kept = answers(teacher, feed)
    everything = torch.arange(COUNT)
    kept.plain()
    kept.prepare(0, everything)
    for _ in range(2):
        kept.at(everything, torch.zeros_like(everything))
    before = kept.hit_rate
    kept.plain()
    assert kept.hit_rate == before == pytest.approx(1 - 2 / 3)


def test_a_filling_that_is_ended_keeps_the_batches_it_has(
    teacher: nn.Module, feed: ImageFeed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ended(Exception):
        pass

    asked: list[int] = []

    def end_before_the_third_batch() -> None:
        asked.append(len(asked))
        if len(asked) == 3:
            raise Ended

    monkeypatch.setattr("distill_core.train.targets.FORWARD_BATCH", 8)
    everything = torch.arange(COUNT)
    with pytest.raises(Ended):
        answers(teacher, feed, tmp_path).prepare(0, everything, between=end_before_the_third_batch)
    later = answers(teacher, feed, tmp_path)
    later.prepare(0, everything)
    assert later.forwards == COUNT - 2 * 8


def test_a_later_run_finds_the_answers(teacher: nn.Module, feed: ImageFeed, tmp_path: Path) -> None:
    everything = torch.arange(COUNT)
    first = answers(teacher, feed, tmp_path)
    first.prepare(2, everything)
    second = answers(teacher, feed, tmp_path)
    second.prepare(2, everything)
    assert second.forwards == 0
    draws = torch.full_like(everything, 2)
    assert torch.equal(first.at(everything, draws), second.at(everything, draws))


def test_damaged_answers_are_made_anew_with_a_warning(teacher: nn.Module, feed: ImageFeed, tmp_path: Path) -> None:
    everything, warnings = torch.arange(COUNT), list[str]()
    answers(teacher, feed, tmp_path).prepare(0, everything)
    (tmp_path / "draw-0.safetensors").write_bytes(b"not tensors")
    again = answers(teacher, feed, tmp_path, warn=warnings.append)
    again.prepare(0, everything)
    assert again.forwards == COUNT
    assert "damaged" in warnings[0]


def test_a_folder_that_cannot_be_written_costs_a_warning_and_not_the_run(
    teacher: nn.Module, feed: ImageFeed, tmp_path: Path
) -> None:
    blocked, warnings = tmp_path / "file", list[str]()
    blocked.write_text("in the way")
    kept = answers(teacher, feed, blocked / "answers", warn=warnings.append)
    kept.prepare(0, torch.arange(COUNT))
    assert len(warnings) == 1
    assert kept.at(torch.tensor([3]), torch.tensor([0])).shape == (1, 3)


def test_plain_answers_are_of_unaugmented_images(teacher: nn.Module, feed: ImageFeed) -> None:
    plain = answers(teacher, feed).plain()
    with torch.no_grad():
        torch.testing.assert_close(plain, teacher(feed.plain(torch.arange(COUNT))))
    assert PLAIN < 0


def test_a_frozen_teacher_is_deterministic_and_has_no_gradient(teacher: nn.Module, feed: ImageFeed) -> None:
    inputs = feed.plain(torch.arange(4))
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    first, second = teacher(inputs), teacher(inputs)
    assert torch.equal(first, second)
    assert not first.requires_grad
    assert all(torch.equal(before[name], value) for name, value in teacher.state_dict().items())


def test_whatever_could_change_an_answer_changes_the_key() -> None:
    base = ("data", "teacher", "crop", "fp32")
    keys = {answers_key(*base)} | {answers_key(*(*base[:i], "other", *base[i + 1 :])) for i in range(4)}
    assert len(keys) == 5


@pytest.mark.parametrize("architecture", ["resnet8-w16", "vgg8-w48"])
def test_folding_batch_norms_changes_no_answer_beyond_rounding(architecture: str) -> None:
    model = models.build(architecture, 1, 10, seed=0)
    model.train()
    model(torch.randn(64, 1, 28, 28))
    plain, inputs = freeze(model), torch.randn(8, 1, 28, 28)
    quick = folded(plain)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in quick.modules())
    torch.testing.assert_close(quick(inputs), plain(inputs), rtol=1e-4, atol=1e-4)
    assert all(not parameter.requires_grad for parameter in quick.parameters())


def test_a_teacher_that_cannot_be_traced_is_used_as_it_is() -> None:
    class Branching(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum() > 0 else -x

    teacher = freeze(Branching())
    assert folded(teacher) is teacher
