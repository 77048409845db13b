from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from distill_core.cards import ModelCard, read_card, write_model
from distill_core.config import Augmentation
from distill_core.errors import CheckpointError, ConfigError, DataUnavailable
from distill_core.task import DataFacts, Split, task_named
from distill_core.vision import models
from distill_core.vision.teachers import TEACHERS, card_of, load, teacher_folder

CLASSES = ("cat", "dog", "bird")
FACTS = DataFacts("pets", CLASSES, (1, 12, 12), (0.3,), (0.4,), "sha")


def saved(folder: Path, **changes: object) -> ModelCard:
    """A folder with an untrained model; `changes` go to its card."""
    fields = {
        "task": "vision",
        "architecture": "resnet8-w2",
        "classes": CLASSES,
        "input_shape": (1, 12, 12),
        "mean": (0.3,),
        "std": (0.4,),
        "dataset": "pets",
        "parameters": 0,
        **changes,
    }
    card = ModelCard.model_validate(fields)
    channels, height, width = card.input_shape
    model = models.build(models.without_weights(card.architecture), channels, len(card.classes), 4, (height, width))
    return write_model(folder, card, model.state_dict())


def test_the_embedded_teachers_load_by_name() -> None:
    for name in ("vgg8-fashion", "resnet20-fashion", "vit-fashion"):
        card = read_card(TEACHERS / name)
        facts = DataFacts("fashion-mnist-mini", card.classes, (1, 28, 28), (0.286,), (0.353,), "sha")
        model, loaded = task_named("vision").load_teacher(name, facts)
        assert loaded == card
        assert sum(parameter.numel() for parameter in model.parameters()) == card.parameters
    assert {choice.family for choice in task_named("vision").teachers()} == {"ResNet", "VGG", "ViT"}


@pytest.mark.parametrize(
    "inputs",
    [
        {"input_shape": (3, 20, 20), "mean": (0.5, 0.5, 0.5), "std": (0.2, 0.3, 0.4)},
        {"input_shape": (1, 12, 12), "mean": (0.9,)},
        {"input_shape": (1, 16, 8), "architecture": "mlp-64x2"},
        {"input_shape": (3, 32, 32), "mean": (0.5,) * 3, "std": (0.2,) * 3, "architecture": "deit-micro"},
    ],
)
def test_a_teacher_of_other_size_channels_and_normalisation_answers_through_its_own_feed(
    inputs: dict[str, object], tmp_path: Path
) -> None:
    saved(tmp_path, **inputs)
    task = task_named("vision")
    model, card = task.load_teacher(str(tmp_path), FACTS)
    split = Split(torch.randint(0, 256, (6, 1, 12, 12), dtype=torch.uint8), torch.zeros(6))
    feed = task.feed(split, FACTS, Augmentation(), torch.device("cpu"), False, card)
    batch = feed.augmented(torch.arange(6), torch.zeros(6, dtype=torch.long))
    assert batch.shape[1:] == card.input_shape
    assert model.eval()(batch).shape == (6, 3)


def test_other_classes_are_refused_and_so_is_another_order(tmp_path: Path) -> None:
    saved(tmp_path, classes=("dog", "cat", "bird"))
    with pytest.raises(ConfigError, match=r"3 classes: dog, .*pets has 3 classes \(cat, .*--preset teacher"):
        load(str(tmp_path), FACTS)


def test_channels_that_cannot_be_made_are_refused(tmp_path: Path) -> None:
    saved(tmp_path, input_shape=(4, 12, 12))
    with pytest.raises(ConfigError, match="takes images of 4 channels, but pets has 1"):
        load(str(tmp_path), FACTS)


def test_a_file_of_weights_and_an_architecture_make_a_teacher(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    original = models.build("resnet8-w4", 1, 3, 9)
    save_file(original.state_dict(), path)
    model, card = load(f"{path}@resnet8-w4", FACTS)
    assert all(torch.equal(value, original.state_dict()[name]) for name, value in model.state_dict().items())
    assert (card.classes, card.input_shape, card.mean, card.std) == (CLASSES, (1, 12, 12), (0.3,), (0.4,))
    assert (card.architecture, card.accuracy) == ("resnet8-w4", None)
    assert card.weights_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card.provenance["assumed"][0].startswith("mine.safetensors says nothing of its data")


def test_a_file_that_does_not_fit_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    with pytest.raises(ConfigError, match=r"cannot be read .No such file"):
        load(f"{path}@resnet8-w4", FACTS)
    with pytest.raises(ConfigError, match=r"^teacher: .*mine.safetensors cannot be read .No such file"):
        card_of(f"{path}@resnet8-w4")
    save_file(models.build("resnet8-w2", 1, 3, 0).state_dict(), path)
    with pytest.raises(
        CheckpointError, match=r"'stem.conv.weight' is 2x1x3x3 in them and 4x1x3x3 in it. Name the"
    ) as e:
        load(f"{path}@resnet8-w4", FACTS)
    assert "do not fit resnet8-w4 for 3 classes and images of 1x12x12: " in str(e.value)
    assert "torch.Size" not in str(e.value)
    with pytest.raises(ConfigError, match=r"^teacher: .*Did you mean 'resnet8-w"):
        load(f"{path}@resnet8", FACTS)
    with pytest.raises(ConfigError, match="does not say which architecture"):
        load(str(path), FACTS)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CheckpointError, match=r"is not a whole .safetensors file"):
        load(f"{path}@resnet8-w2", FACTS)


