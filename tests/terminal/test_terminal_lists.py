from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest

from distill_core.config import settings_by_name
from distill_core.runs.store import Store
from distill_core.terminal.lists import listing
from distill_core.terminal.screen import console, side_by_side, table

LISTS = ("teachers", "students", "datasets", "presets", "runs", "settings")


@pytest.mark.parametrize("what", LISTS)
def test_every_list_has_a_table_and_json(command, what):
    assert command("list", what).code == 0
    assert isinstance(command("list", what, "--json").last, list)


def test_every_setting_is_listed_with_what_it_takes(command):
    rows = {row["name"]: row for row in command("list", "settings", "--json").last}
    assert set(rows) == set(settings_by_name())
    assert rows["alpha"]["takes"] == "0 to 1"
    assert rows["optimiser"]["takes"] == "sgd | adamw"
    temperature = rows["temperature"]
    assert (temperature["path"], temperature["default"]) == ("objective.temperature", "4.0")
    assert temperature["takes"] == "above 0, at most 100"
    assert temperature["description"].endswith("1 leaves them as they are")
    assert all(row["description"] and "null" not in row["description"] for row in rows.values())


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("temperature", "Temperature, temperature: above 0, at most 100; 4.0 unless you say otherwise"),
        ("training.micro_batch", "Inputs at a time, micro_batch: whole, at least 1 or none (inputs); none unless"),
        ("phases.share", "Share of the training, phases.share: 0 to 1"),
    ],
)
def test_a_setting_is_explained_with_what_it_takes_and_why(command, setting, told):
    first, rest = command("explain", setting).out.split("\n", 1)
    assert told in first
    assert rest.rstrip().endswith(".")


def test_an_unknown_setting_is_not_explained_but_the_nearest_is_named(command):
    assert "Did you mean 'alpha'?" in command("explain", "alfa").err


def test_runs_are_listed_with_their_accuracy(command, work):
    assert "There are no runs yet" in command("list", "runs").out
    command("run", "--preset", "quickstart")
    out = command("list", "runs").out
    assert work.done[0] in out
    assert re.search(r" \d{4}-\d\d-\d\d \d\d:\d\d *\n", out)
    assert "82.0%" in out


def test_tags_have_a_column_once_some_run_has_one(command, work, own_home):
    command("run", "--preset", "quickstart")
    assert "thesis" not in command("list", "runs").out
    assert "tags" not in command("list", "runs").out
    Store(own_home).remarks.tag(work.done[0], ["thesis", "keep"])
    out = command("list", "runs").out
    assert "tags" in out
    assert "thesis keep" in out


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ((0.098, 0.1), "0.098 / 0.100 ms"),
        ((0.03, 0.031), "0.030 / 0.031 ms"),
        ((2.3, 12.0), "2.30 / 12.00 ms"),
        ((1234.5,), "1,234 ms"),
        ((0.1, None), "0.10 / – ms"),
        ((None, None), "–"),
    ],
)
def test_times_side_by_side_have_as_many_decimals(times, said):
    assert side_by_side(*times) == said


def test_an_unknown_list_names_the_known_ones(command):
    answer = command("list", "student")
    assert answer.code == 2
    assert answer.err == (
        "list: 'student' is not known. Did you mean 'students'? "
        "Known: datasets, losses, presets, runs, settings, students, studies, teachers.\n"
    )


def test_without_a_word_the_lists_are_named(command):
    answer = command("list")
    assert answer.code == 2
    assert answer.err == (
        "Say what to list: datasets, losses, presets, runs, settings, students, studies or teachers; for instance "
        "python -m distill_core list teachers.\n"
    )


def test_at_100_columns_each_setting_has_its_whole_path_on_one_line(monkeypatch):
    monkeypatch.setattr("distill_core.terminal.screen.WIDE", 100)
    listed = listing("settings")
    out = io.StringIO()
    console(out).print(table(listed.columns, listed.cells(), listed.numbers(), names=True))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    firsts = {line.split(" ")[0] for line in lines}
    assert {".".join(path) for path in settings_by_name().values()} <= firsts


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("list", "presets"), ("list", "teachers")])
def test_help_and_lists_import_neither_torch_nor_pandas(arguments):
    code = (
        "import sys; from distill_core.terminal.entry import main; main(sys.argv[1:]);"
        "print(sorted({'torch', 'pandas', 'sqlalchemy', 'onnx', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_does_no_harm():
    process = subprocess.Popen(
        [sys.executable, "-m", "distill_core", "list", "settings"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 0
