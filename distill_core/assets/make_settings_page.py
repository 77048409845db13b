"""Renews the made parts of `docs/settings.md`: `python -m distill_core.assets.make_settings_page`.

What a setting takes comes from the configuration, what it is and why from `distill_core/config/explained.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from distill_core.assets.made_parts import renewed
from distill_core.config import Phase, Term
from distill_core.config.parts import PARTS
from distill_core.insight.setting_rows import described, described_inside, options
from distill_core.presets.about import ABOUT

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
_HEADS = ("setting", "on the screen", "default", "takes", "what it is, and why")


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A row for each setting."""
    return _markdown(
        _HEADS,
        [
            (
                f"`{row['path']}`",
                row["title"],
                _code(row["default"]),
                _with_unit(row),
                row["sentences"],
            )
            for row in rows
        ],
    )


def of_part(part: str) -> str:
    """The settings of one part of a configuration; of "" those that stand in none."""
    return table([row for row in described() if row["path"].rpartition(".")[0] == part])


def of_losses() -> str:
    """What single losses have beside weight, phases and layers."""
    rows = [(f"`{row['loss']}`", f"`{row['name']}`", _code(row["default"]), row["description"]) for row in options()]
    return _markdown(("loss", "option", "default", "what it is"), rows)


def of_presets() -> str:
    """What the Train page can begin with."""
    rows = [(f"`{name}`", about.title, about.says, about.source or "–") for name, about in ABOUT.items()]
    return _markdown(("preset", "on the screen", "what it is", "source"), rows)


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _with_unit(row: dict[str, Any]) -> str:
    return f"{row['takes']} ({row['unit']})" if row["unit"] else str(row["takes"])


def _code(default: str) -> str:
    return f"`{default}`" if default else "–"


PARTS_OF_PAGE: dict[str, Callable[[], str]] = {
    "run": partial(of_part, ""),
    **{part: partial(of_part, part) for part in PARTS},
    "phase": lambda: table(described_inside(Phase)),
    "term": lambda: table(described_inside(Term)),
    "options": of_losses,
    "presets": of_presets,
}


def page(text: str) -> str:
    """The page with its made parts renewed."""
    return renewed(text, PARTS_OF_PAGE)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    print(f"wrote {PAGE}")
