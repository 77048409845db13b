"""Where a teacher comes from: the project, a folder, a file of weights, torchvision, or one's own code.

vgg8-fashion                          an embedded teacher
my-teacher                            one that `publish` made, in DISTILL_HOME/teachers
path/to/folder                        a saved model: card.json and weights.safetensors
path/to/weights.safetensors@NAME      weights of an architecture, such as resnet20-w16 or mypackage.nets:tiny
torchvision/resnet18:IMAGENET1K_V1    as published, for data with ImageNet's classes
mypackage.nets:trained                a function that returns a trained model
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from distill_core.cards import CARD, SUFFIX, ModelCard, load_weights, model_folders, parted, read_card
from distill_core.errors import CheckpointError, ConfigError
from distill_core.home import default_home
from distill_core.misfit import misfit
from distill_core.task import DataFacts, unknown_in
from distill_core.vision import models
from distill_core.vision.models.saved import check_file, read

if TYPE_CHECKING:
    from torch import nn

TEACHERS = Path(__file__).parents[1] / "assets" / "teachers"
_GREY_OR_COLOUR = frozenset({1, 3})


def load(reference: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
    """A trained teacher for this data, and its card.

    Raises:
        ConfigError: if there is none, or it does not know the data's classes.
        CheckpointError: if its files are damaged or do not fit its architecture.
        DataUnavailable: if its published weights cannot be had.
    """
    file, architecture = parted(reference)
    if file:
        return _from_file(file, architecture, facts)
    if reference.startswith("torchvision/"):
        return _published(reference, facts)
    if _is_own(reference):
        return _own(reference, facts)
    folder = teacher_folder(reference)
    card = read_card(folder)
    _check_fit(reference, card, facts)
    return load_weights(_built(card.architecture, len(card.classes), card.input_shape), folder, card), card


def card_of(reference: str) -> ModelCard | None:
    """The card of a teacher that has a folder; None for any other.

    Raises:
        ConfigError: if there is no such teacher.
        CheckpointError: if its card cannot be read.
    """
    file, architecture = parted(reference)
    if file:
        check_file(file, "teacher")
        with _of_a_teacher():
            models.family(architecture)
        return None
    if not _path(reference).is_dir() and (reference.startswith("torchvision/") or _is_own(reference)):
        return None
    return read_card(teacher_folder(reference))


def named() -> dict[str, Path]:
    """The folders of the teachers that have a name: the embedded ones, and those published in the home.

    An embedded teacher's name is never another's.
    """
    return model_folders(default_home() / "teachers") | model_folders(TEACHERS)


def teacher_folder(reference: str) -> Path:
    """Where a teacher's card and weights are: the name of one that is embedded or published, or a folder.

    Raises:
        ConfigError: if it is neither.
    """
    known = named()
    if reference in known:
        return known[reference]
    folder = _path(reference)
    if folder.is_dir():
        return folder
    if reference.endswith(SUFFIX):
        if (folder.parent / CARD).is_file():
            return folder.parent
        raise ConfigError(
            f"teacher: {reference} does not say which architecture its weights belong to; add it after an @, "
            f"such as {reference}@resnet20-w16"
        )
    if "/" in reference or "\\" in reference:
        raise ConfigError(
            f"teacher: there is no folder {reference}; name a folder with card.json and weights.safetensors, "
            f"or a file and its architecture, such as weights{SUFFIX}@resnet20-w16"
        )
    raise unknown_in("vision", "teacher", reference, known)


def _built(architecture: str, classes: int, input_shape: tuple[int, ...]) -> nn.Module:
    """An architecture whose weights come from elsewhere, for a teacher's own inputs and classes."""
    channels, height, width = input_shape
    with _of_a_teacher():
        return models.build(models.without_weights(architecture), channels, classes, 0, (height, width))


