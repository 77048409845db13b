import gzip
import hashlib
import pickle
import struct
import tarfile
import urllib.error
import urllib.request

import numpy as np
import pytest
import torch
import torchvision

from distill_core.config import DistillConfig
from distill_core.errors import DataUnavailable
from distill_core.vision.datasets import download, fashion_mnist_mini, load, mnist
from distill_core.vision.datasets.idx import read_idx


def idx_bytes(array):
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise urllib.error.URLError("no network here")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


@pytest.fixture
def few_validate(monkeypatch):
    monkeypatch.setattr(mnist, "VALIDATION_PER_CLASS", 1)


@pytest.fixture
def tiny_mnist():
    random = np.random.RandomState(0)
    labels = np.concatenate([[5, 0, 4, 1, 9], np.arange(25) % 10])
    return {
        "train-images-idx3-ubyte": random.randint(0, 256, (30, 28, 28)),
        "train-labels-idx1-ubyte": labels,
        "t10k-images-idx3-ubyte": random.randint(0, 256, (10, 28, 28)),
        "t10k-labels-idx1-ubyte": np.arange(10),
    }


def write_mnist(files, folder, gzipped):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in files.items():
        content = idx_bytes(array)
        (folder / f"{name}{'.gz' * gzipped}").write_bytes(gzip.compress(content) if gzipped else content)


def test_idx_files_are_read_gzipped_or_not(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "a").write_bytes(idx_bytes(array))
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx_bytes(array)))
    np.testing.assert_array_equal(read_idx(tmp_path / "a"), array)
    np.testing.assert_array_equal(read_idx(tmp_path / "a.gz"), array)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("short", idx_bytes(np.zeros((2, 3)))[:-1]),
        ("long", idx_bytes(np.zeros((2, 3))) + b"0"),
        ("floats", b"\0\0\x0d\1\0\0\0\1" + b"0"),
        ("text", b"<html>not found</html>"),
        ("empty", b""),
        ("cut.gz", gzip.compress(idx_bytes(np.zeros((20, 30))))[:-9]),
        ("plain.gz", idx_bytes(np.zeros((2, 3)))),
    ],
)
def test_a_damaged_idx_file_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataUnavailable, match=f"{name}.*fetch it again"):
        read_idx(tmp_path / name)


@pytest.mark.parametrize("gzipped", [True, False])
@pytest.mark.parametrize("layout", ["data folder", "data folder as torchvision lays it out", "home"])
def test_mnist_is_read_from_a_local_folder(tmp_path, tiny_mnist, few_validate, no_network, layout, gzipped):
    folder = {"data folder": "given", "home": "home/data/MNIST/raw"}.get(layout, "given/MNIST/raw")
    write_mnist(tiny_mnist, tmp_path / folder, gzipped)
    config = DistillConfig(dataset="mnist", data_folder=None if layout == "home" else str(tmp_path / "given"))
    data = load(config, tmp_path / "home")
    assert data.train.inputs.shape == (20, 1, 28, 28)
    assert data.validation.labels.bincount().tolist() == [1] * 10
    assert torch.equal(data.test.inputs[:, 0], torch.from_numpy(tiny_mnist["t10k-images-idx3-ubyte"]).byte())
    total = int(data.train.inputs.sum() + data.validation.inputs.sum())
    assert total == tiny_mnist["train-images-idx3-ubyte"].sum()


def test_torchvision_reads_the_same_mnist_as_we_do(tmp_path, tiny_mnist, few_validate):
    write_mnist(tiny_mnist, tmp_path / "data/MNIST/raw", gzipped=False)
    theirs = torchvision.datasets.MNIST(tmp_path / "data", train=False)
    ours = load(DistillConfig(dataset="mnist"), tmp_path)
    assert torch.equal(ours.test.inputs[:, 0], theirs.data)
    assert torch.equal(ours.test.labels, theirs.targets)


