"""What a terminal says of models of texts beside those of images."""

from __future__ import annotations

from pathlib import Path

from distill_core.config import DistillConfig
from distill_core.events import AnswersKept, Evaluated, Measured, ModelFacts, PhaseSpan, Started
from distill_core.insight.speed import HOW_MEASURED
from distill_core.presets import load
from distill_core.runs.records import RunEvent
from distill_core.runs.store import Store
from distill_core.terminal.measuring import sentences
from distill_core.terminal.results import forgotten, models_table
from distill_core.terminal.watching import Watch

STUDENT = {"window": 24, "cpu_ms": 0.5, "token_ms": 0.4}
TEACHER = {"window": 24, "cpu_ms": 1.4, "token_ms": 1.0}


def test_the_table_says_how_many_tokens_were_read_and_of_images_one_image() -> None:
    of_texts = models_table({"latency": {"student": STUDENT, "teacher": TEACHER}}, "prompt")
    of_images = models_table({"latency": {"student": {"cpu_ms": 0.1}}}, "image")
    assert of_texts.columns[5].header == "CPU time, 24 tokens read"
    assert of_images.columns[5].header == "CPU time, one image"


def test_a_baseline_that_is_another_model_has_no_size_and_time_of_the_students() -> None:
    summary = {
        "student": {"name": "resnet8-w16", "parameters": 187_322, "accuracy": 0.92},
        "baseline": {"name": "resnet8-w16", "parameters": 77_754, "accuracy": 0.8},
        "latency": {"student": {"cpu_ms": 0.16}},
        "onnx": {"bytes": 807_000},
    }
    sizes, times = (list(models_table(summary, "image", rival_costs=False).columns[i].cells) for i in (4, 5))
    assert (sizes, times) == (["807 kB", "–"], ["0.16 ms", "–"])
    sizes, times = (list(models_table(summary, "image").columns[i].cells) for i in (4, 5))
    assert (sizes, times) == (["807 kB"] * 2, ["0.16 ms"] * 2)


def test_a_run_says_what_was_measured_and_what_is_kept_as_it_passes() -> None:
    watch = Watch("run", DistillConfig(task="language"))

    def said(event: Measured | AnswersKept) -> list[str]:
        return [line.text for line in watch.see(RunEvent("run", 1, 0.0, event))]

    assert said(Measured(10, {"student": STUDENT, "teacher": TEACHER})) == [
        "CPU time, 24 tokens read: student 0.50 ms, teacher 1.40 ms",
        "Writing, the student takes 0.40 ms (2,500/s) a token; the teacher 1 ms (1,000/s).",
    ]
    assert said(AnswersKept(8, 100, 0.012, 0.42, 1.68))[0].startswith("Of each of the teacher's answers 8 of 100")


def test_files_that_write_are_told_from_those_that_do_not() -> None:
    machine = {"cpu": "A CPU", "cores": 2, "flags": {}, "versions": {"onnxruntime": "1"}}
    result = {
        "machine": machine,
        "protocol": {"threads": 1, "rounds": 10, "repeats": 5},
        "inputs": "noise",
        "models": {"gpt": STUDENT | {"preempted_share": 0.0}, "cnn": {"cpu_ms": 0.1, "preempted_share": 0.0}},
        "ratios": {},
        "warnings": [],
    }
    lines = sentences(result)
    assert lines[:2] == ["gpt reads 24 tokens in 0.50 ms and writes one in 0.40 ms (2,500/s).", HOW_MEASURED]
    assert not any("cnn" in line for line in lines)


def test_what_a_fine_tuning_on_some_kinds_did_to_the_others_is_told(tmp_path: Path) -> None:
    config = load("language-quick")
    phases = [phase.model_dump(mode="json") for phase in config.phases]
    phases[-1] |= {"pool": "classes", "classes": [0]}
    store = Store(tmp_path)
    run_id = store.create(config.changed({"phases": phases}))
    spans = (PhaseSpan("distil", 0, 75, "all"), PhaseSpan("fine-tune", 75, 100, "classes"))
    model = ModelFacts("s", 1)
    started = Started(model, model, "skills", ("a",), 100, 10, 100, 25, spans, "cpu", "32-true", 1, "contiguous")
    scores = [
        Evaluated(step, step // 25, "validation", "student", 0.5, 0.1, metrics={"reasoning": reasoning})
        for step, reasoning in ((75, 0.9), (100, 0.4))
    ]
    store.append_events(run_id, [started, *scores])
    (told,) = forgotten(store.get(run_id), store)
    assert "reasoning 90.0% → 40.0%" in told
    assert forgotten(store.get(store.create(config)), store) == []
