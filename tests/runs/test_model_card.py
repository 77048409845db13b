"""The model card of a finished run, its ten lines of Python, and what there is to take away."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from made_up_runs import finish_run
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from torch import nn

from distill_core.cards import ModelCard, Vocabulary
from distill_core.edge.asking import Classifier
from distill_core.edge.export import export_onnx
from distill_core.edge.pictures import inverted, opened
from distill_core.edge.saved_model import describe
from distill_core.insight.names import student_name
from distill_core.runs.model_card import model_card
from distill_core.runs.parcel import pack
from distill_core.runs.records import RunRecord
from distill_core.runs.snippets import snippet
from distill_core.runs.store import Store
from distill_core.runs.take_away import take_aways
from distill_core.vision.framing import on_the_other_ground

IMAGES = ModelCard(
    task="vision", architecture="resnet8-w8", classes=("dark", "light"), input_shape=(1, 2, 2), mean=(0.5,),
    std=(0.25,), dataset="fashion-mnist-mini", parameters=19_810,
)  # fmt: skip
TEXTS = ModelCard(
    task="language", architecture="gpt-1x8", classes=("pad", "bos", "eos", "unk", *"0123456789+-=,;"),
    input_shape=(25,), mean=(), std=(), dataset="skills", parameters=9,
)  # fmt: skip


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    store = Store()
    found = store.get(finish_run(store, data_folder=str(tmp_path / "secret")))
    (found.folder / "best").mkdir(parents=True)
    (found.folder / "best" / "card.json").write_text(IMAGES.model_dump_json())
    (found.folder / "best" / "weights.safetensors").write_bytes(b"weights")
    return found


def test_the_card_says_what_it_is_what_it_learned_and_how_sure_that_is(record: RunRecord) -> None:
    text = model_card(record)
    assert text.startswith("# resnet8-w8, distilled\n\nA model of 19,810 parameters that classifies images.")
    assert "| accuracy | 85.1% | 73.8% | 92.1% |" in text
    assert "| 95% interval | 84.0% to 86.2% |" in text
    assert "Student minus baseline: +11.3 points (95% interval +9.5 to +13.1" in text
    assert "labels the student saw: 400; of all other images only the teacher's answers" in text
    assert "subtract the mean (0.5) and divide by the standard deviation (0.25)" in text
    assert "in this order: dark and light." in text
    assert "The teacher takes 14.60 times as long (14.10 to 15.20" in text
    assert "MIT licence (https://github.com/zalandoresearch/fashion-mnist)" in text
    assert "python -m distill_core run --preset" in text
    assert "- seed: 0" in text
    assert "This is one seed." in text
    assert "secret" not in text
    assert str(record.folder) not in text


def test_what_disturbed_the_measuring_stands_with_the_times_and_not_with_the_limits(record: RunRecord) -> None:
    store, summary = Store(), record.summary or {}
    busy = "Busy machine: it hummed."
    latency = {**summary["latency"], "warnings": [busy]}
    store.set_summary(record.id, {**summary, "latency": latency, "warnings": [busy, "The labels are few."]})
    speed, _, rest = model_card(store.get(record.id)).partition("## Limits")
    assert busy in speed
    assert "- The labels are few." in rest
    assert busy not in rest


def test_every_section_has_words(record: RunRecord) -> None:
    for part in model_card(record).split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        assert body.strip(), title


def _run(folder: Path, lines: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", lines], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _save(path: Path, nodes: list[Any], weights: dict[str, np.ndarray], into: Any, out: Any) -> None:
    held = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "g", [into], [out], held)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)


@pytest.mark.parametrize(("grey", "answer"), [(140, "light"), (110, "dark")])
def test_the_lines_for_images_normalise_and_name_the_class(grey: int, answer: str, tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(IMAGES.model_dump_json())
    Image.new("RGB", (9, 7), (grey, grey, grey)).save(tmp_path / "image.png")
    # The sum of the normalised pixels is above 0 where the grey is above 127.5.
    _save(
        tmp_path / "model.onnx",
        [helper.make_node("Flatten", ["input"], ["flat"]), helper.make_node("MatMul", ["flat", "w"], ["logits"])],
        {"w": np.tile(np.array([[-1.0, 1.0]], np.float32), (4, 1))},
        helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, 2, 2]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2]),
    )
    assert _run(tmp_path, snippet(IMAGES)) == answer


@pytest.mark.slow
@pytest.mark.parametrize("ground", ["white", "black"])
def test_the_lines_say_of_an_exported_file_and_a_picture_what_try_it_says(ground: str, tmp_path: Path) -> None:
    card = IMAGES.model_copy(
        update={"classes": tuple("abcdefghij"), "input_shape": (1, 28, 28), "mean": (0.29,), "std": (0.35,)}
    )
    torch.manual_seed(3)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval()
    export_onnx(net, torch.zeros(2, 1, 28, 28), tmp_path / "model.onnx", describe(card, None))
    (tmp_path / "card.json").write_text(card.model_dump_json())
    picture = Image.new("RGB", (90, 60), ground)
    picture.paste((120, 40, 200), (25, 10, 50, 45))
    picture.save(tmp_path / "image.png")
    image = opened((tmp_path / "image.png").read_bytes(), card.input_shape)
    turned = on_the_other_ground(image, card.mean)
    assert turned is (ground == "white")
    asked = Classifier(tmp_path / "model.onnx")
    answer = asked.classes[int(asked.answer(inverted(image) if turned else image, repeats=1).logits.argmax())]
    lines = snippet(card)
    assert "distill_core" not in lines
    assert _run(tmp_path, lines) == answer
    scores = _run(tmp_path, lines.replace('print(card["classes"][scores[0].argmax()])', "print(scores[0].tolist())"))
    expected = asked.answer(inverted(image) if turned else image, repeats=1).logits
    np.testing.assert_allclose(json.loads(scores), expected, rtol=1e-4, atol=1e-4)


def test_the_lines_for_texts_write_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(TEXTS.model_dump_json())
    tokens, table = TEXTS.classes, np.zeros((len(TEXTS.classes),) * 2, np.float32)
    for before, after in (("=", "5"), ("5", "2"), ("2", "eos")):
        table[tokens.index(before), tokens.index(after)] = 1
    _save(
        tmp_path / "model.onnx",
        [helper.make_node("Gather", ["table", "input"], ["logits"])],
        {"table": table},
        helper.make_tensor_value_info("input", TensorProto.INT64, ["batch", "length"]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", len(tokens)]),
    )
    assert _run(tmp_path, snippet(TEXTS)) == "3-8+7=52"


def test_the_lines_for_a_large_vocabulary_are_python_and_name_the_tokenizer() -> None:
    large = TEXTS.model_copy(update={"classes": (), "vocabulary": Vocabulary(49_152, "a" * 64, "hf:smollm2", 2, 2)})
    lines = snippet(large)
    compile(lines, "snippet", "exec")
    assert "of hf:smollm2" in lines


def test_everything_is_in_one_archive_without_paths_of_this_machine(record: RunRecord) -> None:
    names = {"model.onnx", "weights.safetensors", "card.json", "MODEL_CARD.md", "config.json"}
    into = BytesIO()
    pack(record.id, take_aways(record), into)
    with zipfile.ZipFile(into) as packed:
        held = {name.removeprefix(f"{record.id}/"): packed.read(name) for name in packed.namelist()}
    assert set(held) == names
    assert held["weights.safetensors"] == b"weights"
    assert json.loads(held["card.json"])["provenance"]["seed"] == 0
    assert json.loads(held["config.json"])["student"] == "resnet8-w8"
    for name in ("card.json", "MODEL_CARD.md", "config.json"):
        assert b"secret" not in held[name]


def test_a_model_of_a_folder_is_named_without_it(record: RunRecord) -> None:
    own = "hf:/secret/models/tiny:2"
    vocabulary = Vocabulary(99, "a" * 64, "hf:/secret/models/tiny", 2, 2)
    card = TEXTS.model_copy(update={"architecture": own, "classes": (), "vocabulary": vocabulary})
    (record.folder / "best" / "card.json").write_text(card.model_dump_json())
    assert "secret" not in model_card(record)
    (facts,) = [each for each in take_aways(record) if each.name == "card.json"]
    kept = json.loads(facts.read())
    assert (kept["architecture"], kept["vocabulary"]["source"]) == ("hf:tiny:2", "hf:tiny")
    assert (student_name(own), student_name("hf:owner/tiny:2")) == ("hf:tiny:2", "hf:owner/tiny:2")


def test_a_run_whose_weights_are_gone_still_gives_its_file_and_configuration() -> None:
    store = Store()
    found = store.get(finish_run(store))
    assert [each.name for each in take_aways(found)] == ["model.onnx", "config.json"]
