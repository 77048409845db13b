"""The engine with texts: what counts, what the teacher writes, and that a run can be resumed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.events import Evaluated, Event, Preparing, StepLogged
from distill_core.language import data as language_data
from distill_core.language.tokens import decode
from distill_core.losses.soft_labels import SoftLabels
from distill_core.losses.token_relations import TokenRelations
from distill_core.task import Data, Split, task_named
from distill_core.train.control import RunControl
from distill_core.train.lessons import lesson_of
from distill_core.train.trainer import Trainer, distill


def made(config: DistillConfig) -> Trainer:
    return Trainer(config, task_named("language"), lambda _event: None, RunControl())


@pytest.mark.slow
def test_a_run_learns_and_measures_skill_by_skill(skills: Data, config: DistillConfig, tmp_path: Path) -> None:
    heard: list[Event] = []
    result = distill(config.changed({"epochs": 6}), on_event=heard.append, folder=tmp_path / "run")
    kd = [event.terms["kd"] for event in heard if isinstance(event, StepLogged)]
    assert kd[-1] < 0.7 * kd[0]
    written = [event for event in heard if isinstance(event, Preparing) and "writes" in event.what]
    assert (written[-1].done, written[-1].total, written[-1].unit) == (180, 180, "prompts")
    scored = [event for event in heard if isinstance(event, Evaluated)]
    assert {"reasoning", "valid_steps", "instructions", "instructions_loose", "stops"} <= set(scored[-1].metrics)
    assert result.student is not None
    assert result.student.metrics.keys() == scored[-1].metrics.keys()
    assert result.labels == 60
    assert result.guessing is None
    assert result.kl is not None
    assert result.kl > 0
    assert result.token_agreement is not None
    assert 0 < result.token_agreement < 1
    assert (tmp_path / "run" / "best" / "card.json").is_file()


@pytest.mark.slow
def test_prompts_beyond_training_are_told_apart_from_those_of_the_kinds_trained_on(
    skills: Data, small_skills: Data, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, everything = config.changed({"epochs": 1}), small_skills.test
    assert everything.kinds is not None
    beyond = (everything.kinds == language_data.BEYOND).nonzero().flatten()[::40]
    both = Split(
        *(
            torch.cat([ours, theirs[beyond]])
            for ours, theirs in zip(_parts(skills.test), _parts(everything), strict=True)
        )
    )
    assert int(both.beyond.sum()) == len(beyond) > 0
    alone = distill(config)
    monkeypatch.setattr(language_data, "load", lambda *_: dataclasses.replace(skills, test=both))
    found = distill(config)
    assert (found.kl, found.token_agreement) == (pytest.approx(alone.kl, rel=1e-5), alone.token_agreement)
    assert found.agreement == alone.agreement
    assert alone.kl_beyond is None
    assert found.kl_beyond is not None
    assert found.kl_beyond != pytest.approx(alone.kl, rel=0.01)
    assert found.token_agreement_beyond is not None


def _parts(split: Split) -> tuple[Any, ...]:
    return split.inputs, split.labels, split.kinds, split.hardness


def test_losses_see_the_answers_positions_and_no_others(
    skills: Data, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = made(config)
    shop, seen = trainer.shop, []
    monkeypatch.setattr(SoftLabels, "forward", lambda _self, lesson: seen.append(lesson) or lesson.logits.sum() * 0)
    indices = torch.arange(24)
    assert shop.answers is not None
    shop.answers.prepare(0, indices)
    trainer._learn(shop.spans[0], indices, torch.zeros_like(indices), "logits", shows_gradients=False)
    (lesson,) = seen
    labels = shop.data.train.labels[:24]
    assert lesson.logits.shape == lesson.teacher_logits.shape == (int((labels >= 0).sum()), 100)
    assert torch.equal(lesson.labels, labels[labels >= 0])
    assert int(lesson.labelled.sum()) == int((labels[shop.visible[:24]] >= 0).sum())


def test_every_token_of_a_batch_counts_the_same_however_long_its_text(skills: Data, config: DistillConfig) -> None:
    """So a batch's loss is the mean over its tokens, not over texts of unequal length."""
    trainer, indices = made(config), torch.arange(12)
    assert trainer.shop.answers is not None
    trainer.shop.answers.prepare(0, indices)
    trainer.shop.model.eval()

    def losses(rows: torch.Tensor) -> tuple[float, float, int]:
        lesson = lesson_of(trainer.shop, trainer._shown(rows, torch.zeros_like(rows), "logits"), 2.0)
        lesson = dataclasses.replace(lesson, labelled=torch.ones_like(lesson.labelled))
        return *(trainer.shop.terms[name](lesson).item() for name in ("kd", "ce")), len(lesson.labels)

    each = [losses(row[None]) for row in indices]
    tokens = sum(count for *_, count in each)
    assert len({count for *_, count in each}) > 1
    kd, ce, counted = losses(indices)
    assert counted == tokens
    assert kd == pytest.approx(sum(loss * count for loss, _, count in each) / tokens, rel=1e-4)
    assert ce == pytest.approx(sum(loss * count for _, loss, count in each) / tokens, rel=1e-4)


