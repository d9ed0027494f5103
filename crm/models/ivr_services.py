"""What the automatic services of the hotline keep: who identified himself, carers' rights, callback wishes, texts sent, ratings, tips, reminders.

In and out: rows. Must not hold what was spoken. Invariant: an action of a call stands once under its key, with its answer; a callback that is not
open says when it closed; a call is rated once; a text message that did not go out says why.
Facts of calls carry `linkedid` and no foreign key, as everywhere: crm/models/telephony.py.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Authored, Base, BigPk, Pk, Timed, Versioned

TOPICS = ("appointments", "booking", "fees", "results", "reminders")
_TOPIC_SET = "ARRAY['appointments', 'booking', 'fees', 'results', 'reminders']"
REMINDER_KINDS = "('recheck', 'medication', 'examination', 'vaccination', 'check_up', 'follow_up')"


class IvrAct(Base):
    """An action that a call has done. `key` is the same when a successor of a killed controller asks for it again."""

    __tablename__ = "ivr_act"
    __table_args__ = (Index("ix_ivr_act_at", "at"),)

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class IdentityAttempt(Base):
    """Somebody tried to identify himself. `card`: salted digest of what stands at the end of the card's number; "" when none was asked for."""

    __tablename__ = "identity_attempt"
    __table_args__ = (
        CheckConstraint("result IN ('identified', 'refused', 'locked')", name="result"),
        Index("ix_identity_attempt_number_at", "number", "at"),
        Index("ix_identity_attempt_card_at", "card", "at"),
        Index("ix_identity_attempt_linkedid", "linkedid"),
    )

    id: Mapped[BigPk]
    at: Mapped[datetime]
    linkedid: Mapped[str] = mapped_column(String(80))
    number: Mapped[str] = mapped_column(String(32))
    card: Mapped[str] = mapped_column(String(64), server_default="")
    result: Mapped[str] = mapped_column(String(10))
    patient_ids: Mapped[list[int]] = mapped_column(server_default=text("'{}'"))


class CallPerson(Base):
    """Somebody about whom the caller of this call may ask, and what about. Written when he identified himself; nothing else opens a file."""

    __tablename__ = "call_person"
    __table_args__ = (CheckConstraint(f"topics <@ {_TOPIC_SET}::text[]", name="topics"), Index("ix_call_person_at", "at"))

    linkedid: Mapped[str] = mapped_column(String(80), primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True)
    topics: Mapped[list[str]]
    own: Mapped[bool]
    at: Mapped[datetime]


class CarerRight(Versioned, Authored, Timed, Base):
    """A patient allowed somebody to hear or do something for him on the telephone. The carer is known by his own file, his number, or both."""

    __tablename__ = "carer_right"
    __table_args__ = (
        CheckConstraint("carer_id IS NOT NULL OR number <> ''", name="carer_id"),
        CheckConstraint("carer_id <> patient_id", name="not_himself"),
        CheckConstraint("number ~ '^([+]?[0-9]{3,15})?$'", name="number"),
        CheckConstraint(f"topics <@ {_TOPIC_SET}::text[] AND cardinality(topics) > 0", name="topics"),
        CheckConstraint("valid_to >= given_on", name="valid_to"),
        CheckConstraint("proof IN ('signed_form', 'recorded_call', 'guardian')", name="proof"),
        Index("ix_carer_right_patient_id", "patient_id"),
        Index("ix_carer_right_carer_id", "carer_id"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    carer_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80), server_default="")
    relation: Mapped[str] = mapped_column(String(20), server_default="")
    number: Mapped[str] = mapped_column(String(16), server_default="")
    topics: Mapped[list[str]]
    proof: Mapped[str] = mapped_column(String(14))
    given_on: Mapped[date]
    valid_to: Mapped[date | None]


class SelfServicePolicy(Versioned, Base):
    """The rules of the automatic services. One row. `salt` is drawn by the migration and never shown."""

    __tablename__ = "self_service_policy"
    __table_args__ = (
        CheckConstraint("one = 1", name="single"),
        CheckConstraint("failures_a_number BETWEEN 1 AND 50", name="failures_a_number"),
        CheckConstraint("failures_a_card BETWEEN 1 AND 50", name="failures_a_card"),
        CheckConstraint("failure_window_h BETWEEN 1 AND 720", name="failure_window_h"),
        CheckConstraint("report_days BETWEEN 1 AND 365", name="report_days"),
        CheckConstraint("reminder_days BETWEEN 1 AND 365", name="reminder_days"),
        CheckConstraint("callback_hours BETWEEN 1 AND 168", name="callback_hours"),
    )

    one: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default="1")
    failures_a_number: Mapped[int] = mapped_column(server_default="5")
    failures_a_card: Mapped[int] = mapped_column(server_default="5")
    failure_window_h: Mapped[int] = mapped_column(server_default="24")
    report_days: Mapped[int] = mapped_column(server_default="60")
    reminder_days: Mapped[int] = mapped_column(server_default="30")
    callback_hours: Mapped[int] = mapped_column(server_default="24")
    salt: Mapped[str] = mapped_column(String(64))


