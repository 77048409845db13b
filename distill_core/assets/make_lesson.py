"""Records what the Learn page shows: `python -m distill_core.assets.make_lesson`.

It trains the quickstart with its baseline, and once more with attention transfer, on one thread, and keeps what the
steps of the page need: answers, class means, one batch, attention maps, layer maps and accuracies. It takes about five
minutes. Numbers are the engine's: the same on the same machine with the same versions, not on every machine.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from distill_core import presets
from distill_core.assets.provenance import made_with
from distill_core.assets.watched_training import Watched, attention_of, teacher_answers, watch
from distill_core.config import DistillConfig
from distill_core.insight.layer_map import layer_map, layer_names
from distill_core.insight.lesson import ARRAYS, COMMAND, FACTS, FOLDER, KNOWLEDGE_STOPS
from distill_core.insight.lesson_answers import class_means
from distill_core.insight.names import teacher_name
from distill_core.softening import entropy_bits, softened

PRESET, THREADS = "quickstart", 1
HESITATING, SHOWN_OF_EACH, MOST_OF_A_CLASS = 6, 12, 2
Array = npt.NDArray[Any]


def config() -> DistillConfig:
    """Of the distilled student; the others differ in what they learn from alone."""
    return presets.load(PRESET).changed({"threads": THREADS})


def main() -> None:
    """Trains, and writes arrays and facts."""
    plain = config()
    with_attention = plain.changed({"terms": ["at"]})
    students = {
        "student": watch(plain),
        "baseline": watch(plain.baseline_config()),
        "attentive": watch(with_attention),
    }
    arrays, likeness = recorded_arrays(students)
    FOLDER.mkdir(exist_ok=True)
    np.savez_compressed(ARRAYS, **{name: arrays[name] for name in sorted(arrays)})  # type: ignore[arg-type]
    facts = recorded_facts(students, with_attention) | {"attention_likeness": likeness}
    FACTS.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {ARRAYS} ({ARRAYS.stat().st_size:,} bytes) and {FACTS}")


def recorded_arrays(students: dict[str, Watched]) -> tuple[dict[str, Array], list[dict[str, float]]]:
    """The arrays as `insight.lesson.Lesson` describes them, and how alike attention is, pair by pair."""
    student = students["student"]
    data = student.trainer.shop.data
    truth = data.test.labels.numpy()
    on_test, on_batch = (each.numpy() for each in teacher_answers(student))
    answers = {"teacher": on_test} | {who: _final_answers(each) for who, each in students.items()}
    picked = images_to_pick(on_test, truth)
    learnt = surest_of(answers["student"], answers["baseline"], truth)
    broken = surest_of(answers["baseline"], answers["student"], truth)
    places = np.concatenate([picked, learnt, broken])
    maps, likeness = _attention(students, picked)
    return {
        "places": places.astype(np.uint16),
        "images": data.test.inputs.numpy()[places].reshape(len(places), *data.facts.input_shape[1:]),
        "labels": truth[places].astype(np.uint8),
        "learnt": np.arange(len(picked), len(picked) + len(learnt), dtype=np.uint8),
        "broken": np.arange(len(picked) + len(learnt), len(places), dtype=np.uint8),
        "truth": truth.astype(np.uint8),
        **{f"said_{who}": each.argmax(axis=1).astype(np.uint8) for who, each in answers.items()},
        **{f"answers_{who}": each[places] for who, each in answers.items()},
        "means_teacher": _means(on_test, truth),
        "means_student": np.stack([_means(each, truth) for each in student.test_answers.numpy()]),
        "batch_labels": data.train.labels.numpy()[student.batch.numpy()].astype(np.uint8),
        "batch_labelled": student.trainer.shop.visible.numpy()[student.batch.numpy()],
        "batch_teacher": on_batch,
        "batch_student": student.batch_answers.numpy(),
        **maps,
    }, likeness


def _final_answers(watched: Watched) -> Array:
    """Logits `[N, C]` on the test images, of the weights that validation chose."""
    answers: Array = watched.test_answers[watched.result.student.best_epoch].numpy()  # type: ignore[union-attr]
    return answers


def _means(logits: Array, truth: Array) -> Array:
    """Class means `[S, C, C]` at each of the recorded temperatures."""
    return np.stack([class_means(softened(logits, stop), truth, logits.shape[1]) for stop in KNOWLEDGE_STOPS]).astype(
        np.float32
    )


def images_to_pick(teacher: Array, truth: Array) -> Array:
    """Places of images that the teacher gets right: where it hesitates most, then the middling one of each class.

    Args:
        teacher: logits `[N, C]`.
        truth: classes `[N]`.
    """
    hesitation = entropy_bits(softened(teacher, 1.0))
    right = teacher.argmax(axis=1) == truth
    hesitant: list[int] = []
    for place in np.argsort(-hesitation, kind="stable"):
        if right[place] and truth[place] not in truth[hesitant]:
            hesitant.append(int(place))
        if len(hesitant) == HESITATING:
            break
    typical = []
    for number in range(teacher.shape[1]):
        own = np.flatnonzero(right & (truth == number))
        typical.append(int(own[np.argsort(hesitation[own], kind="stable")[len(own) // 2]]))
    return np.array([*hesitant, *typical])


def surest_of(right: Array, wrong: Array, truth: Array) -> Array:
    """Places of images that one model gets right and the other does not, the surest first, few of a class.

    Args:
        right: logits `[N, C]` of the model that is right.
        wrong: of the other.
        truth: classes `[N]`.
    """
    alone = (right.argmax(axis=1) == truth) & (wrong.argmax(axis=1) != truth)
    sureness = softened(right, 1.0).max(axis=1)
    chosen: list[int] = []
    for place in np.argsort(-sureness, kind="stable"):
        if alone[place] and np.sum(truth[chosen] == truth[place]) < MOST_OF_A_CLASS:
            chosen.append(int(place))
        if len(chosen) == SHOWN_OF_EACH:
            break
    return np.array(chosen, dtype=int)


def _attention(students: dict[str, Watched], places: Array) -> tuple[dict[str, Array], list[dict[str, float]]]:
    """Maps of the images at these places by model and pair; and each student's mean cosine with the teacher's maps."""
    pairs = next(term.pairs for term in students["attentive"].started.terms if term.name == "at")
    shop = students["student"].trainer.shop
    assert shop.teacher is not None
    count = len(shop.data.test)
    theirs = attention_of(shop.teacher.model, shop.teacher.test, [pair[1] for pair in pairs], count)
    ours = {
        who: attention_of(each.trainer.shop.model, each.trainer.shop.test, [pair[0] for pair in pairs], count)
        for who, each in students.items()
    }
    maps: dict[str, Array] = {}
    likeness: list[dict[str, float]] = []
    for number, (student_layer, teacher_layer, _reason) in enumerate(pairs):
        found = {"teacher": theirs[teacher_layer]} | {who: each[student_layer] for who, each in ours.items()}
        for who, each in found.items():
            chosen = each.numpy()[places]
            tops = chosen.reshape(len(chosen), -1).max(axis=1)[:, None, None]
            maps[f"attention_{who}_{number}"] = np.round(255 * chosen / np.where(tops > 0, tops, 1)).astype(np.uint8)
        likeness.append(
            {
                who: float((found["teacher"] * each).flatten(1).sum(dim=1).mean())
                for who, each in found.items()
                if who != "teacher"
            }
        )
    return maps, likeness


def recorded_facts(students: dict[str, Watched], with_attention: DistillConfig) -> dict[str, Any]:
    """What is no array: how it was made, the models, the course of the training and the layer maps."""
    student, plain = students["student"], config()
    started, teacher = student.started, student.result.teacher
    assert started.teacher is not None
    assert teacher is not None
    scores = {who: each.result.student for who, each in students.items()}
    return {
        "command": COMMAND,
        "preset": PRESET,
        "seed": plain.seed,
        "threads": THREADS,
        **made_with(("torch", "torchvision", "numpy")),
        "dataset": plain.dataset,
        "classes": list(started.classes),
        "labels": started.labels,
        "images": started.images,
        "temperature": plain.objective.temperature,
        "alpha": plain.objective.alpha,
        "epochs": plain.training.epochs,
        "steps_per_epoch": started.steps_per_epoch,
        "to_pick": HESITATING + len(started.classes),
        "models": {
            "teacher": {
                "name": teacher_name(plain.teacher),
                "parameters": started.teacher.parameters,
                "accuracy": teacher.accuracy,
                "validation": student.teacher_validation,
            },
            **{
                who: {
                    "name": plain.student,
                    "parameters": started.student.parameters,
                    "accuracy": score.accuracy,
                    "best_epoch": score.best_epoch,
                    "validation": students[who].validation,
                }
                for who, score in scores.items()
                if score is not None
            },
        },
        "phases": [
            {
                "name": span.name,
                "start": span.start,
                "stop": span.stop,
                "pool": span.pool,
                "images": student.pools[span.name],
            }
            for span in started.phases
        ],
        "layers": {side: getattr(layer_names(with_attention), side) for side in ("student", "teacher")},
        "layer_maps": {loss: _layer_map(plain.changed({"terms": [loss]}), loss) for loss in ("at", "hint")},
    }


def _layer_map(settings: DistillConfig, loss: str) -> dict[str, Any]:
    found = layer_map(settings, loss)
    return {"parameters": found.parameters, "pairs": [vars(pair) for pair in found.pairs]}


if __name__ == "__main__":
    main()
