"""Makes the embedded prose: `python -m distill_core.assets.make_plain_english --source FOLDER`.

FOLDER holds SQLite's documentation as web pages, as Debian's package `sqlite3-doc` installs them. Its authors gave code
and documentation to the public domain. Kept are paragraphs of ordinary sentences from the pages that explain and argue;
what is code, a table, a list or a reference is left out. The same source gives the same file byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

from distill_core.errors import DataUnavailable
from distill_core.language.skills.text import BETWEEN, FILE

PACKAGE = "sqlite3-doc 3.40.1-2+deb12u2"
# fmt: off
PAGES = (
    "affcase1", "appfileformat", "arch", "assert", "atomiccommit", "autoinc", "copyright", "cpu", "different",
    "errlog", "faq", "fasterthanfs", "flextypegood", "floatingpoint", "howitworks", "howtocorrupt",
    "intern-v-extern-blob", "inmemorydb", "invalidutf", "isolation", "lemon", "mmap", "news", "psow", "quirks",
    "serverless", "stricttables", "tempfiles", "testing", "th3", "useovernet", "wal", "whentouse", "whyc",
    "whynotgit",
)
# fmt: on
SHORTEST = 80
"""Characters of a paragraph."""
ALIKE = 12
"""A paragraph with this many words in a row that stood in one before it is left out, so splits share no sentence."""

# fmt: off
_BLOCKS = frozenset({
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "tr", "td", "th", "pre",
    "blockquote", "dl", "dt", "dd", "hr", "center", "form", "body",
})
# fmt: on
_UNREAD = frozenset({"script", "style", "sup", "svg", "title"})
_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "—": "-", "–": "-"})
_PROSE = re.compile(r"""[A-Z][A-Za-z0-9 .,;:'"()?!/%-]*[.?!]""")


class Paragraphs(HTMLParser):
    """Collects the text of a page's `<p>` elements, which end where the next block begins or any block ends."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] | None = None
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """A block ends the paragraph before it."""
        self._unread += tag in _UNREAD
        if tag in _BLOCKS:
            self.end()
        if tag == "p":
            self._open = []
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        """The end of a block ends the paragraph in it."""
        self._unread -= tag in _UNREAD
        if tag in _BLOCKS:
            self.end()

    def handle_data(self, data: str) -> None:
        """Text of the open paragraph."""
        if self._open is not None and not self._unread:
            self._open.append(data)

    def end(self) -> None:
        """Puts the open paragraph, if there is one, with the others; runs of white space become one space."""
        if self._open is not None:
            self.found.append(" ".join("".join(self._open).split()).translate(_TYPOGRAPHY))
        self._open = None


def paragraphs_of(page: str) -> list[str]:
    """Every paragraph of a web page, in order."""
    parser = Paragraphs()
    parser.feed(page)
    parser.close()
    parser.end()
    return parser.found


def choose(paragraphs: Iterable[str]) -> Iterator[str]:
    """Those that are ordinary sentences, long enough, and unlike all before them."""
    known: set[tuple[str, ...]] = set()
    for paragraph in paragraphs:
        if len(paragraph) < SHORTEST or not _PROSE.fullmatch(paragraph):
            continue
        words = paragraph.lower().split()
        runs = {tuple(words[start : start + ALIKE]) for start in range(max(1, len(words) - ALIKE + 1))}
        if known.isdisjoint(runs):
            known |= runs
            yield paragraph


def read_pages(source: Path) -> dict[str, str]:
    """The pages' text by file name.

    Raises:
        DataUnavailable: if one is missing.
    """
    try:
        return {f"{name}.html": (source / f"{name}.html").read_text(encoding="utf-8") for name in PAGES}
    except OSError as error:
        raise DataUnavailable(
            f"Cannot read SQLite's documentation in {source} ({error}). Fetch it with `apt-get download sqlite3-doc`, "
            "unpack it with `dpkg-deb -x`, and name its folder usr/share/doc/sqlite3 with --source."
        ) from None


def provenance(pages: dict[str, str], text: str) -> dict[str, object]:
    """What the file was made from, how, and how to check it."""
    return {
        "what": "prose from the documentation of SQLite, 2000-2022, by D. Richard Hipp and the SQLite authors",
        "licence": "public domain; the package's copyright file: 'Files: * Copyright: D. Richard Hipp License: "
        "public-domain. The files listed have been put on the public domain by the sqlite3 contributors.'",
        "home": "https://www.sqlite.org/copyright.html",
        "source": f"Debian package {PACKAGE}",
        "source_sha256": {name: _sha256(page.encode()) for name, page in pages.items()},
        "commands": [
            "apt-get download sqlite3-doc",
            "dpkg-deb -x sqlite3-doc_*.deb unpacked",
            "python -m distill_core.assets.make_plain_english --source unpacked/usr/share/doc/sqlite3",
        ],
        "changes": "only paragraphs of ordinary sentences, no repetitions; white space and quotation marks made plain",
        "paragraphs": len(text.split(BETWEEN)),
        "characters": len(text),
        "sha256": {FILE.name: _sha256(text.encode())},
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    """Writes `text.txt` and `provenance.json`."""
    parser = argparse.ArgumentParser(description="Make the embedded prose.")
    parser.add_argument("--source", type=Path, default=Path("/usr/share/doc/sqlite3"))
    parser.add_argument("--result", type=Path, default=FILE)
    arguments = parser.parse_args()
    pages = read_pages(arguments.source)
    text = BETWEEN.join(choose(paragraph for page in pages.values() for paragraph in paragraphs_of(page))) + "\n"
    arguments.result.parent.mkdir(parents=True, exist_ok=True)
    arguments.result.write_text(text, encoding="ascii", newline="\n")
    facts = json.dumps(provenance(pages, text), indent=2)
    (arguments.result.parent / "provenance.json").write_text(facts + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
