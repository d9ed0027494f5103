"""Booking: terms of rosters, exceptions, absences, sessions with slots and seats, appointments, waiting list, notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None

# What the sessions are made from: a change of it makes them out of date.
PLANNED_FROM = ("clinic_roster", "roster_exception", "clinic_absence", "calendar_day")
OUT_OF_DATE = """
CREATE FUNCTION booking_out_of_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE booking_policy SET generated_to = NULL WHERE generated_to IS NOT NULL;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(sa.schema.CreateSequence(sa.Sequence("appointment_number", start=1000001)))
    _clinic_roster()
    _booking_policy()
    _clinic_absence()
    _clinic_session()
    _roster_exception()
    _clinic_slot()
    _clinic_seat()
    _appointment()
    _booking_notice()
    _waiting_entry()
    op.execute("INSERT INTO booking_policy DEFAULT VALUES")
    op.execute(OUT_OF_DATE)
    for table in PLANNED_FROM:
        op.execute(
            f"CREATE TRIGGER booking_out_of_date AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION booking_out_of_date()"
        )


def _clinic_roster() -> None:
    op.add_column("clinic_roster", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("clinic_roster", sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
    op.add_column("clinic_roster", sa.Column("kind", sa.String(length=8), server_default="expert", nullable=False))
    op.add_column("clinic_roster", sa.Column("slot_min", sa.Integer(), server_default="30", nullable=False))
    op.add_column("clinic_roster", sa.Column("per_slot", sa.Integer(), server_default="3", nullable=False))
    op.add_column("clinic_roster", sa.Column("window_only", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "clinic_roster", sa.Column("sources", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{phone,web,window,agent}'"), nullable=False)
    )
    op.add_column("clinic_roster", sa.Column("price_fen", sa.Integer(), server_default="0", nullable=False))
    op.add_column("clinic_roster", sa.Column("place_zh", sa.String(length=80), server_default="", nullable=False))
    op.add_column("clinic_roster", sa.Column("place_en", sa.String(length=80), server_default="", nullable=False))
    for name, rule in (
        ("kind", "kind IN ('general', 'expert', 'special')"),
        ("slot_min", "slot_min BETWEEN 5 AND 240"),
        ("per_slot", "per_slot BETWEEN 0 AND 50"),
        ("window_only", "window_only BETWEEN 0 AND per_slot"),
        ("price_fen", "price_fen >= 0"),
        ("sources", "sources <@ ARRAY['phone', 'web', 'window', 'agent']::text[] AND cardinality(sources) > 0"),
    ):
        op.create_check_constraint(op.f(f"ck_clinic_roster_{name}"), "clinic_roster", rule)


def _booking_policy() -> None:
    op.create_table(
        "booking_policy",
        sa.Column("one", sa.Integer(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("horizon_days", sa.Integer(), server_default="14", nullable=False),
        sa.Column("hold_min", sa.Integer(), server_default="10", nullable=False),
        sa.Column("offer_min", sa.Integer(), server_default="120", nullable=False),
        sa.Column("lead_min", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancel_until_min", sa.Integer(), server_default="30", nullable=False),
        sa.Column("open_limit", sa.Integer(), server_default="5", nullable=False),
        sa.Column("no_show_limit", sa.Integer(), server_default="3", nullable=False),
        sa.Column("no_show_window_days", sa.Integer(), server_default="90", nullable=False),
        sa.Column("generated_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("cancel_until_min BETWEEN 0 AND 10080", name=op.f("ck_booking_policy_cancel_until_min")),
        sa.CheckConstraint("hold_min BETWEEN 1 AND 60", name=op.f("ck_booking_policy_hold_min")),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 120", name=op.f("ck_booking_policy_horizon_days")),
        sa.CheckConstraint("lead_min BETWEEN 0 AND 2880", name=op.f("ck_booking_policy_lead_min")),
        sa.CheckConstraint("no_show_limit BETWEEN 0 AND 50", name=op.f("ck_booking_policy_no_show_limit")),
        sa.CheckConstraint("no_show_window_days BETWEEN 1 AND 730", name=op.f("ck_booking_policy_no_show_window_days")),
        sa.CheckConstraint("offer_min BETWEEN 5 AND 2880", name=op.f("ck_booking_policy_offer_min")),
        sa.CheckConstraint("one = 1", name=op.f("ck_booking_policy_single")),
        sa.CheckConstraint("open_limit BETWEEN 1 AND 50", name=op.f("ck_booking_policy_open_limit")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_booking_policy")),
    )


def _clinic_absence() -> None:
    op.create_table(
        "clinic_absence",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("substitute_id", sa.Integer(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=True),
        sa.Column("ends_at", sa.Time(), nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('leave', 'training', 'duty', 'stopped')", name=op.f("ck_clinic_absence_kind")),
        sa.CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL) AND (starts_at IS NULL OR ends_at > starts_at)", name=op.f("ck_clinic_absence_ends_at")
        ),
        sa.CheckConstraint("doctor_id IS NOT NULL OR department_id IS NOT NULL", name=op.f("ck_clinic_absence_doctor_id")),
        sa.CheckConstraint("last_day >= first_day AND last_day <= first_day + 400", name=op.f("ck_clinic_absence_last_day")),
        sa.CheckConstraint("substitute_id IS NULL OR doctor_id IS NOT NULL", name=op.f("ck_clinic_absence_substitute_for_one")),
        sa.CheckConstraint("substitute_id IS NULL OR substitute_id <> doctor_id", name=op.f("ck_clinic_absence_substitute_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_clinic_absence_department_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_clinic_absence_doctor_id")),
        sa.ForeignKeyConstraint(["substitute_id"], ["doctor.id"], name=op.f("fk_clinic_absence_substitute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_absence")),
    )
    op.create_index("ix_clinic_absence_last_day", "clinic_absence", ["last_day"], unique=False)


def _clinic_session() -> None:
    op.create_table(
        "clinic_session",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("roster_id", sa.Integer(), nullable=True),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("stands_in_for_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("kind", sa.String(length=8), server_default="general", nullable=False),
        sa.Column("price_fen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("place_zh", sa.String(length=80), server_default="", nullable=False),
        sa.Column("place_en", sa.String(length=80), server_default="", nullable=False),
        sa.Column("state", sa.String(length=8), server_default="open", nullable=False),
        sa.Column("stopped_reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("doctor_id"), "="),
            (sa.text("tsrange(day + starts_at, day + ends_at)"), "&&"),
            where=sa.text("state = 'open'"),
            using="gist",
            name="ex_clinic_session_doctor",
        ),
        sa.CheckConstraint("kind IN ('general', 'expert', 'special')", name=op.f("ck_clinic_session_kind")),
        sa.CheckConstraint("state IN ('open', 'stopped')", name=op.f("ck_clinic_session_state")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_clinic_session_ends_at")),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_clinic_session_price_fen")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_clinic_session_department_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_clinic_session_doctor_id")),
        sa.ForeignKeyConstraint(["roster_id"], ["clinic_roster.id"], name=op.f("fk_clinic_session_roster_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["stands_in_for_id"], ["doctor.id"], name=op.f("fk_clinic_session_stands_in_for_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_session")),
        sa.UniqueConstraint("roster_id", "day", name=op.f("uq_clinic_session_roster_id_day")),
    )
    op.create_index("ix_clinic_session_day_department_id", "clinic_session", ["day", "department_id"], unique=False)


def _roster_exception() -> None:
    op.create_table(
        "roster_exception",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("roster_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=True),
        sa.Column("ends_at", sa.Time(), nullable=True),
        sa.Column("per_slot", sa.Integer(), nullable=True),
        sa.Column("place_zh", sa.String(length=80), server_default="", nullable=False),
        sa.Column("place_en", sa.String(length=80), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('off', 'changed')", name=op.f("ck_roster_exception_kind")),
        sa.CheckConstraint(
            "(starts_at IS NULL) = (ends_at IS NULL) AND (starts_at IS NULL OR ends_at > starts_at)", name=op.f("ck_roster_exception_ends_at")
        ),
        sa.CheckConstraint("per_slot BETWEEN 1 AND 50", name=op.f("ck_roster_exception_per_slot")),
        sa.ForeignKeyConstraint(["roster_id"], ["clinic_roster.id"], name=op.f("fk_roster_exception_roster_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_exception")),
        sa.UniqueConstraint("roster_id", "day", name=op.f("uq_roster_exception_roster_id_day")),
    )


def _clinic_slot() -> None:
    op.create_table(
        "clinic_slot",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_clinic_slot_ends_at")),
        sa.ForeignKeyConstraint(["session_id"], ["clinic_session.id"], name=op.f("fk_clinic_slot_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_slot")),
        sa.UniqueConstraint("session_id", "starts_at", name=op.f("uq_clinic_slot_session_id_starts_at")),
    )


def _clinic_seat() -> None:
    op.create_table(
        "clinic_seat",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sources", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{phone,web,window,agent}'"), nullable=False),
        sa.CheckConstraint(
            "sources <@ ARRAY['phone', 'web', 'window', 'agent']::text[] AND cardinality(sources) > 0", name=op.f("ck_clinic_seat_sources")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_clinic_seat_number")),
        sa.ForeignKeyConstraint(["session_id"], ["clinic_session.id"], name=op.f("fk_clinic_seat_session_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["slot_id"], ["clinic_slot.id"], name=op.f("fk_clinic_seat_slot_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_seat")),
        sa.UniqueConstraint("session_id", "number", name=op.f("uq_clinic_seat_session_id_number")),
        sa.UniqueConstraint("slot_id", "id", name=op.f("uq_clinic_seat_slot_id_id")),
    )


def _appointment() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(length=8), nullable=True),
        sa.Column("patient_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_fen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("contact_number", sa.String(length=16), server_default="", nullable=False),
        sa.Column("note", sa.String(length=300), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moves", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("linkedid", sa.String(length=80), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("patient_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("state IN ('held', 'booked', 'arrived')"),
            using="gist",
            name="ex_appointment_patient",
        ),
        sa.CheckConstraint("(state = 'held') = (held_until IS NOT NULL)", name=op.f("ck_appointment_held_until")),
        sa.CheckConstraint("contact_number ~ '^([+]?[0-9]{3,15})?$'", name=op.f("ck_appointment_contact_number")),
        sa.CheckConstraint("number ~ '^[0-9]{8}$'", name=op.f("ck_appointment_number")),
        sa.CheckConstraint("source IN ('phone', 'web', 'window', 'agent')", name=op.f("ck_appointment_source")),
        sa.CheckConstraint("state IN ('held', 'booked', 'arrived', 'no_show', 'cancelled', 'stopped', 'lapsed')", name=op.f("ck_appointment_state")),
        sa.CheckConstraint("state IN ('held', 'lapsed') OR (patient_id IS NOT NULL AND number IS NOT NULL)", name=op.f("ck_appointment_patient_id")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointment_ends_at")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_appointment_made_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_appointment_patient_id")),
        sa.ForeignKeyConstraint(["session_id"], ["clinic_session.id"], name=op.f("fk_appointment_session_id")),
        sa.ForeignKeyConstraint(["slot_id", "seat_id"], ["clinic_seat.slot_id", "clinic_seat.id"], name="fk_appointment_seat"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("number", name=op.f("uq_appointment_number")),
    )
    op.create_index("ix_appointment_held_until", "appointment", ["held_until"], unique=False, postgresql_where=sa.text("state = 'held'"))
    op.create_index("ix_appointment_patient_id_starts_at", "appointment", ["patient_id", "starts_at"], unique=False)
    op.create_index("ix_appointment_session_id", "appointment", ["session_id"], unique=False)
    op.create_index("ix_appointment_slot_id", "appointment", ["slot_id"], unique=False)
    op.create_index("ix_appointment_starts_at", "appointment", ["starts_at"], unique=False)
    op.create_index(
        "uq_appointment_live_seat", "appointment", ["seat_id"], unique=True, postgresql_where=sa.text("state IN ('held', 'booked', 'arrived')")
    )
    op.create_index(
        "uq_appointment_live_session",
        "appointment",
        ["patient_id", "session_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('held', 'booked', 'arrived')"),
    )


def _booking_notice() -> None:
    op.create_table(
        "booking_notice",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("contact_number", sa.String(length=16), server_default="", nullable=False),
        sa.Column("state", sa.String(length=12), server_default="open", nullable=False),
        sa.Column("note", sa.String(length=300), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('stopped', 'substituted', 'offered')", name=op.f("ck_booking_notice_kind")),
        sa.CheckConstraint("state IN ('open', 'told', 'unreachable', 'dropped')", name=op.f("ck_booking_notice_state")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_booking_notice_appointment_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_booking_notice_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_notice")),
    )
    op.create_index("ix_booking_notice_appointment_id", "booking_notice", ["appointment_id"], unique=False)
    op.create_index("ix_booking_notice_open", "booking_notice", ["created_at"], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index("ix_booking_notice_patient_id", "booking_notice", ["patient_id"], unique=False)


def _waiting_entry() -> None:
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("half", sa.String(length=3), server_default="any", nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("contact_number", sa.String(length=16), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("half IN ('any', 'am', 'pm')", name=op.f("ck_waiting_entry_half")),
        sa.CheckConstraint("source IN ('phone', 'web', 'window', 'agent')", name=op.f("ck_waiting_entry_source")),
        sa.CheckConstraint("state IN ('waiting', 'offered', 'taken', 'lapsed', 'cancelled')", name=op.f("ck_waiting_entry_state")),
        sa.CheckConstraint("state NOT IN ('offered', 'taken') OR appointment_id IS NOT NULL", name=op.f("ck_waiting_entry_appointment_id")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_waiting_entry_last_day")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_waiting_entry_appointment_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_waiting_entry_department_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_waiting_entry_doctor_id")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_waiting_entry_made_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_waiting_entry_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entry")),
    )
    op.create_index("ix_waiting_entry_appointment_id", "waiting_entry", ["appointment_id"], unique=False)
    op.create_index("ix_waiting_entry_department_id", "waiting_entry", ["department_id"], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("ix_waiting_entry_patient_id", "waiting_entry", ["patient_id"], unique=False)
