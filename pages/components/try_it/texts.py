"""The page for models of texts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from distill_core.cards import ModelCard
from distill_core.config import DistillConfig
from distill_core.edge.jobs import ShouldStop
from distill_core.errors import DistillError
from distill_core.insight.words import count
from distill_core.language.questions import Question, is_judged, is_right, questions_of, right_answer, unreadable
from distill_core.runs.artefact import LARGE
from distill_core.runs.records import RunRecord
from distill_core.runs.trio import Source
from pages.components.as_text import as_text
from pages.components.aside import Aside
from pages.components.try_it.files import Standing, ready
from pages.components.try_it.walk import Everything, asked_beside, can_walk, stoppable, wait_for_all, walk
from pages.components.try_it.writing import Asked, Stamps, stamps_of, writer
from pages.components.try_it.written import Scene, write_side_by_side

WRITE, WALK = "A prompt", "Disagreements"
LONGEST_SKILL = 24
LENGTHS = (16, 32, 64, 128)
MOST_CHARACTERS = 400
OF_EACH_KIND = 100


def texts(record: RunRecord, models: dict[str, Standing], card: ModelCard) -> None:
    """A prompt in, on the left; what the models write on the right."""
    try:
        questions = _questions(record.config.dataset, record.config.data_folder, record.config)
    except DistillError as error:
        st.caption(f"There are no prompts of the test set here. {error}")
        questions = []
    judged = is_judged(record.config)
    ways = [WRITE, *([WALK] if judged and can_walk(models) else [])]
    way = WRITE
    if len(ways) > 1:
        if st.session_state.get("try_text_way") not in ways:
            st.session_state.try_text_way = WRITE
        way = str(st.segmented_control("What to ask", ways, required=True, key="try_text_way", persist_state="session"))
    left, right = st.columns([1, 3], gap="large")
    with left:
        if way == WRITE:
            prompt = _prompt(record, questions)
        else:
            prompt = None if wait_for_all(models) else _disagreement(record, ready(models), questions)
        most = LONGEST_SKILL if judged else _length()
    if prompt:
        with right:
            _answered(prompt, most, record, models, card, questions)


@st.cache_resource(show_spinner=False, max_entries=4)
def _questions(dataset: str, data_folder: str | None, _config: DistillConfig) -> list[Question]:  # noqa: ARG001
    return questions_of(_config)


def _prompt(record: RunRecord, questions: Sequence[Question]) -> str | None:
    key = f"try_prompt_{record.config.dataset}"
    if key not in st.session_state:
        st.session_state[key] = questions[0].prompt if questions else ""
    prompt: str = st.text_input("Prompt", key=key, max_chars=MOST_CHARACTERS, persist_state="session")
    kinds = list(dict.fromkeys(question.kind for question in questions))
    if kinds:
        st.caption("Or one of the test set:")
        with st.container(horizontal=True, gap="small"):
            for kind in kinds:
                some = [question.prompt for question in questions if question.kind == kind]
                st.button(kind, key=f"try-example-{kind}", on_click=_another, args=(key, some))
    return prompt


def _another(key: str, prompts: Sequence[str]) -> None:
    others = [prompt for prompt in prompts if prompt != st.session_state[key]]
    st.session_state[key] = random.choice(others or list(prompts))


def _length() -> int:
    most: int = st.select_slider(
        "At most, in tokens", LENGTHS, value=32, key="try_most", persist_state="session", help="Fewer if it ends."
    )
    return most


def _answered(
    prompt: str,
    most: int,
    record: RunRecord,
    models: dict[str, Standing],
    card: ModelCard,
    questions: Sequence[Question],
) -> None:
    from distill_core.language.pieces import asked
    from distill_core.language.readers import reader_of
    from distill_core.language.tokens import CHARACTERS

    try:
        reader = reader_of(card.vocabulary)
    except DistillError as error:
        st.error(f"The prompt cannot be read. {error}", icon=":material/error:")
        return
    if card.vocabulary is None and (strange := unreadable(prompt, CHARACTERS)):
        st.caption(
            f"The models know no {as_text(' '.join(strange))}: they read printable ASCII, and these as one mark."
        )
    tokens = tuple(asked(reader, prompt, record.config.dataset))
    put = Asked(prompt, tokens, most, reader.eos, reader.unwritten)
    large = max([model.parameters or 0 for model in ready(models).values()], default=0)
    if large > LARGE and st.session_state.get("try_written_prompt") != (prompt, most):
        st.caption(
            f"The largest of these models has {count(large)} parameters and reads the text so far for every token: "
            "some seconds a model, or minutes."
        )
        st.button("Write", type="primary", icon=":material/edit:", on_click=_write, args=((prompt, most),))
        return
    judged = is_judged(record.config)
    known = right_answer(prompt) if judged else next((q.answer for q in questions if q.prompt == prompt), None)
    write_side_by_side(Scene(put, models, reader, is_right if judged else None, known))


def _write(what: tuple[str, int]) -> None:
    st.session_state.try_written_prompt = what


def _disagreement(record: RunRecord, models: Mapping[str, Source], questions: Sequence[Question]) -> str | None:
    some = _some(questions)
    stamps = stamps_of(models)
    everything = asked_beside(_everything, (stamps, record.config.dataset, some), f"{len(some)} test prompts")
    if everything is None:
        return None
    place = walk(everything, "test prompts", f"{record.config.dataset}-{stamps[0][1][0]}")
    if place is None:
        return None
    st.markdown(f"{some[place].kind}: **{as_text(some[place].prompt)}**")
    return some[place].prompt


def _some(questions: Sequence[Question]) -> list[Question]:
    """The first of each kind."""
    kinds = dict.fromkeys(question.kind for question in questions)
    return [each for kind in kinds for each in [q for q in questions if q.kind == kind][:OF_EACH_KIND]]


@st.cache_resource(show_spinner=False, max_entries=4)
def _everything(stamps: Stamps, dataset: str, _some: list[Question]) -> Aside:  # noqa: ARG001
    from distill_core.language.tokens import CHARACTER_READER as READER

    prompts = [READER.prompt(question.prompt) for question in _some]

    def work(should_stop: ShouldStop) -> Everything:
        files = {role: writer(stamped) for role, stamped in stamps}
        between = stoppable(should_stop)
        found = {
            role: file.answers(prompts, LONGEST_SKILL, READER.eos, READER.unwritten, between)
            for role, file in files.items()
        }
        said = {role: [READER.decode(answer.tokens) for answer in answers] for role, answers in found.items()}
        numbers = {text: number for number, text in enumerate({text for texts in said.values() for text in texts})}
        return Everything(
            answers={role: np.array([numbers[text] for text in texts]) for role, texts in said.items()},
            right={
                role: np.array([bool(is_right(q.prompt, text)) for q, text in zip(_some, texts, strict=True)])
                for role, texts in said.items()
            },
            surest=np.array([answer.probability for answer in found["student"]]),
        )

    return Aside(work)
