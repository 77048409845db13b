from distill_core.config import Augmentation, DistillConfig
from distill_core.task import DataFacts, task_named


def test_students_come_family_by_family_each_smallest_first_with_the_ladder_at_the_top() -> None:
    students = task_named("vision").students()
    families = list(dict.fromkeys(student.family for student in students))
    assert families[:2] == ["ResNet", "VGG"]
    assert {"Wide ResNet", "MobileNetV2", "ShuffleNetV2", "Plain CNN", "MLP", "ViT"} <= set(families)
    grouped = sorted(students, key=lambda student: (families.index(student.family), student.parameters))
    assert list(students) == grouped
    assert len({student.name for student in students}) == len(students)


def test_every_listed_student_is_built_for_the_data_in_question() -> None:
    facts = DataFacts("tiny", ("a", "b", "c"), (3, 16, 20), (0.5,) * 3, (0.5,) * 3, "sha")
    task = task_named("vision")
    for student in task.students():
        if student.parameters < 400_000:
            assert task.build(student.name, facts, 0).eval()(task.example(facts)).shape == (2, 3), student.name


def test_new_augmentations_are_off_unless_asked_for_so_old_runs_keep_their_fingerprints() -> None:
    off = Augmentation()
    assert (off.randaugment, off.mixup, off.cutmix) == (False, 0, 0)
    plain, mixed = DistillConfig(), DistillConfig().changed({"mixup": 0.2})
    assert plain.fingerprint() == DistillConfig(augmentation=off).fingerprint() != mixed.fingerprint()
    assert mixed.augmentation.mixup == 0.2
