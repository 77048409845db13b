from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_llama import make

from distill_core.errors import ConfigError, DataUnavailable
from distill_core.language.models.references import Reference, absolute, folder_of, parse


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("hf:smollm2", ("smollm2", None, None)),
        ("hf:smollm2:24", ("smollm2", 24, None)),
        ("hf:owner/name:12x384", ("owner/name", 12, 384)),
        ("hf:/models/24", ("/models/24", None, None)),
        ("hf:C:\\models:6", ("C:\\models", 6, None)),
    ],
)
def test_a_reference_is_a_model_and_perhaps_blocks_and_a_width(name: str, parts: tuple[object, ...]) -> None:
    found = parse(name)
    assert (found.model, found.blocks, found.width) == parts
    assert str(found) == name


@pytest.mark.parametrize("name", ["hf:", "hf:x:0", "hf:x:2x0"])
def test_a_reference_to_nothing_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="student: "):
        parse(name)


def test_a_folder_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    found = absolute(parse("hf:tiny:2"))
    monkeypatch.chdir("/")
    assert folder_of(found) == tmp_path / "tiny"
    assert found.blocks == 2


def test_a_converted_model_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_HOME", str(tmp_path))
    make(tmp_path / "models" / "tiny")
    assert folder_of(Reference("tiny")) == tmp_path / "models" / "tiny"
    with pytest.raises(ConfigError, match="Did you mean 'tiny'"):
        folder_of(Reference("tinny"))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.json is missing"):
        folder_of(Reference(str(tmp_path)))
    with pytest.raises(ConfigError, match="there is no folder"):
        folder_of(Reference(str(tmp_path / "none")))


def test_without_a_network_the_ways_out_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []

    def no_network(*_: object, local_files_only: bool = False, **__: object) -> str:
        asked.append(local_files_only)
        raise ConnectionError("no route to host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", no_network)
    with pytest.raises(DataUnavailable, match=r"fetch owner/name.*convert smollm2"):
        folder_of(Reference("owner/name"))
    assert asked == [True], "the network is not touched unless it is asked for"
    with pytest.raises(DataUnavailable, match=r"no route to host.*hf:FOLDER"):
        folder_of(Reference("owner/name"), fetch=True)
    assert asked == [True, True, False]


def test_a_model_that_was_fetched_before_needs_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    online: list[bool] = []

    def kept(_: str, *, local_files_only: bool = False, **__: object) -> str:
        online.append(not local_files_only)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", kept)
    for name in ("config.json", "tokenizer.json", "model-1.safetensors"):
        (tmp_path / name).write_text("{}")
    assert folder_of(Reference("owner/name"), fetch=True) == tmp_path
    assert online == [False]


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model-1.safetensors", "model-2.safetensors"])
def test_a_model_that_was_fetched_in_part_is_fetched_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    online: list[bool] = []

    def half(_: str, *, local_files_only: bool = False, **__: object) -> str:
        online.append(not local_files_only)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", half)
    for name in {"config.json", "tokenizer.json", "model-1.safetensors", "model-2.safetensors"} - {missing}:
        (tmp_path / name).write_text("{}")
    shards = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    assert folder_of(Reference("owner/name"), fetch=True) == tmp_path
    assert online == [False, True]