class DepartmentGuide(Versioned, Timed, Base):
    """What a caller is told of a department. Its place in parts that can be put together from few sounds; what is empty is not told."""

    __tablename__ = "department_guide"
    __table_args__ = (
        CheckConstraint("days IN ('every_day', 'weekdays', 'not_sunday')", name="days"),
        CheckConstraint("closes_at > opens_at", name="closes_at"),
        CheckConstraint("phone ~ '^[0-9]{0,15}$'", name="phone"),
        CheckConstraint("area ~ '^[A-Z]?$'", name="area"),
        CheckConstraint("floor BETWEEN -5 AND 99", name="floor"),
        UniqueConstraint("department_id"),
    )

    id: Mapped[Pk]
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id", ondelete="CASCADE"))
    building_zh: Mapped[str] = mapped_column(String(30), server_default="")
    building_en: Mapped[str] = mapped_column(String(40), server_default="")
    floor: Mapped[int | None]
    area: Mapped[str] = mapped_column(String(1), server_default="")
    phone: Mapped[str] = mapped_column(String(15), server_default="")
    days: Mapped[str] = mapped_column(String(12), server_default="weekdays")
    opens_at: Mapped[time]
    closes_at: Mapped[time]


class HealthTip(Versioned, Authored, Timed, Base):
    """What is good to know of a common disease, as it is spoken. `title` names it in the menu."""

    __tablename__ = "health_tip"
    __table_args__ = (
        CheckConstraint("length(trim(text_zh)) > 0", name="text_zh"),
        CheckConstraint("length(trim(text_en)) > 0", name="text_en"),
        Index("ix_health_tip_disease_id", "disease_id"),
    )

    id: Mapped[Pk]
    disease_id: Mapped[int | None] = mapped_column(ForeignKey("disease.id"))
    title_zh: Mapped[str] = mapped_column(String(40), unique=True)
    title_en: Mapped[str] = mapped_column(String(60))
    text_zh: Mapped[str] = mapped_column(String(300))
    text_en: Mapped[str] = mapped_column(String(500))
    sort: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")


class HealthReminder(Versioned, Authored, Timed, Base):
    """A patient should do something on a day: come again, have an examination, renew a medicine."""

    __tablename__ = "health_reminder"
    __table_args__ = (
        CheckConstraint(f"kind IN {REMINDER_KINDS}", name="kind"),
        CheckConstraint("state IN ('open', 'done', 'cancelled')", name="state"),
        Index("ix_health_reminder_patient_id", "patient_id", "due_on", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    due_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(200), server_default="")
    state: Mapped[str] = mapped_column(String(10), server_default="open")


class CallbackRequest(Versioned, Timed, Base):
    """A caller wants to be called back. `due_at`: promised; `wish`: what it is about, when somebody wrote it down."""

    __tablename__ = "callback_request"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'calling', 'done', 'unreachable', 'cancelled')", name="state"),
        CheckConstraint("(state IN ('open', 'calling')) = (closed_at IS NULL)", name="closed_at"),
        CheckConstraint("number ~ '^[+]?[0-9]{3,15}$'", name="number"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        Index("uq_callback_request_open", "number", "queue", unique=True, postgresql_where=text("state IN ('open', 'calling')")),
        Index("ix_callback_request_due_at", "due_at", postgresql_where=text("closed_at IS NULL")),
        Index("ix_callback_request_patient_id", "patient_id"),
    )

    id: Mapped[Pk]
    number: Mapped[str] = mapped_column(String(16))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="SET NULL"))
    queue: Mapped[str] = mapped_column(ForeignKey("queue.name"))
    language: Mapped[str] = mapped_column(String(2), server_default="zh")
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), server_default="open")
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    wish: Mapped[str] = mapped_column(String(200), server_default="")
    result: Mapped[str] = mapped_column(String(400), server_default="")
    closed_at: Mapped[datetime | None]
    linkedid: Mapped[str] = mapped_column(String(80), server_default="")


class CallRating(Timed, Base):
    """How content the caller was with the agent's call, 1 (not at all) to 5 (very). Who answered it stands in the call's record."""

    __tablename__ = "call_rating"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        UniqueConstraint("linkedid"),
        Index("ix_call_rating_created_at", "created_at"),
    )

    id: Mapped[Pk]
    linkedid: Mapped[str] = mapped_column(String(80))
    score: Mapped[int]
    language: Mapped[str] = mapped_column(String(2), server_default="zh")


class TextTemplate(Versioned, Base):
    """The words of a text message; `{name}` in them is replaced by a value of the occasion."""

    __tablename__ = "text_template"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9_]{0,39}$'", name="code"),
        CheckConstraint("length(trim(body_zh)) > 0", name="body_zh"),
        CheckConstraint("length(trim(body_en)) > 0", name="body_en"),
    )

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(60))
    body_zh: Mapped[str] = mapped_column(String(500))
    body_en: Mapped[str] = mapped_column(String(500))
    active: Mapped[bool] = mapped_column(server_default="true")


class TextMessage(Versioned, Timed, Base):
    """One text message on its way. `reason`: why it did not go out, in the gateway's words or ours; `sent_at`: the gateway took it."""

    __tablename__ = "text_message"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed', 'no_gateway', 'cancelled')", name="state"),
        CheckConstraint("number ~ '^[+]?[0-9]{3,15}$'", name="number"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
        Index("ix_text_message_waiting", "created_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_text_message_patient_id", "patient_id"),
    )

    id: Mapped[Pk]
    number: Mapped[str] = mapped_column(String(16))
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    template: Mapped[str | None] = mapped_column(ForeignKey("text_template.code"))
    language: Mapped[str] = mapped_column(String(2), server_default="zh")
    body: Mapped[str] = mapped_column(String(700))
    state: Mapped[str] = mapped_column(String(12), server_default="waiting")
    reason: Mapped[str] = mapped_column(String(300), server_default="")
    attempts: Mapped[int] = mapped_column(server_default="0")
    sent_at: Mapped[datetime | None]
    linkedid: Mapped[str] = mapped_column(String(80), server_default="")
