"""What would end a run at its start, as far as it can be told without reading images or weights.

The form asks this while settings are chosen; `runs.preflight` then does the same with the data itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from distill_core.cards import ModelCard, read_card
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, ConfigError, DataUnavailable, DistillError, unknown_name
from distill_core.losses.registry import loss_named
from distill_core.task import DataFacts, task_named
from distill_core.train.refusals import check_budget, check_classes
from distill_core.vision.datasets.fashion_mnist_mini import CLASSES as FASHION

_NUMBERS = tuple("0123456789")


@dataclass(frozen=True)
class KnownData:
    """A data set before it is loaded: its shape, and how many inputs it trains on.

    `named` says whether `classes` are its own names or mere numbers that stand for them; `kinds` are those of whole
    inputs, as `DataFacts` has them.
    """

    classes: tuple[str, ...]
    input_shape: tuple[int, ...]
    images: int
    named: bool = True
    kinds: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """Over which labels are balanced, and of which a phase may choose some."""
        return self.kinds or self.classes

    def facts(self, name: str) -> DataFacts:
        """As a model is built for."""
        channels = self.input_shape[0] if len(self.input_shape) == 3 else 0
        return DataFacts(name, self.classes, self.input_shape, (0.5,) * channels, (0.5,) * channels, "", self.kinds)


_KNOWN = {
    "fashion-mnist-mini": KnownData(FASHION, (1, 28, 28), 8_000),
    "fashion-mnist-rest": KnownData(FASHION, (1, 28, 28), 48_000),
    "fashion-mnist": KnownData(FASHION, (1, 28, 28), 55_000),
    "mnist": KnownData(_NUMBERS, (1, 28, 28), 55_000),
    "digits": KnownData(_NUMBERS, (1, 8, 8), 1_078),
    "cifar10": KnownData(_NUMBERS, (3, 32, 32), 45_000, named=False),
    "cifar100": KnownData(tuple(map(str, range(100))), (3, 32, 32), 45_000, named=False),
}


def known_data(config: DistillConfig) -> KnownData:
    """What is known of the transfer set; of a folder, its sub-folders and files are listed.

    Raises:
        DistillError: if there is no such data set, or the folder cannot be used; says why.
    """
    if config.task == "language":
        return _known_texts(config.dataset)
    if config.dataset in _KNOWN:
        return _KNOWN[config.dataset]
    if config.dataset != "folder":
        raise unknown_name("dataset", config.dataset, task_named(config.task).datasets())
    from distill_core.vision.datasets import folder

    try:
        images = folder.split_folders(folder.given_folder(config))["train"]
    except OSError as error:
        raise DataUnavailable(
            f"Cannot list {error.filename or config.data_folder} ({error.strerror or error}). Allow reading it."
        ) from None
    shape = (3, config.image_size, config.image_size)
    return KnownData(tuple(images), shape, sum(len(paths) for paths in images.values()))


def _known_texts(dataset: str) -> KnownData:
    from distill_core.language.data import KINDS, TOKENS
    from distill_core.language.datasets import DATASETS, SIZES

    if dataset not in DATASETS:
        raise unknown_name("dataset", dataset, DATASETS)
    prompts, length = SIZES[dataset]
    return KnownData(TOKENS, (length,), prompts, kinds=("text",) if dataset == "plain-english" else KINDS)


def teacher_card(reference: str, task: str = "vision") -> ModelCard | None:
    """The card of a teacher; None for one without, of which only loading can tell more.

    Raises:
        DistillError: if there is no such teacher, or its card cannot be read.
    """
    if task == "language":
        from distill_core.language.task import teacher_folder as folder_of

        return read_card(folder_of(reference))
    from distill_core.vision import models
    from distill_core.vision.teachers import teacher_folder

    path = Path(reference).expanduser()
    if not path.is_dir() and (reference.startswith("torchvision/") or "@" in reference):
        return None
    if not path.is_dir() and ":" in reference:
        try:
            models.family(reference)
        except ConfigError:
            pass
        else:
            return None
    return read_card(teacher_folder(reference))


def refusals(config: DistillConfig) -> list[str]:
    """Why this run would fail at once, in sentences that begin with the setting's name; none if nothing is found."""
    try:
        data = known_data(config)
    except ConfigError as error:
        return [str(error)]
    except DataUnavailable as error:
        return [f"data_folder: {str(error).removeprefix('data_folder ')}"]
    found = (_labels(config, data), _classes(config, data), _student(config, data), _teacher(config, data))
    return [sentence for some in (*found, _terms(config)) for sentence in some]


def _labels(config: DistillConfig, data: KnownData) -> Iterator[str]:
    try:
        check_budget(config.label_budget, len(data.groups), data.images, task_named(config.task).noun)
    except ConfigError as error:
        yield str(error)
    if config.labels_file is None or not data.named:
        return
    from distill_core.train.labels import read_labels

    try:
        deque(read_labels(Path(config.labels_file).expanduser(), data.classes, data.images), maxlen=0)
    except ConfigError as error:
        yield f"labels_file: {str(error).removeprefix('labels_file: ')}"


def _classes(config: DistillConfig, data: KnownData) -> Iterator[str]:
    try:
        check_classes(config.phases, len(data.groups), config.dataset)
    except ConfigError as error:
        yield str(error)


def _student(config: DistillConfig, data: KnownData) -> Iterator[str]:
    import torch

    task = task_named(config.task)
    try:
        with torch.device("meta"):
            task.build(task.bare(config.student), data.facts(config.dataset), 0)
    except DistillError as error:
        yield str(error)


def _teacher(config: DistillConfig, data: KnownData) -> Iterator[str]:
    if config.teacher is None:
        return
    try:
        card = teacher_card(config.teacher, config.task)
    except (ConfigError, CheckpointError) as error:
        yield f"teacher: {str(error).removeprefix('teacher: ')}"
        return
    if card is None:
        return
    if card.task != config.task:
        yield f"teacher: it is a model for {card.task}, not for {config.task}; choose another"
        return
    other = card.classes != data.classes if data.named else len(card.classes) != len(data.classes)
    if other:
        yield (
            f"teacher: it knows the {len(card.classes)} classes of {card.dataset} ({card.classes[0]}, ...), but "
            f"{config.dataset} has {len(data.classes)}{f' ({data.classes[0]}, ...)' if data.named else ''}; "
            "choose a teacher of this data set, or train one"
        )


def _terms(config: DistillConfig) -> Iterator[str]:
    for term in config.terms:
        try:
            known = loss_named(term.loss).options
        except ConfigError as error:
            yield f"terms: {str(error).removeprefix('loss: ')}"
            continue
        for option in term.options:
            if option not in known:
                yield f"terms: {unknown_name(f'option of {term.loss}', option, known)}"
