import pytest
import torch
from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.language import models
from distill_core.language.models.gpt import GPT, Cache
from distill_core.language.writing import Writing, write, write_abreast

PAD, BOS, EOS = 0, 1, 2


def gpt(seed: int = 3) -> GPT:
    """A model that writes varied texts, some of which end; in double precision, so that rounding decides nothing."""
    model = models.build("gpt-2x64", 20, seed).double()
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator).double() * 0.25
    return model


def prompts(count: int = 30) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(1, 9, (count,), generator=generator).tolist()
    return [torch.cat([torch.tensor([BOS]), torch.randint(3, 20, (n,), generator=generator)]) for n in lengths]


def plainly(model: nn.Module, prompt: Tensor, max_new: int) -> list[int]:
    """One text at a time, read from its beginning for every token."""
    text, answer = prompt.tolist(), []
    with torch.no_grad():
        while len(answer) < max_new and EOS not in answer:
            logits = model(torch.tensor([text]))[0, -1].tolist()
            token = max((logit, -i) for i, logit in enumerate(logits) if i != PAD)[1]
            answer.append(-token)
            text.append(-token)
    return answer


class Scripted(nn.Module):
    """Writes 3, 4, 5, ... and ends when the text is `length` long; takes no cache."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def forward(self, ids: Tensor) -> Tensor:
        following = torch.where(torch.tensor(ids.shape[1] >= self.length), EOS, ids + 1)
        return nn.functional.one_hot(following, 20).float()


class Fixed(nn.Module):
    """Says the same logits after every text."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        return self.logits.expand(*ids.shape, -1)


@pytest.fixture(scope="module")
def expected() -> list[list[int]]:
    return [plainly(gpt(), prompt, 12) for prompt in prompts()]


@pytest.mark.parametrize("batch", [1, 3, 256])
@pytest.mark.parametrize("cached", [True, False])
def test_writes_token_for_token_what_the_plain_loop_does(expected: list[list[int]], cached: bool, batch: int) -> None:
    written = write(gpt(), prompts(), 12, EOS, PAD, batch=batch, cached=cached)
    assert [answer.tolist() for answer in written.answers] == expected
    assert written.stopped == [answer[-1] == EOS for answer in expected]
    assert 3 <= sum(written.stopped) <= 27, "some texts must end and some must not"
    assert len({tuple(answer) for answer in expected}) > 15, "the texts must differ"


def test_an_answer_goes_up_to_its_end_token_or_is_cut_off() -> None:
    asked = [torch.tensor([3, 4]), torch.tensor([3]), torch.tensor([3, 4, 5, 6])]
    written = write(Scripted(4), asked, 3, EOS, PAD, cached=False)
    assert [answer.tolist() for answer in written.answers] == [[5, 6, EOS], [4, 5, 6], [EOS]]
    assert written.stopped == [True, False, True]
    assert all(answer.dtype == torch.int64 for answer in written.answers)
    assert written.tokens == 7


def test_an_end_in_the_prompt_ends_nothing() -> None:
    written = write(Scripted(9), [torch.tensor([3, EOS, 7])], 2, EOS, PAD, cached=False)
    assert written.answers[0].tolist() == [8, 9]
    assert written.stopped == [False]


def test_each_token_is_read_once_and_texts_that_ended_are_not_read_on() -> None:
    model, seen = gpt(), []
    model.embedding.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0].numel()))
    asked = prompts()
    written = write(model, asked, 12, EOS, PAD)
    # Of an answer all but the last token are read, to write the next.
    assert sum(seen) == sum(map(len, asked)) + written.tokens - len(asked)


def test_padding_is_never_written() -> None:
    fixed = Fixed(torch.tensor([9.0, 0.0, 1.0, 3.0]))
    assert write(fixed, [torch.tensor([1])], 2, EOS, PAD).answers[0].tolist() == [3, 3]
    drawn = write(fixed, [torch.tensor([1])] * 50, 1, EOS, PAD, temperature=1.0)
    assert PAD not in {int(answer[0]) for answer in drawn.answers}


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_probabilities_at_the_temperature(temperature: float) -> None:
    logits = torch.tensor([0.0, -1.0, 0.5, 1.0])
    count = 20_000
    generator = torch.Generator().manual_seed(0)
    written = write(
        Fixed(logits), [torch.tensor([1])] * count, 1, EOS, PAD, 5_000, temperature=temperature, generator=generator
    )
    share = torch.bincount(torch.cat(written.answers), minlength=4) / count
    powers = [0.0] + [2.718281828 ** (x / temperature) for x in (-1.0, 0.5, 1.0)]
    expected = torch.tensor([power / sum(powers) for power in powers])
    # Four standard deviations of a share are at most 4 * 0.5 / sqrt(20,000) = 0.014.
    torch.testing.assert_close(share, expected, rtol=0, atol=0.014)