def test_a_file_beside_its_card_needs_no_architecture(tmp_path: Path) -> None:
    card = saved(tmp_path)
    assert load(str(tmp_path / "weights.safetensors"), FACTS)[1] == card


def test_a_teacher_that_is_nowhere_is_explained() -> None:
    with pytest.raises(ConfigError, match=r"there is no folder no/where; .*safetensors@resnet20-w16"):
        teacher_folder("no/where")
    with pytest.raises(ConfigError, match="Did you mean 'vgg8-fashion'"):
        load("vgg8-fashon", FACTS)


def test_ones_own_function_makes_a_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "teacher_nets.py").write_text(
        "from torch import nn\ndef trained(channels, classes):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(144 * channels, classes))\n",
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "teacher_nets", raising=False)
    model, card = load("teacher_nets:trained", FACTS)
    assert model(torch.zeros(2, 1, 12, 12)).shape == (2, 3)
    assert card.architecture == "teacher_nets:trained"
    assert len(card.weights_sha256) == 64
    assert "taken to return a trained model" in card.provenance["assumed"][0]
    save_file(model.state_dict(), tmp_path / "own.safetensors")
    assert load("own.safetensors@teacher_nets:trained", FACTS)[1].architecture == "teacher_nets:trained"


def test_a_published_teacher_serves_data_with_imagenets_classes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    weights = torchvision.models.get_model_weights("shufflenet_v2_x0_5")["IMAGENET1K_V1"]
    facts = DataFacts("snaps", tuple(weights.meta["categories"]), (1, 32, 32), (0.3,), (0.4,), "sha")
    reference = "torchvision/shufflenet_v2_x0_5:IMAGENET1K_V1"
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    published = torchvision.models.get_model("shufflenet_v2_x0_5")
    torch.save(published.state_dict(), folder / weights.url.rpartition("/")[2])
    model, card = load(reference, facts)
    assert (card.input_shape, card.mean) == ((3, 224, 224), (0.485, 0.456, 0.406))
    assert card.architecture == "torchvision/shufflenet_v2_x0_5"
    assert card.parameters == sum(parameter.numel() for parameter in published.parameters())
    assert torch.equal(model.state_dict()["fc.weight"], published.state_dict()["fc.weight"])
    with pytest.raises(ConfigError, match=f"knows ImageNet's 1,000 classes .*Fine-tune it first.*student={reference}"):
        load(reference, FACTS)
    with pytest.raises(ConfigError, match=r"without training; add .*IMAGENET1K_V1"):
        load("torchvision/resnet18", facts)


def test_a_published_teacher_that_cannot_be_had_names_the_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)

    def refuse(*_args: object, **_options: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    categories = torchvision.models.get_model_weights("resnet18")["IMAGENET1K_V1"].meta["categories"]
    facts = DataFacts("snaps", tuple(categories), (3, 32, 32), (0.3,) * 3, (0.4,) * 3, "sha")
    with pytest.raises(DataUnavailable, match=r"no network.*Connect to the network and try again; or put the file"):
        load("torchvision/resnet18:IMAGENET1K_V1", facts)


def test_a_trained_student_that_began_from_published_weights_loads_without_them(tmp_path: Path) -> None:
    saved(tmp_path, architecture="torchvision/shufflenet_v2_x0_5:IMAGENET1K_V1", input_shape=(1, 64, 64))
    model, _card = load(str(tmp_path), FACTS)
    assert model.eval()(torch.zeros(1, 1, 64, 64)).shape == (1, 3)
    task = task_named("vision")
    assert task.bare("torchvision/resnet18:IMAGENET1K_V1") == "torchvision/resnet18"


def test_a_published_teacher_is_found_by_its_name_and_named_among_the_known(own_home: Path) -> None:
    saved(own_home / "teachers" / "my-pets")
    assert teacher_folder("my-pets") == own_home / "teachers" / "my-pets"
    assert load("my-pets", FACTS)[1].dataset == "pets"
    with pytest.raises(
        ConfigError, match=r"Did you mean 'my-pets'.*Known: my-pets, resnet20-fashion, vgg8-fashion, vit-fashion"
    ):
        teacher_folder("my-pet")


def test_an_embedded_teachers_name_is_never_anothers(own_home: Path) -> None:
    saved(own_home / "teachers" / "vgg8-fashion")
    assert teacher_folder("vgg8-fashion") == TEACHERS / "vgg8-fashion"


def test_an_architecture_that_is_not_known_is_refused_before_loading(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"")
    with pytest.raises(ConfigError, match=r"^teacher: 'nope' is not known"):
        card_of(f"{path}@nope")
    with pytest.raises(ConfigError, match=r"^teacher: 'nosuch@x' is not known"):
        card_of("nosuch@x")
    with pytest.raises(ConfigError, match=r"^teacher: there is no folder ~nosuchuser/x"):
        card_of("~nosuchuser/x")
