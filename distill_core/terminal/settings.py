"""Which run a command line asks for, and which settings there are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from distill_core import presets
from distill_core.config import DistillConfig, read_setting, settings_by_name
from distill_core.errors import ConfigError
from distill_core.insight.settings import said


def configuration(preset: str | None, file: Path | None, settings: Iterable[str]) -> DistillConfig:
    """The configuration of a preset or a file, with settings replaced; of settings alone, the others at their defaults.

    Raises:
        ConfigError: if preset and file are both given, or nothing is, or something in them is wrong.
    """
    changes = dict(read_setting(setting) for setting in settings)
    if preset is None and file is None and changes:
        return DistillConfig().changed(changes)
    if (preset is None) == (file is None):
        raise ConfigError(
            f"Name either --preset or a JSON file{'' if preset is None else ', not both'}: "
            f"--preset {' | '.join(presets.names())}, or FILE.json"
        )
    config = presets.load(preset) if preset is not None else read_config(file or Path())
    return config.changed(changes) if changes else config


def read_config(file: Path) -> DistillConfig:
    """The configuration in a JSON file.

    Raises:
        ConfigError: saying where the file is wrong.
    """
    try:
        return DistillConfig.parse(json.loads(file.read_bytes()))
    except FileNotFoundError:
        guess = f" Did you mean --preset {file}?" if str(file) in presets.names() else ""
        raise ConfigError(f"There is no file {file}.{guess}") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror or error}).") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not a JSON file: it is not text in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise ConfigError(f"{file} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None


def described() -> list[dict[str, Any]]:
    """Every setting: name, path, default as ``--set`` reads it, what it takes, and what it means."""
    schema = DistillConfig.model_json_schema()
    defaults = DistillConfig().model_dump(mode="json")
    rows = []
    for name, path in settings_by_name().items():
        facts, value = schema, defaults
        for part in path:
            facts = _resolved(facts, schema)["properties"][part]
            value = value[part]
        rows.append(
            {
                "name": name,
                "path": ".".join(path),
                "default": said(name, value),
                "takes": takes(_resolved(facts, schema)).replace("none", "all" if name == "label_budget" else "none"),
                "description": _as_typed(facts.get("description") or _DESCRIPTIONS.get(name, "")),
            }
        )
    return rows


def _as_typed(description: str) -> str:
    """A setting's description for a command line, where JSON's null is written in words."""
    return description.replace("; null for all", "; or all").replace("null", "none")


_DESCRIPTIONS = {"phases": "shares of the training for warm-up, distil and fine-tune, or a list of phases in full"}
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
