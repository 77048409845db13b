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


def test_resnet20_has_the_published_size() -> None:
    # He et al. 2015, table 6: 0.27M for CIFAR-10; the projection shortcuts and RGB input move it a little.
    assert models.count_parameters("resnet20-w16", channels=3, classes=10) == pytest.approx(0.27e6, rel=0.02)


@pytest.mark.parametrize("name", [*models.LADDER, *models.LARGE])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 8, 8)])
def test_every_architecture_answers_every_size(name: str, shape: tuple[int, int, int]) -> None:
    model = models.build(name, channels=shape[0], classes=7, seed=0).eval()
    with torch.no_grad():
        assert model(torch.zeros(2, *shape)).shape == (2, 7)


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
