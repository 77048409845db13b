"""Which studies there are: the user's own, and those that ship with their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from distill_core.runs.records import RunRecord
from distill_core.studies import keeping
from distill_core.studies.keeping import Recorded
from distill_core.studies.plan import Job, StudyPlan
from distill_core.studies.standing import Standing, standing
from pages.components.jobs import manager

PAGE = "pages/studies.py"


@dataclass(frozen=True)
class Study:
    """A study on screen; `recorded` is None for the user's own."""

    plan: StudyPlan
    recorded: Recorded | None
    address: dict[str, str]

    @property
    def title(self) -> str:
        """What it is called on screen."""
        return self.plan.title or self.plan.name


def studies() -> list[Study]:
    """All of them, the user's own first."""
    own, recorded = keeping.kept(manager().store.home), keeping.recorded()
    found = [Study(plan, None, {"study": name}) for name, plan in own.items()]
    for name, each in recorded.items():
        shown = {"shown": "recorded"} if name in own else {}
        found.append(Study(each.plan, each, {"study": name, **shown}))
    return found


def study_at(name: str, shown: str | None) -> Study | None:
    """The study that an address means; of two with one name the user's own, unless it says otherwise."""
    same = [study for study in studies() if study.address["study"] == name]
    preferred = [study for study in same if study.address.get("shown") == shown]
    return next(iter([*preferred, *same]), None)


def standing_of(jobs: Sequence[Job], known: Sequence[RunRecord] | None = None) -> Standing:
    """How far a study's runs are; `known` are the stored runs, if they were read already."""
    return standing(manager().store.list(role="run") if known is None else known, jobs)
