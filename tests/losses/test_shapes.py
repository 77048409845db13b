import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.losses.shapes import as_map, map_shape, pooled, to_common_size
from distill_core.mapping.pairs import width_of


@pytest.mark.parametrize("leading", [0, 1, 2, 5])
def test_tokens_become_the_map_they_were_cut_from(leading: int) -> None:
    picture = torch.randn(2, 3, 4, 4)
    tokens = torch.cat([torch.full((2, leading, 3), 99.0), picture.flatten(2).transpose(1, 2)], dim=1)
    torch.testing.assert_close(as_map(tokens), picture)
    torch.testing.assert_close(pooled(tokens), picture.mean(dim=(2, 3)))
    assert map_shape(tuple(tokens.shape[1:])) == (3, 4, 4)
    assert width_of(tuple(tokens.shape[1:])) == 3


def test_maps_stay_and_vectors_are_maps_of_one_place() -> None:
    picture, vector = torch.randn(2, 3, 4, 5), torch.randn(2, 6)
    assert as_map(picture) is picture
    assert as_map(vector).shape == (2, 6, 1, 1)
    assert pooled(vector) is vector
    assert map_shape((3, 4, 5)) == (3, 4, 5)
    assert map_shape((6,)) == (6, 1, 1)
    assert (width_of((3, 4, 5)), width_of((6,))) == (3, 6)


def test_tokens_without_a_square_are_refused_as_a_map_and_all_averaged_as_a_vector() -> None:
    tokens = torch.randn(2, 8, 3)
    with pytest.raises(ConfigError, match="8 tokens"):
        as_map(tokens)
    with pytest.raises(ConfigError, match="8 tokens"):
        map_shape((8, 3))
    torch.testing.assert_close(pooled(tokens), tokens.mean(dim=1))


def test_the_larger_of_two_maps_is_averaged_down_in_each_direction() -> None:
    tall, wide = torch.arange(8.0).reshape(1, 1, 4, 2), torch.ones(1, 2, 2, 6)
    small, other = to_common_size(tall, wide)
    assert small.tolist() == [[[[1.0, 2.0], [5.0, 6.0]]]]
    assert other.shape == (1, 2, 2, 2)
    assert to_common_size(tall, tall)[0] is tall
