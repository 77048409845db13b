"""Causal language models as a `Task`: prompts in, answers out, one token after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from distill_core.cards import ModelCard, load_weights, model_folders, read_card
from distill_core.config import Augmentation, BlockChoice, DistillConfig
from distill_core.errors import CheckpointError, ConfigError
from distill_core.home import default_home
from distill_core.language import local_models, models
from distill_core.language.models.references import absolute, is_reference, parse
from distill_core.task import (
    Author,
    Data,
    DataFacts,
    Feed,
    Foreseen,
    Inputs,
    Mix,
    ModelChoice,
    Score,
    Split,
    no_matter,
    no_progress,
    unknown_in,
)

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

        ladder = (
            ModelChoice(name, models.title(name), models.count_parameters(name, VOCABULARY), family="GPT")
            for name in models.LADDER
        )
        return (*ladder, *local_models.students())

    def teachers(self) -> Sequence[ModelChoice]:
        """The teachers in the project's assets, smallest first."""
        cards = {name: read_card(folder) for name, folder in model_folders(TEACHERS).items()}
        found = [
            ModelChoice(name, models.title(card.architecture), card.parameters, card.accuracy, card.dataset, "GPT")
            for name, card in cards.items()
        ]
        return sorted([*found, *local_models.teachers()], key=lambda choice: choice.parameters)

    def scored(self, dataset: str) -> str:
        """Prompts that have one right answer; of any other text, its tokens."""
        from distill_core.language.datasets import JUDGED

        return self.noun if dataset in JUDGED else "tokens"

    def foreseen(self, config: DistillConfig) -> Foreseen:
        """What is known of the prompts, or the text, before they are made."""
        from distill_core.language.data import KINDS, PROSE, TOKENS, check_characters, plain_english
        from distill_core.language.datasets import DATASETS, PROMPTS, SIZES
        from distill_core.language.prompts import foreseen
        from distill_core.language.readers import check_length, vocabulary_for

        if config.dataset not in DATASETS:
            raise unknown_in("language", "dataset", config.dataset, DATASETS)
        vocabulary = vocabulary_for(config.student)
        check_characters(config.dataset, vocabulary)
        tokens = TOKENS if vocabulary is None else ()
        if config.dataset in PROMPTS:
            check_length(vocabulary, config.text_length)
            count, kinds = foreseen(config)
            return Foreseen(tokens, (config.text_length,), count, kinds=kinds, vocabulary=vocabulary)
        prompts, length = SIZES[config.dataset]
        check_length(vocabulary, length)
        if vocabulary is not None:  # its tokens say how many windows the text makes
            prompts = len(plain_english(config.dataset, vocabulary).train)
        kinds = PROSE if config.dataset == "plain-english" else KINDS
        return Foreseen(tokens, (length,), prompts, kinds=kinds, vocabulary=vocabulary)

    def load_data(
        self,
        config: DistillConfig,
        home: Path,
        between: Callable[[], None] = no_matter,
        progress: Callable[[int, int], None] = no_progress,
    ) -> Data:
        """The three splits, generated or read; prompts without an answer get one that a model writes."""
        from distill_core.language.data import load

        return load(config, home, between, progress)

    def build(self, architecture: str, facts: DataFacts, seed: int) -> nn.Module:
        """An untrained model for this vocabulary; the same seed gives the same weights."""
        if is_reference(architecture):
            return local_models.untrained(architecture, facts, seed)
        if facts.vocabulary is not None:
            raise ConfigError(
                f"student: {architecture} is built for characters, not for the tokens of {facts.vocabulary.source}; "
                f"take {facts.vocabulary.source}:BLOCKS"
            )
        return models.build(architecture, facts.outputs, seed)

    def sketch(self, architecture: str, facts: DataFacts) -> nn.Module:
        """A model without memory for its weights."""
        import torch

        with torch.device("meta"):
            return self.build(self.bare(architecture), facts, 0)

    def bare(self, architecture: str) -> str:
        """The name as it is; of a folder its whole path, for it must be found from anywhere."""
        return str(absolute(parse(architecture))) if is_reference(architecture) else architecture

    def attends(self, architecture: str) -> bool:  # noqa: ARG002
        """Every model here is a transformer."""
        return True

    def code_sha256(self, architecture: str) -> str:
        """Of the configuration that a Hugging Face model is built from; every other model is the project's own."""
        return local_models.settings_sha256(architecture) if is_reference(architecture) else ""

    def card_of(self, reference: str, facts: DataFacts) -> ModelCard | None:
        """The card in a teacher's folder, or what can be told of a Hugging Face model without loading it."""
        model = local_models.meant(reference)
        card = local_models.card_of(model, facts) if model else read_card(teacher_folder(reference))
        if card.vocabulary is not None or facts.vocabulary is not None:
            _check_vocabulary(reference, card, facts)
        return _as_reads(card, facts)

    def load_teacher(self, reference: str, facts: DataFacts) -> tuple[nn.Module, ModelCard]:
        """A trained teacher and its card: one that ships, that was published, of a folder, or of Hugging Face."""
        model_of = local_models.meant(reference)
        if model_of:
            card = local_models.card_of(model_of, facts, fetch=True)
            _check_vocabulary(reference, card, facts)
            return local_models.trained(model_of, card), card
        folder = teacher_folder(reference)
        card = read_card(folder)
        if card.task != self.name:
            raise ConfigError(f"teacher: {reference!r} is a model for {card.task}, not for language; choose another")
        _check_vocabulary(reference, card, facts)
        theirs = dataclasses.replace(facts, classes=card.classes, vocabulary=card.vocabulary)
        model = load_weights(self.build(card.architecture, theirs, 0), folder, card)
        return model, _as_reads(card, facts)

    def of_depth(self, architecture: str, blocks: int) -> str:
        """As wide, with so many blocks."""
        if is_reference(architecture):
            return str(dataclasses.replace(parse(architecture), blocks=blocks))
        return models.of_depth(architecture, blocks)

    def check_beginning(self, config: DistillConfig) -> int:
        """Compares the student with the model it begins with, both built without memory for their weights."""
        from distill_core.language.beginning import check_named

        return check_named(self, config)

    def begin(
        self,
        student: nn.Module,
        model: nn.Module,
        name: str,
        layers: BlockChoice,
        data: Data,
        influence: tuple[float, ...] = (),
    ) -> Beginning:
        """Blocks by name or by their influence on a few training prompts."""
        from distill_core.language.beginning import begin

        return begin(student, model, name, layers, data, influence)

    def feed(
        self,
        split: Split,
        facts: DataFacts,
        augmentation: Augmentation | None,  # noqa: ARG002
        device: torch.device,
        channels_last: bool,  # noqa: ARG002
        inputs: Inputs | None = None,  # noqa: ARG002
    ) -> Feed:
        """The maker of batches: tokens are what they are, for teacher and student alike."""
        return TokenFeed(split.inputs, device, facts)

    def completed(
        self,
        data: Data,
        visible: Tensor,
        teacher: nn.Module,
        progress: Callable[[int, int], None],
        kept: Path | None,
        warn: Callable[[str], None],
    ) -> Data:
        """Prompts without a label get the answers that the teacher writes, greedily; text lacks nothing.

        What the teacher itself wrote as a label, it would only write again.
        """
        from distill_core.language.dictation import answered
        from distill_core.language.prompts import Written
        from distill_core.language.readers import reader_of

        file, asked = kept / "written.safetensors" if kept else None, ~visible
        if isinstance(data, Written) and data.by_writer is not None and data.writer == getattr(teacher, "sha256", None):
            asked = asked & ~data.by_writer
        reader = reader_of(data.facts.vocabulary)
        return dataclasses.replace(data, train=answered(data.train, asked, teacher, progress, file, warn, reader))

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
        from distill_core.language.readers import reader_of

        self.check_written(data.facts.name)
        return Prompted(data.train, reader_of(data.facts.vocabulary))

    def score(self, model: nn.Module, feed: Feed, split: Split, between: Callable[[], None] = no_matter) -> Score:
        """How many answers are right, by skill; of text, how well it is foretold."""
        from distill_core.language.datasets import JUDGED
        from distill_core.language.examination import examine

        facts = feed.facts if isinstance(feed, TokenFeed) else None
        if facts is None:
            return examine(model, feed, split, between)
        return examine(model, feed, split, between, facts.name in JUDGED, facts.outputs)

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
        facts: of the data, by which a model is scored; None for prompts in characters that have one right answer.
    """

    def __init__(self, inputs: Tensor, device: torch.device, facts: DataFacts | None = None) -> None:
        self._inputs = inputs
        self._device = device
        self.facts = facts

    def augmented(self, indices: Tensor, draws: Tensor) -> Tensor:  # noqa: ARG002
        """The same as `plain`: a text has one version."""
        return self.plain(indices)

    def plain(self, indices: Tensor) -> Tensor:
        """The texts of these numbers `[B]`."""
        return self._inputs[indices].to(self._device)


def _check_vocabulary(reference: str, card: ModelCard, facts: DataFacts) -> None:
    """Refuses a model that reads other tokens than the data is written in.

    Raises:
        ConfigError: saying how many tokens each has, and where they begin to differ.
    """
    from distill_core.language.readers import difference

    if card.vocabulary is None and facts.vocabulary is None:
        if card.classes != facts.classes:
            raise ConfigError(
                f"teacher: {reference!r} has a vocabulary of {card.outputs} tokens, and {facts.name} one of "
                f"{facts.outputs}; teacher and student must read the same tokens, so choose another teacher"
            )
        return
    why = difference(card.vocabulary, facts.vocabulary)
    if why:
        ours = facts.vocabulary.source if facts.vocabulary else "the student, which reads characters"
        raise ConfigError(
            f"teacher: {reference!r} has another vocabulary than {ours} ({why}); teacher and student must read the "
            "same tokens, so choose another teacher, or a student cut from this one"
        )


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
    raise unknown_in("language", "teacher", reference, named)
