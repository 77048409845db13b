"""A database that is locked or damaged: every command says so, with the way out and without a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill_core.runs.store import Store

COMMANDS = [
    ("list", "runs"),
    ("run", "--preset", "quickstart"),
    ("resume", "a-run"),
    ("show", "a-run"),
    ("export", "a-run"),
    ("publish", "a-run", "name"),
    ("delete", "a-run", "--yes"),
    ("study", "--preset", "quickstart"),
]


@pytest.fixture
def database(own_home: Path, monkeypatch) -> Path:
    monkeypatch.setattr("distill_core.runs.database.BUSY_SECONDS", 0.05)
    store = Store(own_home)
    store.close()
    return own_home / "distill.db"


@pytest.fixture
def lock(database: Path) -> Iterator[None]:
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.close()


def assert_a_sentence(answer, path: Path, *parts: str) -> None:
    assert answer.code == 1
    assert answer.last["status"] == "failed"
    assert answer.err.strip() == answer.last["error"]
    assert str(path) in answer.err
    assert "Traceback" not in answer.err
    for part in parts:
        assert part in answer.err


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_a_locked_database_is_a_sentence(command, work, database: Path, lock, arguments):
    assert_a_sentence(command(*arguments, "--json"), database, "held by another program", "try again later")


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_a_damaged_database_is_a_sentence(command, work, database: Path, arguments):
    content = database.read_bytes()
    database.write_bytes(content[:100] + bytes(len(content) - 100))
    assert_a_sentence(command(*arguments, "--json"), database, "is damaged", "Move it aside")


def test_a_database_locked_while_a_run_works_is_a_sentence(command, work, database: Path):
    others = []

    def lock_it(_control):
        others.append(sqlite3.connect(database, isolation_level=None, check_same_thread=False))
        others[0].execute("BEGIN IMMEDIATE")

    work.while_working = lock_it
    answer = command("run", "--preset", "quickstart", "--json")
    others[0].close()
    assert (answer.code, answer.last["status"], answer.last["run_id"]) == (1, "failed", work.done[0])
    assert "held by another program" in answer.last["error"]
