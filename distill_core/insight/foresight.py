"""What would end a run at its start, as far as it can be told from names, sizes and the heads of files.

The form asks this while settings are chosen; `runs.preflight` then does the same with the data itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from distill_core.cards import HF
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DataUnavailable, DistillError, unknown_name
from distill_core.footprint import parameters
from distill_core.losses.registry import LENDER, loss_named
from distill_core.task import DataFacts, Foreseen, Task, task_named
from distill_core.train.refusals import (
    check_budget,
    check_classes,
    check_layers,
    check_micro_batch,
    check_room,
    check_top_k,
    norms_see_pieces,
)


def refusals(config: DistillConfig) -> list[str]:
    """Why this run would fail at once, in sentences that begin with the setting's name; none if nothing is found."""
    try:
        data = task_named(config.task).foreseen(config)
    except ConfigError as error:
        return [str(error)]
    except DataUnavailable as error:
        where = "student" if str(error).startswith(HF) else "data_folder"
        return [f"{where}: {str(error).removeprefix('data_folder ')}"]
    found = (_labels(config, data), _classes(config, data), _student(config, data), _teacher(config, data))
    sentences = [sentence for some in (*found, _terms(config), _on_policy(config)) for sentence in some]
    return sentences or [*_beginning(config), *_top_k(config, data), *_micro_batch(config)]


def student_parameters(config: DistillConfig) -> int | None:
    """How many parameters the student has as it is deployed on this run's own data; None if that is not known.

    Counted from its sizes alone.
    """
    task = task_named(config.task)
    try:
        facts = task.foreseen(config).facts(config.dataset)
        return parameters(task.sketch(_deployed(config, task, facts), facts))
    except DistillError:
        return None


def _deployed(config: DistillConfig, task: Task, facts: DataFacts) -> str:
    """The student by name, with its teacher's classifier where a loss reuses that."""
    if config.teacher is None or all(term.loss != LENDER for term in config.terms):
        return config.student
    from distill_core.train.terms import deployed_architecture

    return deployed_architecture(config, task, facts, task.card_of(config.teacher, facts))


def _labels(config: DistillConfig, data: Foreseen) -> Iterator[str]:
    try:
        check_budget(config.label_budget, len(data.groups), data.inputs, task_named(config.task).noun)
    except ConfigError as error:
        yield str(error)
    if config.labels_file is None or not data.named:
        return
    from distill_core.train.labels import read_labels

    try:
        deque(read_labels(Path(config.labels_file).expanduser(), data.classes, data.inputs), maxlen=0)
    except ConfigError as error:
        yield f"labels_file: {str(error).removeprefix('labels_file: ')}"


def _classes(config: DistillConfig, data: Foreseen) -> Iterator[str]:
    try:
        check_classes(config.phases, data.groups, config.dataset)
    except ConfigError as error:
        yield str(error)


def _top_k(config: DistillConfig, data: Foreseen) -> Iterator[str]:
    try:
        check_top_k(config, data.outputs)
        check_room(config, data.inputs, data.facts(config.dataset))
    except ConfigError as error:
        yield str(error)


def _micro_batch(config: DistillConfig) -> Iterator[str]:
    try:
        check_micro_batch(config)
    except ConfigError as error:
        yield str(error)


def _student(config: DistillConfig, data: Foreseen) -> Iterator[str]:
    try:
        norms_see_pieces(config, task_named(config.task).sketch(config.student, data.facts(config.dataset)))
    except DistillError as error:
        yield str(error)


def _teacher(config: DistillConfig, data: Foreseen) -> Iterator[str]:
    if config.teacher is None:
        return
    try:
        card = task_named(config.task).card_of(config.teacher, data.facts(config.dataset))
    except DistillError as error:
        yield f"teacher: {str(error).removeprefix('teacher: ')}"
        return
    if card is None or card.vocabulary is not None:
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


def _beginning(config: DistillConfig) -> Iterator[str]:
    if config.begin_from is not None:
        try:
            task_named(config.task).check_beginning(config)
        except DistillError as error:
            yield str(error)


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
        try:
            check_layers(term)
        except ConfigError as error:
            yield str(error)


def _on_policy(config: DistillConfig) -> Iterator[str]:
    if config.training.on_policy:
        try:
            task_named(config.task).check_written(config.dataset)
        except ConfigError as error:
            yield str(error)
