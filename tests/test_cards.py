from pathlib import Path

import pytest
import torch

from distill_core.cards import ModelCard, read_card, read_weights, replace_file, write_model
from distill_core.errors import CheckpointError, StorageError

CARD = ModelCard(
    task="vision",
    architecture="resnet8-w2",
    classes=("a", "b"),
    input_shape=(1, 8, 8),
    mean=(0.5,),
    std=(0.5,),
    dataset="tiny",
    parameters=3,
)


def test_a_model_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    state = {"weight": torch.arange(6.0).view(2, 3).t(), "count": torch.tensor(3)}
    card = write_model(tmp_path / "model", CARD, state)
    assert read_card(tmp_path / "model") == card
    again = read_weights(tmp_path / "model", card)
    assert all(torch.equal(state[name], again[name]) for name in state)


def test_swapped_or_damaged_weights_are_refused(tmp_path: Path) -> None:
    card = write_model(tmp_path, CARD, {"weight": torch.zeros(3)})
    (tmp_path / "weights.safetensors").write_bytes(b"something else")
    with pytest.raises(CheckpointError, match="SHA-256 differs"):
        read_weights(tmp_path, card)
    with pytest.raises(CheckpointError, match="damaged"):
        read_weights(tmp_path, card.model_copy(update={"weights_sha256": ""}))


def test_a_folder_without_a_model_or_with_a_broken_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"card\.json is missing"):
        read_card(tmp_path)
    (tmp_path / "card.json").write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_card(tmp_path)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("distill_core.cards.os.fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
