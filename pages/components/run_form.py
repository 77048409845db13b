"""The form that describes a run. It makes a `DistillConfig`, the same object that a file or a command makes.

Widgets keep their values in the session under ``form_...``, so that other pages can be visited and a failed start
loses nothing.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.config import PHASE_NAMES, DistillConfig, Phase
from distill_core.errors import ConfigError
from distill_core.insight.choices import TeacherChoice, doubts, largest
from distill_core.insight.settings import terminal_command
from distill_core.insight.words import count, percent, times_smaller
from distill_core.presets import load
from distill_core.task import ModelChoice, task_named
from pages.components.catalogue import students, teachers
from pages.components.jobs import submit
from pages.components.status import teacher_name

NO_TEACHER = "none"
KEEP, LABELS, CLASSES = "Keep the teacher", "Labels alone", "Chosen classes"
TASK = "vision"


def run_form() -> None:
    """The form and its start button."""
    if "form_student" not in st.session_state:
        fill_form(load("quickstart"))
    st.fragment(_form)()


def fill_form(config: DistillConfig) -> None:
    """Sets every widget to a configuration; for callbacks, or before the form is drawn."""
    warm_up, distil, fine_tune = _usual_phases(config)
    budget = config.label_budget
    last = CLASSES if fine_tune.pool == "classes" else LABELS if fine_tune.terms == {"ce": 1.0} else KEEP
    values: dict[str, Any] = {
        "base": config,
        "dataset": config.dataset,
        "data_folder": config.data_folder or "",
        "image_size": config.image_size,
        "teacher": config.teacher or NO_TEACHER,
        "student": config.student,
        "temperature": float(config.objective.temperature),
        "alpha": float(config.objective.alpha),
        "phases": (round(100 * warm_up.share), round(100 * (warm_up.share + distil.share))),
        "fine_tune": last,
        "classes": list(fine_tune.classes),
        "budgeted": "Only some" if budget else "All",
        "budget": budget or 400,
        "epochs": config.training.epochs,
        "batch_size": config.training.batch_size,
        "seed": config.seed,
        "baseline": config.baseline,
        "easiest": round(100 * warm_up.easiest),
        "optimiser": config.optimiser.optimiser,
        "learning_rate": float(config.optimiser.learning_rate),
        "weight_decay": float(config.optimiser.weight_decay),
        "lr_schedule": config.optimiser.lr_schedule,
        "crop_padding": config.augmentation.crop_padding,
        "flip": config.augmentation.flip,
        "draws": config.augmentation.draws,
        "precision": config.hardware.precision,
        "threads": config.hardware.threads or 0,
    }
    for name, value in values.items():
        st.session_state[f"form_{name}"] = value


def _usual_phases(config: DistillConfig) -> tuple[Phase, Phase, Phase]:
    """The three phases the form knows; others give way to the usual ones."""
    if tuple(phase.name for phase in config.phases) == PHASE_NAMES:
        return config.phases  # type: ignore[return-value]
    return DistillConfig().phases  # type: ignore[return-value]


def _form() -> None:
    who = st.container()
    left, right = st.columns(2, gap="large")
    with who:
        teacher, student = _models()
    with left:
        st.markdown("#### What it learns from")
        _labels(teacher)
        _objective(teacher)
    with right:
        st.markdown("#### How it learns")
        _phases(teacher)
        _training(teacher)
    _advanced()
    config = _config()
    if config is None:
        return
    for doubt in _doubts(config, teacher, student):
        st.warning(doubt, icon=":material/info:")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button("Start", type="primary", icon=":material/play_arrow:", key="start"):
            submit(config)
        st.caption(_what_happens(config))
    st.caption("The same run from a terminal:")
    st.code(terminal_command(config, load("quickstart"), "quickstart"), language="bash", wrap_lines=True)


def _models() -> tuple[TeacherChoice | None, ModelChoice | None]:
    datasets = task_named(TASK).datasets()
    data, teach, learn = st.columns(3, gap="medium")
    with data:
        st.selectbox(
            "Data set", list(datasets), key="form_dataset", persist_state="session", on_change=_choose_a_teacher
        )
        dataset = st.session_state.form_dataset
        st.caption(datasets.get(dataset, ""))
        if dataset == "folder":
            st.text_input("Folder with one sub-folder a class", key="form_data_folder", persist_state="session")
            st.number_input("Image size in pixels", 8, 512, step=8, key="form_image_size", persist_state="session")
    with teach:
        teacher = _teacher(dataset)
    with learn:
        student = _student(teacher)
    return teacher, student


def _choose_a_teacher() -> None:
    """Another data set needs another teacher: the largest that fits."""
    fitting = teachers(st.session_state.form_dataset)
    st.session_state.form_teacher = fitting[0].reference if fitting else NO_TEACHER


def _teacher(dataset: str) -> TeacherChoice | None:
    choices = {choice.reference: choice for choice in teachers(dataset)}
    options = [*choices, NO_TEACHER]
    if st.session_state.get("form_teacher") not in options:
        st.session_state.form_teacher = options[0]
    st.selectbox(
        ":violet[●] Teacher",
        options,
        format_func=lambda reference: "no teacher: labels only" if reference == NO_TEACHER else teacher_name(reference),
        key="form_teacher",
        persist_state="session",
    )
    chosen = choices.get(st.session_state.form_teacher)
    if chosen is not None:
        st.caption(_about_teacher(chosen))
    elif choices:
        st.caption("Without a teacher the student learns from labels; it can become a teacher itself.")
    else:
        st.caption(f"There is no teacher for {dataset} yet. Train one: the largest model, on all labels.")
        if st.button("Train a teacher", icon=":material/school:", key="train-teacher"):
            _train_teacher()
    return chosen


def _about_teacher(teacher: TeacherChoice) -> str:
    facts = [f"{count(teacher.parameters)} parameters"]
    if teacher.accuracy is not None:
        facts.append(f"{percent(teacher.accuracy)} on test")
    if teacher.labels_seen:
        facts.append(f"learnt from {teacher.labels_seen:,} labels")
    if teacher.own:
        facts.append("trained by you")
    return ", ".join(facts) + "."


def _train_teacher() -> None:
    settings = {
        "teacher": None,
        "student": largest(task_named(TASK)).name,
        "label_budget": None,
        "dataset": st.session_state.form_dataset,
        "data_folder": st.session_state.form_data_folder or None,
        "image_size": st.session_state.form_image_size,
        "name": f"teacher for {st.session_state.form_dataset}"[:80],
    }
    try:
        submit(DistillConfig().changed(settings))
    except ConfigError as error:
        st.error(str(error))


def _student(teacher: TeacherChoice | None) -> ModelChoice | None:
    ladder = {choice.name: choice for choice in students()}
    if st.session_state.form_student not in ladder:
        ladder[st.session_state.form_student] = ModelChoice(st.session_state.form_student, "", 0)
    st.selectbox(
        ":green[●] Student",
        list(ladder),
        format_func=lambda name: f"{name} · {count(ladder[name].parameters)}" if ladder[name].parameters else name,
        key="form_student",
        persist_state="session",
    )
    chosen = ladder[st.session_state.form_student]
    if not chosen.parameters:
        return None
    smaller = times_smaller(chosen.parameters, teacher.parameters) if teacher else ""
    ratio = f", {smaller}" if smaller else ""
    st.caption(f"{chosen.title}: {chosen.parameters:,} parameters{ratio}.")
    return chosen


def _labels(teacher: TeacherChoice | None) -> None:
    with st.container(horizontal=True, gap="medium"):
        st.segmented_control(
            "Labels the student may see",
            ["All", "Only some"],
            required=True,
            key="form_budgeted",
            persist_state="session",
            help="The rest of the images have only the teacher's opinion.",
        )
        st.number_input(
            "How many",
            1,
            step=100,
            key="form_budget",
            persist_state="session",
            disabled=st.session_state.form_budgeted == "All",
            width=150,
        )
    seen = f" The teacher saw {teacher.labels_seen:,}." if teacher and teacher.labels_seen else ""
    st.caption(f"Chosen evenly over the classes. Validation uses labels of its own, outside this number.{seen}")


def _objective(teacher: TeacherChoice | None) -> None:
    st.slider(
        "Temperature",
        min(1.0, st.session_state.form_temperature),
        max(20.0, st.session_state.form_temperature),
        step=0.5,
        key="form_temperature",
        persist_state="session",
        disabled=teacher is None,
        help="Softens the teacher's and the student's answers before they are compared: the higher, the more the "
        "teacher's second and third choices count.",
    )
    st.slider(
        "Alpha, the weight of the teacher's term",
        0.0,
        1.0,
        step=0.05,
        key="form_alpha",
        persist_state="session",
        disabled=teacher is None,
        help="The labels' term gets the rest: 1 − alpha.",
    )


def _phases(teacher: TeacherChoice | None) -> None:
    st.slider(
        "Where warm-up ends and fine-tuning begins",
        0,
        100,
        step=5,
        format="%d%%",
        key="form_phases",
        persist_state="session",
        help="Warm-up uses the images the teacher finds easiest; distil uses all; fine-tune takes smaller steps.",
    )
    first, second = st.session_state.form_phases
    st.caption(f"Warm-up {first}% · distil {second - first}% · fine-tune {100 - second}% of the training")
    st.segmented_control(
        "Fine-tune with",
        [KEEP, LABELS, *([CLASSES] if teacher else [])],
        required=True,
        key="form_fine_tune",
        persist_state="session",
        disabled=teacher is None or second == 100,
        help="What the last phase learns from.",
    )
    if st.session_state.form_fine_tune == CLASSES and teacher is not None:
        st.multiselect(
            "Classes to fine-tune on",
            list(range(len(teacher.classes))),
            format_func=lambda index: teacher.classes[index],
            key="form_classes",
            persist_state="session",
        )


def _training(teacher: TeacherChoice | None) -> None:
    one, two, three = st.columns(3, gap="small")
    one.number_input("Epochs", 1, 10_000, key="form_epochs", persist_state="session")
    two.number_input("Batch size", 2, 65_536, step=16, key="form_batch_size", persist_state="session")
    three.number_input("Seed", 0, 2**31 - 1, key="form_seed", persist_state="session")
    st.toggle(
        ":orange[●] Train the baseline too",
        key="form_baseline",
        persist_state="session",
        disabled=teacher is None,
        help="The same student from the same start on labels alone, trained once and kept for later runs. Without it "
        "nobody can say what the teacher added.",
    )


def _advanced() -> None:
    with st.expander("Advanced", icon=":material/tune:"):
        optimiser, augmentation, machine = st.columns(3, gap="large")
        with optimiser:
            st.selectbox("Optimiser", ["sgd", "adamw"], key="form_optimiser", persist_state="session")
            st.number_input(
                "Learning rate",
                0.0001,
                10.0,
                step=0.01,
                format="%.4f",
                key="form_learning_rate",
                persist_state="session",
            )
            st.number_input(
                "Weight decay", 0.0, 1.0, step=0.0001, format="%.4f", key="form_weight_decay", persist_state="session"
            )
            st.selectbox(
                "Learning-rate schedule", ["cosine", "constant"], key="form_lr_schedule", persist_state="session"
            )
        with augmentation:
            st.number_input("Random crop, pixels of padding", 0, 16, key="form_crop_padding", persist_state="session")
            st.toggle("Mirror half of the images", key="form_flip", persist_state="session")
            st.number_input(
                "Versions of an image",
                1,
                1000,
                key="form_draws",
                persist_state="session",
                help="Augmented versions that the teacher answers. Fewer train faster, more say more.",
            )
            st.slider(
                "Easiest images in warm-up", 5, 100, step=5, format="%d%%", key="form_easiest", persist_state="session"
            )
        with machine:
            st.selectbox(
                "Precision", ["32-true", "bf16-mixed", "16-mixed"], key="form_precision", persist_state="session"
            )
            st.number_input(
                "CPU threads", 0, 1024, key="form_threads", persist_state="session", help="0 takes torch's choice."
            )


def _config() -> DistillConfig | None:
    """What the widgets say, or None after showing what is wrong with it."""
    form = {name.removeprefix("form_"): st.session_state[name] for name in st.session_state if name.startswith("form_")}
    taught = form["teacher"] != NO_TEACHER
    base: DistillConfig = form["base"]
    try:
        return base.changed(
            {
                "dataset": form["dataset"],
                "data_folder": (form.get("data_folder") or None) if form["dataset"] == "folder" else None,
                "image_size": form.get("image_size", base.image_size),
                "teacher": form["teacher"] if taught else None,
                "student": form["student"],
                "temperature": form["temperature"],
                "alpha": form["alpha"],
                "phases": _phase_settings(form, taught),
                "label_budget": form["budget"] if form["budgeted"] == "Only some" else None,
                "epochs": form["epochs"],
                "batch_size": form["batch_size"],
                "seed": form["seed"],
                "baseline": form["baseline"],
                "optimiser": form["optimiser"],
                "learning_rate": form["learning_rate"],
                "weight_decay": form["weight_decay"],
                "lr_schedule": form["lr_schedule"],
                "crop_padding": form["crop_padding"],
                "flip": form["flip"],
                "draws": form["draws"],
                "precision": form["precision"],
                "threads": form["threads"] or None,
            }
        )
    except ConfigError as error:
        st.error(str(error), icon=":material/error:")
        return None


def _phase_settings(form: dict[str, Any], taught: bool) -> list[dict[str, Any]]:
    warm_up, distil, fine_tune = (phase.model_dump(mode="json") for phase in _usual_phases(form["base"]))
    first, second = form["phases"]
    warm_up |= {"share": first / 100, "easiest": form["easiest"] / 100, "pool": "easiest" if taught else "all"}
    distil |= {"share": (second - first) / 100}
    fine_tune |= {"share": 1 - second / 100, "pool": "all", "classes": [], "terms": None}
    if taught and form["fine_tune"] == LABELS:
        fine_tune |= {"pool": "labelled", "terms": {"ce": 1.0}}
    elif taught and form["fine_tune"] == CLASSES:
        fine_tune |= {"pool": "classes", "classes": form.get("classes", [])}
    for phase in (warm_up, distil, fine_tune):
        phase["share"] = round(phase["share"], 4)
    return [warm_up, distil, fine_tune]


def _doubts(config: DistillConfig, teacher: TeacherChoice | None, student: ModelChoice | None) -> list[str]:
    return doubts(
        student_parameters=student.parameters if student else None,
        teacher_parameters=teacher.parameters if teacher else None,
        alpha=config.objective.alpha,
        label_budget=config.label_budget,
        ends_on_labels_alone=config.phases[-1].share > 0 and config.phases[-1].pool == "labelled",
    )


def _what_happens(config: DistillConfig) -> str:
    if config.teacher is None:
        return "The student learns from labels; afterwards it can teach."
    if config.baseline:
        return (
            "First the baseline, unless it is known from an earlier run, then the student. Other runs wait their turn."
        )
    return "The student learns from the teacher; nothing tells what labels alone would have given."
