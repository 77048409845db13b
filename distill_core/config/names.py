"""Settings by their names: where each stands, and how a terminal and a file give it."""

from __future__ import annotations

import json
from typing import Any

from distill_core.config.parts import PARTS, Part
from distill_core.errors import ConfigError, unknown_name

Paths = dict[str, tuple[str, ...]]
"""A setting's leaf name -> where it stands: ``temperature`` -> ``("objective", "temperature")``."""


def paths_of(whole: type[Part]) -> Paths:
    """Of every setting of a configuration."""
    paths: Paths = {name: (name,) for name in whole.model_fields if name not in PARTS and name != "schema_version"}
    for part, kind in PARTS.items():
        paths |= {leaf: (part, leaf) for leaf in kind.model_fields}
    return paths


def leaf_path(name: str, paths: Paths) -> tuple[str, ...]:
    """Where a setting stands that is named by leaf (``temperature``) or by path (``objective.temperature``).

    Raises:
        ConfigError: if there is no such setting.
    """
    path = paths.get(name.split(".")[-1].replace("-", "_"))
    if path is None or ("." in name and ".".join(path) != name):
        raise unknown_name("setting", name, paths)
    return path


def read_setting(text: str) -> tuple[str, Any]:
    """``"alpha=0.5"`` -> ``("alpha", 0.5)``; values are JSON where they can be, ``0.2,0.6,0.2`` a list, else text.

    Raises:
        ConfigError: if there is no ``=``.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(f"--set takes NAME=VALUE, such as temperature=4; got {text!r}")
    return name.strip(), _read_value(value.strip())


def _read_value(value: str) -> Any:
    for candidate in (value, f"[{value}]" if "," in value else value):
        try:
            return json.loads(candidate)
        except (json.JSONDecodeError, RecursionError):
            continue
    if value.startswith(("[", "{")):
        raise ConfigError(f"--set: {value!r} is not whole: it begins as JSON, but a quote or a bracket is missing")
    return None if value.lower() in ("none", "all") else value


def leaves_in_their_parts(data: dict[str, Any], paths: Paths) -> dict[str, Any]:
    """``{"temperature": 2}`` -> ``{"objective": {"temperature": 2}}``; names that are no leaf stay where they are.

    Raises:
        ConfigError: if a setting is given twice, with different values.
    """
    paths = {name: path for name, path in paths.items() if len(path) == 2}
    paths |= {".".join(path): path for path in paths.values()}
    leaves = {
        name: value for name, value in data.items() if name in paths and not (name in PARTS and isinstance(value, dict))
    }
    placed = {name: value for name, value in data.items() if name not in leaves}
    for name, value in leaves.items():
        part, leaf = paths[name]
        inside = placed.get(part, {})
        if not isinstance(inside, dict):
            continue
        if inside.get(leaf, value) != value:
            raise ConfigError(
                f"{part}.{leaf}: given twice, as {name} = {value!r} and as {part}.{leaf} = {inside[leaf]!r}; leave one "
                "of them out"
            )
        placed[part] = {**inside, leaf: value}
    return placed
