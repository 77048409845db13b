"""Which run a command line asks for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from distill_core import presets
from distill_core.config import DistillConfig, read_setting
from distill_core.errors import ConfigError


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
    if not changes:
        return config
    changed = config.changed(changes)
    return changed if "name" in changes or preset is None else _named(changed)


def _named(config: DistillConfig) -> DistillConfig:
    """By what it is, for it is not quite its preset any more."""
    from distill_core.insight.names import run_name

    return config.model_copy(update={"name": run_name(config)})


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
