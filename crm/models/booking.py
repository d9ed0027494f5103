"""Clinics that can be booked: sessions of a day, their slots and seats, appointments, waiting list, who must be told.

In and out: rows. Must not decide: crm/booking does. Invariant, kept by the database: a seat has at most one live appointment, a patient is
never in two places at one time nor twice in one session, a doctor holds one open session at a time. Days and clock times are the hospital's.
Live states: LIVE. Exclusion constraints: PostgreSQL manual, "Exclusion Constraints"; `=` on integers needs btree_gist.
"""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Sequence, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk, Timed, Versioned

SOURCES = ("phone", "web", "window", "agent")
LIVE = "('held', 'booked', 'arrived')"
SOURCE_SET = "ARRAY['phone', 'web', 'window', 'agent']"
ALL_SOURCES = text("'{phone,web,window,agent}'")

# Seven digits of the appointment number come from here; the eighth is a check digit.
APPOINTMENT_NUMBERS = Sequence("appointment_number", start=1000001, metadata=Base.metadata)


class BookingPolicy(Versioned, Base):
    """The rules of booking. One row. `generated_to`: sessions exist up to this day; None when rosters have changed since;
    `changes`: how often they have."""

    __tablename__ = "booking_policy"
    __table_args__ = (
        CheckConstraint("one = 1", name="single"),
        CheckConstraint("horizon_days BETWEEN 1 AND 120", name="horizon_days"),
        CheckConstraint("hold_min BETWEEN 1 AND 60", name="hold_min"),
        CheckConstraint("offer_min BETWEEN 5 AND 2880", name="offer_min"),
        CheckConstraint("lead_min BETWEEN 0 AND 2880", name="lead_min"),
        CheckConstraint("cancel_until_min BETWEEN 0 AND 10080", name="cancel_until_min"),
        CheckConstraint("open_limit BETWEEN 1 AND 50", name="open_limit"),
        CheckConstraint("no_show_limit BETWEEN 0 AND 50", name="no_show_limit"),
        CheckConstraint("no_show_window_days BETWEEN 1 AND 730", name="no_show_window_days"),
    )

    one: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default="1")
    horizon_days: Mapped[int] = mapped_column(server_default="14")
    hold_min: Mapped[int] = mapped_column(server_default="10")
    offer_min: Mapped[int] = mapped_column(server_default="120")
    lead_min: Mapped[int] = mapped_column(server_default="0")
    cancel_until_min: Mapped[int] = mapped_column(server_default="30")
    open_limit: Mapped[int] = mapped_column(server_default="5")
    no_show_limit: Mapped[int] = mapped_column(server_default="3")
    no_show_window_days: Mapped[int] = mapped_column(server_default="90")
    generated_to: Mapped[date | None]
    changes: Mapped[int] = mapped_column(server_default="0")


class RosterException(Versioned, Timed, Base):
    """On this day this weekly clinic is off, or held at other times or in another place (None: as the roster says)."""

    __tablename__ = "roster_exception"
    __table_args__ = (
        UniqueConstraint("roster_id", "day"),
        CheckConstraint("kind IN ('off', 'changed')", name="kind"),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL) AND (starts_at IS NULL OR ends_at > starts_at)", name="ends_at"),
        CheckConstraint("per_slot BETWEEN 1 AND 50", name="per_slot"),
    )

    id: Mapped[Pk]
    roster_id: Mapped[int] = mapped_column(ForeignKey("clinic_roster.id", ondelete="CASCADE"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(8))
    starts_at: Mapped[time | None]
    ends_at: Mapped[time | None]
    per_slot: Mapped[int | None]
    place_zh: Mapped[str] = mapped_column(String(80), server_default="")
    place_en: Mapped[str] = mapped_column(String(80), server_default="")
    reason: Mapped[str] = mapped_column(String(200), server_default="")


class ClinicAbsence(Versioned, Timed, Base):
    """A doctor is away, or a whole department sees nobody, from day to day; with times only in that part of each day."""

    __tablename__ = "clinic_absence"
    __table_args__ = (
        CheckConstraint("kind IN ('leave', 'training', 'duty', 'stopped')", name="kind"),
        CheckConstraint("doctor_id IS NOT NULL OR department_id IS NOT NULL", name="doctor_id"),
        CheckConstraint("last_day >= first_day AND last_day <= first_day + 400", name="last_day"),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL) AND (starts_at IS NULL OR ends_at > starts_at)", name="ends_at"),
        CheckConstraint("substitute_id IS NULL OR substitute_id <> doctor_id", name="substitute_id"),
        CheckConstraint("substitute_id IS NULL OR doctor_id IS NOT NULL", name="substitute_for_one"),
        Index("ix_clinic_absence_last_day", "last_day"),
    )

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(String(10))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    substitute_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    starts_at: Mapped[time | None]
    ends_at: Mapped[time | None]
    reason: Mapped[str] = mapped_column(String(200), server_default="")


