"""A run's loss as named terms, built for their student and teacher: `{term: scalar}`, each logged raw and weighted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor, nn

from distill_core.cards import ModelCard
from distill_core.config import DistillConfig, LayerChoice
from distill_core.config import Term as TermSetting
from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.registry import LENDER, loss_named, make_term
from distill_core.losses.reused_classifier import ReusedClassifierStudent
from distill_core.mapping.attention import suggest_attention, suggest_projections
from distill_core.mapping.layers import list_layers
from distill_core.mapping.pairs import LayerFacts, Pair
from distill_core.mapping.suggest import check_pairs, suggest
from distill_core.task import DataFacts, Task
from distill_core.train.moment import levels_of
from distill_core.train.refusals import check_layers

PROJECTOR = "projector"
Asks = Literal["nothing", "logits", "layers"]


class LossTerms(nn.ModuleDict):
    """The terms of a run by name. What they learn and remember is this module's state."""

    def raw(self, names: Iterable[str], lesson: Lesson) -> dict[str, Tensor]:
        """The unweighted scalar of each of these terms."""
        return {name: self[name](lesson) for name in names}

    def asks(self, names: Iterable[str]) -> Asks:
        """What these terms, taken together, must be told by the teacher; layers come with logits."""
        names = tuple(names)
        if any(term.site.pairs and term.reads_teacher_layers for name, term in self.named() if name in names):
            return "layers"
        return "logits" if any(loss_named(name).teacher for name in names) else "nothing"

    @property
    def read_answers(self) -> bool:
        """Whether some term reads the teacher's logits, also where a class is needed of every sample."""
        return any(
            loss_named(name).teacher and (not term.site.pairs or loss_named(name).labels) for name, term in self.named()
        )

    @property
    def student_layers(self) -> tuple[str, ...]:
        """Student layers that some term reads."""
        pairs = [pair.student for _, term in self.named() for pair in term.site.pairs]
        extra = [name for _, term in self.named() for name in term.extra_student_layers]
        return tuple(dict.fromkeys([*pairs, *extra]))

    @property
    def teacher_layers(self) -> tuple[str, ...]:
        """Teacher layers that some term reads."""
        reading = [term for _, term in self.named() if term.reads_teacher_layers]
        return tuple(dict.fromkeys(pair.teacher for term in reading for pair in term.site.pairs))

    def named(self) -> Iterator[tuple[str, Term]]:
        """Each term and its name."""
        for name, term in self.items():
            assert isinstance(term, Term)
            yield name, term


def weighted_sum(weights: Mapping[str, float], terms: Mapping[str, Tensor]) -> Tensor:
    """The scalar that is differentiated."""
    return torch.stack([weights[term] * value for term, value in terms.items()]).sum()


def gradients_of(
    weights: Mapping[str, float], terms: Mapping[str, Tensor], parameters: Collection[nn.Parameter]
) -> dict[str, list[Tensor]]:
    """Each weighted term's own gradient, by the parameters it reaches or zeros; none for a term that is constant.

    The graph is kept, so that the sum can still be differentiated.
    """
    return {
        name: list(
            torch.autograd.grad(weights[name] * value, list(parameters), retain_graph=True, materialize_grads=True)
        )
        if value.requires_grad
        else []
        for name, value in terms.items()
    }


def names_of_terms(config: DistillConfig) -> tuple[str, ...]:
    """The terms that are on in some phase of any length, in the order of the settings.

    Raises:
        ConfigError: if a phase has none.
    """
    levels = {phase.name: levels_of(config, phase) for phase in config.phases if phase.share > 0}
    for phase, of_phase in levels.items():
        if not of_phase:
            raise ConfigError(f"terms: nothing is learnt in phase {phase!r}; give a loss a weight above 0 there")
    on = [name for of_phase in levels.values() for name in of_phase]
    return tuple(sorted(set(on), key=("ce", "kd", *(term.loss for term in config.terms)).index))


def deployed_architecture(config: DistillConfig, task: Task, facts: DataFacts, card: ModelCard | None) -> str:
    """The name by which the trained student can be built again; with its teacher's classifier, ``student>teacher``.

    Args:
        config: of the run.
        task: of the configuration.
        facts: of the data.
        card: the teacher's.
    """
    own = task.bare(config.student)
    if card is None or LENDER not in names_of_terms(config):
        return own
    takes = "" if card.input_shape == facts.input_shape else f"@{'x'.join(map(str, card.input_shape))}"
    return f"{own}>{card.architecture}{takes}"


