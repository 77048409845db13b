"""Students that begin with weights of one's own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file

from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, ConfigError
from distill_core.task import DataFacts, task_named
from distill_core.vision import models
from distill_core.vision.models.saved import signed
from distill_core.vision.teachers import card_of

FACTS = DataFacts("pets", ("cat", "dog", "bird"), (1, 12, 12), (0.3,), (0.4,), "")


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, dict[str, torch.Tensor]]:
    """A file of weights of a resnet8-w4 for three classes, and what is in it."""
    state = models.build("resnet8-w4", 1, 3, 9).state_dict()
    state |= {name: value + 0.25 for name, value in state.items() if value.is_floating_point()}
    save_file(state, tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors", state


def test_a_student_begins_with_every_saved_number(kept) -> None:
    path, state = kept
    model = task_named("vision").build(f"{path}@resnet8-w4", FACTS, seed=0)
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_the_home_folder_can_be_written_as_a_tilde(kept, monkeypatch) -> None:
    path, state = kept
    monkeypatch.setenv("HOME", str(path.parent))
    model = models.build("~/mine.safetensors@resnet8-w4", 1, 3, 0)
    assert torch.equal(model.state_dict()["stem.conv.weight"], state["stem.conv.weight"])


def test_for_other_classes_the_last_layer_is_new_and_all_else_is_kept(kept) -> None:
    path, state = kept
    begun, fresh = (models.build(name, 1, 7, seed=5).state_dict() for name in (f"{path}@resnet8-w4", "resnet8-w4"))
    new = [name for name, value in begun.items() if value.shape != state[name].shape]
    assert new == ["classifier.weight", "classifier.bias"]
    assert all(torch.equal(begun[name], fresh[name]) for name in new)
    assert all(torch.equal(value, state[name]) for name, value in begun.items() if name not in new)


def test_weights_of_another_architecture_are_refused_with_the_reason(kept) -> None:
    path, _ = kept
    message = r"^student: The weights in .*mine.safetensors do not fit resnet8-w8: .* is 4x1x3x3 in them and 8x1x3x3 in"
    with pytest.raises(CheckpointError, match=message):
        models.build(f"{path}@resnet8-w8", 1, 3, 0)
    with pytest.raises(CheckpointError, match=r"'stem.conv.weight' is 4x1x3x3 in them and 4x3x3x3 in it"):
        models.build(f"{path}@resnet8-w4", 3, 3, 0)


def test_what_is_wrong_is_seen_before_anything_is_built(kept, tmp_path: Path) -> None:
    path, _ = kept
    sketch = task_named("vision").sketch(f"{path}@resnet8-w4", FACTS)
    assert {value.device.type for value in sketch.state_dict().values()} == {"meta"}
    for name, error, message in (
        (
            f"{tmp_path}/none.safetensors@resnet8-w4",
            ConfigError,
            r"^student: .*none.safetensors cannot be read \(No such",
        ),
        (f"{path}@resnet8-w8", CheckpointError, "do not fit resnet8-w8"),
        (f"{path}@resnet9", ConfigError, r"^student: .*Did you mean 'resnet8-w"),
    ):
        with pytest.raises(error, match=message):
            task_named("vision").sketch(name, FACTS)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CheckpointError, match=r"^student: .* is not a whole .safetensors file"):
        task_named("vision").sketch(f"{path}@resnet8-w4", FACTS)


def test_it_is_of_its_architecture(kept) -> None:
    path, _ = kept
    name = f"{path}@resnet8-w4"
    assert models.without_weights(name) == "resnet8-w4"
    assert models.without_weights("w.safetensors@torchvision/resnet18:IMAGENET1K_V1") == "torchvision/resnet18"
    assert models.title(name) == "ResNet-8, width 4"
    assert models.family(name).title == "ResNet"
    assert models.count_parameters(name, 1, 3) == models.count_parameters("resnet8-w4", 1, 3)
    assert models.attends("w.safetensors@vit-micro")
    assert not models.attends(name)


def test_other_weights_in_the_file_are_another_student(kept) -> None:
    path, state = kept
    name = f"{path}@resnet8-w4"
    before = models.code_sha256(name)
    assert before == hashlib.sha256(path.read_bytes()).hexdigest()
    save_file({key: value + 1 for key, value in state.items()}, path)
    assert models.code_sha256(name) != before
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        models.code_sha256(name)


def test_a_folder_with_any_sign_in_its_name_will_do(kept) -> None:
    path, state = kept
    folder = path.parent / "a>b@c"
    folder.mkdir()
    name = f"{path.rename(folder / path.name)}@resnet8-w4"
    assert torch.equal(models.build(name, 1, 3, 0).state_dict()["stem.conv.weight"], state["stem.conv.weight"])
    assert models.family(name).title == "ResNet"
    assert models.sketch(name, 1, 3) is not None
    assert models.code_sha256(name) == hashlib.sha256((folder / path.name).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["~nosuchuser/w.safetensors@resnet8-w4", "a\0b.safetensors@resnet8-w4"])
def test_a_path_that_cannot_be_is_explained(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^student: .* cannot be read \("):
        models.sketch(name, 1, 3)
    with pytest.raises(ConfigError, match=r"^teacher: .* cannot be read \("):
        card_of(name)


def test_numbers_that_cannot_be_weights_are_refused(kept) -> None:
    path, state = kept
    save_file(state | {"stem.conv.weight": torch.full((4, 1, 3, 3), torch.nan)}, path)
    with pytest.raises(CheckpointError, match=r"'stem.conv.weight' in .* holds numbers that are not finite"):
        models.build(f"{path}@resnet8-w4", 1, 3, 0)
    save_file(state | {"stem.conv.weight": torch.ones((4, 1, 3, 3), dtype=torch.int8)}, path)
    with pytest.raises(CheckpointError, match=r"'stem.conv.weight' in .* holds torch.int8"):
        models.build(f"{path}@resnet8-w4", 1, 3, 0)


@pytest.mark.parametrize(
    ("dataset", "classes", "note"),
    [
        ("digits", 3, "mine.safetensors knows 3 classes and digits has 10: the student's last layer is new"),
        ("digits", 10, "mine.safetensors says nothing of its data: the student begins with its last layer too"),
    ],
)
def test_what_is_taken_for_granted_is_told(tmp_path: Path, dataset: str, classes: int, note: str) -> None:
    save_file(models.build("resnet8-w4", 1, classes, 9).state_dict(), tmp_path / "mine.safetensors")
    config = DistillConfig(teacher=None, dataset=dataset)
    student = f"{tmp_path}/mine.safetensors@resnet8-w4"
    assert not task_named("vision").load_data(config, tmp_path).facts.notes
    data = task_named("vision").load_data(config.changed({"student": student}), tmp_path)
    assert [said for said in data.facts.notes if said.startswith(note)]


def test_a_file_that_says_its_classes_is_warned_of_only_where_they_are_others(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    payload = save(models.build("resnet8-w4", 1, 10, 9).state_dict())
    config = DistillConfig(teacher=None, dataset="digits", student=f"{path}@resnet8-w4")

    def notes(*classes: str) -> tuple[str, ...]:
        path.write_bytes(signed(payload, classes))
        return task_named("vision").load_data(config, tmp_path).facts.notes

    assert not notes(*map(str, range(10)))
    assert notes(*"abcdefghij")[0].startswith("mine.safetensors knows other classes (a, b, c, …)")
