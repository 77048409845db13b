from __future__ import annotations

import urllib.error
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from distill_core.errors import ConfigError, DataUnavailable
from distill_core.vision import models
from distill_core.vision.models import published

NAME, WEIGHTS = "shufflenet_v2_x0_5", "IMAGENET1K_V1"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Torch's cache of downloads, empty, on a machine without a network."""
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("TORCH_HUB", raising=False)
    monkeypatch.setattr(torch.hub, "_hub_dir", None)

    def refuse(*_args: object, **_options: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    return folder


@pytest.fixture
def downloaded(cache: Path) -> nn.Module:
    """A model whose numbers lie in the cache where torchvision's published ones would."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = torchvision.models.get_model(NAME)
    url = torchvision.models.get_model_weights(NAME)[WEIGHTS].url
    torch.save(model.state_dict(), cache / url.rpartition("/")[2])
    return model.eval()


@pytest.mark.parametrize(
    "name", ["resnet18", "mobilenet_v3_small", "efficientnet_b0", "shufflenet_v2_x1_0", "squeezenet1_1", "densenet121"]
)
def test_a_model_of_torchvision_takes_the_datas_channels_and_classes(name: str) -> None:
    for channels in (1, 3, 4):
        model = models.build(f"torchvision/{name}", channels, 7, 0, (64, 64)).eval()
        assert model(torch.zeros(2, channels, 64, 64)).shape == (2, 7)
        assert "classifier" in dict(model.named_modules()) or "fc" in dict(model.named_modules())


@pytest.mark.slow
def test_every_model_that_torchvision_lists_can_be_built_for_grey_images() -> None:
    huge = {"regnet_y_128gf", "vit_h_14"}
    for name in set(torchvision.models.list_models(module=torchvision.models)) - huge:
        assert models.count_parameters(f"torchvision/{name}", 1, 10, (224, 224)) > 100_000, name


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("torchvision/vit_b_16", (28, 28), "cannot take images of 28x28 .*image_size=224"),
        ("torchvision/vit_b_16", (32, 48), "its images are square"),
        ("torchvision/alexnet", (28, 28), "cannot take images of 28x28"),
        ("torchvision/resnet19", (28, 28), "Did you mean 'torchvision/resnet"),
        ("torchvision/fcn_resnet50", (28, 28), "is not known"),
        ("torchvision/resnet18:IMAGENET1K_V9", (28, 28), "Did you mean 'IMAGENET1K_V1'"),
    ],
)
def test_what_cannot_be_built_is_explained(name: str, size: tuple[int, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message), torch.device("meta"):
        models.build(name, 3, 10, 0, size)


def test_a_grey_image_is_answered_as_three_equal_colours_would_be(downloaded: nn.Module) -> None:
    colour, grey = (
        models.build(f"torchvision/{NAME}:{WEIGHTS}", channels, 7, 0, (64, 64)).eval() for channels in (3, 1)
    )
    images = torch.randn(2, 1, 64, 64)
    torch.testing.assert_close(grey(images), colour(images.repeat(1, 3, 1, 1)), rtol=1e-4, atol=1e-5)


def test_a_student_begins_from_the_published_body_with_a_head_of_its_own(downloaded: nn.Module) -> None:
    model = models.build(f"torchvision/{NAME}:{WEIGHTS}", 3, 7, 0, (64, 64))
    theirs, ours = downloaded.state_dict(), model.state_dict()
    assert {name for name in ours if ours[name].shape != theirs[name].shape} == {"fc.weight", "fc.bias"}
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if not name.startswith("fc."))
    again, other = (models.build(f"torchvision/{NAME}:{WEIGHTS}", 3, 7, seed, (64, 64)) for seed in (0, 1))
    assert torch.equal(model.fc.weight, again.fc.weight)
    assert not torch.equal(model.fc.weight, other.fc.weight)


def test_data_of_a_thousand_classes_gets_a_new_head_too(downloaded: nn.Module) -> None:
    model = models.build(f"torchvision/{NAME}:{WEIGHTS}", 3, 1000, 0, (64, 64))
    assert not torch.equal(model.fc.weight, downloaded.fc.weight)
    assert torch.equal(model.conv1[0].weight, downloaded.conv1[0].weight)


def test_a_complete_model_answers_as_published(downloaded: nn.Module) -> None:
    images = torch.randn(1, 3, 224, 224)
    assert torch.equal(published.complete(NAME, WEIGHTS).eval()(images), downloaded(images))


def test_without_a_network_the_ways_out_are_named(cache: Path) -> None:
    with pytest.raises(DataUnavailable) as caught:
        models.build("torchvision/resnet18:IMAGENET1K_V1", 3, 10, 0, (64, 64))
    text = str(caught.value)
    assert "no route to host" in text
    assert "https://download.pytorch.org/models/resnet18-f37072fd.pth into" in text
    assert str(cache) in text


def test_a_file_that_is_not_the_weights_is_explained(cache: Path) -> None:
    url = torchvision.models.get_model_weights(NAME)[WEIGHTS].url
    path = cache / url.rpartition("/")[2]
    torch.save({"conv1.0.weight": torch.zeros(1)}, path)
    with pytest.raises(DataUnavailable, match=r"does not hold the weights .*Delete it"):
        models.build(f"torchvision/{NAME}:{WEIGHTS}", 3, 10, 0, (64, 64))
    path.write_bytes(b"<html>")
    with pytest.raises(DataUnavailable, match="cannot be had"):
        models.build(f"torchvision/{NAME}:{WEIGHTS}", 3, 10, 0, (64, 64))


def test_counting_a_model_with_published_weights_needs_none_of_them(cache: Path) -> None:
    assert models.count_parameters("torchvision/resnet18:IMAGENET1K_V1", 3, 1000) == 11_689_512


def test_what_torchvision_says_of_its_weights_is_known_without_a_file() -> None:
    facts = published.facts_of("resnet18", "IMAGENET1K_V1")
    assert (len(facts.classes), facts.classes[0], facts.input_shape) == (1000, "tench", (3, 224, 224))
    assert facts.mean == (0.485, 0.456, 0.406)
    assert facts.accuracy == pytest.approx(0.69758)


def test_a_vits_positions_are_resized_as_an_image_would_be() -> None:
    rows = torch.arange(4.0).view(1, 1, 4, 1).expand(1, 1, 4, 4)
    token = torch.full((1, 1, 1), 9.0)
    positions = torch.cat([token, rows.flatten(2).transpose(1, 2)], dim=1)
    resized = published._resized_positions(positions, 1 + 7 * 7)
    assert resized.shape == (1, 50, 1)
    assert resized[0, 0, 0] == 9
    grid = resized[0, 1:, 0].view(7, 7)
    torch.testing.assert_close(grid[[0, 6], 0], torch.tensor([0.0, 3.0]))
    assert (grid - grid[:, :1]).abs().max() < 1e-5
