"""Causal language models as a `Task`: prompts in, answers out, one token after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from distill_core.cards import ModelCard, load_weights, model_folders, read_card
from distill_core.config import Augmentation, BlockChoice, DistillConfig
from distill_core.errors import CheckpointError, ConfigError, unknown_name
from distill_core.home import default_home
from distill_core.language import models
from distill_core.task import Author, Data, DataFacts, Feed, Foreseen, Inputs, Mix, ModelChoice, Score, Split, no_matter

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from distill_core.events import Beginning

TEACHERS = Path(__file__).parents[1] / "assets" / "language-teachers"


class LanguageTask:
    """Tokens in, the next token of each out."""

    name = "language"
    noun = "prompts"

    def datasets(self) -> dict[str, str]:
        """Names of the data sets and one sentence on each."""
        from distill_core.language.datasets import DATASETS

        return DATASETS

    def students(self) -> Sequence[ModelChoice]:
        """The ladder, smallest first."""
        from distill_core.language.tokens import VOCABULARY

        return tuple(
            ModelChoice(name, models.title(name), models.count_parameters(name, VOCABULARY), family="GPT")
            for name in models.LADDER
        )

    def teachers(self) -> Sequence[ModelChoice]:
        """The teachers in the project's assets, smallest first."""
        cards = {name: read_card(folder) for name, folder in model_folders(TEACHERS).items()}
        found = [
            ModelChoice(name, models.title(card.architecture), card.parameters, card.accuracy, card.dataset, "GPT")
            for name, card in cards.items()
        ]
        return sorted(found, key=lambda choice: choice.parameters)

    def scored(self, dataset: str) -> str:
        """Prompts; of a text, its characters."""
        return "characters" if dataset == "plain-english" else self.noun

    def foreseen(self, config: DistillConfig) -> Foreseen:
        """What is known of the prompts, or the text, before they are made."""
        from distill_core.language.data import KINDS, PROSE, TOKENS
        from distill_core.language.datasets import DATASETS, SIZES

        if config.dataset not in DATASETS:
            raise unknown_name("dataset", config.dataset, DATASETS)
        prompts, length = SIZES[config.dataset]
        return Foreseen(TOKENS, (length,), prompts, kinds=PROSE if config.dataset == "plain-english" else KINDS)

    def load_data(self, config: DistillConfig, home: Path, between: Callable[[], None] = no_matter) -> Data:  # noqa: ARG002
        """The three splits, generated or read."""
        from distill_core.language.data import load

        return load(config.dataset)

    def build(self, architecture: str, facts: DataFacts, seed: int) -> nn.Module:
        """An untrained model for this vocabulary; the same seed gives the same weights."""
        return models.build(architecture, len(facts.classes), seed)

    def bare(self, architecture: str) -> str:
        """The name as it is."""
        return architecture

    def attends(self, architecture: str) -> bool:  # noqa: ARG002
        """Every model here is a transformer."""
        return True

    def code_sha256(self, architecture: str) -> str:  # noqa: ARG002
        """Nothing: every model is the project's own."""
        return ""

    def card_of(self, reference: str, facts: DataFacts) -> ModelCard | None:
        """The card in a teacher's folder."""
        return _as_reads(read_card(teacher_folder(reference)), facts)

    def load_teacher(self, reference: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
        """A trained teacher and its card: one that ships, one that was published, or a model's folder."""
        folder = teacher_folder(reference)
        card = read_card(folder)
        if card.task != self.name:
            raise ConfigError(f"teacher: {reference!r} is a model for {card.task}, not for language; choose another")
        if card.classes != facts.classes:
            raise ConfigError(
                f"teacher: {reference!r} has a vocabulary of {len(card.classes)} tokens, and {facts.name} one of "
                f"{len(facts.classes)}; teacher and student must read the same tokens, so choose another teacher"
            )
        model = load_weights(models.build(card.architecture, len(card.classes), 0), folder, card)
        return model, _as_reads(card, facts)

    def of_depth(self, architecture: str, blocks: int) -> str:
        """As wide, with so many blocks."""
        return models.of_depth(architecture, blocks)

    def check_beginning(self, config: DistillConfig) -> int:
        """Compares the student with the model it begins with, both built without memory for their weights."""
        from distill_core.language.beginning import check_named

        return check_named(self, config)

    def begin(self, student: nn.Module, model: nn.Module, name: str, layers: BlockChoice, data: Data) -> Beginning:
        """Blocks by name or by their influence on a few training prompts."""
        from distill_core.language.beginning import begin

        return begin(student, model, name, layers, data)

    def feed(
        self,
        split: Split,
        facts: DataFacts,  # noqa: ARG002
        augmentation: Augmentation | None,  # noqa: ARG002
        device: torch.device,
        channels_last: bool,  # noqa: ARG002
        inputs: Inputs | None = None,  # noqa: ARG002
    ) -> Feed:
        """The maker of batches: tokens are what they are, for teacher and student alike."""
        return TokenFeed(split.inputs, device)

    def completed(
        self,
        data: Data,
        visible: Tensor,
        teacher: nn.Module,
        progress: Callable[[int, int], None],
        kept: Path | None,
        warn: Callable[[str], None],
    ) -> Data:
        """Prompts without a label get the answers that the teacher writes, greedily; text lacks nothing."""
        from distill_core.language.dictation import answered

        file = kept / "written.safetensors" if kept else None
        return dataclasses.replace(data, train=answered(data.train, ~visible, teacher, progress, file, warn))

    def check_written(self, dataset: str) -> None:
        """Refuses a text without prompts: there is nothing to answer."""
        if dataset == "plain-english":
            raise ConfigError(
                f"on_policy: {dataset} has no prompts that a student could answer; set it to 0, or take another data "
                "set, such as skills"
            )

    def author(self, data: Data) -> Author:
        """One who answers the prompts with the student's own words."""
        from distill_core.language.authorship import Prompted

        self.check_written(data.facts.name)
        return Prompted(data.train)

    def score(self, model: nn.Module, feed: Feed, split: Split, between: Callable[[], None] = no_matter) -> Score:
        """How many answers are right, by skill; of text, how well it is foretold."""
        from distill_core.language.examination import examine

        return examine(model, feed, split, between)

    def mix(self, augmentation: Augmentation, facts: DataFacts, step: int, batch: int) -> Mix | None:  # noqa: ARG002
        """None: texts are not mixed.

        Raises:
            ConfigError: if it is asked for.
        """
        if augmentation.mixes:
            raise ConfigError("augmentation: texts cannot be mixed; set mixup and cutmix to 0")
        return None

    def example(self, inputs: Inputs, batch: int = 2) -> Tensor:
        """Zeros `[batch, L]`, int64."""
        import torch

        return torch.zeros(batch, *inputs.input_shape, dtype=torch.int64)


class TokenFeed:
    """Batches of tokens `[B, L]`.

    Args:
        inputs: `[N, L]`, int64.
        device: of the batches.
    """

    def __init__(self, inputs: Tensor, device: torch.device) -> None:
        self._inputs = inputs
        self._device = device

    def augmented(self, indices: Tensor, draws: Tensor) -> Tensor:  # noqa: ARG002
        """The same as `plain`: a text has one version."""
        return self.plain(indices)

    def plain(self, indices: Tensor) -> Tensor:
        """The texts of these numbers `[B]`."""
        return self._inputs[indices].to(self._device)


def _as_reads(card: ModelCard, facts: DataFacts) -> ModelCard:
    """A model's card for these texts: it reads any length."""
    return card.model_copy(update={"input_shape": facts.input_shape})


def teacher_folder(reference: str) -> Path:
    """The folder of a teacher that ships, of one that was published, or the one that is named.

    Raises:
        ConfigError: if there is no such teacher.
        CheckpointError: if it is a path to no folder.
    """
    named = model_folders(default_home() / "teachers") | model_folders(TEACHERS)
    if reference in named:
        return named[reference]
    path = Path(reference).expanduser()
    if path.is_dir():
        return path
    if path.name != reference:
        raise CheckpointError(
            f"{path} is not a folder. Name one with a trained model, or a teacher: {', '.join(named)}."
        )
    raise unknown_name("teacher", reference, named)