def test_a_kept_answer_is_what_the_teacher_says_now(skills: Data, config: DistillConfig) -> None:
    shop = made(config).shop
    assert shop.answers is not None
    assert shop.teacher is not None
    indices = torch.tensor([3, 50, 7])
    shop.answers.prepare(0, torch.arange(60))
    with torch.no_grad():
        live = shop.teacher.model(shop.data.train.inputs[indices])
    torch.testing.assert_close(shop.answers.at(indices, torch.zeros_like(indices)), live, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_what_is_kept_of_the_answers_to_texts_is_found_by_later_runs_over_the_same_texts(
    skills: Data, config: DistillConfig, tmp_path: Path
) -> None:
    config, heard = config.changed({"top_k": 8, "epochs": 1}), list[Event]()
    first = distill(config, on_event=heard.append, home=tmp_path)
    assert [event.kind for event in heard].count("AnswersKept") == 1
    assert first.answers_kept is not None
    assert (first.answers_kept["kept"], first.answers_kept["classes"]) == (8, 100)
    assert first.teacher_forwards > 0
    again = distill(config, home=tmp_path)
    assert again.teacher_forwards == 0
    assert again.student == first.student
    # Another seed shows other right answers, and the teacher writes the rest: other texts.
    assert distill(config.changed({"seed": 1}), home=tmp_path).teacher_forwards > 0


def test_all_tokens_kept_teach_what_whole_answers_teach(skills: Data, config: DistillConfig) -> None:
    whole, kept = (made(config.changed({"top_k": k})) for k in (None, 100))
    indices, raw = torch.tensor([40, 3, 50, 7]), []
    for trainer in (whole, kept):
        assert trainer.shop.answers is not None
        trainer.shop.answers.prepare(0, torch.arange(60))
        trainer._learn(trainer.shop.spans[0], indices, torch.zeros_like(indices), "logits", shows_gradients=False)
        raw.append(trainer.progress.means.take()[0])
    assert raw[1]["kd"] == pytest.approx(raw[0]["kd"], rel=1e-4)
    assert raw[1]["ce"] == raw[0]["ce"]


def test_only_labelled_prompts_keep_the_right_answer(skills: Data, config: DistillConfig) -> None:
    shop = made(config).shop
    for row in range(40):
        same = torch.equal(shop.data.train.inputs[row], skills.train.inputs[row])
        assert same or not shop.visible[row], decode(skills.train.inputs[row])
    assert not torch.equal(shop.data.train.inputs[~shop.visible], skills.train.inputs[~shop.visible])


def test_labels_are_balanced_over_the_kinds(skills: Data, config: DistillConfig) -> None:
    shop = made(config).shop
    counts = shop.data.train.groups[shop.visible].bincount(minlength=len(skills.facts.groups))
    assert counts.sum() == 60
    there = skills.train.groups.bincount(minlength=len(skills.facts.groups))
    assert bool((counts >= there.clamp(max=60 // len(skills.facts.groups))).all())


def test_warm_up_takes_the_short_prompts_of_every_kind(skills: Data, config: DistillConfig) -> None:
    trainer = made(config)
    pools = [
        trainer._pool(span, dataclasses.replace(stretch, share=0.5), None if span is None else _unasked())
        for span in trainer.shop.spans[:1]
        for stretch in _stretches(span)
    ]
    for kind in range(len(skills.facts.groups)):
        own = (skills.train.groups == kind).nonzero().flatten()
        inside = [int(i) for i in own if i in pools[0]]
        outside = [int(i) for i in own if i not in pools[0]]
        hardness = skills.train.hardness
        assert hardness is not None
        if inside and outside:
            assert max(hardness[i] for i in inside) <= min(hardness[i] for i in outside)


def _stretches(span: Any) -> Any:
    from distill_core.train.schedule import stretches_of

    return stretches_of(span)


def _unasked() -> Any:
    from distill_core.train.pools import Answers

    def never() -> torch.Tensor:
        raise AssertionError("the prompts themselves say how hard they are")

    return Answers(never, never)


@pytest.mark.slow
def test_a_resumed_run_equals_one_never_stopped(skills: Data, config: DistillConfig, tmp_path: Path) -> None:
    whole = distill(config, folder=tmp_path / "whole")
    control = RunControl()

    def stop_half_way(event: Event) -> None:
        if isinstance(event, Evaluated) and event.who == "student" and event.epoch == 1:
            control.stop()

    assert distill(config, on_event=stop_half_way, control=control, folder=tmp_path / "half").status == "stopped"
    resumed = distill(config, folder=tmp_path / "half", resume=True)
    assert whole.student is not None
    assert resumed.student is not None
    assert (resumed.student.accuracy, resumed.student.loss) == (whole.student.accuracy, whole.student.loss)


@pytest.mark.slow
def test_a_stop_is_heard_while_the_teacher_writes_and_what_it_wrote_is_kept(
    skills: Data, config: DistillConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distill_core.language.dictation.BATCH", 50)
    control, heard = RunControl(), list[Event]()

    def stop_at_the_second_batch(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Preparing) and event.done == 50:
            control.stop()

    home = tmp_path / "home"
    result = distill(config, on_event=stop_at_the_second_batch, control=control, folder=tmp_path / "run", home=home)
    assert (result.status, result.steps, result.student) == ("stopped", 0, None)
    assert [event.kind for event in heard] == ["Preparing", "Preparing", "Stopped"]
    later: list[Event] = []
    found = distill(config, on_event=later.append, folder=tmp_path / "run", home=home)
    written = [event.done for event in later if isinstance(event, Preparing) and "writes" in event.what]
    assert written[0] == 50
    whole = distill(config)
    assert found.student is not None
    assert whole.student is not None
    assert found.student.loss == pytest.approx(whole.student.loss, rel=1e-3)


def test_layers_of_two_gpts_can_be_matched(skills: Data, config: DistillConfig) -> None:
    trainer = made(config.changed({"terms": [{"loss": "hint", "weight": 1}], "student": "gpt-2x64"}))
    shop = trainer.shop
    indices = torch.arange(24)
    trainer._learn(shop.spans[0], indices, torch.zeros_like(indices), "layers", shows_gradients=False)
    raw, _ = trainer.progress.means.take()
    assert raw["hint"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["relations", "vit-attention", "hint", "hard", "rkl"])
def test_each_loss_alone_is_lowered_by_training_on_it(skills: Data, config: DistillConfig, loss: str) -> None:
    heard: list[Event] = []
    alone = [{"loss": loss, "weight": 1}, {"loss": "kd", "weight": 0}, {"loss": "ce", "weight": 0}]
    distill(config.changed({"terms": alone, "student": "gpt-2x64", "epochs": 4}), on_event=heard.append)
    values = [event.terms[loss] for event in heard if isinstance(event, StepLogged)]
    assert sum(values[-5:]) < 0.9 * sum(values[:5])


def test_relations_read_whole_texts_and_count_where_the_answer_is(
    skills: Data, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = made(config.changed({"terms": ["relations"], "student": "gpt-2x64"}))
    shop, seen = trainer.shop, []
    monkeypatch.setattr(TokenRelations, "forward", lambda _self, lesson: seen.append(lesson) or lesson.logits.sum() * 0)
    indices = torch.arange(24)
    trainer._learn(shop.spans[0], indices, torch.zeros_like(indices), "layers", shows_gradients=False)
    (lesson,) = seen
    labels = shop.data.train.labels[:24]
    assert torch.equal(lesson.where, labels >= 0)
    last = [f"block2.attention.{part}" for part in ("query", "key", "value")]
    assert list(lesson.student_texts) == last
    assert {texts.shape for texts in lesson.student_texts.values()} == {(*labels.shape, 64)}
    assert all(texts.shape[:2] == labels.shape for texts in lesson.teacher_texts.values())


def test_attention_is_read_where_the_answer_is_and_suggested_by_depth(
    skills: Data, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = made(config.changed({"terms": ["vit-attention"], "student": "gpt-2x64"}))
    shop, indices = trainer.shop, torch.arange(24)
    term = shop.terms["vit-attention"]
    assert [(pair.student, pair.teacher) for pair in term.site.pairs] == [
        ("block2.attention.probabilities", "block1.attention.probabilities")  # the teacher has one block
    ]
    lesson = lesson_of(trainer.shop, trainer._shown(indices, torch.zeros_like(indices), "layers"), 2.0)
    loss = term(lesson)
    labels, inputs = shop.data.train.labels[:24], shop.data.train.inputs[:24]
    (looks,) = lesson.student_texts.values()
    assert looks.shape[2:] == (labels.shape[1], labels.shape[1])
    assert not looks.triu(1).any()
    # What padding looks at changes nothing: of texts cut to what is no padding, one by one, the mean is the same.
    (own,), (theirs,) = ([each.mean(1) for each in of.values()] for of in (lesson.student_texts, lesson.teacher_texts))
    rows = [
        (theirs[text, place, : place + 1] * (theirs / own.clamp_min(1e-8))[text, place, : place + 1].log()).nansum()
        for text, place in (labels >= 0).nonzero().tolist()
        if inputs[text, place] != 0
    ]
    assert len(rows) == int((labels >= 0).sum())
    torch.testing.assert_close(loss, torch.stack(rows).mean(), rtol=1e-4, atol=1e-6)


def test_a_teacher_with_other_tokens_and_one_for_images_are_refused(skills: Data, config: DistillConfig) -> None:
    with pytest.raises(ConfigError, match="is a model for vision, not for language"):
        made(config.changed({"teacher": "distill_core/assets/teachers/vgg8-fashion"}))
    with pytest.raises(ConfigError, match="is not known"):
        made(config.changed({"teacher": "gpt-nobody"}))


def test_losses_that_compare_places_of_an_image_are_refused(skills: Data, config: DistillConfig) -> None:
    for loss in ("at", "crd", "rkd"):
        with pytest.raises(ConfigError, match="these inputs are texts"):
            made(config.changed({"terms": [loss]}))


@pytest.mark.parametrize("settings", [{"terms": ["hint"]}, {"fine_tune_on": [1, 2]}])
def test_what_the_engine_takes_the_check_before_it_takes_too(
    skills: Data, config: DistillConfig, settings: dict[str, Any], tmp_path: Path
) -> None:
    from distill_core.runs.preflight import inspect

    if "fine_tune_on" in settings:
        phases = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "pool": "classes", "classes": [1, 2]}]
        settings = {"phases": phases}
    assert inspect(config.changed({**settings, "baseline": True}), tmp_path).images == 240


def test_a_student_in_fabrics_wrapper_writes_with_its_cache(
    skills: Data, config: DistillConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distill_core.language import examination

    shop, cached = made(config).shop, []
    write = examination.write
    monkeypatch.setattr(
        examination, "write", lambda *given, **named: cached.append(named["cached"]) or write(*given, **named)
    )
    score = shop.task.score(shop.model, shop.validation, shop.data.validation)
    assert cached == [True]
    assert score.counted == len(shop.data.validation)