class ClinicSession(Versioned, Timed, Base):
    """One doctor, one day, from-to, in one place. `roster_id` None: an extra session."""

    __tablename__ = "clinic_session"
    __table_args__ = (
        UniqueConstraint("roster_id", "day"),
        CheckConstraint("ends_at > starts_at", name="ends_at"),
        CheckConstraint("state IN ('open', 'stopped')", name="state"),
        CheckConstraint("kind IN ('general', 'expert', 'special')", name="kind"),
        CheckConstraint("price_fen >= 0", name="price_fen"),
        ExcludeConstraint(
            ("doctor_id", "="), (text("tsrange(day + starts_at, day + ends_at)"), "&&"), where=text("state = 'open'"), name="ex_clinic_session_doctor"
        ),
        Index("ix_clinic_session_day_department_id", "day", "department_id"),
    )

    id: Mapped[Pk]
    roster_id: Mapped[int | None] = mapped_column(ForeignKey("clinic_roster.id", ondelete="SET NULL"))
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    stands_in_for_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    day: Mapped[date]
    starts_at: Mapped[time]
    ends_at: Mapped[time]
    kind: Mapped[str] = mapped_column(String(8), server_default="general")
    price_fen: Mapped[int] = mapped_column(server_default="0")
    place_zh: Mapped[str] = mapped_column(String(80), server_default="")
    place_en: Mapped[str] = mapped_column(String(80), server_default="")
    state: Mapped[str] = mapped_column(String(8), server_default="open")
    stopped_reason: Mapped[str] = mapped_column(String(200), server_default="")