@contextlib.contextmanager
def _of_a_teacher() -> Iterator[None]:
    """Says of a teacher what is said of a student."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(str(error).replace("student:", "teacher:", 1)) from None


def _path(reference: str) -> Path:
    """The reference as a path; ``~`` is the user's folder, an unknown user's stays as it is."""
    try:
        return Path(reference).expanduser()
    except RuntimeError:
        return Path(reference)


def _from_file(file: str, architecture: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
    model = _built(architecture, len(facts.classes), facts.input_shape)
    weights, sha256 = read(file, "teacher")
    if why := misfit(weights, model.state_dict()):
        raise CheckpointError(
            f"The weights in {file} do not fit {architecture} for {len(facts.classes)} classes and images of "
            f"{_shape(facts.input_shape)}: {why}. Name the architecture they were saved from, and data of its classes "
            "and channels: every layer must have the same name and size."
        )
    model.load_state_dict(weights)
    assumed = (
        f"{Path(file).name} says nothing of its data: its classes, their order, the size and the normalisation are "
        f"taken to be those of {facts.name}."
    )
    return model, _made_up(model, architecture, sha256, facts, assumed)


def _published(reference: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
    from distill_core.footprint import parameters
    from distill_core.vision.models import published

    name, _, weights = reference.partition(":")
    model = name.removeprefix("torchvision/")
    if not weights:
        raise ConfigError(
            f"teacher: {reference!r} is an architecture without training; add the name of its published weights, "
            f"such as {reference}:IMAGENET1K_V1"
        )
    known = published.facts_of(model, weights)
    card = ModelCard(
        task="vision",
        architecture=name,
        classes=known.classes,
        input_shape=known.input_shape,
        mean=known.mean,
        std=known.std,
        dataset="ImageNet-1K",
        parameters=0,
        accuracy=known.accuracy,
        accuracy_on="50,000 validation images of ImageNet-1K, as published" if known.accuracy else "",
        provenance={"weights": reference},
    )
    if card.classes != facts.classes:
        raise ConfigError(
            f"teacher: {reference!r} knows ImageNet's {len(card.classes):,} classes ({card.classes[0]}, ...), but "
            f"{facts.name} has {len(facts.classes)} ({facts.classes[0]}, ...). Fine-tune it first, then name that run "
            f"as the teacher: python -m distill_core run --preset teacher --set student={reference} "
            f"--set dataset={facts.name.partition(':')[0]}"
        )
    _check_fit(reference, card, facts)
    network = published.complete(model, weights)
    update = {"parameters": parameters(network), "weights_sha256": _state_hash(network)}
    return network, card.model_copy(update=update)


def _is_own(reference: str) -> bool:
    try:
        return models.family(reference).title == models.OWN
    except ConfigError:
        return False


def _own(reference: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
    model = _built(reference, len(facts.classes), facts.input_shape)
    assumed = (
        f"{reference} is taken to return a trained model that knows the classes of {facts.name} in their order and "
        "takes its size and normalisation."
    )
    sha256 = hashlib.sha256(f"{_state_hash(model)}\n{models.code_sha256(reference)}".encode()).hexdigest()
    return model, _made_up(model, reference, sha256, facts, assumed)


def _made_up(model: nn.Module, architecture: str, sha256: str, facts: DataFacts, assumed: str) -> ModelCard:
    """A card for a model that has none, from the data it is to teach."""
    from distill_core.footprint import parameters

    return ModelCard(
        task="vision",
        architecture=models.without_weights(architecture),
        classes=facts.classes,
        input_shape=facts.input_shape,
        mean=facts.mean,
        std=facts.std,
        dataset=facts.name,
        parameters=parameters(model),
        weights_sha256=sha256,
        provenance={"assumed": [assumed]},
    )


def _state_hash(model: nn.Module) -> str:
    from safetensors.torch import save

    state = {name: value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()}
    return hashlib.sha256(save(state)).hexdigest()


def _check_fit(reference: str, card: ModelCard, facts: DataFacts) -> None:
    """A teacher must know the same classes in the same order; size, channels and normalisation its feed can give."""
    ways_out = (
        "Choose a teacher trained for this data set, or train one: "
        f"python -m distill_core run --preset teacher --set dataset={facts.name.partition(':')[0]}"
    )
    if card.classes != facts.classes:
        raise ConfigError(
            f"teacher: {reference!r} was trained on {card.dataset} ({len(card.classes)} classes: "
            f"{card.classes[0]}, ...), but "
            f"{facts.name} has {len(facts.classes)} classes ({facts.classes[0]}, ...). {ways_out}"
        )
    theirs, ours = card.input_shape[0], facts.input_shape[0]
    if theirs != ours and not {theirs, ours} <= _GREY_OR_COLOUR:
        raise ConfigError(
            f"teacher: {reference!r} takes images of {theirs} channels, but {facts.name} has {ours}; only grey (1) "
            f"and colour (3) can be made of each other. {ways_out}"
        )


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)
