import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from distill_core.train.sampler import Sampler


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 60), batch=st.integers(1, 80), seed=st.integers(0, 5))
def test_each_pass_shows_every_image_once(size: int, batch: int, seed: int) -> None:
    pool = torch.arange(100, 100 + size)
    sampler = Sampler(pool, batch, seed, stream=0)
    steps = -(-3 * size // batch)
    indices, passes = (torch.cat(parts) for parts in zip(*(sampler.batch(step) for step in range(steps)), strict=True))
    for number in range(3):
        assert torch.equal(indices[passes == number][:size].sort().values, pool)


def test_a_batch_is_a_function_of_its_step_alone() -> None:
    pool = torch.arange(50)
    forwards = [Sampler(pool, 16, 7, 1).batch(step)[0].tolist() for step in range(8)]
    sampler = Sampler(pool, 16, 7, 1)
    backwards = [sampler.batch(step)[0].tolist() for step in reversed(range(8))]
    assert forwards == backwards[::-1]


def test_seed_and_phase_change_the_order() -> None:
    pool = torch.arange(50)
    orders = [Sampler(pool, 50, seed, stream).batch(0)[0].tolist() for seed, stream in ((0, 0), (1, 0), (0, 1))]
    assert orders[0] != orders[1] != orders[2] != orders[0]
