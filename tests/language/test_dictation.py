from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from distill_core.language.dictation import answered
from distill_core.language.models.gpt import Cache
from distill_core.language.tokens import EOS, VOCABULARY, batch, decode, encode
from distill_core.task import Split

SAMPLES = [("1+2*3=", "3,9;9"), ("rev abc=", "cba"), ("upp no=", "NO")]


class Parrot(nn.Module):
    """Says the same after every prompt, whose end is the token of `=`."""

    def __init__(self, says: str, ends: bool = True) -> None:
        super().__init__()
        self.says: Sequence[int] = [*encode(says), *([EOS] if ends else [])]
        self.told = 0

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        logits = torch.zeros(*ids.shape, VOCABULARY)
        after = 0 if ids.shape[1] > 1 else self.told
        logits[:, -1, self.says[min(after, len(self.says) - 1)]] = 1
        self.told = after + 1
        return logits


def made(width: int | None = None) -> Split:
    return Split(*batch(SAMPLES, width), torch.tensor([0, 1, 2]), torch.tensor([2.0, 3.0, 2.0]))


def test_unlabelled_prompts_get_the_teachers_words_and_labels_and_labelled_ones_keep_theirs() -> None:
    split, asked, told = made(), torch.tensor([True, False, True]), []
    got = answered(split, asked, Parrot("hm"), lambda done, total: told.append((done, total)))
    for row, (prompt, answer) in enumerate(SAMPLES):
        words = "hm" if asked[row] else answer
        assert decode(got.inputs[row]) == prompt + words
        assert decode(got.labels[row][got.labels[row] >= 0]) == words
        assert got.labels[row][len(prompt)] == encode(words)[0], "the last token of the prompt predicts the first word"
    assert got.kinds is split.kinds
    assert told[-1] == (2, 2)


def test_an_answer_that_does_not_end_is_cut_and_has_no_end_to_learn() -> None:
    split = made()
    got = answered(split, torch.tensor([True, True, True]), Parrot("a", ends=False), lambda *_: None)
    assert got.inputs.shape == split.inputs.shape
    assert EOS not in got.inputs
    assert EOS not in got.labels
    assert decode(got.inputs[0]).startswith("1+2*3=aaa")


def test_the_right_answers_leave_no_trace() -> None:
    other = Split(*batch([(prompt, "zzz") for prompt, _ in SAMPLES], made().inputs.shape[1]), made().kinds)
    everything = torch.ones(3, dtype=torch.bool)
    ours, theirs = (answered(split, everything, Parrot("hm"), lambda *_: None) for split in (made(), other))
    assert torch.equal(ours.inputs, theirs.inputs)
    assert torch.equal(ours.labels, theirs.labels)


def test_text_without_prompts_and_a_set_with_all_labels_stay_as_they_are() -> None:
    text = Split(torch.ones(2, 4, dtype=torch.int64), torch.ones(2, 4, dtype=torch.int64))
    assert answered(text, torch.ones(2, dtype=torch.bool), Parrot("x"), lambda *_: None) is text
    split = made()
    assert answered(split, torch.zeros(3, dtype=torch.bool), Parrot("x"), lambda *_: None) is split
