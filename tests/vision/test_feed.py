import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from distill_core.config import Augmentation
from distill_core.task import DataFacts, Split
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