class ClinicSlot(Base):
    """Part of a session: who has a seat in it comes between these moments."""

    __tablename__ = "clinic_slot"
    __table_args__ = (UniqueConstraint("session_id", "starts_at"), CheckConstraint("ends_at > starts_at", name="ends_at"))

    id: Mapped[Pk]
    session_id: Mapped[int] = mapped_column(ForeignKey("clinic_session.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class ClinicSeat(Base):
    """One number of a slot. `sources`: through which doors it may be taken. `number` counts within the session: the patient's place in the queue."""

    __tablename__ = "clinic_seat"
    __table_args__ = (
        UniqueConstraint("slot_id", "id"),
        UniqueConstraint("session_id", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint(f"sources <@ {SOURCE_SET}::text[] AND cardinality(sources) > 0", name="sources"),
    )

    id: Mapped[Pk]
    slot_id: Mapped[int] = mapped_column(ForeignKey("clinic_slot.id", ondelete="CASCADE"))
    session_id: Mapped[int] = mapped_column(ForeignKey("clinic_session.id", ondelete="CASCADE"))
    number: Mapped[int]
    sources: Mapped[list[str]] = mapped_column(server_default=ALL_SOURCES)


class Appointment(Versioned, Timed, Base):
    """A seat held or booked for a patient. `starts_at` and `ends_at` are its slot's, kept here so that the database can refuse an overlap.

    held -> booked -> arrived | no_show | cancelled | stopped (the clinic was stopped: to be moved or let go); held -> lapsed.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        ForeignKeyConstraint(["slot_id", "seat_id"], ["clinic_seat.slot_id", "clinic_seat.id"], name="fk_appointment_seat"),
        CheckConstraint("state IN ('held', 'booked', 'arrived', 'no_show', 'cancelled', 'stopped', 'lapsed')", name="state"),
        CheckConstraint("source IN ('phone', 'web', 'window', 'agent')", name="source"),
        CheckConstraint("ends_at > starts_at", name="ends_at"),
        CheckConstraint("(state = 'held') = (held_until IS NOT NULL)", name="held_until"),
        CheckConstraint("state IN ('held', 'lapsed') OR (patient_id IS NOT NULL AND number IS NOT NULL)", name="patient_id"),
        CheckConstraint("number ~ '^[0-9]{8}$'", name="number"),
        CheckConstraint("contact_number ~ '^([+]?[0-9]{3,15})?$'", name="contact_number"),
        Index("uq_appointment_live_seat", "seat_id", unique=True, postgresql_where=text(f"state IN {LIVE}")),
        Index("uq_appointment_live_session", "patient_id", "session_id", unique=True, postgresql_where=text(f"state IN {LIVE}")),
        ExcludeConstraint(
            ("patient_id", "="), (text("tstzrange(starts_at, ends_at)"), "&&"), where=text(f"state IN {LIVE}"), name="ex_appointment_patient"
        ),
        Index("ix_appointment_held_until", "held_until", postgresql_where=text("state = 'held'")),
        Index("ix_appointment_session_id", "session_id"),
        Index("ix_appointment_slot_id", "slot_id"),
        Index("ix_appointment_patient_id_starts_at", "patient_id", "starts_at"),
        Index("ix_appointment_starts_at", "starts_at"),
    )

    id: Mapped[Pk]
    number: Mapped[str | None] = mapped_column(String(8), unique=True)
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("clinic_session.id"))
    slot_id: Mapped[int]
    seat_id: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(8))
    held_until: Mapped[datetime | None]
    price_fen: Mapped[int] = mapped_column(server_default="0")
    contact_number: Mapped[str] = mapped_column(String(16), server_default="")
    note: Mapped[str] = mapped_column(String(300), server_default="")
    reason: Mapped[str] = mapped_column(String(200), server_default="")
    booked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    moves: Mapped[int] = mapped_column(server_default="0")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    linkedid: Mapped[str] = mapped_column(String(80), server_default="")


class WaitingEntry(Versioned, Timed, Base):
    """A patient who wants a seat that is not there yet; offered in the order of `created_at`. `half`: any | am | pm."""

    __tablename__ = "waiting_entry"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'offered', 'taken', 'lapsed', 'cancelled')", name="state"),
        CheckConstraint("half IN ('any', 'am', 'pm')", name="half"),
        CheckConstraint("source IN ('phone', 'web', 'window', 'agent')", name="source"),
        CheckConstraint("last_day >= first_day", name="last_day"),
        CheckConstraint("state NOT IN ('offered', 'taken') OR appointment_id IS NOT NULL", name="appointment_id"),
        Index("ix_waiting_entry_department_id", "department_id", postgresql_where=text("state = 'waiting'")),
        Index("ix_waiting_entry_patient_id", "patient_id"),
        Index("ix_waiting_entry_appointment_id", "appointment_id"),
    )

    id: Mapped[Pk]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    doctor_id: Mapped[int | None] = mapped_column(ForeignKey("doctor.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    half: Mapped[str] = mapped_column(String(3), server_default="any")
    source: Mapped[str] = mapped_column(String(8))
    contact_number: Mapped[str] = mapped_column(String(16), server_default="")
    state: Mapped[str] = mapped_column(String(10), server_default="waiting")
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class BookingNotice(Versioned, Timed, Base):
    """A patient must be told something about an appointment: the clinic was stopped, another doctor stands in, a seat is offered to him."""

    __tablename__ = "booking_notice"
    __table_args__ = (
        CheckConstraint("kind IN ('stopped', 'substituted', 'offered')", name="kind"),
        CheckConstraint("state IN ('open', 'told', 'unreachable', 'dropped')", name="state"),
        Index("ix_booking_notice_open", "created_at", postgresql_where=text("state = 'open'")),
        Index("ix_booking_notice_appointment_id", "appointment_id"),
        Index("ix_booking_notice_patient_id", "patient_id"),
    )

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(String(12))
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    contact_number: Mapped[str] = mapped_column(String(16), server_default="")
    state: Mapped[str] = mapped_column(String(12), server_default="open")
    note: Mapped[str] = mapped_column(String(300), server_default="")
