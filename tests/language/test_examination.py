from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from distill_core.language import examination
from distill_core.language.examination import examine, foretell, judge
from distill_core.language.models.gpt import Cache
from distill_core.language.skills.text import windows
from distill_core.language.task import TokenFeed
from distill_core.language.tokens import BOS, VOCABULARY, batch, encode
from distill_core.task import Split

CPU = torch.device("cpu")


class Knows(nn.Module):
    """Predicts of every text in a table what comes next; of others nothing."""

    def __init__(self, samples: list[tuple[str, str]]) -> None:
        super().__init__()
        self.rows = batch(samples).inputs
        self.read: Tensor | None = None

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        if cache is not None:
            ids = ids if self.read is None or ids.shape[1] > 1 else torch.cat([self.read, ids], dim=1)
            self.read = ids
        logits = torch.zeros(*ids.shape, VOCABULARY)
        for number, text in enumerate(ids):
            for place in range(len(text)):
                known = (self.rows[:, : place + 1] == text[: place + 1]).all(dim=1)
                if known.any() and place + 1 < self.rows.shape[1]:
                    logits[number, place, self.rows[known][0, place + 1]] = 50
        return logits


def test_answers_are_judged_by_skill_and_beyond_training_apart() -> None:
    asked = ["1+2*3=", "1+2*3=", "rev ab=", "upp ab=", "1+1+1+1+1+1=", "rev+fst ab="]
    said = ["3,9;9", "3,8;9", "ba", "ab", "2,3,4,5,6;6", "a"]
    got = judge(asked, said, [False, False, False, False, True, True])
    assert got.shares == {
        "reasoning": 1.0,
        "valid_steps": 0.75,
        "right_by_wrong_steps": 0.5,
        "instructions": 0.5,
        "instructions_loose": 1.0,
        "longer_chains": 1.0,
        "unseen_pairs": 0.0,
    }
    assert got.counts == {
        "reasoning": 2,
        "valid_steps": 4,
        "right_by_wrong_steps": 2,
        "instructions": 2,
        "instructions_loose": 2,
        "longer_chains": 1,
        "unseen_pairs": 1,
    }


def test_a_model_that_knows_half_the_answers_has_half() -> None:
    samples = [("1+2*3=", "3,9;9"), ("2+2+2=", "4,6;6"), ("rev abc=", "cba"), ("cnt abc=", "3")]
    wrong = [samples[0], ("2+2+2=", "4,6;7"), ("rev abc=", "cba"), ("cnt abc=", "4")]
    split = Split(*batch(samples), torch.tensor([0, 0, 1, 4]))
    # One prompt at a time: the stand-in keeps one past.
    parts = [Split(split.inputs[i : i + 1], split.labels[i : i + 1], split.groups[i : i + 1]) for i in range(4)]
    scores = [examine(Knows(wrong), TokenFeed(part.inputs, CPU), part) for part in parts]
    assert [score.accuracy for score in scores] == [1.0, 0.0, 1.0, 0.0]
    assert all(score.metrics["stops"] == 1.0 for score in scores)
    assert scores[0].loss < 1e-6
    assert scores[1].loss == pytest.approx((50 + math.log(100)) / 6, rel=1e-4), "one token wrong by 50, its end unknown"


def test_the_loss_reads_valid_positions_alone() -> None:
    split = Split(*batch([("ab=", "c"), ("abcd=", "ef")]))
    uniform = nn.Sequential(nn.Embedding(VOCABULARY, 4), nn.Linear(4, VOCABULARY))
    nn.init.zeros_(uniform[1].weight)
    nn.init.zeros_(uniform[1].bias)
    loss, guesses = foretell(uniform, TokenFeed(split.inputs, CPU), split.labels, lambda: None)
    assert loss == pytest.approx(math.log(VOCABULARY), rel=1e-5)
    assert len(guesses) == 2 + 3


@pytest.mark.parametrize("rows", [1, 2, 64])
def test_every_character_is_foretold_once_however_many_windows_go_at_a_time(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "ROWS", rows)
    torch.manual_seed(0)
    table = nn.Embedding(VOCABULARY, VOCABULARY)
    written = "a little text to read"
    tokens = [BOS, *encode(written)]
    by_hand = [-table.weight[before].log_softmax(0)[after].item() for before, after in pairwise(tokens)]
    inputs, labels = windows([written], 5, 2)
    loss, guesses = foretell(table, TokenFeed(inputs, CPU), labels, lambda: None)
    assert loss == pytest.approx(sum(by_hand) / len(written), rel=1e-5)
    assert len(guesses) == len(written)


def test_over_a_large_vocabulary_few_texts_go_at_a_time_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    table, read = nn.Embedding(VOCABULARY, VOCABULARY), []
    table.register_forward_hook(lambda _module, _inputs, logits: read.append(logits.numel()))
    inputs, labels = windows(["a little text to read, and some more of it to go on with"], 5, 5)
    labels[1] = -100  # nothing of this one counts
    whole = foretell(table, TokenFeed(inputs, CPU), labels, lambda: None)
    monkeypatch.setattr("distill_core.scoring.LOGITS_AT_ONCE", 2 * 5 * VOCABULARY)
    read.clear()
    loss, guesses = foretell(table, TokenFeed(inputs, CPU), labels, lambda: None)
    assert max(read) <= 2 * 5 * VOCABULARY
    assert loss == pytest.approx(whole[0], rel=1e-6)
    assert torch.equal(guesses, whole[1])


def test_prompts_without_one_right_answer_are_foretold_and_not_judged() -> None:
    split = Split(*batch([("how are you", "well"), ("why", "so")]))
    uniform = nn.Sequential(nn.Embedding(VOCABULARY, 4), nn.Linear(4, VOCABULARY))
    score = examine(uniform, TokenFeed(split.inputs, CPU), split, judged=False)
    assert set(score.metrics) == {"perplexity"}
    assert score.counted == 4 + 1 + 2 + 1


def test_text_is_scored_by_the_characters_foretold() -> None:
    ones = torch.ones(2, 3, dtype=torch.int64)
    split = Split(ones * 5, torch.tensor([[5, 5, 6], [6, 5, -100]]))
    always = nn.Sequential(nn.Embedding(VOCABULARY, 4), nn.Linear(4, VOCABULARY))
    nn.init.zeros_(always[1].weight)
    nn.init.zeros_(always[1].bias)
    with torch.no_grad():
        always[1].bias[5] = math.log(99)
    score = examine(always, TokenFeed(split.inputs, CPU), split)
    assert score.accuracy == pytest.approx(3 / 5)
    nats = (3 * math.log(2) + 2 * math.log(198)) / 5
    assert score.loss == pytest.approx(nats, rel=1e-5)
    assert score.metrics["perplexity"] == pytest.approx(math.exp(nats), rel=1e-5)
