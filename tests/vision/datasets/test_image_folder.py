import numpy as np
import pytest
from PIL import Image

from distill_core.config import DistillConfig
from distill_core.errors import DataUnavailable
from distill_core.vision.datasets import load


def write_image(path, size=(12, 12), colour=(10, 20, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def write_classes(root, counts):
    for name, count in counts.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            write_image(root / name / f"{index:03}.png", colour=(index, len(name), 200))


def load_folder(root, tmp_path, size=8):
    return load(DistillConfig(dataset="folder", data_folder=str(root), image_size=size), tmp_path)


def reds(split):
    """The number each of the test's images has in its red channel."""
    return sorted(int(image[0, 0, 0]) for image in split.inputs)


def test_a_folder_of_classes_is_split_70_15_15_in_every_class(tmp_path):
    write_classes(tmp_path / "pets", {"cat": 20, "dog": 40})
    data = load_folder(tmp_path / "pets", tmp_path)
    assert [split.labels.bincount().tolist() for split in (data.train, data.validation, data.test)] == [
        [14, 28],
        [3, 6],
        [3, 6],
    ]
    assert data.facts.classes == ("cat", "dog")
    assert data.facts.name == "folder:pets"
    assert data.train.inputs.shape == (42, 3, 8, 8)
    seen = [
        (int(image[0, 0, 0]), int(label))
        for split in (data.train, data.validation, data.test)
        for image, label in zip(split.inputs, split.labels, strict=True)
    ]
    assert sorted(seen) == sorted([(i, 0) for i in range(20)] + [(i, 1) for i in range(40)])


def test_mean_and_deviation_are_the_training_splits(tmp_path):
    write_classes(tmp_path / "pets", {"cat": 20, "lion": 20})
    data = load_folder(tmp_path / "pets", tmp_path)
    pixels = data.train.inputs.double() / 255
    assert data.facts.mean == pytest.approx(pixels.mean((0, 2, 3)).tolist(), abs=1e-5)
    assert data.facts.std[:2] == pytest.approx(pixels.std((0, 2, 3), correction=0).tolist()[:2], abs=1e-5)
    assert data.facts.std[2] == 1.0  # The blue channel never changes.


def test_adding_an_image_leaves_nearly_all_others_in_their_split(tmp_path):
    root = tmp_path / "pets"
    write_classes(root, {"cat": 40, "dog": 40})
    before = load_folder(root, tmp_path)
    write_image(root / "cat" / "new.png", colour=(250, 3, 200))
    after = load_folder(root, tmp_path)
    for part in ("train", "validation", "test"):
        was, now = (reds(getattr(data, part)) for data in (before, after))
        assert len(set(was) - set(now)) <= 1
    assert before.facts.sha256 != after.facts.sha256


def test_the_same_folder_elsewhere_is_split_alike(tmp_path):
    for place in ("a/pets", "b/pets"):
        write_classes(tmp_path / place, {"cat": 9, "dog": 9})
    assert load_folder(tmp_path / "a/pets", tmp_path).facts == load_folder(tmp_path / "b/pets", tmp_path).facts


def test_three_images_a_class_are_enough(tmp_path):
    write_classes(tmp_path / "pets", {"cat": 3, "dog": 3})
    data = load_folder(tmp_path / "pets", tmp_path)
    assert [len(data.train), len(data.validation), len(data.test)] == [2, 2, 2]


@pytest.mark.parametrize("validation", ["val", "valid", "validation"])
def test_split_folders_are_used_as_they_are(tmp_path, validation):
    for name, count in (("train", 5), (validation, 2), ("test", 1)):
        write_classes(tmp_path / "pets" / name, {"cat": count, "dog": count})
    data = load_folder(tmp_path / "pets", tmp_path)
    assert [len(data.train), len(data.validation), len(data.test)] == [10, 4, 2]
    assert data.facts.classes == ("cat", "dog")


def test_a_missing_validation_folder_is_held_out_of_the_training_images(tmp_path):
    write_classes(tmp_path / "pets" / "train", {"cat": 20, "dog": 20})
    write_classes(tmp_path / "pets" / "test", {"cat": 4, "dog": 4})
    data = load_folder(tmp_path / "pets", tmp_path)
    assert [len(data.train), len(data.validation), len(data.test)] == [34, 6, 8]


def test_images_become_square_rgb_by_resizing_and_cutting_the_middle(tmp_path):
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = (255, 0, 0)
    (tmp_path / "pets" / "cat").mkdir(parents=True)
    (tmp_path / "pets" / "dog").mkdir()
    for index in range(3):
        Image.fromarray(wide).save(tmp_path / "pets" / "cat" / f"{index}.png")
        Image.new("L", (40, 20), 77).save(tmp_path / "pets" / "dog" / f"{index}.jpg")
    data = load_folder(tmp_path / "pets", tmp_path, size=10)
    cat, dog = data.train.inputs
    assert cat[:, :, 1:-1].float().mean((1, 2)).tolist() == [255, 0, 0]
    assert (dog == 77).all()


def test_other_files_and_hidden_ones_are_passed_over(tmp_path):
    root = tmp_path / "pets"
    write_classes(root, {"cat": 3, "dog": 3, ".thumbnails": 3})
    (root / "cat" / "notes.txt").write_text("not an image")
    (root / "cat" / "._000.png").write_bytes(b"a file manager's")
    (root / "README.md").write_text("pets")
    data = load_folder(root, tmp_path)
    assert data.facts.classes == ("cat", "dog")
    assert len(data.train) + len(data.validation) + len(data.test) == 6


def test_no_folder_given_says_what_to_give(tmp_path):
    with pytest.raises(DataUnavailable, match="needs data_folder: a folder with one sub-folder for each class"):
        load(DistillConfig(dataset="folder"), tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataUnavailable, match="nowhere' does not exist"):
        load_folder(tmp_path / "nowhere", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataUnavailable, match="file' is a file, not a folder"):
        load_folder(tmp_path / "file", tmp_path)


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(type(tmp_path), "iterdir", refuse)
    with pytest.raises(DataUnavailable, match=r"Cannot list .* \(Permission denied\)"):
        load_folder(tmp_path, tmp_path)


def test_one_class_is_too_few(tmp_path):
    write_classes(tmp_path / "pets", {"cat": 3})
    with pytest.raises(DataUnavailable, match=r"one class only \(cat\).*at least two"):
        load_folder(tmp_path / "pets", tmp_path)


def test_a_class_with_two_images_is_named(tmp_path):
    write_classes(tmp_path / "pets", {"cat": 3, "dog": 2})
    with pytest.raises(DataUnavailable, match=r"'dog'.* has 2 images, but needs at least 3.*Add images or remove"):
        load_folder(tmp_path / "pets", tmp_path)


def test_an_empty_class_is_named(tmp_path):
    write_classes(tmp_path / "pets", {"cat": 3, "dog": 0})
    with pytest.raises(DataUnavailable, match=r"'dog'.* has 0 images"):
        load_folder(tmp_path / "pets", tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"hello"])
def test_a_corrupt_image_is_named(tmp_path, content):
    write_classes(tmp_path / "pets", {"cat": 3, "dog": 3})
    (tmp_path / "pets" / "dog" / "broken.png").write_bytes(content)
    with pytest.raises(DataUnavailable, match=r"dog/broken\.png .*Replace it with a whole copy, or remove it"):
        load_folder(tmp_path / "pets", tmp_path)


def test_an_image_cut_short_is_named(tmp_path):
    write_classes(tmp_path / "pets", {"cat": 3, "dog": 3})
    noise = np.random.RandomState(0).randint(0, 256, (40, 40, 3)).astype(np.uint8)
    path = tmp_path / "pets" / "dog" / "cut.png"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataUnavailable, match=r"cut\.png"):
        load_folder(tmp_path / "pets", tmp_path)


