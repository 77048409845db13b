"""Runs whose teacher is a Hugging Face model: a tiny one with random weights."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_llama import make
from torch.nn import functional

from distill_core.cards import read_card
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, ConfigError
from distill_core.events import Event
from distill_core.insight.foresight import refusals
from distill_core.language.data import prompts_of
from distill_core.language.tokenizer import tokenizer_in
from distill_core.language.writing import write
from distill_core.task import DataFacts, task_named
from distill_core.train.trainer import Trainer, distill

LINES = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("models") / "tiny")


def prompts_file(path: Path, responses: bool = False) -> Path:
    words = ("cat", "dog", "bird", "home", "red")
    lines = []
    for number in range(LINES):
        prompt = " ".join(words[number // 5**place % 5] for place in range(3))
        lines.append({"prompt": prompt, **({"response": f"{words[number % 5]} runs"} if responses else {})})
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


@pytest.fixture
def config(folder: Path, tmp_path: Path) -> DistillConfig:
    return DistillConfig.parse(
        {
            "task": "language",
            "teacher": f"hf:{folder}",
            "student": f"hf:{folder}:2",
            "begin_from": "teacher",
            "dataset": "jsonl",
            "data_folder": str(prompts_file(tmp_path / "prompts.jsonl")),
            "text_length": 16,
            "baseline": False,
            "objective": {"temperature": 1.0, "alpha": 0.9, "top_k": 4},
            "phases": [{"name": "distil", "share": 1.0}],
            "training": {"epochs": 3, "batch_size": 8},
            "optimiser": {"optimiser": "adamw", "learning_rate": 0.003, "lr_warmup": 0.0},
            "augmentation": {"crop_padding": 0, "flip": False, "draws": 1},
        }
    )


def trained(config: DistillConfig, tmp_path: Path, **settings: Any) -> Any:
    return distill(config.changed(settings), home=tmp_path / "home", folder=tmp_path / "run")


def test_a_student_cut_from_its_teacher_comes_nearer_to_it_and_says_from_where(
    config: DistillConfig, tmp_path: Path
) -> None:
    result = trained(config, tmp_path)
    before, after = result.untrained.metrics, result.student.metrics
    assert after["kl"] < before["kl"]
    assert set(after) == {"perplexity", "kl", "token_agreement"}
    assert result.untrained.loss == pytest.approx(math.log(before["perplexity"]))
    assert (result.kl, result.token_agreement) == (after["kl"], after["token_agreement"])
    assert len(result.beginning["blocks"]) == 2


def test_its_baseline_begins_alike_and_is_compared_with_the_same_model(config: DistillConfig, tmp_path: Path) -> None:
    result = trained(config, tmp_path)
    baseline = distill(config.baseline_config(), home=tmp_path / "home")
    assert baseline.teacher is None
    assert baseline.untrained is None
    assert set(baseline.student.metrics) == set(result.student.metrics)
    assert baseline.student.metrics["kl"] != result.student.metrics["kl"]
    assert baseline.beginning["blocks"] == result.beginning["blocks"]


def test_answers_are_written_once_and_neither_by_the_teacher_nor_in_the_next_run_again(
    config: DistillConfig, tmp_path: Path
) -> None:
    said: list[Event] = []
    few = config.changed({"label_budget": 10, "epochs": 1})
    first = distill(few, home=tmp_path / "home", on_event=said.append)
    written = [event.done for event in said if event.kind == "Preparing" and "writes" in event.what]
    assert written, "progress is shown"
    said.clear()
    second = distill(few, home=tmp_path / "home", on_event=said.append)
    once_more = [event for event in said if event.kind == "Preparing" and "writes" in event.what]
    assert all(event.done == event.total for event in once_more)
    assert second.student == first.student
    assert len(list((tmp_path / "home" / "cache" / "answers").glob("*/labels.safetensors"))) == 1
    assert not list((tmp_path / "home" / "cache" / "answers").glob("*/written.safetensors"))


def test_the_user_is_told_who_wrote_the_labels(config: DistillConfig, tmp_path: Path) -> None:
    said: list[Event] = []
    distill(config.changed({"epochs": 1}), home=tmp_path / "home", on_event=said.append)
    told = [event.message for event in said if event.kind == "Warned"]
    assert any("the baseline learns from that model's words too" in message for message in told)


def test_a_student_is_taught_to_stop_though_the_tokenizers_padding_is_its_end(
    config: DistillConfig, folder: Path, tmp_path: Path
) -> None:
    asked = config.changed({"data_folder": str(prompts_file(tmp_path / "answered.jsonl", responses=True))})
    data = task_named("language").load_data(asked, tmp_path)
    tokenizer = tokenizer_in(folder)
    assert tokenizer.eos == 0, "which tokenizer_config.json calls the padding too"
    last = [row[row >= 0][-1].item() for row in data.train.labels]
    assert last == [tokenizer.eos] * len(data.train)
    wanted = data.train.labels[0]
    assert tokenizer.decode(wanted[wanted >= 0].tolist()).endswith("runs")
    assert not any("no answer" in note for note in data.facts.notes), "nobody had to write one"
    trained(asked, tmp_path, teacher=None, begin_from=None, epochs=10, top_k=None, **{"optimiser.learning_rate": 0.01})
    model, _ = task_named("language").load_teacher(str(tmp_path / "run" / "best"), data.facts)
    writing = write(model, prompts_of(data.train), 8, tokenizer.eos, tokenizer.unwritten)
    assert all(writing.stopped)
    assert {len(answer) for answer in writing.answers} == {3}, "two words and the end"


def test_the_card_names_the_vocabulary_and_does_not_list_it(
    config: DistillConfig, folder: Path, tmp_path: Path
) -> None:
    trained(config, tmp_path)
    card = read_card(tmp_path / "run" / "best")
    assert card.classes == ()
    assert card.vocabulary is not None
    assert card.vocabulary.sha256 == tokenizer_in(folder).sha256
    assert card.outputs == len(tokenizer_in(folder).tokens)
    assert "bird" not in (tmp_path / "run" / "best" / "card.json").read_text()


def test_a_trained_student_becomes_a_teacher(config: DistillConfig, folder: Path, tmp_path: Path) -> None:
    first = trained(config, tmp_path)
    again = config.changed({"teacher": str(tmp_path / "run" / "best"), "student": f"hf:{folder}:1", "epochs": 1})
    second = distill(again, home=tmp_path / "home")
    assert second.teacher.accuracy == pytest.approx(first.student.accuracy)
    assert len(second.beginning["blocks"]) == 1


def test_another_vocabulary_is_refused_with_the_first_difference(config: DistillConfig, tmp_path: Path) -> None:
    from tiny_llama import WORDS

    other = make(tmp_path / "other", words=(*WORDS[:3], "saw", *WORDS[4:], "more"))
    with pytest.raises(ConfigError, match=r"19 tokens against 18, and token 7 is 'saw' against 'sees'"):
        distill(config.changed({"teacher": f"hf:{other}"}), home=tmp_path / "home")
    with pytest.raises(ConfigError, match=r"100 tokens against 18.*the same tokens"):
        distill(config.changed({"teacher": "gpt-skills"}), home=tmp_path / "home")
    with pytest.raises(ConfigError, match=r"reads characters \(18 tokens against 100"):
        distill(
            config.changed({"student": "gpt-1x32", "begin_from": None, "dataset": "skills", "top_k": None}),
            home=tmp_path / "home",
        )


def test_a_tokenizer_that_changed_since_is_refused(config: DistillConfig, tmp_path: Path) -> None:
    from tiny_llama import WORDS

    own = make(tmp_path / "own")
    settings = {"teacher": f"hf:{own}", "student": f"hf:{own}:2", "epochs": 1}
    trained(config, tmp_path, **settings)
    make(own, words=(*WORDS[:-1], "other"))
    with pytest.raises(CheckpointError, match=r"has other tokens now .* Restore the one it was made with"):
        distill(config.changed({**settings, "teacher": str(tmp_path / "run" / "best")}), home=tmp_path / "home")


def test_skills_are_for_characters(config: DistillConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"skills is written in characters.*assistant-small, jsonl or plain-english"):
        distill(config.changed({"dataset": "skills"}), home=tmp_path / "home")


def test_a_gpt_cannot_read_the_tokens_of_another_model(config: DistillConfig, folder: Path) -> None:
    task = task_named("language")
    facts = task.foreseen(config).facts("jsonl")
    with pytest.raises(ConfigError, match="is built for characters"):
        task.build("gpt-1x32", facts, 0)


@pytest.mark.slow
def test_a_resumed_run_equals_one_never_stopped(config: DistillConfig, tmp_path: Path) -> None:
    from distill_core.train.control import RunControl

    whole = distill(config, home=tmp_path / "home")
    control = RunControl()

    def stop(event: Event) -> None:
        if event.kind == "Checkpointed" and event.step < whole.steps:
            control.stop()

    distill(config, home=tmp_path / "home", folder=tmp_path / "half", on_event=stop, control=control)
    rest = distill(config, home=tmp_path / "home", folder=tmp_path / "half", resume=True)
    assert rest.student == whole.student
    assert rest.untrained == whole.untrained


def test_what_the_engine_takes_the_form_takes_too(config: DistillConfig, tmp_path: Path) -> None:
    from distill_core.insight.foresight import refusals

    assert refusals(config) == []
    assert "owner/name is not on this machine" in refusals(config.changed({"student": "hf:owner/name:2"}))[0]
    assert "has 9 blocks" in refusals(config.changed({"student": config.student.replace(":2", ":9")}))[0]


def test_the_loss_reads_only_the_answers_and_equals_that_of_whole_logits(config: DistillConfig, tmp_path: Path) -> None:
    trainer = Trainer(
        config.changed({"top_k": None}), task_named("language"), on_event=lambda _: None, control=_control()
    )
    shop = trainer.shop
    indices, draws = torch.arange(4), torch.zeros(4, dtype=torch.int64)
    shop.answers.prepare(0, indices)
    from distill_core.train.lessons import lesson_of, ordinary_batch

    lesson = lesson_of(shop, ordinary_batch(shop, 0, indices, draws, "logits"), 1.0)
    where = shop.data.train.labels[:4] >= 0
    with torch.no_grad():
        plain = shop.student(shop.data.train.inputs[:4])[where]
        told = shop.teacher.model(shop.data.train.inputs[:4])[where]
    torch.testing.assert_close(lesson.logits.detach(), plain, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(lesson.teacher_logits, told, rtol=1e-4, atol=1e-4)
    ours = shop.terms.raw({"kd": 1.0}, lesson)["kd"]
    wanted = functional.kl_div(plain.log_softmax(1), told.log_softmax(1), reduction="batchmean", log_target=True)
    torch.testing.assert_close(ours.detach(), wanted, rtol=1e-3, atol=1e-4)


def _control() -> Any:
    from distill_core.train.control import RunControl

    return RunControl()


@pytest.mark.slow
def test_the_trained_student_becomes_a_file_that_answers_alike(config: DistillConfig, tmp_path: Path) -> None:
    import onnx
    import onnxruntime

    from distill_core.edge.saved_model import export_saved_model

    result = trained(config, tmp_path, epochs=1)
    made = export_saved_model(
        tmp_path / "run" / "best", tmp_path / "m.onnx", tmp_path / "run" / "config.json", tmp_path / "home"
    )
    assert made["test_accuracy"] == pytest.approx(result.student.accuracy)
    told = {each.key: each.value for each in onnx.load(tmp_path / "m.onnx").metadata_props}
    assert "class_names" not in told
    assert json.loads(told["vocabulary"])["size"] == 18
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    for shape in ((1, 4), (3, 11)):
        assert session.run(None, {"input": torch.ones(shape, dtype=torch.int64).numpy()})[0].shape == (*shape, 18)


def test_another_configuration_under_the_same_name_is_another_student(tmp_path: Path) -> None:
    task, name = task_named("language"), f"hf:{make(tmp_path / 'own')}:2"
    before = task.code_sha256(name)
    make(tmp_path / "own", config={"rms_norm_eps": 1e-3})
    assert task.code_sha256(name) != before
    assert task.code_sha256("gpt-2x64") == ""


@pytest.mark.slow
def test_lists_and_the_form_do_without_transformers(folder: Path) -> None:
    code = (
        "import sys; from distill_core.task import task_named; task = task_named('language');"
        "task.students(); assert 'transformers' not in sys.modules and 'tokenizers' not in sys.modules;"
        "from distill_core.config import DistillConfig;"
        f"facts = task.foreseen(DistillConfig(task='language', teacher=None, student='hf:{folder}:2',"
        "dataset='assistant-small')).facts('x');"
        f"task.card_of('hf:{folder}', facts); assert 'transformers' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "DISTILL_HOME": str(folder.parent.parent)}
    )


def test_layers_alone_are_learned_of_a_teacher_that_is_scored_whole(config: DistillConfig, tmp_path: Path) -> None:
    settings = {"alpha": 0.0, "top_k": None, "terms": ["hint"], "epochs": 1}
    result = trained(config, tmp_path, **settings)
    assert result.teacher is not None
    assert result.teacher.metrics["perplexity"] > 1
    assert result.status == "finished"


def test_the_same_weights_under_another_configuration_are_another_model(
    folder: Path, config: DistillConfig, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    cards = [task_named("language").card_of(f"hf:{place}", facts(config)) for place in (folder, other)]
    assert cards[0] is not None
    assert cards[1] is not None
    assert cards[0].weights_sha256 == cards[1].weights_sha256
    settings = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(settings | {"rms_norm_eps": 0.5}))
    changed = task_named("language").card_of(f"hf:{other}", facts(config))
    assert changed is not None
    assert changed.weights_sha256 != cards[0].weights_sha256


def facts(config: DistillConfig) -> DataFacts:
    return task_named("language").foreseen(config).facts(config.dataset)


def test_texts_longer_than_a_model_reads_are_refused_before_anything_is_written(
    config: DistillConfig, tmp_path: Path
) -> None:
    long = config.changed({"text_length": 256})
    wanted = r"text_length: hf:.*tiny reads texts of at most 128 tokens, and these have 256"
    assert any(re.match(wanted, line) for line in refusals(long))
    with pytest.raises(ConfigError, match=wanted):
        trained(long, tmp_path)
    assert not refusals(config.changed({"text_length": 128}))


def test_text_in_a_models_tokens_is_as_many_windows_as_it_makes(config: DistillConfig) -> None:
    task, english = task_named("language"), config.changed({"dataset": "plain-english", "data_folder": None})
    assert task.foreseen(english).inputs == len(task.load_data(english, Path("/nowhere")).train)
