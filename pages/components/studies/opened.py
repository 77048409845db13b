"""One study: what it says, its charts, its table, and for the user's own its runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from distill_core.insight.measures import Measure
from distill_core.studies import keeping
from distill_core.studies.keeping import Recorded
from distill_core.studies.outcome import RunRow, VariantRow, variant_rows
from distill_core.studies.plan import Job, StudyPlan
from distill_core.studies.reading import headline, how_to_read, results_frame
from pages.components.as_text import as_text
from pages.components.jobs import manager
from pages.components.settle import settle
from pages.components.studies.charts import charts
from pages.components.studies.listing import count_of
from pages.components.studies.measure import chosen_measure
from pages.components.studies.progress import buttons, every_run, progress
from pages.components.studies.shelf import PAGE, Study, standing_of
from pages.components.studies.table import table
from pages.components.trouble import fragment

TICK = 2.0


def opened(study: Study) -> None:
    """Shows a study; while runs of the user's own are live, the page renews itself."""
    st.page_link(PAGE, label="All studies", icon=":material/arrow_back:", width="content")
    if study.recorded is not None:
        _recorded(study, study.recorded)
    else:
        jobs = tuple(study.plan.jobs())
        live = standing_of(jobs).live
        fragment(_own, run_every=TICK if live else None)(study, jobs, live)
    _again(study)


def _recorded(study: Study, recorded: Recorded) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header(study.title, anchor=False, width="content")
        st.badge("recorded", icon=":material/inventory_2:", color="gray")
        st.space("stretch")
        _repeat(study)
    made_by(study, recorded)
    _results(study.plan, recorded.rows)


def made_by(study: Study, recorded: Recorded) -> None:
    """What a recorded study was made with: versions, machine, day and command."""
    versions = ", ".join(f"{name} {number}" for name, number in recorded.versions.items())
    st.caption(
        f"{len(recorded.rows)} of {_runs(study.plan)} runs finished · {_seeds(study.plan)} · {versions} · "
        f"{recorded.machine}, {recorded.threads} · {recorded.date}  \nMade by {as_text(recorded.command)}"
    )


def _repeat(study: Study) -> None:
    """Makes a recorded study the user's own, to run on this machine."""
    if "shown" in study.address:
        st.page_link(
            PAGE, label="Your own runs of it", query_params={"study": study.plan.name}, icon=":material/person:"
        )
    elif st.button(
        "Repeat it here",
        icon=":material/replay:",
        key="repeat",
        help="Puts the same plan among your own studies, where its runs can be started.",
    ):
        keeping.keep(manager().store.home, study.plan)
        st.switch_page(PAGE, query_params={"study": study.plan.name})


def _own(study: Study, jobs: Sequence[Job], was_live: bool) -> None:
    settle()
    now = standing_of(jobs)
    if now.live != was_live:
        st.rerun()
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header(study.title, anchor=False, width="content")
        st.space("stretch")
        buttons(study.plan, jobs, now)
    variants = count_of(len(study.plan.variants), "variant")
    st.caption(f"{now.counts['finished']} of {len(jobs)} runs finished · {variants} · {_seeds(study.plan)}")
    progress(now)
    _results(study.plan, now.rows)
    every_run(now)


def _results(plan: StudyPlan, rows: Sequence[RunRow]) -> None:
    if not rows:
        st.caption("Charts and table appear with the first finished run.")
        return
    measure = chosen_measure(rows)
    rows = [row.by(measure.name) for row in rows]
    found = variant_rows(rows, [variant.name for variant in plan.variants])
    findings(plan, rows, found, measure)
    table(plan, found, measure)
    _file(plan, found)


def findings(plan: StudyPlan, rows: Sequence[RunRow], found: Sequence[VariantRow], measure: Measure) -> None:
    """What a study says by this measure, in a sentence and in charts."""
    st.markdown(f"##### {headline(plan, found)}")
    charts(plan, rows, found, measure)
    st.caption(how_to_read(plan, found))


def _file(plan: StudyPlan, found: Sequence[VariantRow]) -> None:
    st.download_button(
        "Download table (CSV)",
        lambda: results_frame(found).to_csv(index=False),
        file_name=f"{plan.name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="study-table",
    )


def _again(study: Study) -> None:
    """The plan as a file, and the command that runs it."""
    file = f"{study.plan.name}.json"
    st.markdown("#### The same study from a terminal")
    st.caption("Download the plan, then run it beside the file. What is finished already is not run again.")
    st.code(f"python -m distill_core study {file}", language="bash", wrap_lines=True)
    st.download_button(
        f"Download {file}",
        study.plan.to_json(),
        file_name=file,
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key="study-plan",
    )


def _seeds(plan: StudyPlan) -> str:
    return f"seed{'' if len(plan.seeds) == 1 else 's'} {', '.join(map(str, plan.seeds))}"


def _runs(plan: StudyPlan) -> int:
    return len(plan.variants) * len(plan.seeds)
