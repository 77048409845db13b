"""What holds for every family: sizes, channels, features and head, seeds, names, export."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from distill_core.edge.export import export_onnx
from distill_core.train.folding import folded, freeze
from distill_core.vision import models

SMALLEST = {
    family.title: family.examples[0]
    for family in models.FAMILIES
    if family.title not in (models.TORCHVISION, models.OWN)
}
EVERY = [name for family in models.FAMILIES if family.title in SMALLEST for name in family.examples]
SHAPES = [(channels, size, size) for channels in (1, 3) for size in (28, 32)]


def built(name: str, shape: tuple[int, int, int] = (1, 28, 28), classes: int = 7, seed: int = 0) -> nn.Module:
    return models.build(name, shape[0], classes, seed, shape[1:])


def stirred(model: nn.Module, shape: tuple[int, int, int]) -> nn.Module:
    """In evaluation, with running statistics that are not the identity."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(1)
        model.train()(torch.randn(16, *shape))
    return model.eval()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", SMALLEST.values())
def test_a_family_answers_images_of_any_kind_one_by_one_as_in_a_batch(name: str, shape: tuple[int, int, int]) -> None:
    model = stirred(built(name, shape), shape)
    images = torch.randn(5, *shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        together = model(images)
        alone = torch.cat([model(images[i : i + 1]) for i in range(5)])
    assert together.shape == (5, 7)
    torch.testing.assert_close(alone, together, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", SMALLEST.values())
def test_the_answer_is_the_head_of_the_features(name: str) -> None:
    model = stirred(built(name), (1, 28, 28))
    images = torch.randn(3, 1, 28, 28)
    with torch.no_grad():
        features = model.features(images)
        assert features.dim() == {"MLP": 2, "ViT": 3, "ViT with a distillation token": 3}.get(
            models.family(name).title, 4
        )
        assert torch.equal(model.head(features), model(images))


@pytest.mark.parametrize(
    "name", ["vit-micro", "resnet8-w2", "mobilenetv2-w25", "shufflenetv2-w50", "wrn10-1", "cnn-w8"]
)
def test_images_of_64_and_of_8_pixels_will_do(name: str) -> None:
    for size in (8, 64):
        with torch.no_grad():
            assert built(name, (1, size, size)).eval()(torch.zeros(1, 1, size, size)).shape == (1, 7)


@pytest.mark.parametrize("name", SMALLEST.values())
def test_the_seed_decides_the_weights(name: str) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (built(name, seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", EVERY)
def test_counting_needs_no_weights_and_finds_them_all(name: str) -> None:
    counted = models.count_parameters(name, 1, 10, (28, 28))
    assert 1_000 < counted < 25_000_000
    if counted < 3_000_000:
        assert counted == sum(p.numel() for p in built(name, classes=10).parameters())


@pytest.mark.parametrize(
    ("name", "channels", "classes", "published"),
    [
        ("wrn16-2", 3, 100, 703_284),  # 0.7 M
        ("wrn40-2", 3, 10, 2_243_546),  # 2.2 M: Zagoruyko & Komodakis 2016
        ("wrn28-10", 3, 10, 36_479_194),  # 36.5 M: the same
        ("mobilenetv2-w100", 3, 1000, 3_504_872),  # torchvision's count; so are the next two
        ("shufflenetv2-w50", 3, 1000, 1_366_792),
        ("shufflenetv2-w100", 3, 1000, 2_278_604),
        ("vit-tiny-p16", 3, 1000, 5_717_416 - 197 * 192),  # DeiT-Ti; positions here are not learnt
        ("deit-small-p16", 3, 1000, 22_436_432 - 198 * 384),  # DeiT-S, distilled
    ],
)
def test_parameters_are_as_many_as_published(name: str, channels: int, classes: int, published: int) -> None:
    size = (224, 224) if name.endswith("-p16") else (32, 32)
    assert models.count_parameters(name, channels, classes, size) == published


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("wrn16-1", {"stem", "stage1.block1", "stage3.block2", "norm", "pool", "classifier"}),
        ("mobilenetv2-w25", {"stem", "stage1.block3", "stage4.block4", "last", "pool", "classifier"}),
        ("shufflenetv2-w50", {"stem", "stage1.block1", "stage2.block8", "stage3.block4", "last", "pool", "classifier"}),
        ("cnn-w8", {"stage1", "stage2", "stage3", "pool", "classifier"}),
        ("mlp-64x2", {"layer1", "layer2", "classifier"}),
        ("vit-micro", {"patches", "block1", "block6", "block1.attention.probabilities", "norm", "classifier"}),
        ("deit-micro", {"patches", "block6", "norm", "classifier", "distilled_classifier"}),
    ],
)
def test_layers_have_names_a_reader_recognises(name: str, layers: set[str]) -> None:
    assert layers <= dict(built(name).named_modules()).keys()


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("mobilenetv2-w25", {"stem": 32, "stage1": 32, "stage2": 16, "stage3": 8, "stage4": 4, "last": 4}),
        ("shufflenetv2-w50", {"stem": 32, "stage1": 16, "stage2": 8, "stage3": 4, "last": 4}),
        ("wrn10-1", {"stem": 32, "stage1": 32, "stage2": 16, "stage3": 8, "norm": 8}),
        ("cnn-w8", {"stage1": 32, "stage2": 16, "stage3": 8}),
    ],
)
def test_stages_shrink_the_map_step_by_step(name: str, stages: dict[str, int]) -> None:
    model, seen = built(name, (3, 32, 32)), {}
    for layer in stages:
        model.get_submodule(layer).register_forward_hook(
            lambda _module, _inputs, output, layer=layer: seen.update({layer: output.shape[-1]})
        )
    model.eval()(torch.zeros(1, 3, 32, 32))
    assert seen == stages


