"""The tables of the run store. JSON is kept as text, so that every database SQLAlchemy speaks to will do."""

from __future__ import annotations

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SCHEMA_VERSION = 2
"""1 knew no remarks."""


class Base(DeclarativeBase):
    """The base of all tables."""


class MetaRow(Base):
    """Facts about the database itself: `schema_version`."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class RunRow(Base):
    """One run; `wish` is what another process asks of its owner: "", "pause", "go" or "stop"."""

    __tablename__ = "runs"
    __table_args__ = (Index("runs_by_fingerprint", "fingerprint"), Index("runs_by_status", "status"))

    id: Mapped[str] = mapped_column(String(63), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(12))
    config: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64))
    data_sha256: Mapped[str | None] = mapped_column(String(64))
    torch_version: Mapped[str | None] = mapped_column(String(40))
    baseline_id: Mapped[str | None] = mapped_column(String(63))
    created: Mapped[float] = mapped_column(Float(53))
    started: Mapped[float | None] = mapped_column(Float(53))
    ended: Mapped[float | None] = mapped_column(Float(53))
    summary: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    details: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(200))
    heartbeat: Mapped[float] = mapped_column(Float(53))
    wish: Mapped[str] = mapped_column(String(10), default="")
    remark: Mapped[RemarkRow | None] = relationship(lazy="joined", viewonly=True)


class RemarkRow(Base):
    """What people say of a run: `tags` is a JSON list, `deleted` the moment when it was put aside to be deleted."""

    __tablename__ = "remarks"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    tags: Mapped[str] = mapped_column(Text, default="[]")
    note: Mapped[str] = mapped_column(Text, default="")
    deleted: Mapped[float | None] = mapped_column(Float(53))


class EventRow(Base):
    """One event of a run, numbered from 1."""

    __tablename__ = "events"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    time: Mapped[float] = mapped_column(Float(53))
    data: Mapped[str] = mapped_column(Text)
