import math

import pytest
import torch
from torch import nn
from torchvision.models import VisionTransformer

from distill_core.vision import models
from distill_core.vision.models.vit import positions


def vit(name: str = "vit-micro", classes: int = 7) -> nn.Module:
    return models.build(name, 3, classes, 0, (32, 32))


def test_computes_what_torchvisions_vision_transformer_does() -> None:
    theirs = VisionTransformer(
        image_size=32, patch_size=4, num_layers=6, num_heads=4, hidden_dim=64, mlp_dim=256, num_classes=7
    ).eval()
    ours = vit().eval()
    state = theirs.state_dict()
    learnt = state.pop("encoder.pos_embedding")
    state = {name: torch.randn_like(value) * 0.2 for name, value in state.items()}
    with torch.no_grad():
        theirs.load_state_dict({**state, "encoder.pos_embedding": learnt})
        theirs.encoder.pos_embedding.copy_(torch.cat([torch.zeros(1, 1, 64), ours.positions], dim=1))
        ours.load_state_dict(dict(zip(ours.state_dict().keys(), state.values(), strict=True)))
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-4)


def test_attention_comes_out_of_a_layer_of_its_own_and_every_row_sums_to_one() -> None:
    model, seen = vit("vit-tiny"), []
    layer = model.get_submodule("block3.attention.probabilities")
    assert isinstance(layer, nn.Softmax)
    layer.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    model(torch.randn(2, 3, 32, 32))
    assert seen[0].shape == (2, 3, 65, 65)
    torch.testing.assert_close(seen[0].sum(-1), torch.ones(2, 3, 65))


def test_each_patch_becomes_one_token_row_by_row() -> None:
    model = vit()
    images = torch.zeros(1, 3, 32, 32)
    images[:, :, 4:8, 8:12] = 1  # the second row's third patch: token 8 + 2
    tokens = model.patches(images)[0]
    changed = (tokens - tokens[0]).abs().sum(1) > 1e-6
    assert tokens.shape == (64, 64)
    assert changed.nonzero().flatten().tolist() == [10]


def test_positions_are_sines_and_cosines_of_row_and_column() -> None:
    places = positions(8, 2, 3)
    assert places.shape == (1, 6, 8)
    # Row 1, column 2 at the rates 1 and 1/10,000.
    row, column = (1.0, 1e-4), (2.0, 2e-4)
    expected = [f(a) for angles in (row, column) for f in (math.sin, math.cos) for a in angles]
    torch.testing.assert_close(places[0, 5], torch.tensor(expected))
    assert len(torch.unique(places[0], dim=0)) == 6


def test_a_distilled_vit_answers_with_its_class_token_in_training_and_with_the_mean_in_evaluation() -> None:
    model, seen = vit("deit-micro"), []
    model.distilled_classifier.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    images = torch.randn(2, 3, 32, 32)
    tokens = model.features(images)
    assert tokens.shape == (2, 66, 64)
    own, taught = model.classifier(tokens[:, 0]), model.distilled_classifier(tokens[:, 1])
    assert not torch.allclose(own, taught)
    torch.testing.assert_close(model.train()(images), own)
    torch.testing.assert_close(model.eval()(images), (own + taught) / 2)
    torch.testing.assert_close(seen[1], taught)


def test_the_width_of_ones_own_size_is_shared_among_heads_of_32() -> None:
    model = models.build("vit-128x2-p8", 3, 7, 0, (32, 32))
    model(torch.zeros(1, 3, 32, 32))
    assert dict(model.named_modules()).keys() >= {"block2"}
    assert model.features(torch.zeros(1, 3, 32, 32)).shape == (1, 17, 128)


def test_images_that_patches_do_not_fill_are_refused_with_the_patches_that_do() -> None:
    with pytest.raises(ValueError, match=r"do not fill images of 30x30\. Patches that do: 2, 3, 5, 6"):
        models.build("vit-micro", 1, 10, 0, (30, 30))
    models.build("vit-micro-p3", 1, 10, 0, (30, 30))
