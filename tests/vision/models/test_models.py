import hashlib

import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.train.setup import prefers_channels_last
from distill_core.vision import models


def test_the_ladder_climbs_from_about_one_thousand_to_about_three_hundred_thousand() -> None:
    sizes = [models.count_parameters(name, channels=1, classes=10) for name in models.LADDER]
    assert sizes == sorted(sizes)
    assert 1_000 <= sizes[0] <= 2_000
    assert 250_000 <= sizes[-1] <= 300_000


@pytest.mark.parametrize(("depth", "published"), [(20, 0.27e6), (32, 0.46e6), (56, 0.85e6), (110, 1.7e6)])
def test_resnets_have_the_published_sizes(depth: int, published: float) -> None:
    # He et al. 2015, table 6, for CIFAR-10; the projection shortcuts move it a little.
    assert models.count_parameters(f"resnet{depth}-w16", channels=3, classes=10) == pytest.approx(published, rel=0.025)


@pytest.mark.parametrize(
    ("name", "channels", "classes", "seed", "layers", "size", "wave"),
    [
        ("resnet8-w2", 1, 10, 0, "5394997c", 300.8049, 6.37539),
        ("resnet8-w8", 1, 10, 0, "5394997c", 1911.6656, 10.86072),
        ("resnet20-w16", 3, 100, 0, "d84405e9", 16636.5465, -43.29124),
        ("resnet14-w16", 1, 10, 7, "7db43e40", 10688.0820, -10.88241),
        ("vgg8-w48", 1, 10, 0, "b6e299fe", 20809.0896, 23.11797),
        ("vgg8-w16", 3, 7, 3, "b6e299fe", 4243.5019, 2.87506),
    ],
)
def test_initial_weights_are_those_of_the_first_release(
    name: str, channels: int, classes: int, seed: int, layers: str, size: float, wave: float
) -> None:
    # Recorded runs and published figures began from these. Sums, for processors round the last bit differently.
    state = models.build(name, channels, classes, seed).state_dict()
    numbers = torch.cat([value.double().flatten() for value in state.values()])
    assert hashlib.sha256(" ".join(state).encode()).hexdigest()[:8] == layers
    assert numbers.abs().sum().item() == pytest.approx(size, rel=1e-6)
    assert (numbers @ torch.arange(len(numbers)).double().sin()).item() == pytest.approx(wave, abs=1e-3)


def test_layers_have_names_a_reader_recognises() -> None:
    resnet = dict(models.build("resnet14-w16", 1, 10, 0).named_modules())
    vgg = dict(models.build("vgg8-w48", 1, 10, 0).named_modules())
    assert {"stem", "stage1.block1", "stage2.block2", "stage3.block1", "pool", "classifier"} <= resnet.keys()
    assert {"stage1.block1", "stage3.block2", "pool", "classifier"} <= vgg.keys()


def test_the_seed_decides_the_weights_and_torchs_generator_is_left_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (models.build("resnet8-w4", 1, 10, seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["stem.conv.weight"], other["stem.conv.weight"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet10-w8", "8, 14, 20"),
        ("vgg16-w8", "8 layers"),
        ("resnet8-w0", "at least 1"),
        ("resnet8", "Did you mean 'resnet8-w"),
        ("mobilenet", "is not known"),
        ("vgg8-w0", "at least 1"),
        ("cnn-w0", "at least 1"),
        ("mlp-0x2", "at least 1 unit"),
        ("wrn18-2", "10, 16, 22"),
        ("wrn16-0", "at least 1 time"),
        ("mobilenetv2-w0", "per cent"),
        ("shufflenetv2-w75", "w50, w100, w150, w200"),
        ("vit-micro-p5", "patches of 5 pixels do not fill images of 32x32. Patches that do: 2, 4, 8"),
        ("deit-100x4", "a multiple of 32"),
        ("vit-tinny", "Did you mean 'vit-tiny'"),
    ],
)
def test_a_name_that_cannot_be_built_is_explained(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        models.build(name, 1, 10, 0)


def test_channels_last_is_chosen_from_sixteen_channels_up() -> None:
    assert prefers_channels_last(models.build("resnet8-w16", 1, 10, 0))
    assert not prefers_channels_last(models.build("resnet8-w12", 1, 10, 0))
    assert not prefers_channels_last(torch.nn.Linear(3, 3))


def test_titles_are_what_people_say() -> None:
    assert models.title("resnet8-w8") == "ResNet-8, width 8"
    assert models.title("vgg8-w48") == "VGG-8, width 48"
    assert models.title("deit-tiny-p8") == "DeiT-tiny-p8"
    assert models.title("mlp-1200x2") == "MLP, 2 layers of 1200"
    assert models.title("torchvision/resnet18:IMAGENET1K_V1") == "resnet18 of torchvision"


def test_a_card_names_the_architecture_without_the_weights_it_began_from() -> None:
    assert models.without_weights("torchvision/resnet18:IMAGENET1K_V1") == "torchvision/resnet18"
    assert models.without_weights("mine.nets:tiny") == "mine.nets:tiny"
    assert models.without_weights("resnet8-w8") == "resnet8-w8"


def test_every_listed_name_belongs_to_the_family_that_lists_it() -> None:
    for family in models.FAMILIES:
        for name in family.examples:
            assert models.family(name) is family
