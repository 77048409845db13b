"""The student as author: it answers prompts as it is now, for the teacher to judge (on-policy distillation)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.language.data import prompts_of
from distill_core.language.tokens import CHARACTER_READER, Reader, laid_out
from distill_core.language.writing import write_abreast
from distill_core.task import Split, no_matter


class Prompted:
    """Answers the prompts of a split in a model's own words.

    Args:
        split: prompts with answers, of which only their place is read.
        reader: of their vocabulary.

    Raises:
        ConfigError: if the split has no prompts.
    """

    def __init__(self, split: Split, reader: Reader = CHARACTER_READER) -> None:
        prompts = prompts_of(split)
        if prompts is None:
            raise ConfigError("on_policy: these texts have no prompts that a student could answer; set it to 0")
        self._prompts = prompts
        self._width = split.inputs.shape[1]
        self._reader = reader

    def written(
        self, model: nn.Module, indices: Tensor, seed: int, between: Callable[[], None] = no_matter
    ) -> tuple[Tensor, Tensor]:
        """Inputs and labels `[B, L]`, as wide as the split: an answer cut off there has no end to be learned.

        Each token is drawn from the model's own distribution, without the padding.

        Args:
            model: ids `[B, L]` and a cache -> logits `[B, L, V]`; left in the mode it was in.
            indices: of the prompts, `[B]`.
            seed: of the draws.
            between: called before each token; may raise to end it.
        """
        prompts = [self._prompts[row] for row in indices.tolist()]
        place = next(model.parameters()).device
        draws = torch.Generator(place).manual_seed(seed)
        reader = self._reader
        answers = write_abreast(model, prompts, self._width, reader.eos, reader.unwritten, draws, between)
        inputs, labels = laid_out(prompts, answers, self._width, reader.pad)
        return inputs, labels
