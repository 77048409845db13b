"""What is said of weights that belong to another architecture."""

from __future__ import annotations

import torch
from torch import Tensor

from distill_core.misfit import misfit


def tensors(**sizes: tuple[int, ...]) -> dict[str, Tensor]:
    return {name.replace("_", "."): torch.zeros(size) for name, size in sizes.items()}


OWN = tensors(stem_weight=(8, 1, 3, 3), stem_count=(), fc_weight=(10, 8), fc_bias=(10,))


def test_of_weights_that_fit_nothing_is_said() -> None:
    assert misfit(OWN, OWN) == ""


def test_a_last_layer_for_other_classes_is_said_to_be_all_that_differs() -> None:
    given = OWN | tensors(fc_weight=(2, 8), fc_bias=(2,))
    assert misfit(given, OWN) == "their last layer 'fc' has 2 outputs, and 10 are needed; all else fits"
    wider = OWN | tensors(fc_weight=(2, 16), fc_bias=(2,))
    assert misfit(wider, OWN).startswith("2 of its 4 tensors are of another size: 'fc.weight' is 2x16 in them and 10x8")


def test_other_sizes_missing_and_surplus_tensors_are_counted_with_an_example_each() -> None:
    given = tensors(stem_weight=(8, 3, 3, 3), fc_weight=(10, 8), fc_bias=(10,), extra_weight=(1,))
    assert misfit(given, OWN) == (
        "1 of its 4 tensors is of another size: 'stem.weight' is 8x3x3x3 in them and 8x1x3x3 in it, and 1 of its 4 "
        "tensors is missing in them, such as 'stem.count', and 1 of theirs has no place in it, such as 'extra.weight'"
    )


def test_weights_without_any_name_in_common_are_said_to_have_none() -> None:
    assert misfit(tensors(a=(1,)), OWN) == (
        "they have none of its 4 tensors; the first of its is 'stem.weight', the first of theirs is 'a'"
    )
    assert misfit({}, OWN) == "they have none of its 4 tensors; the first of its is 'stem.weight'"


def test_sizes_are_not_spoken_of_where_most_names_are_others() -> None:
    given = tensors(fc_weight=(2, 8), other_weight=(1,))
    assert misfit(given, OWN) == (
        "3 of its 4 tensors are missing in them, such as 'stem.weight', and 1 of theirs has no place in it, such as "
        "'other.weight'"
    )
