"""Renews the made parts of `docs/language.md`: `python -m distill_core.assets.make_language_page`.

The figures come from recorded studies, one a size of student, and from `docs/recorded/language-tuning.json`, which
`study docs/studies/language-tuning.json --record` wrote. Another size is another line in `studies.skills.STUDIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

from distill_core.assets.made_parts import made_by, renewed, told
from distill_core.insight.seeds import mean_gain
from distill_core.insight.words import count, percent
from distill_core.studies.keeping import Recorded, read_recorded, recorded
from distill_core.studies.skills import (
    FORWARD,
    LARGEST,
    SKILLS,
    STUDIES,
    WHOSE,
    by_seed,
    gained,
    of_teacher,
    reached,
)
from distill_core.studies.words import share

BEYOND = ("longer_chains", "unseen_pairs")
EVERYTHING = "all labels, no teacher"
ALONE = "labels alone (baseline)"
PAGE = Path(__file__).parents[2] / "docs" / "language.md"
TUNING = PAGE.parent / "recorded" / "language-tuning.json"


def figures() -> str:
    """For each size the baseline and each method: both skills, against labels alone, and nearness to the teacher."""
    heads = [
        "student",
        "method",
        "reasoning",
        "against labels",
        "instructions",
        "against labels",
        "KL",
        "first choices",
    ]
    lines = _begun(heads, words=2)
    for study in _studies():
        for variant in (None, *_names(study)):
            cells = " | ".join(
                f"{share(reached(study, variant, skill))} | {told(gained(study, None, variant, skill))}"
                for skill in SKILLS
            )
            lines.append(f"| {_size(study)} | {variant or ALONE} | {cells} | {_nearness(study, variant)} |")
    notes = [f"- {_size(study)}: {made_by(study)}." for study in _studies()]
    return "\n".join([*lines, "", *notes]) + "\n"


def kept() -> str:
    """For each size what forward KL keeps of the teacher, skill by skill, and how much of the gap it closes."""
    lines = _begun(["student", "skill", "teacher", "distilled", "retention", "gap closed"], words=2)
    for study in _studies():
        for skill in SKILLS:
            teacher, alone = of_teacher(study, skill), by_seed(study, None, skill)
            distilled = by_seed(study, FORWARD, skill)
            retained = mean_gain([value / teacher for value in distilled.values()])
            closed = mean_gain([(distilled[seed] - alone[seed]) / (teacher - alone[seed]) for seed in alone])
            figures_of = (percent(teacher), share(mean_gain(list(distilled.values()))), share(retained), share(closed))
            lines.append(f"| {_size(study)} | {skill} | {' | '.join(figures_of)} |")
    return "\n".join(lines) + "\n"


def whose() -> str:
    """Of the largest student's gain: what the prompts bring, what the scale of the loss, what the soft targets."""
    steps = (
        *WHOSE,
        ("all three together", None, FORWARD),
        ("the same with the right answers to all prompts in hand", None, EVERYTHING),
    )
    study = recorded()[LARGEST]
    lines = _begun(["what is added", "from", "to", *SKILLS], words=3)
    for what, before, after in steps:
        gains = " | ".join(told(gained(study, before, after, skill)) for skill in SKILLS)
        lines.append(f"| {what} | {before or ALONE} | {after} | {gains} |")
    return "\n".join(lines) + "\n"


def beyond() -> str:
    """What teacher and students do with prompts of kinds that no training prompt of theirs is of."""
    lines = _begun(["model", "method", *(kind.replace("_", " ") for kind in BEYOND)], words=2)
    first = _studies()[0]
    lines.append(
        f"| `{first.plan.base.teacher}` | the teacher | {' | '.join(percent(of_teacher(first, k)) for k in BEYOND)} |"
    )
    for study in _studies():
        for variant in (None, *_names(study)):
            cells = " | ".join(share(reached(study, variant, kind)) for kind in BEYOND)
            lines.append(f"| {_size(study)} | {variant or ALONE} | {cells} |")
    return "\n".join(lines) + "\n"


def tuning() -> str:
    """A row for each method: the validation accuracy of its three tries, the best in bold."""
    study = read_recorded(TUNING)
    tries: dict[str, list[tuple[str, float]]] = {}
    for row in study.rows:
        method, _, value = row.variant.rpartition(" ")
        tries.setdefault(method.removesuffix(" T"), []).append((value, row.validation or 0.0))
    lines = _begun(["method", "validation accuracy of its tries"], words=2)
    for method, found in tries.items():
        best = max(accuracy for _, accuracy in found)
        said = [f"{value}: {percent(accuracy)}" for value, accuracy in found]
        shown = [f"**{words}**" if each[1] == best else words for words, each in zip(said, found, strict=True)]
        lines.append(f"| {method} | {' · '.join(shown)} |")
    return "\n".join([*lines, "", f"Made by {made_by(study)}."]) + "\n"


PARTS: dict[str, Callable[[], str]] = {
    "figures": figures,
    "kept": kept,
    "whose": whose,
    "beyond": beyond,
    "tuning": tuning,
}


def page(text: str) -> str:
    """The page with its made parts renewed."""
    return renewed(text, PARTS)


def _begun(heads: Sequence[str], words: int) -> list[str]:
    """The first two lines of a table, of whose columns the first `words` hold words."""
    return [f"| {' | '.join(heads)} |", f"|{'---|' * words}{'---:|' * (len(heads) - words)}"]


def _studies() -> list[Recorded]:
    found = recorded()
    return [found[name] for name in STUDIES]


def _names(study: Recorded) -> list[str]:
    return [variant.name for variant in study.plan.variants]


def _size(study: Recorded) -> str:
    return f"`{study.plan.base.student}`, {count(study.rows[0].parameters)}"


def _nearness(study: Recorded, variant: str | None) -> str:
    """Two cells: nats a token to the teacher, and the share of tokens on which both would say the same."""
    rows = [row for row in study.rows if row.variant == variant and row.kl is not None]
    if not rows:
        return "– | –"
    choices = fmean(row.token_agreement or 0.0 for row in rows)
    return f"{fmean(row.kl or 0.0 for row in rows):.3f} | {percent(choices)}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    print(f"wrote {PAGE}")
