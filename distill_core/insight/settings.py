"""Settings compared: what differs between two configurations, and the terminal command that says the same."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

from distill_core.config import DEFAULT_PHASES, DistillConfig, Term, settings_by_name


def leaves(config: DistillConfig) -> dict[str, Any]:
    """Every setting by its leaf name, as plain data."""
    data = config.model_dump(mode="json")
    found = {}
    for name, path in settings_by_name().items():
        value: Any = data
        for part in path:
            value = value[part]
        found[name] = value
    return found


def differences(configs: Sequence[DistillConfig]) -> dict[str, list[Any]]:
    """The settings in which configurations differ, each with its values in order; labels for people are left out."""
    every = [leaves(config) for config in configs]
    return {
        name: [settings[name] for settings in every]
        for name in (every[0] if every else {})
        if name != "name" and any(settings[name] != every[0][name] for settings in every)
    }


def terminal_command(config: DistillConfig, preset: DistillConfig, preset_name: str) -> str:
    """The command that starts this very run: the preset, and only what differs from it."""
    parts = ["python -m distill_core run --preset", preset_name]
    for name, (_, wanted) in differences([preset, config]).items():
        parts += ["--set", shlex.quote(f"{name}={said(name, wanted)}")]
    return " ".join(parts)


def python_code(config: DistillConfig, preset: DistillConfig, preset_name: str) -> str:
    """Lines of Python that work on this very run, with its baseline, its file and its place in the list of runs."""
    changed = {name: wanted for name, (_, wanted) in differences([preset, config]).items()}
    settings = "".join(f"\n    {name!r}: {value!r}," for name, value in changed.items())
    change = f".changed({{{settings}\n}})" if changed else ""
    return (
        "from distill_core import run\n"
        "from distill_core.presets import load\n\n"
        f"config = load({preset_name!r}){change}\n"
        "record = run(config)\n"
        'print(record.summary["student"]["accuracy"])\n'
    )


def fits_a_line(config: DistillConfig, preset: DistillConfig) -> bool:
    """Whether `terminal_command` can be read; settings inside phases or terms are better kept in a file."""
    return not any("{" in said(name, wanted) for name, (_, wanted) in differences([preset, config]).items())


def said(name: str, value: Any) -> str:
    """A setting's value as `--set` reads it; phases that are usual but for their lengths are numbers.

    Terms that only have names are these.
    """
    if name == "terms":
        losses = [term["loss"] for term in value]
        plain = [Term(loss=loss).model_dump(mode="json") for loss in losses]
        return json.dumps(losses if plain == value else value)
    if name == "phases":
        shares = [phase["share"] for phase in value]
        usual = [phase.model_dump(mode="json") for phase in DEFAULT_PHASES]
        for phase, share in zip(usual, shares, strict=False):
            phase["share"] = share
        return ",".join(f"{share:g}" for share in shares) if usual == value else json.dumps(value)
    if value is None:
        return "all" if name == "label_budget" else "none"
    return value if isinstance(value, str) else json.dumps(value)
