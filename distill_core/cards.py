"""A trained model at rest: a folder with its weights and a card that says what it is.

    weights.safetensors   the state of the model, never pickled
    card.json             a `ModelCard`: architecture, data, accuracy, and how it was made

Embedded teachers, a run's student and a teacher of one's own all have this form, so each can take the other's place.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from distill_core.errors import CheckpointError, StorageError
from distill_core.misfit import misfit

if TYPE_CHECKING:
    from torch import Tensor, nn

SUFFIX = ".safetensors"
CARD, WEIGHTS = "card.json", f"weights{SUFFIX}"


FORKS = "forks"
"""The folder in the home that holds what forks begin with: ``forks/<run>/<the end of its id>-step-400.safetensors``."""
_FORK = re.compile(rf"(?:^|/){FORKS}/[a-z0-9-]+/([a-z0-9]+)-(step|epoch)-(\d+)(?:-\d+)?(?:\.safetensors)?$")

HF = "hf:"
"""Begins the reference of a Hugging Face model: `hf:FOLDER`, `hf:OWNER/NAME`."""


@dataclass(frozen=True)
class Vocabulary:
    """Tokens too many to be listed with every model: what tells them from others, and where they are.

    Attributes:
        size: how many.
        sha256: of all tokens in their order; two models read the same tokens if theirs are equal.
        source: the reference of the model whose files hold the tokenizer.
        eos: the token that ends a text.
        pad: a token that fills up a row; the end only where there is no other mark.
    """

    size: int
    sha256: str
    source: str
    eos: int
    pad: int


class ModelCard(BaseModel):
    """What a saved model is and where its figures come from.

    `classes` are empty where there is a `vocabulary`, which is left out of the file where there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    architecture: str
    classes: tuple[str, ...]
    input_shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    dataset: str
    parameters: int
    weights_sha256: str = ""
    accuracy: float | None = None
    accuracy_on: str = ""
    labels_seen: int | None = None
    provenance: dict[str, Any] = {}
    vocabulary: Vocabulary | None = Field(None, exclude_if=lambda value: value is None)

    @property
    def outputs(self) -> int:
        """How many classes or tokens a logit stands for."""
        return len(self.classes) if self.vocabulary is None else self.vocabulary.size


def parted(reference: str) -> tuple[str, str]:
    """The file of weights and the architecture that a reference names; the file is "" where it names none.

    Example:
        >>> parted("mine.safetensors@resnet8-w4")
        ('mine.safetensors', 'resnet8-w4')
        >>> parted("resnet8-w4")
        ('', 'resnet8-w4')
    """
    path, at, architecture = reference.partition(f"{SUFFIX}@")
    return (path + SUFFIX, architecture) if at else ("", reference)


def without_folder(reference: str) -> str:
    """A reference to a file of weights or to a Hugging Face model without the folder it lies in; any other as it is.

    A Hugging Face model of the hub keeps its whole name, one of a folder only its own: ``hf:tiny:2``.
    """
    file, architecture = parted(reference)
    if file:
        return f"{Path(file).name}@{architecture}"
    place = Path(reference.removeprefix(HF)).expanduser()
    return f"{HF}{place.name}" if reference.startswith(HF) and place.is_absolute() else reference


def forked_from(reference: str) -> str:
    """Where weights are from that a fork keeps in the home: ``7f3a at step 400``; "" of all other references."""
    found = _FORK.search(parted(reference)[0] or reference)
    return f"{found[1]} at {found[2]} {int(found[3]):,}" if found else ""


def spoken(reference: str) -> str:
    """A model's reference as people say it: a fork's ``resnet8-w4 from 7f3a at step 400``, others without a folder."""
    file, architecture = parted(reference)
    return f"{architecture} from {forked_from(file)}" if forked_from(file) else without_folder(reference)


def is_path(reference: str) -> bool:
    """Whether a teacher's reference leads to a folder of this workbench's form, rather than being a name."""
    return Path(reference).name != reference and not reference.startswith(("torchvision/", HF))


def model_folders(parent: Path) -> dict[str, Path]:
    """The saved models right under a folder, by name; none if the folder is not there."""
    return {card.parent.name: card.parent for card in sorted(parent.glob(f"*/{CARD}"))}


def write_model(folder: Path, card: ModelCard, state: dict[str, Tensor]) -> ModelCard:
    """Saves a model's state and its card, replacing each file at once; returns the card with the weights' hash.

    Raises:
        StorageError: if the folder cannot be written.
    """
    from safetensors.torch import save

    payload = save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})
    card = card.model_copy(update={"weights_sha256": hashlib.sha256(payload).hexdigest()})
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / WEIGHTS, payload)
    replace_file(folder / CARD, (card.model_dump_json(indent=2) + "\n").encode())
    return card


def read_card(folder: Path) -> ModelCard:
    """The card of a saved model.

    Raises:
        CheckpointError: if there is none or it cannot be read.
    """
    path = folder / CARD
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} holds no trained model: {CARD} is missing. Name a folder that has {CARD} and {WEIGHTS}."
        ) from None
    except (OSError, ValidationError, ValueError) as error:
        raise CheckpointError(
            f"{path} cannot be read ({str(error).splitlines()[0]}). Restore it or train anew."
        ) from None


def read_weights(folder: Path, card: ModelCard) -> dict[str, Tensor]:
    """The state of a saved model, checked against the hash on its card.

    Raises:
        CheckpointError: if the file is missing, damaged, or not the one the card describes.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    payload = weights_file(folder, card)
    try:
        return load(payload)
    except SafetensorError as error:
        raise CheckpointError(f"{folder / WEIGHTS} is damaged ({error}). Restore it or train anew.") from None


def weights_file(folder: Path, card: ModelCard) -> bytes:
    """The bytes of a saved model's weights, checked against the hash on its card.

    Raises:
        CheckpointError: if the file is missing or not the one the card describes.
    """
    path = folder / WEIGHTS
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}). Restore it or train anew.") from None
    if card.weights_sha256 and hashlib.sha256(payload).hexdigest() != card.weights_sha256:
        raise CheckpointError(
            f"{path} is not the file its card describes (its SHA-256 differs). Restore it or train anew."
        )
    return payload


def load_weights(model: nn.Module, folder: Path, card: ModelCard) -> nn.Module:
    """Puts a saved model's weights into a freshly built one, and returns it.

    Raises:
        CheckpointError: if they cannot be read, or belong to another architecture.
    """
    weights = read_weights(folder, card)
    if why := misfit(weights, model.state_dict()):
        raise CheckpointError(
            f"The weights in {folder} do not fit {card.architecture}: {why}. Restore the folder or train anew."
        )
    model.load_state_dict(weights)
    return model


def replace_file(path: Path, payload: bytes) -> None:
    """Writes a file so that a reader, or a crash, sees the old content or the new, never a part of it.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    part = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(
            f"Cannot write {path} ({error.strerror or error}). Free some space or set DISTILL_HOME elsewhere."
        ) from None


def to_json_bytes(data: Any) -> bytes:
    """Plain data as indented JSON, ready for `replace_file`."""
    return (json.dumps(data, indent=2, sort_keys=True) + "\n").encode()
