"""Opening a database: its settings, its tables, and its errors in sentences a user can act on."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import CursorResult, Engine, Table, create_engine, event, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex, CreateTable

from distill_core.errors import StorageError
from distill_core.runs.schema import SCHEMA_VERSION, Base, MetaRow

BUSY_SECONDS = 30
"""How long a writer waits for another process before it gives up."""
_VERSION = "schema_version"


class Database:
    """A database whose tables exist, and whose errors are sentences.

    Args:
        url: SQLAlchemy's.

    Raises:
        StorageError: if it cannot be opened, is damaged, or was made by a newer version.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = open_engine(url)

    def close(self) -> None:
        """Lets go of the connections."""
        self._engine.dispose()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction's session; what it does not commit is undone.

        Raises:
            StorageError: for whatever goes wrong, but for:
            IntegrityError: if a row is there already or its run is not; what that means, the caller knows.
        """
        clash: IntegrityError | None = None
        with kind_errors(self.url), Session(self._engine, expire_on_commit=False) as session:
            try:
                yield session
            except IntegrityError as error:
                clash = error
        if clash is not None:
            raise clash

    def write(self, change: Any) -> int:
        """Makes one change in a transaction of its own and returns how many rows it touched."""
        with self.session() as session:
            touched = count(session, change)
            session.commit()
        return touched


def count(session: Session, change: Any) -> int:
    """Makes a change inside a transaction and returns how many rows it touched."""
    result = session.execute(change, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)


def open_engine(url: str) -> Engine:
    """An engine whose tables exist; a database of an older version is brought up to this one.

    Raises:
        StorageError: if the database cannot be opened, is damaged, or was made by a newer version.
    """
    with kind_errors(url):
        try:
            sqlite = make_url(url).get_backend_name() == "sqlite"
            engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS} if sqlite else {})
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise StorageError(
                f"The database {_shown(url)} cannot be opened ({_first_line(error)}). Set DISTILL_DATABASE to a URL "
                "that SQLAlchemy knows, or unset it to use the file in DISTILL_HOME."
            ) from None
        if sqlite:
            event.listen(engine, "connect", _set_up_sqlite)
        try:
            _set_up_tables(engine, url)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextmanager
def kind_errors(url: str) -> Iterator[None]:
    """Turns the database's errors into a `StorageError` that names the database and the way out."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StorageError(_sentence(url, error)) from error


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    _write_ahead(cursor)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Changes the journal; SQLite itself does not always wait for others that open the same new file just then."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _set_up_tables(engine: Engine, url: str) -> None:
    """Makes what is missing; several processes may do it at once, and again after one that died half-way."""
    tables = Base.metadata.sorted_tables
    _create(engine, [table for table in tables if table.name == MetaRow.__tablename__])
    found = _version(engine, url)
    _create(engine, tables)
    if found < SCHEMA_VERSION:
        with engine.begin() as connection:
            older = update(MetaRow).where(MetaRow.key == _VERSION, MetaRow.value == str(found))
            connection.execute(older.values(value=str(SCHEMA_VERSION)))


def _create(engine: Engine, tables: Sequence[Table]) -> None:
    with engine.begin() as connection:
        for table in tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(CreateIndex(index, if_not_exists=True))


def _version(engine: Engine, url: str) -> int:
    """The version of a database; that of this workbench for a new one, which is marked so.

    Raises:
        StorageError: if it is a newer one.
    """
    query = select(MetaRow.value).where(MetaRow.key == _VERSION)
    with Session(engine) as session:
        found = session.scalar(query)
        if found is None:
            try:
                session.add(MetaRow(key=_VERSION, value=str(SCHEMA_VERSION)))
                session.commit()
            except IntegrityError:
                session.rollback()
            found = session.scalar(query)
    if found is None or not found.isdigit() or int(found) > SCHEMA_VERSION:
        raise StorageError(
            f"The database {_shown(url)} has schema version {found}, but this version of the workbench reads up to "
            f"{SCHEMA_VERSION}. Use the newer workbench that made it, or set DISTILL_HOME to another folder."
        )
    return int(found)


def _sentence(url: str, error: Exception) -> str:
    reason = _first_line(error.orig if isinstance(error, DBAPIError) and error.orig else error)
    where = _shown(url)
    if "not a database" in reason or "malformed" in reason:
        return (
            f"The database {where} is damaged ({reason}). Move it aside, for instance to {where}.damaged, and start "
            "again: a new one is made, and the runs' folders beside it are kept."
        )
    if "is full" in reason or "disk I/O" in reason:
        return f"The database {where} cannot be written ({reason}). Free some space, or set DISTILL_HOME elsewhere."
    if "locked" in reason:
        return f"The database {where} is held by another program ({reason}). Close that program, or try again later."
    if "readonly" in reason or "unable to open" in reason:
        return f"The database {where} cannot be written ({reason}). Set DISTILL_HOME to a folder you may write to."
    return f"The database {where} refused to work ({reason}). Check it, or set DISTILL_HOME to another folder."


def _shown(url: str) -> str:
    """A SQLite file's path, or a URL without its password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return repr(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return parsed.database
    return parsed.render_as_string(hide_password=True)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