class Builder:
    """Makes the terms of a run.

    Args:
        config: of the run.
        names: of the terms to build.
        student, student_example: the model and a small batch of its inputs.
        teacher, teacher_example: the same of the teacher; None for a run without.
        classes: C.
        images: of the transfer set.
    """

    def __init__(
        self,
        config: DistillConfig,
        names: Collection[str],
        student: nn.Module,
        student_example: Tensor,
        teacher: nn.Module | None,
        teacher_example: Tensor | None,
        classes: int,
        images: int,
    ) -> None:
        self._config, self._names = config, names
        self.student, self._student_example = student, student_example
        self._teacher, self._teacher_example = teacher, teacher_example
        self._classes, self._images = classes, images
        self._settings = {term.loss: term for term in config.terms}
        for name in names:
            if loss_named(name).teacher and teacher is None:
                raise ConfigError(
                    f"terms: {name!r} learns from a teacher, but teacher is null; choose one, or use 'ce'"
                )

    def build(self) -> LossTerms:
        """The terms; with `simkd` among them, `student` has become the model that wears the teacher's classifier.

        Raises:
            ConfigError: if a loss, an option or a layer does not exist, or layers cannot be paired; says why.
        """
        for name in self._names:
            self._check_inputs(name)
        if self.reuses_classifier:
            self._reuse_classifier()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._config.seed)
            return LossTerms({name: self._term(name) for name in self._names})

    @property
    def reuses_classifier(self) -> bool:
        """Whether the student is deployed with the teacher's classifier."""
        return LENDER in self._names

    def _term(self, name: str) -> Term:
        setting = self._settings.get(name, TermSetting(loss=name))
        check_layers(setting)
        site = Site(self._pairs(name, setting.layers), self._classes, self._images, self._config.seed)
        term = make_term(name, site, setting.options)
        missing = set(term.extra_student_layers) - {layer for layer, _ in self.student.named_modules()}
        if missing:
            raise ConfigError(
                f"{loss_named(name).title}: it reads the student's layer {min(missing)!r}, and {self._config.student} "
                "has none of that name; choose a student that has it, or another loss"
            )
        return term

    def _check_inputs(self, name: str) -> None:
        """Refuses a loss that compares what these inputs do not have."""
        info, images = loss_named(name), self._student_example.is_floating_point()
        if images and not info.of_images:
            raise ConfigError(
                f"terms: {info.title} compares tokens of a text, and these inputs are images; take 'vit-attention' "
                "between ViTs, or 'hint'"
            )
        if not (images or info.of_texts):
            raise ConfigError(
                f"terms: {info.title} compares places of an image, and these inputs are texts; take 'hint', "
                "'relations', 'vit-attention' or a loss of answers alone, such as 'rkl'"
            )

    def _pairs(self, name: str, choice: LayerChoice) -> tuple[Pair, ...]:
        info = loss_named(name)
        where = info.layers
        if where == "none":
            return ()
        if name == LENDER:
            return (self._projected,)
        if isinstance(choice, tuple):
            return check_pairs(choice, self.student_layers, self.teacher_layers)
        try:
            if where == "attention":
                return suggest_attention(self.student_layers, self.teacher_layers)
            if where == "projections":
                return suggest_projections(self.student_layers, self.teacher_layers)
            return suggest(self.student_layers, self.teacher_layers, where=where, how=choice)
        except ConfigError as error:
            raise ConfigError(f"{info.title}: {error}") from None

    @cached_property
    def student_layers(self) -> tuple[LayerFacts, ...]:
        """Every layer of the student that a term could read."""
        return list_layers(self.student, self._student_example)

    @cached_property
    def teacher_layers(self) -> tuple[LayerFacts, ...]:
        """Every layer of the teacher that a term could read."""
        assert self._teacher is not None
        assert self._teacher_example is not None
        return list_layers(self._teacher, self._teacher_example)

    def _reuse_classifier(self) -> None:
        """Puts the teacher's classifier on the student, with a projector between."""
        assert self._teacher is not None
        assert self._teacher_example is not None
        own = list_layers(self.student, self._student_example)
        (last,) = suggest(own, self.teacher_layers, where="last")
        takes = tuple(self._student_example.shape[1:]), tuple(self._teacher_example.shape[1:])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._config.seed)
            self.student = ReusedClassifierStudent.between(self.student, takes[0], self._teacher, takes[1])
        projected = next(layer for layer in self.student_layers if layer.name == PROJECTOR)
        reason = "the projector feeds the teacher's classifier"
        self._projected = Pair(PROJECTOR, last.teacher, projected.shape, last.teacher_shape, reason)
