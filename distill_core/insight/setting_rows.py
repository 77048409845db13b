"""Every setting as a row: for a list in a terminal, and for `docs/settings.md`."""

from __future__ import annotations

from typing import Any

from distill_core.config import DEFAULT_PHASES, DistillConfig, Phase, Term, leaf_path, settings_by_name
from distill_core.config.explained import explanation
from distill_core.insight.settings import said
from distill_core.losses.registry import LOSSES


def described() -> list[dict[str, Any]]:
    """Every setting of a run: its names, default as ``--set`` reads it, what it takes, its unit, what it is, why."""
    schema = DistillConfig.model_json_schema()
    defaults = DistillConfig().model_dump(mode="json")
    rows = []
    for name, path in settings_by_name().items():
        facts, value = schema, defaults
        for part in path:
            facts = _resolved(facts, schema)["properties"][part]
            value = value[part]
        rows.append(_row(name, ".".join(path), said(name, value), takes(_resolved(facts, schema))))
    return rows


def described_inside(part: type[Phase] | type[Term]) -> list[dict[str, Any]]:
    """The settings of one phase or of one further loss, in the same words; "" where there is no default."""
    prefix, sample = ("phases", DEFAULT_PHASES[1]) if part is Phase else ("terms", Term(loss="at"))
    defaults = sample.model_dump(mode="json")
    schema = part.model_json_schema()
    return [
        _row(
            f"{prefix}.{leaf}",
            leaf,
            "" if leaf in schema["required"] else said(f"{prefix}.{leaf}", defaults[leaf]),
            takes(_resolved(facts, schema)),
        )
        for leaf, facts in schema["properties"].items()
    ]


def row_of(name: str) -> dict[str, Any]:
    """The row of one setting, named by leaf or by path, or as ``phases.share`` or ``terms.weight``.

    Raises:
        ConfigError: if there is no such setting.
    """
    inside = {row["name"]: row for part in (Phase, Term) for row in described_inside(part)}
    if name in inside:
        return inside[name]
    leaf = leaf_path(name, settings_by_name())[-1]
    return next(row for row in described() if row["name"] == leaf)


def options() -> list[dict[str, Any]]:
    """The settings of single losses' own: the loss, the option, what was published, and what it is."""
    return [
        {"loss": loss, "name": name, "default": said(name, option.default), "description": option.title}
        for loss, info in LOSSES.items()
        for name, option in info.options.items()
    ]


def _row(name: str, path: str, default: str, takes: str) -> dict[str, Any]:
    words = explanation(name)
    return {
        "name": name,
        "path": path,
        "title": words.title,
        "default": default,
        "takes": takes.replace("none", "all") if name == "label_budget" else takes,
        "description": words.typed(),
        "sentences": words.sentences(),
        "why": words.why,
        "unit": words.unit,
    }


_KINDS = {"integer": "a whole number", "number": "a number", "string": "text", "null": "none", "array": "a list"}


def takes(facts: dict[str, Any]) -> str:
    """What a setting takes, in words, from its JSON schema: ``0 to 1``, ``sgd | adamw``, ``text or none``."""
    if "anyOf" in facts:
        return " or ".join(takes(option) for option in facts["anyOf"])
    if "enum" in facts:
        return " | ".join(map(str, facts["enum"]))
    if "const" in facts:
        return str(facts["const"])
    if facts.get("type") == "boolean":
        return "true | false"
    return _range(facts) or _KINDS.get(facts.get("type", ""), "an object")


def _range(facts: dict[str, Any]) -> str:
    low, high = facts.get("minimum"), facts.get("maximum")
    above, below = facts.get("exclusiveMinimum"), facts.get("exclusiveMaximum")
    kind = "whole, " if facts.get("type") == "integer" else ""
    if low is not None and high is not None:
        return f"{kind}{low:g} to {high:,}"
    ends = []
    if low is not None:
        ends.append(f"at least {low:g}")
    if above is not None:
        ends.append(f"above {above:g}")
    if high is not None:
        ends.append(f"at most {high:,}")
    if below is not None:
        ends.append(f"below {below:,}")
    return kind + ", ".join(ends) if ends else ""


def _resolved(facts: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = facts.get("$ref") or next((each["$ref"] for each in facts.get("allOf", ()) if "$ref" in each), None)
    found: dict[str, Any] = schema["$defs"][reference.rpartition("/")[2]] if reference else facts
    return found
