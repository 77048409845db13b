"""What a student says is laid out as a teacher's answers are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.language.authorship import Prompted
from distill_core.language.models.gpt import Cache
from distill_core.language.tokens import IGNORED, PAD, VOCABULARY, batch, encode, encode_prompt, laid_out
from distill_core.task import Split

SAMPLES = [("1+2*3=", "3,9;9"), ("rev abc=", "cba"), ("upp no=", "NO")]


class Fixed(nn.Module):
    """Says the same logits after every text."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        return self.logits.expand(*ids.shape, -1)


def test_tokens_are_laid_out_as_their_text_would_be() -> None:
    asked = [torch.tensor(encode_prompt(prompt)) for prompt, _ in SAMPLES]
    said = [torch.tensor([*encode(answer), 2]) for _, answer in SAMPLES]
    for ours, theirs in zip(laid_out(asked, said, 20), batch(SAMPLES, 20), strict=True):
        assert torch.equal(ours, theirs)


def test_a_students_text_keeps_its_prompt_and_asks_for_its_own_words() -> None:
    split = Split(*batch(SAMPLES))
    torch.manual_seed(0)
    model = Fixed(torch.randn(VOCABULARY))
    inputs, labels = Prompted(split).written(model, torch.tensor([2, 0]), seed=5)
    assert inputs.shape == labels.shape == (2, split.inputs.shape[1])
    for row, (prompt, answer) in enumerate((SAMPLES[2], SAMPLES[0])):
        start = len(prompt)  # with bos before it, where the prompt's last token stands
        assert inputs[row, : start + 1].tolist() == encode_prompt(prompt)
        words = labels[row][labels[row] >= 0]
        assert torch.equal(words, inputs[row, start + 1 : start + 1 + len(words)])
        assert bool((labels[row, :start] == IGNORED).all())
        assert bool((inputs[row, start + 1 + len(words) :] == PAD).all())
        assert words.tolist() != [*encode(answer), 2]


def test_text_without_prompts_has_no_author() -> None:
    text = Split(torch.ones(2, 4, dtype=torch.int64), torch.ones(2, 4, dtype=torch.int64))
    with pytest.raises(ConfigError, match="no prompts"):
        Prompted(text)