def test_the_generator_decides_the_draws_and_torchs_own_is_left_alone() -> None:
    model, state = gpt(), torch.get_rng_state()

    def drawn(seed: int) -> list[list[int]]:
        generator = torch.Generator().manual_seed(seed)
        written = write(model, prompts(), 8, EOS, PAD, temperature=1.0, generator=generator)
        return [answer.tolist() for answer in written.answers]

    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_low_temperature_writes_the_likeliest() -> None:
    model = gpt()
    cold = write(model, prompts(), 8, EOS, PAD, temperature=1e-6)
    assert [a.tolist() for a in cold.answers] == [a.tolist() for a in write(model, prompts(), 8, EOS, PAD).answers]


def test_speed_counts_what_was_written_and_not_the_time_spent_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("distill_core.language.writing.time.perf_counter", lambda: clock[0])

    class Slow(Scripted):
        def forward(self, ids: Tensor) -> Tensor:
            clock[0] += 0.5
            return super().forward(ids)

    def wait() -> None:
        clock[0] += 100

    # 3 tokens for each of two prompts in three steps; then 2 tokens in two.
    asked = [torch.tensor([3, 4]), torch.tensor([4, 5]), torch.tensor([3, 4, 5])]
    written = write(Slow(4), asked, 9, EOS, PAD, between=wait, cached=False)
    assert written.tokens == 8
    assert written.seconds == 2.5
    assert written.tokens_per_second == pytest.approx(8 / 2.5)


def test_between_is_asked_before_each_batch_and_may_end_the_writing() -> None:
    model, asked = gpt().train(), []

    def stop() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(model, [torch.tensor([BOS, 5])] * 8, 2, EOS, PAD, batch=2, between=stop)
    assert len(asked) == 3
    assert model.training


def test_the_model_writes_in_evaluation_mode_without_gradients_and_is_left_as_it_was() -> None:
    model, seen = gpt().train(), []
    model.norm.register_forward_hook(
        lambda module, _inputs, output: seen.append((module.training, output.requires_grad))
    )
    write(model, prompts(3), 2, EOS, PAD)
    assert set(seen) == {(False, False)}
    assert model.training


def test_no_prompts_have_no_answers() -> None:
    assert write(gpt(), [], 5, EOS, PAD) == Writing([], [], 0.0)
    assert write(gpt(), [], 5, EOS, PAD).tokens_per_second == 0


@pytest.mark.parametrize(
    ("asked", "settings", "message"),
    [
        ([[BOS], []], {}, "prompt 1 is empty; begin it with at least one token, such as bos"),
        ([[BOS]], {"max_new": 0}, "max_new: 0 is too few to write; take at least 1"),
        ([[BOS]], {"batch": 0}, "batch: 0 is too few"),
        ([[BOS]], {"temperature": 0.0}, "temperature: 0 cannot be written at; take a number above 0, or None"),
    ],
)
def test_what_cannot_be_written_is_explained(asked: list[list[int]], settings: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        write(gpt(), [torch.tensor(ids) for ids in asked], **{"max_new": 5, "eos": EOS, "pad": PAD, **settings})


class Surely(nn.Module):
    """A model so sure of itself that a draw is its first choice."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        return self.model(ids, cache) * 1e4


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_each_prompt_gets_what_the_model_says_to_it_alone() -> None:
    width = 16
    expected = [plainly(gpt(), prompt, width - len(prompt)) for prompt in prompts()]
    said = write_abreast(Surely(gpt()), prompts(), width, EOS, PAD, drawn())
    assert [answer.tolist() for answer in said] == expected
    assert 3 <= sum(answer[-1] == EOS for answer in expected) <= 27, "some texts must end and some must not"
    assert {len(prompt) + len(answer) for prompt, answer in zip(prompts(), said, strict=True)} > {width}


def test_tokens_are_drawn_as_often_as_the_model_finds_them_likely_and_padding_never() -> None:
    chances = torch.tensor([0.5, 0.0, 0.05, 0.15, 0.3])  # of padding, a mark never chosen, the end, and two tokens
    said = write_abreast(Fixed(chances.log()), [torch.tensor([1])] * 8000, 2, EOS, PAD, drawn())
    share = torch.cat(said).bincount(minlength=5) / 8000
    torch.testing.assert_close(share, torch.tensor([0.0, 0.0, 0.1, 0.3, 0.6]), atol=0.02, rtol=0)


def test_the_same_seed_writes_the_same_and_torchs_own_generator_is_left_alone() -> None:
    model = gpt().train()
    before = torch.get_rng_state()
    first, again, other = (write_abreast(model, prompts(), 16, EOS, PAD, drawn(seed)) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(map(torch.equal, first, again))
    assert not all(map(torch.equal, first, other))
    assert model.training


def test_a_stop_is_heard_before_each_token_and_leaves_the_model_as_it_was() -> None:
    model, heard = gpt().train(), []

    def stop_at_the_third() -> None:
        heard.append(1)
        if len(heard) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_abreast(model, prompts(), 16, EOS, PAD, drawn(), stop_at_the_third)
    assert model.training
    assert len(heard) == 3
