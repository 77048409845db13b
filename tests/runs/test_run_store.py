from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from distill_core.config import DistillConfig
from distill_core.errors import DistillError, StorageError
from distill_core.events import Event, Preparing, StepLogged, Warned
from distill_core.home import RUN_ID
from distill_core.runs.records import RunEvent
from distill_core.runs.status import STATUSES, may_follow
from distill_core.runs.store import LOST_AFTER, Store


def force(store: Store, run_id: str, **values: object) -> None:
    """Writes columns past all rules."""
    engine = create_engine(store.url)
    columns = ", ".join(f"{name} = :{name}" for name in values)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE runs SET {columns} WHERE id = :id"), {"id": run_id, **values})
    engine.dispose()


def test_the_store_does_not_import_torch() -> None:
    code = "import sys, distill_core.runs.store, distill_core.runs.manager; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


def test_a_run_comes_back_as_it_was_stored(store: Store, config: DistillConfig, own_home: Path) -> None:
    run_id = store.create(config)
    record = store.get(run_id)
    assert record.config == config
    assert record.fingerprint == config.fingerprint()
    assert (record.status, record.role, record.name) == ("queued", "run", "Quick start")
    assert record.folder == own_home / "runs" / run_id
    assert record.summary is record.error is record.started is record.ended is record.baseline_id is None


def test_ids_are_readable_and_differ(store: Store, config: DistillConfig) -> None:
    first, second = store.create(config), store.create(config)
    assert re.fullmatch(r"quick-start-resnet8-w8-[0-9a-f]{4}", first)
    assert first != second


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(name=st.text(max_size=100))
def test_any_name_gives_an_id_that_fits_a_url_and_a_folder(store: Store, name: str) -> None:
    run_id = store.create(DistillConfig(), name=name)
    assert RUN_ID.match(run_id)
    assert store.get(run_id).name == name[:80]


def test_an_unknown_or_untrusted_id_is_refused_in_a_sentence(store: Store) -> None:
    for run_id in ("nope", "../../etc", ""):
        with pytest.raises(DistillError, match="There is no run"):
            store.get(run_id)


def test_runs_are_listed_newest_first_and_by_role(store: Store, config: DistillConfig) -> None:
    older = store.create(config)
    baseline = store.create(config.baseline_config(), role="baseline", parent=older)
    force(store, older, created=1.0)
    assert [record.id for record in store.list()] == [baseline, older]
    assert [record.id for record in store.list(role="run")] == [older]
    assert store.get(older).baseline_id == baseline


def test_a_run_of_a_configuration_nobody_can_read_hides_no_other(store: Store, config: DistillConfig) -> None:
    lost, kept = store.create(config), store.create(config)
    force(store, lost, config='{"schema_version": 1, "warp": 9}')
    assert [record.id for record in store.list()] == [kept]


@pytest.mark.parametrize(
    "damage", [{"config": "{"}, {"config": '{"schema_version": 1, "warp": 9}'}, {"summary": "not JSON"}]
)
def test_a_row_that_cannot_be_read_is_a_sentence_and_harms_no_other(
    store: Store, config: DistillConfig, damage: dict[str, str]
) -> None:
    lost, kept = (store.create(config.baseline_config(), role="baseline") for _ in range(2))
    for run_id in (lost, kept):
        store.claim(run_id)
        store.finish(run_id, {}, data_sha256="", torch_version="")
    force(store, lost, ended=9e9, **damage)
    with pytest.raises(StorageError, match=f"run {lost} cannot be read"):
        store.get(lost)
    found = store.find_finished(config.baseline_config().fingerprint())
    assert found is not None
    assert found.id == kept


def test_an_event_that_is_damaged_is_left_out(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    store.append_events(run_id, [Warned("a"), Warned("b"), Warned("c")])
    engine = create_engine(store.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE events SET data = '{' WHERE seq = 2"))
    engine.dispose()
    assert [event.seq for event in store.events(run_id)] == [1, 3]


READS: dict[str, Callable[[Store], object]] = {
    "get": lambda store: store.get("some-run"),
    "list": lambda store: store.list(),
    "events": lambda store: store.events("some-run"),
    "pulse": lambda store: store.pulse("some-run"),
    "find_finished": lambda store: store.find_finished("f"),
    "find_resumable_baseline": lambda store: store.find_resumable_baseline("f"),
    "adopt": lambda store: store.adopt(),
    "take_wish": lambda store: store.take_wish("some-run"),
    "delete": lambda store: store.delete("some-run"),
    "append_events": lambda store: store.append_events("some-run", [Warned("x")]),
    "set_summary": lambda store: store.set_summary("some-run", {}),
}


@pytest.mark.parametrize("ask", READS.values(), ids=READS.keys())
@pytest.mark.parametrize("trouble", ["locked", "broken"])
def test_whatever_the_database_does_the_error_is_the_stores_own(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Store], object], trouble: str
) -> None:
    monkeypatch.setattr("distill_core.runs.database.BUSY_SECONDS", 0.05)
    store = Store(own_home)
    path = own_home / "distill.db"
    other = sqlite3.connect(path, isolation_level=None)
    if trouble == "locked":
        store.close()
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
    else:
        other.execute("DROP TABLE events")
        other.execute("DROP TABLE runs")
    with pytest.raises(StorageError) as caught:
        ask(store)
    assert str(path) in str(caught.value)
    assert ("held by another program" in str(caught.value)) == (trouble == "locked")
    other.close()
    store.close()


