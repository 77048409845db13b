"""A database or a folder that refuses to work: every page says so, and none shows a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_up_runs import finish_run, ordinary

from distill_core.runs.manager import get_manager

PAGES = ("pages/home.py", "pages/train.py", "pages/compare.py")


@pytest.fixture(params=[*PAGES, "a run"])
def visit(request: Any, app: Any) -> Any:
    """Opens one of the pages, or the page of a run."""

    def open_page(run_id: str = "some-run") -> Any:
        return app("pages/train.py", run=run_id) if request.param == "a run" else app(request.param)

    return open_page


def said(page: Any) -> str:
    assert not page.exception
    (error,) = page.error
    return str(error.value)


def test_a_damaged_database_is_named_with_the_way_out(visit: Any, own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "distill.db").write_bytes(b"this is no database " * 500)
    page = visit()
    assert f"The database {own_home / 'distill.db'} is damaged" in said(page)
    assert "Move it aside" in said(page)
    assert [button.label for button in page.button] == ["Try again"]
    assert all("No such run" not in title.value for title in page.title)


def test_a_home_that_cannot_be_written_is_named_with_the_way_out(
    visit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("in the way")
    monkeypatch.setenv("DISTILL_HOME", str(tmp_path / "a file" / "home"))
    assert f"Cannot write to {tmp_path / 'a file' / 'home'}" in said(visit())


def test_a_database_that_is_damaged_while_the_app_runs_is_told_too(visit: Any, own_home: Path) -> None:
    store = get_manager().store
    run_id = finish_run(store)
    store.close()
    for file in own_home.glob("distill.db*"):
        file.unlink() if file.name != "distill.db" else file.write_bytes(b"this is no database " * 500)
    assert "is damaged" in said(visit(run_id))


def test_trying_again_goes_on_where_the_trouble_is_over(app: Any, own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "distill.db").write_bytes(b"this is no database " * 500)
    page = app()
    (own_home / "distill.db").unlink()
    page.button(key="try-again-page").click().run()
    assert not page.error
    assert page.button(key="demo").label == "Run the demo"


def test_an_error_that_is_no_trouble_with_storage_is_not_hidden(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pages.components.runs_table.recent_runs", fail)
    with pytest.raises(AssertionError):
        app()


def test_a_run_that_breaks_off_being_readable_says_so_on_its_next_tick(app: Any, own_home: Path) -> None:
    store = get_manager().store
    run_id = store.create(ordinary())
    store.set_status(run_id, "interrupted", error="The program was closed.")
    page = app("pages/train.py", run=run_id)
    store.close()
    for file in own_home.glob("distill.db*"):
        file.unlink() if file.name != "distill.db" else file.write_bytes(b"this is no database " * 500)
    page.run()
    assert "is damaged" in said(page)
