"""What a terminal says of models of texts beside those of images."""

from __future__ import annotations

from distill_core.config import DistillConfig
from distill_core.events import AnswersKept, Measured
from distill_core.insight.speed import HOW_MEASURED
from distill_core.runs.records import RunEvent
from distill_core.terminal.measuring import sentences
from distill_core.terminal.results import models_table
from distill_core.terminal.watching import Watch

STUDENT = {"window": 24, "cpu_ms": 0.5, "token_ms": 0.4}
TEACHER = {"window": 24, "cpu_ms": 1.4, "token_ms": 1.0}


def test_the_table_says_how_many_tokens_were_read_and_of_images_one_image() -> None:
    of_texts = models_table({"latency": {"student": STUDENT, "teacher": TEACHER}}, "prompt")
    of_images = models_table({"latency": {"student": {"cpu_ms": 0.1}}}, "image")
    assert of_texts.columns[5].header == "CPU time, 24 tokens read"
    assert of_images.columns[5].header == "CPU time, one image"


def test_a_run_says_what_was_measured_and_what_is_kept_as_it_passes() -> None:
    watch = Watch("run", DistillConfig(task="language"))

    def said(event: Measured | AnswersKept) -> list[str]:
        return [line.text for line in watch.see(RunEvent("run", 1, 0.0, event))]

    assert said(Measured(10, {"student": STUDENT, "teacher": TEACHER})) == [
        "CPU time, 24 tokens read: student 0.50 ms, teacher 1.40 ms",
        "Writing, the student takes 0.4 ms (2,500/s) a token; the teacher 1 ms (1,000/s).",
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
    assert lines[:2] == ["gpt reads 24 tokens in 0.5 ms and writes one in 0.4 ms (2,500/s).", HOW_MEASURED]
    assert not any("cnn" in line for line in lines)
