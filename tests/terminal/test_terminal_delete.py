"""`delete`: what goes, and what has to be said first."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from distill_core.runs.store import Store


@pytest.fixture
def run_id(command, work, own_home: Path) -> str:
    command("run", "--preset", "quickstart")
    folder = Store(own_home).get(work.done[0]).folder
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"x")
    return work.done[0]


def answering(text: str, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.mark.parametrize(("options", "typed"), [(("--yes",), ""), ((), "y\n")])
def test_a_run_that_is_over_goes_with_its_files(command, run_id: str, own_home: Path, monkeypatch, options, typed):
    folder = Store(own_home).get(run_id).folder
    answering(typed, monkeypatch)
    answer = command("delete", run_id, *options, "--json")
    assert answer.code == 0
    assert answer.last == {"run_id": run_id, "status": "deleted"}
    assert len(answer.out.splitlines()) == 1
    assert not folder.exists()
    assert Store(own_home).list() == []


def test_a_run_that_was_deleted_in_the_app_is_unknown_but_can_still_be_deleted_for_good(command, run_id: str, own_home):
    store = Store(own_home)
    store.remarks.put_aside(run_id)
    assert command("show", run_id).code == 2
    assert run_id not in command("list", "runs").out
    assert command("delete", run_id, "--yes").code == 0
    assert store.list(put_aside=True) == []


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_without_a_yes_nothing_goes(command, run_id: str, own_home: Path, monkeypatch, typed):
    answering(typed, monkeypatch)
    answer = command("delete", run_id)
    assert answer.code == 130
    assert f"Delete the run {run_id} (finished)" in answer.err
    assert "Nothing was deleted; --yes" in answer.err
    assert Store(own_home).get(run_id).folder.exists()


def test_a_run_that_is_going_on_is_refused_in_a_sentence(command, work, own_home: Path):
    refused = []
    work.while_working = lambda _control: refused.append(command("delete", work.done[0], "--yes"))
    command("run", "--preset", "quickstart")
    (answer,) = refused
    assert answer.code == 1
    assert f"The run {work.done[0]} is running. Stop it first" in answer.err
    assert Store(own_home).get(work.done[0]).status == "finished"


def test_a_run_that_is_not_there_is_bad_input(command, run_id: str):
    answer = command("delete", "nothing", "--yes")
    assert answer.code == 2
    assert run_id in answer.err


def test_help_names_the_command(command):
    assert "delete" in command("--help").out
    assert "--yes" in command("delete", "--help").out