def same_numbers(ours: nn.Module, theirs: nn.Module) -> None:
    """Copies the numbers of one model to the other in the order of their layers."""
    state = theirs.state_dict()
    names = ours.state_dict().keys()
    assert len(names) == len(state)
    ours.load_state_dict(OrderedDict(zip(names, state.values(), strict=True)))


def test_mobilenet_computes_what_torchvisions_does_without_its_first_two_strides() -> None:
    theirs = torchvision.models.mobilenet_v2(num_classes=7, width_mult=0.5)
    theirs.features[0][0].stride = theirs.features[2].conv[1][0].stride = (1, 1)
    theirs = stirred(theirs, (3, 32, 32))
    ours = built("mobilenetv2-w50", (3, 32, 32)).eval()
    same_numbers(ours, theirs)
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-5)


def test_shufflenet_computes_what_torchvisions_does_without_its_first_two_strides() -> None:
    theirs = torchvision.models.shufflenet_v2_x0_5(num_classes=7)
    theirs.conv1[0].stride, theirs.maxpool = (1, 1), nn.Identity()
    theirs = stirred(theirs, (3, 32, 32))
    ours = built("shufflenetv2-w50", (3, 32, 32)).eval()
    same_numbers(ours, theirs)
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", SMALLEST.values())
def test_one_step_of_learning_reaches_every_weight(name: str) -> None:
    model = built(name).train()
    model(torch.randn(8, 1, 28, 28)).square().sum().backward()
    untouched = {key for key, value in model.named_parameters() if value.grad is None}
    expected = {"distilled_classifier.weight", "distilled_classifier.bias"} if name.startswith("deit") else set()
    assert untouched == expected


@pytest.mark.parametrize("name", SMALLEST.values())
def test_folding_batch_norms_changes_no_answer_beyond_rounding(name: str) -> None:
    model = freeze(stirred(built(name), (1, 28, 28)))
    images = torch.randn(4, 1, 28, 28)
    torch.testing.assert_close(folded(model)(images), model(images), rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SMALLEST.values(), "torchvision/resnet18", "torchvision/mobilenet_v3_small"])
def test_the_exported_file_answers_as_torch_does(name: str, tmp_path: Path) -> None:
    shape = (1, 32, 32)
    model = stirred(built(name, shape), shape)
    assert export_onnx(model, torch.zeros(2, *shape), tmp_path / "model.onnx", {}).parity_max_abs < 1e-4
