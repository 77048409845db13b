from __future__ import annotations

import json

import pytest

from distill_core.home import default_home
from distill_core.presets import load
from distill_core.studies import keeping
from distill_core.studies.plan import StudyPlan
from distill_core.terminal.variants import with_free_name

VARY = ("study", "--preset", "quickstart", "--vary", "student=resnet8-w4,resnet8-w8", "--seeds", "0,1")


def test_each_variant_runs_with_each_seed_and_the_table_compares_them(command, work):
    answer = command(*VARY)
    assert answer.code == 0, answer.err
    assert len(work.done) == 4
    assert "student resnet8-w4" in answer.out
    assert "reference" in answer.out
    assert "paired by seed" in answer.out


def test_values_of_several_settings_are_combined(command, work):
    answer = command(*VARY, "--vary", "temperature=1,4", "--json")
    names = [row["variant"] for row in answer.last["variants"]]
    assert names == [f"student resnet8-w{w}, temperature {t}" for w in (4, 8) for t in (1, 4)]
    assert len(answer.last["runs"]) == 8


def test_a_study_goes_on_where_it_was_stopped_and_is_listed_by_name(command, work):
    work.ends = "stopped"
    assert command(*VARY).code == 130
    work.ends = "finished"
    assert command(*VARY).code == 0
    assert "quickstart-by-student" in command("list", "studies").out
    before = len(work.done)
    assert command(*VARY).code == 0
    assert len(work.done) == before


def test_a_file_holds_a_whole_study_and_its_results_can_be_recorded(command, work, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    plan = {
        "name": "two",
        "preset": "quickstart",
        "base": {"epochs": 2},
        "variants": [{"name": "plain", "settings": {}}, {"name": "with AT", "settings": {"terms": ["at"]}}],
        "seeds": [0, 1, 2],
    }
    (tmp_path / "two.json").write_text(json.dumps(plan))
    out = tmp_path / "recorded.json"
    answer = command("study", str(tmp_path / "two.json"), "--seeds", "0,1", "--markdown", "--record", str(out))
    assert answer.code == 0, answer.err
    assert answer.out.splitlines()[0].startswith("| variant | seeds | accuracy |")
    recorded = json.loads(out.read_text())
    again = f"python -m distill_core study {tmp_path / 'two.json'} --seeds 0,1"
    assert len(recorded["rows"]) == 4
    assert recorded["command"] == f"OMP_NUM_THREADS=1 {again}"
    assert recorded["plan"]["name"] == "recorded"
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert command("study", str(tmp_path / "two.json"), "--seeds", "0,1", "--record", str(out)).code == 0
    assert json.loads(out.read_text())["command"] == again


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("student=", "student has no values"),
        ("stduent=a", "is not known. Did you mean 'student'"),
        ("alpha=0.5,1.5", "alpha: got 1.5"),
        ("alpha", "takes NAME=VALUE"),
    ],
)
def test_a_wrong_variation_is_bad_input(command, work, option, message):
    answer = command("study", "--preset", "quickstart", "--vary", option)
    assert answer.code == 2
    assert message in answer.err


def test_options_that_would_be_lost_are_refused(command, work, tmp_path):
    answer = command("study", "--preset", "quickstart", "--accuracy-only")
    assert answer.code == 2
    assert "--accuracy-only: goes with --vary" in answer.err
    (tmp_path / "two.json").write_text(json.dumps({"name": "two", "preset": "quickstart", "vary": {"alpha": [0.5]}}))
    answer = command("study", str(tmp_path / "two.json"), "--vary", "alpha=1", "--name", "x")
    assert answer.code == 2
    assert "leave --vary and --name out" in answer.err


def test_another_study_of_the_same_settings_does_not_replace_the_first(command, work):
    command(*VARY)
    command("study", "--preset", "quickstart", "--vary", "student=resnet8-w2,resnet8-w12", "--seeds", "0")
    listed = command("list", "studies").out
    assert "quickstart-by-student-2" in listed
    assert listed.count("quickstart-by-student") == 2


def test_a_study_is_the_same_whatever_its_base_is_called_and_asks_to_see(work):
    def plan(**base):
        return StudyPlan.parse({"name": "by-t", "base": load("quickstart").changed(base), "variants": VARIANTS})

    keeping.keep(default_home(), plan(name="of before", gradient_shares=False))
    assert with_free_name(plan(name="of now")).name == "by-t"
    assert with_free_name(plan(epochs=2)).name == "by-t-2"


VARIANTS = [{"name": f"T {t}", "settings": {"temperature": t}} for t in (1, 4)]
