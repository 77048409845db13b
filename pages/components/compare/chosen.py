"""Which runs are compared: those that the address names, ``/compare?runs=<id>,<id>``, until others are ticked.

The address follows the ticks, so that it can be shared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from distill_core.figures.overlay import MOST_RUNS
from distill_core.insight.names import data_name
from distill_core.insight.words import listed
from distill_core.runs.records import RunRecord
from pages.components.as_text import as_text
from pages.components.jobs import record as find_record

_ASKED, _WRITTEN = "compare_asked", "compare_written"
_KNOWN, _TABLE = "compare_known", "compare_table"


@dataclass(frozen=True)
class Asked:
    """What an address names.

    Attributes:
        data: whose runs are compared.
        runs: of that data, in the address' order; none if it names none.
        wrong: sentences on what it names in vain.
    """

    data: str
    runs: tuple[RunRecord, ...]
    wrong: tuple[str, ...]


def in_address(finished: Sequence[str]) -> str:
    """The ids that somebody's address names; the page's own writing does not count, so that ticks stay as they are.

    Only where runs came or went since, or where other pages were visited, the ticks themselves are what is asked for.

    Args:
        finished: the ids of all runs that can be compared.
    """
    state, now = st.session_state, st.query_params.get("runs", "")
    anew = state.get(_TABLE, "none yet") not in state or state.get(_KNOWN) != finished
    if now != state.get(_WRITTEN) or anew:
        state[_ASKED] = state[_WRITTEN] = now
    state[_KNOWN] = finished
    asked: str = state[_ASKED]
    return asked


def table_key(rows: Sequence[RunRecord], ticked: Sequence[str]) -> str:
    """What the table of these runs is called, whose first ticks are these."""
    text = ",".join(record.id for record in rows) + "|" + ",".join(ticked)
    key = st.session_state[_TABLE] = f"compare_rows_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return key


def write_address(records: Sequence[RunRecord]) -> None:
    """The address names the ticked runs; none where none is ticked."""
    ids = ",".join(record.id for record in records)
    st.session_state[_WRITTEN] = ids
    if ids:
        st.query_params["runs"] = ids
    elif "runs" in st.query_params:
        del st.query_params["runs"]


def asked_for(address: str, every: Mapping[str, Sequence[RunRecord]]) -> Asked:
    """The data and the runs that an address names; the first data and no runs if it names none.

    Args:
        address: ids with commas between them.
        every: of `comparison.by_data`, not empty.
    """
    ids = list(dict.fromkeys(each.strip() for each in address.split(",") if each.strip()))
    finished = {record.id: (data, record) for data, records in every.items() for record in records}
    known = [finished[each] for each in ids if each in finished]
    data = known[0][0] if known else next(iter(every))
    runs = [record for of, record in known if of == data]
    wrong = _unknown([each for each in ids if each not in finished])
    others = [record for of, record in known if of != data]
    if others:
        told = f"Scored on other data than {as_text(data_name(runs[0].config))} and left out:"
        wrong.append(f"{told} {_ids([record.id for record in others])}.")
    if len(runs) > MOST_RUNS:
        wrong.append(f"The address names {len(runs)} runs, and at most {MOST_RUNS} are compared: these are the first.")
    return Asked(data, tuple(runs[:MOST_RUNS]), tuple(wrong))


def _unknown(ids: Sequence[str]) -> list[str]:
    """Ids that no finished run has, by what is the matter with them."""
    there = {each: found for each in ids if (found := find_record(each)) is not None and found.role == "run"}
    deleted = [each for each, found in there.items() if found.deleted is not None]
    early = [each for each in there if each not in deleted]
    nowhere = [each for each in ids if each not in there]
    told = []
    if nowhere:
        are = "There is no run" if len(nowhere) == 1 else "There are no runs"
        told.append(f"{are} {_ids(nowhere)}. The link may be incomplete, or from another computer.")
    if deleted:
        told.append(f"{_ids(deleted)} {_was(deleted)} deleted. The Runs page can bring back what went this week.")
    if early:
        told.append(
            f"{_ids(early)} {'has' if len(early) == 1 else 'have'} not finished, so there is nothing to compare."
        )
    return told


def _ids(ids: Sequence[str]) -> str:
    shown = [as_text(each[:64]) for each in ids[:MOST_RUNS]]
    return listed([*shown, f"{len(ids) - MOST_RUNS} more"] if len(ids) > MOST_RUNS else shown)


def _was(ids: Sequence[str]) -> str:
    return "was" if len(ids) == 1 else "were"
