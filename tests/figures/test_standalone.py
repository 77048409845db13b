"""A page in one file."""

from __future__ import annotations

from html.parser import HTMLParser

from distill_core.figures.palette import PALETTES
from distill_core.figures.standalone import Chart, Command, Heading, Paragraph, Points, Table, standalone

FIGURE = {"data": [{"y": [1, None], "line": {"color": "@student/0.5"}}], "layout": {"title": "</script><b>"}}


class Texts(HTMLParser):
    """Collects what a reader sees, and the addresses that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.fetched: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.texts.append(data.strip())


def read(page: str) -> Texts:
    parser = Texts()
    parser.feed(page)
    return parser


def test_it_says_everything_in_order_and_fetches_nothing() -> None:
    blocks = [
        Heading("Results"),
        Paragraph("a < b & c"),
        Table(["Run", "Gain"], [["x<y>", "+1.0"]]),
        Points(["<b>one</b>"]),
        Command("run --set 'a=<1'"),
        Chart(FIGURE, "up"),
    ]
    found = read(standalone("Two runs", blocks))
    said = ["Results", "a < b & c", "Run", "Gain", "x<y>", "+1.0", "<b>one</b>", "run --set 'a=<1'"]
    assert found.texts == ["Two runs", "Two runs", *said]
    assert not found.fetched
    assert "@import" not in standalone("t", blocks[:-1])
    assert "url(" not in standalone("t", blocks[:-1])


def test_the_script_that_draws_is_inside_once_and_only_where_there_is_a_chart() -> None:
    page = standalone("t", [Chart(FIGURE, "up"), Chart(FIGURE, "down")])
    assert page.count("<script>{const chart = ") == 2
    assert len(page) > 1_000_000
    assert len(standalone("t", [Heading("h")])) < 6_000


def test_a_figure_cannot_end_the_script_that_holds_it() -> None:
    page = standalone("t", [Chart(FIGURE, 'quote " and <tag>')])
    assert "</script><b>" not in page
    assert 'aria-label="quote &quot; and &lt;tag&gt;"' in page


def test_it_is_light_or_dark_as_the_readers_system_is() -> None:
    page = standalone("t", [Heading("h")])
    light, _, dark = page.partition("@media (prefers-color-scheme: dark)")
    for name, colour in PALETTES["light"].items():
        assert f"--{name}: {colour};" in light
        assert f"--{name}: {PALETTES['dark'][name]};" in dark


def test_on_a_telephone_every_cell_of_a_wide_table_says_what_it_is() -> None:
    page = standalone("t", [Table(["Run", "Gain"], [["a", "+1.0"]])])
    assert "<table><thead>" in page, "a small one fits"
    page = standalone("t", [Table(["Run", "Gain"], [["a name of more than forty characters, as it happens", "+1.0"]])])
    assert '<table class="cards">' in page
    assert '<td class="number" data-head="Gain"><span>+1.0</span></td>' in page
