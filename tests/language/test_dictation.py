from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from distill_core.language import dictation
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
        end = len(prompt) + len(words)
        assert (got.labels[row][end], got.inputs[row][end + 1]) == (EOS, EOS), "its last word predicts the end"
        assert (got.labels[row] >= 0).sum() == len(words) + 1
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


def test_a_prompt_is_answered_once_for_all_runs_whichever_labels_they_see(tmp_path: Path) -> None:
    split, file = made(), tmp_path / "answers" / "written.safetensors"
    first = answered(split, torch.tensor([True, False, True]), Parrot("hm"), lambda *_: None, file)
    told: list[tuple[int, int]] = []
    again = answered(split, torch.tensor([True, True, True]), Parrot("ha"), lambda *each: told.append(each), file)
    assert torch.equal(again.inputs[[0, 2]], first.inputs[[0, 2]])
    assert torch.equal(again.labels[[0, 2]], first.labels[[0, 2]])
    assert decode(again.labels[1][again.labels[1] >= 0]) == "ha"
    assert told == [(2, 3), (3, 3)]


def test_what_is_written_before_a_stop_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictation, "BATCH", 1)
    split, file, everything = made(), tmp_path / "written.safetensors", torch.ones(3, dtype=torch.bool)

    def stop_after_two(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answered(split, everything, Parrot("hm"), stop_after_two, file)
    told: list[int] = []
    got = answered(split, everything, Parrot("hm"), lambda done, _total: told.append(done), file)
    assert told == [2, 3]
    assert torch.equal(got.inputs, answered(split, everything, Parrot("hm"), lambda *_: None).inputs)


@pytest.mark.parametrize("damage", [b"", b"not a file of tensors"])
def test_a_damaged_file_is_said_and_written_anew(tmp_path: Path, damage: bytes) -> None:
    split, file, said = made(), tmp_path / "written.safetensors", []
    file.write_bytes(damage)
    everything = torch.ones(3, dtype=torch.bool)
    got = answered(split, everything, Parrot("hm"), lambda *_: None, file, said.append)
    assert "cannot be read" in said[0]
    told: list[int] = []
    assert torch.equal(got.inputs, answered(split, everything, Parrot("x"), lambda n, _: told.append(n), file).inputs)
    assert told == [3]


def test_a_folder_that_cannot_be_written_is_said_and_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    said: list[str] = []
    everything = torch.ones(3, dtype=torch.bool)
    got = answered(
        made(), everything, Parrot("hm"), lambda *_: None, tmp_path / "taken" / "written.safetensors", said.append
    )
    assert decode(got.labels[0][got.labels[0] >= 0]) == "hm"
    assert "not kept for later runs" in said[0]


def test_two_runs_at_a_time_keep_each_others_answers(tmp_path: Path) -> None:
    split, file = made(), tmp_path / "written.safetensors"

    def meanwhile(done: int, _total: int) -> None:
        if done == 0:
            answered(split, torch.tensor([False, True, False]), Parrot("ha"), lambda *_: None, file)

    answered(split, torch.tensor([True, False, False]), Parrot("hm"), meanwhile, file)
    told: list[int] = []
    answered(split, torch.tensor([True, True, False]), Parrot("x"), lambda done, _total: told.append(done), file)
    assert told == [2], "both were on the shelf"