def test_files_of_another_data_set_with_the_same_names_are_refused(tmp_path, tiny_mnist, few_validate):
    write_mnist(tiny_mnist, tmp_path, gzipped=True)
    with pytest.raises(DataUnavailable, match="not Fashion-MNIST's; check data_folder"):
        load(DistillConfig(dataset="fashion-mnist", data_folder=str(tmp_path)), tmp_path)
    tiny_mnist["train-labels-idx1-ubyte"] = np.arange(30) % 10
    write_mnist(tiny_mnist, tmp_path, gzipped=True)
    with pytest.raises(DataUnavailable, match="not MNIST's; check data_folder"):
        load(DistillConfig(dataset="mnist", data_folder=str(tmp_path)), tmp_path)


def test_images_and_labels_of_different_numbers_are_refused(tmp_path, tiny_mnist, few_validate):
    tiny_mnist["train-labels-idx1-ubyte"] = tiny_mnist["train-labels-idx1-ubyte"][:-1]
    write_mnist(tiny_mnist, tmp_path, gzipped=True)
    with pytest.raises(DataUnavailable, match="do not fit together"):
        load(DistillConfig(dataset="mnist", data_folder=str(tmp_path)), tmp_path)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "fashion-mnist-rest", "cifar10", "cifar100"])
def test_a_data_folder_without_the_files_says_what_was_expected(tmp_path, no_network, name):
    with pytest.raises(DataUnavailable, match=f"does not hold {name}.*expected.*leave data_folder out"):
        load(DistillConfig(dataset=name, data_folder=str(tmp_path)), tmp_path)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "fashion-mnist-rest", "cifar10", "cifar100"])
def test_without_network_the_ways_out_are_named(tmp_path, no_network, monkeypatch, name):
    monkeypatch.setattr(mnist, "DEBIAN_FOLDER", tmp_path / "not-installed")
    with pytest.raises(DataUnavailable) as caught:
        load(DistillConfig(dataset=name), tmp_path)
    message = str(caught.value)
    assert "no network here" in message
    assert "data_folder" in message
    assert message.index("Ways out") < message.index("Tried")
    assert "://" not in message.partition("Tried")[2]
    assert "fashion-mnist-mini" in message
    assert ("dataset-fashion-mnist" in message) == name.startswith("fashion")
    assert not list(tmp_path.rglob("*.part"))


def test_a_download_appears_only_when_its_checksum_is_right(tmp_path):
    content = b"the published file"
    (tmp_path / "wrong").write_bytes(b"something else")
    (tmp_path / "right").write_bytes(content)
    md5 = hashlib.md5(content).hexdigest()
    wrong, right = ((tmp_path / name).as_uri() for name in ("wrong", "right"))
    target = tmp_path / "new" / "file"
    with pytest.raises(DataUnavailable, match="does not have the published checksum"):
        download.fetch([wrong], target, md5)
    assert list(target.parent.iterdir()) == []
    download.fetch([wrong, right], target, md5)
    assert target.read_bytes() == content
    download.fetch(["http://never.asked.invalid/"], target, md5)