@pytest.mark.parametrize("what", ["nothing", "images without classes", "empty classes"])
def test_no_images_at_all_says_how_to_lay_them_out(tmp_path, what):
    root = tmp_path / "pets"
    write_classes(root, {"cat": 0, "dog": 0} if what == "empty classes" else {})
    root.mkdir(exist_ok=True)
    if what == "images without classes":
        write_image(root / "a.png")
    with pytest.raises(DataUnavailable, match=r"no images in the sub-folders of .*Make one sub-folder for each class"):
        load_folder(root, tmp_path)


def test_splits_of_different_classes_are_refused(tmp_path):
    for name, classes in (
        ("train", {"cat": 3, "dog": 3}),
        ("val", {"cat": 3, "cow": 3}),
        ("test", {"cat": 3, "dog": 3}),
    ):
        write_classes(tmp_path / "pets" / name, classes)
    with pytest.raises(DataUnavailable, match="do not have the same classes; they differ in: cow, dog"):
        load_folder(tmp_path / "pets", tmp_path)


def test_an_empty_class_of_a_split_is_named(tmp_path):
    for name, dogs in (("train", 3), ("val", 3), ("test", 0)):
        write_classes(tmp_path / "pets" / name, {"cat": 3, "dog": dogs})
    with pytest.raises(DataUnavailable, match=r"'dog' has no images in .*test"):
        load_folder(tmp_path / "pets", tmp_path)


def test_more_images_than_memory_says_to_shrink_them(tmp_path, monkeypatch):
    from distill_core.vision.datasets import folder

    write_classes(tmp_path / "pets", {"cat": 3, "dog": 3})
    monkeypatch.setattr(folder, "MEMORY_SHARE", 0.0)
    with pytest.raises(DataUnavailable, match="Set a smaller image_size"):
        load_folder(tmp_path / "pets", tmp_path)
