from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.nn import functional

from distill_core.config import Augmentation
from distill_core.errors import ConfigError
from distill_core.task import DataFacts, Split, task_named
from distill_core.vision.feed import ImageFeed

COUNT, PADDING = 12, 2
FACTS = DataFacts("tiny", ("a", "b"), (3, 8, 8), (0.1, 0.5, 0.9), (0.2, 0.25, 0.3), "sha")
IMAGES = torch.randint(0, 256, (COUNT, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def feed(augmentation: Augmentation | None, channels_last: bool = False) -> ImageFeed:
    return ImageFeed(Split(IMAGES, torch.zeros(COUNT)), FACTS, augmentation, torch.device("cpu"), channels_last)


def normalised(images: torch.Tensor) -> torch.Tensor:
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (FACTS.mean, FACTS.std))
    return (images.float() / 255 - mean) / std


def test_plain_images_are_normalised_by_mean_and_standard_deviation() -> None:
    indices = torch.tensor([3, 0, 11])
    torch.testing.assert_close(feed(None).plain(indices), normalised(IMAGES[indices]), rtol=1e-5, atol=1e-5)
    assert torch.equal(feed(None).plain(indices), feed(None).augmented(indices, torch.tensor([0, 1, 2])))


@settings(max_examples=25, deadline=None)
@given(draw=st.integers(0, 10**6), flip=st.booleans())
def test_an_augmented_image_is_one_of_the_crops_of_the_padded_image_or_its_mirror(draw: int, flip: bool) -> None:
    source = feed(Augmentation(crop_padding=PADDING, flip=flip))
    index = torch.tensor([draw % COUNT])
    got = source.augmented(index, torch.tensor([draw]))[0]
    padded = functional.pad(IMAGES[index], [PADDING] * 4)
    corners = range(2 * PADDING + 1)
    crops = torch.stack([normalised(padded[:, :, y : y + 8, x : x + 8])[0] for y in corners for x in corners])
    candidates = torch.cat([crops, crops.flip(-1)]) if flip else crops
    assert (candidates - got).abs().amax(dim=(1, 2, 3)).min() < 1e-5


def test_a_draw_of_an_image_is_the_same_in_any_batch() -> None:
    source, again = (feed(Augmentation(crop_padding=PADDING)) for _ in range(2))
    everything = torch.arange(COUNT)
    draws = torch.tensor([0, 1, 2, 3] * 3)
    batch = source.augmented(everything, draws)
    for index in (11, 4, 7):
        alone = again.augmented(torch.tensor([index]), draws[index : index + 1])
        assert torch.equal(batch[index], alone[0])


def test_draws_and_seeds_differ() -> None:
    everything = torch.arange(COUNT)
    source = feed(Augmentation(crop_padding=PADDING))
    other = feed(Augmentation(crop_padding=PADDING, augmentation_seed=1))
    first = source.augmented(everything, torch.zeros(COUNT, dtype=torch.long))
    assert not torch.equal(first, source.augmented(everything, torch.ones(COUNT, dtype=torch.long)))
    assert not torch.equal(first, other.augmented(everything, torch.zeros(COUNT, dtype=torch.long)))


def test_crops_and_flips_are_spread_evenly() -> None:
    images = torch.zeros(20_000, 1, 8, 8, dtype=torch.uint8)
    facts = DataFacts("tiny", ("a",), (1, 8, 8), (0.0,), (1.0,), "sha")
    source = ImageFeed(Split(images, torch.zeros(20_000)), facts, Augmentation(), torch.device("cpu"), False)
    top, left, flip = source._make_draw(0)
    for corner in (top, left):
        assert (corner.bincount(minlength=5) / 20_000 - 0.2).abs().max() < 0.02
    assert abs(flip.float().mean().item() - 0.5) < 0.02


def test_memory_format_changes_no_value() -> None:
    everything, draws = torch.arange(COUNT), torch.arange(COUNT)
    plain, last = (feed(Augmentation(), channels_last).augmented(everything, draws) for channels_last in (False, True))
    assert torch.equal(plain, last)
    assert last.is_contiguous(memory_format=torch.channels_last)


def test_the_stored_images_are_left_alone() -> None:
    before = IMAGES.clone()
    source = feed(Augmentation())
    source.augmented(torch.arange(COUNT), torch.arange(COUNT))
    source.plain(torch.arange(COUNT))
    assert torch.equal(IMAGES, before)


@dataclass(frozen=True)
class Wanted:
    input_shape: tuple[int, ...]
    mean: tuple[float, ...] = (0.4, 0.5, 0.6)
    std: tuple[float, ...] = (0.2, 0.3, 0.4)


def images_of(channels: int, size: int = 8) -> tuple[Split, DataFacts]:
    images = torch.randint(0, 256, (COUNT, channels, size, size), dtype=torch.uint8)
    facts = DataFacts("tiny", ("a", "b"), (channels, size, size), (0.3,) * channels, (0.5,) * channels, "sha")
    return Split(images, torch.zeros(COUNT)), facts


def made_for(split: Split, facts: DataFacts, wanted: Wanted | None, augmentation: Augmentation | None) -> ImageFeed:
    return ImageFeed(split, facts, augmentation, torch.device("cpu"), False, wanted)


def test_a_teachers_inputs_are_the_same_crops_resized_and_normalised_its_way() -> None:
    split, facts = images_of(3)
    augmentation, wanted = Augmentation(crop_padding=2), Wanted((3, 20, 20))
    everything, draws = torch.arange(COUNT), torch.arange(COUNT) % 3
    student = made_for(split, facts, None, augmentation).augmented(everything, draws)
    teacher = made_for(split, facts, wanted, augmentation).augmented(everything, draws)
    pixels = (student * 0.5 + 0.3).double().numpy()
    for index in range(COUNT):
        for channel in range(3):
            picture = Image.fromarray(pixels[index, channel].astype("float32"), mode="F")
            resized = torch.tensor(picture.resize((20, 20), Image.Resampling.BILINEAR).get_flattened_data()).view(
                20, 20
            )
            expected = (resized - wanted.mean[channel]) / wanted.std[channel]
            torch.testing.assert_close(teacher[index, channel], expected, rtol=1e-3, atol=1e-3)


def test_resizing_twice_as_small_weighs_neighbours_as_worked_out_by_hand() -> None:
    # Antialiased halving of a row: the outer pixels weigh (3, 3, 1) / 7, the inner ones (1, 3, 3, 1) / 8.
    row = torch.tensor([0, 0, 0, 80, 240, 240, 240, 240], dtype=torch.uint8)
    split = Split(row.expand(1, 1, 8, 8).contiguous(), torch.zeros(1))
    facts = DataFacts("tiny", ("a", "b"), (1, 8, 8), (0.0,), (1.0,), "sha")
    got = made_for(split, facts, Wanted((1, 4, 4), (0.0,), (1 / 255,)), None).plain(torch.tensor([0]))
    expected = [0.0, (3 * 80 + 240) / 8, (80 + 7 * 240) / 8, 240.0]
    torch.testing.assert_close(got[0, 0, 1], torch.tensor(expected), rtol=1e-5, atol=1e-3)


def test_grey_is_repeated_for_a_teacher_of_colour_and_colour_weighed_for_a_grey_one() -> None:
    split, facts = images_of(1)
    everything = torch.arange(COUNT)
    colour = made_for(split, facts, Wanted((3, 8, 8)), None).plain(everything)
    for channel, (mean, std) in enumerate(zip((0.4, 0.5, 0.6), (0.2, 0.3, 0.4), strict=True)):
        torch.testing.assert_close(colour[:, channel], (split.inputs[:, 0] / 255 - mean) / std, rtol=1e-5, atol=1e-5)
    split, facts = images_of(3)
    grey = made_for(split, facts, Wanted((1, 8, 8), (0.5,), (0.25,)), None).plain(everything)
    red, green, blue = split.inputs.float().unbind(1)
    expected = ((0.299 * red + 0.587 * green + 0.114 * blue) / 255 - 0.5) / 0.25
    torch.testing.assert_close(grey[:, 0], expected, rtol=1e-5, atol=1e-5)


def test_a_teacher_that_takes_what_the_student_takes_gets_the_very_same_numbers() -> None:
    split, facts = images_of(3)
    everything, draws = torch.arange(COUNT), torch.arange(COUNT)
    alike = made_for(split, facts, Wanted(facts.input_shape, facts.mean, facts.std), Augmentation())
    assert torch.equal(
        alike.augmented(everything, draws), made_for(split, facts, None, Augmentation()).augmented(everything, draws)
    )


def test_an_image_is_resized_alike_in_any_batch_and_memory_format() -> None:
    split, facts = images_of(1)
    wanted = Wanted((3, 13, 11))
    everything = torch.arange(COUNT)
    batch = made_for(split, facts, wanted, Augmentation()).augmented(everything, everything)
    last = ImageFeed(split, facts, Augmentation(), torch.device("cpu"), True, wanted)
    assert batch.shape == (COUNT, 3, 13, 11)
    again = last.augmented(everything, everything)
    torch.testing.assert_close(again, batch, rtol=1e-5, atol=1e-5)
    assert again.is_contiguous(memory_format=torch.channels_last)
    alone = made_for(split, facts, wanted, Augmentation()).augmented(torch.tensor([5]), torch.tensor([5]))
    torch.testing.assert_close(alone[0], batch[5], rtol=1e-6, atol=1e-6)


def test_channels_that_cannot_be_made_of_the_datas_are_refused() -> None:
    split, facts = images_of(4)
    with pytest.raises(ConfigError, match="tiny has 4 channels and the model takes 3"):
        made_for(split, facts, Wanted((3, 8, 8)), None)


def test_randaugment_changes_the_cropped_images_and_teacher_and_student_share_it() -> None:
    split, facts = images_of(3)
    augmentation = Augmentation(crop_padding=2, randaugment=True)
    everything, draws = torch.arange(COUNT), torch.arange(COUNT) % 2
    task = task_named("vision")
    student = task.feed(split, facts, augmentation, torch.device("cpu"), False)
    teacher = task.feed(split, facts, augmentation, torch.device("cpu"), False, Wanted((3, 8, 8)))
    assert isinstance(student, ImageFeed)
    assert isinstance(teacher, ImageFeed)
    assert student._changes is teacher._changes
    seen = student.augmented(everything, draws)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (Wanted.mean, Wanted.std))
    torch.testing.assert_close(
        teacher.augmented(everything, draws), ((seen * 0.5 + 0.3) - mean) / std, rtol=1e-4, atol=1e-4
    )
    untouched = made_for(split, facts, None, Augmentation(crop_padding=2)).augmented(everything, draws)
    assert not torch.equal(seen, untouched)
    alone = made_for(split, facts, None, augmentation)
    assert torch.equal(alone.augmented(everything, draws), seen)
    assert torch.equal(student.plain(everything), made_for(split, facts, None, None).plain(everything))
    other = task.feed(split, facts, Augmentation(crop_padding=1, randaugment=True), torch.device("cpu"), False)
    assert isinstance(other, ImageFeed)
    assert other._changes is not student._changes
