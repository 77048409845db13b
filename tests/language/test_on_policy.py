"""Runs in which the student writes part of what it learns from, and the teacher judges that."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from distill_core.cards import WEIGHTS
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.events import Event, Preparing, StepLogged
from distill_core.losses.lesson import Lesson
from distill_core.runs.preflight import inspect
from distill_core.task import Data, task_named
from distill_core.train.control import RunControl
from distill_core.train.lessons import lesson_of
from distill_core.train.trainer import Trainer, distill

INDICES = torch.arange(24)
DRAWS = torch.zeros_like(INDICES)


def made(config: DistillConfig, control: RunControl | None = None, events: list[Event] | None = None) -> Trainer:
    hear = events.append if events is not None else lambda _event: None
    return Trainer(config, task_named("language"), hear, control or RunControl())


@pytest.fixture
def always(skills: Data, config: DistillConfig) -> DistillConfig:
    """Of a run whose student writes in every step."""
    return config.changed({"on_policy": 1})


def lesson_in(trainer: Trainer, asks: Any = "logits") -> Lesson:
    return lesson_of(trainer.shop, trainer._shown(INDICES, DRAWS, asks), 2.0)


def test_the_teacher_judges_the_students_own_words_and_none_of_them_counts_as_a_label(always: DistillConfig) -> None:
    trainer = made(always)
    shop = trainer.shop
    assert shop.teacher is not None
    assert shop.on_policy is not None
    inputs, labels = shop.on_policy.written(shop.student, INDICES, step=0)
    where = labels >= 0
    lesson = lesson_in(trainer)
    assert lesson.where is not None
    assert torch.equal(lesson.where, where)
    assert torch.equal(lesson.labels, labels[where])
    assert not torch.equal(labels, shop.data.train.labels[INDICES])
    assert bool(shop.visible[INDICES].any())
    assert not bool(lesson.labelled.any())
    with torch.no_grad():
        told, said = shop.teacher.model(inputs)[where], shop.student(inputs)[where]
    torch.testing.assert_close(lesson.teacher_logits, told, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(lesson.logits.detach(), said, rtol=1e-4, atol=1e-5)
    assert lesson.logits.requires_grad


def test_labels_teach_nothing_there_and_the_teachers_choice_stands_in_for_them(always: DistillConfig) -> None:
    trainer = made(always.changed({"terms": ["hard", "dkd"]}))
    lesson = lesson_in(trainer)
    raw = trainer.shop.terms.raw(["ce", "hard"], lesson)
    choice = lesson.taught.argmax(dim=1)
    assert raw["ce"].item() == 0
    assert raw["hard"].item() == pytest.approx(functional.cross_entropy(lesson.logits, choice).item())
    assert torch.equal(lesson.classes_to_teach(), choice)
    assert not torch.equal(choice, lesson.labels)


def test_a_step_lowers_the_divergence_on_its_own_texts_and_leaves_torchs_generator_alone(
    always: DistillConfig,
) -> None:
    trainer = made(always)
    before, state = lesson_in(trainer), torch.get_rng_state()
    inputs, labels = trainer.shop.on_policy.written(trainer.shop.student, INDICES, step=0)  # type: ignore[union-attr]
    for _ in range(5):  # the step's number stays, and with it the prompts
        trainer._learn(trainer.shop.spans[0], INDICES, DRAWS, "logits", shows_gradients=False)
    assert torch.equal(torch.get_rng_state(), state)
    with torch.no_grad():
        now = trainer.shop.student(inputs)[labels >= 0]
    old, new = (
        functional.kl_div(logits.log_softmax(1), before.taught.log_softmax(1), log_target=True, reduction="batchmean")
        for logits in (before.logits.detach(), now)
    )
    assert new < old
    assert trainer.progress.train_accuracy.seen == 0


def test_layers_are_compared_on_the_students_texts_too(always: DistillConfig) -> None:
    trainer = made(always.changed({"terms": [{"loss": "hint", "weight": 1}, "relations"], "student": "gpt-2x64"}))
    lesson = lesson_in(trainer, "layers")
    assert lesson.where is not None
    assert {layer.shape[:2] for layer in lesson.teacher_texts.values()} == {lesson.where.shape}
    assert {len(layer) for layer in lesson.student_layers.values()} == {len(lesson.logits)}
    raw = trainer.shop.terms.raw(["hint", "relations"], lesson)
    assert min(raw["hint"].item(), raw["relations"].item()) > 0
    distill(always.changed({"terms": [{"loss": "hint", "weight": 1}], "epochs": 1}))


def test_a_step_on_labels_alone_is_an_ordinary_one(always: DistillConfig) -> None:
    trainer = made(always)
    lesson = lesson_in(trainer, "nothing")
    right = trainer.shop.data.train.labels[INDICES]
    assert torch.equal(lesson.labels, right[right >= 0])
    assert bool(lesson.labelled.any())
    ending = {"name": "end", "share": 0.5, "pool": "labelled", "terms": {"ce": 1.0}}
    heard: list[Event] = []
    distill(always.changed({"phases": [{"name": "own", "share": 0.5}, ending]}), on_event=heard.append)
    ce = {event.phase: event.terms["ce"] for event in heard if isinstance(event, StepLogged)}
    assert ce["own"] == 0
    assert ce["end"] > 0


@pytest.mark.slow
def test_a_resumed_run_equals_one_never_stopped(skills: Data, config: DistillConfig, tmp_path: Path) -> None:
    half = config.changed({"on_policy": 0.5})
    distill(half, folder=tmp_path / "whole")
    distill(config, folder=tmp_path / "plain")
    control = RunControl()

    def stop_inside_an_epoch(event: Event) -> None:
        if isinstance(event, StepLogged) and event.step == 7:
            control.stop()

    stopped = distill(half, on_event=stop_inside_an_epoch, control=control, folder=tmp_path / "half")
    assert stopped.status == "stopped"
    distill(half, folder=tmp_path / "half", resume=True)
    last = [(tmp_path / name / "last" / WEIGHTS).read_bytes() for name in ("whole", "half", "plain")]
    assert last[0] == last[1], "resumed equals uninterrupted, to the last bit of each weight"
    assert last[0] != last[2]


def test_a_stop_while_it_writes_is_heard_and_the_step_is_not_taken(skills: Data, config: DistillConfig) -> None:
    control = RunControl()
    trainer = made(config.changed({"on_policy": 1}), control)
    student, read = trainer.shop.student, []

    def stop_at_the_second_token(_module: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        if inputs[0].shape[1] == 1:
            read.append(1)
        if len(read) == 2:
            control.stop()

    student.register_forward_pre_hook(stop_at_the_second_token)
    trainer.progress.epochs_judged = 1  # no examination, in which it writes too
    result = trainer.run()
    assert result.status == "stopped"
    assert trainer.progress.step == 0
    assert len(read) == 2


@pytest.mark.slow
def test_the_time_of_writing_counts(always: DistillConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    from distill_core.language.authorship import Prompted

    written, naps = Prompted.written, []

    def slowly(*given: Any, **named: Any) -> Any:
        naps.append(time.sleep(0.05))
        return written(*given, **named)

    monkeypatch.setattr(Prompted, "written", slowly)
    assert distill(always.changed({"epochs": 1})).seconds > 0.05 * len(naps) > 0


@pytest.mark.slow
def test_answers_are_counted_as_reused_where_they_are_and_prepared_for_ordinary_steps_alone(
    skills: Data, config: DistillConfig
) -> None:
    everything = config.changed({"phases": [{"name": "all", "share": 1}], "epochs": 2})
    rates = {}
    for share in (0, 0.5, 1):
        heard: list[Event] = []
        trainer = made(everything.changed({"on_policy": share}), events=heard)
        own = [trainer.shop.on_policy.writes(step) for step in range(20)] if trainer.shop.on_policy else [False] * 20
        trainer.run()
        logged = [event for event in heard if isinstance(event, StepLogged)]
        batches = [_batch(trainer, step) for step in range(20)]
        fresh: set[int] = set()
        needed = sum(own) * 24
        for writes, batch in zip(own, batches, strict=True):
            fresh |= set() if writes else set(batch)
        assert logged[-1].cache_hit_rate == pytest.approx(1 - (needed + len(fresh)) / 480)
        rates[share] = logged[-1].cache_hit_rate
        asked_beforehand = any(isinstance(event, Preparing) and "teacher answers" in event.what for event in heard)
        assert asked_beforehand == (share < 1)
    assert rates[0] == pytest.approx(1 / 2)
    assert 0 < rates[0.5] < rates[0]
    assert rates[1] == 0


def _batch(trainer: Trainer, step: int) -> list[int]:
    from distill_core.train.sampler import Sampler

    everything = torch.arange(len(trainer.shop.data.train))
    return Sampler(everything, 24, trainer.config.seed, stream=0).batch(step)[0].tolist()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"dataset": "plain-english"}, "on_policy: plain-english has no prompts"),
        ({"task": "vision", "dataset": "digits", "student": "resnet8-w2"}, "on_policy: images are not written"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_trained(
    config: DistillConfig, settings: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    wrong = config.changed({**settings, "on_policy": 0.5, "label_budget": None})
    with pytest.raises(ConfigError, match=sentence):
        inspect(wrong, tmp_path)
    with pytest.raises(ConfigError, match=sentence):
        Trainer(wrong, task_named(wrong.task), lambda _event: None, RunControl())
    from distill_core.insight.foresight import refusals

    assert any(line.startswith(sentence) for line in refusals(wrong.changed({"teacher": "gpt-skills"})))
