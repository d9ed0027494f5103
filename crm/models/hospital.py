"""The hospital: departments, doctors, weekly clinic rosters, opening hours with holidays.

In and out: rows. Must not hold people's data. Invariant: a roster row ends after it starts; times are the hospital's local time.
Weekdays are ISO: 1 is Monday.
"""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Pk, Versioned


class Department(Versioned, Base):
    """One clinic and where it is."""

    __tablename__ = "department"

    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_zh: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str] = mapped_column(String(80))
    location_zh: Mapped[str] = mapped_column(String(80), server_default="")
    location_en: Mapped[str] = mapped_column(String(80), server_default="")
    sort: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")


class Doctor(Versioned, Base):
    """One doctor of one department."""

    __tablename__ = "doctor"
    __table_args__ = (UniqueConstraint("department_id", "name_zh"),)

    id: Mapped[Pk]
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80))
    title_zh: Mapped[str] = mapped_column(String(40), server_default="")
    title_en: Mapped[str] = mapped_column(String(60), server_default="")
    gender: Mapped[str] = mapped_column(String(6), server_default="")
    sort: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default="true")


class ClinicRoster(Versioned, Base):
    """A doctor sees patients every week at this time, from `valid_from` to `valid_to` (None: until further notice).

    Booked in slots of `slot_min` with `per_slot` seats each (0: not by appointment), of which `window_only` are kept for the counter and the
    others are open to `sources`. `place_*` "": the department's.
    """

    __tablename__ = "clinic_roster"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("valid_to >= valid_from", name="validity"),
        CheckConstraint("kind IN ('general', 'expert', 'special')", name="kind"),
        CheckConstraint("slot_min BETWEEN 5 AND 240", name="slot_min"),
        CheckConstraint("per_slot BETWEEN 0 AND 50", name="per_slot"),
        CheckConstraint("window_only BETWEEN 0 AND per_slot", name="window_only"),
        CheckConstraint("price_fen >= 0", name="price_fen"),
        CheckConstraint("sources <@ ARRAY['phone', 'web', 'window', 'agent']::text[] AND cardinality(sources) > 0", name="sources"),
        UniqueConstraint("doctor_id", "weekday", "starts_at", "valid_from"),
        Index("ix_clinic_roster_department_id_weekday", "department_id", "weekday"),
    )

    id: Mapped[Pk]
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    doctor_id: Mapped[int] = mapped_column(ForeignKey("doctor.id"))
    weekday: Mapped[int]
    starts_at: Mapped[time]
    ends_at: Mapped[time]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    kind: Mapped[str] = mapped_column(String(8), server_default="expert")
    slot_min: Mapped[int] = mapped_column(server_default="30")
    per_slot: Mapped[int] = mapped_column(server_default="3")
    window_only: Mapped[int] = mapped_column(server_default="0")
    sources: Mapped[list[str]] = mapped_column(server_default=text("'{phone,web,window,agent}'"))
    price_fen: Mapped[int] = mapped_column(server_default="0")
    place_zh: Mapped[str] = mapped_column(String(80), server_default="")
    place_en: Mapped[str] = mapped_column(String(80), server_default="")


class Calendar(Versioned, Base):
    """Named opening hours. `emergency`, `night`: closed now whatever the hours say, until somebody lifts it."""

    __tablename__ = "calendar"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(60))
    emergency: Mapped[bool] = mapped_column(server_default="false")
    night: Mapped[bool] = mapped_column(server_default="false")


class CalendarHours(Versioned, Base):
    """One opening period of a weekday. `closes_at` 00:00 is the end of the day; a period that would cross midnight stands as two rows."""

    __tablename__ = "calendar_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("closes_at > opens_at OR closes_at = '00:00'", name="times"),
    )

    calendar: Mapped[str] = mapped_column(ForeignKey("calendar.name", ondelete="CASCADE"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    opens_at: Mapped[time] = mapped_column(primary_key=True)
    closes_at: Mapped[time]


class CalendarDay(Versioned, Base):
    """A day that differs. holiday, closure: closed all day; workday: the hours of `like_weekday` hold (a make-up working day)."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        CheckConstraint("kind IN ('holiday', 'workday', 'closure')", name="kind"),
        CheckConstraint("like_weekday BETWEEN 1 AND 7", name="like_weekday"),
        CheckConstraint("(kind = 'workday') = (like_weekday IS NOT NULL)", name="workday_like"),
    )

    calendar: Mapped[str] = mapped_column(ForeignKey("calendar.name", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    like_weekday: Mapped[int | None]
    title_zh: Mapped[str] = mapped_column(String(60), server_default="")
    title_en: Mapped[str] = mapped_column(String(80), server_default="")
