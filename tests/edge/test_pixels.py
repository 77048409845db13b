"""Images are prepared for a file as the training's own feed prepares them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from distill_core.edge.pixels import Takes, prepared
from distill_core.errors import ConfigError
from distill_core.task import DataFacts, Split
from distill_core.vision.feed import ImageFeed

STATISTICS = {1: ((0.286,), (0.353,)), 3: ((0.49, 0.48, 0.45), (0.25, 0.24, 0.26))}


@pytest.mark.parametrize(
    ("stored", "taken"),
    [((1, 28, 28), (1, 28, 28)), ((3, 20, 12), (1, 9, 17)), ((1, 28, 28), (3, 64, 64)), ((3, 32, 32), (3, 8, 8))],
)
def test_the_numbers_are_those_of_the_training_feed(stored: tuple[int, ...], taken: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, *stored), dtype=np.uint8)
    takes = Takes(taken, *STATISTICS[taken[0]])
    facts = DataFacts("made-up", ("a", "b"), stored, *STATISTICS[stored[0]], "")
    split = Split(torch.from_numpy(images), torch.zeros(5, dtype=torch.int64))
    feed = ImageFeed(split, facts, None, torch.device("cpu"), False, takes)
    ours = prepared(images, takes)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, feed.plain(torch.arange(5)).numpy(), rtol=1e-4, atol=2e-5)


def test_channels_that_cannot_be_made_of_each_other_are_refused() -> None:
    with pytest.raises(ConfigError, match="have 2 channels and the model takes 3"):
        prepared(np.zeros((1, 2, 4, 4), np.uint8), Takes((3, 4, 4), *STATISTICS[3]))
