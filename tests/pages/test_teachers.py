"""The Teachers page: the list, one opened, its report, an upload and a removal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_up_runs import embed_teacher, summary_of
from safetensors.torch import save

from distill_core import errors
from distill_core.cards import ModelCard, read_card, write_model
from distill_core.edge import worker
from distill_core.insight.teachers import lesson
from distill_core.presets import load
from distill_core.runs.store import Store
from distill_core.vision import models
from pages.components import beside, catalogue
from pages.components.teachers import upload as upload_part
from pages.components.teachers.shelf import teachers

PAGE = "pages/teachers.py"


def said(page: Any) -> str:
    return "\n".join(each.value for each in (*page.markdown, *page.caption))


def own_teacher(home: Path, name: str = "mine", **provenance: Any) -> Path:
    card = ModelCard(
        task="vision", architecture="resnet8-w2", classes=tuple("0123456789"), input_shape=(1, 8, 8), mean=(0.3,),
        std=(0.3,), dataset="digits", parameters=1384, accuracy=0.5, accuracy_on="360 validation images of digits",
        provenance=provenance,
    )  # fmt: skip
    write_model(home / "teachers" / name, card, models.build("resnet8-w2", 1, 10, 0, (8, 8)).state_dict())
    return home / "teachers" / name


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are done in this process, at once."""

    def run_here(request: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        answer = worker.answer(request)
        if "error" in answer:
            raise getattr(errors, answer["kind"])(answer["error"])
        return answer

    monkeypatch.setattr("distill_core.edge.jobs.run_job", run_here)


def finished(page: Any, key: str) -> Any:
    """The page once the work of a key is over."""
    next(work for name, work in beside._shelf().items() if name.startswith(key)).aside.wait(60)
    return page.run()


def test_the_teachers_inside_are_there_by_task_with_how_they_were_made(app: Any) -> None:
    page = app(PAGE)
    text = said(page)
    assert (
        text.index("#### Of images")
        < text.index("vgg8-fashion")
        < text.index("#### Of texts")
        < text.index("gpt-skills")
    )
    assert "**93.4%** right on 10,000 test images of fashion-mnist-rest" in text
    assert "VGG-8, width 48 · 647k parameters · 2.59 MB · fashion-mnist-rest · 48,000 labels seen" in text
    assert "`python -m distill_core run --preset teacher-vgg8` · seed 0" in text
    assert "fetch OWNER/NAME" in text


def test_a_finished_run_without_a_teacher_is_one_and_one_with_a_teacher_is_not(app: Any, own_home: Path) -> None:
    store = Store(own_home)
    for preset in ("teacher", "quickstart"):
        run_id = store.create(load(preset), name=f"run of {preset}")
        store.claim(run_id)
        summary = summary_of(run_id, store, 0.9, None, 0.1)
        embed_teacher(store.get(run_id).folder / "best")
        store.finish(run_id, summary, data_sha256="0" * 64, torch_version="2")
    text = said(app(PAGE))
    assert "run of teacher" in text
    assert "run of quickstart" not in text


def test_an_address_that_names_no_teacher_says_so(app: Any) -> None:
    page = app(PAGE, teacher="../../etc")
    assert page.title[0].value == "No such teacher"


def test_presets_for_training_are_shown_with_the_time_that_was_recorded(app: Any) -> None:
    text = said(app(PAGE, new="train"))
    assert "10 epochs. It took 35 min 8 s on 2 threads when it was recorded." in text
    assert "8 epochs. It took 10 min 29 s on 2 threads when it was recorded." in text


@pytest.mark.slow
def test_a_report_is_asked_for_made_beside_the_page_shown_and_kept(app: Any, own_home: Path, here: None) -> None:
    own_teacher(own_home)
    page = app(PAGE, teacher="mine")
    assert "Make the report" in [button.label for button in page.button]
    page.button(key="make-report").click().run()
    page = finished(page, "report")
    assert not page.exception
    labels = {metric.label: metric for metric in page.metric}
    assert labels.keys() >= {"Right", "Calibration error", "Entropy at T 1", "Entropy at T 4"}
    assert labels["Right"].delta == "of 359 images"
    assert labels["Entropy at T 4"].delta == "of at most 3.32"
    assert "worst first" in said(page)
    assert "Guo et al. 2017" in said(page)
    assert app(PAGE, teacher="mine").metric[0].label == "Right", "it is kept, and there at once"


def test_a_report_that_cannot_be_made_says_why(app: Any, own_home: Path, here: None) -> None:
    folder = own_teacher(own_home)
    (folder / "weights.safetensors").write_bytes(b"other")
    page = app(PAGE, teacher="mine")
    page.button(key="make-report").click().run()
    page = finished(page, "report")
    assert "is not the file its card describes" in page.error[0].value


def test_of_a_teacher_of_texts_no_report_is_shown_but_what_a_run_found_of_it(app: Any, own_home: Path) -> None:
    page = app(PAGE, teacher="gpt-skills")
    assert "delete-teacher-for-good" not in [button.key for button in page.button], "what is inside stays"
    assert not page.metric
    assert "Report" not in said(page)
    assert "What it can do" not in said(page)
    store = Store(own_home)
    run_id = store.create(load("language-quick"), name="lesson")
    store.claim(run_id)
    summary = summary_of(run_id, store, 0.85, "none", 0.1)
    summary["teacher"]["metrics"] = {"reasoning": 1.0, "instructions": 0.96}
    store.finish(run_id, summary, data_sha256="0" * 64, torch_version="2")
    page = app(PAGE, teacher="gpt-skills")
    assert page.table[0].value.to_numpy().tolist()[0] == [":gray[Reasoning]", "**100.0%**"]
    assert "when it taught in the run lesson" in said(page)


def test_ones_own_teacher_is_used_under_the_reference_that_the_form_knows(own_home: Path) -> None:
    own_teacher(own_home)
    (mine,) = [teacher for teacher in teachers() if teacher.key == "mine"]
    assert mine.reference in [choice.reference for choice in catalogue.teachers("digits")]
    assert lesson(mine) == ("quickstart", (f"teacher={mine.reference}", "dataset=digits"))


def test_an_uploaded_teacher_is_deleted_only_after_asking(app: Any, own_home: Path) -> None:
    folder = own_teacher(own_home, uploaded="mine.safetensors")
    page = app(PAGE, teacher="mine")
    page.button(key="delete-teacher-for-good").click().run()
    assert not folder.exists()


def filled(page: Any, payload: bytes, name: str = "mine", architecture: str = "resnet8-w2") -> Any:
    page.selectbox(key="upload_dataset").set_value("digits").run()
    page.file_uploader(key="upload_file").set_value(("model.safetensors", payload, "application/octet-stream"))
    page.selectbox(key="upload_architecture_vision").set_value(architecture)
    page.text_input(key="upload_name").set_value(name)
    page.run()
    return page.button(key="check-upload").click().run()


def test_an_upload_is_checked_scored_and_kept_as_a_teacher(app: Any, own_home: Path, here: None) -> None:
    weights = save(models.build("resnet8-w2", 1, 10, 0, (8, 8)).state_dict())
    page = finished(filled(app(PAGE, new="upload"), weights), "upload")
    assert "**The weights fit resnet8-w2**" in said(page)
    assert "360 validation images of digits" in said(page)
    assert "no better than always giving the commonest answer" in page.warning[0].value, "it never learned"
    page.button(key="keep-upload").click().run()
    assert not page.exception
    card = read_card(own_home / "teachers" / "mine")
    assert card.provenance["uploaded"] == "model.safetensors"
    assert not list((own_home / "cache" / "uploads").iterdir())
    assert "**:violet[mine]**" in said(app(PAGE))


@pytest.mark.parametrize(
    ("payload", "name", "sentence"),
    [
        (b"nonsense", "mine", "not a whole safetensors file"),
        (b"x", "Not A Name", "small letters, digits and dashes"),
        (b"x", "vgg8-fashion", "part of the workbench"),
    ],
)
def test_an_upload_that_is_refused_says_why_and_leaves_nothing(
    payload: bytes, name: str, sentence: str, app: Any, own_home: Path, here: None
) -> None:
    page = filled(app(PAGE, new="upload"), payload, name)
    if beside._shelf():
        page = finished(page, "upload")
    assert sentence in page.error[0].value
    assert not (own_home / "teachers").exists()
    uploads = own_home / "cache" / "uploads"
    assert not uploads.exists() or not list(uploads.iterdir())


def test_nothing_is_checked_before_all_is_said(app: Any) -> None:
    page = app(PAGE, new="upload")
    assert page.button(key="check-upload").disabled
    assert "Still missing: a file, its architecture, a name." in said(page)
    assert upload_part.TEXTS[0] in page.selectbox(key="upload_dataset").options
