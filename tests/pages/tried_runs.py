"""Finished runs whose three models are real, tiny ONNX files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from made_up_runs import finish_run
from onnx import TensorProto, helper

from distill_core.cards import ModelCard
from distill_core.language.task import TEACHERS as LANGUAGE_TEACHERS
from distill_core.runs.store import Store
from distill_core.vision.teachers import TEACHERS


def tried_run(store: Store, *, teacher_file: bool = True, **settings: object) -> str:
    """A finished run of images; without its teacher's file that would have to be made."""
    run_id = finish_run(store, **settings)
    record = store.get(run_id)
    assert record.baseline_id is not None
    theirs = ModelCard.model_validate_json((TEACHERS / "vgg8-fashion" / "card.json").read_bytes())
    card = theirs.model_copy(update={"architecture": "resnet8-w8", "parameters": 19_810, "weights_sha256": "1" * 64})
    other = card.model_copy(update={"weights_sha256": "2" * 64})
    write_card(record.folder, card)
    write_card(store.get(record.baseline_id).folder, other)
    classifier_file(record.folder / "model.onnx", card, seed=1)
    classifier_file(kept(store, other.weights_sha256), card, seed=2)
    if teacher_file:
        classifier_file(kept(store, theirs.weights_sha256), card, seed=3)
    return run_id


def tried_language_run(store: Store) -> str:
    """A finished run of texts."""
    run_id = finish_run(store, task="language", dataset="skills", student="gpt-2x128", teacher="gpt-skills")
    record = store.get(run_id)
    assert record.baseline_id is not None
    theirs = ModelCard.model_validate_json((LANGUAGE_TEACHERS / "gpt-skills" / "card.json").read_bytes())
    card = theirs.model_copy(update={"architecture": "gpt-2x128", "weights_sha256": "1" * 64})
    other = card.model_copy(update={"weights_sha256": "2" * 64})
    write_card(record.folder, card)
    write_card(store.get(record.baseline_id).folder, other)
    files = (record.folder / "model.onnx", kept(store, other.weights_sha256), kept(store, theirs.weights_sha256))
    for seed, file in enumerate(files):
        bigram_file(file, len(card.classes), seed)
    return run_id


def kept(store: Store, key: str) -> Path:
    """Where the file of these weights is kept."""
    return store.home / "cache" / "onnx" / f"{key}.onnx"


def write_card(run: Path, card: ModelCard) -> None:
    """Says what the best student of a run is."""
    (run / "best").mkdir(parents=True, exist_ok=True)
    (run / "best" / "card.json").write_text(card.model_dump_json())


def classifier_file(path: Path, card: ModelCard, seed: int) -> None:
    """A linear classifier with weights of chance."""
    inputs, classes = int(np.prod(card.input_shape)), len(card.classes)
    weights = np.random.default_rng(seed).standard_normal((inputs, classes)).astype(np.float32) * 0.1
    nodes = [helper.make_node("Flatten", ["input"], ["flat"]), helper.make_node("MatMul", ["flat", "w"], ["logits"])]
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", *card.input_shape])
    said = {"mean": json.dumps(card.mean), "std": json.dumps(card.std), "class_names": json.dumps(card.classes)}
    _save(path, nodes, given, helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights), said)


def bigram_file(path: Path, vocabulary: int, seed: int) -> None:
    """A language model that looks at the last token alone; the ends of answers are likely."""
    table = np.random.default_rng(seed).standard_normal((vocabulary, vocabulary)).astype(np.float32)
    table[:, 2] += 1.5
    nodes = [helper.make_node("Gather", ["w", "input"], ["logits"])]
    given = helper.make_tensor_value_info("input", TensorProto.INT64, ["batch", "length"])
    _save(path, nodes, given, helper.make_tensor("w", TensorProto.FLOAT, table.shape, table), {})


def _save(path: Path, nodes: list[onnx.NodeProto], given: object, weights: object, said: dict[str, str]) -> None:
    gives = helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "tiny", [given], [gives], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, said)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
