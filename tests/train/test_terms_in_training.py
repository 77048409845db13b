"""Every loss in a real run: it learns, it resumes, it leaves the teacher alone."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from distill_core import DistillConfig, distill
from distill_core.cards import read_card
from distill_core.errors import ConfigError, DivergedError
from distill_core.events import Event, Started, StepLogged
from distill_core.losses.registry import LOSSES
from distill_core.task import task_named
from distill_core.train.control import RunControl
from distill_core.train.lessons import lesson_of
from distill_core.train.moment import levels_of
from distill_core.train.trainer import Trainer

BETWEEN_CNNS = [name for name in LOSSES if name not in ("ce", "kd", "deit", "vit-attention", "relations")]
BETWEEN_VITS = ["vit-attention", "hint", "at", "spatial", "sp", "ofa"]
SLOW = pytest.mark.slow
STATEFUL = ["hint", "vid", "crd", "review", "simkd", "ofa"]


def logged(config: DistillConfig, **options: object) -> list[StepLogged]:
    events: list[Event] = []
    distill(config, on_event=events.append, **options)  # type: ignore[arg-type]
    return [event for event in events if isinstance(event, StepLogged)]


def alone(config: DistillConfig, name: str, **settings: object) -> DistillConfig:
    """The loss without labels or soft labels beside it, for one epoch in one phase."""
    term = {"loss": name, "weight": 1.0, "phases": ["distil"]}
    phases = [{"name": "distil", "share": 1.0}]
    silent = [{"loss": quiet, "weight": 0} for quiet in ("kd", "ce")]
    return config.changed({"terms": [term, *silent], "phases": phases, "epochs": 2, "learning_rate": 0.02, **settings})


def falls(points: list[StepLogged], name: str) -> bool:
    values = [point.terms[name] for point in points]
    half = len(values) // 2
    return sum(values[half:]) / (len(values) - half) < sum(values[:half]) / half


@pytest.mark.parametrize("name", BETWEEN_CNNS)
def test_each_loss_alone_is_lowered_by_training_on_it(kd_config: DistillConfig, name: str) -> None:
    # CRD's memory begins as noise, which is easy to tell apart: its loss climbs until the memory is filled.
    points = logged(alone(kd_config, name, epochs=6 if name == "crd" else 2))
    assert all(set(point.terms) == {name} for point in points)
    assert falls(points, name)


@pytest.mark.parametrize("name", BETWEEN_VITS)
def test_losses_between_vits_are_lowered_too(kd_config: DistillConfig, vit_teacher: str, name: str) -> None:
    config = alone(kd_config, name, teacher=vit_teacher, student="vit-32x2-p2", optimiser="adamw", learning_rate=0.003)
    assert falls(logged(config), name)


def test_a_distillation_token_learns_from_a_cnn(kd_config: DistillConfig) -> None:
    config = alone(kd_config, "deit", student="deit-32x2-p2", optimiser="adamw", learning_rate=0.003)
    assert falls(logged(config), "deit")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["at", "hint", "spatial", "ofa", "review", "simkd"])
def test_a_cnn_learns_from_a_vit(kd_config: DistillConfig, vit_teacher: str, name: str) -> None:
    assert falls(logged(alone(kd_config, name, teacher=vit_teacher, learning_rate=0.1)), name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["at", "hint", "spatial", "ofa", "review", "simkd"])
def test_a_vit_learns_from_a_cnn(kd_config: DistillConfig, name: str) -> None:
    config = alone(kd_config, name, student="vit-32x2-p2", optimiser="adamw", learning_rate=0.003)
    assert falls(logged(config), name)


def test_an_mlp_learns_from_a_vits_class_token(kd_config: DistillConfig, vit_teacher: str) -> None:
    assert falls(logged(alone(kd_config, "hint", teacher=vit_teacher, student="mlp-32x2", learning_rate=0.03)), "hint")


def test_a_weight_that_ruins_the_first_step_is_named_in_the_second(kd_config: DistillConfig) -> None:
    with pytest.raises(DivergedError, match=r"at step [01] .*The weight of 'sp' is the likely cause: it is 1e\+38, "):
        distill(kd_config.changed({"terms": {"sp": 1e38}}))


def test_relations_between_tokens_are_refused_for_images(kd_config: DistillConfig) -> None:
    with pytest.raises(ConfigError, match="compares tokens of a text, and these inputs are images"):
        distill(alone(kd_config, "relations"))


def test_terms_are_weighed_beside_alphas_two_and_only_in_their_phases(kd_config: DistillConfig) -> None:
    terms = [{"loss": "at", "weight": 50, "phases": ["distil"]}, {"loss": "sp"}]
    points = logged(kd_config.changed({"terms": terms}))
    on = {phase: {name for p in points if p.phase == phase for name in p.terms} for phase in ("warm-up", "distil")}
    assert on == {"warm-up": {"kd", "ce", "sp"}, "distil": {"kd", "ce", "at", "sp"}}
    for point in points:
        assert point.weighted["sp"] == pytest.approx(3000 * point.terms["sp"])
        assert point.weighted["kd"] == pytest.approx(0.9 * point.terms["kd"])
        if "at" in point.terms:
            assert point.weighted["at"] == pytest.approx(50 * point.terms["at"])
        assert point.loss == pytest.approx(sum(point.weighted.values()))


def test_a_run_says_at_its_start_what_it_learns_by_and_from_which_layers(kd_config: DistillConfig) -> None:
    events: list[Event] = []
    distill(kd_config.changed({"terms": ["hint"]}), on_event=events.append)
    started = events[0]
    assert isinstance(started, Started)
    facts = {term.name: term for term in started.terms}
    assert list(facts) == ["ce", "kd", "hint"]
    assert facts["kd"].pairs == ()
    assert facts["kd"].parameters == 0
    ((student, teacher, reason),) = facts["hint"].pairs
    assert (student, teacher) == ("stage2.block1", "stage2.block1")
    assert "stage 2" in reason
    assert facts["hint"].parameters == 8 * 16 + 16


def test_a_term_warms_up_over_its_share_of_the_training(kd_config: DistillConfig) -> None:
    points = logged(kd_config.changed({"terms": [{"loss": "dkd", "weight": 2, "warmup": 0.5}]}))
    shares = [point.weighted["dkd"] / point.terms["dkd"] for point in points]
    half = len(points) // 2
    assert shares[0] == pytest.approx(2 / half)
    assert shares == sorted(shares)
    assert shares[half:] == pytest.approx([2.0] * (len(points) - half))


def test_temperature_and_alpha_ramp_over_a_phase(kd_config: DistillConfig) -> None:
    phases = [{"name": "distil", "share": 1, "temperature": [8, 2], "alpha": [1, 0.5]}]
    points = logged(kd_config.changed({"phases": phases}))
    assert [points[0].temperature, points[-1].temperature] == [8, 2]
    assert points[0].weighted["kd"] == pytest.approx(points[0].terms["kd"])
    assert points[-1].weighted["kd"] == pytest.approx(0.5 * points[-1].terms["kd"])
    assert points[0].weighted["ce"] == 0
    assert points[-1].weighted["ce"] == pytest.approx(0.5 * points[-1].terms["ce"])


@pytest.mark.parametrize("name", [name if name == "crd" else pytest.param(name, marks=SLOW) for name in STATEFUL])
def test_a_resumed_run_with_a_loss_that_learns_equals_one_never_stopped(
    kd_config: DistillConfig, tmp_path: Path, name: str
) -> None:
    config = kd_config.changed({"terms": [{"loss": name, "weight": 1}]})
    whole = {point.step: point.terms for point in logged(config, folder=tmp_path / "whole")}
    control = RunControl()

    def stop(event: Event) -> None:
        if isinstance(event, StepLogged) and event.step == 41:
            control.stop()

    distill(config, on_event=stop, control=control, folder=tmp_path / "parts")
    later = logged(config, folder=tmp_path / "parts", resume=True)
    assert [point.step for point in later] == list(range(42, 67))
    assert all(whole[point.step] == point.terms for point in later)
    left, right = (load_file(tmp_path / part / "last" / "weights.safetensors") for part in ("whole", "parts"))
    assert all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.slow
@pytest.mark.parametrize("ease", ["teacher-confidence", "teacher-loss", "student-loss"])
def test_a_curriculum_resumes_in_the_middle_and_grows_to_all_images(
    kd_config: DistillConfig, tmp_path: Path, ease: str
) -> None:
    phases = [
        {"name": "start", "share": 0.3},
        {"name": "grow", "share": 0.7, "pool": "curriculum", "easiest": 0.2, "ease": ease},
    ]
    config = kd_config.changed({"phases": phases})
    whole = {point.step: point.terms for point in logged(config, folder=tmp_path / "whole")}
    control = RunControl()

    def stop(event: Event) -> None:
        if isinstance(event, StepLogged) and event.step == 45:
            control.stop()

    distill(config, on_event=stop, control=control, folder=tmp_path / "parts")
    later = logged(config, folder=tmp_path / "parts", resume=True)
    assert all(whole[point.step] == point.terms for point in later)


@pytest.mark.parametrize(
    "mixing", [{"mixup": 0.8}, {"cutmix": 1.0}, {"mixup": 0.2, "cutmix": 1.0, "randaugment": True}]
)
def test_mixed_images_go_to_teacher_and_student_alike(kd_config: DistillConfig, mixing: dict[str, object]) -> None:
    trainer = Trainer(kd_config.changed(mixing), task_named("vision"), lambda _event: None, RunControl())
    shop = trainer.shop
    indices, draws = torch.arange(16), torch.zeros(16, dtype=torch.long)
    seen: list[torch.Tensor] = []
    assert shop.teacher is not None
    shop.student.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0].clone()))
    assert shop.live is not None
    shop.live.model.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0].clone()))
    lesson = lesson_of(trainer.shop, trainer._shown(indices, draws, "layers"), 4.0)
    teacher_saw, student_saw = seen
    assert torch.allclose(teacher_saw, student_saw)
    assert not torch.allclose(student_saw, shop.feed.augmented(indices, draws))
    assert lesson.partner_labels is not None
    assert not torch.equal(lesson.partner_labels, lesson.labels)


def test_a_run_with_mixed_images_finishes(kd_config: DistillConfig) -> None:
    result = distill(kd_config.changed({"mixup": 0.4, "label_budget": None}))
    assert result.student is not None
    assert result.student.accuracy > 0.15


@pytest.mark.slow
def test_gradient_norms_are_logged_on_request_and_change_no_number(kd_config: DistillConfig) -> None:
    config = kd_config.changed({"terms": ["at"]})
    plain, shown = logged(config), logged(config.changed({"gradient_shares": True}))
    assert [point.terms for point in plain] == [point.terms for point in shown]
    assert all(point.gradients is None for point in plain)
    points = [number for number, point in enumerate(shown, 1) if point.gradients]
    assert points == [number for number in range(1, len(shown) + 1) if number % 5 == 0 or number == len(shown)]
    with_gradients = [point.gradients for point in shown if point.gradients]
    assert all(set(each) == {"kd", "ce", "at"} and each["kd"] > 0 for each in with_gradients)
    assert config.fingerprint() == config.changed({"gradient_shares": True}).fingerprint()


def test_what_a_loss_learns_is_in_the_optimiser_and_the_teacher_is_not(kd_config: DistillConfig) -> None:
    trainer = Trainer(kd_config.changed({"terms": ["hint", "vid"]}), task_named("vision"), print, RunControl())
    shop = trainer.shop
    learnt = {id(parameter) for group in shop.optimiser.param_groups for parameter in group["params"]}
    assert {id(parameter) for parameter in shop.terms.parameters()} <= learnt
    assert len(list(shop.terms.parameters())) > 0
    assert shop.teacher is not None
    assert not learnt & {id(parameter) for parameter in shop.teacher.model.parameters()}
    assert not shop.teacher.model.training


def test_a_lent_classifier_is_deployed_counted_and_can_be_loaded_again(
    kd_config: DistillConfig, tmp_path: Path
) -> None:
    config = alone(kd_config, "simkd", epochs=4, learning_rate=0.1)
    result = distill(config, folder=tmp_path)
    card = read_card(tmp_path / "best")
    assert card.architecture == "resnet8-w4>resnet8-w8"
    assert result.student is not None
    bare = task_named("vision").build("resnet8-w4", _facts(card), 0)
    assert result.student.parameters > sum(parameter.numel() for parameter in bare.parameters())
    assert card.parameters == result.student.parameters
    from distill_core.cards import load_weights

    again = load_weights(task_named("vision").build(card.architecture, _facts(card), 0), tmp_path / "best", card).eval()
    assert again(torch.zeros(1, 1, 8, 8)).shape == (1, 10)
    assert result.student.accuracy > 0.5


def _facts(card: object) -> object:
    from distill_core.task import DataFacts

    return DataFacts(card.dataset, card.classes, card.input_shape, card.mean, card.std, "")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"terms": ["hunt"]}, "loss: 'hunt' is not known. Did you mean 'hint'"),
        ({"terms": [{"loss": "dkd", "options": {"gamma": 1}}]}, "option of dkd: 'gamma' is not known"),
        ({"terms": [{"loss": "at", "layers": [["stage9", "stage1"]]}]}, "student layer: 'stage9' is not known"),
        ({"terms": [{"loss": "hint", "layers": "direct"}]}, "FitNets.*no layers of equal shape"),
        ({"terms": ["vit-attention"]}, "no layer that holds attention probabilities"),
        ({"terms": ["deit"]}, "DeiT.*layer 'distilled_classifier', and resnet8-w4 has none"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_the_reason(
    kd_config: DistillConfig, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        distill(kd_config.changed(settings))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kd", "at", "hint", "review", "crd", "vid"])
def test_memory_does_not_grow_over_the_steps(kd_config: DistillConfig, name: str) -> None:
    held: dict[int, tuple[int, int]] = {}

    def count(event: Event) -> None:
        if isinstance(event, StepLogged) and event.step in (15, 30):
            gc.collect()
            tensors = [thing for thing in gc.get_objects() if type(thing) in (torch.Tensor, torch.nn.Parameter)]
            held[event.step] = len(tensors), sum(tensor.numel() for tensor in tensors)

    terms = [] if name == "kd" else [{"loss": name, "weight": 1}]
    distill(kd_config.changed({"terms": terms, "phases": [{"name": "all", "share": 1}]}), on_event=count)
    assert held[15] == held[30]


@pytest.mark.slow
def test_two_runs_in_one_process_share_nothing(kd_config: DistillConfig) -> None:
    config = kd_config.changed({"terms": ["crd", "vid"]})
    first, _between, again = logged(config), logged(kd_config.changed({"seed": 5})), logged(config)
    assert [point.terms for point in first] == [point.terms for point in again]


def test_the_teacher_is_asked_without_gradient_and_gives_the_same_layers_as_a_plain_forward(
    kd_config: DistillConfig,
) -> None:
    trainer = Trainer(kd_config.changed({"terms": ["at"]}), task_named("vision"), lambda _event: None, RunControl())
    shop = trainer.shop
    indices, draws = torch.arange(8), torch.zeros(8, dtype=torch.long)
    lesson = lesson_of(trainer.shop, trainer._shown(indices, draws, "layers"), 4.0)
    assert not lesson.taught.requires_grad
    assert not any(layer.requires_grad for layer in lesson.teacher_layers.values())
    assert all(layer.requires_grad for layer in lesson.student_layers.values())
    assert shop.teacher is not None
    seen: dict[str, torch.Tensor] = {}
    for name in lesson.teacher_layers:
        module = shop.teacher.model.get_submodule(name)
        module.register_forward_hook(lambda _m, _i, output, name=name: seen.update({name: output}))
    with torch.no_grad():
        logits = shop.teacher.model(shop.teacher.feed.augmented(indices, draws))
    assert torch.allclose(logits, lesson.taught, rtol=1e-4, atol=1e-5)
    assert all(torch.allclose(seen[name], layer, rtol=1e-4, atol=1e-5) for name, layer in lesson.teacher_layers.items())


def test_a_teacher_of_another_input_size_teaches_layers_too(kd_config: DistillConfig, tmp_path: Path) -> None:
    import json
    import shutil

    folder = tmp_path / "teacher"
    shutil.copytree(str(kd_config.teacher), folder)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "input_shape": [1, 16, 16], "mean": [0.3], "std": [0.4]}))
    points = logged(alone(kd_config, "spatial", teacher=str(folder)))
    assert falls(points, "spatial")


def test_a_ranking_by_the_student_is_taken_anew_at_each_phase_also_after_a_stop_between_them(
    kd_config: DistillConfig, tmp_path: Path
) -> None:
    easiest = {"pool": "easiest", "ease": "student-loss", "easiest": 0.3}
    phases = [{"name": "first", "share": 0.5, **easiest}, {"name": "second", "share": 0.5, **easiest}]
    config = kd_config.changed({"phases": phases})
    whole = {point.step: point.terms for point in logged(config, folder=tmp_path / "whole")}
    control = RunControl()

    def stop(event: Event) -> None:
        # The first phase ends with the first epoch: the stop is heard in its validation.
        if isinstance(event, StepLogged) and event.step == 33:
            control.stop()

    distill(config, on_event=stop, control=control, folder=tmp_path / "parts")
    later = logged(config, folder=tmp_path / "parts", resume=True)
    assert later[0].step == 34
    assert all(whole[point.step] == point.terms for point in later)


@pytest.mark.parametrize("name", ["hint", "vid", "spatial", "review", "ofa", "crd", "simkd"])
def test_losses_with_connectors_train_in_half_precision_too(kd_config: DistillConfig, name: str) -> None:
    points = logged(alone(kd_config, name, precision="bf16-mixed", epochs=1))
    assert all(point.loss == point.loss for point in points)


def test_across_architectures_reads_answers_only_so_they_are_kept(kd_config: DistillConfig) -> None:
    trainer = Trainer(kd_config.changed({"terms": ["ofa"]}), task_named("vision"), lambda _event: None, RunControl())
    assert trainer.shop.live is None
    assert trainer.shop.terms.asks(["ofa"]) == "logits"


@pytest.mark.parametrize(
    ("settings", "weights"),
    [
        ({"terms": [{"loss": "kd", "weight": 2, "phases": ["distil"]}]}, [{"ce"}, {"kd", "ce"}, {"ce"}]),
        ({"terms": {"ce": 0}}, [{"kd"}, {"kd"}, {"kd"}]),
        ({"terms": [{"loss": "ce", "weight": 1, "phases": ["fine-tune"]}]}, [{"kd"}, {"kd"}, {"kd", "ce"}]),
    ],
)
def test_a_term_named_kd_or_ce_takes_alphas_place(
    kd_config: DistillConfig, settings: dict[str, object], weights: list[set[str]]
) -> None:
    config = kd_config.changed(settings)
    assert [set(levels_of(config, phase)) for phase in config.phases] == weights


def test_a_phase_in_which_nothing_is_learnt_is_refused(kd_config: DistillConfig) -> None:
    with pytest.raises(ConfigError, match="nothing is learnt in phase 'warm-up'"):
        distill(kd_config.changed({"terms": {"kd": 0, "ce": 0}}))


def test_a_teacher_whose_answers_nobody_reads_stops_after_the_last_layer_that_is_read(kd_config: DistillConfig) -> None:
    config = kd_config.changed({"alpha": 0, "terms": ["hint"]})
    trainer = Trainer(config, task_named("vision"), lambda _event: None, RunControl())
    live = trainer.shop.live
    assert live is not None
    ran: list[str] = []
    for name in ("stage2", "stage3"):
        live.model.get_submodule(name).register_forward_hook(lambda *_, name=name: ran.append(name))
    lesson = lesson_of(trainer.shop, trainer._shown(torch.arange(8), torch.zeros(8, dtype=torch.long), "layers"), 4.0)
    assert lesson.teacher_logits is None
    assert list(lesson.teacher_layers) == ["stage2.block1"]
    assert "stage3" not in ran
    assert falls(logged(alone(kd_config, "hint")), "hint")
