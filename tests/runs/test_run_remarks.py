"""Tags, notes, names, and runs that are deleted with a way back."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from distill_core.config import DistillConfig
from distill_core.errors import DistillError, StorageError
from distill_core.runs.remarks import LONGEST_TAG, MOST_TAGS, tidy
from distill_core.runs.schema import SCHEMA_VERSION
from distill_core.runs.store import KEPT_ASIDE, Store

VERSION_1 = (
    "CREATE TABLE meta (key VARCHAR(40) NOT NULL PRIMARY KEY, value VARCHAR(200) NOT NULL)",
    "CREATE TABLE runs (id VARCHAR(63) NOT NULL PRIMARY KEY, name VARCHAR(80) NOT NULL, role VARCHAR(10) NOT NULL, "
    "status VARCHAR(12) NOT NULL, config TEXT NOT NULL, fingerprint VARCHAR(64) NOT NULL, data_sha256 VARCHAR(64), "
    "torch_version VARCHAR(40), baseline_id VARCHAR(63), created FLOAT NOT NULL, started FLOAT, ended FLOAT, "
    "summary TEXT, error TEXT, details TEXT, owner VARCHAR(200) NOT NULL, heartbeat FLOAT NOT NULL, "
    "wish VARCHAR(10) NOT NULL)",
    "CREATE INDEX runs_by_fingerprint ON runs (fingerprint)",
    "CREATE INDEX runs_by_status ON runs (status)",
    "CREATE TABLE events (run_id VARCHAR(63) NOT NULL REFERENCES runs (id) ON DELETE CASCADE, seq INTEGER NOT NULL, "
    "time FLOAT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (run_id, seq))",
    "INSERT INTO meta VALUES ('schema_version', '1')",
)


@pytest.fixture
def over(store: Store, config: DistillConfig) -> str:
    """A run that was stopped, with a file in its folder."""
    run_id = store.create(config)
    store.set_status(run_id, "stopped")
    store.get(run_id).folder.mkdir(parents=True)
    return run_id


def moved_back(store: Store, run_id: str, seconds: float) -> None:
    """Makes a deletion older."""
    engine = create_engine(store.url)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE remarks SET deleted = deleted - :s WHERE run_id = :id"), {"s": seconds, "id": run_id}
        )
    engine.dispose()


def test_tags_and_note_come_back_and_a_run_without_has_none(store: Store, config: DistillConfig) -> None:
    plain, said = store.create(config), store.create(config)
    store.remarks.tag(said, ["thesis", "T sweep"])
    store.remarks.note(said, "  T 8 was too much \n")
    store.remarks.tag(said, ["thesis"])
    assert (store.get(said).tags, store.get(said).note) == (("thesis",), "T 8 was too much")
    assert (store.get(plain).tags, store.get(plain).note, store.get(plain).deleted) == ((), "", None)
    assert {record.id: record.tags for record in store.list()} == {said: ("thesis",), plain: ()}


def test_tags_are_tidied() -> None:
    assert tidy([" a  b ", "a b", "", "  ", "C"]) == ["a b", "C"]
    assert tidy(["x" * 99]) == ["x" * LONGEST_TAG]
    assert len(tidy(map(str, range(99)))) == MOST_TAGS


def test_what_is_said_of_no_run_is_refused(store: Store) -> None:
    for say in (
        lambda: store.remarks.tag("nope", ["a"]),
        lambda: store.remarks.note("nope", "a"),
        lambda: store.remarks.put_aside("nope"),
        lambda: store.rename("nope", "a"),
    ):
        with pytest.raises(DistillError, match="There is no run 'nope'"):
            say()


def test_another_name_changes_neither_configuration_nor_fingerprint(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    before = store.get(run_id)
    store.rename(run_id, "  my   best ")
    after = store.get(run_id)
    assert after.name == "my best"
    assert (after.config, after.fingerprint, after.id) == (before.config, before.fingerprint, before.id)
    store.rename(run_id, "x" * 200)
    assert store.get(run_id).name == "x" * 80
    store.rename(run_id, " ")
    assert store.get(run_id).name == before.name


def test_a_run_that_is_put_aside_is_in_no_list_until_it_is_brought_back(store: Store, over: str) -> None:
    store.remarks.tag(over, ["kept"])
    store.remarks.put_aside(over)
    assert store.list() == store.list("run") == []
    (aside,) = store.list("run", put_aside=True)
    assert (aside.id, aside.tags) == (over, ("kept",))
    assert aside.folder.exists()
    assert store.get(over).deleted is not None
    store.remarks.bring_back(over)
    assert [record.id for record in store.list("run")] == [over]
    assert store.list(put_aside=True) == []
    assert store.get(over).deleted is None


def test_a_run_that_goes_on_cannot_be_put_aside(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    with pytest.raises(DistillError, match="Stop it first"):
        store.remarks.put_aside(run_id)
    assert [record.id for record in store.list()] == [run_id]


def test_a_run_that_is_taken_up_again_is_brought_back(store: Store, over: str) -> None:
    store.remarks.put_aside(over)
    assert store.requeue(over)
    assert [record.id for record in store.list()] == [over]


def test_a_baseline_that_is_put_aside_is_still_found_by_its_settings(store: Store, config: DistillConfig) -> None:
    wanted = config.baseline_config()
    baseline = store.create(wanted, role="baseline")
    store.claim(baseline)
    store.finish(baseline, {}, data_sha256="", torch_version="")
    store.remarks.put_aside(baseline)
    found = store.find_finished(wanted.fingerprint())
    assert found is not None
    assert found.id == baseline


def test_only_what_was_put_aside_a_week_ago_goes_with_its_files(store: Store, over: str, config: DistillConfig) -> None:
    kept, brought_back = store.create(config), store.create(config)
    for run_id in (kept, brought_back):
        store.set_status(run_id, "stopped")
    for run_id in (over, kept, brought_back):
        store.remarks.put_aside(run_id)
    for run_id in (over, brought_back):
        moved_back(store, run_id, KEPT_ASIDE + 1)
    store.remarks.bring_back(brought_back)
    folder = store.get(over).folder
    assert store.purge() == [over]
    assert not folder.exists()
    assert [record.id for record in store.list()] == [brought_back]
    assert [record.id for record in store.list(put_aside=True)] == [kept]
    assert store.purge() == []


def test_a_deleted_run_leaves_no_remark(store: Store, over: str) -> None:
    store.remarks.tag(over, ["a"])
    store.delete(over)
    engine = create_engine(store.url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM remarks")).scalar() == 0
    engine.dispose()


@pytest.fixture
def older(own_home: Path, config: DistillConfig) -> str:
    """A home whose database a version made that knew no remarks; the id of a run in it."""
    own_home.mkdir()
    engine = create_engine(f"sqlite:///{own_home / 'distill.db'}")
    row = {"config": config.to_json(), "fingerprint": config.fingerprint()}
    with engine.begin() as connection:
        for statement in VERSION_1:
            connection.execute(text(statement))
        connection.execute(
            text(
                "INSERT INTO runs (id, name, role, status, config, fingerprint, created, owner, heartbeat, wish) "
                "VALUES ('old-1a2b', 'old', 'run', 'stopped', :config, :fingerprint, 1.0, '', 1.0, '')"
            ),
            row,
        )
        connection.execute(text("""INSERT INTO events VALUES ('old-1a2b', 1, 1.0, '{"kind": "Stopped", "step": 3}')"""))
    engine.dispose()
    return "old-1a2b"


def version_of(store: Store) -> str:
    engine = create_engine(store.url)
    with engine.begin() as connection:
        found: str = connection.execute(text("SELECT value FROM meta WHERE key = 'schema_version'")).scalar_one()
    engine.dispose()
    return found


def test_a_database_of_an_older_version_is_brought_up_in_place(own_home: Path, older: str) -> None:
    for _ in range(2):
        store = Store(own_home)
        record = store.get(older)
        assert (record.name, record.fingerprint) == ("old", record.config.fingerprint())
        assert [event.event.kind for event in store.events(older)] == ["Stopped"]
        assert version_of(store) == str(SCHEMA_VERSION) == "2"
        store.remarks.tag(older, [*record.tags, str(len(record.tags))])
        store.close()
    assert Store(own_home).get(older).tags == ("0", "1")


def test_an_upgrade_that_died_half_way_is_ended_by_the_next(own_home: Path, older: str) -> None:
    store = Store(own_home)
    store.remarks.tag(older, ["a"])
    engine = create_engine(store.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE meta SET value = '1'"))
    engine.dispose()
    store.close()
    again = Store(own_home)
    assert version_of(again) == "2"
    assert again.get(older).tags == ("a",)


def test_many_may_open_an_older_database_at_once(own_home: Path, older: str) -> None:
    errors: list[BaseException] = []
    start = threading.Barrier(6)

    def open_it() -> None:
        try:
            start.wait()
            store = Store(own_home)
            assert store.get(older).tags == ()
            store.close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert version_of(Store(own_home)) == "2"


def test_nothing_is_made_in_a_newer_database(own_home: Path, older: str) -> None:
    engine = create_engine(f"sqlite:///{own_home / 'distill.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE meta SET value = '3'"))
    with pytest.raises(StorageError, match="schema version 3, but this version of the workbench reads up to 2"):
        Store(own_home)
    assert inspect(engine).get_table_names() == ["events", "meta", "runs"]
    engine.dispose()
