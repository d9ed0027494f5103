"""Departments, doctors, their clinics; opening hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crm.migrations.columns import identity


def upgrade() -> None:
    _department()
    _doctor()
    _clinic_roster()
    _calendar()
    _calendar_day()
    _calendar_hours()


def _department() -> None:
    op.create_table(
        "department",
        identity(),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("location_zh", sa.String(length=80), server_default="", nullable=False),
        sa.Column("location_en", sa.String(length=80), server_default="", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("code", name=op.f("uq_department_code")),
        sa.UniqueConstraint("name_zh", name=op.f("uq_department_name_zh")),
    )


def _doctor() -> None:
    op.create_table(
        "doctor",
        identity(),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("title_zh", sa.String(length=40), server_default="", nullable=False),
        sa.Column("title_en", sa.String(length=60), server_default="", nullable=False),
        sa.Column("gender", sa.String(length=6), server_default="", nullable=False),
        sa.Column("sort", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_doctor_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor")),
        sa.UniqueConstraint("department_id", "name_zh", name=op.f("uq_doctor_department_id_name_zh")),
    )


def _clinic_roster() -> None:
    op.create_table(
        "clinic_roster",
        identity(),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_clinic_roster_times")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_clinic_roster_validity")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_clinic_roster_weekday")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_clinic_roster_department_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_clinic_roster_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_roster")),
        sa.UniqueConstraint("doctor_id", "weekday", "starts_at", "valid_from", name=op.f("uq_clinic_roster_doctor_id_weekday_starts_at_valid_from")),
    )
    op.create_index("ix_clinic_roster_department_id_weekday", "clinic_roster", ["department_id", "weekday"], unique=False)


def _calendar() -> None:
    op.create_table(
        "calendar",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=60), nullable=False),
        sa.Column("emergency", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_calendar")),
    )


def _calendar_day() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("calendar", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("like_weekday", sa.Integer(), nullable=True),
        sa.Column("title_zh", sa.String(length=60), server_default="", nullable=False),
        sa.Column("title_en", sa.String(length=80), server_default="", nullable=False),
        sa.CheckConstraint("(kind = 'workday') = (like_weekday IS NOT NULL)", name=op.f("ck_calendar_day_workday_like")),
        sa.CheckConstraint("kind IN ('holiday', 'workday', 'closure')", name=op.f("ck_calendar_day_kind")),
        sa.CheckConstraint("like_weekday BETWEEN 1 AND 7", name=op.f("ck_calendar_day_like_weekday")),
        sa.ForeignKeyConstraint(["calendar"], ["calendar.name"], name=op.f("fk_calendar_day_calendar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("calendar", "day", name=op.f("pk_calendar_day")),
    )


def _calendar_hours() -> None:
    op.create_table(
        "calendar_hours",
        sa.Column("calendar", sa.String(length=40), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.Time(), nullable=False),
        sa.Column("closes_at", sa.Time(), nullable=False),
        sa.CheckConstraint("closes_at > opens_at OR closes_at = '00:00'", name=op.f("ck_calendar_hours_times")),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_calendar_hours_weekday")),
        sa.ForeignKeyConstraint(["calendar"], ["calendar.name"], name=op.f("fk_calendar_hours_calendar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("calendar", "weekday", "opens_at", name=op.f("pk_calendar_hours")),
    )