class Stopped(Exception):
    pass


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "fashion-mnist-rest", "cifar10", "cifar100"])
def test_a_download_hears_a_stop_between_two_pieces_and_leaves_nothing(tmp_path, monkeypatch, name):
    class Slow:
        """Gives megabytes for ever; a stop is asked for during the third."""

        pieces = 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def read(self, _size):
            Slow.pieces += 1
            assert Slow.pieces < 10, "nobody asked whether to go on"
            return bytes(1 << 10)

    def between():
        if Slow.pieces == 3:
            raise Stopped

    monkeypatch.setattr(mnist, "DEBIAN_FOLDER", tmp_path / "none")
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: Slow())
    with pytest.raises(Stopped):
        load(DistillConfig(teacher=None, dataset=name), tmp_path, between)
    assert Slow.pieces == 3
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_download_has_a_time_limit_and_prints_nothing(tmp_path, monkeypatch, capfd):
    limits = []

    def silent(request, timeout):
        limits.append(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr(urllib.request, "urlopen", silent)
    with pytest.raises(DataUnavailable, match="timed out"):
        download.fetch(["https://example.org/file"], tmp_path / "file", "0")
    assert limits == [download.SILENCE_SECONDS]
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def tiny_cifar(monkeypatch):
    """Writes CIFAR-10 in its published format, and makes torchvision expect these files' checksums."""
    kind = torchvision.datasets.CIFAR10
    random = np.random.RandomState(0)

    def write(folder):
        folder.mkdir(parents=True)
        parts = {}
        for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
            pixels = random.randint(0, 256, (20, 3072)).astype(np.uint8)
            parts[name] = {"data": pixels, "labels": [i % 10 for i in range(20)]}
        parts["batches.meta"] = {"label_names": ["airplane", *"bcdefghij"]}
        md5 = {}
        for name, part in parts.items():
            (folder / name).write_bytes(pickle.dumps(part))
            md5[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
        monkeypatch.setattr(kind, "train_list", [[f"data_batch_{i}", md5[f"data_batch_{i}"]] for i in range(1, 6)])
        monkeypatch.setattr(kind, "test_list", [["test_batch", md5["test_batch"]]])
        monkeypatch.setattr(kind, "meta", {**kind.meta, "md5": md5["batches.meta"]})
        return parts

    return write


@pytest.mark.parametrize("given", ["parent", "folder itself", "home"])
def test_cifar_is_read_from_a_local_folder(tmp_path, tiny_cifar, no_network, given):
    folder = tmp_path / "data" / "cifar-10-batches-py"
    parts = tiny_cifar(folder)
    data_folder = {"parent": str(folder.parent), "folder itself": str(folder), "home": None}[given]
    data = load(DistillConfig(dataset="cifar10", data_folder=data_folder), tmp_path)
    assert data.train.inputs.shape == (90, 3, 32, 32)
    assert data.validation.labels.bincount().tolist() == [1] * 10
    assert data.facts.classes[0] == "airplane"
    np.testing.assert_array_equal(data.test.inputs.numpy(), parts["test_batch"]["data"].reshape(-1, 3, 32, 32))
    assert data.test.inputs.is_contiguous()


def test_cifar_is_unpacked_from_an_archive_in_the_folder(tmp_path, tiny_cifar, no_network, monkeypatch):
    tiny_cifar(tmp_path / "made" / "cifar-10-batches-py")
    given = tmp_path / "given"
    given.mkdir()
    archive = given / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "made" / "cifar-10-batches-py", "cifar-10-batches-py")
    config = DistillConfig(dataset="cifar10", data_folder=str(given))
    with pytest.raises(DataUnavailable, match="does not have the published checksum"):
        load(config, tmp_path)
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    assert len(load(config, tmp_path).train) == 90


def test_digits_are_three_balanced_splits_of_all_images(tmp_path, no_network):
    data = load(DistillConfig(dataset="digits"), tmp_path)
    sizes = [len(data.train), len(data.validation), len(data.test)]
    assert sum(sizes) == 1797
    assert sizes == pytest.approx([0.6 * 1797, 0.2 * 1797, 0.2 * 1797], abs=5)
    assert data.facts.input_shape == (1, 8, 8)
    assert int(data.train.inputs.max()) == 255
    assert len(data.train.inputs.unique()) == 17
    for split in (data.train, data.validation, data.test):
        counts = split.labels.bincount()
        assert int(counts.max() - counts.min()) <= 0.05 * len(split)
    inputs = data.train.inputs.float() / 255
    assert data.facts.mean == pytest.approx([float(inputs.mean())], abs=1e-5)
    assert data.facts.std == pytest.approx([float(inputs.std(correction=0))], abs=1e-5)


def test_fashion_classes_and_statistics_are_the_published_ones():
    assert list(fashion_mnist_mini.CLASSES) == torchvision.datasets.FashionMNIST.classes
    inputs = torch.from_numpy(fashion_mnist_mini.read_mini()["train_images"]).float() / 255
    assert float(inputs.mean()) == pytest.approx(fashion_mnist_mini.MEAN_STD[0][0], abs=0.01)
    assert float(inputs.std()) == pytest.approx(fashion_mnist_mini.MEAN_STD[1][0], abs=0.01)
