from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from distill_core import DistillConfig, distill
from distill_core.cards import read_card, read_weights
from distill_core.errors import CheckpointError, ConfigError, DivergedError
from distill_core.events import Checkpointed, Evaluated, Event, Finished, PhaseStarted, Started, StepLogged, from_dict
from distill_core.scoring import answers_of
from distill_core.task import task_named
from distill_core.train.control import RunControl
from distill_core.train.trainer import Trainer


def run(config: DistillConfig, **options: object) -> tuple[object, list[Event]]:
    events: list[Event] = []
    result = distill(config, on_event=events.append, **options)  # type: ignore[arg-type]
    return result, events


def distill_heard(config: DistillConfig, stopper: StopAfterFirstEpoch, **options: object) -> tuple[object, list[Event]]:
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        stopper(event)

    return distill(config, on_event=listen, control=stopper.control, **options), events  # type: ignore[arg-type]


class StopAt:
    """Asks for a stop (or a pause that another call ends) once a step is reached."""

    def __init__(self, step: int) -> None:
        self.control, self.step = RunControl(), step

    def __call__(self, event: Event) -> None:
        if getattr(event, "step", 0) >= self.step and isinstance(event, StepLogged):
            self.control.stop()


def test_a_run_tells_its_story_in_order(kd_config: DistillConfig, tmp_path: Path) -> None:
    _, events = run(kd_config, folder=tmp_path)
    kinds = [type(event) for event in events]
    assert kinds[0] is Started
    assert kinds[-1] is Finished
    assert [event.name for event in events if isinstance(event, PhaseStarted)] == ["warm-up", "distil", "fine-tune"]
    points = [event for event in events if isinstance(event, StepLogged)]
    assert [event.step for event in points] == list(range(1, 67))
    assert all(set(event.terms) == {"kd", "ce"} for event in points)
    for event in points:
        assert event.weighted["kd"] == pytest.approx(0.9 * event.terms["kd"])
        assert event.loss == pytest.approx(sum(event.weighted.values()))
    tests = [event for event in events if isinstance(event, Evaluated) and event.split == "test"]
    assert [event.who for event in tests] == ["student", "teacher"]
    assert [from_dict(json.loads(json.dumps(event.to_dict()))) for event in events] == events


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(kd_config: DistillConfig) -> None:
    losses = [
        [event.loss for event in run(config)[1] if isinstance(event, StepLogged)]
        for config in (kd_config, kd_config, kd_config.changed({"seed": 1}))
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


@pytest.mark.parametrize("stop_at", [50, *(pytest.param(step, marks=pytest.mark.slow) for step in (1, 20, 33, 65))])
def test_a_resumed_run_equals_one_never_stopped(kd_config: DistillConfig, tmp_path: Path, stop_at: int) -> None:
    whole, events = run(kd_config, folder=tmp_path / "whole")
    stopper = StopAt(stop_at)
    stopped = distill(kd_config, on_event=stopper, control=stopper.control, folder=tmp_path / "parts")
    assert stopped.status == "stopped"
    resumed, later = run(kd_config, folder=tmp_path / "parts", resume=True)
    for name in ("best", "last"):
        left, right = (load_file(tmp_path / part / name / "weights.safetensors") for part in ("whole", "parts"))
        assert all(torch.equal(left[key], right[key]) for key in left)
    assert resumed.student == whole.student  # type: ignore[attr-defined]
    losses = {event.step: event.loss for event in events if isinstance(event, StepLogged)}
    assert all(losses[event.step] == event.loss for event in later if isinstance(event, StepLogged))
    scores = {event.epoch: event for event in events if isinstance(event, Evaluated) and event.train_accuracy}
    assert all(scores[e.epoch] == e for e in later if isinstance(e, Evaluated) and e.train_accuracy)


@pytest.mark.slow
def test_adamw_resumes_exactly_too(kd_config: DistillConfig, tmp_path: Path) -> None:
    config = kd_config.changed({"optimiser": "adamw", "learning_rate": 0.003})
    whole, _ = run(config, folder=tmp_path / "whole")
    stopper = StopAt(40)
    distill(config, on_event=stopper, control=stopper.control, folder=tmp_path / "parts")
    resumed, _ = run(config, folder=tmp_path / "parts", resume=True)
    assert resumed.student == whole.student  # type: ignore[attr-defined]


def test_kept_answers_and_a_live_teacher_train_the_same_student(kd_config: DistillConfig, tmp_path: Path) -> None:
    one_phase = kd_config.changed({"phases": [{"name": "distil", "share": 1.0}]})
    kept, _ = run(one_phase.changed({"draws": 10}), folder=tmp_path / "kept")
    live, _ = run(one_phase.changed({"draws": 0}), folder=tmp_path / "live")
    assert kept.student.accuracy == live.student.accuracy  # type: ignore[attr-defined]
    left, right = (load_file(tmp_path / way / "last" / "weights.safetensors") for way in ("kept", "live"))
    for name, value in left.items():
        torch.testing.assert_close(value, right[name], rtol=1e-4, atol=1e-5)


def test_a_second_run_finds_every_answer_and_ends_with_the_same_student(
    kd_config: DistillConfig, tmp_path: Path
) -> None:
    cold, _ = run(kd_config, home=tmp_path)
    warm, _ = run(kd_config, home=tmp_path)
    assert warm.student == cold.student  # type: ignore[attr-defined]
    assert warm.teacher_forwards == 0  # type: ignore[attr-defined]
    assert cold.teacher_forwards > 0  # type: ignore[attr-defined]
    assert warm.cache_hit_rate == 1  # type: ignore[attr-defined]


def test_there_are_never_more_teacher_forwards_than_a_live_teacher_needs(kd_config: DistillConfig) -> None:
    kept, _ = run(kd_config)
    live, _ = run(kd_config.changed({"draws": 0}))
    assert kept.teacher_forwards <= live.teacher_forwards  # type: ignore[attr-defined]
    assert live.cache_hit_rate == 0  # type: ignore[attr-defined]


def test_a_pool_smaller_than_a_batch_gets_the_teachers_answer_for_every_draw(kd_config: DistillConfig) -> None:
    phases = [
        {"name": "few", "share": 0.5, "pool": "labelled", "terms": {"kd": 1.0}},
        {"name": "all", "share": 0.5},
    ]
    settings = {"phases": phases, "label_budget": 10, "draws": 4, "epochs": 1}
    trainer = Trainer(
        kd_config.changed(settings), task_named("vision"), on_event=lambda _event: None, control=RunControl()
    )
    answers = trainer.shop.answers
    assert answers is not None
    look_up = answers.at

    def checked(indices: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
        found = look_up(indices, draws)
        assert bool((found.abs().sum(dim=1) > 0).all()), "an answer that the teacher never gave"
        return found

    answers.at = checked  # type: ignore[method-assign]
    trainer.run()


def test_a_teacher_that_no_term_needs_is_not_asked(kd_config: DistillConfig) -> None:
    result, _ = run(kd_config.changed({"alpha": 0.0, "phases": [{"name": "all", "share": 1.0}]}))
    assert result.teacher_forwards == 0  # type: ignore[attr-defined]


def test_a_stop_during_the_test_keeps_the_last_weights(kd_config: DistillConfig, tmp_path: Path) -> None:
    run(kd_config, folder=tmp_path / "whole")
    control = RunControl()

    def listen(event: Event) -> None:
        if isinstance(event, Evaluated) and event.split == "test":
            control.stop()

    stopped = distill(kd_config, on_event=listen, control=control, folder=tmp_path / "parts")
    assert stopped.status == "stopped"
    run(kd_config, folder=tmp_path / "parts", resume=True)
    left, right = (load_file(tmp_path / part / "last" / "weights.safetensors") for part in ("whole", "parts"))
    assert all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.slow
def test_a_runs_thread_count_does_not_outlive_it(tiny_config: DistillConfig) -> None:
    before = torch.get_num_threads()
    distill(tiny_config.changed({"threads": before + 1, "epochs": 1}))
    assert torch.get_num_threads() == before


def test_alpha_one_uses_no_labels(kd_config: DistillConfig) -> None:
    _, events = run(kd_config.changed({"alpha": 1.0}))
    assert all(set(event.terms) == {"kd"} for event in events if isinstance(event, StepLogged))


def test_the_baseline_starts_from_the_same_weights_and_sees_labelled_images_alone(kd_config: DistillConfig) -> None:
    baseline = kd_config.baseline_config()
    quiet = {"on_event": lambda _event: None, "control": RunControl()}
    student, alone = (
        Trainer(config, task_named("vision"), **quiet).shop  # type: ignore[arg-type]
        for config in (kd_config, baseline)
    )
    for name, value in student.student.state_dict().items():
        assert torch.equal(value, alone.student.state_dict()[name])
    assert torch.equal(student.visible, alone.visible)
    assert student.steps == alone.steps
    _, events = run(baseline)
    assert all(event.pool_size == 50 for event in events if isinstance(event, PhaseStarted))


def test_the_teacher_is_not_trained_and_the_student_is_back_in_training_mode(kd_config: DistillConfig) -> None:
    trainer = Trainer(kd_config, task_named("vision"), on_event=lambda _event: None, control=RunControl())
    before = {name: value.clone() for name, value in trainer.shop.teacher.model.state_dict().items()}  # type: ignore[union-attr]
    learned = {id(parameter) for group in trainer.shop.optimiser.param_groups for parameter in group["params"]}
    trainer.run()
    after = trainer.shop.teacher.model.state_dict()  # type: ignore[union-attr]
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert learned == {id(parameter) for parameter in trainer.shop.student.parameters()}
    assert trainer.shop.student.training


def test_the_configuration_is_not_changed(kd_config: DistillConfig) -> None:
    before = kd_config.to_json()
    run(kd_config)
    assert kd_config.to_json() == before


def test_best_is_what_validation_chose_and_carries_the_test_accuracy(kd_config: DistillConfig, tmp_path: Path) -> None:
    result, events = run(kd_config, folder=tmp_path)
    scores = {e.epoch: e.accuracy for e in events if isinstance(e, Evaluated) and e.split == "validation" and e.epoch}
    student = result.student  # type: ignore[attr-defined]
    assert student.validation_accuracy == max(scores.values())
    assert scores[student.best_epoch] == max(scores.values())
    assert student.last_accuracy == scores[max(scores)]
    card = read_card(tmp_path / "best")
    assert card.accuracy == student.accuracy
    assert read_card(tmp_path / "last").accuracy is None
    model = task_named("vision").load_teacher(str(tmp_path / "best"), _facts(card))[0]
    assert read_weights(tmp_path / "best", card).keys() == model.state_dict().keys()


def test_agreement_is_how_often_the_student_answers_as_its_teacher_does(kd_config: DistillConfig) -> None:
    heard: list[Event] = []
    trainer = Trainer(kd_config, task_named("vision"), heard.append, RunControl())
    trainer.run()
    shop, told = trainer.shop, {}
    for event in heard:
        if isinstance(event, Evaluated) and event.split == "validation":
            told[event.who, event.epoch] = event.metrics
    best = trainer.progress.best_epoch
    assert shop.teacher is not None
    ours = answers_of(shop.student, shop.validation, len(shop.data.validation)).argmax(1)
    theirs = answers_of(shop.teacher.model, shop.teacher.validation, len(shop.data.validation)).argmax(1)
    assert told["student", best] == {"agreement": sum(map(int, ours == theirs)) / len(ours)}
    assert told["teacher", 0] == {}


def test_without_a_teacher_there_is_no_agreement(kd_config: DistillConfig) -> None:
    _, events = run(kd_config.changed({"teacher": None}))
    assert all("agreement" not in event.metrics for event in events if isinstance(event, Evaluated))


def test_pause_waits_between_batches_and_the_run_goes_on_to_the_same_end(kd_config: DistillConfig) -> None:
    whole, _ = run(kd_config)
    control, waited = RunControl(), threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, StepLogged) and event.step == 10:
            control.pause()
        if event.kind == "Paused":
            waited.set()
            threading.Timer(0.2, control.resume).start()

    result = distill(kd_config, on_event=listen, control=control)
    assert waited.is_set()
    assert result.student == whole.student  # type: ignore[attr-defined]


class SlowTeacher:
    """Counts a teacher's batches; during the third, another thread calls `at_third`."""

    def __init__(self, trainer: Trainer, at_third: Callable[[], None]) -> None:
        assert trainer.shop.answers is not None
        self.teacher, self.at_third, self.batches = trainer.shop.answers._teacher, at_third, 0
        trainer.shop.answers._teacher = self  # type: ignore[assignment]

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        self.batches += 1
        if self.batches == 3:
            another = threading.Thread(target=self.at_third)
            another.start()
            another.join()
        answers: torch.Tensor = self.teacher(inputs)
        return answers


@pytest.mark.parametrize("pool", ["all", pytest.param("easiest", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_pause_is_heard_between_two_batches_of_a_slow_teacher(kd_config: DistillConfig, pool: str) -> None:
    config = kd_config.changed({"phases": [{"name": "only", "share": 1.0, "pool": pool}]})
    whole, _ = run(config)
    control, heard = RunControl(), list[tuple[str, int]]()

    def listen(event: Event) -> None:
        heard.append((event.kind, slow.batches))
        if event.kind == "Paused":
            threading.Timer(0.1, control.resume).start()

    trainer = Trainer(config, task_named("vision"), on_event=listen, control=control)
    slow = SlowTeacher(trainer, control.pause)
    result = trainer.run()
    batches_at_pause = dict(heard)["Paused"]
    assert batches_at_pause == 3
    assert slow.batches > 10
    assert result.student == whole.student  # type: ignore[attr-defined]


def test_stop_is_heard_between_two_batches_of_a_slow_teacher(kd_config: DistillConfig, tmp_path: Path) -> None:
    control = RunControl()
    trainer = Trainer(
        kd_config, task_named("vision"), on_event=lambda _event: None, control=control, folder=tmp_path / "run"
    )
    slow = SlowTeacher(trainer, control.stop)
    assert trainer.run().status == "stopped"
    assert slow.batches == 3


def test_resuming_without_a_folder_is_refused_in_a_sentence(tiny_config: DistillConfig) -> None:
    with pytest.raises(ConfigError, match="resume: there is no folder"):
        distill(tiny_config, resume=True)


class StopAfterFirstEpoch:
    """Asks for a stop at the end of the first epoch, which lies between two logged points."""

    def __init__(self) -> None:
        self.control = RunControl()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Evaluated) and event.epoch == 1:
            self.control.stop()


def points(events: list[Event]) -> dict[int, tuple[object, ...]]:
    """What the logged points say, but for the times."""
    return {
        e.step: (e.phase, e.terms, e.weighted, e.loss, e.learning_rate, e.cache_hit_rate)
        for e in events
        if isinstance(e, StepLogged)
    }


@pytest.mark.slow
@pytest.mark.parametrize("pool", ["all", "easiest"])
def test_a_resumed_run_logs_the_points_of_one_never_stopped(
    kd_config: DistillConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: str
) -> None:
    config = kd_config.changed({"phases": [{"name": "only", "share": 1.0, "pool": pool}]})
    monkeypatch.setattr("distill_core.train.logbook.POINTS", 14)  # 66 steps, 5 a point: step 33 is inside one.
    whole, events = run(config, folder=tmp_path / "whole", home=tmp_path / "home-of-whole")
    stopper = StopAfterFirstEpoch()
    home = tmp_path / "home-of-parts"
    stopped, before = distill_heard(config, stopper, folder=tmp_path / "parts", home=home)
    assert (stopped.status, stopped.steps) == ("stopped", 33)  # type: ignore[attr-defined]
    resumed, after = run(config, folder=tmp_path / "parts", home=home, resume=True)
    assert points(before) | points(after) == points(events)
    assert min(points(after)) == 35
    assert resumed.cache_hit_rate == whole.cache_hit_rate  # type: ignore[attr-defined]
    assert resumed.teacher_forwards == whole.teacher_forwards  # type: ignore[attr-defined]


def test_stop_is_heard_inside_an_evaluation(tiny_config: DistillConfig, tmp_path: Path) -> None:
    control = RunControl()

    def listen(event: Event) -> None:
        if isinstance(event, StepLogged) and event.step == 33:
            control.stop()

    result = distill(tiny_config, on_event=listen, control=control, folder=tmp_path)
    assert (result.status, result.steps) == ("stopped", 33)


def test_a_loss_that_is_no_number_ends_the_run_with_advice(kd_config: DistillConfig, tmp_path: Path) -> None:
    config = kd_config.changed({"learning_rate": 100.0, "momentum": 0.99, "lr_warmup": 0, "weight_decay": 1})
    with pytest.raises(DivergedError, match=r"no longer a number at step \d+.*learning rate 100") as caught:
        distill(config.changed({"epochs": 60}), folder=tmp_path)
    kept = (tmp_path / "checkpoint" / "state.safetensors").exists()
    assert ("The checkpoint and the settings are kept" in str(caught.value)) == kept


def test_a_damaged_checkpoint_is_refused_and_the_settings_kept(tiny_config: DistillConfig, tmp_path: Path) -> None:
    distill(tiny_config, folder=tmp_path)
    path = tmp_path / "checkpoint" / "state.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        distill(tiny_config, folder=tmp_path, resume=True)
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="damaged"):
        distill(tiny_config, folder=tmp_path, resume=True)
    assert DistillConfig.parse(json.loads((tmp_path / "config.json").read_text())) == tiny_config


def test_a_checkpoint_of_other_settings_is_refused(tiny_config: DistillConfig, tmp_path: Path) -> None:
    distill(tiny_config, folder=tmp_path)
    with pytest.raises(CheckpointError, match="other settings"):
        distill(tiny_config.changed({"seed": 5}), folder=tmp_path, resume=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"student": "resnet9-w8"}, "a ResNet here has 8, 14, 20"),
        ({"student": "resnt8-w8"}, "Did you mean 'resnet8-w8'"),
        ({"teacher": "nobody"}, "teacher: 'nobody' is not known"),
        ({"teacher": "/no/such/folder"}, "there is no folder /no/such/folder"),
        ({"dataset": "digit"}, "Did you mean 'digits'"),
        ({"task": "speech"}, "task: 'speech' is not known"),
        ({"label_budget": 5}, "fewer than the 10 classes"),
        ({"accelerator": "cuda"}, "accelerator"),
        ({"accelerator": "abacus"}, "accelerator"),
        ({"precision": "3-bit"}, "precision"),
    ],
)
def test_a_wrong_setting_is_named(kd_config: DistillConfig, settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        distill(kd_config.changed(settings))


def test_a_teacher_of_other_classes_is_refused_with_ways_out(digits_teacher: str) -> None:
    with pytest.raises(ConfigError, match=r"trained on digits.*train one: python -m distill_core run --preset teacher"):
        distill(DistillConfig(teacher=digits_teacher, dataset="fashion-mnist-mini"))


def test_every_checkpoint_is_announced_after_it_is_whole(tiny_config: DistillConfig, tmp_path: Path) -> None:
    def listen(event: Event) -> None:
        if isinstance(event, Checkpointed):
            assert load_file(event.path)

    distill(tiny_config, on_event=listen, folder=tmp_path)


def _facts(card: object) -> object:
    from distill_core.task import DataFacts

    return DataFacts("digits", card.classes, card.input_shape, card.mean, card.std, "")  # type: ignore[attr-defined]
