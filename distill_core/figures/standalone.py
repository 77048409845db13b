"""A page of text, tables and charts in one HTML file that needs nothing else, not even a network.

It is light or dark as the reader's system is, and fits a telephone: there the rows of a wide table become cards.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path

from distill_core.figures.layout import Figure
from distill_core.figures.palette import PALETTES, palette_script

LONGEST_NUMBER, LONGEST_HEAD = 12, 24
"""Characters up to which a cell, and what stands before a row, stay in one line."""
NARROW = 44
"""Characters that a telephone has room for in a row of a table."""
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--background);
  max-width: 66rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1, p, li, pre { overflow-wrap: anywhere; } td.number, tbody th { white-space: nowrap; }
tbody th.long { white-space: normal; }
h1 { font-size: 1.75rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin: 2.25rem 0 .5rem; }
p.small, caption { color: var(--muted); font-size: .875rem; }
ul { padding-left: 1.25rem; } li { margin: .25rem 0; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .875rem; min-width: 40%; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
thead th { color: var(--muted); font-weight: 600; } tbody th { font-weight: 600; }
th:first-child, .words td { text-align: left; }
pre { background: var(--surface); padding: .6rem .8rem; border-radius: 6px; font-size: .8125rem; margin: .25rem 0 1rem;
  white-space: pre-wrap; } .chart { height: 400px; }
@media (max-width: 40rem) {
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table { min-width: 100%; } th, td { padding: .35rem .25rem; }
  .cards, .cards tbody, .cards tr, .cards tbody th { display: block; }
  .cards tbody th { border: 0; padding: .75rem 0 .1rem; font-size: 1rem; }
  .cards td { display: flex; justify-content: space-between; gap: 1rem; padding: .25rem 0; text-align: right; }
  .cards td::before { content: attr(data-head); color: var(--muted); text-align: left; flex: none; max-width: 45%; }
}
@media print { .chart { break-inside: avoid; } }
"""
_DRAW = """
const dark = matchMedia("(prefers-color-scheme: dark)"), charts = [];
function draw({ id, figure }) {
  const { data, layout } = resolved(figure, PALETTES[dark.matches ? "dark" : "light"]);
  Plotly.react(id, data, layout, { displayModeBar: false, responsive: true });
}
dark.addEventListener("change", () => charts.forEach(draw));
"""


@dataclass(frozen=True)
class Heading:
    """Of what follows."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A sentence or two; a small one stands below what it explains."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Points:
    """Sentences, one below the other."""

    texts: Sequence[str]


@dataclass(frozen=True)
class Command:
    """What can be copied into a terminal."""

    text: str


@dataclass(frozen=True)
class Table:
    """Heads, and rows of as many cells, all of them words; the first cell says what the row is about.

    Attributes:
        words: whether cells hold words rather than numbers, which stand to the right.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: bool = False


@dataclass(frozen=True)
class Chart:
    """A figure of this package, and what a screen reader says of it."""

    figure: Figure
    alt: str


Block = Heading | Paragraph | Points | Command | Table | Chart


def standalone(title: str, blocks: Sequence[Block]) -> str:
    """The whole file, some 5 MB where there are charts, for it holds the script that draws them.

    Args:
        title: of the page.
        blocks: from top to bottom.
    """
    body = "\n".join(_html(block, number) for number, block in enumerate(blocks))
    script = ""
    if any(isinstance(block, Chart) for block in blocks):
        script = f"<script>{_plotly()}</script><script>{palette_script()}{_DRAW}</script>"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<style>{_colours()}{_STYLE}</style>{script}</head>\n"
        f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def _html(block: Block, number: int) -> str:
    if isinstance(block, Heading):
        return f"<h2>{escape(block.text)}</h2>"
    if isinstance(block, Paragraph):
        kind = ' class="small"' if block.small else ""
        return f"<p{kind}>{escape(block.text)}</p>"
    if isinstance(block, Points):
        return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in block.texts)}</ul>"
    if isinstance(block, Command):
        return f"<pre><code>{escape(block.text)}</code></pre>"
    if isinstance(block, Table):
        return _table(block)
    figure = json.dumps({"id": f"chart{number}", "figure": block.figure}).replace("</", "<\\/")
    return (
        f'<div class="chart" id="chart{number}" role="img" aria-label="{escape(block.alt)}"></div>'
        f"<script>{{const chart = {figure}; charts.push(chart); draw(chart);}}</script>"
    )


def _table(table: Table) -> str:
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in table.heads)
    rows = []
    for first, *cells in table.rows:
        of_row = "".join(
            f'<td{_kind(cell)} data-head="{escape(head)}"><span>{escape(cell)}</span></td>'
            for head, cell in zip(table.heads[1:], cells, strict=True)
        )
        long = ' class="long"' if len(first) > LONGEST_HEAD else ""
        rows.append(f'<tr><th scope="row"{long}>{escape(first)}</th>{of_row}</tr>')
    kinds = [*(["words"] if table.words else []), *(["cards"] if _width(table) > NARROW else [])]
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    return f'<div class="wide"><table{kind}><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _kind(cell: str) -> str:
    """A short cell, such as a number with its unit, stays in one line."""
    return ' class="number"' if len(cell) <= LONGEST_NUMBER else ""


def _width(table: Table) -> int:
    """In characters, with what stands between columns."""
    return sum(2 + max(map(len, column)) for column in zip(table.heads, *table.rows, strict=True))


def _colours() -> str:
    """The palettes as variables: the light one, and the dark one where the reader's system is dark."""
    light, dark = (
        ":root {" + " ".join(f"--{name}: {colour};" for name, colour in PALETTES[theme].items()) + "}"
        for theme in ("light", "dark")
    )
    return f"\n{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}"


def _plotly() -> str:
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly is not installed; run `pip install -r requirements.txt`")
    script = Path(spec.origin).parent / "package_data" / "plotly.min.js"
    return script.read_text("utf-8").replace("</script", "<\\/script")