def test_adding_events_to_a_run_that_is_not_there_is_refused_in_a_sentence(store: Store) -> None:
    with pytest.raises(StorageError, match="deleted the run gone"):
        store.append_events("gone", [Warned("x")])


def test_a_summary_is_replaced_for_a_finished_run_alone(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    assert not store.set_summary(run_id, {"a": 1})
    store.claim(run_id)
    store.finish(run_id, {"a": 1}, data_sha256="", torch_version="")
    assert store.set_summary(run_id, {"a": 2})
    assert store.get(run_id).summary == {"a": 2}


def test_two_stores_on_one_file_see_each_other(store: Store, config: DistillConfig, own_home: Path) -> None:
    other = Store(own_home)
    run_id = other.create(config)
    store.append_events(run_id, [Warned("from here")])
    other.append_events(run_id, [Warned("from there")])
    assert [(e.seq, e.event) for e in store.events(run_id)] == [(1, Warned("from here")), (2, Warned("from there"))]
    other.close()


def test_threads_that_append_at_once_lose_nothing(store: Store, config: DistillConfig, own_home: Path) -> None:
    run_id = store.create(config)
    stores = [store, Store(own_home)]

    def append(which: int) -> None:
        for index in range(20):
            stores[which].append_events(run_id, [Warned(f"{which}/{index}")])

    threads = [threading.Thread(target=append, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.seq for event in store.events(run_id)] == list(range(1, 41))
    stores[1].close()


def test_events_since_a_number_are_only_the_later_ones(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    events: list[Event] = [
        Preparing("x", 1, 2),
        StepLogged(1, "distil", {"kd": float("nan")}, {}, 1.0, 0.1, 1.0, 1.0, 1.0),
        Warned("w"),
    ]
    assert store.append_events(run_id, events) == 3
    assert [event.event for event in store.events(run_id, since=2)] == [Warned("w")]
    nan = store.events(run_id)[1].event
    assert isinstance(nan, StepLogged)
    assert nan.terms["kd"] != nan.terms["kd"]


def test_a_number_can_be_used_once(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    store.append_events(run_id, [Warned("first")])
    with pytest.raises(StorageError, match="Let one process work on it"):
        store.append_numbered([RunEvent(run_id, 1, 0.0, Warned("again"))])


def test_events_of_a_run_that_is_not_there_are_refused(store: Store) -> None:
    with pytest.raises(StorageError, match="deleted"):
        store.append_numbered([RunEvent("gone", 1, 0.0, Warned("x"))])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=64)
@given(before=st.sampled_from(STATUSES), after=st.sampled_from(STATUSES))
def test_the_store_moves_a_run_exactly_where_the_rules_allow(store: Store, before: str, after: str) -> None:
    run_id = store.create(DistillConfig())
    force(store, run_id, status=before)
    moved = store.set_status(run_id, after)
    assert moved == may_follow(before, after)
    assert store.get(run_id).status == (after if moved else before)


def test_a_run_is_claimed_by_one(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    assert store.claim(run_id)
    assert not store.claim(run_id)
    assert store.get(run_id).started is not None


def test_a_run_that_waits_in_another_process_cannot_be_claimed(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    force(store, run_id, owner="elsewhere|1|1.00")
    assert not store.claim(run_id)


def test_resuming_clears_the_error_and_keeps_the_first_start(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    store.claim(run_id)
    started = store.get(run_id).started
    store.set_status(run_id, "failed", error="oh", details="trace")
    assert store.get(run_id).error == "oh"
    assert store.requeue(run_id)
    assert store.claim(run_id)
    record = store.get(run_id)
    assert (record.error, record.details, record.ended, record.started) == (None, None, None, started)


def test_runs_of_a_dead_process_become_interrupted_and_keep_the_rest(store: Store, config: DistillConfig) -> None:
    import platform

    dead, mine, finished = store.create(config), store.create(config), store.create(config)
    for run_id in (dead, mine, finished):
        store.claim(run_id)
    store.finish(finished, {}, data_sha256="", torch_version="")
    for run_id in (dead, finished):
        force(store, run_id, owner=f"{platform.node()}|{2**22 + 1}|1.00")
    assert store.adopt() == [dead]
    assert [store.get(each).status for each in (dead, mine, finished)] == ["interrupted", "running", "finished"]
    assert "Resume" in (store.get(dead).error or "")
    assert store.adopt() == []


def test_runs_of_a_live_other_process_are_left_alone(store: Store, config: DistillConfig, own_home: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from distill_core.runs.store import Store\n"
        "from distill_core.config import DistillConfig\n"
        "store = Store(pathlib.Path(sys.argv[1])); run_id = store.create(DistillConfig()); store.claim(run_id)\n"
        "print(run_id, flush=True); input()"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code, str(own_home)], stdin=-1, stdout=-1, cwd=root, text=True
    ) as child:
        assert child.stdout is not None
        run_id = child.stdout.readline().strip()
        assert store.adopt() == []
        assert store.get(run_id).status == "running"
        child.kill()
        child.wait()
    assert store.adopt() == [run_id]


def test_a_run_of_another_computer_counts_as_lost_only_after_long_silence(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    force(store, run_id, owner="far-away|1|1.00")
    assert store.adopt() == []
    force(store, run_id, heartbeat=store.get(run_id).created - LOST_AFTER - 1)
    assert store.adopt() == [run_id]


def test_a_wish_is_taken_once(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    store.claim(run_id)
    store.wish(run_id, "pause")
    assert store.take_wish(run_id) == "pause"
    assert store.take_wish(run_id) == ""


def test_deleting_removes_the_run_its_events_and_its_folder(store: Store, config: DistillConfig) -> None:
    run_id = store.create(config)
    store.append_events(run_id, [Warned("x")])
    folder = store.get(run_id).folder
    (folder / "best").mkdir(parents=True)
    with pytest.raises(DistillError, match="Stop it first"):
        store.delete(run_id)
    store.set_status(run_id, "stopped")
    store.delete(run_id)
    assert not folder.exists()
    assert store.events(run_id) == []
    with pytest.raises(DistillError):
        store.get(run_id)


def test_a_finished_run_is_found_by_settings_data_and_torch(store: Store, config: DistillConfig) -> None:
    wanted = config.baseline_config()
    run_id = store.create(wanted, role="baseline")
    key = wanted.fingerprint()
    assert store.find_finished(key) is None
    store.claim(run_id)
    store.finish(run_id, {"a": 1}, data_sha256="data", torch_version="2")
    found = store.find_finished(key, "data", "2")
    assert found is not None
    assert found.id == run_id
    assert store.find_finished(key, "other data", "2") is None
    assert store.find_finished(key, "data", "3") is None
    assert store.find_finished(config.changed({"temperature": 1}).baseline_config().fingerprint()) is not None
    assert store.find_finished(config.changed({"seed": 1}).baseline_config().fingerprint()) is None


def test_a_summary_is_strict_json_whatever_it_is_given(store: Store, config: DistillConfig) -> None:
    import numpy as np

    run_id = store.create(config)
    store.claim(run_id)
    summary = {"a": np.float32(0.5), "b": float("nan"), "c": (1, Path("x")), "d": np.int64(3)}
    store.finish(run_id, summary, data_sha256="", torch_version="")
    assert store.get(run_id).summary == {"a": 0.5, "b": None, "c": [1, "x"], "d": 3}


@pytest.mark.parametrize(
    "content", [b"this is no database, it is a letter" * 50, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_damaged_database_is_named_and_the_way_out_too(own_home: Path, content: bytes) -> None:
    own_home.mkdir()
    path = own_home / "distill.db"
    path.write_bytes(content)
    with pytest.raises(StorageError, match="Move it aside") as caught:
        Store(own_home)
    assert str(path) in str(caught.value)
    path.rename(f"{path}.damaged")
    assert Store(own_home).list() == []


def test_a_newer_database_is_refused_kindly(store: Store, own_home: Path) -> None:
    engine = create_engine(store.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE meta SET value = '99' WHERE key = 'schema_version'"))
    engine.dispose()
    with pytest.raises(StorageError, match="schema version 99"):
        Store(own_home)


def test_a_home_that_cannot_be_written_is_refused_kindly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match="DISTILL_HOME"):
        Store(tmp_path / "file" / "home")


def test_a_database_elsewhere_is_used_by_url(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: DistillConfig
) -> None:
    monkeypatch.setenv("DISTILL_DATABASE", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    store = Store(own_home)
    store.create(config)
    assert (tmp_path / "elsewhere.db").is_file()
    assert not (own_home / "distill.db").exists()


@pytest.mark.parametrize("url", ["nonsense", "nosuch://user:secret@host/db"])
def test_a_url_that_no_database_has_is_refused_without_its_password(own_home: Path, url: str) -> None:
    with pytest.raises(StorageError, match="DISTILL_DATABASE") as caught:
        Store(own_home, url)
    assert "secret" not in str(caught.value)
