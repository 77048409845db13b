"""The user's own prompts: a file with one JSON object a line, `{"prompt": ..., "response": ...}`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from distill_core.errors import DataUnavailable
from distill_core.language.skills.examples import SHARES, split_of

FEWEST = 20
"""Prompts of a file; with fewer there would be next to nothing to learn or to test on."""
NAMED = 3
"""Bad lines that a message names."""
OTHER_NAMES = ("completion", "answer", "output", "target", "chosen", "assistant")
"""What others call a response."""


@dataclass(frozen=True)
class Line:
    """A prompt, its answer if it has one, and where it stands: its line, counted from 1, or 0 for none."""

    number: int
    prompt: str
    response: str | None
    kind: int = 0


def read_lines(path: Path) -> list[Line]:
    """The prompts of a file; empty lines are passed over, and of equal prompts the first counts.

    Raises:
        DataUnavailable: if it cannot be read, or lines are wrong; names the first of these.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataUnavailable(f"data_folder {path} cannot be read as UTF-8 text ({error}).") from None
    lines, wrong = dict[str, Line](), []
    for number, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        line = _line(number, written)
        if isinstance(line, str):
            wrong.append(f"line {number} {line}")
        else:
            lines.setdefault(line.prompt, line)
    if wrong:
        named = "; ".join(wrong[:NAMED]) + (f"; and {len(wrong) - NAMED:,} more" if len(wrong) > NAMED else "")
        raise DataUnavailable(
            f"data_folder {path}: {len(wrong):,} line{'s are' if len(wrong) > 1 else ' is'} wrong: {named}. Write one "
            'JSON object a line, such as {"prompt": "...", "response": "..."}.'
        )
    return list(lines.values())


def _line(number: int, written: str) -> Line | str:
    """A line, or what is wrong with it."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError) as error:
        return f"is no JSON ({error})"
    if not isinstance(found, dict):
        return "is no JSON object"
    prompt, response = found.get("prompt"), found.get("response")
    if "prompt" not in found and "messages" in found:
        return "is a chat under 'messages'; write its question under 'prompt' and its answer under 'response'"
    if not isinstance(prompt, str) or not prompt.strip():
        return "has no text under 'prompt'"
    if response is None and (other := [name for name in OTHER_NAMES if name in found]):
        return f"has its answer under {other[0]!r}; call that 'response', or take it out to have an answer written"
    if isinstance(response, str) and not response.strip():
        return "has an empty 'response'; take it out to have an answer written"
    if response is not None and not isinstance(response, str):
        return "has something other than text under 'response'"
    try:
        f"{prompt}{response}".encode()
    except UnicodeEncodeError:
        return "has half of a character, which no text can hold"
    return Line(number, prompt, response)


def shares(lines: Sequence[Line], path: Path) -> dict[str, tuple[Line, ...]]:
    """Training, validation and test, 80, 10 and 10 of 100; a hash of the prompt decides, whatever else is in the file.

    Raises:
        DataUnavailable: if there are too few prompts, or none in a split.
    """
    parts: dict[str, list[Line]] = {name: [] for name in SHARES}
    for line in lines:
        parts[split_of(line.prompt)].append(line)
    bare = [name for name in SHARES if not parts[name]]
    if len(lines) < FEWEST or bare:
        why = (
            f"none of them falls into {bare[0]}, which a hash of each prompt decides"
            if bare
            else "too few to learn from and to test on"
        )
        raise DataUnavailable(
            f"data_folder {path} has {len(lines):,} different prompts, and {why}; give at least {FEWEST}, better some "
            "hundreds."
        )
    return {name: tuple(parts[name]) for name in SHARES}
