import torch
from torch import Tensor, nn

from distill_core.train.on_policy import OnPolicy
from distill_core.train.sampler import Sampler


class Noted:
    """Says which seeds it was given."""

    def __init__(self) -> None:
        self.seeds: list[int] = []

    def written(self, model: nn.Module, indices: Tensor, seed: int, between: object = None) -> tuple[Tensor, Tensor]:
        self.seeds.append(seed)
        return indices, indices


def test_as_many_steps_as_the_share_says_spread_by_chance_and_the_same_each_time() -> None:
    for share in (0.0, 0.1, 0.5, 1.0):
        steps = [OnPolicy(share, 3, Noted()).writes(step) for step in range(4000)]
        assert abs(sum(steps) / 4000 - share) < 0.03
        assert steps == [OnPolicy(share, 3, Noted()).writes(step) for step in range(4000)]
    pairs = list(zip(steps := [OnPolicy(0.5, 3, Noted()).writes(n) for n in range(4000)], steps[1:], strict=False))
    assert 0.4 < sum(first == second for first, second in pairs) / len(pairs) < 0.6
    assert steps != [OnPolicy(0.5, 4, Noted()).writes(step) for step in range(4000)]


def test_every_step_of_every_seed_draws_anew() -> None:
    author = Noted()
    for seed in range(20):
        for step in range(100):
            OnPolicy(1.0, seed, author).written(nn.Identity(), torch.arange(2), step)
    assert len(set(author.seeds)) == 2000
    OnPolicy(1.0, 0, author).written(nn.Identity(), torch.arange(2), 0)
    assert author.seeds[-1] == author.seeds[0]


def test_what_comes_in_left_out_steps_alone_is_no_part_of_a_pass() -> None:
    sampler = Sampler(torch.arange(100, 150), 16, 7, 1)
    without = [0, 3, 6]
    for number in range(3):
        expected = [
            int(image)
            for step in range(8)
            for image, in_pass in zip(*sampler.batch(step), strict=True)
            if in_pass == number and step not in without
        ]
        assert sampler.images_of(number, 8, without).tolist() == expected
