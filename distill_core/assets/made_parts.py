"""Documents of which a program writes some parts: those between `<!-- made: NAME -->` and `<!-- end: NAME -->`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from distill_core.insight.seeds import MeanGain
from distill_core.studies.keeping import Recorded
from distill_core.studies.words import gained


def renewed(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The document with its made parts written anew.

    Args:
        text: of the document.
        parts: what makes each, by name.

    Raises:
        ValueError: if the marks of a part are not there.
    """
    for name, make in parts.items():
        begin, end = f"<!-- made: {name} -->\n", f"<!-- end: {name} -->\n"
        if begin not in text or end not in text:
            raise ValueError(f"the page has lost the marks of its part {name!r}: put back {begin!r} and {end!r}")
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{make()}{end}{rest.partition(end)[2]}"
    return text


def told(difference: MeanGain | None) -> str:
    """A difference in points, in bold where its interval leaves out 0."""
    if difference is None:
        return "–"
    return gained(difference) if difference.answer == "unclear" else f"**{gained(difference)}**"


def made_by(study: Recorded) -> str:
    """What made a recorded study: its command, versions, machine and date."""
    versions = ", ".join(f"{package} {number}" for package, number in study.versions.items())
    return f"`{study.command}`; {versions}; {study.machine}, {study.threads}; {study.date}"
