import hashlib
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from distill_core.assets import make_fashion_mnist_mini as maker
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DataUnavailable
from distill_core.vision.datasets import _SOURCES, DATASETS, fashion_mnist_mini, load, mnist

SOURCE = mnist.DEBIAN_FOLDER
needs_source = pytest.mark.skipif(
    not (SOURCE / maker.SOURCES[0]).is_file(), reason="Debian's package dataset-fashion-mnist is not installed"
)


@pytest.fixture(scope="module")
def provenance():
    return json.loads((fashion_mnist_mini.FOLDER / "provenance.json").read_text(encoding="utf-8"))


def different_images(*splits):
    return {image.tobytes() for split in splits for image in split.inputs.numpy()}


def test_the_mini_set_has_its_counts_and_is_balanced(tmp_path):
    data = load(DistillConfig(), tmp_path)
    for split, per_class in ((data.train, 800), (data.validation, 200), (data.test, 400)):
        assert split.inputs.shape == (10 * per_class, 1, 28, 28)
        assert split.inputs.dtype == torch.uint8
        assert split.labels.dtype == torch.int64
        assert split.labels.bincount().tolist() == [per_class] * 10
    assert data.facts.name == "fashion-mnist-mini"
    assert data.facts.input_shape == (1, 28, 28)
    assert data.facts.classes[0] == "T-shirt/top"
    assert list(tmp_path.iterdir()) == []


def test_no_image_of_the_mini_set_is_in_two_splits(tmp_path):
    data = load(DistillConfig(), tmp_path)
    splits = data.train, data.validation, data.test
    arrays = fashion_mnist_mini.read_mini()
    assert len(fashion_mnist_mini.mini_indices()) == 10_000
    assert len(np.unique(fashion_mnist_mini.mini_indices())) == 10_000
    assert len(np.unique(arrays["test_indices"])) == 4_000
    assert len(different_images(*splits)) == 14_000


def test_the_provenance_holds_the_hashes_of_the_file_and_its_arrays(provenance):
    content = fashion_mnist_mini.FILE.read_bytes()
    assert provenance["sha256"] == {"images.npz": hashlib.sha256(content).hexdigest()}
    arrays = fashion_mnist_mini.read_mini()
    hashes = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays.items()}
    assert provenance["arrays_sha256"] == hashes


@needs_source
def test_making_the_mini_set_again_gives_the_same_file(tmp_path, provenance):
    arrays = maker.choose(SOURCE)
    for name, array in fashion_mnist_mini.read_mini().items():
        np.testing.assert_array_equal(arrays.pop(name), array)
    assert arrays == {}
    if provenance["versions"]["zlib"] != zlib.ZLIB_RUNTIME_VERSION:
        pytest.skip("the arrays are equal; the bytes cannot be compared, as another zlib compresses otherwise")
    maker.write(maker.choose(SOURCE), tmp_path / "images.npz")
    assert (tmp_path / "images.npz").read_bytes() == fashion_mnist_mini.FILE.read_bytes()


@needs_source
def test_teachers_train_on_none_of_the_mini_sets_training_and_validation_images(tmp_path):
    mini = load(DistillConfig(), tmp_path)
    rest = load(DistillConfig(dataset="fashion-mnist-rest"), tmp_path)
    assert [len(rest.train), len(rest.validation), len(rest.test)] == [48_000, 2_000, 10_000]
    assert rest.validation.labels.bincount().tolist() == [200] * 10
    assert (rest.facts.mean, rest.facts.std) == (mini.facts.mean, mini.facts.std)
    assert different_images(mini.train, mini.validation).isdisjoint(different_images(rest.train, rest.validation))


@needs_source
def test_mini_and_rest_together_are_the_whole_training_set(tmp_path):
    whole = load(DistillConfig(dataset="fashion-mnist"), tmp_path)
    assert [len(whole.train), len(whole.validation), len(whole.test)] == [55_000, 5_000, 10_000]
    assert whole.validation.labels.bincount().tolist() == [500] * 10
    mini, rest = load(DistillConfig(), tmp_path), load(DistillConfig(dataset="fashion-mnist-rest"), tmp_path)
    together = different_images(mini.train, mini.validation, rest.train, rest.validation)
    assert together == different_images(whole.train, whole.validation)
    assert len(together) == 60_000


def test_a_damaged_mini_set_says_to_restore_it(tmp_path, monkeypatch):
    broken = tmp_path / "images.npz"
    monkeypatch.setattr(fashion_mnist_mini, "FILE", broken)
    with pytest.raises(DataUnavailable, match="restore it"):
        load(DistillConfig(), tmp_path)
    broken.write_bytes(b"PK not really")
    with pytest.raises(DataUnavailable, match="restore it"):
        load(DistillConfig(), tmp_path)


def test_every_data_set_has_a_sentence_and_a_source():
    assert set(DATASETS) == set(_SOURCES)
    assert all(sentence.endswith(".") for sentence in DATASETS.values())


def test_a_misspelt_data_set_is_guessed(tmp_path):
    with pytest.raises(ConfigError, match="Did you mean 'fashion-mnist'"):
        load(DistillConfig(dataset="fashon-mnist"), tmp_path)


def test_the_same_data_has_the_same_hash_and_other_data_another(tmp_path):
    hashes = [load(DistillConfig(dataset=name), Path(tmp_path)).facts.sha256 for name in ("digits", "digits")]
    assert hashes[0] == hashes[1] != load(DistillConfig(), tmp_path).facts.sha256
