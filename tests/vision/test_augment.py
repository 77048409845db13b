import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from distill_core.config import Augmentation
from distill_core.vision.augment import Mix, RandomChanges, mix_of

IMAGES = torch.randint(0, 256, (10, 1, 12, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def plain(indices: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
    return IMAGES[indices]


def changes(seed: int = 0, magnitude: int = 9) -> RandomChanges:
    return RandomChanges(IMAGES, Augmentation(augmentation_seed=seed, randaugment_magnitude=magnitude))


def test_a_draw_of_an_image_is_changed_alike_in_any_batch_and_any_order() -> None:
    everything, draws = torch.arange(10), torch.tensor([0, 1] * 5)
    batch = changes().changed(everything, draws, plain)
    other = changes()
    for index in (7, 2, 7):
        alone = other.changed(torch.tensor([index]), draws[index : index + 1], plain)
        assert torch.equal(alone[0], batch[index])
    assert batch.dtype == torch.uint8
    assert not torch.equal(batch, IMAGES)


def test_draws_seeds_and_magnitudes_give_other_changes() -> None:
    everything, zeros = torch.arange(10), torch.zeros(10, dtype=torch.long)
    first = changes().changed(everything, zeros, plain)
    assert not torch.equal(first, changes().changed(everything, zeros + 1, plain))
    assert not torch.equal(first, changes(seed=1).changed(everything, zeros, plain))
    assert not torch.equal(first, changes(magnitude=20).changed(everything, zeros, plain))


def test_no_image_is_changed_twice_and_torchs_generator_is_left_alone() -> None:
    asked: list[int] = []

    def counted(indices: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
        asked.extend(indices.tolist())
        return IMAGES[indices]

    source, zeros = changes(), torch.zeros(4, dtype=torch.long)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    source.changed(torch.tensor([3, 1, 3, 2]), zeros, counted)
    source.changed(torch.tensor([1, 4, 3, 1]), zeros, counted)
    assert asked == [1, 2, 3, 4]
    assert torch.equal(torch.rand(3), expected)


def test_old_draws_are_forgotten_and_made_again_alike() -> None:
    source, everything = changes(), torch.arange(10)
    first = source.changed(everything, torch.zeros(10, dtype=torch.long), plain)
    for draw in range(1, 40):
        source.changed(everything[:1], torch.tensor([draw]), plain)
    assert len(source._draws) <= 16
    assert torch.equal(source.changed(everything, torch.zeros(10, dtype=torch.long), plain), first)


def test_no_mix_is_asked_for_by_default() -> None:
    assert mix_of(Augmentation(), 0, 8, (28, 28)) is None


@settings(max_examples=60, deadline=None)
@given(step=st.integers(0, 10**6), batch=st.integers(2, 9), alpha=st.floats(0.1, 4), seed=st.integers(0, 2**31 - 1))
def test_a_mix_is_a_pure_function_of_seed_and_step(step: int, batch: int, alpha: float, seed: int) -> None:
    for chosen in ({"mixup": alpha}, {"cutmix": alpha}, {"mixup": alpha, "cutmix": alpha}):
        augmentation = Augmentation(augmentation_seed=seed, **chosen)
        first, again = (mix_of(augmentation, step, batch, (20, 28)) for _ in range(2))
        assert first is not None
        assert again is not None
        assert torch.equal(first.partners, again.partners)
        assert (first.share, first.box) == (again.share, again.box)
        assert sorted(first.partners.tolist()) == list(range(batch))
        assert 0 <= first.share <= 1
        if "cutmix" not in chosen:
            assert first.box is None


def test_mixup_blends_each_image_with_its_partner_by_the_share() -> None:
    batch = torch.arange(3.0).view(3, 1, 1, 1).expand(3, 2, 4, 4).clone()
    mixed = Mix(torch.tensor([2, 0, 1]), share=0.75).applied(batch)
    # 0.75 * own + 0.25 * partner, worked out by hand.
    torch.testing.assert_close(mixed[:, 0, 0, 0], torch.tensor([0.5, 0.75, 1.75]))
    assert batch[0].sum() == 0


@settings(max_examples=60, deadline=None)
@given(step=st.integers(0, 10**6))
def test_cutmixs_share_is_exactly_the_area_an_image_keeps(step: int) -> None:
    mix = mix_of(Augmentation(cutmix=1.0), step, 2, (20, 28))
    assert mix is not None
    batch = torch.stack([torch.zeros(1, 20, 28), torch.ones(1, 20, 28)])
    mixed = Mix(torch.tensor([1, 0]), mix.share, mix.box).applied(batch)
    assert mixed[0].mean().item() == pytest.approx(1 - mix.share, abs=1e-6)
    assert mixed[1].mean().item() == pytest.approx(mix.share, abs=1e-6)
    assert batch[0].sum() == 0


@settings(max_examples=40, deadline=None)
@given(step=st.integers(0, 10**6), cut=st.booleans())
def test_the_same_mix_suits_a_teacher_of_another_size_channels_and_normalisation(step: int, cut: bool) -> None:
    mix = mix_of(Augmentation(**{"cutmix" if cut else "mixup": 1.0}), step, 4, (8, 8))
    assert mix is not None
    student = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(step))

    def as_teacher(images: torch.Tensor) -> torch.Tensor:
        return (functional.interpolate(images, scale_factor=3, mode="nearest").repeat(1, 3, 1, 1) - 0.4) / 0.7

    torch.testing.assert_close(mix.applied(as_teacher(student)), as_teacher(mix.applied(student)))


def test_mixes_are_spread_as_their_papers_say() -> None:
    both = Augmentation(mixup=1.0, cutmix=1.0)
    mixes = [mix_of(both, step, 2, (224, 224)) for step in range(2000)]
    blended = [mix.share for mix in mixes if mix and mix.box is None]
    assert len(blended) / 2000 == pytest.approx(0.5, abs=0.05)
    # Beta(1, 1) is uniform: mean 1/2, variance 1/12.
    assert np.mean(blended) == pytest.approx(0.5, abs=0.04)
    assert np.var(blended) == pytest.approx(1 / 12, abs=0.01)
    # A box that crosses the border is cut there, so images keep more than half on average.
    assert np.mean([mix.share for mix in mixes if mix and mix.box]) > 0.55


def test_memory_format_is_kept() -> None:
    batch = torch.randn(4, 16, 8, 8).contiguous(memory_format=torch.channels_last)
    for mix in (Mix(torch.tensor([1, 0, 3, 2]), 0.3), Mix(torch.tensor([1, 0, 3, 2]), 0.75, (0.0, 0.0, 0.5, 0.5))):
        assert mix.applied(batch).is_contiguous(memory_format=torch.channels_last)
