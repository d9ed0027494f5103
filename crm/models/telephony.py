"""What the telephone did: queues, call events and their folds, recordings, spoken messages, agents' states.

In and out: rows. Must not know how a telephone system works. Invariant: call_event is only added to (its `pii` may be erased), keyed by the
writing node and its number; call_record can be thrown away and folded anew from it.
Ids of patients and agents in event-fed tables are no foreign keys: a fact stays storable when the person's row is gone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, BigPk, Versioned


class Queue(Versioned, Base):
    """Where callers wait. The names of times carry their unit."""

    __tablename__ = "queue"
    __table_args__ = (
        CheckConstraint("name ~ '^[a-z][a-z0-9_]{0,39}$'", name="name"),
        CheckConstraint("strategy IN ('leastrecent', 'rrmemory', 'fewestcalls', 'random', 'linear', 'ringall')", name="strategy"),
        CheckConstraint("ring_s BETWEEN 5 AND 120", name="ring_s"),
        CheckConstraint("max_wait_s BETWEEN 10 AND 7200", name="max_wait_s"),
        CheckConstraint("max_callers BETWEEN 1 AND 10000", name="max_callers"),
        CheckConstraint("wrap_up_s BETWEEN 0 AND 3600", name="wrap_up_s"),
        CheckConstraint("service_level_s BETWEEN 1 AND 600", name="service_level_s"),
    )

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(60))
    strategy: Mapped[str] = mapped_column(String(20), server_default="leastrecent")
    ring_s: Mapped[int] = mapped_column(server_default="20")
    max_wait_s: Mapped[int] = mapped_column(server_default="300")
    max_callers: Mapped[int] = mapped_column(server_default="50")
    wrap_up_s: Mapped[int] = mapped_column(server_default="60")
    service_level_s: Mapped[int] = mapped_column(server_default="20")
    weight: Mapped[int] = mapped_column(server_default="0")
    announce_position: Mapped[bool] = mapped_column(server_default="true")
    active: Mapped[bool] = mapped_column(server_default="true")
    sort: Mapped[int] = mapped_column(server_default="0")


class QueueMember(Versioned, Base):
    """A user takes calls of a queue; a lower penalty is asked first."""

    __tablename__ = "queue_member"
    __table_args__ = (CheckConstraint("penalty BETWEEN 0 AND 100", name="penalty"), Index("ix_queue_member_user_id", "user_id"))

    queue: Mapped[str] = mapped_column(ForeignKey("queue.name", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    penalty: Mapped[int] = mapped_column(server_default="0")


class CallEvent(Base):
    """One fact, as the journal of `node` recorded it under number `n`. `linkedid` None: no call of anybody."""

    __tablename__ = "call_event"
    __table_args__ = (Index("ix_call_event_linkedid", "linkedid", "n", postgresql_where=text("linkedid IS NOT NULL")),)

    node: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    linkedid: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]]
    pii: Mapped[dict[str, Any] | None]


class JournalMark(Base):
    """Everything of `node` up to `n` is stored."""

    __tablename__ = "journal_mark"

    node: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)


class CallRecord(Base):
    """The fold of one call's events. `agent_ids`: everybody who talked in it; `number`: the caller's number in E.164, for search.

    `counted_as`: the outcome with which its way is in flow_count; None: it is not.
    """

    __tablename__ = "call_record"
    __table_args__ = (
        Index("ix_call_record_started", text("started_at DESC"), text("id DESC")),
        Index("ix_call_record_queue_started_at", "queue", "started_at"),
        Index("ix_call_record_agent_ids", "agent_ids", postgresql_using="gin"),
        Index("ix_call_record_patient_id_started_at", "patient_id", "started_at"),
        Index("ix_call_record_number_prefix", "number", postgresql_ops={"number": "text_pattern_ops"}),
        Index("ix_call_record_open", "status", postgresql_where=text("status <> 'ended'")),
        Index(
            "ix_call_record_way", "ivr_path", postgresql_using="gin", postgresql_ops={"ivr_path": "jsonb_path_ops"},
            postgresql_where=text("status = 'ended'"),
        ),
        Index("ix_call_record_to_count", "id", postgresql_where=text("status = 'ended' AND counted_as IS DISTINCT FROM outcome")),
    )

    id: Mapped[BigPk]
    linkedid: Mapped[str] = mapped_column(String(80), unique=True)
    node: Mapped[str] = mapped_column(String(40))
    direction: Mapped[str] = mapped_column(String(10))
    caller_number: Mapped[str] = mapped_column(String(80), server_default="")
    number: Mapped[str] = mapped_column(String(80), server_default="")
    dialled_number: Mapped[str] = mapped_column(String(80), server_default="")
    status: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str | None] = mapped_column(String(20))
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(String(5))
    patient_id: Mapped[int | None]
    candidate_ids: Mapped[list[int]]
    queue: Mapped[str] = mapped_column(String(40))
    queue_result: Mapped[str] = mapped_column(String(20))
    agent_id: Mapped[int | None]
    agent_ids: Mapped[list[int]]
    wait_s: Mapped[float]
    talk_s: Mapped[float]
    hold_s: Mapped[float]
    ivr_path: Mapped[list[dict[str, Any]]]
    legs: Mapped[list[dict[str, Any]]]
    transfers: Mapped[int]
    disposition: Mapped[str] = mapped_column(String(40))
    note: Mapped[str]
    recording_file: Mapped[str]
    message_ids: Mapped[list[str]]
    fallback: Mapped[str] = mapped_column(String(20))
    recovered: Mapped[int]
    hangup_cause: Mapped[int]
    lost: Mapped[bool]
    anonymous: Mapped[bool] = mapped_column(server_default="false")
    counted_as: Mapped[str | None] = mapped_column(String(20))


class Recording(Base):
    """The kept file of one call. `problem` in words when it does not fit the call; `purged_at` when the file is gone for good."""

    __tablename__ = "recording"
    __table_args__ = (Index("ix_recording_created_at", "created_at", postgresql_where=text("purged_at IS NULL")),)

    linkedid: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), server_default="call")
    file: Mapped[str]
    duration_s: Mapped[float]
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    problem: Mapped[str] = mapped_column(server_default="")
    peaks: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    purged_at: Mapped[datetime | None]
    purge_reason: Mapped[str] = mapped_column(server_default="")


class VoiceMessage(Base):
    """A message somebody spoke. `source`: ivr, or fallback when the local script took it."""

    __tablename__ = "voice_message"
    __table_args__ = (
        Index("ix_voice_message_open", text("left_at DESC"), postgresql_where=text("handled_at IS NULL")),
        Index("ix_voice_message_left_at", text("left_at DESC")),
        Index("ix_voice_message_linkedid", "linkedid"),
    )

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    linkedid: Mapped[str] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(String(40))
    file: Mapped[str]
    duration_s: Mapped[float]
    source: Mapped[str] = mapped_column(String(20))
    left_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(server_default="")


class Disposition(Versioned, Base):
    """How an agent closes a call: a tree; only leaves are chosen."""

    __tablename__ = "disposition"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("disposition.code"))
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(60))
    sort: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")


class PauseReason(Versioned, Base):
    """Why an agent takes no calls. `limit_min`: longer than this is pointed out; None: no limit."""

    __tablename__ = "pause_reason"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(60))
    limit_min: Mapped[int | None]
    sort: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")


class AgentStateLog(Base):
    """An agent moved to `state`; the row's end is the agent's next row."""

    __tablename__ = "agent_state_log"
    __table_args__ = (Index("ix_agent_state_log_agent_id_at", "agent_id", "at"),)

    node: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    agent_id: Mapped[int]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    previous: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(40))
    linkedid: Mapped[str] = mapped_column(String(80))
    by: Mapped[str] = mapped_column(String(20))


class CallerLanguage(Base):
    """The language last chosen from a number."""

    __tablename__ = "caller_language"
    __table_args__ = (CheckConstraint("language IN ('zh', 'en')", name="language"),)

    number: Mapped[str] = mapped_column(String(80), primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    chosen_at: Mapped[datetime]
