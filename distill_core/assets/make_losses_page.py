"""Renews the made parts of `docs/losses.md`: `python -m distill_core.assets.make_losses_page`.

The catalogue comes from the registry. The figures come from the recorded studies `losses` (400 labels) and
`losses-all-labels` (8,000); from `docs/recorded/losses-cost.json`, which `bench --losses --json` printed; and from
`docs/recorded/losses-tuning.json`, which `study docs/studies/losses-tuning.json --record` wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from distill_core.assets.made_parts import made_by, renewed, told
from distill_core.insight.seeds import MeanGain, mean_gain
from distill_core.insight.words import percent
from distill_core.losses.registry import LOSSES
from distill_core.studies.keeping import Recorded, read_recorded, recorded
from distill_core.studies.outcome import VariantRow, variant_rows
from distill_core.studies.words import share

STUDIES = {"400 labels": "losses", "8,000 labels": "losses-all-labels"}
DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "losses.md"
COST = DOCS / "recorded" / "losses-cost.json"
TUNING = DOCS / "recorded" / "losses-tuning.json"
_LAYERS = {
    "none": "–",
    "middle": "one in the middle",
    "stages": "the last of each stage",
    "last": "the last before the head",
    "attention": "attention of each block",
    "projections": "queries, keys and values of the last block",
}


def catalogue() -> str:
    """Every loss by family: what it copies, its layers, its published weight and its source."""
    lines = ["| family | loss | what the student copies | layers | weight | source |", "|---|---|---|---|---:|---|"]
    lines += [
        f"| {info.family} | {info.title} (`{name}`) | {info.sentence} | {_LAYERS[info.layers]} | {info.weight:g} | "
        f"{info.source} |"
        for name, info in sorted(LOSSES.items(), key=lambda each: _families().index(each[1].family))
    ]
    return "\n".join(lines) + "\n"


def figures() -> str:
    """A row for the baseline and each variant: accuracy, against soft labels, cost of a step; what made them."""
    studies = [recorded()[name] for name in STUDIES.values()]
    cost = _cost()
    heads = " | ".join(f"{labels} | against KD" for labels in STUDIES)
    lines = [f"| method | parameters | {heads} | a step |", f"|---|{'---:|' * (2 * len(studies) + 2)}"]
    alone = " | ".join(_baseline(study) for study in studies)
    lines.append(
        f"| labels alone (baseline) | {_row(studies[0], studies[0].plan.variants[0].name).parameters:,} | {alone} | – |"
    )
    for variant in studies[0].plan.variants:
        losses = [term["loss"] for term in variant.settings.get("terms", ()) if term["weight"]]
        price = cost["cost_relative_to_kd"]["+".join(losses) or "kd"][0]
        rows = [_row(study, variant.name) for study in studies]
        cells = " | ".join(_cells(row.accuracy, row.difference) for row in rows)
        lines.append(f"| {variant.name} | {rows[0].parameters:,} | {cells} | {price:.1f} |")
    return "\n".join([*lines, "", *(_made_by(labels) for labels in STUDIES), _measured_by(cost)]) + "\n"


def tuning() -> str:
    """A row for each method: the validation accuracy of its tries, the best in bold."""
    study = read_recorded(TUNING)
    tries: dict[str, list[tuple[str, float]]] = {}
    for row in study.rows:
        method, _, value = row.variant.rpartition(" ")
        method, value = ("combination", row.variant) if " x" in method else (method, value)
        tries.setdefault(method, []).append((value.replace("x", "×"), row.validation or 0.0))
    lines = ["| method | validation accuracy of its tries |", "|---|---|"]
    for method, found in tries.items():
        best = max(accuracy for _, accuracy in found)
        said = [f"{value}: {percent(accuracy)}" for value, accuracy in found]
        shown = [f"**{words}**" if each[1] == best else words for words, each in zip(said, found, strict=True)]
        lines.append(f"| {method} | {' · '.join(shown)} |")
    return "\n".join([*lines, "", f"Made by `{study.command}`, {study.threads}."]) + "\n"


PARTS: dict[str, Callable[[], str]] = {"catalogue": catalogue, "figures": figures, "tuning": tuning}


def page(text: str) -> str:
    """The page with its made parts renewed."""
    return renewed(text, PARTS)


def _families() -> list[str]:
    return list(dict.fromkeys(info.family for info in LOSSES.values()))


def _baseline(study: Recorded) -> str:
    """Accuracy of labels alone, and its difference from the study's first variant at the same seed."""
    reference = study.plan.variants[0].name
    pairs = [(row.baseline, row.accuracy) for row in study.rows if row.variant == reference and row.baseline]
    return _cells(mean_gain([ours for ours, _ in pairs]), mean_gain([ours - theirs for ours, theirs in pairs]))


def _row(study: Recorded, name: str) -> VariantRow:
    rows = variant_rows(study.rows, [each.name for each in study.plan.variants])
    return next(row for row in rows if row.variant == name)


def _cells(accuracy: MeanGain, against: MeanGain | None) -> str:
    """Two cells: an accuracy, and how far it is from that of soft labels."""
    return f"{share(accuracy)} | {told(against)}"


def _cost() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COST.read_text("utf-8"))
    return found


def _made_by(labels: str) -> str:
    study = recorded()[STUDIES[labels]]
    teacher = fmean(row.teacher for row in study.rows if row.teacher is not None)
    return f"- {labels}: {made_by(study)}. The teacher has {100 * teacher:.1f}% on the same test images."


def _measured_by(cost: dict[str, Any]) -> str:
    return (
        f"- A step: `python -m distill_core bench --losses`; torch {cost['torch']}, {cost['threads']} threads, medians "
        f"of {cost['rounds']} rounds in one run. How long a step takes, soft labels with kept answers being 1."
    )


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    print(f"wrote {PAGE}")
